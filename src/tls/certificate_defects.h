#pragma once

#include <string>
#include <vector>

#include "tls/certificate_content.h"

namespace mex::tls {

// See Certificate::defects(). Only .cc files of tls/ include this.
std::vector<std::string> defects_of(const Certificate::Content& content);

}  // namespace mex::tls
