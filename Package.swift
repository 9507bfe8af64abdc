// swift-tools-version: 6.3

import PackageDescription

let package = Package(
  name: "lockstep",
  products: [
    .executable(name: "lockstep", targets: ["lockstep"]),
    .library(name: "MessagePassing", targets: ["MessagePassing"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .systemLibrary(name: "COpenMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .target(name: "CKernels", linkerSettings: [.linkedLibrary("m")]),
    .target(
      name: "MessagePassing", dependencies: ["COpenMPI"],
      swiftSettings: [.enableExperimentalFeature("Lifetimes")]),
    .target(name: "Tensors", dependencies: ["CKernels", "COpenSSL"]),
    .target(name: "Recurrent", dependencies: ["Tensors"]),
    .target(name: "Shards", dependencies: ["Tensors", "CZlib"]),
    .target(name: "Checkpoints", dependencies: ["Tensors"]),
    .target(
      name: "Training",
      dependencies: [
        "MessagePassing", "Tensors", "Recurrent", "Shards", "Checkpoints", "Yams",
        .product(name: "Logging", package: "swift-log"),
      ]),
    .executableTarget(
      name: "lockstep",
      dependencies: [
        "Training", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .target(name: "TestSupport", path: "Tests/TestSupport"),
    .executableTarget(
      name: "mpi-checks", dependencies: ["MessagePassing"], path: "Tests/mpi-checks"),
    .testTarget(
      name: "MessagePassingTests", dependencies: ["MessagePassing", "TestSupport", "mpi-checks"]),
    .testTarget(name: "TensorsTests", dependencies: ["Tensors"]),
    .testTarget(
      name: "RecurrentTests", dependencies: ["Recurrent", "Tensors", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "ShardsTests", dependencies: ["Shards", "Tensors", "CZlib", "TestSupport"]),
    .testTarget(
      name: "CheckpointsTests", dependencies: ["Checkpoints", "Tensors", "TestSupport"]),
    .testTarget(
      name: "TrainingTests", dependencies: ["Training", "Recurrent", "Tensors"]),
    .executableTarget(
      name: "flip-bit", dependencies: ["Training", "Recurrent", "Tensors"], path: "Tests/flip-bit"),
    .executableTarget(
      name: "reduction-checks", dependencies: ["MessagePassing", "Recurrent", "Training"],
      path: "Tests/reduction-checks"),
    .executableTarget(
      name: "reader-fuzz",
      dependencies: [
        "Checkpoints", "CZlib", "Recurrent", "Shards", "Tensors", "TestSupport", "Training",
      ],
      path: "Tests/reader-fuzz"),
    .testTarget(
      name: "FuzzTests",
      dependencies: ["TestSupport", "reader-fuzz", "Checkpoints", "Recurrent", "Training"]),
    .testTarget(
      name: "JobTests",
      dependencies: [
        "Checkpoints", "Recurrent", "Shards", "Tensors", "TestSupport", "Training", "lockstep",
        "flip-bit", "reduction-checks",
      ],
      exclude: ["two-hosts"]),
  ],
  swiftLanguageModes: [.v6]
)
