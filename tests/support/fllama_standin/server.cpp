#include "support/fllama_standin/server.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <format>
#include <random>

#include "support/fllama_standin/answer.hpp"
#include "wire/json.hpp"

namespace edgelab::testing::fllama_standin {

namespace {

constexpr double similar_enough = 0.1;     // of a prompt, to take the slot that holds it

std::size_t common_prefix(std::vector<llama_token> const& a, std::vector<llama_token> const& b) {
  auto const [end, other] = std::ranges::mismatch(a, b);
  return static_cast<std::size_t>(end - a.begin());
}

std::string piece_of(llama_vocab const* vocab, llama_token token) {
  std::string piece(64, '\0');
  auto length = llama_token_to_piece(vocab, token, piece.data(), static_cast<int>(piece.size()), 0, false);
  if (length < 0) {
    piece.resize(static_cast<std::size_t>(-length));
    length = llama_token_to_piece(vocab, token, piece.data(), static_cast<int>(piece.size()), 0, false);
  }
  piece.resize(static_cast<std::size_t>(std::max(length, 0)));
  return piece;
}

// Whether the text ends inside a character.
bool is_cut(std::string const& text) {
  std::size_t behind = 0;
  while (behind < 4 && behind < text.size()) {
    auto const byte = static_cast<unsigned char>(text[text.size() - 1 - behind]);
    ++behind;
    if (byte < 0x80) return false;
    if (byte < 0xC0) continue;
    return behind < (byte >= 0xF0 ? 4U : byte >= 0xE0 ? 3U : 2U);
  }
  return false;
}

// The prompt of a chat in the model's template, or another where it has none.
std::string chat_prompt(llama_model const* model, std::string const& json) {
  auto const parsed = wire::Json::parse(json);
  if (!parsed) return {};
  std::vector<std::string> texts;
  auto const count = parsed->length("/messages");
  for (std::size_t i = 0; i < count; ++i)
    for (auto const* member : {"role", "content"})
      texts.push_back(parsed->text(std::format("/messages/{}/{}", i, member).c_str()).value_or(""));
  std::vector<llama_chat_message> messages;
  for (std::size_t i = 0; i < count; ++i) messages.push_back({texts[2 * i].c_str(), texts[2 * i + 1].c_str()});
  auto const* const own = llama_model_chat_template(model, nullptr);
  std::string prompt(1 << 16, '\0');
  auto const length = llama_chat_apply_template(own == nullptr ? "chatml" : own, messages.data(), messages.size(), true,
                                                prompt.data(), static_cast<int>(prompt.size()));
  prompt.resize(static_cast<std::size_t>(std::clamp(length, 0, static_cast<int>(prompt.size()))));
  return prompt;
}

}  // namespace

std::vector<llama_token> tokens_of(llama_vocab const* vocab, std::string const& text) {
  std::vector<llama_token> tokens(text.size() + 3);
  auto const count = llama_tokenize(vocab, text.c_str(), static_cast<int>(text.size()), tokens.data(),
                                    static_cast<int>(tokens.size()), true, true);
  tokens.resize(static_cast<std::size_t>(std::max(count, 0)));
  return tokens;
}

std::shared_ptr<Server> Server::load(std::string const& path, Loaded const& how, int threads) {
  std::shared_ptr<Server> server(new Server);
  server->how_ = how;
  auto model = llama_model_default_params();
  model.n_gpu_layers = how.gpu_layers;
  model.progress_callback = [](float, void*) { return true; };
  server->model_.reset(llama_model_load_from_file(path.c_str(), model));
  if (!server->model_) return nullptr;
  auto context = llama_context_default_params();
  context.n_ctx = static_cast<std::uint32_t>(how.context_size);
  context.n_batch = static_cast<std::uint32_t>(std::min(how.context_size, 2048));
  context.n_ubatch = std::min(context.n_batch, 512U);
  context.n_seq_max = slots;
  context.n_threads = context.n_threads_batch = threads;
  context.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_AUTO;
  server->context_.reset(llama_init_from_model(server->model_.get(), context));
  if (!server->context_) return nullptr;
  for (int i = 0; i < slots; ++i) server->slots_[static_cast<std::size_t>(i)].id = i;
  std::fprintf(stderr, "stand-in: context made: threads=%d context_size=%d\n", threads, how.context_size);
  return server;
}

Slot& Server::take_slot(std::vector<llama_token> const& prompt) {
  std::unique_lock lock(mutex_);
  slot_free_.wait(lock, [this] { return !std::ranges::all_of(slots_, &Slot::busy); });
  Slot* best = nullptr;
  double most = similar_enough;
  for (auto& slot : slots_) {
    auto const share = static_cast<double>(common_prefix(slot.tokens, prompt)) / static_cast<double>(prompt.size());
    if (slot.busy || share <= most) continue;
    most = share;
    best = &slot;
  }
  for (auto& slot : slots_) {
    if (most > similar_enough || slot.busy) continue;
    if (best == nullptr || slot.last_used < best->last_used) best = &slot;
  }
  best->busy = true;
  best->last_used = clock_++;
  return *best;
}

void Server::give_back(Slot& slot) {
  {
    std::scoped_lock const lock(mutex_);
    slot.busy = false;
  }
  slot_free_.notify_one();
}

// Reads tokens into the slot's sequence, from the one at `from` on, in batches of at most n_batch.
bool Server::decode(Slot& slot, std::vector<llama_token> const& tokens, std::size_t from) {
  auto const most = std::size_t{llama_n_batch(context_.get())};
  while (from < tokens.size()) {
    auto const count = std::min(most, tokens.size() - from);
    auto batch = llama_batch_init(static_cast<int>(count), 0, 1);
    for (std::size_t i = 0; i < count; ++i) {
      batch.token[i] = tokens[from + i];
      batch.pos[i] = static_cast<llama_pos>(slot.tokens.size() + i);
      batch.n_seq_id[i] = 1;
      batch.seq_id[i][0] = slot.id;
      batch.logits[i] = static_cast<std::int8_t>(from + i + 1 == tokens.size());
    }
    batch.n_tokens = static_cast<int>(count);
    bool const well = llama_decode(context_.get(), batch) == 0;
    llama_batch_free(batch);
    if (!well) return false;
    slot.tokens.insert(slot.tokens.end(), tokens.begin() + static_cast<std::ptrdiff_t>(from),
                       tokens.begin() + static_cast<std::ptrdiff_t>(from + count));
    from += count;
  }
  return true;
}

llama_token Server::pick(float temperature) {
  auto const* const logits = llama_get_logits_ith(context_.get(), -1);
  auto const count = llama_vocab_n_tokens(llama_model_get_vocab(model_.get()));
  auto const* const best = std::max_element(logits, logits + count);
  if (temperature <= 0.0F) return static_cast<llama_token>(best - logits);
  std::vector<double> weights;
  for (int i = 0; i < count; ++i) weights.push_back(std::exp((logits[i] - *best) / temperature));
  std::mt19937 random(std::random_device{}());       // a seed of its own, whatever was asked for
  return static_cast<llama_token>(std::discrete_distribution<int>(weights.begin(), weights.end())(random));
}

void Server::run(standin_request const& request, Emit const& emit, std::function<bool()> const& cancelled) {
  auto const* const vocab = llama_model_get_vocab(model_.get());
  bool const chat = request.openai_request_json_string != nullptr;
  auto const prompt = tokens_of(vocab, chat ? chat_prompt(model_.get(), request.openai_request_json_string)
                                            : std::string(request.input == nullptr ? "" : request.input));
  auto const room = static_cast<std::size_t>(llama_n_ctx_seq(context_.get()));
  if (prompt.size() >= room) {
    emit(std::format("request ({} tokens) exceeds the available context size ({} tokens), try increasing it",
                     prompt.size(), room),
         "", true);
    return;
  }
  auto& slot = take_slot(prompt);
  Answer answer{.chat = chat, .slot = slot.id, .prompt_tokens = static_cast<int>(prompt.size())};
  std::vector<llama_token> fresh = prompt;
  std::size_t from = std::min(common_prefix(slot.tokens, prompt), prompt.size() - 1);
  answer.cached = static_cast<int>(from);
  answer.prompt_begins();
  std::string last_json;
  for (bool first = true; answer.stop_type == "none"; first = false) {
    llama_token token = 0;
    bool well = false;
    {
      std::scoped_lock const lock(mutex_);
      if (first) {
        llama_memory_seq_rm(llama_get_memory(context_.get()), slot.id, static_cast<llama_pos>(from), -1);
        slot.tokens.resize(from);
      }
      well = decode(slot, fresh, from);
      if (well) token = pick(request.temperature);
    }
    if (!well) {
      give_back(slot);
      emit("failed to decode", "", true);
      return;
    }
    if (first) answer.prompt_ends();
    answer.take(piece_of(vocab, token));
    bool const ends = llama_vocab_is_eog(vocab, token);
    if (!is_cut(answer.text)) {
      last_json = answer.partial();
      emit(answer.text, last_json, false);
    }
    if (cancelled()) break;
    fresh = {token};
    from = 0;
    if (slot.tokens.size() + 1 >= room) answer.truncate();
    if (answer.made >= request.max_tokens) answer.stop_type = "limit";
    if (ends) answer.stop_type = "eos";
  }
  give_back(slot);
  emit(answer.text, answer.stop_type == "none" ? last_json : answer.final(), true);
}

}  // namespace edgelab::testing::fllama_standin
