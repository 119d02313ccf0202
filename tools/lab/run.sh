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

# A benchmark is an executable script in bench/, NAME.sh or NAME.py. It gets the built programs on PATH.
lab_bench() {
  local name=${1-} script status=0 names=()
  for script in "$PROJECT"/bench/*.sh "$PROJECT"/bench/*.py; do
    if [[ -x $script ]]; then names+=("$(basename "${script%.*}")"); fi
  done
  [[ -z $name || " ${names[*]-} " == *" $name "* ]] || die_usage "there is no benchmark '$name': ${names[*]-none yet}"
  enter dev
  build_programs
  if [[ -n $name ]]; then
    shift
    exec "${INSIDE[@]}" "$(ls "$PROJECT/bench/$name".{sh,py} 2>/dev/null | head -n 1)" "$@"
  fi
  for name in "${names[@]}"; do
    say "bench $name"
    inside "$(ls "$PROJECT/bench/$name".{sh,py} 2>/dev/null | head -n 1)" || status=1
  done
  return $status
}

lab_train_demo_model() {
  enter train
  [[ -x $PROJECT/tools/demo_model/train ]] || die "tools/demo_model/train is missing"
  exec "${INSIDE[@]}" "$PROJECT/tools/demo_model/train" "$@"
}
