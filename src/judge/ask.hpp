// Asking a judge over HTTP.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <stop_token>
#include <string>

#include "judge/cache.hpp"
#include "judge/question.hpp"

namespace edgelab::judge {

struct NoGrade {
  std::string reason;         // for people; the key is not in it
  // That it is the judge and not the answer: refused (the key, the model's name), busy or out of reach after all
  // retries.
  enum class Fault : std::uint8_t { answer, busy, refused } fault = Fault::answer;
};

// One question after another, on a connection of its own each. Not thread-safe.
class Asking {
 public:
  // An empty key: none is sent.
  Asking(Judge judge, std::string key, Cache cache);

  // From the cache where it holds it; else over HTTP, waiting and asking again where the judge is busy (429), in
  // trouble (5xx) or out of reach, `retries` times at most. Only replies with a grade are kept. Ends early, as `busy`,
  // where `stop` asks for it.
  [[nodiscard]] std::expected<double, NoGrade> grade(Question const& question, std::stop_token const& stop);

  [[nodiscard]] std::int32_t asked() const { return asked_; }  // requests sent, retries too

 private:
  [[nodiscard]] std::string without_key(std::string text) const;

  Judge judge_;
  std::string key_;
  Cache cache_;
  std::int32_t asked_ = 0;
};

}  // namespace edgelab::judge
