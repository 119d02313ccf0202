# Where compilers and libraries come from: this system where it has libllama >= 0.7, else a root file system of
# our own. Sourced by ./lab.
#
# A root is a folder, made once from Debian packages and never changed afterwards; its name carries the hash of
# what it was made from, so a changed package list is another root. tools/lab/enter.sh says how one is entered.

# Part of a root's name: raise it when the way of making roots changes.
readonly ROOT_RECIPE=1

packages_of() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$PROJECT/tools/lab/packages.$1"; }

root_of() {
  local hash
  hash=$({ echo "$ROOT_RECIPE $SUITE $(uname -m)"; packages_of "$1" | sort; } | sha256sum)
  echo "$CACHE/roots/$1-${hash:0:12}"
}

# Prints what this system lacks of GROUP; succeeds when it lacks nothing. Quick where libllama is missing.
system_lacks() {
  case $1 in
    dev)
      pkg-config --atleast-version=0.7 llama 2>/dev/null || { echo "libllama >= 0.7"; return 1; }
      have cmake && have ninja && have git || { echo "cmake, ninja or git"; return 1; }
      local header lacks=""
      for header in llama.h rfl.hpp yaml-cpp/yaml.h yyjson.h CLI/CLI.hpp soci/soci.h boost/process/v2/process.hpp \
        boost/math/distributions.hpp ftxui/dom/elements.hpp hwloc.h minja/chat-template.hpp httplib.h nats/nats.h qrencode.h gmock/gmock.h benchmark/benchmark.h; do
        lacks+=$'\n'"#if !__has_include(<$header>)"$'\n'"#error <$header>"$'\n'"#endif"
      done
      # std::expected and std::format are what older compilers lack.
      lacks+=$'\n#include <expected>\n#include <format>\n#if !defined(__cpp_lib_expected) || !defined(__cpp_lib_format)\n#error a C++23 library\n#endif'
      # shellcheck disable=SC2046
      lacks=$("${CXX:-c++}" -std=c++23 $(pkg-config --cflags llama) -x c++ -fsyntax-only - <<<"$lacks" 2>&1) ||
        { sed -n 's/.*#error //p' <<<"$lacks" | sort -u | paste -sd' ' -; return 1; }
      ;;
    # A cross compiler with Arm's libraries beside this machine's own: never the system.
    arm64) echo "a cross compiler and libllama for arm64"; return 1 ;;
    train)
      python3 -c 'import importlib.util as u, sys
lacks = [m for m in ("torch", "gguf", "tokenizers", "numpy") if not u.find_spec(m)]
print(*lacks); sys.exit(bool(lacks))' 2>/dev/null || { echo "(Python modules)"; return 1; }
      ;;
  esac
}

# use_environment GROUP: sets ENV_ROOT to the root to work in, or to nothing where this system (or the root
# we are in already) is the environment. Makes the root if there is none.
use_environment() {
  local group=$1 lacks
  if [[ ${EDGELAB_INSIDE-} == "$group" ]]; then
    ENV_ROOT=""
    ENV_ID="inside"
    return
  fi
  ENV_ROOT=$(root_of "$group")
  ENV_ID=${ENV_ROOT##*/}
  case ${EDGELAB_ENVIRONMENT-} in
    root) ;;
    system)
      lacks=$(system_lacks "$group") || die "this system lacks: $lacks" "Unset EDGELAB_ENVIRONMENT to use a root of Debian packages."
      ENV_ROOT=""
      ;;
    "") if [[ ! -d $ENV_ROOT ]] && system_lacks "$group" >/dev/null; then ENV_ROOT=""; fi ;;
    *) die_usage "EDGELAB_ENVIRONMENT is '$EDGELAB_ENVIRONMENT'; it may be 'system' or 'root'" ;;
  esac
  if [[ -z $ENV_ROOT ]]; then
    ENV_ID="system"
    make_cache
  elif [[ ! -d $ENV_ROOT ]]; then
    make_root "$group" "$ENV_ROOT"
  fi
}

# make_root GROUP ROOT: under a working name first, renamed when it is whole. A set-up that was interrupted,
# however hard, leaves a working folder that the next one removes.
#
# Here and in build(): no subshells around what takes long. A child ends with the shell that started it, and that
# is to be the one whose process id the user knows.
make_root() {
  local group=$1 root=$2 making=$CACHE/roots/.making-$$ free_kib as_root=() mirror sources=() packages others architectures=()
  if [[ $group == arm64 ]]; then
    [[ $(uname -m) == x86_64 ]] || die "the arm64 environment cross-builds on x86-64; this machine is $(uname -m)" \
      "On 64-bit Arm itself, \`./lab build\` builds for it."
    architectures=(--architectures=amd64,arm64)
  fi
  [[ $(uname -s) == Linux && -L /bin ]] ||
    die "libllama >= 0.7 is not installed, and a root can only be made on Linux with a merged /usr" \
      "docs/HACKING.md lists what to install; ./lab uses it once it is there."
  make_cache
  lock "setting up" "$CACHE/lock"
  if [[ -d $root ]]; then unlock && return; fi
  rm -rf --one-file-system "$CACHE"/roots/.making-*
  trap "rm -rf --one-file-system '$making' 2>/dev/null" EXIT
  trap 'echo >&2; say "interrupted; the next set-up starts clean"; exit 130' INT

  free_kib=$(df --output=avail -k "$CACHE" | tail -n 1)
  ((free_kib > 4000000)) || die "only $((free_kib / 1000)) MB are free for $CACHE; 4 GB are needed" \
    "Make room, or set EDGELAB_CACHE to a folder on a larger disk."

  say "$group environment: making a root of Debian $SUITE packages (once; 3 to 10 minutes)"
  note "in $root"
  need_programs mmdebstrap=mmdebstrap
  [[ -e /usr/share/keyrings/debian-archive-keyring.gpg ]] || install_packages debian-archive-keyring
  if ((EUID != 0)); then
    need_programs newuidmap=uidmap
    as_root=(--user --map-root-user --map-auto)
  fi
  can_unshare "${as_root[@]}"

  mkdir -p "$making/tmp"
  apt_settings >"$making/apt.conf"
  mirror=$(debian_mirror)
  note "mirror: ${mirror:-the default of mmdebstrap}"
  check_mirror "$mirror" "$making/apt.conf" "$making/tmp"
  [[ -z $mirror ]] ||
    sources=("deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $SUITE main")

  # The namespaces end with this shell: nothing goes on writing or stays mounted after it, however it ends.
  packages=$(packages_of "$group" | paste -sd,)
  TMPDIR="$making/tmp" setpriv --pdeathsig KILL unshare "${as_root[@]}" --mount --pid --fork --kill-child=KILL \
    mmdebstrap --mode=root --variant=minbase "${architectures[@]}" --include="$packages" --aptopt="$making/apt.conf" \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --customize-hook="$PROJECT/tools/lab/finish_root.sh" \
    "$SUITE" "$making/root" "${sources[@]}" >&2 9>&- </dev/null ||
    die "making the root failed; mmdebstrap's own message is above" \
      "Nothing half-made is left; call this again to start clean." \
      "If a package could not be found, another mirror may have it: EDGELAB_MIRROR=URL ./lab setup"

  mv -T "$making/root" "$root"
  rm -rf --one-file-system "$making"
  trap - EXIT INT
  unlock
  say "$group environment is ready ($(du -sh "$root" 2>/dev/null | cut -f1))"
  others=$(find "$CACHE/roots" -mindepth 1 -maxdepth 1 -name "$group-*" ! -path "$root" -printf '%p ')
  [[ -z $others ]] || note "roots of other versions, which may be removed: $others"
}

# can_unshare FLAG…: whether this user, here, can have a mount namespace.
can_unshare() {
  local complaint
  complaint=$(unshare "$@" --mount --pid --fork true 2>&1) && return
  local hint="In a container, it needs the right to mount (docker run --privileged), or libllama >= 0.7 inside it."
  if ((EUID != 0)); then
    hint="An administrator can allow it: user namespaces (sysctl kernel.unprivileged_userns_clone=1, or on Ubuntu"
    hint+=$'\n     kernel.apparmor_restrict_unprivileged_userns=0) and a line for you in /etc/subuid and /etc/subgid.'
    hint+=$'\n     Or call ./lab as root.'
  fi
  die "this system does not let you make a mount namespace: $complaint" "$hint"
}

# Sets INSIDE to the words that, put before a command, run it in the environment.
inside_words() {
  local paths=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin
  local bin="$PROJECT/build/${EDGELAB_PRESET:-release}/bin"
  # Objects are found again by a clone in another folder: paths below the project count from it.
  local settings=("CCACHE_DIR=${CCACHE_DIR:-$CACHE/ccache}" "CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-5G}" "CCACHE_BASEDIR=$PROJECT" CCACHE_NOHASHDIR=1)
  if [[ -z $ENV_ROOT ]]; then
    INSIDE=(env "${settings[@]}" "PATH=$bin:$PATH")
    return
  fi
  # Libraries and Python modules of this system do not fit the root's programs; its locales are not there.
  INSIDE=(env -u LD_LIBRARY_PATH -u LD_PRELOAD -u PYTHONPATH -u PYTHONHOME -u LANGUAGE "${settings[@]}"
    LANG=C.UTF-8 LC_ALL=C.UTF-8 "PATH=$bin:$paths:$PATH" "EDGELAB_INSIDE=$ENV_GROUP")
  local namespace=(--mount --propagation slave)
  ((EUID == 0)) || namespace=(--user --map-root-user "${namespace[@]}")
  INSIDE=(unshare "${namespace[@]}" "$BASH" "$PROJECT/tools/lab/enter.sh" "$ENV_ROOT" "$(id -u)" "$(id -g)" "${INSIDE[@]}")
}

# enter GROUP: makes the environment ready to run things in.
enter() {
  ENV_GROUP=$1
  use_environment "$1"
  inside_words
  local folder
  for folder in "$PWD" "$PROJECT" "$CACHE"; do
    [[ -z $ENV_ROOT || ! $folder/ =~ ^/(usr|etc|bin|sbin|lib[^/]*)/ ]] ||
      die "$folder is not there inside the environment, whose /usr and /etc are its own" \
        "Work in your home folder, /tmp, /opt, /srv or on a mounted disk instead."
  done
  if [[ -n $ENV_ROOT ]] && ! "${INSIDE[@]}" true 2>/dev/null; then
    # Say why, where it can be told.
    can_unshare $( ((EUID == 0)) || echo --user --map-root-user)
    "${INSIDE[@]}" true || exit 1
  fi
}

# inside CMD…: runs CMD in the environment and comes back. It ends when this shell does.
inside() {
  if [[ -z $ENV_ROOT ]]; then "${INSIDE[@]}" "$@"; else "${INSIDE[@]}" setpriv --pdeathsig TERM "$@"; fi
}

lab_setup() {
  (($# <= 1)) || die_usage "setup takes one group at most: dev, arm64 or train"
  local group=${1:-dev}
  [[ -f $PROJECT/tools/lab/packages.$group ]] || die_usage "there is no group '$group': setup takes dev, arm64 or train"
  enter "$group"
  say "environment: ${ENV_ROOT:-this system}"
}
