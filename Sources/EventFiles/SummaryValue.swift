import ProtocolBuffers

/// Something that TensorBoard shows, under a tag.
///
/// Source: `tensorboard/compat/proto/summary.proto`, and `plugin_data.proto` of the plugins.
package struct SummaryValue: Sendable {
  /// The kinds of what is shown.
  package enum Content: Sendable {
    case scalar(Float)
    case histogram(Histogram)
    /// A picture, as the bytes of a PNG file with red, green and blue.
    case image(width: Int, height: Int, png: [UInt8])
    /// Text in Markdown.
    case text(String)
    /// A note for the page of hyperparameters.
    case hyperparameters(HyperparameterNote)
  }

  /// The name, in which a slash separates the group.
  package let tag: String
  package let content: Content
  /// A sentence on it, in Markdown.
  package let description: String

  package init(_ tag: String, _ content: Content, description: String = "") {
    (self.tag, self.content, self.description) = (tag, content, description)
  }

  /// The message `Summary.Value`.
  var message: ProtobufMessage {
    var message = ProtobufMessage()
    message.add(1, tag)
    var metadata = Metadata(description: description)
    switch content {
    case .scalar(let number): message.addChoice(2, number)
    case .image(let width, let height, let png):
      message.add(8, Self.tensor([Array("\(width)".utf8), Array("\(height)".utf8), png]))
      metadata.plugin = "images"
    case .histogram(let histogram): message.add(5, histogram.message)
    case .text(let text):
      message.add(8, Self.tensor([Array(text.utf8)]))
      metadata.plugin = "text"
    case .hyperparameters(let note):
      (metadata.plugin, metadata.content) = ("hparams", note.message.bytes)
    }
    if let metadata = metadata.message { message.add(9, metadata) }
    return message
  }

  /// A `TensorProto` of some strings.
  private static func tensor(_ strings: [[UInt8]]) -> ProtobufMessage {
    var dimension = ProtobufMessage()
    dimension.add(1, strings.count)
    var shape = ProtobufMessage()
    shape.add(2, dimension)
    var tensor = ProtobufMessage()
    // DT_STRING
    tensor.add(1, 7)
    tensor.add(2, shape)
    for string in strings { tensor.addBytes(8, string) }
    return tensor
  }

  /// A `SummaryMetadata`.
  private struct Metadata {
    var plugin = ""
    var content: [UInt8] = []
    let description: String

    var message: ProtobufMessage? {
      guard !plugin.isEmpty || !description.isEmpty else { return nil }
      var message = ProtobufMessage()
      if !plugin.isEmpty {
        var data = ProtobufMessage()
        data.add(1, plugin)
        if !content.isEmpty { data.addBytes(2, content) }
        message.add(1, data)
      }
      message.add(3, description)
      return message
    }
  }
}

extension Histogram {
  /// The message `HistogramProto`.
  fileprivate var message: ProtobufMessage {
    var message = ProtobufMessage()
    message.add(1, minimum)
    message.add(2, maximum)
    message.add(3, Double(count))
    message.add(4, sum)
    message.add(5, sumOfSquares)
    message.addPacked(6, buckets.limits)
    message.addPacked(7, buckets.counts)
    return message
  }
}
