# shellcheck shell=bash
# Examines the hosts of a host file from here, for launch/train --doctor: mpirun would start nothing at all where one
# of them has not what it needs. On those that are well, lockstep doctor goes on.
#
# launch/train sets the variables hostfile, hosts_here, status and program.
# shellcheck disable=SC2154,SC2034

# Runs mpirun with the arguments on the hosts where that works, and sets `status`: 78 also where there are others.
run_doctor() {
  local lost='' host
  if [[ $hostfile && ! ${SLURM_JOB_ID:-} ]]; then
    probe=("$program" --version)
    find_hosts
    while read -r host; do
      if [[ $answering ]] && names_in "$answering" | grep -qFx "$host"; then
        # mpirun needs no login to the host that it runs on.
        [[ ! $(on_this_host "$host" true) && $(on_this_host "$host" "cd '$PWD'") ]] || continue
        say "$host: it has no folder $PWD: relative paths mean others there, such as that of --output"
      else
        lost=yes
        say "error: $host: $(why_not "$host")"
      fi
    done < <(names_in "$hostfile" | sort -u)
    if [[ ! $answering ]]; then
      status=78
      return
    fi
  fi
  run_on_hosts "$@"
  [[ ! $lost || $status != 0 ]] || status=78
}

# Runs a shell's command on host $1 as mpirun does, and prints what it says if it fails.
on_this_host() {
  local words
  words=$(timeout -k 1 10 "${agent[@]}" "$1" "$2" </dev/null 2>&1 >/dev/null) || echo "(${words##*$'\n'})"
}

# Prints why mpirun cannot start the program on host $1, and what to do.
why_not() {
  local words
  words=$(on_this_host "$1" true)
  if [[ $words ]]; then
    if ! getent hosts "$1" >/dev/null; then
      echo "its name means no address here; check the host file, /etc/hosts and the name server"
    else
      echo "${agent[0]##*/} cannot log in to it ${words/#()/(it says nothing)}; it has to answer, know this user's key (ssh-copy-id" \
        "$1), and be known here (ssh-keyscan)"
    fi
    return
  fi
  if [[ $(on_this_host "$1" "command -v orted") ]]; then
    echo "ssh finds no orted there; install Open MPI (openmpi-bin), on the PATH that a shell has for ssh $1 env"
    return
  fi
  words=$(on_this_host "$1" "'$program' --version")
  if [[ $words ]]; then
    echo "$program does not start there $words; it has to be at the same path, with Open MPI and zlib"
    return
  fi
  echo "mpirun starts nothing there in 20 s, though ssh does; check that it reaches this machine's ports, by" \
    "the network that OMPI_MCA_oob_tcp_if_include names, if it is set"
}
