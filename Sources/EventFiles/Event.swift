import ProtocolBuffers

/// Something that happened in a run, as TensorBoard reads it.
///
/// Source: `tensorboard/compat/proto/event.proto`.
package struct Event: Sendable {
  /// The kinds of events.
  package enum Content: Sendable {
    /// A file begins.
    case version
    /// A part of the run begins with this step: what TensorBoard read of this and later ones is void.
    case start
    case values([SummaryValue])
  }

  /// The time, in seconds since 1970.
  package let time: Double
  package let step: Int
  package let content: Content

  package init(time: Double, step: Int, _ content: Content) {
    (self.time, self.step, self.content) = (time, step, content)
  }

  /// The bytes of the message.
  var bytes: [UInt8] {
    var message = ProtobufMessage()
    message.add(1, time)
    message.add(2, step)
    switch content {
    case .version:
      message.add(3, "brain.Event:2")
      var source = ProtobufMessage()
      source.add(1, "lockstep")
      message.add(10, source)
    case .start:
      var log = ProtobufMessage()
      log.add(1, 1)
      message.add(7, log)
    case .values(let values):
      var summary = ProtobufMessage()
      for value in values { summary.add(1, value.message) }
      message.add(5, summary)
    }
    return message.bytes
  }

  /// The part of an event by which it is kept or dropped when a run goes on.
  package struct Heading: Equatable, Sendable {
    package let step: Int
    /// The tags of its values.
    package let tags: [String]

    /// Reads the heading of an event; nil where the bytes are none.
    init?(_ bytes: ArraySlice<UInt8>) {
      guard let fields = ProtobufField.all(in: bytes) else { return nil }
      var (step, tags) = (0, [String]())
      for field in fields {
        switch (field.number, field.value) {
        case (2, .number(let number)): step = Int(truncatingIfNeeded: number)
        case (5, .bytes(let summary)):
          guard let values = ProtobufField.all(in: summary) else { return nil }
          tags += values.compactMap { value in
            guard value.number == 1, case .bytes(let bytes) = value.value else { return nil }
            return Self.tag(bytes)
          }
        default: break
        }
      }
      (self.step, self.tags) = (step, tags)
    }

    private static func tag(_ value: ArraySlice<UInt8>) -> String? {
      for field in ProtobufField.all(in: value) ?? [] where field.number == 1 {
        if case .bytes(let name) = field.value { return String(decoding: name, as: UTF8.self) }
      }
      return nil
    }
  }
}
