# shellcheck shell=bash
# Hosts that are namespaces of this machine, joined by virtual cables: for jobs on several hosts, and for what
# happens to hosts. host-1 is this script's own place; each other host has processes of its own.

# Starts the script again in new namespaces, where it is host-1, and returns there. Where this machine does not allow
# that, sets `why_no_hosts` and returns 1. The arguments are the script's.
enter_hosts() {
  local tool namespaces=(--net --uts --mount)
  PATH=$PATH:/usr/sbin:/sbin
  if [[ ${INSIDE_HOSTS:-} == yes ]]; then
    unset INSIDE_HOSTS
    make_first_host
    return
  fi
  for tool in ip tc unshare nsenter setpriv mpirun; do
    command -v $tool >/dev/null && continue
    why_no_hosts="there is no $tool here (the packages iproute2, util-linux and openmpi-bin have it)"
    return 1
  done
  # Who is not root can be it in a user namespace, where the kernel allows that.
  ((EUID == 0)) || namespaces+=(--user --map-root-user)
  if ! why_no_hosts=$(unshare "${namespaces[@]}" --pid --fork --mount-proc \
    ip link add probe-a type veth peer name probe-b 2>&1); then
    why_no_hosts="this machine allows no network namespaces (${why_no_hosts##*$'\n'})"
    return 1
  fi
  INSIDE_HOSTS=yes PATH=$PATH exec unshare "${namespaces[@]}" "$0" "$@"
}

# host-1, the bridge that all cables meet in, the names of ten hosts, and what mpirun needs to know of them.
make_first_host() {
  local number
  hosts_folder=$(mktemp -d "${TMPDIR:-/tmp}/lockstep-hosts-XXXXXX")
  hostname host-1
  # 192.0.2.0/24 is set aside for examples: it is nobody's network.
  echo '127.0.0.1 localhost' >"$hosts_folder/names"
  for number in {1..10}; do echo "192.0.2.$number host-$number" >>"$hosts_folder/names"; done
  mount --bind "$hosts_folder/names" /etc/hosts
  ip link add cable type bridge
  ip address add 192.0.2.1/24 dev cable
  ip link set lo up
  ip link set cable up
  # In the place of ssh: agent HOST COMMAND…, for hosts that run and that the cable leads to.
  cat >"$hosts_folder/agent" <<END
#!/bin/bash
process=\$(cat "$hosts_folder/process-\$1" 2>/dev/null) && kill -0 "\$process" && [[ ! -e $hosts_folder/cut-\$1 ]] || exit 255
shift
exec nsenter --target "\$process" --net --uts --pid --mount -- sh -c "\$*"
END
  chmod +x "$hosts_folder/agent"
  # ob1 and these three transports: others would see that all hosts are one machine, and use its memory.
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  export OMPI_MCA_plm_rsh_agent=$hosts_folder/agent OMPI_MCA_orte_tmpdir_base=$hosts_folder
  export OMPI_MCA_pml=ob1 OMPI_MCA_btl=tcp,self,vader
  export OMPI_MCA_btl_tcp_if_include=cable OMPI_MCA_oob_tcp_if_include=cable
  # The same for MPICH, whose UCX looks for the cable in /sys.
  export HYDRA_LAUNCHER=rsh HYDRA_LAUNCHER_EXEC=$hosts_folder/agent HYDRA_IFACE=cable
  export UCX_TLS=tcp,self UCX_NET_DEVICES=cable
  [[ ${LOCKSTEP_MPI:-} != mpich ]] || show_network sh -c
}

# Makes host-$1: processes that descend from one that sleeps, and die with it, as all do with this script.
start_host() {
  local process file=$hosts_folder/process-host-$1
  rm -f "$file" "$hosts_folder/cut-host-$1"
  # shellcheck disable=SC2016 # the shell inside expands it
  setpriv --pdeathsig KILL unshare --net --uts --pid --fork --kill-child --mount-proc --mount \
    sh -c 'exec setpriv --pdeathsig KILL sleep infinity' </dev/null >/dev/null 2>&1 &
  outer_processes[$1]=$!
  disown # its end is no news
  # The sleeping one is the first that has namespaces of its own.
  until process=$(cat "/proc/${outer_processes[$1]}/task/${outer_processes[$1]}/children" 2>/dev/null) &&
    [[ $process && $(cat "/proc/${process% }/comm") == sleep ]]; do
    kill -0 "${outer_processes[$1]}" || return 1
    sleep 0.01
  done
  process=${process% }
  ip link add "port-$1" type veth peer name cable netns "$process"
  ip link set "port-$1" master cable up
  echo "$process" >"$file"
  on_host "$1" hostname "host-$1"
  on_host "$1" ip address add "192.0.2.$1/24" dev cable
  on_host "$1" ip link set lo up
  on_host "$1" ip link set cable up
  [[ ${LOCKSTEP_MPI:-} != mpich ]] || show_network on_host "$1" sh -c
}

# Has /sys show a host's own network; the arguments run a shell's command there.
show_network() {
  "$@" "mkdir -p $hosts_folder/sys && mount -t sysfs none $hosts_folder/sys &&
    for folder in class/net devices/virtual/net; do mount --bind $hosts_folder/sys/\$folder /sys/\$folder; done &&
    umount -l $hosts_folder/sys"
}

# Runs a command on host-$1.
on_host() {
  nsenter --target "$(cat "$hosts_folder/process-host-$1")" --net --uts --pid --mount -- "${@:2}"
}

# Ends all that runs on host-$1, at once.
kill_host() {
  kill -KILL "$(cat "$hosts_folder/process-host-$1")" 2>/dev/null || true
  rm -f "$hosts_folder/process-host-$1"
  ip link delete "port-$1" 2>/dev/null || true
}

# Cuts the cable to host-$1, or mends it.
cut_cable() {
  touch "$hosts_folder/cut-host-$1"
  ip link set "port-$1" down
}
mend_cable() {
  ip link set "port-$1" up
  rm -f "$hosts_folder/cut-host-$1"
}

end_hosts() {
  local file
  for file in "$hosts_folder"/process-host-*; do
    [[ ! -e $file ]] || kill -KILL "$(cat "$file")" 2>/dev/null || true
  done
  rm -rf "$hosts_folder"
}
