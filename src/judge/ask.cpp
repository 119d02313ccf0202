#include "judge/ask.hpp"

#include <httplib.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <format>
#include <mutex>

namespace edgelab::judge {

namespace {

constexpr std::chrono::milliseconds first_wait{500};    // doubled each time
constexpr std::chrono::milliseconds longest_wait{30'000};

struct Place {
  std::string host;    // "https://api.example.com:443"
  std::string path;
};

Place place_of(std::string const& url) {
  auto const begin = url.find("://") + 3;
  auto const slash = url.find('/', begin);
  if (slash == std::string::npos) return {url, "/chat/completions"};
  return {url.substr(0, slash), url.substr(slash) + "/chat/completions"};
}

// As long as the judge asks for, in whole seconds, else longer each time.
std::chrono::milliseconds wait_after(httplib::Result const& reply, std::int32_t attempt) {
  auto wait = std::min(first_wait * (1 << std::min(attempt, 10)), longest_wait);
  if (!reply || !reply->has_header("Retry-After")) return wait;
  auto const asked = reply->get_header_value("Retry-After");
  int seconds = 0;
  if (std::from_chars(asked.data(), asked.data() + asked.size(), seconds).ec == std::errc{} && seconds >= 0)
    wait = std::min<std::chrono::milliseconds>(std::chrono::seconds(std::min(seconds, 3600)), longest_wait);
  return wait;
}

void sleep_for(std::chrono::milliseconds time, std::stop_token const& stop) {
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock lock(mutex);
  woken.wait_for(lock, stop, time, [] { return false; });
}

}  // namespace

Asking::Asking(Judge judge, std::string key, Cache cache)
    : judge_(std::move(judge)), key_(std::move(key)), cache_(std::move(cache)) {}

// Servers like to quote the key that they refuse.
std::string Asking::without_key(std::string text) const {
  if (key_.empty()) return text;
  for (auto at = text.find(key_); at != std::string::npos; at = text.find(key_, at))
    text.replace(at, key_.size(), "(the key)");
  return text;
}

std::expected<double, NoGrade> Asking::grade(Question const& question, std::stop_token const& stop) {
  using Fault = NoGrade::Fault;
  auto const body = body_of(judge_, question);
  auto const hash = hash_of(judge_, body);
  if (auto const kept = cache_.find(hash))
    if (auto const grade = grade_in(judge_, *kept)) return *grade;

  auto const no_grade = [&](std::string reason, Fault fault) {
    return std::unexpected(NoGrade{without_key(std::move(reason)), fault});
  };
  auto const [host, path] = place_of(judge_.url);
  httplib::Headers headers;
  if (!key_.empty()) headers.emplace("Authorization", "Bearer " + key_);
  auto const timeout = std::chrono::milliseconds(static_cast<std::int64_t>(judge_.timeout_s * 1000.0));
  for (std::int32_t attempt = 0;; ++attempt) {
    if (stop.stop_requested()) return no_grade("interrupted", Fault::busy);
    httplib::Client client(host);
    client.set_connection_timeout(timeout);
    client.set_read_timeout(timeout);
    client.set_write_timeout(timeout);
    client.set_max_timeout(timeout);
    client.set_keep_alive(false);
    ++asked_;
    auto const reply = [&] {
      std::stop_callback const end(stop, [&client] { client.stop(); });
      return client.Post(path, headers, body, "application/json");
    }();
    if (stop.stop_requested()) return no_grade("interrupted", Fault::busy);
    if (reply && reply->status == 200) {
      auto const text = text_in(reply->body);
      if (!text) return no_grade(text.error().describe(), Fault::answer);
      auto const grade = grade_in(judge_, *text);
      if (!grade) return no_grade(grade.error().describe(), Fault::answer);
      cache_.keep(hash, *text);
      return *grade;
    }
    auto const reason = reply ? std::format("{} answered {}: {}", host, reply->status, message_in(reply->body))
                              : std::format("{} cannot be reached: {}", host, httplib::to_string(reply.error()));
    bool const again = !reply || reply->status == 429 || reply->status >= 500;
    if (!again) {
      bool const for_all = reply->status == 401 || reply->status == 403 || reply->status == 404;
      return no_grade(reason, for_all ? Fault::refused : Fault::answer);
    }
    if (attempt >= judge_.retries)
      return no_grade(attempt == 0 ? reason : std::format("{} (asked {} times)", reason, attempt + 1), Fault::busy);
    sleep_for(wait_after(reply, attempt), stop);
  }
}

}  // namespace edgelab::judge
