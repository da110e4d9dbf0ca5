// swift-tools-version: 6.3
// The package: one target a module; the floors of Docs/Architecture.md are the order of the targets here.
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]
// Own types that store or return spans live only in these modules.
let lifetimes: [SwiftSetting] = strict + [.enableExperimentalFeature("Lifetimes")]
let strictC: [CSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
  name: "warpdrive",
  products: [
    .library(name: "WarpDrive", targets: ["WarpDrive"]),
    .library(name: "WarpDriveCore", targets: ["WarpDriveCore"]),
    .library(name: "ZlibProvider", targets: ["ZlibProvider"]),
    .library(name: "OpenSSLProvider", targets: ["OpenSSLProvider"]),
    .library(name: "WarpDriveConformance", targets: ["WarpDriveConformance"]),
    // With the protocol that its functions conform to, and the hardware's names.
    .library(name: "HisiliconModel", targets: ["HisiliconModel", "DeviceAccess", "CHisilicon"]),
    .library(name: "VFIOUser", targets: ["VFIOUser"]),
    // For programs that use an accelerator's queue themselves; the second with the hardware's requests.
    .library(name: "WarpDriveQueue", targets: ["WarpDriveQueue"]),
    .library(name: "HisiliconQueue", targets: ["HisiliconQueue", "CHisilicon"]),
    // For authors of drivers: what a plugin in Swift links.
    .library(name: "WarpDrivePluginKit", targets: ["WarpDrivePluginKit", "CWarpDrivePlugin"]),
    .executable(name: "wdprov", targets: ["wdprov"]),
    // Not for users: the nested fuzzing package can reach a target only through a product.
    .library(name: "FuzzTargets", targets: ["FuzzTargets"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
  ],
  targets: [
    // Floor 0: C.
    .target(name: "CHisilicon", cSettings: strictC),
    .target(name: "CLinux", cSettings: strictC),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "COpenSSL", cSettings: strictC),
    .target(name: "CWarpDrivePlugin", cSettings: strictC),
    // Floor 1: the operating system.
    .target(name: "LinuxSystem", dependencies: ["CLinux"], swiftSettings: lifetimes),
    // Floor 2: the registry, and the protocol that carries devices.
    .target(name: "WarpDriveCore", dependencies: ["LinuxSystem"], swiftSettings: lifetimes),
    .target(name: "VFIOUser", dependencies: ["LinuxSystem"], swiftSettings: strict),
    .target(name: "HostControl", dependencies: ["LinuxSystem"], swiftSettings: lifetimes),
    // Floor 3: providers, devices as their drivers see them, and queues as programs see them.
    .target(name: "DeviceAccess", dependencies: ["LinuxSystem", "VFIOUser"], swiftSettings: strict),
    .target(name: "WarpDriveQueue", dependencies: ["LinuxSystem", "VFIOUser"], swiftSettings: strict),
    .target(name: "ZlibProvider", dependencies: ["CZlib", "WarpDriveCore"], swiftSettings: strict),
    .target(name: "OpenSSLProvider", dependencies: ["COpenSSL", "WarpDriveCore"], swiftSettings: strict),
    // Floor 4: what any driver must pass, and the accelerator as software.
    .target(
      name: "HisiliconModel", dependencies: ["CHisilicon", "CZlib", "DeviceAccess", "LinuxSystem", "VFIOUser"],
      swiftSettings: strict),
    .target(
      name: "HisiliconQueue", dependencies: ["CHisilicon", "LinuxSystem", "WarpDriveQueue"], swiftSettings: strict),
    .target(
      name: "SDMDEV", dependencies: ["DeviceAccess", "LinuxSystem", "VFIOUser", "WarpDriveQueue"],
      swiftSettings: strict),
    .target(name: "WarpDriveConformance", dependencies: ["LinuxSystem", "WarpDriveCore"], swiftSettings: strict),
    .target(name: "WarpDrivePluginKit", dependencies: ["CWarpDrivePlugin"], swiftSettings: strict),
    .target(
      name: "WarpDrivePlugins", dependencies: ["CWarpDrivePlugin", "HostControl", "LinuxSystem", "WarpDriveCore"],
      swiftSettings: lifetimes),
    // Floor 5: the accelerator's driver.
    .target(
      name: "HisiliconZip",
      dependencies: [
        "CHisilicon", "DeviceAccess", "HisiliconQueue", "LinuxSystem", "SDMDEV", "WarpDriveCore", "WarpDriveQueue",
      ],
      swiftSettings: strict),
    // Floor 6: the machine's registry.
    .target(
      name: "WarpDrive",
      dependencies: [
        "DeviceAccess", "HisiliconModel", "HisiliconQueue", "HisiliconZip", "HostControl", "LinuxSystem",
        "OpenSSLProvider", "SDMDEV", "WarpDriveCore", "WarpDrivePlugins", "WarpDriveQueue", "ZlibProvider",
      ],
      swiftSettings: strict),
    // Floor 7: the command.
    .executableTarget(
      name: "wdprov",
      dependencies: [
        "DeviceAccess", "HisiliconModel", "HisiliconZip", "HostControl", "LinuxSystem", "SDMDEV", "VFIOUser",
        "WarpDrive", "WarpDriveConformance", "WarpDriveCore", "WarpDrivePlugins", "WarpDriveQueue",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      // What `wdprov plugin new` writes; links lead to the header and the kit, so that nothing is there twice.
      resources: [
        "CMakefile", "CPlugin", "Header", "KitCompressionImplementation", "KitHashImplementation", "KitPlugin",
        "KitPluginHost", "SwiftPackage", "SwiftPlugin",
      ].map { .embedInCode("Templates/\($0).txt") },
      swiftSettings: strict),
    // Tests: data first, then a folder a module.
    .target(name: "TestPrograms", dependencies: ["LinuxSystem"], path: "Tests/TestPrograms", swiftSettings: strict),
    .target(name: "TestVectors", dependencies: ["TestPrograms"], path: "Tests/TestVectors", swiftSettings: strict),
    .target(
      name: "FuzzTargets",
      dependencies: [
        "CHisilicon", "DeviceAccess", "HisiliconModel", "LinuxSystem", "OpenSSLProvider", "VFIOUser", "WarpDrive",
        "WarpDriveCore", "ZlibProvider",
      ],
      path: "Tests/FuzzTargets", swiftSettings: strict),
    .executableTarget(
      name: "QueueClient",
      dependencies: ["CHisilicon", "CZlib", "HisiliconQueue", "LinuxSystem", "TestPrograms", "WarpDriveQueue"],
      path: "Tests/QueueClient", swiftSettings: strict),
    .testTarget(name: "LinuxSystemTests", dependencies: ["LinuxSystem", "TestPrograms"], swiftSettings: lifetimes),
    .testTarget(
      name: "WarpDriveCoreTests", dependencies: ["LinuxSystem", "WarpDriveCore"], swiftSettings: lifetimes),
    .testTarget(
      name: "HostControlTests", dependencies: ["HostControl", "LinuxSystem", "TestPrograms"], swiftSettings: strict),
    .testTarget(
      name: "VFIOUserTests", dependencies: ["LinuxSystem", "TestPrograms", "VFIOUser"], swiftSettings: strict),
    .testTarget(
      name: "DeviceAccessTests", dependencies: ["DeviceAccess", "LinuxSystem", "TestPrograms", "VFIOUser"],
      swiftSettings: strict),
    .testTarget(
      name: "HisiliconModelTests",
      dependencies: ["CHisilicon", "CZlib", "DeviceAccess", "HisiliconModel", "LinuxSystem", "VFIOUser"],
      swiftSettings: strict),
    .testTarget(
      name: "WarpDriveQueueTests", dependencies: ["LinuxSystem", "TestPrograms", "VFIOUser", "WarpDriveQueue"],
      swiftSettings: strict),
    .testTarget(
      name: "SDMDEVTests",
      dependencies: ["DeviceAccess", "LinuxSystem", "SDMDEV", "TestPrograms", "VFIOUser", "WarpDriveQueue"],
      swiftSettings: strict),
    .testTarget(
      name: "HisiliconQueueTests",
      dependencies: [
        "CHisilicon", "CZlib", "DeviceAccess", "HisiliconModel", "HisiliconQueue", "LinuxSystem", "TestPrograms",
        "WarpDriveQueue",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "HisiliconZipTests",
      dependencies: [
        "CHisilicon", "CZlib", "DeviceAccess", "HisiliconModel", "HisiliconQueue", "HisiliconZip", "LinuxSystem",
        "SDMDEV", "WarpDriveConformance", "WarpDriveCore", "WarpDriveQueue", "ZlibProvider",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "PluginHeaderTests", dependencies: ["CWarpDrivePlugin", "TestPrograms", "WarpDriveCore"],
      swiftSettings: strict),
    .testTarget(
      name: "WarpDrivePluginsTests",
      dependencies: ["LinuxSystem", "TestPrograms", "WarpDriveCore", "WarpDrivePlugins", "ZlibProvider", "wdprov"],
      swiftSettings: strict),
    .testTarget(
      name: "ZlibProviderTests",
      dependencies: ["CZlib", "TestPrograms", "TestVectors", "WarpDriveCore", "ZlibProvider"],
      swiftSettings: strict),
    .testTarget(
      name: "OpenSSLProviderTests",
      dependencies: ["COpenSSL", "OpenSSLProvider", "TestPrograms", "TestVectors", "WarpDriveCore"],
      swiftSettings: strict),
    .testTarget(
      name: "ConformanceTests",
      dependencies: [
        "LinuxSystem", "OpenSSLProvider", "TestVectors", "WarpDriveConformance", "WarpDriveCore", "ZlibProvider",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "WarpDriveTests",
      dependencies: ["DeviceAccess", "HisiliconModel", "LinuxSystem", "TestPrograms", "WarpDrive", "WarpDriveQueue"],
      swiftSettings: strict),
    .testTarget(
      name: "FuzzReplayTests", dependencies: ["FuzzTargets", "LinuxSystem", "TestPrograms"], swiftSettings: strict),
    .testTarget(
      name: "SoakTests", dependencies: ["LinuxSystem", "OpenSSLProvider", "WarpDriveCore", "ZlibProvider"],
      swiftSettings: strict),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "CHisilicon", "LinuxSystem", "TestPrograms", "TestVectors", "VFIOUser", "WarpDrive", "WarpDriveCore", "wdprov",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "SystemTests",
      dependencies: [
        "HostControl", "LinuxSystem", "QueueClient", "TestPrograms", "VFIOUser", "WarpDriveQueue", "wdprov",
      ],
      swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)

// What needs the command is left out where only the libraries are to be built: ThreadSanitizer's run does not use it.
if Context.environment["WDPROV_LIBRARIES_ONLY"] == "1" {
  let ofTheCommand: Set = ["wdprov", "CommandTests", "SystemTests", "QueueClient"]
  package.targets.removeAll { ofTheCommand.contains($0.name) }
  package.products.removeAll { $0.name == "wdprov" }
  for target in package.targets {
    target.dependencies.removeAll { dependency in
      if case .byNameItem(let name, _) = dependency { ofTheCommand.contains(name) } else { false }
    }
  }
}
