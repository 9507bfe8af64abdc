import Cluster
import Foundation
import Testing

@Suite("Control groups")
struct ControlGroupTests {
  private let mounts1 = """
    31 23 0:27 / /cg/memory rw - cgroup cgroup rw,memory
    32 23 0:28 /job /cg/cpu rw - cgroup cgroup rw,cpu,cpuacct
    33 23 0:29 / /cg/unified rw - cgroup2 cgroup2 rw
    """

  @Test("Version 1 has a hierarchy for each controller, whose root a container may see as its own")
  func version1() {
    let groups = "4:memory:/job/step\n2:cpu,cpuacct:/job/step/task\n0::/elsewhere"
    let cpu = ControlGroup.all(of: "cpu", groups: groups, mounts: mounts1)
    #expect(cpu.map(\.path) == ["/step/task", "/step", "/"])
    #expect(cpu.map(\.folder) == ["/cg/cpu/step/task", "/cg/cpu/step", "/cg/cpu"])
    let memory = ControlGroup.all(of: "memory", groups: groups, mounts: mounts1)
    #expect(memory.map(\.folder) == ["/cg/memory/job/step", "/cg/memory/job", "/cg/memory"])
    #expect(ControlGroup.all(of: "cpu", groups: "2:cpuset:/", mounts: mounts1).isEmpty)
    #expect(ControlGroup.all(of: "cpu", groups: "nonsense", mounts: "- - -").isEmpty)
  }

  /// A folder in place of a mounted hierarchy.
  private final class Hierarchy {
    let path = FileManager.default.temporaryDirectory
      .appending(path: "lockstep-\(UUID().uuidString)").path
    var mounts: String { "30 23 0:26 / \(path) rw - cgroup2 cgroup2 rw" }

    init(_ files: [String: String]) throws {
      for (name, text) in files {
        let url = URL(filePath: path + "/" + name)
        try FileManager.default.createDirectory(
          at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
      }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func groups(of controller: String) -> [ControlGroup] {
      ControlGroup.all(of: controller, groups: "0::/job/task", mounts: mounts)
    }
  }

  @Test("The limits of a group are read in both versions")
  func limits() throws {
    let new = try Hierarchy([
      "job/task/cpu.stat": "", "job/task/cpu.max": "max 100000\n", "job/cpu.max": "150000 100000\n",
      "job/task/memory.stat": "active_file 10\ninactive_file 20\nanon 5\n",
      "job/task/memory.current": "1000\n", "job/task/memory.max": "5000\n",
      "job/memory.max": "max\n",
    ])
    #expect(new.groups(of: "cpu").map(\.processors) == [nil, 1.5, nil])
    let memory = new.groups(of: "memory").map(\.memory)
    #expect(memory[0]?.limit == 5_000 && memory[0]?.available == 4_030)
    #expect(memory[1] == nil && memory[2] == nil)

    let old = try Hierarchy([
      "job/task/cpu.stat": "", "job/task/memory.stat": "total_inactive_file 20\nactive_file 9\n",
      "job/task/cpu.cfs_quota_us": "50000\n", "job/task/cpu.cfs_period_us": "100000\n",
      "job/cpu.cfs_quota_us": "-1\n", "job/cpu.cfs_period_us": "100000\n",
      "job/task/memory.limit_in_bytes": "2000\n", "job/task/memory.usage_in_bytes": "1500\n",
      "job/memory.limit_in_bytes": "9223372036854771712\n", "job/memory.usage_in_bytes": "5\n",
    ])
    #expect(old.groups(of: "cpu").map(\.processors) == [0.5, nil, nil])
    let memory1 = old.groups(of: "memory").map(\.memory)
    #expect(memory1[0]?.limit == 2_000 && memory1[0]?.available == 520)
    #expect(memory1[1] == nil && memory1[2] == nil)
  }

  @Test("Ranks share the quotas of the groups that they are in, and the tightest one counts")
  func shares() throws {
    let groups = ControlGroup.all(of: "cpu", groups: "2:cpu:/job/b", mounts: mounts1)
    #expect(groups.map(\.path) == ["/b", "/"])
    func quota(_ own: Double?, _ root: Double?, _ ranks: [String]) -> Double {
      CPUAffinity.quota(of: [(groups[0], own), (groups[1], root)], ranks: ranks)
    }
    let ranks = ["/b", "/b/c", "/bc", "/other"]
    #expect(quota(nil, nil, ranks) == .infinity)
    #expect(quota(3, nil, ranks) == 1.5)
    #expect(quota(3, 4, ranks) == 1)
  }
}
