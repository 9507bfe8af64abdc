# shellcheck shell=bash
# Functions of the scripts here: the words and statuses of errors, the packages, the Swift toolchain, the build,
# the data.

path_at_start=$PATH
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
debian_data=/usr/share/datasets/fashion-mnist

# The packages that a build needs beside the Swift toolchain and MPI: the libraries, and those that the toolchain
# itself calls or loads.
packages=(
  zlib1g-dev libssl-dev pkg-config
  git ca-certificates libc6-dev libstdc++-12-dev libcurl4 libncurses6 libsqlite3-0
)

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# Ends with a status and a sentence.
fail() {
  say "error: ${*:2}"
  exit "$1"
}

die() { fail 1 "$@"; }

# Ends for wrong options, and for wrong input.
misused() { fail 64 "$*; see launch/${0##*/} --help"; }
wrong_input() { fail 78 "$@"; }

# mpirun asks hwloc for the processors, which would look for graphics cards by itself: with an X server, for which it
# takes whatever listens on ports 6000 to 6009, such as TensorBoard, and whose answer it awaits without end.
export HWLOC_COMPONENTS=${HWLOC_COMPONENTS:--gl}

# The MPI to build with: its packages, the command that starts ranks, and the folder for the build.
# shellcheck disable=SC2034 # the other scripts read them
case ${LOCKSTEP_MPI:=openmpi} in
  openmpi)
    packages+=(libopenmpi-dev openmpi-bin) mpirun=mpirun build_folder=$root/.build
    ;;
  mpich)
    # Debian has a name for each MPI's command, and mpirun for one of them.
    packages+=(libmpich-dev mpich) mpirun=mpirun build_folder=$root/.build-mpich
    ! command -v mpirun.mpich >/dev/null || mpirun=mpirun.mpich
    ;;
  *) fail 64 "LOCKSTEP_MPI is \"$LOCKSTEP_MPI\"; set it to openmpi (the default) or to mpich" ;;
esac

# Ends a script that knows what only Open MPI does.
require_open_mpi() {
  [[ $LOCKSTEP_MPI == openmpi ]] || fail 64 "this starts jobs of Open MPI alone; unset LOCKSTEP_MPI"
}

# Checks an option's value: that there is one, or that it is a whole number from $3 on, of at most nine digits.
require_value() { [[ $2 ]] || misused "$1 needs a value"; }
require_number() {
  require_value "$1" "$2"
  if ! [[ $2 =~ ^(0|[1-9][0-9]{0,8})$ ]] || (($2 < $3)); then
    misused "$1 takes a whole number from $3, not \"$2\""
  fi
}

installed() { [[ $(dpkg-query -W -f ' ${db:Status-Status} ' "$1" 2>/dev/null) == *' installed '* ]]; }

# Prints those of the named packages that are not installed, on one line.
missing_of() {
  local package missing=()
  for package; do
    installed "$package" || missing+=("$package")
  done
  echo "${missing[*]}"
}

# True if apt-get can be run as root. Without a terminal, sudo must not need a password.
can_install() {
  command -v apt-get >/dev/null || return
  ((EUID == 0)) && return
  command -v sudo >/dev/null && { sudo -n true || { : </dev/tty; }; } 2>/dev/null
}

# Installs those of the named Debian packages that are missing; does nothing where none is.
install_packages() {
  if ! command -v dpkg-query >/dev/null; then
    say "this is not Debian; MPI, zlib and OpenSSL have to be here already"
    return
  fi
  local missing line log apt
  apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120)
  missing=$(missing_of "$@")
  [[ $missing ]] || return 0
  line="apt-get update && apt-get install -y --no-install-recommends $missing"
  can_install || die "Debian packages are missing, and this is neither root nor can it use sudo;" \
    "as root, run: $line"
  if ((EUID)); then
    apt=(sudo "${apt[@]}")
    say "installing through sudo: $missing"
  else
    say "installing: $missing"
  fi
  log=$(mktemp)
  # A source that cannot be reached must not stop packages from another: the next command decides.
  "${apt[@]}" update </dev/null >"$log" 2>&1 || true
  # Not every apt has the data set; launch/fetch-data gets it then, with curl.
  apt-cache show dataset-fashion-mnist >/dev/null 2>&1 || missing=${missing/dataset-fashion-mnist/curl}
  # shellcheck disable=SC2086 # the names are words
  if ! "${apt[@]}" install -y --no-install-recommends $missing </dev/null >>"$log" 2>&1; then
    tail -n 20 "$log" >&2
    die "could not install: $(missing_of "$@"); the log is $log. By hand, as root: $line"
  fi
  rm "$log"
}

# Installs what building needs, and FashionMNIST where the first argument asks for it.
install_everything() {
  local names=("${packages[@]}" "${@:2}")
  if [[ $1 == data ]] && ! find_data; then
    # Where nothing else is missing and nothing can be installed, launch/fetch-data will do.
    if can_install || [[ $(missing_of "${names[@]}") ]]; then
      names+=(dataset-fashion-mnist)
    fi
  fi
  install_packages "${names[@]}"
}

# Under sudo, the rest belongs to the person who typed it: what root builds would lock them out, and
# training needs no root. Starts the script again as them. sudo's secure_path hides a toolchain that
# only the person's own PATH has, hence the login shell.
leave_root() {
  ((EUID == 0)) && [[ ${SUDO_UID:-0} != 0 && ${SUDO_GID:-} && ${SUDO_USER:-} ]] || return 0
  local home as_them=(setpriv --reuid "$SUDO_UID" --regid "$SUDO_GID" --init-groups)
  home=$(getent passwd "$SUDO_UID" | cut -d: -f6)
  # shellcheck disable=SC2016 # the login shell expands it
  PATH=$PATH:$("${as_them[@]}" env -i HOME="$home" USER="$SUDO_USER" PATH="$PATH" \
    bash -lc 'echo "$PATH"' </dev/null 2>/dev/null | tail -n 1):$home/.local/share/swiftly/bin
  [[ $(stat -c %u "$root") == "$SUDO_UID" ]] || return 0
  say "going on as $SUDO_USER, whose checkout this is"
  exec "${as_them[@]}" env HOME="$home" USER="$SUDO_USER" LOGNAME="$SUDO_USER" PATH="$PATH" \
    "$root/launch/${0##*/}" "$@"
}

# Sets `swifts` to where a Swift may be: on the PATH, and then in the usual places.
find_swifts() {
  local PATH=$path_at_start
  mapfile -t swifts < <(type -aP swift)
  swifts+=(/opt/swift*/usr/bin/swift /usr/local/bin/swift /usr/local/swift*/usr/bin/swift
    "$HOME/.local/share/swiftly/bin/swift" "$HOME"/swift*/usr/bin/swift)
}

# Puts a Swift of 6.3 or later on the PATH.
find_swift() {
  local swift swifts answer version found=''
  find_swifts
  for swift in "${swifts[@]}"; do
    [[ -x $swift ]] || continue
    answer=$("$swift" --version 2>&1) || true
    version=$(sed -n 's/.*Swift version \([0-9.]*[0-9]\).*/\1/p' <<<"$answer")
    if [[ $(printf '6.3\n%s\n' "${version:-0}" | sort -V | head -n 1) == 6.3 ]]; then
      [[ $(command -v swift) == "$swift" ]] || PATH=$(dirname "$swift"):$PATH
      return
    fi
    found=${found:-", but $swift ${version:+is }${version:-"does not start: $answer"}"}
  done
  die "Swift 6.3 or later is needed$found; get it at https://www.swift.org/install/linux"
}

# Refuses a build folder with files that this person cannot replace.
require_own_build() {
  local foreign
  ((EUID)) && [[ -e $build_folder ]] || return 0
  foreign=$(find "$build_folder/" ! -user "$EUID" ! -writable -print -quit)
  [[ ! $foreign ]] || die "$foreign belongs to $(stat -c %U "$foreign"), who built here before, and $(id -un) cannot" \
    "replace it; as root, remove $build_folder, or run: chown -R $(id -un) $build_folder"
}

# Removes what the compiler refuses to read where the checkout was copied or moved after a build: modules that
# name others in the folder they were made in. Those that name none do not say where that was.
clear_moved_modules() {
  local moved=''
  [[ ! -e $build_folder ]] || moved=$(find "$build_folder/" -path '*/ModuleCache/*.pcm' \
    -exec grep -aohE '/[^[:cntrl:]]*/\.build[^/]*/[^[:cntrl:]]*/ModuleCache/' {} + | grep -vF "$build_folder/" || true)
  [[ $moved ]] || return 0
  say "this checkout was built in another folder, and is built anew here"
  find "$build_folder/" -type d -name ModuleCache -prune -exec rm -rf {} +
}

# Builds the program, the program and its tests, or the tool that writes its man pages (manual), in release mode;
# quietly unless it fails.
build() {
  local log options=() stamp=$build_folder/launch-$1
  require_own_build
  clear_moved_modules
  # Root may build in another's checkout; git would refuse the dependencies' repositories there.
  if ((EUID == 0)); then
    export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
  fi
  if [[ $1 == manual ]]; then
    say "building the tool that writes the man pages"
  elif [[ ! -e $stamp ]]; then
    say "building (a few minutes the first time)"
  elif [[ $(find "$root"/Package.swift "$root"/Sources "$root"/Tests -newer "$stamp" -print -quit) ]]; then
    say "building what has changed"
  fi
  # XCTest is not used, and without it the tests share the program's build.
  case $1 in
    tests) options=(--build-tests --disable-xctest) ;;
    manual) options=(--product generate-manual) ;;
  esac
  log=$(mktemp)
  if ! (cd "$root" && swift build -c release --scratch-path "$build_folder" "${options[@]}") </dev/null >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    die "the build failed; the compiler's words are above"
  fi
  rm -f "$log"
  state_of_build >"$stamp"
}

# Builds generate-manual, swift-argument-parser's tool that writes man pages, where it is not there or Package.swift may
# name another version of it. The plugin would build the whole package with other flags: minutes for that, and as many
# for the next build.
build_manual() {
  local tool=$build_folder/release/generate-manual
  if [[ $build_folder/launch-manual -nt $root/Package.swift ]] && "$tool" --help >/dev/null 2>&1; then
    return
  fi
  find_swift
  build manual
}

# Prints a digest of all that a build and a start depend on: the folder, the packages, the toolchain, the sources
# and what was built of them. By the times at which files changed, which nobody can set.
state_of_build() {
  local swifts
  find_swifts
  {
    echo "$root"
    stat -Lc '%n %i %s %Z' "${swifts[@]}" /usr/bin/mpirun /var/lib/dpkg/status "$build_folder/release/lockstep" || true
    find "$root"/Package.* "$root"/Sources "$root"/launch/lib.sh -printf '%p %i %s %C@\n'
  } 2>/dev/null | sha256sum
}

# True if the program is built and nothing has changed since.
is_built() { [[ $(state_of_build) == "$(cat "$build_folder/launch-program" 2>/dev/null)" ]]; }

# Installs what is missing and builds; $1 is "data" where FashionMNIST is wanted, too. The others are the arguments of
# the script, which starts again where sudo has done its part.
prepare() {
  if is_built && { [[ $1 != data ]] || find_data; }; then
    leave_root "${@:2}"
    return
  fi
  install_everything "$1"
  leave_root "${@:2}"
  find_swift
  build program
  [[ $1 != data ]] || fetch_data_if_missing
}

# Sets `data` to the folder that has FashionMNIST: Debian's, or what launch/fetch-data downloaded.
find_data() {
  for data in "$debian_data" "$root/data/fashion-mnist"; do
    [[ ! -r $data/train-images-idx3-ubyte.gz ]] || [[ ! -r $data/t10k-labels-idx1-ubyte.gz ]] || return 0
  done
  return 1
}

# FashionMNIST from the data set's own addresses, where apt has not brought it.
fetch_data_if_missing() {
  find_data && return
  say "dataset-fashion-mnist is not installed; downloading FashionMNIST to data/fashion-mnist"
  "$root/launch/fetch-data" >&2
  find_data
}
