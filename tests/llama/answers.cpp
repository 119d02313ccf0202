#include "llama/answers.hpp"

#include <format>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "spec/prompts.hpp"

namespace edgelab::test {

namespace {

protocol::TrialRequest wire_request(Request const& request, std::int32_t max_tokens) {
  protocol::TrialRequest made;
  made.id = request.id;
  made.prompt = request.prompt;
  for (auto const& [role, content] : request.messages) made.messages.push_back({{"role", role}, {"content", content}});
  made.max_tokens = std::min(request.max_tokens, max_tokens);
  return made;
}

}  // namespace

std::vector<protocol::TrialRequest> held_out_prompts(std::size_t each, std::int32_t max_tokens) {
  std::vector<protocol::TrialRequest> requests;
  for (auto const* name : {"extract", "rewrite", "longqa", "stories", "chat", "mixed"}) {
    auto const file = std::format("{}/workloads/{}.jsonl", EDGELAB_SOURCE_DIR, name);
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    auto const all = spec::parse_prompts(text.str(), file, spec::PromptFormat::jsonl, {.max_tokens = max_tokens});
    if (!all || all->size() < each) throw std::runtime_error("too few prompts in " + file);
    for (std::size_t i = 0; i < each; ++i) requests.push_back(wire_request((*all)[i * all->size() / each], max_tokens));
  }
  return requests;
}

Respondent::Respondent(Flags load_flags) { load(std::move(load_flags)); }

void Respondent::load(Flags flags) {
  flags.insert({"threads", "1"});
  executor_.send(wire::encode(protocol::Load{1, demo_model, demo_draft, flags}));
  if (auto const reply = executor_.receive(); std::holds_alternative<protocol::Failure>(reply))
    throw std::runtime_error(std::get<protocol::Failure>(reply).reason);
}

protocol::HelloReply Respondent::hello() {
  executor_.send(wire::encode(protocol::Hello{}));
  return std::get<protocol::HelloReply>(executor_.receive());
}

std::map<std::string, Answer> Respondent::answers(std::vector<protocol::TrialRequest> const& requests, Flags flags,
                                                  Judge const& judge) {
  protocol::Run run;
  run.id = 2;
  run.flags = std::move(flags);
  run.flags.insert({{"threads", "1"}, {"threads-batch", "1"}, {"ubatch-size", "64"}});
  run.requests = requests;
  run.concurrency = 12;
  auto const ran = executor_.run(run);
  if (std::holds_alternative<protocol::Failure>(ran.end)) throw std::runtime_error(ran.failure().reason);
  in_force_ = ran.done().in_force;
  std::map<std::string, protocol::TrialRequest const*> by_id;
  for (auto const& request : requests) by_id[request.id] = &request;
  std::map<std::string, Answer> answers;
  auto token = ran.timeline.token_ids.begin();
  std::size_t emission = 0;
  auto const& rows = ran.timeline.requests;
  for (std::size_t row = 0; row < rows.id.size(); ++row) {
    std::int32_t count = 0;
    for (std::int32_t i = 0; i < rows.emissions[row]; ++i) count += ran.timeline.emissions.tokens[emission++];
    if (rows.finish[row] != "stop" && rows.finish[row] != "length")
      throw std::runtime_error(rows.id[row] + " ended with " + rows.finish[row]);
    answers[rows.id[row]] = {judge.prompt_of(*by_id.at(rows.id[row])), {token, token + count}, rows.finish[row] == "stop"};
    token += count;
  }
  if (answers.size() != requests.size()) throw std::runtime_error("not every request was answered");
  return answers;
}

Comparison compare(std::map<std::string, Answer> const& baseline, std::map<std::string, Answer> const& round,
                   Judge& judge, double noise) {
  Comparison comparison;
  for (auto const& [id, answer] : round) {
    auto const& reference = baseline.at(id);
    if (answer.tokens == reference.tokens && answer.ended == reference.ended) {
      ++comparison.identical;
      continue;
    }
    auto const lead = judge.worst_lead(answer);
    if (lead <= noise)
      ++comparison.near_ties;
    else
      comparison.defects.push_back(std::format("{}: another token leads by {:.4f}", id, lead));
  }
  return comparison;
}

}  // namespace edgelab::test
