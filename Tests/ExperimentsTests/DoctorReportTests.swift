import Experiments
import Foundation
import Testing

@Suite("The doctor's report")
struct DoctorReportTests {
  @Test("The table is narrow for few hosts and many, and says what differs by host")
  func table() throws {
    for count in [1, 2, 4, 64] {
      var survey = try healthySurvey(count)
      survey.hosts[0].processor = String(repeating: "a long name ", count: 20) + "of a processor"
      survey.hosts[count - 1].mpi = "Open MPI v5.0.1"
      survey.hosts[count - 1].clockLeadSeconds = -90
      let table = DoctorReport(survey).table
      let lines = table.split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines.allSatisfy { $0.count < 80 }, "\(table)")
      #expect(lines.count < 80, "\(table)")
      #expect(table.contains("✓ program: "), "\(table)")
      if count > 1 {
        #expect(table.contains("Open MPI v5.0.1 (host-\(count))"), "\(table)")
        #expect(table.contains("! clock: host-\(count): its clock is 90.0 s behind"), "\(table)")
      }
    }
  }

  @Test("JSON has the shape of the job and its network, with medians in seconds and bytes a second")
  func json() throws {
    var survey = try healthySurvey(3)
    survey.hosts[1].ranks = 4
    survey.hosts[2].threadsPerRank = 1
    survey.links[0].bytesPerSecond = 1
    survey.links[1].latencySeconds = 9
    let report = DoctorReport(survey)
    #expect(
      report.cluster
        == ClusterDescription(
          hosts: 3, ranksPerHost: 4, threadsPerRank: 1,
          link: ClusterDescription.Link(latencySeconds: 3e-5, bytesPerSecond: 1.1e8)))
    let text = try report.json
    #expect(try JSONDecoder().decode(DoctorReport.self, from: Data(text.utf8)) == report)
    // Written by hand it is as much as a plan needs.
    let written = """
      {
        "hosts": 3, "ranksPerHost": 4, "threadsPerRank": 1,
        "link": {"latencySeconds": 3e-5, "bytesPerSecond": 1.1e8}
      }
      """
    #expect(
      try JSONDecoder().decode(ClusterDescription.self, from: Data(written.utf8))
        == report.cluster)
  }

  @Test("One host has no link")
  func alone() throws {
    #expect(DoctorReport(try healthySurvey(1)).cluster.link == nil)
  }

  @Test(
    "All pairs of a few hosts are measured one after the other, and of many each host in each turn",
    arguments: [1, 2, 3, 8, 9, 10, 33, 64])
  func turns(hosts: Int) {
    let turns = LinkMeter.turns(hosts: hosts)
    if hosts <= LinkMeter.fewHosts {
      #expect(turns.allSatisfy { $0.count == 1 })
      #expect(turns.count == hosts * (hosts - 1) / 2)
    } else {
      #expect(turns.count < 10)
      #expect(turns.allSatisfy { $0.count == hosts / 2 })
    }
    for turn in turns {
      let met = turn.flatMap { [$0.0, $0.1] }
      #expect(Set(met).count == met.count && met.allSatisfy((0..<hosts).contains))
    }
    let pairs = turns.joined().map { [min($0.0, $0.1), max($0.0, $0.1)] }
    #expect(Set(pairs).count == pairs.count, "no pair twice")
  }

  @Test("A host tries to log in to the first one and to the next, and the first one to all")
  func logins() {
    #expect(Logins.targets(of: 0, hosts: 4) == [1, 2, 3])
    #expect((1...3).map { Logins.targets(of: $0, hosts: 4) } == [[0, 2], [0, 3], [0]])
    #expect(Logins.targets(of: 0, hosts: 1000).count == 64)
    #expect(Logins.targets(of: 0, hosts: 1).isEmpty)
  }
}
