import Cluster
import Testing

@Suite("Limits of memory")
struct MemoryLimitsTests {
  private let limit = MemoryLimits.Limit(name: "the host", total: 0x8p30, available: 0x2p30)

  @Test("What fits is no shortage")
  func fits() { #expect(limit.shortage(of: 0x2p30, ranks: 4) == nil) }

  @Test("What may fit at another time is no wrong input")
  func later() throws {
    let shortage = try #require(limit.shortage(of: 0x3p30, ranks: 4))
    #expect(
      "\(shortage)"
        == "the training takes 3.0 GiB for 4 ranks, and the host has 2.0 GiB left of 8.0 GiB"
    )
    #expect(shortage.exitStatus == 1)
  }

  @Test("What never fits is wrong input")
  func never() throws {
    let shortage = try #require(limit.shortage(of: 0x9p30, ranks: 1))
    #expect("\(shortage)" == "the training takes 9.0 GiB for 1 rank, and the host has 8.0 GiB")
    #expect(shortage.exitStatus == 78)
  }
}
