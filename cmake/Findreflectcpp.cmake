# reflect-cpp, with YAML and JSON. Its own CMake package asks for the libraries of every format that it was built
# with (BSON, Cap'n Proto, …), which Debian's libreflectcpp-dev does not bring along; we use these two alone.

find_path(reflectcpp_INCLUDE_DIR rfl.hpp)
find_library(reflectcpp_LIBRARY reflectcpp)
find_package(yaml-cpp CONFIG QUIET)
find_package(yyjson CONFIG QUIET)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(reflectcpp
  REQUIRED_VARS reflectcpp_LIBRARY reflectcpp_INCLUDE_DIR yaml-cpp_FOUND yyjson_FOUND)

if(reflectcpp_FOUND AND NOT TARGET reflectcpp::reflectcpp)
  add_library(reflectcpp::reflectcpp UNKNOWN IMPORTED)
  set_target_properties(reflectcpp::reflectcpp PROPERTIES
    IMPORTED_LOCATION ${reflectcpp_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${reflectcpp_INCLUDE_DIR}
    INTERFACE_LINK_LIBRARIES "yaml-cpp::yaml-cpp;yyjson::yyjson")
endif()
