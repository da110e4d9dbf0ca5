// The registry of this machine: the built-in providers, under the machine's rules.
// SPDX-License-Identifier: Apache-2.0

import HisiliconQueue
import HisiliconZip
import LinuxSystem
import OpenSSLProvider
import WarpDrivePlugins
import WarpDriveQueue
import ZlibProvider

extension Registry {
  /// A registry with the built-in providers, the plugins and the rules of this machine.
  ///
  /// Plugins (`PluginLoader`) are loaded when one of their algorithms is first asked for.
  /// Nothing is opened or tested yet: a provider's library is opened, and a driver tested, when it is first used. The
  /// accelerator's drivers of both paths run on `device` where one is named, else on that of a host of this machine,
  /// else on a model in this process, which is made with its first use and ranks below all software. Where the kernel
  /// itself gives an accelerator to programs (`/sys/class/uacce`), the user path runs on that rather than on a model.
  ///
  /// - Parameters:
  ///   - configuration: the rules; nil for those of this machine, see ``MachineConfiguration/current()``.
  ///   - kinds: the kinds the program will ask for; providers that have none of them are left out, which saves the
  ///     time their registration takes. Nil for all.
  ///   - device: an accelerator that this process drives itself; nil for what the machine has to offer.
  /// - Throws: `ProviderError.Code.invalidArgument` for a malformed policy file, `ProviderError.Code.unavailable`
  ///   for one that cannot be read, and what registering a provider throws.
  public static func standard(
    configuration: MachineConfiguration? = nil, kinds: [AlgorithmKind]? = nil, device: StandardDevice? = nil
  ) throws(ProviderError) -> Registry {
    try standard(configuration: configuration, kinds: kinds, device: device, kernel: UACCESource())
  }

  /// As `standard(configuration:kinds:device:)`, with a kernel's class of the caller's.
  static func standard(
    configuration: MachineConfiguration?, kinds: [AlgorithmKind]?, device: StandardDevice?, kernel: UACCESource
  ) throws(ProviderError) -> Registry {
    var settings: MachineConfiguration
    if let configuration { settings = configuration } else { settings = try .current() }
    let registry = Registry(configuration: settings.registry, policy: settings.policy)
    let zlib = ZlibProvider(idleContexts: 2 * Processor.onlineCount)
    func isWanted(_ served: [AlgorithmKind]) -> Bool { kinds.map { served.contains(where: $0.contains) } ?? true }
    var providers: [any Provider] = []
    if isWanted([.compression, .hash]) { providers.append(zlib) }
    if isWanted(AlgorithmKind.allCases.filter { $0 != .compression }) { providers.append(OpenSSLProvider()) }
    if isWanted([.compression]) { providers += acceleratorProviders(device, kernel, ZipSoftware(driversOf: zlib)) }
    // Before there is anything to look up, so that all of it is computed once.
    registry.register(
      loader: PluginLoader(rules: settings.plugins) { (bytes) throws(ProviderError) in try sha256(bytes) })
    try registry.register(providers)
    return registry
  }

  /// The digest of a plugin, by a registry of its own: the one that loads it may have no hashes.
  private static func sha256(_ bytes: [UInt8]) throws(ProviderError) -> [UInt8] {
    let hashes = Registry()
    try hashes.register(OpenSSLProvider())
    var hash = try hashes.hash("sha256")
    return try hash.digest(bytes)
  }

  /// The kernel path's and the user path's drivers of the accelerator that there is.
  private static func acceleratorProviders(
    _ device: StandardDevice?, _ kernel: UACCESource, _ software: ZipSoftware
  ) -> [any Provider] {
    let host = device == nil ? HostedAccelerator.usual() : nil
    let isHostEmulated = host?.isEmulated ?? true
    // A host's hardware has both paths; a model of a host's, or of this process, yields to hardware of the kernel's.
    let hardware = device == nil && isHostEmulated ? KernelAccelerator(kernel) : nil
    let hardwareProvider = hardware.map { hardware in
      WarpDriveZipProvider(
        source: KernelAccelerator.classDirectory, isEmulated: false, software: software,
        obstacle: { hardware.obstacle },
        request: { (capability) throws(QueueError) in try hardware.request(capability) })
    }
    if let host {
      let hosted = RemoteKernelPathProvider(
        source: host.path, isEmulated: isHostEmulated, software: software, obstacle: { host.obstacle },
        client: { (request, input) throws(ProviderError) in try host.ask(request, input) })
      let userPath = WarpDriveZipProvider(
        source: host.path, isEmulated: isHostEmulated, software: software, obstacle: { host.obstacle },
        request: { (capability) throws(QueueError) in try host.request(capability) })
      return [hosted, hardwareProvider ?? userPath]
    }
    let device = device ?? .model()
    let accelerator = OwnAccelerator(device)
    let own = HisiliconZipProvider(source: device.name, isEmulated: device.isEmulated, software: software) {
      () throws(QueueError) in try accelerator.device()
    }
    let userPath = WarpDriveZipProvider(
      source: device.name, isEmulated: device.isEmulated, software: software, obstacle: { accelerator.obstacle },
      request: { (capability) throws(QueueError) in try accelerator.request(capability) })
    return [own, hardwareProvider ?? userPath]
  }
}
