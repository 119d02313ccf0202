// The llama.h that this is compiled against: all that differs, for this engine, between those that it is made for. These are
// 0.7.0, which Debian has, and b9553, which fllama brings to phones. The build asks the header what it has (CMakeLists.txt).
#pragma once

#include <llama.h>

#include <cstdint>
#include <string>

namespace edgelab::llama {

enum class LoadMode : std::uint8_t { automatic, none, mmap, mlock, mmap_mlock, direct_io };

inline void set_load_mode(llama_model_params& params, LoadMode mode) {
#if EDGELAB_LLAMA_HAS_LOAD_MODE
  switch (mode) {
    case LoadMode::automatic: params.load_mode = LLAMA_LOAD_MODE_AUTO; break;
    case LoadMode::none: params.load_mode = LLAMA_LOAD_MODE_NONE; break;
    case LoadMode::mmap: params.load_mode = LLAMA_LOAD_MODE_MMAP; break;
    case LoadMode::mlock: params.load_mode = LLAMA_LOAD_MODE_MLOCK; break;
    case LoadMode::mmap_mlock: params.load_mode = LLAMA_LOAD_MODE_MMAP_MLOCK; break;
    case LoadMode::direct_io: params.load_mode = LLAMA_LOAD_MODE_DIRECT_IO; break;
  }
#else
  // Three switches, of which direct I/O goes before mmap. By themselves they are what automatic means there.
  if (mode == LoadMode::automatic) return;
  params.use_mmap = mode == LoadMode::mmap || mode == LoadMode::mmap_mlock;
  params.use_mlock = mode == LoadMode::mlock || mode == LoadMode::mmap_mlock;
  params.use_direct_io = mode == LoadMode::direct_io;
#endif
}

// "0.7.0 "; empty where the library cannot tell.
inline std::string library_version() {
#if EDGELAB_LLAMA_HAS_VERSION
  return std::string(llama_version()) + " ";
#else
  return "";
#endif
}

}  // namespace edgelab::llama
