#include "kubernetes/golden_file.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <sstream>

namespace mex::kubernetes::testing {

void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(MEX_GOLDEN) + "/" + name;
  if (getenv("MEX_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  std::ostringstream golden;
  golden << std::ifstream(path, std::ios::binary).rdbuf();
  EXPECT_EQ(text, golden.str()) << path;
}

}  // namespace mex::kubernetes::testing
