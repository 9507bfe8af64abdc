# shellcheck shell=bash
# Finds the hosts that a job starts on, and how many ranks each of them gets.
#
# launch/train sets the variables ranks (a number, or auto), ranks_per_host, hostfile, grace, scratch, program and
# settings: the options of the experiment.
# shellcheck disable=SC2154

# The host file that the job starts with, which may be another than the person's, and the number of its ranks.
hosts_here='' ranks_here=''

# The host file of those that answered when they were last tried; empty where none did.
answering=''

# The command by which a host is tried.
probe=(true)

# True where the number of ranks is chosen here.
chooses() { [[ $ranks == auto || $ranks_per_host ]]; }

# Prints the names of the hosts in host file $1, once for each of their lines.
names_in() { sed -E -e 's/^[[:space:]]*([^#[:space:]]*).*/\1/; /^$/d' -e '$a\' "$1"; }

# Prints the slots of a line of a host file, if it says how many.
slots_in() {
  [[ ! $1 =~ ^[^#]*[[:space:]]slots[[:space:]]*=[[:space:]]*([0-9]+) ]] || echo "${BASH_REMATCH[1]}"
}

# Ends for a host file that cannot be read, names no host, or has slots that are no number.
require_hosts() {
  local line key value number=0
  [[ -f $hostfile && -r $hostfile ]] || wrong_input "there is no host file $hostfile that can be read"
  [[ $(names_in "$hostfile") ]] || wrong_input "the host file $hostfile names no host"
  while read -r line || [[ $line ]]; do
    ((number += 1))
    [[ $line =~ ^[^#]*[[:space:]](slots|max[_-]slots)[[:space:]]*=[[:space:]]*([^#[:space:]]*) ]] || continue
    key=${BASH_REMATCH[1]} value=${BASH_REMATCH[2]}
    [[ $value =~ ^[1-9][0-9]{0,5}$ ]] ||
      wrong_input "line $number of the host file $hostfile has $key=$value; expected a whole number from 1"
  done <"$hostfile"
}

# Runs the probe on a host of the host file, as mpirun starts ranks there; true if that works.
reaches() {
  local mark=lockstep-$$-$RANDOM$RANDOM result=0
  OMPI_MCA_lockstep_job=$mark timeout -k 1 "$((grace < 20 ? grace : 20))" "$mpirun" --host "$1" -np 1 --bind-to none \
    "${probe[@]}" </dev/null 2>/dev/null || result=$?
  ((result == 0)) || end_processes "$mark" >/dev/null 2>&1
  return "$result"
}

# Sets `hosts_here` to a host file of the hosts that answer, and `ranks_here` to the number of their ranks: those
# that fit, or those that are chosen. The host file is read anew, so hosts come and go with each start.
find_hosts() {
  local line host count slots=0 known=$scratch/known file=$scratch/answering
  local -A probes=() answers=() limits=()
  if [[ ! $hostfile || ${SLURM_JOB_ID:-} ]]; then
    ! chooses || choose_ranks
    return
  fi
  if [[ $(names_in "$hostfile" 2>/dev/null) ]]; then
    sed '$a\' "$hostfile" >"$known"
  else
    say "the host file $hostfile names no host now: going on with those that it named before"
    [[ -e $known ]] || return 0
  fi
  ! chooses || probe=("$program" layout)
  while read -r host; do
    [[ ! ${probes[$host]:-} ]] || continue
    reaches "$host" >"$scratch/answer-${#probes[@]}" &
    answers[$host]=$scratch/answer-${#probes[@]} probes[$host]=$!
  done < <(names_in "$known")
  for host in "${!probes[@]}"; do
    await "${probes[$host]}"
    probes[$host]=$status
    ((status == 0)) || say "mpirun cannot start a process on $host: going on without it"
  done
  while read -r line; do
    read -r host _ <<<"$line"
    [[ $host && ${probes[$host]:-1} == 0 ]] || continue
    echo "$line"
    count=$(slots_in "$line")
    limits[$host]=$((${limits[$host]:-0} + ${count:-0}))
    # mpirun counts the cores of a host without slots, and says if they are too few.
    chooses || slots=$((slots + ${count:-ranks}))
  done <"$known" >"$file"
  answering=$file
  # Where none is left, all are tried again.
  if [[ ! -s $file ]]; then
    answering='' hosts_here=$known
    chooses || ranks_here=$ranks
    return 0
  fi
  if ! chooses; then
    hosts_here=$file ranks_here=$((slots < ranks ? slots : ranks))
    ((ranks_here == ranks)) || say "$ranks_here ranks fit on the hosts that remain, instead of $ranks"
    return
  fi
  local names=() processors=()
  while read -r host; do
    [[ ${limits[$host]:-} ]] || continue
    names+=("$host")
    count=${limits[$host]}
    processors+=("$(tail -n 1 "${answers[$host]}")$([[ $count == 0 ]] || echo ":$count")")
    limits[$host]=''
  done < <(names_in "$file")
  choose_ranks "${processors[@]}"
}

# Prints the numbers of Slurm's list $1, such as 4(x2),2.
numbers_in() {
  local part
  for part in ${1//,/ }; do
    [[ $part =~ ^([0-9]+)(\(x([0-9]+)\))?$ ]] || continue
    printf "${BASH_REMATCH[1]}%.0s\n" $(seq "${BASH_REMATCH[3]:-1}")
  done
}

# Chooses the ranks of each host of `names` for its processors, which are the arguments; alone or in an
# allocation, those of this host or of the allocation. Says what it chose, and why.
choose_ranks() {
  local answer counts host processors=("$@") options=("${settings[@]}")
  if [[ ${SLURM_JOB_ID:-} ]]; then
    local names cpus tasks
    mapfile -t names < <(scontrol show hostnames "${SLURM_JOB_NODELIST:-}")
    mapfile -t cpus < <(numbers_in "${SLURM_JOB_CPUS_PER_NODE:-}")
    mapfile -t tasks < <(numbers_in "${SLURM_TASKS_PER_NODE:-}")
    for host in "${!names[@]}"; do processors+=("${cpus[host]:-1}${tasks[host]:+:${tasks[host]}}"); done
  fi
  [[ ! ${processors[*]} ]] || options+=(--hosts "$(IFS=, && echo "${processors[*]}")")
  [[ ! $ranks_per_host ]] || options+=(--ranks-per-host "$ranks_per_host")
  answer=$("$program" layout "${options[@]}") || exit
  say "${answer#*$'\n'}"
  IFS=, read -ra counts <<<"${answer%%$'\n'*}"
  ranks_here=$((${counts[*]/#/+}))
  [[ $hostfile || ${SLURM_JOB_ID:-} ]] || return 0
  hosts_here=$scratch/hosts
  for host in "${!names[@]}"; do
    ((counts[host] == 0)) || echo "${names[host]} slots=${counts[host]}"
  done >"$hosts_here"
}
