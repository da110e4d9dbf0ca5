// swift-tools-version: 6.3
// An example as a package of its own: what a program that uses WarpDrive has to say in its manifest.
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

let package = Package(
  name: "compress-stream",
  // Outside this checkout: .package(url: …, from: …). The name is needed because a package in a folder is otherwise
  // called after the folder.
  dependencies: [.package(name: "warpdrive", path: "../..")],
  targets: [
    .executableTarget(
      name: "compress-stream",
      dependencies: [.product(name: "WarpDrive", package: "warpdrive")],
      swiftSettings: [.treatAllWarnings(as: .error)])
  ],
  swiftLanguageModes: [.v6]
)
