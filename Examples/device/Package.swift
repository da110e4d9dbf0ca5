// swift-tools-version: 6.3
// An example as a package of its own: what a test of a driver that needs no hardware has to say in its manifest.
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

let package = Package(
  name: "device",
  // Outside this checkout: .package(url: …, from: …).
  dependencies: [.package(name: "warpdrive", path: "../..")],
  targets: [
    .executableTarget(
      name: "device",
      dependencies: [.product(name: "HisiliconModel", package: "warpdrive")],
      swiftSettings: [.treatAllWarnings(as: .error)])
  ],
  swiftLanguageModes: [.v6]
)
