// `import WarpDrive` suffices: it brings the registry, the kinds and the handles of WarpDriveCore along.
// SPDX-License-Identifier: Apache-2.0

// The language has no other spelling for "what I import, my importers see"; without it every program would need two
// imports to call what Registry.standard returns.
@_exported public import WarpDriveCore
