// swift-tools-version: 6.3
// The fuzzers: a package of its own, since libFuzzer must not come near what is shipped. Scripts/fuzz.sh builds and runs it.
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

let package = Package(
  name: "warpdrive-fuzz",
  dependencies: [.package(name: "warpdrive", path: "../..")],
  targets: [
    .target(name: "CLibFuzzer"),
    .executableTarget(
      name: "Fuzz",
      dependencies: ["CLibFuzzer", .product(name: "FuzzTargets", package: "warpdrive")],
      swiftSettings: [
        .treatAllWarnings(as: .error), .strictMemorySafety(), .enableUpcomingFeature("ExistentialAny"),
        .unsafeFlags(["-sanitize=address,fuzzer"]),
      ],
      linkerSettings: [.unsafeFlags(["-sanitize=address,fuzzer"])]),
  ],
  swiftLanguageModes: [.v6]
)
