#pragma once

#include <string>

namespace mex::kubernetes::testing {

// For tests: texts that are reviewed by eye and kept in golden/. With MEX_UPDATE_GOLDEN=1 in the
// environment the files are written instead of compared; the difference is then for the reviewer.
void expect_golden(const std::string& name, const std::string& text);

}  // namespace mex::kubernetes::testing
