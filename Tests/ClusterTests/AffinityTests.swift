import Cluster
import Testing

@Suite("Affinity")
struct AffinityTests {
  @Test("A list of processors is read as the kernel writes it")
  func processors() {
    #expect(CPUAffinity.parse("\t0-3,8") == [0, 1, 2, 3, 8])
    #expect(CPUAffinity.parse("5") == [5])
    #expect(CPUAffinity.parse("").isEmpty)
    #expect(CPUAffinity.parse("3-1,x").isEmpty)
  }
}
