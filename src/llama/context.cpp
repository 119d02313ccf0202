#include "llama/context.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "llama/batch.hpp"
#include "llama/log.hpp"

namespace edgelab::llama {

namespace {

Outcome<void> check_combination(Model const& model, ContextSettings const& settings) {
  bool const recurrent = llama_model_is_recurrent(model.handle.get());
  if (recurrent && (settings.type_k != GGML_TYPE_F16 || settings.type_v != GGML_TYPE_F16)) {
    return refuse("unsupported", "cache-type-k and cache-type-v: the model is recurrent and has no KV cache");
  }
  if (recurrent && settings.flash_attn == LLAMA_FLASH_ATTN_TYPE_ENABLED) {
    return refuse("unsupported", "flash-attn: the model is recurrent and has no attention");
  }
  return {};
}

// With room for fewer rows of logits llama.cpp lays out its compute buffer such that reading a prompt is 7 to 8 % slower (a 135M
// model, on processors of AMD and of Intel); sixteen rows cost a few MiB that are never touched.
constexpr std::uint32_t least_outputs = 16;

Outcome<void> warm_up(Context& context, Model const& model, std::size_t tokens) {
  auto const sequences = static_cast<std::int32_t>(llama_n_seq_max(context.handle.get()));
  // As many rows with logits as a step may have (or enough of them, where a whole text is scored): drafts being verified.
  auto const cells = static_cast<std::size_t>(llama_n_ctx_seq(context.handle.get()));
  auto const outputs = std::min<std::size_t>({context.settings.n_outputs_max, llama_n_batch(context.handle.get()), 128, cells / 2});
  // All of it has to fit at once, also where the sequences share their cells.
  auto const taken = outputs + 1 + static_cast<std::size_t>(sequences);
  auto const prompt = std::min<std::size_t>({tokens, llama_n_ubatch(context.handle.get()), cells - std::min(cells, taken)});
  std::vector<llama_token> some(std::max<std::size_t>(prompt, 1), model.ordinary_tokens.front());
  auto const first_of_each = std::min<std::int32_t>(sequences, static_cast<std::int32_t>(llama_n_batch(context.handle.get())));
  Batch one_of_each(static_cast<std::size_t>(first_of_each), sequences);
  for (llama_seq_id i = 0; i < first_of_each; ++i)
    one_of_each.add(some.front(), i == 0 ? some.size() + 1 : 0, i, Logits::wanted);
  Batch verified(outputs, sequences);
  for (std::size_t i = 0; i < outputs; ++i) verified.add(some.front(), some.size() + 2 + i, 0, Logits::wanted);
  for (auto const& batch : {llama_batch_get_one(some.data(), static_cast<std::int32_t>(some.size())),
                            llama_batch_get_one(some.data(), 1), one_of_each.view(), verified.view()}) {
    auto const code = llama_decode(context.handle.get(), batch);
    if (code == 2) return refuse("cancelled", "cancelled while a context was made ready");
    if (code != 0) {
      return std::unexpected(
          log::refusal("a first batch cannot be decoded (llama_decode: " + std::to_string(code) + ")", log::take()));
    }
  }
  llama_synchronize(context.handle.get());
  llama_memory_clear(context.memory(), true);
  return {};
}

}  // namespace

std::uint32_t padded_n_ctx(std::size_t tokens) { return static_cast<std::uint32_t>((tokens + 255) / 256 * 256); }

std::optional<std::string> cannot_roll_back(Model const& model, ContextSettings const& settings, Windowed windowed) {
  auto const* const handle = model.handle.get();
  if (llama_model_is_recurrent(handle) || llama_model_is_hybrid(handle))
    return "the state of a recurrent model cannot be taken back to an earlier token";
  if (windowed == Windowed::refused && llama_model_n_swa(handle) > 0 && !settings.swa_full)
    return "the sliding window may have dropped what a refused draft is taken back to: swa-full keeps it";
  return std::nullopt;
}

Outcome<Context> make_context(Model const& model, ContextSettings const& settings,
                              std::optional<std::size_t> warm_tokens, Stop const& stop) {
  if (auto checked = check_combination(model, settings); !checked) return std::unexpected(std::move(checked).error());
  (void)log::take();
  auto params = llama_context_default_params();
  params.n_ctx = settings.n_ctx;
  params.n_batch = settings.n_batch;
  params.n_ubatch = std::min(settings.n_ubatch, settings.n_batch);
  params.n_seq_max = settings.n_seq_max;
  params.n_outputs_max = std::max(settings.n_outputs_max, std::min(least_outputs, params.n_batch));
  params.n_threads = settings.n_threads;
  params.n_threads_batch = settings.n_threads_batch;
  params.flash_attn_type = settings.flash_attn;
  params.type_k = settings.type_k;
  params.type_v = settings.type_v;
  params.swa_full = settings.swa_full;
  params.kv_unified = settings.kv_unified == Unified::on;
  params.offload_kqv = settings.offload_kqv;
  params.op_offload = settings.op_offload;
  params.no_perf = true;
  params.abort_callback = [](void* asked) { return static_cast<Stop const*>(asked)->requested(); };
  params.abort_callback_data = const_cast<Stop*>(&stop);

  Context context{settings, nullptr, {}};
  context.handle.reset(llama_init_from_model(model.handle.get(), params));
  context.log = log::take();
  if (!context.handle) {
    auto refusal = log::refusal("no context can be made with these settings", context.log);
    // The model's head size is not a multiple of the type's block.
    if (context.log.find("does not divide") != std::string::npos) refusal.kind = "unsupported";
    return std::unexpected(std::move(refusal));
  }
  if (!warm_tokens) return context;
  if (auto warmed = warm_up(context, model, *warm_tokens); !warmed) return std::unexpected(std::move(warmed).error());
  context.log += log::take();
  return context;
}

}  // namespace edgelab::llama
