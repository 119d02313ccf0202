// The exchanges of the executor protocol, over whatever channel there is.
#include <atomic>
#include <format>

#include "core/text.hpp"
#include "executor/capability.hpp"
#include "executor/channel.hpp"
#include "executor/executor.hpp"
#include "wire/wire.hpp"

namespace edgelab::executor {

namespace {

using namespace std::chrono_literals;
using protocol::Failure;

constexpr auto cancel_grace = 10s;    // from cancel to being killed: one large batch can take seconds
constexpr std::size_t max_answer_bytes = std::size_t{1} << 30;   // all lines of one answer

template <typename... Case>
struct Cases : Case... {
  using Case::operator()...;
};

std::string excerpt(std::string_view line) {
  constexpr std::size_t shown = 120;
  std::string text;
  for (char const letter : line.substr(0, shown)) text += static_cast<unsigned char>(letter) < 0x20 ? ' ' : letter;
  return line.size() > shown ? text + "..." : text;
}

// The id that an answer repeats; hello has none.
std::optional<std::int64_t> id_of(wire::Reply const& reply) {
  return std::visit(
      [](auto const& message) -> std::optional<std::int64_t> {
        if constexpr (requires { message.id; }) return message.id;
        else return std::nullopt;
      },
      reply);
}

std::string type_of(wire::Reply const& reply) {
  return std::visit(Cases{[](protocol::HelloReply const&) { return "hello"; },
                          [](protocol::Loaded const&) { return "loaded"; },
                          [](protocol::Progress const&) { return "progress"; },
                          [](protocol::Emission const&) { return "emission"; },
                          [](protocol::TimelinePart const&) { return "timeline"; },
                          [](protocol::Done const&) { return "done"; },
                          [](protocol::Scored const&) { return "scored"; },
                          [](Failure const&) { return "error"; }},
                    reply);
}

enum class Next : std::uint8_t { more, finished, unexpected };

class Conversation final : public Executor {
 public:
  explicit Conversation(std::unique_ptr<Channel> channel) : channel_(std::move(channel)) {}

  ~Conversation() override {
    if (lost_) return;
    channel_->send(wire::encode(protocol::Bye{}));
    channel_->part();
  }

  [[nodiscard]] Outcome<void> greet(std::chrono::milliseconds timeout) {
    auto const answer = [&](wire::Reply& reply) {
      auto* hello = std::get_if<protocol::HelloReply>(&reply);
      if (hello == nullptr) return Next::unexpected;
      hello_ = std::move(*hello);
      return Next::finished;
    };
    if (auto said = converse("hello", std::nullopt, wire::encode(protocol::Hello{}), timeout, answer); !said) {
      // An executor that refuses hello is of no use.
      return lost_ ? said : std::unexpected(lose(said.error().status, said.error().reason));
    }
    if (hello_.protocol != protocol::version) {
      return std::unexpected(lose(Status::failed, std::format("the executor speaks protocol {}, this program speaks {}",
                                                              hello_.protocol, protocol::version)));
    }
    if (auto const sound = check_hello(hello_); !sound) {
      return std::unexpected(lose(Status::failed, sound.error().describe()));
    }
    return {};
  }

  [[nodiscard]] protocol::HelloReply const& hello() const override { return hello_; }
  [[nodiscard]] std::optional<std::int64_t> process_id() const override {
    return lost_ ? std::nullopt : channel_->process_id();
  }

  [[nodiscard]] Outcome<protocol::Loaded> load(protocol::Load load, std::chrono::milliseconds timeout) override {
    load.id = next_id_++;
    protocol::Loaded loaded;
    auto const answer = [&](wire::Reply& reply) {
      if (std::holds_alternative<protocol::Progress>(reply)) return Next::more;
      auto* message = std::get_if<protocol::Loaded>(&reply);
      if (message == nullptr) return Next::unexpected;
      loaded = *message;
      return Next::finished;
    };
    if (auto said = converse("load", load.id, wire::encode(load), timeout, answer); !said) {
      return std::unexpected(std::move(said).error());
    }
    return loaded;
  }

  [[nodiscard]] Outcome<Ran> run(protocol::Run run, std::chrono::milliseconds timeout,
                                 OnProgress const& on_progress) override {
    run.id = next_id_++;
    Ran ran;
    auto const answer = [&](wire::Reply& reply) {
      return std::visit(Cases{[&](protocol::Progress const& progress) {
                                if (on_progress) on_progress(progress);
                                return Next::more;
                              },
                              [&](protocol::Emission& emission) {
                                if (!run.live) return Next::unexpected;
                                ran.heard.push_back({std::move(emission.request), emission.tokens, Clock::now()});
                                return Next::more;
                              },
                              [&](protocol::TimelinePart& part) {
                                if (ran.answered == Clock::time_point{}) ran.answered = Clock::now();
                                wire::append(ran.timeline, std::move(part.columns));
                                return Next::more;
                              },
                              [&](protocol::Done& done) {
                                ran.done = std::move(done);
                                return Next::finished;
                              },
                              [](auto const&) { return Next::unexpected; }},
                        reply);
    };
    bool const peak_is_of_run = !lost_ && channel_->reset_peak_rss();
    auto const cpu_before = channel_->cpu_time();
    ran.asked = Clock::now();
    if (auto said = converse("run", run.id, wire::encode(run), timeout, answer); !said) {
      return std::unexpected(std::move(said).error());
    }
    auto const cpu_after = channel_->cpu_time();
    if (cpu_before && cpu_after) ran.cpu_s = std::chrono::duration<double>(*cpu_after - *cpu_before).count();
    if (peak_is_of_run) ran.rss_peak_bytes = channel_->peak_rss_bytes();
    if (auto const fits = check_timeline_of_run(ran.timeline, run.requests.size()); !fits)
      return std::unexpected(Trouble{Status::failed, fits.error().describe(), false});
    return ran;
  }

  [[nodiscard]] Outcome<protocol::Scored> score(protocol::Score score, std::chrono::milliseconds timeout) override {
    score.id = next_id_++;
    protocol::Scored scored;
    auto const answer = [&](wire::Reply& reply) {
      if (std::holds_alternative<protocol::Progress>(reply)) return Next::more;
      auto* part = std::get_if<protocol::Scored>(&reply);
      if (part == nullptr) return Next::unexpected;
      scored.tokens.append_range(part->tokens);
      scored.logprobs.append_range(part->logprobs);
      scored.reference_logprobs.append_range(part->reference_logprobs);
      scored.kld.append_range(part->kld);
      scored.agree.append_range(part->agree);
      scored.leads.append_range(part->leads);
      if (part->noise) scored.noise = part->noise;
      return part->more ? Next::more : Next::finished;
    };
    if (auto said = converse("score", score.id, wire::encode(score), timeout, answer); !said) {
      return std::unexpected(std::move(said).error());
    }
    scored.id = score.id;
    if (ignores_what_is_new(score, scored)) {
      return std::unexpected(
          Trouble{Status::unsupported, "this executor tells no more of a text than its log-probabilities", false});
    }
    if (auto wrong = misfit(score, scored)) return std::unexpected(Trouble{Status::failed, *std::move(wrong), false});
    return scored;
  }

  void cancel() override {
    cancel_asked_ = true;
    channel_->wake();
  }

 private:
  // Sends one message and hands every answer to `take` until that says it is the last one.
  template <typename Take>
  [[nodiscard]] Outcome<void> converse(std::string_view verb, std::optional<std::int64_t> id, std::string line,
                                       std::chrono::milliseconds timeout, Take const& take) {
    if (lost_) return std::unexpected(Trouble{Status::failed, "the executor's process is gone", true});
    if (cancel_asked_.exchange(false)) {
      return std::unexpected(Trouble{Status::interrupted, std::format("cancelled before {} began", verb), false});
    }
    auto deadline = Clock::now() + timeout;
    bool cancelled = false;
    std::size_t answered_bytes = 0;
    channel_->send(std::move(line));
    for (;;) {
      if (cancel_asked_.exchange(false) && !cancelled) {
        if (!id) return std::unexpected(lose(Status::interrupted, std::format("cancelled during {}", verb)));
        cancelled = true;
        deadline = std::min<Clock::time_point>(deadline, Clock::now() + cancel_grace);
        channel_->send(wire::encode(protocol::Cancel{*id}));
      }
      auto const text = channel_->read_line(deadline);
      if (!text) {
        using enum Channel::NoLine;
        switch (text.error()) {
          case woken: continue;
          case closed: return std::unexpected(died(verb));
          case too_long:
            return std::unexpected(lose(
                Status::failed, std::format("the executor sent a line longer than {} bytes", protocol::max_line_bytes)));
          case deadline_passed: break;
        }
        if (cancelled) return std::unexpected(lose(Status::interrupted, "cancelled, and killed since it did not stop"));
        return std::unexpected(lose(Status::timeout, std::format("no answer to {} within {}", verb,
                                                                 format_duration(std::chrono::duration<double>(timeout).count()))));
      }
      answered_bytes += text->size();
      if (answered_bytes > max_answer_bytes) {
        return std::unexpected(lose(Status::failed, std::format("the executor's answer to {} is longer than {}", verb,
                                                                format_bytes(max_answer_bytes))));
      }
      auto reply = wire::decode_reply(*text);
      if (!reply) {
        return std::unexpected(lose(Status::failed, std::format("the executor sent a line that is no message: {}: {}",
                                                                reply.error().describe(), excerpt(*text))));
      }
      auto const* failure = std::get_if<Failure>(&*reply);
      // An executor that could not read the message does not know its id either, and says 0.
      bool const belongs = id_of(*reply) == id || (failure != nullptr && failure->id == 0);
      if (!belongs && id_of(*reply)) {
        return std::unexpected(lose(Status::failed,
                                    std::format("the executor sent '{}' for message {} during {} {}", type_of(*reply),
                                                *id_of(*reply), verb, id.value_or(0))));
      }
      if (failure != nullptr) return std::unexpected(trouble_of(*failure, cancelled ? Cancelled::yes : Cancelled::no));
      switch (belongs ? take(*reply) : Next::unexpected) {
        case Next::more: continue;
        case Next::finished: return {};
        case Next::unexpected: break;
      }
      return std::unexpected(
          lose(Status::failed, std::format("the executor sent '{}', which is no answer to {}", type_of(*reply), verb)));
    }
  }

  // Unknown fields are ignored, says the protocol: an executor that knows of no more than a text answers as if it were one.
  [[nodiscard]] static bool ignores_what_is_new(protocol::Score const& asked, protocol::Scored const& told) {
    bool const as_a_text = !told.logprobs.empty() && told.kld.empty() && told.leads.empty();
    return as_a_text && (asked.against || asked.leads);
  }

  // What is wrong with the lengths of a score's lists.
  [[nodiscard]] static std::optional<std::string> misfit(protocol::Score const& asked, protocol::Scored const& told) {
    auto const expect = [](std::string_view what, std::size_t found, std::size_t expected) -> std::optional<std::string> {
      if (found == expected) return std::nullopt;
      return std::format("its score has {} {}; expected {}", found, what, expected);
    };
    if (asked.leads) return expect("leads", told.leads.size(), asked.tokens.size() + (asked.ended ? 1 : 0));
    auto const skipped = std::max<std::size_t>(static_cast<std::size_t>(std::max(asked.skip, 0)), 1);
    auto const positions = told.tokens.size() > skipped ? told.tokens.size() - skipped : 0;
    if (auto wrong = expect("log-probabilities", told.logprobs.size(), positions)) {
      return std::format("{} for {} tokens of which {} are skipped", *wrong, told.tokens.size(), skipped);
    }
    if (!asked.against) return std::nullopt;
    if (auto wrong = expect("log-probabilities of the reference", told.reference_logprobs.size(), positions)) return wrong;
    if (auto wrong = expect("divergences", told.kld.size(), positions)) return wrong;
    return expect("comparisons of the likeliest token", told.agree.size(), positions);
  }

  // Its output is at an end: what became of it.
  [[nodiscard]] Trouble died(std::string_view verb) {
    auto const ending = channel_->ending(verb);
    lost_ = true;
    return {ending.status, with_last_words("the executor " + ending.what), true};
  }

  [[nodiscard]] Trouble lose(Status status, std::string reason) {
    channel_->kill();
    lost_ = true;
    return {status, with_last_words(std::move(reason)), true};
  }

  [[nodiscard]] std::string with_last_words(std::string reason) const {
    auto const tail = channel_->last_words();
    return tail.empty() ? reason : reason + "; its standard error ended with:\n" + tail;
  }

  std::unique_ptr<Channel> channel_;
  protocol::HelloReply hello_;
  std::int64_t next_id_ = 1;
  bool lost_ = false;
  std::atomic<bool> cancel_asked_ = false;
};

}  // namespace

Outcome<std::unique_ptr<Executor>> converse_over(std::unique_ptr<Channel> channel, std::chrono::milliseconds timeout,
                                                 std::stop_token const& stop) {
  auto executor = std::make_unique<Conversation>(std::move(channel));
  std::stop_callback const cancel(stop, [process = executor.get()] { process->cancel(); });
  if (auto const greeted = executor->greet(timeout); !greeted) return std::unexpected(greeted.error());
  return executor;
}

}  // namespace edgelab::executor
