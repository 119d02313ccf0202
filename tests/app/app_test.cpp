#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "app/audit_file.hpp"
#include "app/estimates.hpp"
#include "app/input.hpp"
#include "app/overrides.hpp"
#include "app/session.hpp"
#include "model/gguf_file.hpp"

namespace edgelab::app {
namespace {

using ::testing::HasSubstr;

TEST(Durations, Table) {
  std::vector<std::pair<std::string, double>> const right{{"90", 90},     {"90s", 90},    {"10m", 600}, {"1h30m", 5400},
                                                          {"1.5h", 5400}, {"2m30s", 150}, {"0.5", 0.5}};
  for (auto const& [text, seconds] : right) EXPECT_DOUBLE_EQ(parse_duration(text).value(), seconds) << text;
  for (auto const* text : {"", "0", "0s", "m", "10 m", "10x", "1h30", "-5", "nan", "inf", "1e400", "10mm", "s10"}) {
    auto const wrong = parse_duration(text);
    ASSERT_FALSE(wrong.has_value()) << text;
    EXPECT_THAT(wrong.error().message, HasSubstr("such as 90s, 10m or 1h30m")) << text;
  }
}

TEST(Overrides, ModelsAreIdAndPath) {
  OverrideOptions options;
  options.models = {"demo=/a/b=c.gguf", "other=x.gguf"};
  options.time_budget = "2m";
  options.only = {"fa"};
  auto const overrides = options.parse();
  ASSERT_TRUE(overrides.has_value());
  EXPECT_EQ(overrides->models.at("demo"), "/a/b=c.gguf");
  EXPECT_EQ(overrides->models.at("other"), std::filesystem::current_path() / "x.gguf");
  EXPECT_EQ(overrides->time_budget_s, 120.0);
  for (auto const* text : {"", "demo", "=x", "demo="}) {
    OverrideOptions wrong;
    wrong.models = {text};
    EXPECT_FALSE(wrong.parse().has_value()) << text;
  }
}

struct ModelChecks : ::testing::Test {
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("edgelab-app-test-" + std::to_string(getpid()));
  ModelChecks() { std::filesystem::create_directories(folder); }
  ~ModelChecks() override { std::filesystem::remove_all(folder); }

  std::filesystem::path synth(std::string const& name, std::string const& shape) {
    auto const file = folder / name;
    auto const made = model::synthesise(model::parse_shape(shape).value(), "f16", 1, file);
    EXPECT_TRUE(made.has_value()) << made.error().describe();
    return file;
  }

  static Experiment with(std::filesystem::path const& path, std::optional<std::filesystem::path> draft,
                         std::string kind) {
    Experiment experiment;
    experiment.executors = {{.id = "x", .kind = std::move(kind), .command = {}}};
    experiment.models = {{.id = "m",
                          .path = path,
                          .draft = std::move(draft),
                          .origin = {.file = "e.yaml", .line = 4, .column = 17},
                          .draft_origin = {.file = "e.yaml", .line = 5, .column = 18}}};
    return experiment;
  }
};

constexpr auto tiny = "n_embd=64,n_layer=1,n_head=2,n_head_kv=2,n_ff=64,n_vocab=320,n_ctx=128";
constexpr auto other_vocabulary = "n_embd=64,n_layer=1,n_head=2,n_head_kv=2,n_ff=64,n_vocab=384,n_ctx=128";

TEST_F(ModelChecks, FindWhatIsWrongWhereItWasWritten) {
  auto const whole = synth("whole.gguf", tiny);
  auto const other = synth("other.gguf", other_vocabulary);
  auto const truncated = folder / "truncated.gguf";
  std::filesystem::copy_file(whole, truncated);
  std::filesystem::resize_file(truncated, std::filesystem::file_size(whole) / 2);
  auto const text = folder / "text.gguf";
  std::ofstream(text) << "this is no model";

  EXPECT_TRUE(check_models(with(whole, {}, "llama")).empty());
  EXPECT_TRUE(check_models(with(whole, whole, "llama")).empty());
  for (auto const& wrong : {folder / "missing.gguf", truncated, text}) {
    auto const found = check_models(with(wrong, {}, "llama"));
    ASSERT_EQ(found.size(), 1U) << wrong;
    EXPECT_THAT(found[0].describe(), HasSubstr("e.yaml:4:17: model 'm': "));
    EXPECT_THAT(found[0].message, HasSubstr(wrong.string()));
    auto const in_draft = check_models(with(whole, wrong, "llama"));
    ASSERT_EQ(in_draft.size(), 1U) << wrong;
    EXPECT_THAT(in_draft[0].describe(), HasSubstr("e.yaml:5:18: draft of model 'm': "));
  }
  auto const draft = check_models(with(whole, other, "llama"));
  ASSERT_EQ(draft.size(), 1U);
  EXPECT_THAT(draft[0].describe(), HasSubstr("e.yaml:5:18: "));
  EXPECT_THAT(draft[0].message, HasSubstr("another vocabulary"));
  // Both errors at once.
  EXPECT_EQ(check_models(with(text, truncated, "llama")).size(), 2U);
}

// Of the check kld: models that are read beside one another, by whichever way they are named.
TEST_F(ModelChecks, ReferencesHaveTheSameVocabulary) {
  auto const whole = synth("whole.gguf", tiny);
  auto const other = synth("other.gguf", other_vocabulary);
  auto experiment = with(whole, {}, "llama");
  experiment.models.push_back({.id = "n",
                               .path = other,
                               .draft = {},
                               .origin = {.file = "e.yaml", .line = 6, .column = 3},
                               .draft_origin = {}});
  experiment.quality.reference_model = "m";
  EXPECT_TRUE(check_models(experiment).empty());    // nothing is read
  experiment.quality.checks = {"kld"};
  auto const found = check_models(experiment);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0].describe(), HasSubstr("e.yaml:6:3: model 'n': "));
  EXPECT_THAT(found[0].message,
              HasSubstr("has another vocabulary (384 tokens) than " + whole.string() + " (320 tokens)"));
  experiment.quality.reference_model.reset();    // each beside itself
  EXPECT_TRUE(check_models(experiment).empty());
  experiment.models.pop_back();
  Round round;
  round.name = "small";
  round.flags = {{"model", other.string()}};
  round.origin = {.file = "e.yaml", .line = 9, .column = 5};
  experiment.rounds = {round};
  auto const by_round = check_models(experiment);
  ASSERT_EQ(by_round.size(), 1U);
  EXPECT_THAT(by_round[0].describe(), HasSubstr("e.yaml:9:5: the model of round 'small': "));
}

TEST_F(ModelChecks, AreNoStricterThanTheExecutors) {
  auto const text = folder / "model.onnx";
  std::ofstream(text) << "of another kind";
  EXPECT_TRUE(check_models(with(text, {}, "exec")).empty());
  EXPECT_EQ(check_models(with(folder / "missing", {}, "exec")).size(), 1U);
  EXPECT_TRUE(check_models(with(folder / "missing", {}, "null")).empty());
}

TEST_F(ModelChecks, AnAnswerThatTheScorerCannotUseIsAnErrorOfTheFile) {
  std::ofstream(folder / "p.jsonl") << R"({"id": "q1", "prompt": "a", "expected": "("})" << '\n';
  auto const write = [&](std::string const& scorer) {
    std::ofstream(folder / "e.yaml") << "schema: edge-llm-lab/1\nname: e\nexecutors: ['null']\nworkloads:\n"
                                        "  - {id: w, file: p.jsonl, scorer: "
                                     << scorer << "}\nrounds: [{name: baseline}]\n";
    return folder / "e.yaml";
  };
  EXPECT_TRUE(load_experiment(write("exact"), {}).has_value());
  auto const unusable = load_experiment(write("regex"), {});
  ASSERT_FALSE(unusable.has_value());
  ASSERT_EQ(unusable.error().size(), 1U);
  EXPECT_THAT(unusable.error()[0].describe(), HasSubstr("e.yaml:5:10: the scorer regex cannot use what request 'q1'"));
  auto const unknown = load_experiment(write("regexp"), {});
  ASSERT_FALSE(unknown.has_value());
  EXPECT_THAT(unknown.error()[0].describe(), HasSubstr("did you mean 'regex'?"));
}

TEST(Differences, OfWhatMustBeTheSame) {
  probe::Environment begun;
  begun.cpu.model = "cpu";
  begun.models = {{.id = "m", .path = "/m.gguf", .bytes = 1, .sha256 = "aa"}};
  begun.executors = {{.id = "x", .name = "llama", .version = "1", .library = "llama.cpp 1"}};
  begun.load_average = {1.0};
  auto now = begun;
  now.load_average = {3.0};
  EXPECT_TRUE(undeclared_differences(begun, now).empty());
  now.models[0].sha256 = "bb";
  now.executors[0].library = "llama.cpp 2";
  now.cpu.model = "other";
  EXPECT_THAT(
      undeclared_differences(begun, now),
      ::testing::ElementsAre(HasSubstr("had SHA-256 aa, now bb"), HasSubstr("llama.cpp 2"), HasSubstr("processor")));
  now.models.clear();
  EXPECT_THAT(undeclared_differences(begun, now)[0], HasSubstr("no longer there"));
}

TEST(AuditFile, IsWhereTheEnvironmentSays) {
  ::setenv("EDGELAB_AUDIT", "/a/b.json", 1);
  ::setenv("XDG_STATE_HOME", "/state", 1);
  ::setenv("HOME", "/home/x", 1);
  EXPECT_EQ(audit_file().value(), "/a/b.json");
  ::setenv("EDGELAB_AUDIT", "", 1);
  EXPECT_EQ(audit_file().value(), "/state/edge-llm-lab/audit.json");
  ::setenv("XDG_STATE_HOME", "not/absolute", 1);
  EXPECT_EQ(audit_file().value(), "/home/x/.local/state/edge-llm-lab/audit.json");
  ::unsetenv("HOME");
  EXPECT_FALSE(audit_file().has_value());
}

// Two machines at the same time: each at its own pace, and the run is over when the slower one is.
TEST(Estimates, TheTimeLeftIsTheLongestOfTheLanes) {
  Plan plan;
  plan.experiment.executors.resize(2);
  plan.experiment.executors[1].kind = "remote";
  plan.experiment.executors[1].device = "phone";
  plan.cells.resize(2);
  plan.cells[1].executor = 1;
  Estimates estimates(plan);
  auto const begin = [&](std::size_t cell, int at_s) {
    estimates.trial_begins({.cell = cell}, Clock::time_point{} + std::chrono::seconds(at_s));
  };
  auto const end = [&](std::size_t cell, int at_s) {
    TrialResult result;
    result.planned.cell = cell;
    estimates.trial_ended(result, Clock::time_point{} + std::chrono::seconds(at_s));
  };
  begin(0, 0);
  begin(1, 1);
  end(0, 2);
  EXPECT_FALSE(estimates.time_left_s({1, 20, {9, 10}})) << "nothing is known of the phone's pace";
  end(1, 6);
  EXPECT_EQ(estimates.time_left_s({2, 20, {9, 9}}), 45.0);
  EXPECT_EQ(estimates.time_left_s({2, 20, {30, 1}}), 60.0);
  EXPECT_EQ(estimates.time_left_s({20, 20, {0, 0}}), 0.0);
}

TEST(Estimates, FollowThePairsInsideBlocks) {
  Plan plan;
  plan.experiment.protocol.until_metric = "ttft_ms";
  plan.experiment.executors.resize(1);
  plan.cells.resize(2);
  Estimates estimates(plan);
  auto const end = [&](std::size_t cell, std::int32_t block, TrialKind kind, Status status, double value) {
    TrialResult result;
    result.planned.cell = cell;
    result.planned.block = block;
    result.planned.kind = kind;
    result.status = status;
    if (status == Status::ok) result.metrics = {{"decode_tps", 1.0}, {"ttft_ms", value}};
    Clock::time_point const begin{};
    estimates.trial_begins(result.planned, begin);
    estimates.trial_ended(result, begin + std::chrono::seconds(2));
  };
  EXPECT_FALSE(estimates.time_left_s({0, 10}).has_value());
  end(0, 0, TrialKind::warmup, Status::ok, 100.0);
  end(0, 0, TrialKind::timed, Status::ok, 10.0);
  end(1, 0, TrialKind::timed, Status::ok, 20.0);
  end(1, 1, TrialKind::timed, Status::ok, 70.0);      // no pair yet
  end(1, 2, TrialKind::timed, Status::failed, 0.0);
  EXPECT_EQ(estimates.metric(), "ttft_ms");
  EXPECT_FALSE(estimates.ratio(0).has_value());
  ASSERT_TRUE(estimates.ratio(1).has_value());
  EXPECT_DOUBLE_EQ(estimates.ratio(1)->estimate, 2.0);
  EXPECT_FALSE(estimates.ratio(1)->ci95.has_value());
  EXPECT_EQ(estimates.latest(1), 70.0);
  EXPECT_EQ(estimates.good(1), 2);
  EXPECT_EQ(estimates.bad(1), 1);
  EXPECT_DOUBLE_EQ(estimates.time_left_s({5, 10}).value(), 10.0);
}

}  // namespace
}  // namespace edgelab::app
