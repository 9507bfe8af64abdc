# shellcheck shell=bash
# Runs mpirun for launch/train: hands signals on to it, ends it where it hangs, and starts it again where that helps.
#
# launch/train sets the variables max_restarts, grace, output and scratch.
# shellcheck disable=SC2154
# shellcheck source=launch/watch.sh
source "$(dirname "${BASH_SOURCE[0]}")/watch.sh"
# shellcheck source=launch/hostfile.sh
source "$(dirname "${BASH_SOURCE[0]}")/hostfile.sh"

job='' stopping='' stop_time=0 is_ending='' reminder='' watcher='' lost_output='' has_ended='' status=0

# Asks the job to end after its present step, with a checkpoint; asked again, ends it at once.
#
# mpirun hands USR1 on to all ranks, on every host, and exits as they do, with 75. TERM and INT it takes
# for itself: it waits a second, gives the ranks TERM, waits a second, kills them, and exits with 1.
# (odls_base_sigkill_timeout lengthens both waits, the one before TERM too, and also where a rank died.)
stop_job() {
  local now=${EPOCHREALTIME//[.,]/}
  interrupted=yes
  if [[ $has_ended ]]; then
    [[ $stopping ]] || say "got $1: no job runs, and none is started again"
    stopping=$1
    return 0
  fi
  if [[ $stopping ]]; then
    # timeout, for one, sends a signal twice, to a process and to its group.
    [[ ! $is_ending ]] && ((now - stop_time >= 1000000)) || return 0
    is_ending=yes
    say "got $1 again: the job ends at once; --resume goes on from its last checkpoint"
    [[ ! $watcher ]] || kill -USR1 "$watcher" 2>/dev/null || true
    # A bare return would bring back the status of what the signal interrupted, and end this script.
    return 0
  fi
  stopping=$1 stop_time=$now
  # The program leaves the cursor where its progress bar begins, and the terminal echoed Ctrl-C there.
  [[ ! -t 2 ]] || printf '\r\e[J' >&2
  say "got $1: the job ends after this step, with a checkpoint; a second signal ends it at once"
  [[ ! $job ]] || remind_job
}

# Gives mpirun USR1, and again: ranks that have not begun to listen miss the first one.
remind_job() {
  (
    trap - TERM INT HUP USR1
    while kill -USR1 "$job" && sleep 3; do :; done
  ) >/dev/null 2>&1 &
  reminder=$!
}

# From here on signals are for the job.
take_signals() {
  local signal
  for signal in TERM INT HUP USR1; do
    # shellcheck disable=SC2064 # the name is meant as it is now
    trap "stop_job $signal" "$signal"
  done
}

# Waits for a process to its end, whatever signals come, and sets `status` to how it ended.
await() {
  local interrupted=yes
  # Of two signals at once the second ends a wait that nothing else shows as interrupted.
  while [[ $interrupted ]] || kill -0 "$1" 2>/dev/null; do
    interrupted='' status=0
    # Bash would report a process that a signal ended.
    wait "$1" 2>/dev/null || status=$?
  done
}

# Runs mpirun with the arguments, and sets `status`: 75 wherever a signal to this script ended the job.
run_job() {
  local output writer='' errors filter mark
  has_ended=''
  mark=lockstep-$$-$RANDOM$RANDOM
  if [[ -t 1 ]]; then
    # The ranks look for a terminal there, for the progress bar.
    exec {output}>&1
  else
    exec {output}> >(check_output)
    writer=$!
  fi
  exec {errors}> >(leave_out_boxes {output}>&-)
  filter=$!
  # In a process group of its own, so that Ctrl-C in a terminal reaches this script alone; if this
  # script is killed, mpirun still ends. At its end it stops catching SIGPIPE, and then may write to
  # a rank that is gone: it would exit with 141 where a rank was killed, or even where all went well.
  set -m
  OMPI_MCA_lockstep_job=$mark env --ignore-signal=PIPE setpriv --pdeathsig TERM "$mpirun" "$@" </dev/null \
    >&"$output" 2>&"$errors" {output}>&- {errors}>&- &
  job=$!
  watch_job "$job" "$mark" {output}>&- {errors}>&- &
  watcher=$!
  set +m
  exec {output}>&- {errors}>&-
  [[ ! $stopping ]] || remind_job
  await "$job"
  local job_status=$status
  # MPICH's mpirun exits with the number of the signal that ended a rank.
  [[ $LOCKSTEP_MPI == openmpi ]] || ((status < 2 || status >= 64)) || job_status=$((128 + status))
  job='' has_ended=yes
  [[ ! $reminder ]] || kill "$reminder" 2>/dev/null || true
  kill -TERM "$watcher" 2>/dev/null || true
  await "$watcher"
  # 3: it ended the job, unless that had just ended by itself.
  ((status != 3 || job_status == 0 || job_status == 75)) || job_status=1
  watcher=''
  finish_filter "$filter"
  if [[ $writer ]]; then
    finish_filter "$writer"
    await "$writer"
    # shellcheck disable=SC2034 # launch/train reads it
    ((status != 1)) || lost_output=yes
  fi
  status=$job_status
  # Before mpirun and its ranks listen, USR1 ends them.
  if ((status == 138)); then
    say "USR1 ended the ranks, which did not take signals yet: start the same again"
    [[ ! $stopping ]] || status=75
  fi
}

# Passes on what the ranks print. If it cannot be written, says so, reads on, and ends with status 1; a reader that went
# away is no failure.
check_output() {
  trap '' TERM INT HUP USR1
  exec tee -p /dev/null 2> >(sed -u -E "
    s/.*: (.*)/${0##*/}: standard output: it cannot be written (\1): its lines are lost/" >&2)
}

# Passes mpirun's words on, but for those that follow an end of which the program itself has said the reason.
leave_out_boxes() {
  trap '' TERM INT HUP USR1
  exec sed -u -E '
    /^mpirun: Forwarding signal [0-9]+ to job$/d
    /^-{74}$/{
      :box
      N
      /\n-{74}$/!b box
      /\nmpirun noticed that process rank .* exited on signal 10 \(User defined signal 1\)\.\n/d
      /\nPrimary job +terminated normally, but [0-9]+ process(es)? returned\n/d
      /\nmpirun detected that one or more processes exited with non-zero.*\n +Exit code: +(1|64|75|78)\n/d
    }' >&2
}

# Waits until filter $1 has passed everything on, however slow its reader is; not for a stray process that
# mpirun left, which holds the input open.
finish_filter() {
  local tries
  interrupted=''
  for ((tries = 0; tries < 20; tries++)); do
    kill -0 "$1" 2>/dev/null || return 0
    nap 0.05
  done
  end_processes "$mark"
  while kill -0 "$1" 2>/dev/null; do
    nap 0.2
    if [[ $interrupted ]]; then
      say "the last lines of the output are lost: nothing takes them"
      lost_output=yes
    elif ! has_writer "$1"; then
      continue
    fi
    kill -KILL "$1" 2>/dev/null || true
    return
  done
}

# True if a process holds the other end of the pipe that is the input of process $1.
has_writer() {
  local pipe writers
  pipe=$(readlink "/proc/$1/fd/0") || return 1
  pipe=${pipe//[/\\[}
  writers=$(find /proc/[0-9]*/fd -lname "${pipe//]/\\]}" ! -path "/proc/$1/fd/*" -print -quit 2>/dev/null) || true
  [[ $writers ]]
}

# The step of the newest checkpoint in the run's folder, 0 if there is none.
newest_step() {
  local files=("$output"/checkpoints/step-*.safetensors)
  [[ ${files[-1]} =~ step-0*([0-9]+)\.safetensors$ ]] && echo "${BASH_REMATCH[1]}" || echo 0
}

# The step $1 of the newest checkpoint as a part of a sentence; 0 if there is none.
newest_in_words() {
  (($1)) && echo "its newest checkpoint is of step $1" || echo "it has no checkpoint yet"
}

# Runs the job once on the hosts that are there, and sets `status`.
run_on_hosts() {
  local options=(-np "$ranks_here") hosts=$hosts_here
  if [[ $hosts && $LOCKSTEP_MPI == mpich ]]; then
    # There "host slots=2" is "host:2".
    hosts=$(mktemp)
    sed -E 's/#.*//; /^\s*$/d; s/^\s*(\S+)(.*\sslots\s*=\s*([0-9]+).*|.*)/\1:\3/; s/:$//' "$hosts_here" >"$hosts"
  fi
  [[ ! $hosts ]] || options+=(--hostfile "$hosts")
  run_job "${options[@]}" "$@"
  [[ $hosts == "$hosts_here" ]] || rm "$hosts"
}

# Runs the job, and again with --resume=if-any as long as it fails: until it fails after `max_restarts`
# restarts in a row that brought no new checkpoint. Sets `status`.
supervise() {
  local restarts=0 before after seconds job_status
  while :; do
    before=$(newest_step)
    run_on_hosts "$@"
    case $status in
      # Done; wrong arguments; interrupted, with a checkpoint; wrong input.
      0 | 64 | 75 | 78) return ;;
    esac
    [[ ! $stopping ]] || return 0
    after=$(newest_step)
    ((after <= before)) || restarts=0
    if ((restarts == max_restarts)); then
      say "error: the job failed with status $status, $(newest_in_words "$after"), and" \
        "$restarts restarts in a row brought no newer one: giving up; $output can be resumed"
      return
    fi
    # What ails a host may pass, so each restart in vain waits longer.
    seconds=$((restarts < 6 ? (1 << restarts) - 1 : 60))
    restarts=$((restarts + 1))
    say "the job failed with status $status, $(newest_in_words "$after"):" \
      "starting again in $seconds s ($restarts of $max_restarts without a newer one)"
    job_status=$status
    pause "$seconds"
    find_hosts
    status=$job_status
    [[ ! $stopping ]] || return 0
    # A job that failed before its first checkpoint begins again.
    [[ " $* " == *" --resume"[\ =]* ]] || set -- "$@" --resume=if-any
  done
}

# Sleeps, unless a signal comes or came.
pause() {
  local sleeper
  [[ ! $stopping ]] || return 0
  sleep "$1" &
  sleeper=$!
  wait $sleeper || kill $sleeper 2>/dev/null || true
}
