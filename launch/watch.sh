# shellcheck shell=bash
# Ends an mpirun that hangs: one that waits for a host that vanished, or for an orted that stands still.
#
# mpirun itself notices hosts that vanish, by the defaults below. An orted that stands still keeps its connection, and
# then the ranks' own time limits (train.stallAbortSeconds) end them, and mpirun waits for ever. So this looks at the
# ranks: where there are none for `grace` seconds, mpirun is ended, with all that it started here and elsewhere. A
# mark in their environments and arguments, to which mpirun hands on what begins with OMPI_MCA_, finds them.
#
# launch/train sets the variables grace, hostfile and hosts_here.
# shellcheck disable=SC2154

# mpirun asks another host for a sign of life after 5 s of silence, and gives it up some 15 s later (Open MPI's own
# defaults: 300 s, and 180 s later).
set_keepalive() {
  export OMPI_MCA_oob_tcp_keepalive_time=${OMPI_MCA_oob_tcp_keepalive_time:-5}
  export OMPI_MCA_oob_tcp_keepalive_intvl=${OMPI_MCA_oob_tcp_keepalive_intvl:-3}
  export OMPI_MCA_oob_tcp_keepalive_probes=${OMPI_MCA_oob_tcp_keepalive_probes:-5}
  find_agent
  if [[ ${agent[0]##*/} == ssh ]]; then
    export OMPI_MCA_plm_rsh_args=${OMPI_MCA_plm_rsh_args:--o ConnectTimeout=15 -o ServerAliveInterval=5}
    # A question that nobody answers must not hold anything up.
    agent+=(-o BatchMode=yes -o ConnectTimeout=5)
  fi
}

# Sets `agent` to the command by which mpirun reaches other hosts: the first there is of the plm_rsh_agent
# of its files and environment.
find_agent() {
  local agents candidate
  if [[ $LOCKSTEP_MPI == mpich ]]; then
    read -ra agent <<<"${HYDRA_LAUNCHER_EXEC:-ssh}"
    return
  fi
  agents=$(ompi_info --param plm rsh --level 9 --parsable | sed -n 's/^mca:plm:rsh:param:plm_rsh_agent:value://p')
  IFS=: read -ra agents <<<"${agents//\"/}"
  for candidate in "${agents[@]}" ssh; do
    read -ra agent <<<"$candidate"
    ! command -v "${agent[0]}" >/dev/null || break
  done
}

# Watches mpirun, process $1, whose processes bear the mark $2. Ends with status 3 if it had to end them.
watch_job() {
  local job=$1 mark=$2 seen=$SECONDS had_ranks=''
  trap 'exit 0' TERM
  trap 'end_job' USR1
  while :; do
    nap 1
    [[ -d /proc/$job ]] || exit 0
    if ranks_here; then
      seen=$SECONDS had_ranks=here
    elif ((SECONDS - seen <= grace)); then
      continue
    elif [[ $had_ranks != here ]] && ranks_elsewhere; then
      seen=$SECONDS had_ranks=elsewhere
    elif [[ $had_ranks ]]; then
      end_job "the ranks have ended, and mpirun has not in $grace s: ending it; a host may be lost"
    else
      end_job "mpirun has started no rank in $grace s: ending it; a host may be lost (or raise --grace)"
    fi
  done
}

# Sleeps, so that a signal is heeded at once, and so that nothing holds this script's output open.
nap() {
  sleep "$1" >/dev/null 2>&1 &
  wait $! || true
}

# True if mpirun has ranks on this host: its children, or those of MPICH's proxies.
ranks_here() {
  local child children words
  children=$(cat "/proc/$job/task/"*/children 2>/dev/null) || return 0
  if [[ $LOCKSTEP_MPI == mpich ]]; then
    children=$(for child in $children; do cat "/proc/$child/task/"*/children; done 2>/dev/null) || return 0
  fi
  for child in $children; do
    { mapfile -d '' -t words <"/proc/$child/environ"; } 2>/dev/null || continue
    [[ ! " ${words[*]}" =~ " "(OMPI_COMM_WORLD|PMI)_RANK= ]] || return 0
  done
  return 1
}

# True if ranks run on any of the other hosts. In an allocation of Slurm nobody can tell: then, yes.
ranks_elsewhere() {
  [[ ! ${SLURM_JOB_ID:-} ]] || return 0
  on_hosts "for file in \$(grep -lsa [${mark:0:1}]${mark:1} /proc/[0-9]*/environ); do
      ! grep -qsa -e OMPI_COMM_WORLD_RANK= -e PMI_RANK= \$file || exit 0
    done
    exit 1"
}

# Runs a shell's command, which has no single quotes, on all hosts of the host file at the same time: those that it
# names now, and those that the job began with. True if it succeeded on any.
on_hosts() {
  local host others=() other answer=1
  [[ ! $hostfile ]] || mapfile -t others < <({ names_in "$hostfile" && names_in "$hosts_here"; } 2>/dev/null | sort -u)
  local -a questions=()
  for host in "${others[@]}"; do
    timeout -k 1 10 "${agent[@]}" "$host" "exec sh -c '$1'" </dev/null >/dev/null 2>&1 &
    questions+=($!)
  done
  for other in "${questions[@]}"; do
    ! wait "$other" || answer=0
  done
  return $answer
}

# Ends the job and this watch; $1 says why, if somebody else than the person wants it. mpirun that hangs would
# answer a request to end with a backtrace, or not at all.
end_job() {
  local tries
  trap '' TERM USR1
  if [[ ${1:-} ]]; then
    say "$1"
  else
    # Without ranks it is about to end by itself.
    for ((tries = 0; tries < 20; tries++)); do
      [[ -d /proc/$job ]] && ! ranks_here || break
      nap 0.1
    done
    kill -TERM "$job" 2>/dev/null || true
    for ((tries = 0; tries < 50; tries++)); do
      [[ -d /proc/$job ]] || break
      nap 0.1
    done
  fi
  end_processes "$mark"
  exit 3
}

# Ends what bears the mark: mpirun and its agents here, orted and ranks on every host that answers; and removes
# the memory and the folders that they leave, which nobody else would.
end_processes() {
  local command="
    host=\$(uname -n)
    base=${OMPI_MCA_orte_tmpdir_base:-\${TMPDIR:-/tmp\}}/ompi.\${host%%.*}*.\$(id -u)
    for file in \$(grep -lsa [${1:0:1}]${1:1} /proc/[0-9]*/environ /proc/[0-9]*/cmdline); do
      process=\${file#/proc/}
      process=\${process%/*}
      job=\$(tr \"\\0\" \"\\n\" 2>/dev/null </proc/\$process/environ | sed -n s/^PMIX_NAMESPACE=//p)
      kill -KILL \$process 2>/dev/null
      rm -rf \$base/pid.\$process
      [ \"\$job\" ] || continue
      rm -rf /dev/shm/vader_segment.*.\$(printf %x \$job).* \$base/jf.\$((job >> 16))
    done"
  sh -c "$command" || true
  on_hosts "$command" || true
}
