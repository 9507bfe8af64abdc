import Foundation
import Testing
import TestSupport

/// The scripts in `launch/`, with an `mpirun` of the test's own where they start one.
@Suite("Launch scripts")
struct LaunchTests {
  static let checkout = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../..").standardizedFileURL.path

  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(
    "Wrong options end every script at its start with 64, and wrong input with 78",
    arguments: [
      ("train -np 0", 64), ("train -np", 64), ("train --np=two", 64), ("train -n -1", 64),
      ("train --max-restarts abc", 64), ("train --max-restarts -1", 64),
      ("train --max-restarts=", 64), ("train --grace 0", 64), ("train --output=", 64),
      ("train --config=", 64), ("train --config missing.yaml", 78),
      ("train --ranks-per-host 0", 64), ("train --ranks-per-host=auto", 64),
      ("train --ranks-per-host 2 -np auto", 64), ("train --json x", 64), ("train --json", 64),
      ("train --hostfile slots", 78),
      ("train --hostfile missing", 78), ("train --hostfile empty", 78),
      ("train --program missing", 78), ("chaos --rounds 0", 64), ("chaos --seed x", 64),
      ("chaos --kinds ranks,sharks", 64), ("chaos --config missing.yaml", 78),
      ("chaos --program missing", 78), ("fuzz --count", 64), ("fuzz --seed x", 64),
      ("fuzz --frobnicate", 64), ("versus-pytorch --rounds", 64), ("versus-pytorch --steps 0", 64),
      ("fetch-data nothing-known", 64), ("fetch-data --frobnicate", 64),
      ("fetch-data mnist empty/folder", 78),
      ("install --prefix", 64), ("install --frobnicate", 64), ("install --build --uninstall", 64),
      ("install --uninstall --program x", 64), ("install --program missing", 78),
      ("install --prefix empty", 78), ("install --uninstall --prefix empty", 78),
    ])
  func wrongOptions(_ line: String, _ status: Int32) throws {
    try folder.write([], to: "empty")
    try folder.write(Array("a slots=2\nb slots=two\n".utf8), to: "slots")
    let result = try run(
      "/bin/sh", ["-c", "cd \"$1\"; exec \"$2\"/launch/\(line)", "sh", folder.path, Self.checkout])
    #expect(result.status == status, "\(result)")
    #expect(result.standardError.split(separator: "\n").count == 1, "\(result)")
    #expect(result.standardError.contains(": error: "), "\(result)")
  }

  @Test(
    "A download with another SHA-256 is refused, of a file and of an archive, and leaves nothing")
  func wrongDownload() throws {
    try writeScript("#!/bin/bash\necho junk > \"${@: -2:1}\"\n", to: folder.path + "/curl")
    try writeScript("#!/bin/bash\ntouch \"${0%/*}/unpacked\"\n", to: folder.path + "/unzip")
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    for (name, file) in [("mnist", "train-images"), ("japanese-vowels", "aeon")] {
      let result = try run(
        Self.checkout + "/launch/fetch-data", [name, folder.path + "/" + name],
        environment: ["PATH": folder.path + ":" + path, "LOCKSTEP_DATA_URL": "http://nowhere"])
      #expect(result.status == 1, "\(result)")
      #expect(result.standardError.contains("http://nowhere: its SHA-256 is "), "\(result)")
      #expect(result.standardError.contains("could not get \(file)"), "\(result)")
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder.path + "/" + name).isEmpty)
    }
    #expect(try !folder.names().contains("unpacked"))
  }

  /// Runs `launch/train` with `script` in the place of `mpirun`, from a shell that does `deeds` with
  /// it as "$@".
  private func train(
    mpirun script: String, _ arguments: [String] = [], _ deeds: String = "exec \"$@\"",
    mpi: (name: String, command: String) = ("openmpi", "mpirun"), ranks: [String] = ["-np", "1"]
  ) throws -> JobResult {
    try writeScript("#!/bin/bash\n\(script)\n", to: folder.path + "/" + mpi.command)
    try folder.write(Array("data: {directory: \(folder.path)}\n".utf8), to: "tiny.yaml")
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return try run(
      "/bin/bash",
      [
        "-c", deeds, "sh", Self.checkout + "/launch/train", "--program", Workspace.lockstep,
        "--config", folder.path + "/tiny.yaml",
      ] + ranks + arguments,
      environment: [
        "PATH": folder.path + ":" + path, "LOG": folder.path + "/log", "LOCKSTEP_MPI": mpi.name,
      ])
  }

  @Test(
    "What is wrong for every rank is said once, before there are ranks",
    arguments: [
      (["--set", "train.bacth=3"], 64, "train.bacth"), (["--set", "data.shards=2"], 78, "3 ranks"),
      (["--frobnicate"], 64, "--frobnicate"), (["--max-steps", "0"], 64, "--max-steps is 0"),
    ])
  func checkedFirst(_ arguments: [String], _ status: Int32, _ words: String) throws {
    let result = try train(
      mpirun: "touch \"${0%/*}/started\"", arguments + ["--max-restarts", "3", "-np", "3"])
    #expect(result.status == status && result.standardError.contains(words), "\(result)")
    #expect(try !folder.names().contains("started"))
  }

  @Test("Ranks that a signal ended before they took signals are an interruption without boxes")
  func earlyEnd() throws {
    let rule = String(repeating: "-", count: 74)
    let result = try train(
      mpirun: """
        trap 'printf "%s\\n" \(rule) "$words" \(rule) >&2; exit 138' USR1
        words='mpirun noticed that process rank 0 with PID 0 on node a exited on signal 10 (User defined signal 1).'
        touch "${0%/*}/started"
        while :; do sleep 0.1; done
        """, [],
      """
      "$@" & job=$!
      until [ -e "${LOG%/*}/started" ]; do sleep 0.1; done
      kill -TERM $job; wait $job
      """)
    #expect(result.status == 75, "\(result)")
    #expect(
      result.standardError.hasSuffix("start the same again\n"), "\(result)")
    #expect(!result.standardError.contains("mpirun noticed"), "\(result)")
  }

  @Test("A second signal ends the job at once, and the script after it")
  func secondSignal() throws {
    let result = try train(
      mpirun: """
        trap '' USR1
        touch "${0%/*}/started"
        while :; do sleep 0.1; done
        """, [],
      """
      "$@" & job=$!
      until [ -e "${LOG%/*}/started" ]; do sleep 0.1; done
      kill -TERM $job; kill -TERM $job
      while kill -TERM $job 2>/dev/null; do sleep 1.1; done; wait $job; status=$?
      pgrep -f "${LOG%/*}/mpirun"; exit $status
      """)
    #expect(result.status == 1 && result.standardOutput.isEmpty, "\(result)")
    #expect(result.standardError.hasSuffix("goes on from its last checkpoint\n"), "\(result)")
  }

  @Test("The batch script says where it belongs")
  func batchScript() throws {
    let result = try run(
      "/bin/bash", [Self.checkout + "/launch/slurm.sbatch", "--epochs", "1"],
      environment: ["SLURM_JOB_ID": "", "SLURM_NTASKS": ""])
    #expect(result.status == 64, "\(result)")
    #expect(result.standardError.contains("submit it with sbatch"), "\(result)")
  }

  @Test(
    "A batch job that failed queues again while it brings checkpoints, and three times without",
    arguments: [
      // The job's status, what it does, its restarts so far, its state; is it queued again?
      (9, "", "0", "RUNNING", true), (137, "", "2", "RUNNING", true),
      (9, "", "3", "RUNNING", false),
      (9, "touch run/checkpoints/step-2.safetensors", "9", "RUNNING", true),
      (9, "", "0", "COMPLETING", false), (78, "", "0", "RUNNING", false),
      (0, "", "0", "RUNNING", false), (75, "", "0", "RUNNING", false),
      (75, "kill -USR1 $PPID", "9", "RUNNING", true),
      (1, "kill -TERM $PPID", "0", "RUNNING", false),
    ])
  func failedBatchJob(
    _ status: Int32, _ deed: String, _ restarts: String, _ state: String, _ isQueued: Bool
  ) throws {
    try folder.write(Array("data: {directory: \(folder.path)}\n".utf8), to: "tiny.yaml")
    for (name, script) in [
      (
        "srun",
        "trap '' USR1; [[ $1 != --mpi=list ]] || exec echo pmix\n\(deed)\nsleep 0.2; exit \(status)"
      ),
      ("squeue", "echo \(state)"), ("scontrol", "echo \"$*\" >queued"),
    ] {
      try writeScript("#!/bin/bash\n\(script)\n", to: folder.path + "/" + name)
    }
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let result = try run(
      "/bin/bash",
      [
        "-c",
        """
        cd "$1" && mkdir -p .build run/checkpoints && ln -s "${3%/*}" .build/release
        touch run/checkpoints/step-1.safetensors
        bash "$2/launch/slurm.sbatch" --config tiny.yaml --output=run; status=$?
        cat queued; exit $status
        """, "sh", folder.path, Self.checkout, Workspace.lockstep,
      ],
      environment: [
        "PATH": folder.path + ":" + path, "SLURM_JOB_ID": "7", "SLURM_NTASKS": "1",
        "SLURM_JOB_NODELIST": "a", "SLURM_SUBMIT_DIR": folder.path,
        "SLURM_RESTART_COUNT": restarts,
      ])
    #expect(result.status == status, "\(result)")
    #expect(result.standardOutput.contains("requeue 7") == isQueued, "\(result)")
  }

  @Test("An mpirun that writes to a rank that is gone does not end of it")
  func brokenPipe() throws {
    let result = try train(mpirun: "kill -PIPE $$")
    #expect(result.status == 0, "\(result)")
  }

  @Test("mpirun's boxes are left out after an end that the program explained, and no others")
  func boxes() throws {
    let rule = String(repeating: "-", count: 74)
    func script(_ status: Int) -> String {
      """
      cat >&2 <<'END'
      lockstep: a sentence
      \(rule)
      Primary job  terminated normally, but 1 process returned
      a non-zero exit code. Per user-direction, the job has been aborted.
      \(rule)
      \(rule)
      mpirun detected that one or more processes exited with non-zero status, thus causing
      the job to be terminated. The first process to do so was:

        Process name: [[30408,1],2]
        Exit code:    \(status)
      \(rule)
      mpirun: Forwarding signal 10 to job
      END
      exit \(status)
      """
    }
    let interrupted = try train(mpirun: script(75))
    #expect(interrupted.status == 75, "\(interrupted)")
    #expect(interrupted.standardError.hasSuffix("lockstep: a sentence\n"), "\(interrupted)")
    let loader = try train(mpirun: script(127))
    #expect(loader.status == 127, "\(loader)")
    #expect(loader.standardError.contains("Exit code:    127"), "\(loader)")

    let killed = try train(
      mpirun: """
        printf '%s\n' '\(rule)' 'mpirun noticed that process rank 1 exited on signal 9 (Killed).' '\(rule)' >&2
        printf 'no end of a line' >&2
        exit 137
        """)
    #expect(killed.status == 137, "\(killed)")
    #expect(killed.standardError.contains("signal 9 (Killed).\n\(rule)\n"), "\(killed)")
    #expect(killed.standardError.hasSuffix("no end of a line"), "\(killed)")
  }

  @Test("Output that cannot be written is said once, and is an error where the job has none")
  func fullOutput() throws {
    func train(_ script: String, to target: String) throws -> JobResult {
      try self.train(mpirun: script, ["--max-restarts", "1"], "set -o pipefail; \"$@\" \(target)")
    }
    let script = "for i in 1 2 3; do echo $i >>\"${0%/*}/started\"; echo a line; sleep 0.1; done"
    let lost = try train(script, to: ">/dev/full")
    #expect(lost.status == 1, "\(lost)")
    let sentence = "standard output: it cannot be written (No space left on device): its lines are"
    #expect(lost.standardError.components(separatedBy: sentence).count == 2, "\(lost)")
    #expect(try folder.read("started") == Array("1\n2\n3\n".utf8))
    let failed = try train(script + "; exit 78", to: ">/dev/full")
    #expect(failed.status == 78, "\(failed)")
    let whole = try train(script, to: "")
    #expect(whole.succeeded && whole.standardOutput == "a line\na line\na line\n", "\(whole)")
    // More than a pipe holds, for a reader that takes its time.
    let many = try train("for i in {1..12000}; do echo a line; done", to: "| (sleep 2; wc -l)")
    #expect(many.succeeded && many.standardOutput == "12000\n", "\(many)")
    // A reader that goes away does not end the job.
    let unread = try train(script, to: "> >(true)")
    #expect(unread.succeeded && !unread.standardError.contains("written"), "\(unread)")
  }

  @Test("mpirun has the terminal that the script has")
  func terminal() throws {
    let result = try train(
      mpirun: "[[ -t 1 ]] && echo a terminal", [], "script -qec \"${*@Q}\" \"$LOG\"")
    #expect(result.succeeded && result.standardOutput.contains("a terminal"), "\(result)")
  }

  @Test("MPICH's mpirun gets a host file in its form, and its status of a signal is that of all")
  func mpich() throws {
    try folder.write(Array("# two\na slots=2 # cores\n\n b\n".utf8), to: "hosts")
    let result = try train(
      mpirun: "until [[ $1 == --hostfile ]]; do shift; done; cat \"$2\"; exit 9",
      ["--hostfile", folder.path + "/hosts"], mpi: ("mpich", "mpirun.mpich"))
    #expect(result.status == 128 + SIGKILL, "\(result)")
    #expect(result.standardOutput == "a:2\nb\n", "\(result)")
  }

  @Test("An mpirun that stands without ranks is ended, with what it started")
  func hangingStart() throws {
    // Neither the one nor the other heeds a request to end, and the second holds the output open.
    let result = try train(
      mpirun: "trap '' TERM; sleep 7654321 & echo $! >\"${0%/*}/agent\"; while :; do sleep 1; done",
      ["--grace", "1"])
    #expect(result.status == 1 && !result.timedOut, "\(result)")
    #expect(result.standardError.contains("has started no rank in 1 s"), "\(result)")
    let agent = try String(contentsOfFile: folder.path + "/agent", encoding: .utf8)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    // Of a process that has ended, and that nobody has asked for yet, the command line is empty.
    let line = try? String(contentsOfFile: "/proc/\(agent)/cmdline", encoding: .utf8)
    #expect((line ?? "").isEmpty, "\(result)")
  }

  @Test("An mpirun whose ranks have ended is ended, too, and started again where that is asked for")
  func hangingEnd() throws {
    let result = try train(
      mpirun: """
        if ! [ -e "${0%/*}/once" ]; then
          touch "${0%/*}/once"
          OMPI_COMM_WORLD_RANK=0 sleep 3
          trap '' TERM
          while :; do sleep 1; done
        fi
        """, ["--grace", "1", "--max-restarts", "1", "--output", folder.path + "/run"])
    #expect(result.succeeded, "\(result)")
    #expect(result.standardError.contains("the ranks have ended, and mpirun has not"), "\(result)")
    #expect(result.standardError.contains("failed with status 1"), "\(result)")
  }

  /// Runs `launch/train --doctor` on hosts that are called so, with an agent in the place of ssh that
  /// reaches those beginning with `there`, and an `mpirun` that starts programs on `there` alone.
  private func doctor(_ hosts: [String]) throws -> JobResult {
    try folder.write(Array(hosts.joined(separator: "\n").utf8), to: "hosts")
    try writeScript(
      "#!/bin/sh\ncase $1 in there*) shift; exec sh -c \"$*\" ;; esac\necho no route >&2\nexit 255\n",
      to: folder.path + "/agent")
    return try train(
      mpirun: """
        [[ "$1 $2" != "--host there" ]] || exec "${@:7}"
        [[ $1 != --host ]] || exit 1
        echo "$@"
        """,
      ["--doctor", "--hostfile", folder.path + "/hosts", "--json", "x", "--max-restarts", "2"],
      "export OMPI_MCA_plm_rsh_agent=\"${LOG%/*}/agent\"; exec \"$@\"")
  }

  @Test("--doctor examines the hosts that can start the program, and says why others cannot")
  func doctorOnHosts() throws {
    let result = try doctor(["# a comment", "there slots=2", "there-too slots=2", "host.invalid"])
    #expect(result.status == 78, "\(result)")
    #expect(result.standardOutput.contains("\(Workspace.lockstep) doctor --config "), "\(result)")
    #expect(result.standardOutput.hasPrefix("-np 1 --hostfile "), "\(result)")
    #expect(result.standardOutput.contains(" --json x"), "\(result)")
    for words in [
      "error: host.invalid: its name means no address here",
      "error: there-too: mpirun starts nothing there in 20 s, though ssh does",
    ] {
      #expect(result.standardError.contains(words), "\(words) in \(result)")
    }
    #expect(!result.standardError.contains("error: there:"), "\(result)")

    let lost = try doctor(["localhost"])
    #expect(lost.status == 78 && lost.standardOutput.isEmpty, "\(lost)")
    #expect(lost.standardError.contains("localhost: agent cannot log in to it (no route)"))
    let well = try doctor(["there"])
    #expect(well.succeeded && !well.standardError.contains("error"), "\(well)")
  }

  /// The `mpirun` of hosts `a`, `b` and `c`, of which `c` has eight processors and the others two;
  /// those that the file `down` names do not answer. It prints its number of ranks and its host file.
  private static let hosts = """
    folder=${0%/*}
    if [[ $1 == --host ]]; then
      ! grep -qx "$2" "$folder/down" 2>/dev/null || exit 1
      case $2 in c) echo 8/2 ;; *) echo 2/1 ;; esac
      exit
    fi
    [[ $3 != --hostfile ]] || echo "$2: $(grep -v '^#' "$4" | tr '\\n' ';')"
    """

  /// Runs `launch/train` for eight shards on hosts that are called so, without ssh.
  private func train(
    on hosts: String, _ arguments: [String], then script: String = ""
  ) throws -> JobResult {
    try folder.write(Array(hosts.utf8), to: "hosts")
    return try train(
      mpirun: Self.hosts + "\n" + script,
      [
        "--hostfile", folder.path + "/hosts", "--set", "data.shards=8", "--output",
        folder.path + "/run",
      ] + arguments,
      "export OMPI_MCA_plm_rsh_agent=false; exec \"$@\"", ranks: [])
  }

  @Test(
    "-np auto and --ranks-per-host start what suits the processors of the hosts that answer",
    arguments: [
      (["-np", "auto"], "a\nb\n", "2: a slots=1;b slots=1;", "2 ranks of 2 threads for 8 shards"),
      (["-np=auto"], "a slots=1\n# b\nc\n", "2: c slots=2;", "1 host has no rank"),
      (
        ["--ranks-per-host", "2"], "a\nb slots=9\n\nc", "6: a slots=2;b slots=2;c slots=2;",
        "6 ranks"
      ),
      (
        ["--ranks-per-host=3"], "a\nb\nc\n", "8: a slots=3;b slots=3;c slots=2;",
        "8 ranks of 1 thread for 8 shards on 12 processors of 3 hosts"
      ),
      (
        ["-np", "auto", "--set", "train.threads=1"], "b\nc\n", "8: b slots=2;c slots=6;", "8 ranks"
      ),
    ])
  func chosenRanks(
    _ options: [String], _ hosts: String, _ started: String, _ words: String
  ) throws {
    let result = try train(on: hosts, options)
    #expect(result.succeeded && result.standardOutput == started + "\n", "\(result)")
    #expect(result.standardError.contains(words), "\(result)")
  }

  @Test("Without hosts, -np auto is for the processors of this one")
  func chosenAlone() throws {
    let result = try train(
      mpirun: "echo \"$2\"", ["-np", "auto", "--set", "data.shards=1"], ranks: [])
    #expect(result.succeeded && result.standardOutput == "1\n", "\(result)")
    #expect(result.standardError.contains("1 rank of 1 thread for 1 shard on "), "\(result)")
  }

  @Test("Where no host answers, the ranks cannot be chosen")
  func noHosts() throws {
    try folder.write(Array("a\nb\n".utf8), to: "down")
    let result = try train(on: "a\nb\n", ["-np", "auto"])
    #expect(result.status == 1 && result.standardOutput.isEmpty, "\(result)")
    #expect(result.standardError.contains("can start a process on no host of "), "\(result)")
  }

  @Test(
    "Each restart reads the host file anew, leaves out who does not answer, and takes back who does",
    arguments: [["-np", "4"], ["-np", "auto"], ["--ranks-per-host", "2"]])
  func changingHosts(_ options: [String]) throws {
    let result = try train(
      on: "a slots=2\nb slots=2\n", options + ["--max-restarts", "5"],
      then: """
        # Each start brings a checkpoint, so that no restart waits.
        mkdir -p "$folder/run/checkpoints"
        start=$(ls "$folder/run/checkpoints" | wc -l)
        touch "$folder/run/checkpoints/step-0000000$start.safetensors"
        case $start in
          0) echo b >"$folder/down" ;;
          1) rm "$folder/down" ;;
          2) printf 'c slots=2\\nb slots=2\\n' >"$folder/hosts" ;;
          3) rm "$folder/hosts" ;;
          *) exit 0 ;;
        esac
        exit 9
        """)
    #expect(result.succeeded, "\(result)")
    let both = "a slots=2;b slots=2;", other = "c slots=2;b slots=2;"
    let expected =
      options[1] == "auto"
      ? [
        "2: a slots=1;b slots=1;", "1: a slots=1;", "2: a slots=1;b slots=1;", "2: c slots=2;",
        "2: c slots=2;",
      ]
      : ["4: " + both, "2: a slots=2;", "4: " + both, "4: " + other, "4: " + other]
    #expect(
      result.standardOutput.split(separator: "\n").map(String.init) == expected, "\(result)")
    #expect(result.standardError.contains("on b: going on without it"), "\(result)")
    #expect(result.standardError.contains("names no host now"), "\(result)")
  }

  /// Runs `script` after `launch/lib.sh` of a checkout in the test's folder.
  private func inCheckout(_ script: String) throws -> JobResult {
    try run(
      "/bin/bash",
      [
        "-c",
        "mkdir -p \"$1/Sources\" \"$1/.build/t/release/ModuleCache/x\" && cd \"$1\" && "
          + "cp -r \"$2/launch\" . && touch Package.swift Sources/a && source launch/lib.sh && "
          + script, "bash", folder.path + "/checkout", Self.checkout,
      ], environment: ["LOCKSTEP_MPI": ""])
  }

  @Test("Modules that were compiled in another folder are removed, and no others")
  func movedCheckout() throws {
    let result = try inCheckout(
      """
      cd .build/t/release/ModuleCache; echo "x $PWD/x x" >x/own.pcm
      echo "leaf, of Sources" >x/leaf.pcm; echo "x .build/t/release/ModuleCache/x" >x/relative.pcm
      clear_moved_modules; ls x
      printf '\\1Q/elsewhere/.build/t/release/ModuleCache/x/a.pcm\\0' >x/moved.pcm; clear_moved_modules; ls ..
      """)
    #expect(result.standardOutput == "leaf.pcm\nown.pcm\nrelative.pcm\n", "\(result)")
    #expect(result.standardError.contains("built in another folder"), "\(result)")
  }

  @Test(
    "A build that another person made and that cannot be replaced is explained",
    .enabled(if: geteuid() == 0, "only root can be two persons"))
  func foreignBuild() throws {
    let result = try inCheckout(
      """
      require_own_build && echo own
      setpriv --reuid 65534 --regid 65534 --clear-groups bash -c '
        source launch/lib.sh; require_own_build'
      """)
    #expect(result.status == 1 && result.standardOutput == "own\n", "\(result)")
    #expect(result.standardError.contains("belongs to root, who built here"), "\(result)")
    #expect(result.standardError.contains("chown -R"), "\(result)")
  }

  @Test("A build is up to date until anything changes, be it with an old date")
  func upToDate() throws {
    let result = try inCheckout(
      """
      touch -d 2001-01-01 Sources/a
      is_built || echo none; state_of_build >.build/launch-program; is_built && echo built
      echo x >Sources/a; touch -d 2001-01-01 Sources/a; is_built || echo changed
      """)
    #expect(result.standardOutput == "none\nbuilt\nchanged\n", "\(result)")
  }

  @Test("The program needs Open MPI and what Debian has, and nothing of Swift's")
  func libraries() throws {
    let result = try run("/usr/bin/ldd", [Workspace.lockstep])
    #expect(result.succeeded && result.standardOutput.contains("libc.so"), "\(result)")
    for word in ["swift", "Foundation", "dispatch", "BlocksRuntime", "not found"] {
      #expect(!result.standardOutput.contains(word), "\(word) in \(result)")
    }
  }

  @Test("Every dependency is pinned to one version")
  func pinned() throws {
    let manifest = try String(contentsOfFile: Self.checkout + "/Package.swift", encoding: .utf8)
    let packages = manifest.matches(of: /\.package\(url: "([^"]+)", ([^)]*)\)/)
    #expect(!packages.isEmpty)
    for package in packages {
      #expect(package.2.hasPrefix("exact: "), "\(package.1)")
    }
  }

  @Test("Every script and the build name the MPIs that LOCKSTEP_MPI may name")
  func unknownMPI() throws {
    let environment = ["LOCKSTEP_MPI": "lam"]
    for script in ["train", "test", "chaos"] {
      let result = try run(Self.checkout + "/launch/" + script, environment: environment)
      #expect(result.status == 64, "\(result)")
      #expect(result.standardError.contains("LOCKSTEP_MPI is \"lam\""), "\(result)")
    }
    let manifest = try run(
      "/usr/bin/env",
      [
        "swift", "package", "--package-path", Self.checkout, "--scratch-path",
        folder.path + "/build", "dump-package",
      ],
      environment: environment)
    #expect(manifest.status != 0, "\(manifest)")
    #expect(
      (manifest.standardOutput + manifest.standardError).contains(
        "LOCKSTEP_MPI is \"lam\"; set it to openmpi (the default) or to mpich"), "\(manifest)")
  }

  @Test("The program alone needs nothing of Open MPI's in PATH")
  func withoutORTED() throws {
    let workspace = try Workspace()
    let result = try workspace.train(
      ranks: nil, output: "run", ["--max-steps", "2"], environment: ["PATH": folder.path])
    #expect(result.succeeded && !result.standardError.contains("orted"), "\(result)")
  }
}
