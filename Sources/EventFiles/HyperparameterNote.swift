import ProtocolBuffers

/// A note on a run for TensorBoard's page of hyperparameters: an `HParamsPluginData`.
///
/// Source: `tensorboard/plugins/hparams/plugin_data.proto` and `api.proto`.
package struct HyperparameterNote: Sendable {
  /// The value of a hyperparameter.
  package enum Value: Equatable, Sendable {
    case number(Double)
    case flag(Bool)
    case text(String)
  }

  /// The tag of the note, which says what kind it is.
  package let tag: String
  let message: ProtobufMessage

  private init(tag: String, field: Int, _ content: ProtobufMessage) {
    self.tag = "_hparams_/" + tag
    var message = ProtobufMessage()
    message.add(field, content)
    self.message = message
  }

  /// The hyperparameters that runs have, with a value for the type of each, and the tags of the scalars
  /// that they are compared by.
  package static func experiment(
    _ parameters: [(name: String, value: Value)], metrics: [String]
  ) -> Self {
    var experiment = ProtobufMessage()
    for (name, value) in parameters {
      var info = ProtobufMessage()
      info.add(1, name)
      info.add(4, value.type)
      experiment.add(4, info)
    }
    for metric in metrics {
      var name = ProtobufMessage()
      name.add(2, metric)
      var info = ProtobufMessage()
      info.add(1, name)
      experiment.add(5, info)
    }
    return Self(tag: "experiment", field: 2, experiment)
  }

  /// The start of a run with its hyperparameters, at `seconds` since 1970.
  package static func start(
    _ parameters: [(name: String, value: Value)], group: String, seconds: Double
  ) -> Self {
    var start = ProtobufMessage()
    for (name, value) in parameters {
      var entry = ProtobufMessage()
      entry.add(1, name)
      entry.add(2, value.message)
      start.add(1, entry)
    }
    start.add(4, group)
    start.add(5, seconds)
    return Self(tag: "session_start_info", field: 3, start)
  }

  /// The end of a run that ended as it should.
  package static func end(seconds: Double) -> Self {
    var end = ProtobufMessage()
    // STATUS_SUCCESS
    end.add(1, 1)
    end.add(2, seconds)
    return Self(tag: "session_end_info", field: 4, end)
  }
}

extension HyperparameterNote.Value {
  /// The `DataType`.
  fileprivate var type: Int {
    switch self {
    case .text: 1
    case .flag: 2
    case .number: 3
    }
  }

  /// The `google.protobuf.Value`.
  fileprivate var message: ProtobufMessage {
    var message = ProtobufMessage()
    switch self {
    case .number(let number): message.addChoice(2, number)
    case .text(let text): message.addBytes(3, text.utf8)
    case .flag(let flag): message.addChoice(4, flag)
    }
    return message
  }
}
