#include "runner/texts.hpp"

#include "plan/random.hpp"
#include "quality/scorers.hpp"

namespace edgelab::runner {

namespace {

constexpr std::uint64_t order_of_texts = 0x74657874;   // what the seed is derived for

}  // namespace

protocol::TrialRequest prompt_message(Request const& request) {
  protocol::TrialRequest message;
  message.id = request.id;
  message.prompt = request.prompt;
  for (auto const& [role, content] : request.messages)
    message.messages.push_back({{"role", role}, {"content", content}});
  return message;
}

std::vector<TextToRead> texts_for(Plan const& plan, std::size_t workload) {
  auto const& experiment = plan.experiment;
  auto const& own = experiment.workloads[workload];
  bool const named = !experiment.quality.texts.empty();
  auto const* const scorer = quality::find_scorer(own.scorer);
  bool const answers = named || scorer == nullptr || scorer->expects_answer;
  std::vector<TextToRead> texts;
  for (auto const& request : named ? experiment.quality.texts : own.requests) {
    if (request.synthetic_tokens) continue;
    TextToRead text;
    text.id = request.id;
    if (request.prompt || !request.messages.empty()) text.prompt = prompt_message(request);
    if (answers) text.rest = request.expected.value_or("");
    if (text.prompt || !text.rest.empty()) texts.push_back(std::move(text));
  }
  plan::Random random(plan::derive_seed(experiment.protocol.seed, order_of_texts, 0));
  plan::shuffle(texts, random, texts.size());
  return texts;
}

}  // namespace edgelab::runner
