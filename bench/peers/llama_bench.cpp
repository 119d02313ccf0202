#include "peers/llama_bench.hpp"

#include <chrono>
#include <string>

#include "peers/settings.hpp"
#include "support/tool.hpp"
#include "wire/json.hpp"

namespace edgelab::bench {

Result<double> llama_bench(std::filesystem::path const& model, int prompt_tokens, int generated_tokens) {
  EDGELAB_TRY(output, run_tool({"llama-bench", "-m", model.string(), "-p", std::to_string(prompt_tokens), "-n",
                                std::to_string(generated_tokens), "-t", std::to_string(threads), "-fa", "off", "-ngl",
                                "0", "-r", "1", "-o", "json"},
                               std::chrono::seconds(300)));
  EDGELAB_TRY(rows, wire::Json::parse(output.out));
  return rows.number("/0/avg_ts");
}

}  // namespace edgelab::bench
