# Headers that nearly every unit test includes, compiled once for all of them: a third to a half of the
# time a test takes to compile. Where sanitizers are on, the libraries have theirs too; with g++ and -O2 it
# would save them only a fifteenth. The debug build, where every source is also compiled alone, has none at
# all: a missing #include is found there.
set(precompiled_headers
  <algorithm> <array> <chrono> <functional> <map> <memory> <optional> <set> <string> <string_view>
  <thread> <utility> <vector> <absl/status/statusor.h> <fmt/format.h>)

# mex_precompiled(<name> <options> HEADERS…)   what others name in REUSE_FROM; <options> must hold
#                                              every flag and macro that theirs have
function(mex_precompiled name options)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${name}.cc)
  file(CONFIGURE OUTPUT ${source} CONTENT "")
  add_library(${name} STATIC EXCLUDE_FROM_ALL ${source})
  target_link_libraries(${name} PRIVATE ${options} absl::statusor fmt::fmt spdlog::spdlog)
  target_precompile_headers(${name} PRIVATE ${ARGN})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # With it ccache can tell which header was used.
    target_compile_options(${name} PRIVATE -fpch-preprocess)
  else()
    # Without it ccache never finds the same header again.
    target_compile_options(${name} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  endif()
endfunction()

mex_precompiled(mex_precompiled_test mex_test_options
  ${precompiled_headers} <gmock/gmock.h> <gtest/gtest.h>)
# As a program's sources are compiled, not a library's.
set_target_properties(mex_precompiled_test PROPERTIES POSITION_INDEPENDENT_CODE OFF)
target_compile_options(mex_precompiled_test PRIVATE -fPIE)

if(MEX_SANITIZE)
  mex_precompiled(mex_precompiled_source mex_library_options
    ${precompiled_headers} <nlohmann/json.hpp>)
  target_link_libraries(mex_precompiled_source PRIVATE nlohmann_json::nlohmann_json)
endif()
