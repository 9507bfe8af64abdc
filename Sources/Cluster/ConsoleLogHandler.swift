import Logging

/// Writes swift-log's messages to the console, above the progress bar.
package struct ConsoleLogHandler: LogHandler {
  package init() {}

  package var logLevel = Logger.Level.info
  package var metadata = Logger.Metadata()

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    let level = event.level >= .warning ? "\(event.level): " : ""
    Console.standard.error(level + "\(event.message)")
  }
}
