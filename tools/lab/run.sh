# Running things in the environment. Sourced by ./lab.

# Builds the programs that exec, demo and bench use, if a source is newer than they are.
build_programs() {
  local preset=${EDGELAB_PRESET:-release}
  if build_is_stale "$preset"; then build "$preset"; fi
}

lab_exec() {
  local build=yes
  if [[ ${1-} == --no-build ]]; then build="" && shift; fi
  if [[ ${1-} == -- ]]; then shift; fi
  (($# > 0)) || die_usage "exec takes a command: ./lab exec -- CMD…"
  enter dev
  [[ -z $build ]] || build_programs
  exec "${INSIDE[@]}" "$@"
}

lab_demo() {
  enter dev
  build_programs
  local arguments=("$@") number=1
  if [[ " $* " != *" --out"[\ =]* ]]; then
    mkdir -p "$PROJECT/results"
    while [[ -e $PROJECT/results/demo-$number ]]; do number=$((number + 1)); done
    arguments+=(--out "$PROJECT/results/demo-$number")
  fi
  if [[ " $* " != *" --blocks"[\ =]* ]]; then arguments+=(--blocks 3); fi
  say "edgelab run experiments/default.yaml ${arguments[*]}"
  exec "${INSIDE[@]}" edgelab run "$PROJECT/experiments/default.yaml" "${arguments[@]}"
}

# A benchmark is a program bench_NAME of the build (bench/README.md).
lab_bench() {
  local bin=$PROJECT/build/${EDGELAB_PRESET:-release}/bin name program status=0 names=()
  enter dev
  build_programs
  for program in "$bin"/bench_*; do names+=("${program##*/bench_}"); done
  if (($# > 0)); then
    name=$1
    shift
    [[ " ${names[*]} " == *" $name "* ]] || die_usage "there is no benchmark '$name': ${names[*]}"
    exec "${INSIDE[@]}" "$bin/bench_$name" "$@"
  fi
  for name in "${names[@]}"; do
    say "bench $name"
    inside "$bin/bench_$name" || status=1
  done
  return $status
}

lab_train_demo_model() {
  enter train
  export MALLOC_ARENA_MAX=${MALLOC_ARENA_MAX:-1}
  exec "${INSIDE[@]}" python3 "$PROJECT/tools/demo_model/run.py" --work "$PROJECT/build/demo_model" "$@"
}
