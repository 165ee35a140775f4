# mex_library(<folder> SOURCES … DEPS …)   one static library per folder: mex_<folder>
# mex_test_program(<name> SOURCES … DEPS …) a program of gtest's that ctest does not run by itself
# mex_unit_test(<folder> SOURCES … THREADED … DEPS …)
#                                          its unit tests, one program and one ctest entry: unit.<folder>;
#                                          `ninja unit_tests` builds all of them and what they need.
#                                          THREADED names the sources whose tests run more than one thread:
#                                          the build with the thread sanitizer has only these
# mex_benchmark(<folder> SOURCES … DEPS …) its micro-benchmarks, built but not run by ctest
function(mex_library folder)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_library(mex_${folder} STATIC ${ARG_SOURCES})
  target_link_libraries(mex_${folder} PUBLIC ${ARG_DEPS} PRIVATE mex_library_options)
  target_include_directories(mex_${folder} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  if(TARGET mex_precompiled_source)
    target_precompile_headers(mex_${folder} REUSE_FROM mex_precompiled_source)
  endif()
endfunction()

function(mex_test_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} mex_test_options)
  target_precompile_headers(${name} REUSE_FROM mex_precompiled_test)
endfunction()

add_custom_target(unit_tests)
function(mex_unit_test folder)
  cmake_parse_arguments(ARG "" "" "SOURCES;THREADED;DEPS" ${ARGN})
  if(MEX_SANITIZE STREQUAL "thread")
    foreach(source IN LISTS ARG_SOURCES)
      file(STRINGS ${CMAKE_CURRENT_SOURCE_DIR}/${source} threads REGEX "std::(jthread|thread|async)")
      if(threads)
        message(FATAL_ERROR "${folder}: ${source} starts threads, so it belongs to THREADED")
      endif()
    endforeach()
    set(ARG_SOURCES "")
  endif()
  list(APPEND ARG_SOURCES ${ARG_THREADED})
  if(NOT ARG_SOURCES)
    return()
  endif()
  mex_test_program(${folder}_test SOURCES ${ARG_SOURCES} DEPS mex_${folder} ${ARG_DEPS})
  add_dependencies(unit_tests ${folder}_test)
  add_test(NAME unit.${folder} COMMAND ${folder}_test --gtest_brief=1)
  set_tests_properties(unit.${folder} PROPERTIES LABELS unit FIXTURES_REQUIRED release)
  mex_time_limit(40 unit.${folder})
endfunction()

function(mex_benchmark folder)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${folder}_bench EXCLUDE_FROM_ALL ${ARG_SOURCES})
  target_link_libraries(${folder}_bench
    PRIVATE mex_${folder} ${ARG_DEPS} mex_compile_options benchmark::benchmark_main)
endfunction()
