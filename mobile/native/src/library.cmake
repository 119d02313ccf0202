# libedgelab_mobile: edgelab.h and mobile.h in one library. The app's build makes it (CMakeLists.txt), and so do the tests.
add_library(edgelab_mobile SHARED ${CMAKE_CURRENT_LIST_DIR}/receive.c ${CMAKE_CURRENT_LIST_DIR}/serve.c
            $<TARGET_OBJECTS:edgelab_capi>)
target_link_libraries(edgelab_mobile PRIVATE edgelab_capi)
target_include_directories(edgelab_mobile PUBLIC ${CMAKE_CURRENT_LIST_DIR} ${CMAKE_CURRENT_LIST_DIR}/../../../include)
set_target_properties(edgelab_mobile PROPERTIES LINKER_LANGUAGE CXX C_STANDARD 99 C_STANDARD_REQUIRED ON C_VISIBILITY_PRESET hidden)
if(NOT APPLE)
  target_link_options(edgelab_mobile PRIVATE LINKER:--version-script=${CMAKE_CURRENT_LIST_DIR}/exports.map)
  set_target_properties(edgelab_mobile PROPERTIES LINK_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/exports.map)
endif()
