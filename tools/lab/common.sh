# Messages, paths and locks. Sourced by ./lab.

CACHE=${EDGELAB_CACHE:-${XDG_CACHE_HOME:-${HOME:?HOME is not set; set it or EDGELAB_CACHE}/.cache}/edge-llm-lab}
[[ $CACHE == /* ]] || CACHE=$PWD/$CACHE
readonly CACHE

# All of lab's own messages go to standard error: standard output belongs to what is run.
say() { printf '==> %s\n' "$*" >&2; }
note() { printf '    %s\n' "$*" >&2; }

# die MESSAGE [HINT…]: one clear message and what to do about it. 1: something went wrong here.
die() {
  printf 'lab: %s\n' "$1" >&2
  shift
  local hint
  for hint in "$@"; do printf '     %s\n' "$hint" >&2; done
  exit 1
}

# The command line itself is wrong: status 2, as edgelab does.
die_usage() {
  printf 'lab: %s\n     `./lab help` lists the commands.\n' "$1" >&2
  exit 2
}

have() { command -v "$1" >/dev/null 2>&1; }

make_cache() {
  mkdir -p "$CACHE/roots" "$CACHE/ccache" 2>/dev/null && [[ -w $CACHE ]] ||
    die "cannot write the cache folder $CACHE" "Set EDGELAB_CACHE to a folder of yours with 3 GB free."
}

# lock NAME FILE: holds FILE until unlock, or until this shell ends. The descriptor must not reach children, or
# they would hold the lock after us: run them with 9>&-.
lock() {
  have flock || return 0
  exec 9>"$2"
  flock --nonblock 9 && return
  say "another ./lab is busy with $1; waiting for it"
  flock 9
}
unlock() { exec 9>&-; }

# How many compilers at once: one a core, but each may take 1.5 GB.
compile_jobs() {
  local cores memory_kib=0
  cores=$(getconf _NPROCESSORS_ONLN)
  if [[ -r /proc/meminfo ]]; then
    memory_kib=$(sed -n 's/^MemAvailable: *\([0-9]*\).*/\1/p' /proc/meminfo)
  fi
  local jobs=$cores
  ((memory_kib == 0 || memory_kib / 1500000 >= jobs)) || jobs=$((memory_kib / 1500000))
  echo $((jobs > 0 ? jobs : 1))
}
