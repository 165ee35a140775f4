# One place for what every target is compiled with.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")

option(MEX_FUZZ "Build the libFuzzer targets, too (clang only)" OFF)
set(MEX_SANITIZE "" CACHE STRING "Value of -fsanitize=: address,undefined | thread")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # Paths below the source tree are hashed as relative ones, so that every clone hits the same cache;
  # not those of clang's precompiled headers.
  # What is sloppy is what ccache's manual asks for where headers are precompiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
                                  CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros
                                  ${CCACHE_PROGRAM})
endif()

add_library(mex_compile_options INTERFACE)
target_compile_options(mex_compile_options INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Werror
  -fstack-protector-strong -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 warns of overlapping copies inside std::string itself: GCC bug 105651.
  target_compile_options(mex_compile_options INTERFACE -Wno-restrict)
else()
  # clang checks that what a mutex guards is used only under that mutex (base/mutex.h).
  target_compile_options(mex_compile_options INTERFACE -Wthread-safety)
endif()
target_compile_definitions(mex_compile_options INTERFACE
  _GLIBCXX_ASSERTIONS $<$<CONFIG:RelWithDebInfo>:_FORTIFY_SOURCE=2>)
target_include_directories(mex_compile_options INTERFACE ${CMAKE_SOURCE_DIR}/src)

# The code under test is optimized. The code of the tests is not: optimizing it takes a third of their time.
# gRPC's targets bring -pthread; all tests have it, because sources that share a precompiled header need the
# same flags.
add_library(mex_test_options INTERFACE)
target_link_libraries(mex_test_options INTERFACE mex_compile_options GTest::gmock GTest::gtest_main)
target_compile_options(mex_test_options INTERFACE -O0 -U_FORTIFY_SOURCE -pthread)

find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  target_link_options(mex_compile_options INTERFACE -fuse-ld=mold)
endif()

# Debian's libspdlog holds copies of fmt 9.0's templates, and loaded before libfmt they take the place
# of 9.1's: then "{:?}" of bytes that are not UTF-8 ends the process. So libfmt comes first.
target_link_options(mex_compile_options INTERFACE
  -Wl,--push-state,--no-as-needed,-lfmt,--pop-state)

if(MEX_SANITIZE)
  target_compile_options(mex_compile_options INTERFACE
    -fsanitize=${MEX_SANITIZE} -fno-sanitize-recover=all -g1 -pthread)
  target_link_options(mex_compile_options INTERFACE -fsanitize=${MEX_SANITIZE})
endif()
# What a fuzz target calls counts the edges that an input takes. The code of the unit tests does not: without
# the counters it compiles in two thirds of the time.
add_library(mex_library_options INTERFACE)
target_link_libraries(mex_library_options INTERFACE mex_compile_options)
if(MEX_FUZZ)
  target_compile_options(mex_library_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
