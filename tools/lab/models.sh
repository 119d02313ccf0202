# The demo models in other types and shapes, in build/models: made at set-up, and experiments may name them. Sourced by ./lab.

# quantise SOURCE KIND MADE
quantise() {
  local source=$1 kind=$2 made=$3 folder=$PROJECT/build/models
  if [[ $made -nt $source ]]; then return; fi
  mkdir -p "$folder" || die "cannot write $folder"
  lock "quantising" "$folder/.lock"
  inside llama-quantize "$source" "$made.new" "$kind" >"$folder/quantize.log" 2>&1 9>&- </dev/null ||
    die "llama-quantize failed on $source:" "$(tail -n 1 "$folder/quantize.log")"
  mv "$made.new" "$made"
  unlock
}

# demo-q8_0.gguf and so on from models/demo/*-f16.gguf, where they are missing or older than their source: a blink each.
# Needs `enter dev`.
build_models() {
  local source kind made
  for source in "$PROJECT"/models/demo/*-f16.gguf; do
    for kind in q8_0 q4_0; do
      made=${source##*/}
      quantise "$source" "$kind" "$PROJECT/build/models/${made%-f16.gguf}-$kind.gguf"
    done
  done
}

# demo-wide-{f16,q8_0,q4_0}.gguf: the demo model at the cost of a real shape, for experiments in which a token must cost
# something. Some seconds, once. Needs a build whose programs `inside` finds.
build_wide_models() {
  local source=$PROJECT/models/demo/demo-f16.gguf wide=$PROJECT/build/models/demo-wide kind
  if [[ ! $wide-f16.gguf -nt $source ]]; then
    mkdir -p "$PROJECT/build/models" || die "cannot write $PROJECT/build/models"
    lock "widening the demo model" "$PROJECT/build/models/.lock"
    inside edgelab model widen "$source" --shape smollm2-135m -o "$wide-f16.gguf" >&2 9>&- </dev/null ||
      die "the demo model could not be widened; the message is above"
    unlock
  fi
  for kind in q8_0 q4_0; do quantise "$wide-f16.gguf" "$kind" "$wide-$kind.gguf"; done
}
