// openai_standin FORM PORT_FILE [PAUSE_US]: serves until its input ends, after writing its port to the file.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

#include "support/openai_standin.hpp"

int main(int argc, char** argv) {
  using edgelab::testing::OpenAiStandIn;
  if (argc < 3) {
    std::fputs("openai_standin ollama|vllm URL_FILE [PAUSE_US]\n", stderr);
    return 2;
  }
  OpenAiStandIn const server(
      {.form = std::string(argv[1]) == "vllm" ? OpenAiStandIn::Form::vllm : OpenAiStandIn::Form::ollama,
       .key = {},
       .pause = std::chrono::microseconds(argc > 3 ? std::atoi(argv[3]) : 0),
       .fault = {}});
  std::ofstream(argv[2]) << server.url() << std::flush;
  for (std::string line; std::getline(std::cin, line);) {}
}
