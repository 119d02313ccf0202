#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <print>
#include <string>

#include "app/cli.hpp"
#include "core/text.hpp"
#include "model/gguf_file.hpp"
#include "model/widen.hpp"

namespace edgelab::app {

namespace {

int show_info(std::string const& file) {
  auto const info = model::inspect(file);
  if (!info) return refuse(info.error().describe());
  std::string types;
  for (auto const& [type, count] : info->tensors_by_type) {
    types += std::format("{}{} x {}", types.empty() ? "" : ", ", count, type);
  }
  std::println("file            {}", file);
  std::println("architecture    {}", info->architecture);
  if (!info->name.empty()) std::println("name            {}", info->name);
  std::println("parameters      {:.2f} M", static_cast<double>(info->parameters) / 1e6);
  std::println("size            {} ({} of tensors)", format_bytes(static_cast<double>(info->file_bytes)),
               format_bytes(static_cast<double>(info->tensor_bytes)));
  std::println("tensors         {}", types);
  std::println("context         {} tokens", info->context_length);
  std::println("shape           {} wide, {} blocks, {} heads ({} for K and V), feed forward {}", info->embedding_length,
               info->block_count, info->head_count, info->head_count_kv, info->feed_forward_length);
  std::println("vocabulary      {} tokens, tokenizer {}, hash {:016x}", info->vocabulary,
               info->tokenizer.empty() ? "none" : info->tokenizer, info->vocabulary_hash);
  std::println("chat template   {}", info->has_chat_template ? "yes" : "no");
  return exit_ok;
}

void tell_written(std::string const& out, model::Info const& info, std::string const& what) {
  std::println("{}: {:.1f} M parameters{}, {}", out, static_cast<double>(info.parameters) / 1e6, what,
               format_bytes(static_cast<double>(info.file_bytes)));
}

struct SynthOptions {
  std::string shape = "smollm2-135m";
  std::string type = "q4_0";
  std::string out;
  std::uint64_t seed = 1;
};

int synthesise(SynthOptions const& options) {
  auto const shape = model::parse_shape(options.shape);
  if (!shape) return refuse("--shape: " + shape.error().describe());
  if (auto const made = model::synthesise(*shape, options.type, options.seed, options.out); !made) {
    return refuse(made.error().describe());
  }
  auto const info = model::inspect(options.out);
  if (!info) return refuse(info.error().describe());
  tell_written(options.out, *info, " of " + options.type);
  return exit_ok;
}

struct WidenOptions {
  std::string in;
  std::string shape = "smollm2-135m";
  std::string out;
};

int widen(WidenOptions const& options) {
  auto const shape = model::parse_shape(options.shape);
  if (!shape) return refuse("--shape: " + shape.error().describe());
  if (auto const made = model::widen(options.in, *shape, options.out); !made) return refuse(made.error().describe());
  auto const info = model::inspect(options.out);
  if (!info) return refuse(info.error().describe());
  tell_written(options.out, *info, ", most of them zero");
  return exit_ok;
}

}  // namespace

void add_model_command(CLI::App& app, int& status) {
  auto* const command = app.add_subcommand("model", "Look into model files, make one with random weights, or widen one");
  command->require_subcommand(1);

  auto* const info = command->add_subcommand("info", "What a GGUF file contains, and whether it is whole");
  auto const file = std::make_shared<std::string>();
  info->add_option("FILE", *file, "The GGUF file")->required();
  info->footer("Example:\n  edgelab model info models/demo/demo-f16.gguf");
  info->callback([file, &status] { status = show_info(*file); });

  auto* const synth = command->add_subcommand("synth", "Write a model with random weights, to measure speed with");
  auto const options = std::make_shared<SynthOptions>();
  auto const presets = model::shape_presets();
  synth
      ->add_option("--shape", options->shape,
                   "A preset (" + join(presets, ", ") + "), key=value,..., or a preset followed by changes")
      ->capture_default_str();
  synth->add_option("--type", options->type, "Type of the weights: f32, f16, bf16, q8_0, q4_0, ...")
      ->capture_default_str();
  synth->add_option("-o,--out", options->out, "The file to write")->required();
  synth->add_option("--seed", options->seed, "Seed of the weights: the same seed writes the same file")
      ->capture_default_str();
  synth->footer(
      "Speed depends on a model's shape and types, not on what it has learnt: a model of random weights measures\n"
      "that of any model of its shape, without a download. It writes nonsense, of course.\n\n"
      "Examples:\n"
      "  edgelab model synth --shape smollm2-135m --type q4_0 -o smol.gguf\n"
      "  edgelab model synth --shape n_embd=64,n_layer=2,n_head=4,n_head_kv=2,n_ff=128,n_vocab=1024 --type f16 -o tiny.gguf\n"
      "  edgelab model synth --shape smollm2-135m,n_layer=4 --type q8_0 -o short.gguf");
  synth->callback([options, &status] { status = synthesise(*options); });

  auto* const wide = command->add_subcommand("widen", "Pad a small trained model with zeros to a larger shape");
  auto const widening = std::make_shared<WidenOptions>();
  wide->add_option("IN", widening->in, "An f16 or f32 GGUF file of architecture llama")->required();
  wide->add_option("--shape", widening->shape, "As for synth; head size and heads to a KV head must be the model's")
      ->capture_default_str();
  wide->add_option("-o,--out", widening->out, "The file to write")->required();
  wide->footer(
      "The widened model is the same function: it writes the same text, and a draft model is right as often. But a\n"
      "token costs what it costs at that shape (less what a larger vocabulary would cost), so that speculation and\n"
      "caching can be measured on a real model of a real size.\n\n"
      "Example:\n"
      "  edgelab model widen models/demo/demo-f16.gguf --shape smollm2-135m -o wide.gguf\n"
      "  llama-quantize wide.gguf wide-q4_0.gguf q4_0");
  wide->callback([widening, &status] { status = widen(*widening); });
}

}  // namespace edgelab::app
