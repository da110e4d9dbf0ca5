// swift-tools-version: 6.3
// Benchmarks against the C libraries: a package of its own, which sees only the products that users see.
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

// swift-crypto is a peer in three rows and takes minutes to build: `make bench` asks for it, CI's build check does not.
let hasSwiftCrypto = Context.environment["WDPROV_BENCH_SWIFT_CRYPTO"] == "1"

let package = Package(
  name: "warpdrive-benchmarks",
  dependencies: [
    .package(name: "warpdrive", path: "../..")
  ] + (hasSwiftCrypto ? [.package(url: "https://github.com/apple/swift-crypto", from: "4.5.2")] : []),
  targets: [
    .target(
      name: "CBaseline", cSettings: [.unsafeFlags(["-O2"])],
      linkerSettings: [.linkedLibrary("crypto"), .linkedLibrary("z"), .linkedLibrary("dl")]),
    .executableTarget(
      name: "Benchmarks",
      dependencies: [
        "CBaseline", .product(name: "HisiliconModel", package: "warpdrive"),
        .product(name: "HisiliconQueue", package: "warpdrive"), .product(name: "VFIOUser", package: "warpdrive"),
        .product(name: "WarpDrive", package: "warpdrive"), .product(name: "WarpDriveQueue", package: "warpdrive"),
      ] + (hasSwiftCrypto ? [.product(name: "Crypto", package: "swift-crypto")] : []),
      swiftSettings: [
        .treatAllWarnings(as: .error), .strictMemorySafety(), .enableUpcomingFeature("ExistentialAny"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)
