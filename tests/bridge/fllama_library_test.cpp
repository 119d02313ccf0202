// libfllama's traps, each as an executor meets it: asked of the stand-in, or of the library that EDGELAB_FLLAMA_LIB names.
#include <gmock/gmock.h>
#include <signal.h>

#include <cstdlib>
#include <fstream>
#include <list>

#include "bridge/asked.hpp"
#include "bridge/fllama/answer.hpp"
#include "bridge/fllama/flags.hpp"
#include "bridge/fllama/library.hpp"
#include "bridge/processes.hpp"
#include "executor/executor.hpp"

namespace edgelab::bridge::fllama {
namespace {

using bridge::testing::Asked;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr auto demo = EDGELAB_SOURCE_DIR "/models/demo/demo-f16.gguf";

bool is_real() {
  char const* const named = std::getenv("EDGELAB_FLLAMA_LIB");
  return named != nullptr && *named != '\0';
}

std::string library_path() { return is_real() ? std::getenv("EDGELAB_FLLAMA_LIB") : EDGELAB_FLLAMA_STANDIN; }

Question question(std::string const& prompt, std::int32_t max_tokens) {
  return {.model = demo,
          .prompt = prompt,
          .chat_json = {},
          .draft = {},
          .context_size = context_for(256),
          .max_tokens = max_tokens};
}

class FllamaLibrary : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = Library::open(library_path());
    ASSERT_TRUE(opened) << opened.error().describe();
    library = *opened;
  }

  Asked& ask(Question const& what, Form form = Form::prompt) {
    auto& asked = answers.emplace_back();
    AnswerReader reader(asked, form, what.max_tokens);
    calls = 0;
    library->ask(library->new_id(), what, [&](Heard const& heard) {
      ++calls;
      last_text = heard.text;
      reader.hear(heard);
    });
    reader.end();
    return asked;
  }

  Library* library = nullptr;
  std::list<Asked> answers;
  int calls = 0;
  std::string last_text;
};

TEST_F(FllamaLibrary, AnAnswerInPieces) {
  auto const& asked = ask(question("Once upon a time", 9));
  EXPECT_EQ(asked.answer.finish, "length");
  EXPECT_EQ(asked.answer.text, last_text) << "the pieces are the cumulative text";
  EXPECT_EQ(std::ranges::fold_left(asked.counts(), 0, std::plus{}), 9);
  EXPECT_EQ(asked.answer.prompt_tokens, library->count_tokens(demo, "Once upon a time"));
  EXPECT_GT(asked.answer.server_prefill.count(), 0);
  EXPECT_GT(asked.answer.server_decode.count(), 0);
}

TEST_F(FllamaLibrary, OnlyTemperatureZeroRepeats) {
  auto const first = ask(question("Once upon a time", 24)).answer.text;
  EXPECT_EQ(ask(question("Once upon a time", 24)).answer.text, first);
}

TEST_F(FllamaLibrary, ABadModelPathIsOneCallWithAnErrorText) {
  auto bad = question("hello", 4);
  bad.model = "/no/such/model.gguf";
  EXPECT_THAT(ask(bad).answer.finish, StartsWith("error: fllama: Error"));
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(library->count_tokens(bad.model, "hello"), std::nullopt);
}

TEST_F(FllamaLibrary, ARequestGetsAQuarterOfTheContext) {
  std::string long_prompt;
  for (int i = 0; i < 150; ++i) long_prompt += " then a cat sat";
  auto const tokens = library->count_tokens(demo, long_prompt).value();
  auto fits_whole = question(long_prompt, 4);
  fits_whole.context_size = static_cast<std::int32_t>(tokens) + 512;
  EXPECT_THAT(ask(fits_whole).answer.finish, HasSubstr("exceeds the available context size"));
  auto fits_a_quarter = fits_whole;
  fits_a_quarter.context_size = context_for(tokens + 5);
  EXPECT_EQ(ask(fits_a_quarter).answer.finish, "length");
}

TEST_F(FllamaLibrary, OtherThreadsAloneLoadNothingAgain) {
  (void)ask(question("hello", 2));
  library->listen();
  (void)library->take_log();
  auto more = question("hello", 2);
  more.threads = 2;
  (void)ask(more);
  EXPECT_THAT(library->take_log(), ::testing::Not(HasSubstr("llama_context")))
      << "and so the first number stays in force";
  more.context_size *= 2;
  (void)ask(more);
  EXPECT_THAT(library->take_log(), HasSubstr("llama_context"));
}

TEST_F(FllamaLibrary, CountingTokensSilencesTheLog) {
  ASSERT_TRUE(library->listen());
  (void)library->count_tokens(demo, "hello");
  (void)library->take_log();
  auto other = question("hello", 1);
  other.context_size = context_for(1024);
  (void)ask(other);
  EXPECT_TRUE(library->take_log().empty());
  ASSERT_TRUE(library->listen());
  other.context_size *= 2;
  (void)ask(other);
  EXPECT_FALSE(library->take_log().empty());
}

TEST_F(FllamaLibrary, AChatIsToldInAnotherForm) {
  auto chat = question("", 6);
  chat.chat_json = R"({"messages":[{"role":"user","content":"hello"}]})";
  auto const& asked = ask(chat, Form::chat);
  EXPECT_FALSE(asked.answer.finish.starts_with("error")) << asked.answer.finish;
  EXPECT_EQ(asked.answer.text, last_text);
  EXPECT_GT(asked.answer.prompt_tokens, 0);
  EXPECT_FALSE(library->chat_template(demo).empty());
}

// ---- the whole executor ---------------------------------------------------------------------------------------------------

class FllamaExecutor : public ::testing::Test {
 protected:
  FllamaExecutor() {
    std::string name = ::testing::TempDir() + "fllama-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~FllamaExecutor() override { fs::remove_all(folder_); }

  std::unique_ptr<executor::Executor> start() {
    auto started =
        executor::Executor::start({EDGELAB_BIN_DIR "/edgelab-fllama", "--library=" + library_path()}, log(), plenty);
    if (!started) {
      ADD_FAILURE() << started.error().reason;
      return nullptr;
    }
    auto const loaded = (*started)->load({.id = 0, .model = demo, .draft = {}, .flags = {}}, plenty);
    EXPECT_TRUE(loaded) << loaded.error().reason;
    return *std::move(started);
  }

  static protocol::Run run_of(std::string const& threads, std::int32_t max_tokens = 6) {
    protocol::Run run;
    run.flags["threads"] = threads;
    for (int i = 0; i < 3; ++i) {
      protocol::TrialRequest one;
      one.id = "r" + std::to_string(i);
      one.prompt = "Once upon a time";
      one.max_tokens = max_tokens;
      run.requests.push_back(std::move(one));
    }
    return run;
  }

  // The processes that hold the library for a front.
  static std::vector<pid_t> workers_of(executor::Executor const& front) {
    std::vector<pid_t> found;
    for (auto const pid : processes_with("--process=worker")) {
      std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
      std::string const line((std::istreambuf_iterator<char>(file)), {});
      auto const after = line.rfind(") ");
      if (after != std::string::npos && std::atoll(line.c_str() + after + 4) == front.process_id())
        found.push_back(pid);
    }
    return found;
  }

  [[nodiscard]] fs::path log() const { return folder_ / "log"; }
  fs::path folder_;
};

TEST_F(FllamaExecutor, OneProcessAConfiguration) {
  auto const executor = start();
  ASSERT_TRUE(executor);
  std::vector<std::string> texts;
  std::vector<pid_t> holders;
  for (auto const* threads : {"1", "1", "2", "1"}) {
    auto const ran = executor->run(run_of(threads), plenty, {});
    ASSERT_TRUE(ran) << ran.error().reason;
    texts.push_back(ran->timeline.requests.text.at(0));
    EXPECT_GT(ran->done.memory.rss_peak_bytes.value_or(0), 0) << "of the process that holds the model";
    EXPECT_EQ(ran->done.in_force.at("parallel"), "4");
    EXPECT_EQ(ran->done.in_force.at("flash-attn"), "on") << "what auto became";
    auto const workers = workers_of(*executor);
    ASSERT_EQ(workers.size(), 1U) << "a process that is not needed any more is gone";
    holders.push_back(workers.front());
  }
  EXPECT_EQ(texts[0], texts[1]);
  EXPECT_EQ(texts[0], texts[3]);
  EXPECT_EQ(holders[0], holders[1]) << "the same threads, the same process";
  EXPECT_NE(holders[1], holders[2]);
  EXPECT_NE(holders[2], holders[3]);
}

TEST_F(FllamaExecutor, EachPassBeginsColdButForTheFirstToken) {
  auto const executor = start();
  ASSERT_TRUE(executor);
  auto run = run_of("1");
  run.min_tokens = 40;  // three passes
  auto const ran = executor->run(run, plenty, {});
  ASSERT_TRUE(ran) << ran.error().reason;
  auto const& rows = ran->timeline.requests;
  ASSERT_EQ(rows.id.size(), 9U);
  for (std::size_t i = 0; i < rows.id.size(); ++i) {
    SCOPED_TRACE(i);
    if (rows.id[i] == "r0") {
      EXPECT_LE(rows.cached_tokens[i], 1);
    } else {
      EXPECT_EQ(rows.cached_tokens[i], rows.prompt_tokens[i] - 1) << "within a pass prompts are kept, as fllama does";
    }
  }
  EXPECT_EQ(ran->done.in_force.at("cache-prompt"), "on");
}

TEST_F(FllamaExecutor, ADeadProcessCostsOneTrial) {
  auto const executor = start();
  ASSERT_TRUE(executor);
  ASSERT_TRUE(executor->run(run_of("1"), plenty, {}));
  std::jthread const killer([&] {
    std::this_thread::sleep_for(100ms);
    for (auto const pid : workers_of(*executor)) ::kill(pid, SIGKILL);
  });
  auto endless = run_of("1", 100);
  endless.min_s = 3600;
  auto const lost = executor->run(endless, plenty, {});
  ASSERT_FALSE(lost);
  EXPECT_FALSE(lost.error().process_lost);
  EXPECT_THAT(lost.error().reason, HasSubstr("the process that holds libfllama killed by SIGKILL"));
  auto const next = executor->run(run_of("1"), plenty, {});
  EXPECT_TRUE(next) << next.error().reason;
}

TEST_F(FllamaExecutor, WhatItIsNotAskedForItSaysPlainly) {
  auto const executor = start();
  ASSERT_TRUE(executor);
  auto warm = run_of("1");
  warm.temperature = 0.7;
  auto const refused = executor->run(warm, plenty, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().status, Status::unsupported);
  EXPECT_THAT(refused.error().reason, HasSubstr("draws its seed itself"));
  auto small = run_of("1", 400);
  small.flags["ctx-size"] = "1024";
  auto const failed = executor->run(small, plenty, {});
  ASSERT_TRUE(failed) << failed.error().reason;
  EXPECT_THAT(failed->timeline.requests.finish, Each(HasSubstr("context was full"))) << "a quarter of 1024 is 256";
}

TEST_F(FllamaExecutor, AModelThatWentMeanwhileIsLoadedBeforeTheClockStarts) {
  if (is_real()) GTEST_SKIP() << "the real one waits for two minutes";
  ::setenv("FLLAMA_STANDIN_IDLE_MS", "1", 1);
  auto const executor = start();
  ASSERT_TRUE(executor);
  for (int i = 0; i < 2; ++i) {
    auto const ran = executor->run(run_of("1"), plenty, {});
    ASSERT_TRUE(ran) << ran.error().reason;
    EXPECT_THAT(ran->timeline.requests.finish, Each("length"));
  }
  ::unsetenv("FLLAMA_STANDIN_IDLE_MS");
  std::ifstream file(log());
  std::string const said((std::istreambuf_iterator<char>(file)), {});
  EXPECT_THAT(said, HasSubstr("evicting")) << "what a library prints goes to the log, and is no message";
}

TEST_F(FllamaExecutor, ALibraryThatIsNoneIsSaidInTheHello) {
  for (auto const& [library, why] : {std::pair{std::string("/no/such/libfllama.so"), "cannot be loaded"},
                                     std::pair{std::string("libm.so.6"), "has no function fllama_inference_sync"}}) {
    auto const started =
        executor::Executor::start({EDGELAB_BIN_DIR "/edgelab-fllama", "--library=" + library}, log(), plenty);
    ASSERT_FALSE(started);
    EXPECT_THAT(started.error().reason, HasSubstr(why));
  }
}

}  // namespace
}  // namespace edgelab::bridge::fllama
