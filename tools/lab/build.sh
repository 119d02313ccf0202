# Building, testing, checking. Sourced by ./lab.

# The environment that a preset is built in.
group_of() { if [[ $1 == arm64 ]]; then echo arm64; else echo dev; fi; }

# build PRESET: configures if need be, and builds. Needs `enter "$(group_of PRESET)"`.
build() {
  local preset=$1 folder=$PROJECT/build/$1 started=$SECONDS
  grep -q "\"name\": \"$preset\", \"configurePreset\"" "$PROJECT/CMakePresets.json" ||
    die_usage "there is no preset '$preset': release, dev, asan, tsan, fuzz, portable, arm64"
  mkdir -p "$PROJECT/build" || die "cannot write $PROJECT/build"
  lock "building" "$PROJECT/build/.lock-$preset"
  # Objects of another environment's compiler and headers look up to date and are not.
  if [[ -d $folder ]] && built_elsewhere "$preset"; then rm -rf "$folder"; fi
  cd "$PROJECT"
  if [[ ! -f $folder/build.ninja || CMakePresets.json -nt $folder/build.ninja ]]; then
    say "configuring $preset"
    inside cmake --preset "$preset" >&2 9>&- </dev/null || die "configuring '$preset' failed; CMake's message is above"
    [[ $ENV_ID == inside ]] || echo "$ENV_ID" >"$folder/.environment"
  fi
  touch "$folder/.building"   # before, so that what is edited meanwhile counts as newer
  NINJA_STATUS="[%f/%t $preset] " inside cmake --build --preset "$preset" --parallel "$(compile_jobs)" \
    >&2 9>&- </dev/null || die "building '$preset' failed; the compiler's message is above"
  mv "$folder/.building" "$folder/.built"
  ((SECONDS - started < 5)) || note "$preset: built in $((SECONDS - started)) s"
  cd "$OLDPWD"
  unlock
}

built_elsewhere() { [[ $ENV_ID != inside && $(cat "$PROJECT/build/$1/.environment" 2>/dev/null) != "$ENV_ID" ]]; }

# Whether something that a build reads is newer than the last one.
build_is_stale() {
  local stamp=$PROJECT/build/$1/.built
  [[ ! -e $stamp ]] || built_elsewhere "$1" ||
    [[ -n $(cd "$PROJECT" && find CMakeLists.txt CMakePresets.json cmake src bench -newer "$stamp" -print -quit) ]]
}

lab_build() {
  (($# <= 1)) || die_usage "build takes one preset at most"
  enter "$(group_of "${1:-release}")"
  build "${1:-release}"
  if [[ ${1-} == arm64 ]]; then
    say "programs for 64-bit Arm are in build/arm64/bin"
    return
  fi
  build_models
  say "programs are in build/${1:-release}/bin; \`./lab exec -- CMD\` has them of build/${EDGELAB_PRESET:-release} on its PATH"
}

# run_tests PRESET CTEST-ARG…: ctest, its closing line kept in CLOSING.
run_tests() {
  local preset=$1 status=0 log
  shift
  log=$PROJECT/build/$preset/lab-ctest.log
  cd "$PROJECT"
  inside ctest --preset "$preset" --no-tests=error --parallel "$(getconf _NPROCESSORS_ONLN)" --output-log "$log" "$@" \
    </dev/null || status=$?
  CLOSING+=("$preset: $(grep -E '^[0-9]+% tests passed' "$log" || echo "ctest ended with status $status")")
  return $status
}

lab_test() {
  local all="" label="" preset=dev
  while (($# > 0)); do
    case $1 in
      --all) all=yes ;;
      --preset) preset=${2:?--preset takes a name} && shift ;;
      -*) die_usage "test does not know '$1'" ;;
      *) label=$1 ;;
    esac
    shift
  done
  if [[ $preset == arm64 ]]; then
    test_arm64
    return
  fi
  [[ ${CI-} != true || -n $label || $preset != dev ]] || all=yes
  enter dev
  CLOSING=()
  local failed=0
  build "$preset"
  build_models
  # Without it the web label's tests fail, each by itself; nothing else depends on npm's registry.
  if [[ -z $label || $label == web ]] && ! (build_web); then
    say "the web page could not be made: the tests of the label 'web' fail, the others run"
    failed=1
  fi
  run_tests "$preset" ${label:+-L "^($label)\$"} || failed=1
  if [[ -n $all ]]; then
    say "portable folders: clang and libc++"
    build portable
    CLOSING+=("portable: compiles with clang and libc++")
    say "unit and contract tests under the address and undefined-behaviour sanitizers"
    build asan
    run_tests asan -L '^(unit|contract)$' || failed=1
    if has_fuzzer; then
      say "the C ABI under clang's fuzzer"
      build fuzz
      run_tests fuzz -L '^fuzz$' || failed=1
    else
      CLOSING+=("fuzz: skipped, since this clang has no -fsanitize=fuzzer (Debian: libclang-rt-21-dev)")
    fi
  fi
  ((${#CLOSING[@]} == 1)) || printf '%s\n' "${CLOSING[@]}"
  return $failed
}

# Whether clang brings libFuzzer, which Debian has in a package of its own.
has_fuzzer() {
  inside sh -c 'echo "extern \"C\" int LLVMFuzzerTestOneInput() { return 0; }" | clang++ -fsanitize=fuzzer,address -x c++ - -o /dev/null' \
    >/dev/null 2>&1 </dev/null
}

# edgelab-llama for 64-bit Arm under emulation: held to the contract by this machine's tests, its answers to this machine's. Not in CI.
test_arm64() {
  enter arm64
  build arm64
  local emulator="$ENV_ROOT/usr/bin/qemu-aarch64 -L $ENV_ROOT"
  enter dev
  build dev
  build_models
  CLOSING=()
  export EDGELAB_ARM64_LLAMA="$emulator $PROJECT/build/arm64/bin/edgelab-llama"
  run_tests dev -L '^arm64$'
}

# The C++ files that are ours, tracked or new.
our_files() { (cd "$PROJECT" && git ls-files --cached --others --exclude-standard -- "$@" | sort -u | while read -r f; do [[ -f $f ]] && echo "$f"; done); }

lab_format() {
  enter dev
  cd "$PROJECT"
  our_files '*.cpp' '*.hpp' | xargs -r "${INSIDE[@]}" clang-format -i
}

lab_check() {
  enter dev
  cd "$PROJECT"
  local failed=0
  say "format (\`./lab format\` puts it right)"
  our_files '*.cpp' '*.hpp' | xargs -r "${INSIDE[@]}" clang-format --dry-run -Werror || failed=1
  build dev
  say "clang-tidy"
  our_files 'src/*.cpp' | xargs -r -n 1 -P "$(compile_jobs)" "${INSIDE[@]}" clang-tidy --quiet -p build/dev || failed=1
  say "floors"
  CLOSING=()
  run_tests dev -L '^floors$' || failed=1
  ((failed == 0)) || die "check found something; see above"
  say "format, clang-tidy and floors are fine"
}
