# What is asked of the machine itself: apt packages, the mirror and settings its apt uses. Sourced by ./lab.

# The suite whose libllama we build against, where the system has none.
readonly SUITE=forky

# need_programs PROGRAM=PACKAGE…: installs by apt what is missing, naming it first.
need_programs() {
  local pair missing=()
  for pair in "$@"; do
    have "${pair%%=*}" || missing+=("${pair#*=}")
  done
  ((${#missing[@]} == 0)) || install_packages "${missing[@]}"
}

install_packages() {
  local packages="$*" as_root=()
  have apt-get || die "this system has neither libllama >= 0.7 nor apt" \
    "On another Linux or macOS, install llama.cpp >= 0.7 with its headers and the libraries" \
    "that docs/HACKING.md lists, and ./lab will use them."
  if ((EUID != 0)); then
    if have sudo && { [[ -t 0 ]] || sudo -n true 2>/dev/null; }; then
      as_root=(sudo)
    else
      die "these apt packages are missing, and installing them takes root rights: $packages" \
        "Have them installed, then call this again:  apt-get install --no-install-recommends $packages"
    fi
  fi
  say "installing apt packages: $packages"
  local install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends)
  # Package lists may be absent or old: the first try may fail for that alone, so its complaint is kept back.
  "${install[@]}" $packages >&2 2>/dev/null </dev/null && return
  note "apt's package lists are missing or old; updating them"
  "${as_root[@]}" apt-get update --quiet >&2 && "${install[@]}" $packages >&2 </dev/null ||
    die "apt could not install: $packages" \
      "Its own message is above. If there is no network, connect and call this again; what is done stays done." \
      "By hand:  apt-get install --no-install-recommends $packages"
}

# The Debian mirror of this machine's own apt, or nothing where it has none (Ubuntu): mmdebstrap then takes
# its default. apt reads its sources itself, so every format, disabled entries and options are understood as
# it understands them.
debian_mirror() {
  if [[ -n ${EDGELAB_MIRROR-} ]]; then
    echo "${EDGELAB_MIRROR%/}"
    return
  fi
  have apt-get || return 0
  local mirror codename
  # What apt has fetched lists of says who made it.
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' 2>/dev/null |
    sed '/^cdrom:/d' | head -n 1)
  if [[ -z $mirror ]]; then
    # Without lists the addresses have to tell: one that ends in /debian (or a list of mirrors) and carries
    # this release, the one that carries its updates too before others.
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
    mirror=$(apt-get update --print-uris 2>/dev/null |
      sed -nE "s#^'(.*[/.](debian|list))/*/dists/([^/]*)/InRelease'.*#\3 \1#p" |
      awk -v codename="$codename" '
        $1 == codename && !first { first = $2 }
        $1 == codename { carries[$2] = 1 }
        $1 == codename "-updates" && !full { full = $2 }
        END { print (full in carries) ? full : first }')
  fi
  echo "${mirror%/}"
}

# Settings of the machine's apt that fetching depends on (proxies, certificates, time-outs, Check-Valid-Until),
# as lines of an apt configuration file. Not: which indices apt keeps, and where.
apt_settings() {
  have apt-config || return 0
  apt-config dump | grep -E '^Acquire::[^ ]+ "[^"]' |
    grep -vE '^Acquire::(IndexTargets|Changelogs|CompressionTypes|Languages|cdrom|GzipIndexes)' | sort -u || true
}

# Asks for the suite's InRelease file: tells "no network" and "no such suite there" apart from all else
# that can go wrong later. Nothing to ask where mmdebstrap chooses the mirror.
check_mirror() {
  local mirror=$1 settings=$2 folder=$3 helper=/usr/lib/apt/apt-helper output
  [[ -n $mirror && -x $helper ]] || return 0
  if ! output=$(APT_CONFIG="$settings" "$helper" -o Acquire::Retries=1 -o Acquire::http::Timeout=20 \
    -o Acquire::https::Timeout=20 -o Acquire::Queue-Mode=access \
    download-file "$mirror/dists/$SUITE/InRelease" "$folder/InRelease" 2>&1); then
    local reason
    reason=$(sed -n 's/^E: Failed to fetch [^ ]* *//p' <<<"$output" | head -n 1)
    die "cannot fetch $mirror/dists/$SUITE/InRelease: ${reason:-no answer}" \
      "Without a network: connect and call this again; nothing half-made is left behind." \
      "If this mirror does not carry $SUITE, name one that does: EDGELAB_MIRROR=URL ./lab setup"
  fi
  rm -f "$folder/InRelease"
}
