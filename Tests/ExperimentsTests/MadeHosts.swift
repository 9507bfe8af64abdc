import Experiments
import Foundation

/// The facts of hosts that have nothing wrong, as `lockstep doctor --json` writes them.
func healthyHosts(_ count: Int) throws -> [HostFacts] {
  try (1...count).map { number in
    let text = """
      {
        "name": "host-\(number)", "ranks": 2, "threadsPerRank": 2,
        "system": "Linux 6.1.0 x86_64", "processor": "EPYC", "instructionSet": "avx512",
        "bfloat16Arithmetic": "bf16", "processors": 4, "allowedProcessors": 4,
        "processorsPerRank": 2, "isCrowded": false,
        "memoryBytes": 8e9, "availableMemoryBytes": 6e9,
        "sharedMemory": {"path": "/dev/shm", "kind": "tmpfs", "totalBytes": 4e9, "freeBytes": 4e9},
        "temporary": {"path": "/tmp", "kind": "ext4", "totalBytes": 9e9, "freeBytes": 9e9},
        "limits": {"openFiles": 1024},
        "mpi": "Open MPI v4.1.4", "ucx": "1.13.1", "rdmaDevices": [],
        "interfaces": [
          {
            "name": "eth0", "addresses": ["192.0.2.\(number)"], "bitsPerSecond": 1e9,
            "sentBytes": 1e8
          }
        ],
        "program": "0123456789abcdef",
        "folder": {"path": "/runs", "kind": "nfs", "totalBytes": 9e10, "freeBytes": 5e10},
        "sharesFolder": true, "clockLeadSeconds": 0.001, "refusedLogins": []
      }
      """
    return try JSONDecoder().decode(HostFacts.self, from: Data(text.utf8))
  }
}

/// A survey of as many hosts that have nothing wrong, with links of 1 Gbit/s between all.
func healthySurvey(_ count: Int) throws -> Survey {
  let hosts = try healthyHosts(count)
  let links = hosts.indices.flatMap { first in
    hosts[(first + 1)...].map {
      LinkFacts(
        from: hosts[first].name, to: $0.name, latencySeconds: 3e-5, bytesPerSecond: 1.1e8)
    }
  }
  return Survey(hosts: hosts, links: links, experiment: nil)
}

/// The needs of a small experiment.
func experiment(
  usesBFloat16: Bool = false, gradientBytes: Double = 1e6, checkpointBytes: Double = 3e6
) throws -> ExperimentNeeds {
  let text = """
    {
      "usesBFloat16": \(usesBFloat16), "gradientBytes": \(gradientBytes),
      "computationSeconds": 0.05, "checkpointBytes": \(checkpointBytes), "checkpoints": 7
    }
    """
  return try JSONDecoder().decode(ExperimentNeeds.self, from: Data(text.utf8))
}
