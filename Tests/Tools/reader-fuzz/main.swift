import Foundation

guard let options = Options(CommandLine.arguments.dropFirst()) else {
  say(Options.usage)
  exit(2)
}
do {
  if let folder = options.workFolder {
    try Worker(options: options, folder: folder).run()
  } else if try Supervisor(options: options).run() > 0 {
    exit(1)
  }
} catch {
  say("reader-fuzz: \(options.reader.name): \(error)")
  exit(1)
}
