import Foundation
import Tensors
import Testing

@Suite("Buffers")
struct AlignedBufferTests {
  /// The addresses that this process has, and its pages in memory, in bytes.
  private func memory() throws -> (addresses: Int, resident: Int) {
    let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
    let pages = text.split(separator: " ").compactMap { Int($0) }
    return (pages[0] * sysconf(Int32(_SC_PAGESIZE)), pages[1] * sysconf(Int32(_SC_PAGESIZE)))
  }

  // Other tests run beside this one, and use memory, but not as much.
  @Test("A large buffer has no pages before they are touched, and gives its addresses back")
  func pages() throws {
    let bytes = 1 << 30
    let before = try memory()
    for _ in 0..<64 {
      let buffer = try AlignedBuffer<UInt8>(count: bytes + 1)
      let isZero = buffer.withSpan { $0[0] == 0 && $0[bytes / 2] == 0 && $0[bytes] == 0 }
      #expect(isZero)
      #expect(try memory().resident < before.resident + bytes / 2)
    }
    #expect(try memory().addresses < before.addresses + 32 * bytes)
  }

  @Test("Buffers of any size are zeroed and can be written to the end", arguments: [0, 1, 17, 20])
  func sizes(_ logarithm: Int) throws {
    for count in [1 << logarithm - 1, 1 << logarithm, 1 << logarithm + 1] {
      let buffer = try AlignedBuffer<Int32>(count: count)
      #expect(buffer.count == count)
      buffer.withMutableSpan { span in
        for index in span.indices { span[index] -= 1 }
      }
      let isWhole = buffer.withSpan { span in span.indices.allSatisfy { span[$0] == -1 } }
      #expect(isWhole)
    }
  }

  @Test("Memory that there is not is an error")
  func outOfMemory() {
    for count in [-1, 1 << 60, .max / 4, .max] {
      #expect(throws: TensorError.self) { _ = try AlignedBuffer<Float>(count: count) }
    }
  }
}
