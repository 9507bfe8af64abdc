import Cluster
import Testing

@Suite("Affinity")
struct AffinityTests {
  @Test("A list of processors is read as the kernel writes it")
  func processors() {
    #expect(ProcessorSet.parse("\t0-3,8") == [0, 1, 2, 3, 8])
    #expect(ProcessorSet.parse("5") == [5])
    #expect(ProcessorSet.parse("").isEmpty)
    #expect(ProcessorSet.parse("3-1,x").isEmpty)
  }
}
