import ProtocolBuffers
import Testing

@Suite("A message of protocol buffers")
struct ProtobufMessageTests {
  // Source: <https://protobuf.dev/programming-guides/encoding/>.
  @Test("Fields have the bytes of the encoding's own examples")
  func examples() {
    var message = ProtobufMessage()
    message.add(1, 150)
    #expect(message.bytes == [0x08, 0x96, 0x01])
    var text = ProtobufMessage()
    text.add(2, "testing")
    #expect(text.bytes == [0x12, 0x07] + Array("testing".utf8))
    var outer = ProtobufMessage()
    outer.add(3, message)
    #expect(outer.bytes == [0x1a, 0x03, 0x08, 0x96, 0x01])
    var packed = ProtobufMessage()
    packed.addPacked(6, [3, 270, 86942])
    #expect(packed.bytes == [0x32, 0x06, 0x03, 0x8e, 0x02, 0x9e, 0xa7, 0x05])
  }

  @Test("A negative number has ten bytes, and a long field's length two")
  func numbers() {
    var message = ProtobufMessage()
    message.add(1, -2)
    #expect(message.bytes == [0x08, 0xfe] + Array(repeating: 0xff, count: 8) + [0x01])
    var long = ProtobufMessage()
    long.addBytes(1, Array(repeating: 7, count: 300))
    #expect(long.bytes.prefix(3) == [0x0a, 0xac, 0x02] && long.bytes.count == 303)
  }

  @Test("Defaults are left out, but not an empty message")
  func defaults() {
    var message = ProtobufMessage()
    message.add(1, 0)
    message.add(2, "")
    message.addPacked(5, [])
    #expect(message.bytes.isEmpty)
    message.add(6, ProtobufMessage())
    #expect(message.bytes == [0x32, 0x00])
  }
}
