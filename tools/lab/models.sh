# The demo models' quantised files. Sourced by ./lab.

# Makes build/models/demo-q8_0.gguf and so on from models/demo/*-f16.gguf where they are missing or older than
# their source: a blink each. Experiments may name them. Needs `enter dev`.
build_models() {
  local source kind made folder=$PROJECT/build/models
  for source in "$PROJECT"/models/demo/*-f16.gguf; do
    for kind in q8_0 q4_0; do
      made=${source##*/}
      made=$folder/${made%-f16.gguf}-$kind.gguf
      if [[ $made -nt $source ]]; then continue; fi
      mkdir -p "$folder" || die "cannot write $folder"
      lock "quantising" "$folder/.lock"
      inside llama-quantize "$source" "$made.new" "$kind" >"$folder/quantize.log" 2>&1 9>&- </dev/null ||
        die "llama-quantize failed on $source:" "$(tail -n 1 "$folder/quantize.log")"
      mv "$made.new" "$made"
      unlock
    done
  done
}
