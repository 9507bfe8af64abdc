# shellcheck shell=bash
# Runs mpirun for launch/train: hands signals on to it, and starts it again where that helps.
#
# launch/train sets the variables ranks, hosts_here, ranks_here, hostfile, max_restarts and output.
# shellcheck disable=SC2154

job='' stopping='' reminder='' status=0

# Asks the job to end after its present step, with a checkpoint; asked again, ends it at once.
#
# mpirun hands USR1 on to all ranks, on every host, and exits as they do, with 75. TERM and INT it takes
# for itself: it waits a second, gives the ranks TERM, waits a second, kills them, and exits with 1.
# (odls_base_sigkill_timeout lengthens both waits, the one before TERM too, and also where a rank died.)
stop_job() {
  interrupted=yes
  if [[ $stopping ]]; then
    [[ ! $job ]] || kill -TERM "$job" 2>/dev/null || true
    return
  fi
  stopping=$1
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
  while [[ $interrupted ]]; do
    interrupted='' status=0
    wait "$1" || status=$?
  done
}

# Runs mpirun with the arguments, and sets `status`: 75 wherever a signal to this script ended the job.
run_job() {
  # In a process group of its own, so that Ctrl-C in a terminal reaches this script alone; if this
  # script is killed, mpirun still ends.
  set -m
  setpriv --pdeathsig TERM mpirun "$@" </dev/null &
  job=$!
  set +m
  [[ ! $stopping ]] || remind_job
  await "$job"
  job=''
  [[ ! $reminder ]] || kill "$reminder" 2>/dev/null || true
  # Before mpirun and its ranks listen, USR1 ends them.
  if [[ $stopping ]] && ((status == 138)); then
    status=75
  fi
}

# The step of the newest checkpoint in the run's folder, 0 if there is none.
newest_step() {
  local files=("$output"/checkpoints/step-*.safetensors)
  [[ ${files[-1]} =~ step-0*([0-9]+)\.safetensors$ ]] && echo "${BASH_REMATCH[1]}" || echo 0
}

# Whether a host of the host file can be reached, as mpirun would reach it: this one without an agent.
reaches() {
  local name=${1##*@}
  [[ " localhost $(hostname) $(hostname -s) $(hostname -I) " != *" $name "* ]] || return 0
  timeout 15 "${agent[@]}" "$1" true </dev/null >/dev/null 2>&1
}

# Sets `agent` to the command by which mpirun reaches other hosts: the first there is of the plm_rsh_agent
# of its files and environment.
find_agent() {
  local agents candidate
  agents=$(ompi_info --param plm rsh --level 9 --parsable | sed -n 's/^mca:plm:rsh:param:plm_rsh_agent:value://p')
  IFS=: read -ra agents <<<"${agents//\"/}"
  for candidate in "${agents[@]}" ssh; do
    read -ra agent <<<"$candidate"
    ! command -v "${agent[0]}" >/dev/null || break
  done
  # A question that nobody answers, or a host that is gone, must not hold the restart up.
  [[ ${agent[0]##*/} != ssh ]] || agent+=(-o BatchMode=yes -o ConnectTimeout=5)
}

# Sets `hosts_here` to a host file of the hosts that answer, and `ranks_here` to the ranks that fit.
find_hosts() {
  local agent line host slots=0 file=$scratch/hosts
  local -A probes=()
  find_agent
  while read -r host _; do
    [[ ! $host || $host == \#* || ${probes[$host]:-} ]] && continue
    reaches "$host" &
    probes[$host]=$!
  done <"$hostfile"
  for host in "${!probes[@]}"; do
    await "${probes[$host]}"
    probes[$host]=$status
    ((status == 0)) || say "$host does not answer to ${agent[*]}: going on without it"
  done
  while read -r line; do
    read -r host _ <<<"$line"
    [[ $host && ${probes[$host]:-1} == 0 ]] || continue
    echo "$line"
    if [[ $line =~ [[:space:]]slots[[:space:]]*=[[:space:]]*([0-9]+) ]]; then
      slots=$((slots + BASH_REMATCH[1]))
    else
      # mpirun counts the host's cores, and says if they are too few.
      slots=$((slots + ranks))
    fi
  done <"$hostfile" >"$file"
  hosts_here=$file ranks_here=$((slots < ranks ? slots : ranks))
  ((ranks_here == ranks)) || say "$ranks_here ranks fit on the hosts that remain, instead of $ranks"
}

# Runs the job once on the hosts that are there, and sets `status`.
run_on_hosts() {
  local options=(-np "$ranks_here")
  [[ ! $hosts_here ]] || options+=(--hostfile "$hosts_here")
  run_job "${options[@]}" "$@"
}

# Runs the job, and again with --resume=if-any as long as it fails: until it fails after `max_restarts`
# restarts in a row that brought no new checkpoint. Sets `status`.
supervise() {
  local restarts=0 before after seconds scratch job_status
  scratch=$(mktemp -d)
  # shellcheck disable=SC2064 # the folder is known now
  trap "rm -rf '$scratch'" EXIT
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
      say "error: the job failed with status $status, its newest checkpoint is of step $after, and" \
        "$restarts restarts in a row brought no newer one: giving up; $output can be resumed"
      return
    fi
    # What ails a host may pass, so each restart in vain waits longer.
    seconds=$((restarts < 6 ? (1 << restarts) - 1 : 60))
    restarts=$((restarts + 1))
    say "the job failed with status $status, its newest checkpoint is of step $after:" \
      "starting again in $seconds s ($restarts of $max_restarts without a newer one)"
    job_status=$status
    pause "$seconds"
    [[ ! $hostfile || ${SLURM_JOB_ID:-} ]] || find_hosts
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
