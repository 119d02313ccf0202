#include "executor/two_executors.hpp"

#include <algorithm>
#include <atomic>
#include <format>
#include <optional>
#include <thread>
#include <utility>

#include "core/distributions.hpp"
#include "executor/row_socket.hpp"

namespace edgelab::executor {

namespace {

// An executor that scores on a thread of its own while its stream is read.
class Streaming {
 public:
  Streaming(Side side, RowSocket socket, std::chrono::milliseconds timeout)
      : executor_(side.executor), socket_(std::move(socket)) {
    side.message.stream = socket_.path().string();
    thread_ = std::jthread([this, message = std::move(side.message), timeout] {
      outcome_.emplace(executor_.score(message, timeout));
      ended_ = true;
    });
  }

  [[nodiscard]] RowSocket& socket() { return socket_; }
  [[nodiscard]] bool ended() const { return ended_; }
  void cancel() {
    if (!ended_) executor_.cancel();
  }
  [[nodiscard]] Outcome<protocol::Scored> take() {
    if (thread_.joinable()) thread_.join();
    return *std::move(outcome_);
  }

 private:
  Executor& executor_;
  RowSocket socket_;
  std::optional<Outcome<protocol::Scored>> outcome_;
  std::atomic<bool> ended_ = false;
  std::jthread thread_;
};

std::string first_difference(std::vector<std::int32_t> const& reference, std::vector<std::int32_t> const& own) {
  auto const parts = std::ranges::mismatch(reference, own);
  auto const at = parts.in1 - reference.begin();
  auto const text = [](auto const& tokens, auto place) {
    return place == tokens.end() ? std::string("its end") : std::format("token {}", *place);
  };
  return std::format(
      "the reference and the round read different tokens, from place {} on ({} and {}): their distributions "
      "cannot be compared. Their vocabularies, or the ways in which they make a text of a chat, are not the same",
      at + 1, text(reference, parts.in1), text(own, parts.in2));
}

Result<void> check_same_text(RowSocket const& reference, RowSocket const& own) {
  // The sizes first: another vocabulary reads other tokens too, and is the better reason.
  if (reference.head().n_vocab != own.head().n_vocab)
    return fail(
        std::format("the reference has a vocabulary of {} tokens and the round one of {}: their distributions cannot "
                    "be compared",
                    reference.head().n_vocab, own.head().n_vocab));
  if (reference.tokens() != own.tokens()) return fail(first_difference(reference.tokens(), own.tokens()));
  if (reference.head().n_rows != own.head().n_rows)
    return fail("the reference and the round stream different numbers of rows");
  return {};
}

Result<void> compare(Streaming& reference, Streaming& own, std::stop_token const& stop, protocol::Scored& scored) {
  auto const wanted = [&](Streaming const& side) { return [&] { return !stop.stop_requested() && !side.ended(); }; };
  auto& a = reference.socket();
  auto& b = own.socket();
  EDGELAB_CHECK(a.accept(wanted(reference)));
  EDGELAB_CHECK(b.accept(wanted(own)));
  EDGELAB_CHECK(check_same_text(a, b));
  scored.tokens = a.tokens();
  auto const rows = a.head().n_rows;
  for (std::size_t row = 0, in_a = 0, in_b = 0; row < rows; ++row, ++in_a, ++in_b) {
    if (row == 0 || in_a == a.rows()) {
      EDGELAB_CHECK(a.next(wanted(reference)));
      in_a = 0;
    }
    if (row == 0 || in_b == b.rows()) {
      EDGELAB_CHECK(b.next(wanted(own)));
      in_b = 0;
    }
    auto const p = a.row(in_a);
    auto const q = b.row(in_b);
    auto const token = static_cast<std::size_t>(scored.tokens[scored.tokens.size() - rows + row]);
    if (token >= p.size()) return fail(std::format("token {} is not in the vocabulary", token));
    scored.reference_logprobs.push_back(static_cast<double>(p[token]));
    scored.logprobs.push_back(static_cast<double>(q[token]));
    scored.kld.push_back(kl_divergence(p, q));
    scored.agree.push_back(likeliest(p) == likeliest(q) ? 1 : 0);
  }
  return {};
}

}  // namespace

Outcome<protocol::Scored> score_side_by_side(Side reference, Side own, std::chrono::milliseconds timeout,
                                             std::stop_token const& stop) {
  auto const failed = [](Error const& error) {
    return std::unexpected(Trouble{Status::failed, error.describe(), false});
  };
  auto reference_socket = RowSocket::make();
  if (!reference_socket) return failed(reference_socket.error());
  auto own_socket = RowSocket::make();
  if (!own_socket) return failed(own_socket.error());
  Streaming first(std::move(reference), *std::move(reference_socket), timeout);
  Streaming second(std::move(own), *std::move(own_socket), timeout);
  protocol::Scored scored;
  auto const compared = compare(first, second, stop, scored);
  if (!compared) {
    first.cancel();
    second.cancel();
  }
  auto const told = first.take();
  auto const own_told = second.take();
  if (compared && told && own_told) return scored;
  if (stop.stop_requested()) return std::unexpected(Trouble{Status::interrupted, "interrupted", false});
  // What an executor says of itself tells more than that its stream ended; what was cancelled because of the other, less.
  auto const says = [](Outcome<protocol::Scored> const& side) {
    return !side && side.error().status != Status::interrupted;
  };
  if (says(told)) {
    auto trouble = told.error();
    trouble.reason = "the reference: " + trouble.reason;
    return std::unexpected(std::move(trouble));
  }
  if (says(own_told)) return std::unexpected(own_told.error());
  return failed(compared ? Error{"cancelled", {}} : compared.error());
}

}  // namespace edgelab::executor
