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
    message.addPacked(5, [Int]())
    message.addPacked(5, [Double]())
    #expect(message.bytes.isEmpty)
    message.add(6, ProtobufMessage())
    #expect(message.bytes == [0x32, 0x00])
  }

  @Test("Numbers with a fraction have their IEEE bytes, and a choice is there also if it is 0")
  func fractions() {
    var message = ProtobufMessage()
    message.add(1, 1.5)
    message.add(1, 0.0)
    #expect(message.bytes == [0x09, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f])
    var choices = ProtobufMessage()
    choices.addChoice(2, Float(0))
    choices.addChoice(3, false)
    #expect(choices.bytes == [0x15, 0, 0, 0, 0, 0x18, 0])
    var packed = ProtobufMessage()
    packed.addPacked(6, [0.0, -2])
    #expect(packed.bytes == [0x32, 0x10] + Array(repeating: 0, count: 15) + [0xc0])
  }

  @Test("What is written is read again, field by field")
  func reading() throws {
    var message = ProtobufMessage()
    message.add(1, -2)
    message.add(2, 0.25)
    message.addChoice(3, Float(-1))
    message.add(400, "testing")
    let fields = try #require(ProtobufField.all(in: message.bytes[...]))
    #expect(fields.map(\.number) == [1, 2, 3, 400])
    #expect(
      fields.map(\.value) == [
        .number(UInt64(bitPattern: -2)), .number(0.25.bitPattern),
        .number(UInt64(Float(-1).bitPattern)), .bytes(Array("testing".utf8)[...]),
      ])
  }

  @Test("Bytes that end too early, or have no such wire type, are no message")
  func damage() {
    var message = ProtobufMessage()
    message.add(1, 300)
    message.add(2, 0.25)
    message.add(3, "testing")
    let whole = message.bytes
    let ends = [0, 3, 12, whole.count]
    for count in whole.indices where !ends.contains(count) {
      #expect(ProtobufField.all(in: whole[..<count]) == nil, "\(count) bytes")
    }
    #expect(ProtobufField.all(in: [0x0b]) == nil)
    #expect(ProtobufField.all(in: Array(repeating: 0xff, count: 11)[...]) == nil)
    #expect(ProtobufField.all(in: [0x0a] + Array(repeating: 0xff, count: 9) + [1]) == nil)
  }
}
