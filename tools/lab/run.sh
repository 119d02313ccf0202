# Running things in the environment. Sourced by ./lab.

# Builds the programs that exec, demo and bench use, and the models that experiments name, if their source is newer.
build_programs() {
  local preset=${EDGELAB_PRESET:-release}
  if build_is_stale "$preset"; then build "$preset"; fi
  build_models
  build_wide_models
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

# A benchmark is a program bench_NAME of the build, or bench/NAME.py (bench/README.md).
lab_bench() {
  local bin=$PROJECT/build/${EDGELAB_PRESET:-release}/bin name file status=0 names=()
  enter dev
  build_programs
  for file in "$bin"/bench_* "$PROJECT"/bench/*.py; do
    name=${file##*/}
    name=${name#bench_}
    names+=("${name%.py}")
  done
  if (($# > 0)); then
    name=$1
    shift
    [[ " ${names[*]} " == *" $name "* ]] || die_usage "there is no benchmark '$name': ${names[*]}"
    bench_words "$name"
    exec "${INSIDE[@]}" "${BENCH[@]}" "$@"
  fi
  for name in "${names[@]}"; do
    say "bench $name"
    bench_words "$name"
    inside "${BENCH[@]}" || status=1
  done
  return $status
}

# bench_words NAME: sets BENCH to the command that runs it.
bench_words() {
  BENCH=("$PROJECT/build/${EDGELAB_PRESET:-release}/bin/bench_$1")
  if [[ -f $PROJECT/bench/$1.py ]]; then BENCH=(python3 -B "$PROJECT/bench/$1.py"); fi
}

lab_train_demo_model() {
  enter train
  export MALLOC_ARENA_MAX=${MALLOC_ARENA_MAX:-1}
  exec "${INSIDE[@]}" python3 "$PROJECT/tools/demo_model/run.py" --work "$PROJECT/build/demo_model" "$@"
}
