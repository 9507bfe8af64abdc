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
    .target(name: "Random"),
    .target(name: "Files", dependencies: ["COpenSSL", "CZlib"]),
    .target(name: "Tensors", dependencies: ["CKernels", "Random"]),
    .target(name: "Networks", dependencies: ["Random", "Tensors"]),
    .target(name: "Datasets", dependencies: ["Files", "Random", "Tensors"]),
    .target(name: "Safetensors", dependencies: ["Files"]),
    .target(
      name: "Training",
      dependencies: [
        "MessagePassing", "Files", "Tensors", "Networks", "Datasets", "Safetensors", "Yams",
        .product(name: "Logging", package: "swift-log"),
      ]),
    .executableTarget(
      name: "lockstep",
      dependencies: [
        "Training", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .testTarget(
      name: "MessagePassingTests", dependencies: ["MessagePassing", "TestSupport", "mpi-checks"]),
    .testTarget(name: "RandomTests", dependencies: ["Random"]),
    .testTarget(name: "FilesTests", dependencies: ["Files"]),
    .testTarget(name: "TensorsTests", dependencies: ["Tensors"]),
    .testTarget(
      name: "NetworksTests", dependencies: ["Networks", "Random", "Tensors", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "DatasetsTests", dependencies: ["Datasets", "Files", "Tensors", "CZlib", "TestSupport"]),
    .testTarget(name: "SafetensorsTests", dependencies: ["Safetensors", "Files", "TestSupport"]),
    .testTarget(
      name: "TrainingTests",
      dependencies: ["Training", "Files", "Networks", "Tensors", "TestSupport"]),
    .testTarget(
      name: "FuzzTests",
      dependencies: ["TestSupport", "reader-fuzz", "Files", "Networks", "Safetensors", "Training"]),
    .testTarget(
      name: "JobTests",
      dependencies: [
        "Datasets", "Networks", "Safetensors", "Tensors", "TestSupport", "Training", "lockstep",
        "flip-bit", "reduction-checks",
      ]),
    .target(name: "TestSupport", path: "Tests/Tools/TestSupport"),
    .executableTarget(
      name: "mpi-checks", dependencies: ["MessagePassing"], path: "Tests/Tools/mpi-checks"),
    .executableTarget(
      name: "flip-bit", dependencies: ["Training"], path: "Tests/Tools/flip-bit"),
    .executableTarget(
      name: "reduction-checks", dependencies: ["MessagePassing", "Networks", "Training"],
      path: "Tests/Tools/reduction-checks"),
    .executableTarget(
      name: "reader-fuzz",
      dependencies: [
        "CZlib", "Datasets", "Files", "Networks", "Safetensors", "Tensors", "TestSupport",
        "Training",
      ],
      path: "Tests/Tools/reader-fuzz"),
  ],
  swiftLanguageModes: [.v6]
)
