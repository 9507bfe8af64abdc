import ArgumentParser
import Cluster
import Files
import Foundation
import Training

/// The command line.
@main
struct Lockstep: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lockstep",
    abstract: "Trains recurrent sequence classifiers in data-parallel lockstep over MPI.",
    discussion: """
      The number of ranks changes the time and nothing else: the same configuration and seed give \
      the same bits with any mpirun -np.
      """,
    version: programVersion,
    subcommands: [
      Train.self, DataCommand.self, Convert.self, Compare.self, Bench.self, Doctor.self, Plan.self,
      Layout.self, Evaluate.self, Predict.self, Report.self, Export.self, Inspect.self,
    ])

  /// The console of the commands that are no jobs.
  static let console = Console()

  /// Reads the arguments and runs the command.
  ///
  /// A command that ranks run together starts MPI before it says anything, so that they say it
  /// once.
  static func main() {
    StandardStreams.prepare()
    let command: any ParsableCommand
    do {
      command = try parseAsRoot()
    } catch {
      guard Launcher.current.startsSeveralRanks, exitCode(for: error) != .success else {
        exitOnce(withError: error)
      }
      Job.run { group in try group.collectively { throw UsageError(fullMessage(for: error)) } }
    }
    if let job = command as? any JobCommand {
      do {
        if try job.checkAlone() { exit() }
      } catch { end(with: error) }
      Job.run(job.run(in:))
    }
    // The other commands are no jobs: of several processes the first one does the work.
    if Launcher.current.rank != 0 { exit() }
    var other = command
    do {
      try other.run()
    } catch  where other is any FileCommand {
      end(with: error)
    } catch {
      exitOnce(withError: error)
    }
    requireOutput()
  }

  /// Ends the program where standard output did not take all that was printed, as the console said.
  private static func requireOutput() {
    do { try console.requireOutput() } catch { exit(withError: ExitCode.failure) }
  }

  /// Says the error in a sentence, and ends with its status.
  private static func end(with error: any Error) -> Never {
    console.error("\(error)")
    exit(withError: ExitCode(JobFailure(error).exitStatus))
  }

  /// Help and the like, from the first rank alone.
  private static func exitOnce(withError error: any Error) -> Never {
    let code = exitCode(for: error)
    if Launcher.current.rank == 0 {
      guard code == .success else { exit(withError: error) }
      console.line(fullMessage(for: error))
      requireOutput()
    }
    exit(withError: code)
  }
}

/// Wrong arguments, in the words of the parser.
private struct UsageError: HasExitStatus, CustomStringConvertible {
  let description: String
  var exitStatus: Int32 { ExitCode.validationFailure.rawValue }

  init(_ message: String) {
    description = message.hasPrefix("Error: ") ? String(message.dropFirst(7)) : message
  }
}
