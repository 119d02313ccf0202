// A process of its own, spoken to over its standard input and output.
#include <format>
#include <utility>

#include "executor/channel.hpp"
#include "executor/executor.hpp"

namespace edgelab::executor {

namespace {

using namespace std::chrono_literals;

constexpr auto goodbye_grace = 2s;    // from bye to being killed
constexpr auto death_grace = 500ms;   // from closing its output to having ended
constexpr std::size_t stderr_lines = 8;

class Pipes final : public Channel {
 public:
  explicit Pipes(std::unique_ptr<ChildProcess> child) : child_(std::move(child)) {}

  void send(std::string line) override { child_->send(std::move(line)); }
  void wake() override { child_->wake(); }
  [[nodiscard]] std::expected<std::string_view, NoLine> read_line(Clock::time_point deadline) override {
    return child_->read_line(deadline);
  }

  [[nodiscard]] Ending ending(std::string_view during) override {
    auto const exit = child_->finish(death_grace);
    return {exit.out_of_memory ? Status::oom : Status::failed,
            exit.killed_by_us ? std::format("closed its output during {}", during)
                              : std::format("died during {}: {}", during, exit.describe())};
  }
  void kill() override { (void)child_->kill(); }
  void part() override { (void)child_->finish(goodbye_grace); }
  [[nodiscard]] std::string last_words() const override { return child_->stderr_tail(stderr_lines); }

  [[nodiscard]] std::optional<std::int64_t> process_id() const override { return child_->id(); }
  [[nodiscard]] bool reset_peak_rss() override { return child_->reset_peak_rss(); }
  [[nodiscard]] std::optional<std::int64_t> peak_rss_bytes() const override { return child_->peak_rss_bytes(); }
  [[nodiscard]] std::optional<std::chrono::nanoseconds> cpu_time() const override { return child_->cpu_time(); }

 private:
  std::unique_ptr<ChildProcess> child_;
};

}  // namespace

Outcome<std::unique_ptr<Executor>> Executor::start(std::vector<std::string> const& command,
                                                   std::filesystem::path const& log,
                                                   std::chrono::milliseconds timeout, std::stop_token const& stop) {
  auto child =
      ChildProcess::start({.command = command, .stderr_file = log, .max_line_bytes = protocol::max_line_bytes});
  if (!child) return std::unexpected(Trouble{Status::failed, child.error().describe(), true});
  return converse_over(std::make_unique<Pipes>(*std::move(child)), timeout, stop);
}

}  // namespace edgelab::executor
