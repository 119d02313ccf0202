// The installed llama.h made older: what b9553's does not have is put out of the way, and what it has in place of that is
// declared here, as far as src/llama uses it. For compiling against, never for linking: only the names are b9553's, not the
// layout of its structs. src/llama/compat.hpp is what is held by it.
#pragma once
#pragma GCC system_header   // which may say #include_next

#define LLAMA_LOAD_MODE_AUTO newer_LLAMA_LOAD_MODE_AUTO
#define LLAMA_LOAD_MODE_NONE newer_LLAMA_LOAD_MODE_NONE
#define LLAMA_LOAD_MODE_MMAP newer_LLAMA_LOAD_MODE_MMAP
#define LLAMA_LOAD_MODE_MLOCK newer_LLAMA_LOAD_MODE_MLOCK
#define LLAMA_LOAD_MODE_MMAP_MLOCK newer_LLAMA_LOAD_MODE_MMAP_MLOCK
#define LLAMA_LOAD_MODE_DIRECT_IO newer_LLAMA_LOAD_MODE_DIRECT_IO
#define llama_load_mode newer_llama_load_mode
#define llama_version newer_llama_version
#define llama_model_params newer_llama_model_params
#define llama_model_default_params newer_llama_model_default_params
#define llama_model_load_from_file newer_llama_model_load_from_file

#include_next <llama.h>

#undef LLAMA_LOAD_MODE_AUTO
#undef LLAMA_LOAD_MODE_NONE
#undef LLAMA_LOAD_MODE_MMAP
#undef LLAMA_LOAD_MODE_MLOCK
#undef LLAMA_LOAD_MODE_MMAP_MLOCK
#undef LLAMA_LOAD_MODE_DIRECT_IO
#undef llama_load_mode
#undef llama_version
#undef llama_model_params
#undef llama_model_default_params
#undef llama_model_load_from_file

// Of the model's parameters, those that the engine sets.
struct llama_model_params {
  ggml_backend_dev_t* devices;
  int32_t n_gpu_layers;
  llama_split_mode split_mode;
  int32_t main_gpu;
  llama_progress_callback progress_callback;
  bool use_mmap;
  bool use_direct_io;
  bool use_mlock;
  bool use_extra_bufts;
};

extern "C" {
llama_model_params llama_model_default_params();
llama_model* llama_model_load_from_file(char const* path_model, llama_model_params params);
}
