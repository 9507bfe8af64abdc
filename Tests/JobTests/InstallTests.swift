import Foundation
import Testing
import TestSupport

/// `launch/install`, with the program of the tests.
@Suite("Installation")
struct InstallTests {
  /// The tool that writes the man pages, where it is built.
  static let hasManual = FileManager.default.isExecutableFile(
    atPath: builtProduct(named: "generate-manual").path)

  let folder: TemporaryFolder
  let prefix: String

  init() throws {
    folder = try TemporaryFolder()
    prefix = folder.path + "/opt"
  }

  /// Runs `launch/install` for a prefix.
  private func install(
    _ arguments: [String] = ["--program", Workspace.lockstep], prefix: String? = nil,
    destination: String = ""
  ) throws -> JobResult {
    try run(
      LaunchTests.checkout + "/launch/install",
      ["--prefix", prefix ?? self.prefix] + arguments,
      environment: ["DESTDIR": destination, "LOCKSTEP_MPI": ""])
  }

  /// The paths of all files and folders in a folder.
  private func paths(in folder: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
  }

  private func text(_ path: String) throws -> String {
    try String(contentsOfFile: prefix + "/" + path, encoding: .utf8)
  }

  @Test("What is installed works by itself, twice, and is removed without a trace")
  func installed() throws {
    try FileManager.default.createDirectory(
      atPath: prefix + "/bin", withIntermediateDirectories: true)
    try folder.write([], to: "opt/bin/another")
    let first = try install()
    #expect(first.succeeded, "\(first)")
    #expect(first.standardError.contains("PATH: export PATH=\(prefix)/bin:$PATH"), "\(first)")

    let version = try run(prefix + "/bin/lockstep", ["--version"])
    let original = try run(Workspace.lockstep, ["--version"])
    #expect(
      version.succeeded && version.standardOutput == original.standardOutput, "\(version)")
    let configs = try FileManager.default.contentsOfDirectory(
      atPath: LaunchTests.checkout + "/configs")
    let all = try paths(in: prefix)
    for path in configs.map({ "configs/" + $0 }) + [
      "launch/slurm.sbatch", "launch/hosts.example", "launch/kubernetes/mpijob.yaml",
    ] {
      #expect(
        try text("share/lockstep/" + path)
          == String(contentsOfFile: LaunchTests.checkout + "/" + path, encoding: .utf8))
    }

    // The words of a first key and of files with an ending, from the script that bash reads.
    let completed = try run(
      "/bin/bash",
      [
        "-c",
        """
        cd "$1/share/lockstep" && source "$1/share/bash-completion/completions/lockstep"
        words() {
          COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE} COMPREPLY=()
          _lockstep "$1" "${@: -1}" "${@: -2:1}"
          echo "${COMPREPLY[@]}"
        }
        words "$1/bin/lockstep" insp
        words "$1/bin/lockstep" train --set model.hid
        words "$1/bin/lockstep" train --config configs/gr
        words "$1/bin/lockstep" inspect configs/gr
        """, "bash", prefix,
      ])
    #expect(
      completed.standardOutput == "inspect\nmodel.hidden\nconfigs/gru.yaml\n\n", "\(completed)")
    #expect(all.contains("share/fish/vendor_completions.d/lockstep.fish"))
    #expect(try text("share/zsh/site-functions/_lockstep").hasPrefix("#compdef lockstep\n"))

    // The script that starts jobs finds the program and the experiments beside it.
    try writeScript("#!/bin/bash\necho \"$@\"\n", to: folder.path + "/mpirun")
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let job = try run(
      "/bin/sh",
      [
        "-c",
        """
        cd "$1" && exec "$2/share/lockstep/launch/train" -np 2 --config configs/gru.yaml \
          --set data.directory=x
        """, "sh", folder.path, prefix,
      ],
      environment: ["PATH": folder.path + ":" + path, "LOCKSTEP_MPI": ""])
    #expect(
      job.standardOutput.contains(
        "\(prefix)/bin/lockstep train --config \(prefix)/share/lockstep/configs/gru.yaml "),
      "\(job)")

    let second = try install()
    #expect(try second.succeeded && paths(in: prefix) == all, "\(second)")
    let removal = try install(["--uninstall"])
    #expect(try removal.succeeded && paths(in: prefix) == ["bin", "bin/another"], "\(removal)")
    let nothing = try install(["--uninstall"])
    #expect(nothing.status == 78, "\(nothing)")
    #expect(nothing.standardError.contains("launch/install installed nothing there"), "\(nothing)")
  }

  @Test("DESTDIR stands before the prefix, and a file that is somebody else's keeps its folder")
  func staged() throws {
    let package = folder.path + "/package"
    let result = try install(prefix: "/usr", destination: package)
    #expect(result.succeeded && !result.standardError.contains("PATH"), "\(result)")
    let configs = package + "/usr/share/lockstep/configs"
    #expect(try !paths(in: configs).isEmpty)
    try folder.write([], to: "package/usr/share/lockstep/configs/mine.yaml")
    let removal = try install(["--uninstall"], prefix: "/usr", destination: package)
    #expect(removal.succeeded, "\(removal)")
    #expect(
      try paths(in: package) == [
        "usr", "usr/share", "usr/share/lockstep", "usr/share/lockstep/configs",
        "usr/share/lockstep/configs/mine.yaml",
      ])
  }

  @Test(
    "There is a man page for each command, with all that its help says",
    .enabled(if: hasManual, "launch/test builds generate-manual"))
  func pages() throws {
    let result = try install()
    #expect(result.succeeded, "\(result)")
    let help = try run(Workspace.lockstep, ["--help"]).standardOutput
    let commands = help.matches(of: /\n  ([a-z]+) +[A-Z]/).map { String($0.1) }
    #expect(commands.contains("train") && commands.contains("inspect"), "\(help)")
    let all = try text("share/man/man1/lockstep.1")
    for command in commands {
      let page = try text("share/man/man1/lockstep-\(command).1")
      #expect(page.contains("\n.Dt LOCKSTEP-\(command.uppercased()) 1\n"))
      #expect(page.contains("\n.It Pa \(prefix)/share/lockstep/configs\n"))
      #expect(all.contains("\n.It Em \(command)\n"))
      // roff takes such a line for a request, and leaves it out.
      for line in page.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
        #expect(!line.isEmpty && !line.hasPrefix("'"), "\(command): \(line)")
      }
    }
  }
}
