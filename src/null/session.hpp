// The null executor's side of the conversation.
#pragma once

#include <deque>
#include <string>

#include "null/line_input.hpp"
#include "null/settings.hpp"
#include "types/protocol.hpp"
#include "types/timeline.hpp"

namespace edgelab::null {

class Session {
 public:
  // Answers messages until bye or the end of input.
  void serve();

 private:
  enum class Play { to_the_end, cancelled, input_ended };

  void answer(protocol::Run const& run);
  // Takes as long as the timeline says, telling of progress; messages that arrive meanwhile are kept for later. A request
  // that is cancelled alone is cut off in the timeline; those that come after it keep their times.
  Play play(protocol::Run const& run, Timeline& timeline);

  LineInput input_;
  std::deque<std::string> kept_;
};

}  // namespace edgelab::null
