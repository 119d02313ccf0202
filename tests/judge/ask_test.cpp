// Over real HTTP, with a server in this process that says what a test wants.
#include "judge/ask.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <unistd.h>

#include <filesystem>
#include <format>
#include <fstream>
#include <functional>
#include <mutex>
#include <thread>

namespace edgelab::judge {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Fault = NoGrade::Fault;

std::string completion(std::string const& content) {
  return R"({"choices":[{"message":{"role":"assistant","content":")" + content + R"("}}]})";
}
std::string const seven = completion(R"({\"score\": 7})");

struct AskTest : ::testing::Test {
  httplib::Server server;
  std::thread thread;
  Judge judge;
  fs::path folder;
  // Answers the request of that number, from 0.
  std::function<void(int, httplib::Response&)> reply = [](int, httplib::Response& response) {
    response.set_content(seven, "application/json");
  };
  std::mutex mutex;
  std::vector<std::string> keys;    // as they came
  std::vector<std::string> bodies;

  void SetUp() override {
    folder = fs::temp_directory_path() / std::format("edgelab-judge-test-{}", ::getpid());
    fs::remove_all(folder);
    server.Post("/v1/chat/completions", [this](httplib::Request const& request, httplib::Response& response) {
      std::lock_guard const lock(mutex);
      keys.push_back(request.get_header_value("Authorization"));
      bodies.push_back(request.body);
      reply(static_cast<int>(bodies.size()) - 1, response);
    });
    int const port = server.bind_to_any_port("127.0.0.1");
    judge.url = std::format("http://127.0.0.1:{}/v1", port);
    judge.model = "grader";
    judge.rubric = "Is it right?";
    judge.timeout_s = 30;
    thread = std::thread([this] { server.listen_after_bind(); });
    server.wait_until_ready();
  }
  void TearDown() override {
    server.stop();
    thread.join();
    fs::remove_all(folder);
  }

  static Question question(std::string answer = "an answer") {
    return {.prompt = "a question", .answer = std::move(answer), .expected = {}};
  }
  static void busy(httplib::Response& response, int status) {
    response.status = status;
    response.set_header("Retry-After", "0");
    response.set_content(R"({"error":{"message":"slow down"}})", "application/json");
  }
};

TEST_F(AskTest, a_grade_and_the_key_that_it_takes) {
  Asking asking(judge, "sk-secret", Cache({}));
  EXPECT_EQ(asking.grade(question(), {}).value(), 7.0);
  EXPECT_THAT(keys, ElementsAre("Bearer sk-secret"));
  EXPECT_THAT(bodies.at(0), HasSubstr("an answer"));
  EXPECT_THAT(bodies.at(0), Not(HasSubstr("sk-secret")));
  Asking open(judge, "", Cache({}));
  EXPECT_TRUE(open.grade(question(), {}));
  EXPECT_EQ(keys.back(), "");
}

TEST_F(AskTest, what_was_graded_is_not_asked_again) {
  Asking first(judge, "sk-secret", Cache(folder));
  EXPECT_EQ(first.grade(question(), {}).value(), 7.0);
  EXPECT_EQ(first.grade(question(), {}).value(), 7.0);
  EXPECT_EQ(first.asked(), 1);
  Asking second(judge, "sk-secret", Cache(folder));    // as in another run
  EXPECT_EQ(second.grade(question(), {}).value(), 7.0);
  EXPECT_EQ(second.asked(), 0);
  EXPECT_TRUE(second.grade(question("another"), {}));
  EXPECT_EQ(second.asked(), 1);
  for (auto const& file : fs::directory_iterator(folder)) {
    std::ifstream in(file.path());
    std::string const text(std::istreambuf_iterator<char>(in), {});
    EXPECT_THAT(text, Not(HasSubstr("secret")));
    EXPECT_FALSE(file.path().string().ends_with(".part"));
  }
}

TEST_F(AskTest, an_answer_that_is_no_grade_is_an_error_and_is_not_kept) {
  reply = [](int number, httplib::Response& response) {
    response.set_content(number == 0 ? completion("seven, I think") : seven, "application/json");
  };
  Asking asking(judge, "", Cache(folder));
  auto const none = asking.grade(question(), {});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().fault, Fault::answer);
  EXPECT_THAT(none.error().reason, HasSubstr("the judge gave no score"));
  EXPECT_THAT(none.error().reason, HasSubstr("seven, I think"));
  EXPECT_EQ(asking.grade(question(), {}).value(), 7.0);
}

TEST_F(AskTest, a_reply_that_is_no_completion) {
  reply = [](int, httplib::Response& response) { response.set_content("<html>", "text/html"); };
  Asking asking(judge, "", Cache(folder));
  EXPECT_THAT(asking.grade(question(), {}).error().reason, HasSubstr("no chat completion"));
}

TEST_F(AskTest, a_refused_key_is_said_without_it_and_not_tried_again) {
  reply = [](int, httplib::Response& response) {
    response.status = 401;
    response.set_content(R"({"error":{"message":"Incorrect API key provided: sk-secret."}})", "application/json");
  };
  Asking asking(judge, "sk-secret", Cache(folder));
  auto const none = asking.grade(question(), {});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().fault, Fault::refused);
  EXPECT_THAT(none.error().reason, HasSubstr("answered 401: Incorrect API key provided: (the key)."));
  EXPECT_THAT(none.error().reason, Not(HasSubstr("sk-secret")));
  EXPECT_EQ(asking.asked(), 1);
}

TEST_F(AskTest, one_that_is_busy_is_asked_again) {
  reply = [](int number, httplib::Response& response) {
    if (number == 0) return busy(response, 429);
    if (number == 1) return busy(response, 503);
    response.set_content(seven, "application/json");
  };
  Asking asking(judge, "", Cache({}));
  EXPECT_EQ(asking.grade(question(), {}).value(), 7.0);
  EXPECT_EQ(asking.asked(), 3);
}

TEST_F(AskTest, but_not_for_ever) {
  reply = [](int, httplib::Response& response) { busy(response, 429); };
  judge.retries = 2;
  Asking asking(judge, "", Cache({}));
  auto const none = asking.grade(question(), {});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().fault, Fault::busy);
  EXPECT_THAT(none.error().reason, HasSubstr("answered 429: slow down (asked 3 times)"));
  EXPECT_EQ(asking.asked(), 3);
}

TEST_F(AskTest, out_of_reach) {
  server.stop();
  judge.retries = 0;
  Asking asking(judge, "", Cache({}));
  auto const none = asking.grade(question(), {});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().fault, Fault::busy);
  EXPECT_THAT(none.error().reason, HasSubstr("cannot be reached"));
}

TEST_F(AskTest, stopping_ends_the_waiting) {
  std::stop_source stop;
  reply = [&](int, httplib::Response& response) {
    stop.request_stop();
    busy(response, 429);
    response.headers.erase("Retry-After");
    response.set_header("Retry-After", "1000");
  };
  Asking asking(judge, "", Cache({}));
  auto const none = asking.grade(question(), stop.get_token());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().reason, "interrupted");
}

TEST(CacheFolder, can_be_missing_or_unwritable) {
  Cache const none({});
  none.keep("a", "text");
  EXPECT_FALSE(none.find("a"));
  Cache const no_place("/proc/edgelab-none");
  no_place.keep("a", "text");
  EXPECT_FALSE(no_place.find("a"));
}

}  // namespace
}  // namespace edgelab::judge
