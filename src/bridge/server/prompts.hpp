// Requests as token ids, by a server's own tokeniser and chat template.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bridge/backend.hpp"
#include "bridge/http.hpp"
#include "types/protocol.hpp"

namespace edgelab::bridge {

// Of one model: what has been asked once is kept, since the same requests come in every block.
class Prompts {
 public:
  // The prompt of `request`, which is number `index` of a run with this seed. A synthetic one is of ordinary tokens, those that
  // a page of text is made of, after the token that the model puts first, if it does.
  [[nodiscard]] Outcome<std::vector<std::int32_t>> of(protocol::TrialRequest const& request, std::uint64_t seed,
                                                      std::size_t index, HttpConnection& server);

  // How many tokens that will be, or more, without a server.
  [[nodiscard]] static std::int64_t estimate(protocol::TrialRequest const& request);

 private:
  [[nodiscard]] Outcome<std::vector<std::int32_t>> tokens(std::string const& text, bool from_the_start,
                                                          HttpConnection& server);
  [[nodiscard]] Outcome<std::vector<std::int32_t>> synthetic(std::int32_t length, std::uint64_t seed,
                                                             HttpConnection& server);

  std::map<std::string, std::vector<std::int32_t>> known_;  // by the text or the messages
  std::vector<std::int32_t> ordinary_;
  std::vector<std::int32_t> first_;
};

}  // namespace edgelab::bridge
