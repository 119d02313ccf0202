// The experiment half. The parts: options, the experiment, a file of it ("prompts.jsonl"), what its executor says to hello, and then what
// happens, over and over: an answer ($ is the id of what it answers), !STATUS REASON (the trial fails), ^BYTES (the peak of memory),
// #ROW (a row of an earlier session).
#include <charconv>
#include <cstddef>
#include <cstdint>

#include "fuzz.hpp"

namespace edgelab::fuzz {
namespace {

constexpr int most_steps = 300;

struct Close {
  void operator()(edgelab_experiment* experiment) const { edgelab_experiment_close(experiment); }
};
using Experiment = std::unique_ptr<edgelab_experiment, Close>;

// Greeted; null where it is refused.
Experiment opened(std::vector<std::string> const& parts) {
  edgelab_file const file{"prompts.jsonl", parts[2].data(), parts[2].size()};
  edgelab_experiment* made = nullptr;
  auto const status = told([&](char** error) {
    return edgelab_experiment_open("x.yaml", parts[1].data(), parts[1].size(), &file, 1,
                                   parts[0].empty() ? nullptr : parts[0].c_str(), &made, error);
  });
  require((made != nullptr) == (status == EDGELAB_OK), "there is an experiment where all is well, and only there");
  Experiment experiment(made);
  if (experiment == nullptr) return nullptr;
  auto const greeted = told(
      [&](char** error) { return edgelab_experiment_greet(made, "llama", parts[3].data(), parts[3].size(), error); });
  return greeted == EDGELAB_OK ? std::move(experiment) : nullptr;
}

// What happens to one trial after the other, until the run is over or nothing more happens.
class Course {
 public:
  Course(edgelab_experiment* experiment, std::vector<std::string> const& events)
      : experiment_(experiment), events_(events) {}

  void run() {
    while (step_ < most_steps && begins()) {
      while (step_ < most_steps && sends())
        while (step_ < most_steps && !answered_) happens(events_[static_cast<std::size_t>(step_) % events_.size()]);
      if (over_) keep_row();
    }
  }
  [[nodiscard]] std::vector<std::string> const& rows() const { return rows_; }

 private:
  bool begins() {
    auto const trial =
        json_of([&](char** out, char** error) { return edgelab_experiment_next(experiment_, out, error); });
    over_ = interrupted_ = false;
    return !trial.empty();
  }
  bool sends() {
    answered_ = false;
    if (over_) return false;
    auto const message =
        json_of([&](char** out, char** error) { return edgelab_experiment_message(experiment_, out, error); });
    over_ = message.empty();
    if (over_) return false;
    auto const json = wire::Json::parse(message);
    id_ = json ? static_cast<std::int64_t>(json->number("/id").value_or(0)) : 0;
    return true;
  }
  void happens(std::string event) {
    ++step_;
    char const first = event.empty() ? ' ' : event.front();
    if (first == '!') return fails(event.substr(1));
    if (first == '#')
      return (void)told([&](char** error) {
        return edgelab_experiment_restore(experiment_, event.data() + 1, event.size() - 1, error);
      });
    if (first == '^') {
      std::int64_t bytes = 0;
      std::from_chars(event.data() + 1, event.data() + event.size(), bytes);
      (void)edgelab_experiment_peak_memory(experiment_, bytes, nullptr);
      return;
    }
    for (auto at = event.find('$'); at != std::string::npos; at = event.find('$', at))
      event.replace(at, 1, std::to_string(id_));
    std::int32_t answered = -1;
    auto const status = told([&](char** error) {
      return edgelab_experiment_answer(experiment_, event.data(), event.size(), &answered, error);
    });
    require(status == EDGELAB_OK || status == EDGELAB_REFUSED, "an answer is taken or refused");
    require(answered == 0 || (answered == 1 && status == EDGELAB_OK), "what is refused answers nothing");
    answered_ = answered == 1;
  }
  void fails(std::string const& what) {
    auto const space = what.find(' ');
    auto const status = what.substr(0, space);
    auto const reason = space == std::string::npos ? std::string{} : what.substr(space + 1);
    if (edgelab_experiment_fail(experiment_, status.c_str(), reason.c_str(), nullptr) != EDGELAB_OK) return;
    answered_ = over_ = true;
    interrupted_ = status == "interrupted";
  }
  void keep_row() {
    if (interrupted_) return;
    auto row = json_of([&](char** out, char** error) { return edgelab_experiment_row(experiment_, out, error); });
    require(!row.empty() && !row.contains('\n'), "a trial that is over has a row, and that is a line");
    rows_.push_back(std::move(row));
  }

  edgelab_experiment* experiment_;
  std::vector<std::string> const& events_;
  std::vector<std::string> rows_;
  int step_ = 0;
  std::int64_t id_ = 0;
  bool answered_ = false;
  bool over_ = false;
  bool interrupted_ = false;
};

void run(std::string_view input) {
  auto parts = parts_of(input);
  if (parts.size() < 5) parts.resize(5);
  auto const experiment = opened(parts);
  if (experiment == nullptr) return;
  Text plan;
  require(
      told([&](char** error) { return edgelab_experiment_plan(experiment.get(), plan.out(), error); }) == EDGELAB_OK,
      "what was opened has a plan");
  std::vector<std::string> const events(parts.begin() + 4, parts.end());
  Course course(experiment.get(), events);
  course.run();
  auto const summary =
      json_of([&](char** out, char** error) { return edgelab_experiment_summary(experiment.get(), out, error); });
  require(summary.contains("edge-llm-lab/summary/1"), "there is a summary at any time");
  auto const table =
      json_of([&](char** out, char** error) { return edgelab_experiment_table(experiment.get(), out, error); });
  require(!table.empty(), "there is a table at any time");

  auto const again = opened(parts);
  require(again != nullptr, "what was opened once can be opened again");
  for (auto const& row : course.rows())
    require(told([&](char** error) {
              return edgelab_experiment_restore(again.get(), row.data(), row.size(), error);
            }) == EDGELAB_OK,
            "the rows of a run can be handed over to the same experiment");
}

}  // namespace
}  // namespace edgelab::fuzz

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  edgelab::fuzz::run({reinterpret_cast<char const*>(data), size});
  return 0;
}
