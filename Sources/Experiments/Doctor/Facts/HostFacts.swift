import Cluster
import Files
import Foundation
import MessagePassing
import Tensors

/// The facts about one host of a job, as its first rank sees them. The names are keys in JSON, which
/// stay.
package struct HostFacts: Codable, Equatable, Sendable {
  package var name: String
  /// The number of ranks here, and of threads of each.
  package var ranks, threadsPerRank: Int
  /// The system's name and release, and the machine's architecture.
  package var system: String
  /// The processor's name.
  package var processor: String
  /// The instruction set that fp32 is computed with, and the arithmetic of bf16, which decides bits.
  package var instructionSet, bfloat16Arithmetic: String
  /// The number of processors that the system has, and of those that a rank may run on.
  package var processors, allowedProcessors: Int
  /// The number of processors that a rank has for itself, when others share them with it.
  package var processorsPerRank: Double
  /// The number of processors whose time the control groups allow; nil for no quota.
  package var processorQuota: Double?
  /// True if the ranks here crowd on some processors while others are free.
  package var isCrowded: Bool
  /// The memory of the host with its swap space, in bytes, and that which is not in use.
  package var memoryBytes, availableMemoryBytes: Double
  /// The memory that the control groups allow, in bytes; nil for no limit.
  package var memoryLimitBytes: Double?
  /// The file system for memory that processes share, and that for temporary files; nil where there
  /// is none.
  package var sharedMemory, temporary: FileSystemFacts?
  package var limits: ProcessLimits
  /// The MPI library and its version.
  package var mpi: String
  /// The versions of the network libraries that MPI may use; nil for those that are not there.
  package var libfabric, ucx: String?
  /// The names of devices for remote access to memory (RDMA), such as InfiniBand's.
  package var rdmaDevices: [String]
  package var interfaces: [NetworkInterface]
  /// The SHA-256 of the program, in hexadecimal digits.
  package var program: String
  /// The file system of the run's folder, seen from here.
  package var folder: FileSystemFacts?
  /// True if what the first host writes to the run's folder can be seen here; nil where that was not
  /// tried.
  package var sharesFolder: Bool?
  /// The clock's lead over that of the first host, in seconds; negative where it is behind.
  package var clockLeadSeconds: Double
  /// The hosts that this one could not log in to by `ssh`; nil where it was not tried.
  package var refusedLogins: [String]?
}

extension HostFacts {
  /// Measures what this rank, the first of a host, sees by itself.
  ///
  /// - Parameters:
  ///   - ranks: the ranks on the host.
  ///   - processors: those that this rank has, as `CPUAffinity.share` counts them.
  ///   - threads: the threads of a rank.
  ///   - folder: the path of the run's folder.
  /// - Throws: `FileError` where the program cannot be read; `SHA256Error`.
  static func measured(
    name: String, ranks: Int, processors: (mine: Double, isCrowded: Bool), threads: Int,
    folder: String
  ) throws -> HostFacts {
    let memory = MemoryLimits.host
    let groups = ControlGroup.all(of: "memory").compactMap { $0.memory?.limit }
    return HostFacts(
      name: name, ranks: ranks, threadsPerRank: threads, system: system,
      processor: ProcessFacts.processorName, instructionSet: Kernels.name(.float32),
      bfloat16Arithmetic: (try? Kernels(.bfloat16).arithmetic) ?? "unknown",
      processors: sysconf(Int32(_SC_NPROCESSORS_ONLN)),
      allowedProcessors: CPUAffinity.current.count, processorsPerRank: processors.mine,
      processorQuota: ControlGroup.all(of: "cpu").compactMap(\.processors).min(),
      isCrowded: processors.isCrowded,
      memoryBytes: memory?.total ?? ProcessFacts.hostMemory,
      availableMemoryBytes: memory?.available ?? 0, memoryLimitBytes: groups.min(),
      sharedMemory: FileSystemFacts(MessageFolder.usual),
      temporary: FileSystemFacts(MessageFolder.alternative), limits: .current,
      mpi: MPIEnvironment.libraryName,
      libfabric: LibraryVersions.libfabric, ucx: LibraryVersions.ucx,
      rdmaDevices: ((try? fileNames(in: "/sys/class/infiniband")) ?? []).sorted(),
      interfaces: NetworkInterface.all,
      program: try InputFile(path: "/proc/self/exe").digest().description,
      folder: FileSystemFacts(folder), sharesFolder: nil,
      clockLeadSeconds: 0, refusedLogins: nil)
  }

  private static var system: String {
    var names = utsname()
    guard uname(&names) == 0 else { return "unknown" }
    func text<Field>(_ field: Field) -> String {
      withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
    return "\(text(names.sysname)) \(text(names.release)) \(text(names.machine))"
  }
}

/// The limits that the system sets a process (`ulimit`); nil for those that are unlimited.
package struct ProcessLimits: Codable, Hashable, Sendable {
  /// The number of open files (`ulimit -n`).
  package var openFiles: Double?
  /// The number of the user's processes and threads (`ulimit -u`).
  package var processes: Double?
  /// The size of a file, in bytes (`ulimit -f`).
  package var fileBytes: Double?
  /// The addresses of a process, in bytes (`ulimit -v`).
  package var addressBytes: Double?
  /// The memory that stays in its place, in bytes (`ulimit -l`).
  package var lockedBytes: Double?

  /// The limits of this process.
  static var current: ProcessLimits {
    func limit(_ resource: __rlimit_resource) -> Double? {
      var limit = rlimit()
      guard getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0,
        limit.rlim_cur != rlim_t.max
      else { return nil }
      return Double(limit.rlim_cur)
    }
    return ProcessLimits(
      openFiles: limit(RLIMIT_NOFILE), processes: limit(__RLIMIT_NPROC),
      fileBytes: limit(RLIMIT_FSIZE),
      addressBytes: limit(RLIMIT_AS), lockedBytes: limit(__RLIMIT_MEMLOCK))
  }
}
