// `workloads`.
#include <algorithm>
#include <format>

#include "core/text.hpp"
#include "spec/lowering.hpp"
#include "spec/prompts.hpp"

namespace edgelab::spec {

namespace {

constexpr std::int32_t default_max_tokens = 128;
constexpr std::string_view schema_scorer = "json-schema";
constexpr std::string_view default_choice_scorer = "acc_norm";    // choices are seldom of one length

std::int32_t narrow(document::Integer const& number) { return static_cast<std::int32_t>(number.value); }

std::int32_t or_default(std::optional<document::Integer> const& number, std::int32_t otherwise) {
  return number ? narrow(*number) : otherwise;
}

template <typename T>
void refuse_key(Lowering& to, std::optional<T> const& key, std::string_view name, std::string_view why) {
  if (key) to.error(key->mark, std::format("'{}' has no meaning here: {}", name, why));
}

void put_system_first(Lowering& to, document::Text const& system, std::vector<Request>& requests) {
  if (std::ranges::all_of(requests, [](Request const& request) { return request.messages.empty(); }))
    to.error(system.mark, "'system' has no meaning here: the file has prompts and no chats");
  for (auto& request : requests) {
    if (request.messages.empty() || request.messages.front().role == "system") continue;
    request.messages.insert(request.messages.begin(), {"system", system.value});
  }
}

std::vector<Request> read_prompts(Lowering& to, document::At<document::Workload> const& at) {
  auto const& written = at.value;
  constexpr auto why = "it belongs to kind: synthetic";
  if (written.prompt_tokens) to.error(at.mark, std::format("'prompt_tokens' has no meaning here: {}", why));
  refuse_key(to, written.output_tokens, "output_tokens", why);
  refuse_key(to, written.depth, "depth", why);
  refuse_key(to, written.count, "count", why);
  if (!written.file) {
    to.error(at.mark, "a workload needs the key 'file' (prompts, one a line), or kind: synthetic with prompt_tokens and "
                      "output_tokens");
    return {};
  }
  if (written.file->value.empty()) return {};
  auto const path = to.locate(written.file->value);
  auto const text = to.read(written.file->value, max_prompt_file_bytes);
  if (!text) {
    to.error(written.file->mark, std::format("prompt file {}: {}", path.string(), text.error().message));
    return {};
  }
  auto const format = written.format ? prompt_format(written.format->value) : format_of(path);
  if (!format) return {};
  PromptOptions options{.max_tokens = or_default(written.max_tokens, default_max_tokens)};
  if (written.tags && *format != PromptFormat::jsonl) to.error(at.mark, "'tags' has no meaning here: only JSON Lines have tags");
  if (written.tags) {
    for (auto const& tag : *written.tags) options.tags.push_back(tag.value);
  }
  if (written.max_turns) options.max_turns = narrow(*written.max_turns);
  auto requests = parse_prompts(*text, path, *format, options);
  if (!requests) {
    to.add(std::move(requests.error()));
    return {};
  }
  if (written.system) put_system_first(to, *written.system, *requests);
  return *std::move(requests);
}

std::vector<Request> make_synthetic(Lowering& to, document::At<document::Workload> const& at) {
  auto const& written = at.value;
  refuse_key(to, written.file, "file", "a synthetic workload makes its own prompts");
  refuse_key(to, written.format, "format", "a synthetic workload makes its own prompts");
  refuse_key(to, written.system, "system", "a synthetic workload makes its own prompts");
  refuse_key(to, written.max_turns, "max_turns", "a synthetic workload has no conversations");
  if (written.tags) to.error(at.mark, "'tags' has no meaning here: a synthetic workload makes its own prompts");
  refuse_key(to, written.max_tokens, "max_tokens", "a synthetic workload has output_tokens");
  if (!written.prompt_tokens) to.error(at.mark, "a synthetic workload needs the key 'prompt_tokens', e.g. [128, 512]");
  if (!written.output_tokens) to.error(at.mark, "a synthetic workload needs the key 'output_tokens', e.g. 64");
  if (!written.prompt_tokens || !written.output_tokens) return {};
  auto const count = or_default(written.count, 1);
  auto const depth = or_default(written.depth, 0);
  if (static_cast<std::size_t>(count) * written.prompt_tokens->size() > max_requests) {
    to.error(at.mark, std::format("more than {} prompts", max_requests));
    return {};
  }
  std::vector<Request> requests;
  for (auto const& length : *written.prompt_tokens) {
    for (std::int32_t i = 0; i < count; ++i) {
      Request request;
      // A length that is named twice is two series, and their ids stay apart.
      request.id = depth > 0 ? std::format("{}+{}-{}", depth, length.value, requests.size())
                             : std::format("{}-{}", length.value, requests.size());
      request.synthetic_tokens = depth + narrow(length);
      request.max_tokens = narrow(*written.output_tokens);
      request.ignore_eos = true;
      requests.push_back(std::move(request));
    }
  }
  return requests;
}

Arrivals lower_arrivals(Lowering& to, document::Workload const& written, std::size_t conversations_per_trial) {
  using enum Arrivals::Kind;
  Arrivals arrivals;
  if (written.concurrency) arrivals.concurrency = narrow(*written.concurrency);
  if (!written.arrivals) return arrivals;
  auto const* const at = &written.arrivals->value;
  auto const mark = written.arrivals->mark;
  auto const& kind = at->kind.value;
  if (kind == "constant") arrivals.kind = constant;
  if (kind == "poisson") arrivals.kind = poisson;
  if (kind == "burst") arrivals.kind = burst;
  if (kind == "trace") arrivals.kind = trace;
  if (kind.empty()) return arrivals;
  bool const has_rate = arrivals.kind == constant || arrivals.kind == poisson;
  if (has_rate && !at->rate_per_s) to.error(mark, std::format("arrivals of kind {} need the key 'rate_per_s'", kind));
  if (!has_rate && at->rate_per_s) {
    to.error(at->rate_per_s->mark, std::format("arrivals of kind {} have no rate_per_s", kind));
  }
  if (at->rate_per_s) arrivals.rate_per_s = at->rate_per_s->value;
  if (arrivals.kind != closed && written.concurrency) {
    to.error(written.concurrency->mark, std::format("'concurrency' has no meaning where arrivals are of kind {}", kind));
  }
  if (arrivals.kind != trace) {
    if (at->times_s) to.error(mark, std::format("arrivals of kind {} have no times_s", kind));
    return arrivals;
  }
  if (!at->times_s) {
    to.error(mark, "arrivals of kind trace need the key 'times_s'");
    return arrivals;
  }
  for (auto const& time : *at->times_s) {
    if (!arrivals.times_s.empty() && time.value < arrivals.times_s.back()) {
      to.error(time.mark, std::format("the times of a trace rise: {} is before {}", time.value, arrivals.times_s.back()));
    }
    arrivals.times_s.push_back(time.value);
  }
  if (conversations_per_trial > 0 && arrivals.times_s.size() != conversations_per_trial) {
    to.error(mark, std::format("a trial has {} requests and times_s has {} times: expected as many", conversations_per_trial,
                               arrivals.times_s.size()));
  }
  return arrivals;
}

void choose_scorer(Lowering& to, document::Workload const& written, bool synthetic, Workload& workload) {
  auto const& requests = workload.requests;
  bool const schemas = std::ranges::any_of(requests, &Request::expects_schema);
  if (std::ranges::any_of(requests, [](Request const& request) { return !request.choices.empty(); }))
    workload.scorer = default_choice_scorer;
  if (schemas) {
    workload.scorer = schema_scorer;
    if (std::ranges::any_of(requests, [](Request const& request) { return request.expected && !request.expects_schema; }))
      to.error(written.file->mark, "some requests of the file have a 'schema' and others are 'expected' to say something: a "
                                   "workload has one scorer, so put them into two files");
  }
  if (!written.scorer || written.scorer->value.empty()) return;
  workload.scorer = written.scorer->value;
  auto const& known = to.overrides().known_scorers;
  if (!known.empty() && !std::ranges::contains(known, workload.scorer)) {
    to.error(written.scorer->mark, std::format("there is no scorer '{}'{}: expected one of {}", workload.scorer,
                                               suggestion(workload.scorer, known), join(known, ", ")));
  } else if (schemas && workload.scorer != schema_scorer) {
    to.error(written.scorer->mark, std::format("the file's requests have a 'schema', which the scorer {} holds answers against, "
                                               "not {}", schema_scorer, workload.scorer));
  }
  if (synthetic) to.error(written.scorer->mark, "'scorer' has no meaning here: made-up prompts have no right answers");
}

Workload lower_workload(Lowering& to, document::At<document::Workload> const& at) {
  auto const& written = at.value;
  Workload workload;
  workload.id = written.id.value;
  workload.origin = to.origin(written.id.mark);
  bool const kind_is_told = written.kind && !written.kind->value.empty();
  bool const synthetic = kind_is_told ? written.kind->value == "synthetic" : written.prompt_tokens && !written.file;
  workload.requests = synthetic ? make_synthetic(to, at) : read_prompts(to, at);
  auto const available = static_cast<std::size_t>(
      std::ranges::count_if(workload.requests, [](Request const& request) { return !request.follows; }));
  if (written.per_trial) {
    workload.per_trial = narrow(*written.per_trial);
    if (available > 0 && static_cast<std::size_t>(workload.per_trial) > available) {
      to.error(written.per_trial->mark, std::format("'per_trial' is {}, and the workload has {} requests: they are drawn "
                                                    "without repeats", workload.per_trial, available));
    }
  }
  auto const drawn = workload.per_trial > 0 ? static_cast<std::size_t>(workload.per_trial) : available;
  workload.arrivals = lower_arrivals(to, written, available > 0 ? drawn : 0);
  if (written.parallel) workload.parallel = narrow(*written.parallel);
  if (written.sampling) {
    auto const& sampling = *written.sampling;
    if (sampling.temperature) workload.sampling.temperature = sampling.temperature->value;
    if (sampling.top_k) workload.sampling.top_k = narrow(*sampling.top_k);
    if (sampling.top_p) workload.sampling.top_p = sampling.top_p->value;
  }
  if (written.slo) {
    auto const& slo = written.slo->value;
    if (!slo.ttft_ms && !slo.tpot_ms) to.error(written.slo->mark, "'slo' needs ttft_ms, tpot_ms or both");
    workload.slo.emplace();
    if (slo.ttft_ms) workload.slo->ttft_ms = slo.ttft_ms->value;
    if (slo.tpot_ms) workload.slo->tpot_ms = slo.tpot_ms->value;
  }
  choose_scorer(to, written, synthetic, workload);
  if (written.rounds) {
    for (auto const& round : *written.rounds) workload.rounds.push_back(round.value);
  }
  return workload;
}

}  // namespace

std::vector<Workload> lower_workloads(Lowering& to, document::Experiment const& from) {
  std::vector<Workload> workloads;
  std::vector<document::Text const*> ids;
  for (auto const& at : from.workloads) {
    to.check_name(at.value.id, "workload");
    ids.push_back(&at.value.id);
    workloads.push_back(lower_workload(to, at));
  }
  to.check_distinct(ids, "workload");
  return workloads;
}

}  // namespace edgelab::spec
