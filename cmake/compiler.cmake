# How everything of ours is compiled: warnings, sanitizers, and the quick tools where they are installed.

option(EDGELAB_WARNINGS_AS_ERRORS "A warning stops the build" OFF)
set(EDGELAB_SANITIZE "" CACHE STRING "Sanitizers to build with: `address,undefined` or `thread`")

add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wshadow)
if(EDGELAB_WARNINGS_AS_ERRORS)
  add_compile_options(-Werror)
endif()

if(EDGELAB_SANITIZE)
  add_compile_options(-fsanitize=${EDGELAB_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${EDGELAB_SANITIZE})
endif()

find_program(EDGELAB_CCACHE ccache)
if(EDGELAB_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${EDGELAB_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${EDGELAB_CCACHE})
endif()

find_program(EDGELAB_MOLD mold)
if(EDGELAB_MOLD AND CMAKE_VERSION VERSION_GREATER_EQUAL 3.29)
  set(CMAKE_LINKER_TYPE MOLD)
endif()

find_package(Threads REQUIRED)
