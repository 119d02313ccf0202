# Which llama.cpp the engine is compiled against and linked to.

set(EDGELAB_LLAMA system CACHE STRING "`system`: the installed libllama; `fllama`: what EDGELAB_FLLAMA_… name")
set(EDGELAB_FLLAMA_INCLUDE "" CACHE STRING "With EDGELAB_LLAMA=fllama: the folders of its llama.h and ggml.h")
set(EDGELAB_FLLAMA_LIBRARY "" CACHE STRING "With EDGELAB_LLAMA=fllama: its library, or several")

if(EDGELAB_LLAMA STREQUAL "system")
  find_package(llama REQUIRED)
elseif(EDGELAB_LLAMA STREQUAL "fllama")
  find_file(EDGELAB_FLLAMA_HEADER llama.h PATHS ${EDGELAB_FLLAMA_INCLUDE} NO_DEFAULT_PATH NO_CACHE)
  if(NOT EDGELAB_FLLAMA_HEADER)
    message(FATAL_ERROR "EDGELAB_LLAMA=fllama: there is no llama.h in EDGELAB_FLLAMA_INCLUDE ('${EDGELAB_FLLAMA_INCLUDE}'): "
                        "expected the folders of fllama's llama.h and ggml.h, separated by ';'")
  endif()
  foreach(library IN LISTS EDGELAB_FLLAMA_LIBRARY)
    if(NOT EXISTS ${library})
      message(FATAL_ERROR "EDGELAB_LLAMA=fllama: EDGELAB_FLLAMA_LIBRARY names ${library}, which is not there")
    endif()
  endforeach()
  if(NOT EDGELAB_FLLAMA_LIBRARY)
    message(FATAL_ERROR "EDGELAB_LLAMA=fllama: EDGELAB_FLLAMA_LIBRARY is empty: expected the path of libfllama")
  endif()
  add_library(llama INTERFACE IMPORTED)
  target_include_directories(llama INTERFACE ${EDGELAB_FLLAMA_INCLUDE})
  target_link_libraries(llama INTERFACE ${EDGELAB_FLLAMA_LIBRARY})
else()
  message(FATAL_ERROR "EDGELAB_LLAMA is '${EDGELAB_LLAMA}': expected system or fllama")
endif()

# edgelab_llama_features(TARGET PREFIX INCLUDES…): tells TARGET, and what links it, what the llama.h found there has
# (src/llama/compat.hpp). PREFIX keeps the answers of one header apart from another's.
include(CheckSourceCompiles)
function(edgelab_llama_features target prefix)
  set(CMAKE_REQUIRED_INCLUDES ${ARGN})
  set(CMAKE_REQUIRED_QUIET ON)
  set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)   # nothing is linked
  check_source_compiles(CXX "#include <llama.h>\nint main() { llama_model_params params{}; (void)params.load_mode; }"
                        ${prefix}_HAS_LOAD_MODE)
  check_source_compiles(CXX "#include <llama.h>\nint main() { (void)llama_version(); }" ${prefix}_HAS_VERSION)
  foreach(feature HAS_LOAD_MODE HAS_VERSION)
    target_compile_definitions(${target} PUBLIC EDGELAB_LLAMA_${feature}=$<BOOL:${${prefix}_${feature}}>)
  endforeach()
endfunction()
