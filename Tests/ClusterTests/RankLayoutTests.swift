import Cluster
import Testing

@Suite("Ranks and threads for processors")
struct RankLayoutTests {
  @Test("A host's processors are read as they are written")
  func text() {
    for text in ["8/2", "1/1", "64/4:3"] { #expect(HostProcessors(text)?.text == text) }
    #expect(HostProcessors("8") == HostProcessors(count: 8))
    for text in ["", "0", "8/", "8/0", "8:0", "-8", "8x", "99999999999"] {
      #expect(HostProcessors(text) == nil, "\(text)")
    }
    let here = HostProcessors.current
    #expect(here.count == CPUAffinity.usableCount && here.domains >= 1 && here.slots == nil)
  }

  @Test(
    "All processors work where the shards suffice, in as few ranks as can be",
    arguments: [
      // Hosts, shards, threads of the configuration; ranks of the hosts, threads.
      ("2", 4, nil, [1], 2), ("8", 4, nil, [1], 4), ("8", 16, nil, [1], 8),
      // A rank stays within a domain of memory.
      ("8/2", 16, nil, [2], 4), ("64/4", 64, nil, [4], 16),
      ("2,2", 4, nil, [1, 1], 2), ("8,8,8,8", 64, nil, [1, 1, 1, 1], 8),
      // More hosts than there are shards for do nothing.
      ("8,8,8,8", 4, nil, [1, 0, 0, 0], 4), ("1,1,1", 2, nil, [1, 1, 0], 1),
      // Two hosts of four are as fast as three: a thread has two shards at best.
      ("4,4,4", 16, nil, [1, 1, 0], 4),
      // Uneven hosts, and threads that are given.
      ("8,2", 10, nil, [4, 1], 2), ("8", 8, 2, [4], 2), ("3", 4, 1, [2], 1), ("2", 4, 3, [1], 3),
      ("1,2", 4, 4, [0, 1], 4),
      // Slots are the most.
      ("8:1,8:1", 16, nil, [1, 1], 8), ("8:1,8:1", 16, 2, [1, 1], 2),
    ] as [(String, Int, Int?, [Int], Int)])
  func auto(
    _ hosts: String, _ shards: Int, _ given: Int?, _ ranks: [Int], _ threads: Int
  ) throws {
    let hosts = try hosts.split(separator: ",").map { try #require(HostProcessors(String($0))) }
    let layout = RankLayout(suiting: hosts, shards: shards, threads: given)
    #expect(layout.ranks == ranks && layout.threads == threads, "\(layout)")
  }

  @Test("So many ranks a host are as many as the shards at most")
  func perHost() {
    let hosts = [HostProcessors(count: 8), HostProcessors(count: 4), HostProcessors(count: 4)]
    #expect(RankLayout(ranksPerHost: 2, on: hosts, shards: 16).ranks == [2, 2, 2])
    let few = RankLayout(ranksPerHost: 2, on: hosts, shards: 3)
    #expect(few.ranks == [2, 1, 0] && few.threads == 1)
    #expect(RankLayout(ranksPerHost: 1, on: hosts, shards: 16).threads == 4)
  }
}
