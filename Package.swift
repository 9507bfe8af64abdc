// swift-tools-version: 6.3

import Foundation
import PackageDescription

// The MPI to build with: MPICH stands for its descendants, too.
let mpi: SystemPackageProvider
let mpiPkgConfig: String
switch Context.environment["LOCKSTEP_MPI"] ?? "" {
case "", "openmpi": (mpi, mpiPkgConfig) = (.apt(["libopenmpi-dev"]), "ompi-c")
case "mpich": (mpi, mpiPkgConfig) = (.apt(["libmpich-dev"]), "mpich")
case let other:
  print("LOCKSTEP_MPI is \"\(other)\"; set it to openmpi (the default) or to mpich")
  exit(1)
}

let package = Package(
  name: "lockstep",
  products: [
    .executable(name: "lockstep", targets: ["lockstep"]),
    .library(name: "MessagePassing", targets: ["MessagePassing"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    .package(url: "https://github.com/swiftcsv/SwiftCSV", exact: "0.10.0"),
  ],
  targets: [
    .systemLibrary(name: "CMPI", pkgConfig: mpiPkgConfig, providers: [mpi]),
    .systemLibrary(name: "CLinux"),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .target(name: "CKernels"),
    .target(
      name: "MessagePassing", dependencies: ["CMPI", "CLinux"],
      swiftSettings: [.enableExperimentalFeature("Lifetimes")]),
    .target(name: "Random"),
    .target(name: "Files", dependencies: ["COpenSSL", "CZlib"]),
    .target(name: "Tensors", dependencies: ["CKernels", "Random"]),
    .target(name: "Networks", dependencies: ["Random", "Tensors"]),
    .target(name: "Datasets", dependencies: ["Files", "Random", "Tensors", "SwiftCSV"]),
    .target(name: "Safetensors", dependencies: ["Files"]),
    .target(name: "ProtocolBuffers"),
    .target(name: "EventFiles", dependencies: ["Files", "ProtocolBuffers"]),
    .target(name: "Cluster", dependencies: ["MessagePassing", "Files"]),
    .target(name: "Reduction", dependencies: ["MessagePassing", "Tensors", "Cluster"]),
    .target(name: "Optimizers", dependencies: ["Tensors"]),
    .target(
      name: "Configuration",
      dependencies: [
        "Files", "Tensors", "Networks", "Optimizers", "Datasets", "Reduction", "Yams",
      ]),
    .target(
      name: "Training",
      dependencies: [
        "MessagePassing", "Files", "Tensors", "Networks", "Optimizers", "Datasets", "Safetensors",
        "Cluster", "Reduction", "Configuration",
      ]),
    .target(
      name: "Reports",
      dependencies: [
        "Files", "Tensors", "Networks", "Datasets", "Cluster", "EventFiles", "Configuration",
        "Training",
      ]),
    .target(
      name: "Experiments",
      dependencies: [
        "MessagePassing", "Files", "Tensors", "Networks", "Datasets", "Cluster", "Reduction",
        "Configuration", "Training", "Reports",
      ]),
    .target(
      name: "Exports",
      dependencies: [
        "Files", "Tensors", "Networks", "Datasets", "Safetensors", "ProtocolBuffers",
        "Configuration", "Training",
      ]),
    .executableTarget(
      name: "lockstep",
      dependencies: [
        "Files", "Datasets", "Safetensors", "Cluster", "Configuration", "Training", "Reports",
        "Experiments", "Exports",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      // The hosts of a job need no Swift: its libraries are in the program. The modules are compiled
      // for the shared ones, as the tests need them, and so do not name what Foundation needs.
      // At a fixed address the ranks of a host share the pages with addresses in them, which otherwise
      // each rank would relocate for itself.
      linkerSettings: [
        .unsafeFlags([
          "-static-stdlib", "-use-ld=lld", "-Xlinker", "--gc-sections", "-Xlinker", "--strip-debug",
          "-Xclang-linker", "-no-pie",
        ]),
        .linkedLibrary("CoreFoundation"), .linkedLibrary("_FoundationCShims"),
        .linkedLibrary("_FoundationCollections"), .linkedLibrary("_FoundationICU"),
        .linkedLibrary("stdc++"),
      ]),

    .testTarget(
      name: "MessagePassingTests", dependencies: ["MessagePassing", "TestSupport", "mpi-checks"]),
    .testTarget(name: "RandomTests", dependencies: ["Random"]),
    .testTarget(name: "FilesTests", dependencies: ["Files", "TestSupport"]),
    .testTarget(
      name: "TensorsTests", dependencies: ["Tensors", "TestSupport", "kernel-digests"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "NetworksTests",
      dependencies: ["Networks", "Optimizers", "Random", "Tensors", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(name: "OptimizersTests", dependencies: ["Optimizers", "Tensors"]),
    .testTarget(
      name: "DatasetsTests", dependencies: ["Datasets", "Files", "Tensors", "TestSupport"]),
    .testTarget(name: "SafetensorsTests", dependencies: ["Safetensors", "Files", "TestSupport"]),
    .testTarget(name: "ClusterTests", dependencies: ["Cluster", "TestSupport"]),
    .testTarget(name: "ReductionTests", dependencies: ["Reduction", "Tensors"]),
    .testTarget(
      name: "ConfigurationTests", dependencies: ["Configuration", "Optimizers", "TestSupport"]),
    .testTarget(
      name: "TrainingTests",
      dependencies: [
        "Training", "Cluster", "Configuration", "Datasets", "Files", "Networks", "Safetensors",
        "Tensors", "TestSupport",
      ]),
    .testTarget(
      name: "ReportsTests",
      dependencies: [
        "Reports", "Cluster", "Configuration", "Datasets", "Tensors", "Training", "TestSupport",
      ]),
    .testTarget(
      name: "ExperimentsTests",
      dependencies: [
        "Experiments", "Cluster", "Configuration", "Files", "Networks", "Reduction", "Reports",
        "TestSupport", "Training",
      ]),
    .testTarget(name: "ProtocolBuffersTests", dependencies: ["ProtocolBuffers"]),
    .testTarget(name: "EventFilesTests", dependencies: ["EventFiles", "TestSupport"]),
    .testTarget(
      name: "ExportsTests",
      dependencies: [
        "Exports", "Datasets", "Networks", "Safetensors", "Tensors", "Training", "TestSupport",
      ],
      exclude: ["compare_onnx.py"]),
    .testTarget(
      name: "FuzzTests",
      dependencies: [
        "TestSupport", "reader-fuzz", "Configuration", "Files", "Networks", "Safetensors",
        "Training",
      ]),
    .testTarget(
      name: "JobTests",
      dependencies: [
        "Configuration", "Datasets", "Networks", "Reports", "Experiments", "Safetensors", "Tensors",
        "TestSupport", "flip-bit", "reduction-checks",
      ],
      exclude: ["compare_events.py"],
      // They start programs and read what these write; optimized, they take minutes to compile.
      swiftSettings: [.unsafeFlags(["-Onone"])]),
    .target(
      name: "TestSupport", dependencies: ["CZlib", "MessagePassing"],
      path: "Tests/Tools/TestSupport"),
    .executableTarget(
      name: "kernel-digests", dependencies: ["CKernels"], path: "Tests/Tools/kernel-digests"),
    .executableTarget(
      name: "mpi-checks", dependencies: ["MessagePassing"], path: "Tests/Tools/mpi-checks"),
    .executableTarget(
      name: "flip-bit", dependencies: ["Cluster", "Configuration", "Training"],
      path: "Tests/Tools/flip-bit"),
    .executableTarget(
      name: "reduction-checks",
      dependencies: ["MessagePassing", "Cluster", "Reduction", "Tensors"],
      path: "Tests/Tools/reduction-checks"),
    .executableTarget(
      name: "reader-fuzz",
      dependencies: [
        "CZlib", "Configuration", "Datasets", "Files", "Networks", "Optimizers", "Safetensors",
        "Tensors", "TestSupport", "Training",
      ],
      path: "Tests/Tools/reader-fuzz"),
  ],
  swiftLanguageModes: [.v6]
)
