# Running things in the environment. Sourced by ./lab.

# Builds the programs that exec, demo and bench use, if a source is newer than they are.
build_programs() {
  local preset=${EDGELAB_PRESET:-release}
  if build_is_stale "$preset"; then build "$preset"; fi
  make_wide_models
}

# The demo model at the cost of a real shape, for benchmarks and experiments where a token must cost something: made
# once, by programs of the build, into build/models/demo-wide-TYPE.gguf.
make_wide_models() {
  local folder=$PROJECT/build/models source=$PROJECT/models/demo/demo-f16.gguf wide type
  wide=$folder/demo-wide
  [[ $wide-q4_0.gguf -nt $source ]] && return
  mkdir -p "$folder" || die "cannot write $folder"
  lock "widening the demo model" "$folder/.lock-wide"
  inside edgelab model widen "$source" --shape smollm2-135m -o "$wide-f16.gguf" >&2 9>&- </dev/null ||
    die "the demo model could not be widened; the message is above"
  for type in q8_0 q4_0; do
    inside llama-quantize "$wide-f16.gguf" "$wide-$type.part" "$type" >"$folder/quantize-wide.log" 2>&1 9>&- </dev/null ||
      die "llama-quantize failed:" "$(tail -n 1 "$folder/quantize-wide.log")"
    mv "$wide-$type.part" "$wide-$type.gguf"
  done
  unlock
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
