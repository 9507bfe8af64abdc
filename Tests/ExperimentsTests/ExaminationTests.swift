import Experiments
import Foundation
import Testing

@Suite("The doctor's examinations")
struct ExaminationTests {
  /// A change of a healthy survey of four hosts, and what is to be found then.
  struct Ailment: Sendable, CustomTestStringConvertible {
    let severity: Finding.Severity
    let subject: String
    let words: String
    let hosts: [String]
    let harm: @Sendable (inout Survey) throws -> Void
    var testDescription: String { words }

    init(
      _ severity: Finding.Severity, _ subject: String, _ words: String, _ hosts: [String] = [],
      harm: @escaping @Sendable (inout Survey) throws -> Void
    ) {
      (self.severity, self.subject, self.words) = (severity, subject, words)
      (self.hosts, self.harm) = (hosts, harm)
    }
  }

  static let ailments: [Ailment] = [
    Ailment(.advice, "processor", "EPYC with avx512 on host-1, host-2 and host-4; Xeon") {
      $0.hosts[2].processor = "Xeon"
    },
    Ailment(.advice, "processor", "bf16 with different bits") {
      $0.hosts[1].bfloat16Arithmetic = "bf16 by rounding"
    },
    Ailment(.advice, "processor", "no vector instructions", ["host-4"]) {
      $0.hosts[3].instructionSet = "baseline"
    },
    Ailment(
      .advice, "cores", "2 ranks of 2 threads share 1.5 processors (by a quota of 1.5)", ["host-2"]
    ) {
      $0.hosts[1].processorQuota = 1.5
      $0.hosts[1].processorsPerRank = 0.75
    },
    Ailment(.advice, "cores", "leave most of 64 processors idle", ["host-1"]) {
      $0.hosts[0].processorsPerRank = 32
    },
    Ailment(.advice, "cores", "--bind-to none", ["host-3"]) { $0.hosts[2].isCrowded = true },
    Ailment(.advice, "memory", "are left of 7.5 GiB", ["host-2"]) {
      $0.hosts[1].availableMemoryBytes = 5e8
    },
    Ailment(.advice, "shared memory", "they go through files in /tmp", ["host-4"]) {
      $0.hosts[3].sharedMemory?.freeBytes = 1e6
    },
    Ailment(.advice, "shared memory", "SIGBUS", ["host-4"]) {
      $0.hosts[3].sharedMemory?.freeBytes = 1e6
      $0.hosts[3].temporary?.freeBytes = 1e6
    },
    Ailment(.advice, "limits", "may open 50 files", ["host-1"]) {
      $0.hosts[0].limits.openFiles = 50
    },
    Ailment(.failure, "limits", "a file may have 1 MiB, and a checkpoint has 3 MiB", ["host-1"]) {
      $0.hosts[0].limits.fileBytes = 1e6
      $0.experiment = try experiment()
    },
    Ailment(.advice, "limits", "of addresses", ["host-1"]) {
      $0.hosts[0].limits.addressBytes = 4e9
    },
    Ailment(.advice, "limits", "may lock 1 MiB", ["host-3"]) {
      $0.hosts[2].limits.lockedBytes = 65536
      $0.hosts[2].rdmaDevices = ["mlx5_0"]
    },
    Ailment(
      .failure, "program", "host-2 and host-3 have another program than host-1",
      [
        "host-2", "host-3",
      ]
    ) {
      $0.hosts[1].program = "f"
      $0.hosts[2].program = "f"
    },
    Ailment(.advice, "MPI", "Open MPI v5.0.1 on host-3") { $0.hosts[2].mpi = "Open MPI v5.0.1" },
    Ailment(.advice, "UCX", "none on host-3") { $0.hosts[2].ucx = nil },
    Ailment(.advice, "interfaces", "MPI uses eth0 of 1 Gbit/s, and ib0 has 100 Gbit/s", ["host-1"])
    {
      $0.hosts[0].interfaces.append(try interface("ib0", ["10.0.0.1"], 1e11))
    },
    Ailment(.advice, "interfaces", "the same address (docker0 172.17.0.1)", ["host-2", "host-4"]) {
      for index in [1, 3] {
        $0.hosts[index].interfaces.append(try interface("docker0", ["172.17.0.1"], nil))
      }
    },
    Ailment(.advice, "links", "go at 10.0 MB/s; usual here are", ["host-2", "host-3"]) {
      let index = $0.links.firstIndex { $0.from == "host-2" && $0.to == "host-3" } ?? 0
      $0.links[index].bytesPerSecond = 1e7
    },
    Ailment(.advice, "links", "their interfaces are for 125 MB/s (1 Gbit/s)") {
      for index in $0.links.indices { $0.links[index].bytesPerSecond = 1e7 }
    },
    Ailment(.advice, "links", "the gradient takes at least 136 ms between hosts") {
      $0.experiment = try experiment(gradientBytes: 1e7)
    },
    Ailment(.advice, "logins", "it cannot log in to host-1", ["host-4"]) {
      $0.hosts[3].refusedLogins = ["host-1"]
    },
    Ailment(.advice, "clock", "its clock is 90.0 s behind that of host-1", ["host-3"]) {
      $0.hosts[2].clockLeadSeconds = -90
    },
    Ailment(.failure, "run's folder", "7 checkpoints take", ["host-1"]) {
      $0.hosts[0].folder?.freeBytes = 5e6
      $0.experiment = try experiment()
    },
    Ailment(.advice, "run's folder", "7 checkpoints take", ["host-1"]) {
      $0.hosts[0].folder?.freeBytes = 9e6
      $0.experiment = try experiment()
    },
    Ailment(.advice, "run's folder", "is a tmpfs", ["host-1"]) {
      $0.hosts[0].folder?.kind = "tmpfs"
    },
    Ailment(.advice, "run's folder", "cannot be seen from here", ["host-2"]) {
      $0.hosts[1].sharesFolder = false
    },
  ]

  @Test("Of healthy hosts, and of one alone, nothing is found but that all is well")
  func healthy() throws {
    for count in [1, 2, 4, 40] {
      var survey = try healthySurvey(count)
      survey.experiment = try experiment()
      let findings = DoctorReport(survey).findings
      #expect(findings.allSatisfy { $0.severity == .fine }, "\(findings)")
      #expect(findings.count > 6)
    }
  }

  @Test("Each ailment is found alone, on its hosts, with what to do", arguments: ailments)
  func ailment(_ ailment: Ailment) throws {
    var survey = try healthySurvey(4)
    try ailment.harm(&survey)
    let report = DoctorReport(survey)
    let findings = report.findings.filter { $0.severity != .fine }
    let finding = try #require(findings.first)
    #expect(findings.count == 1, "\(findings)")
    #expect(finding.severity == ailment.severity && finding.subject == ailment.subject)
    #expect(
      finding.sentence.contains(ailment.words) && finding.hosts == ailment.hosts, "\(finding)")
    let hasAdvice = ["; start", "; give"].contains { finding.sentence.contains($0) }
    #expect(finding.advice != nil || hasAdvice, "\(finding)")
    #expect(report.failureCount == (ailment.severity == .failure ? 1 : 0))
    #expect(report.findings.first == finding, "what is worse comes first")
  }

  @Test("Processors whose bf16 differs are no matter of advice where bf16 is asked for")
  func bfloat16() throws {
    // The training refuses them, by its own sentence.
    var survey = try healthySurvey(2)
    survey.hosts[1].bfloat16Arithmetic = "bf16 by rounding"
    survey.experiment = try experiment(usesBFloat16: true)
    #expect(DoctorReport(survey).findings.allSatisfy { $0.severity == .fine })
  }

  @Test("The same sentence about the same hosts is said once")
  func once() throws {
    let finding = Finding(.advice, "experiment", on: ["host-1"], "x")
    let report = DoctorReport(try healthySurvey(1), and: [finding, finding])
    #expect(report.findings.count { $0 == finding } == 1)
  }
}

private func interface(
  _ name: String, _ addresses: [String], _ rate: Double?
) throws -> NetworkInterface {
  let text = """
    {
      "name": "\(name)", "addresses": ["\(addresses.joined(separator: "\", \""))"],
      "bitsPerSecond": \(rate.map { "\($0)" } ?? "null"), "sentBytes": 0
    }
    """
  return try JSONDecoder().decode(NetworkInterface.self, from: Data(text.utf8))
}
