/* The C interface of libfllama, declared a second time, so that a slip in one of the two declarations is found out. */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef void (*standin_callback)(char const* text, char const* json, uint8_t done);

struct standin_request {
  int request_id, context_size;
  char* input;
  int max_tokens;
  char *model_path, *model_mmproj_path;
  int num_gpu_layers, num_threads;
  float temperature, top_p, penalty_freq, penalty_repeat;
  char *grammar, *eos_token;
  void (*dart_logger)(char const*);
  char *openai_request_json_string, *draft_model_path;
  int draft_n_max;
  float draft_p_min;
};

struct standin_tokenize_request {
  char *input, *model_path;
};
