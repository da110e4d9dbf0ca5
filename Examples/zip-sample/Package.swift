// swift-tools-version: 6.3
// An example as a package of its own: what a program that uses an accelerator's queue itself has to say in its manifest.
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

let package = Package(
  name: "zip-sample",
  // Outside this checkout: .package(url: …, from: …).
  dependencies: [.package(name: "warpdrive", path: "../..")],
  targets: [
    .executableTarget(
      name: "zip-sample",
      dependencies: [
        .product(name: "HisiliconQueue", package: "warpdrive"), .product(name: "WarpDriveQueue", package: "warpdrive"),
      ],
      swiftSettings: [.treatAllWarnings(as: .error)])
  ],
  swiftLanguageModes: [.v6]
)
