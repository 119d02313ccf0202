#include "peers/llama_batched_bench.hpp"

#include <chrono>
#include <string>

#include "peers/settings.hpp"
#include "support/tool.hpp"
#include "wire/json.hpp"

namespace edgelab::bench {

Result<double> llama_batched_bench(std::filesystem::path const& model, int sequences, int prompt_tokens,
                                   int generated_tokens) {
  EDGELAB_TRY(output, run_tool_to_the_last_line({"llama-batched-bench",
                                                 "-m",
                                                 model.string(),
                                                 "-c",
                                                 std::to_string(sequences * 1024),
                                                 "-npp",
                                                 std::to_string(prompt_tokens),
                                                 "-ntg",
                                                 std::to_string(generated_tokens),
                                                 "-npl",
                                                 std::to_string(sequences),
                                                 "-t",
                                                 std::to_string(threads),
                                                 "-tb",
                                                 std::to_string(threads),
                                                 "-fa",
                                                 "off",
                                                 "-ngl",
                                                 "0",
                                                 "-no-kvu",
                                                 "--output-format",
                                                 "jsonl"},
                                                std::chrono::seconds(300), "\"speed\""));
  auto const begin = output.out.find('{');
  auto const end = output.out.find('}', begin == std::string::npos ? 0 : begin);
  if (end == std::string::npos) return fail("llama-batched-bench printed no result: " + output.out);
  EDGELAB_TRY(row, wire::Json::parse(std::string_view(output.out).substr(begin, end - begin + 1)));
  EDGELAB_TRY(seconds, row.number("/t"));
  if (seconds <= 0.0) return fail("llama-batched-bench took no time");
  return sequences * generated_tokens / seconds;
}

}  // namespace edgelab::bench
