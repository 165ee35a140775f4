#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <sstream>
#include <string>

// For tests: texts that are reviewed by eye and kept in golden/. With MEX_UPDATE_GOLDEN=1 in the
// environment the files are written instead of compared; the difference is then for the reviewer.
namespace mex::kubernetes::testing {

inline void expect_golden(const std::string& path, const std::string& text) {
  if (getenv("MEX_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  std::ostringstream golden;
  golden << std::ifstream(path, std::ios::binary).rdbuf();
  EXPECT_EQ(text, golden.str()) << path;
}

}  // namespace mex::kubernetes::testing
