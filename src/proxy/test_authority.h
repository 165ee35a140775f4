#pragma once

// For tests: a certificate authority of one certificate, so that shards need not read the system's
// hundred and more. Header only; not part of the library.

#include <gtest/gtest.h>

#include <string>

#include "base/file.h"
#include "base/temporary_directory.h"
#include "tls/testing.h"

namespace mex::proxy::testing {

class TestAuthority {
 public:
  // Made once per process, removed at its end.
  static const std::string& file() {
    static const TestAuthority authority;
    return authority.file_;
  }
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;

 private:
  TestAuthority() {
    const std::string certificate = tls::testing::make_pem_pair().certificate;
    EXPECT_TRUE(base::write_file_atomically(file_, certificate, 0600).ok());
  }

  const base::TemporaryDirectory directory_;
  const std::string file_ = directory_.path() + "/ca.pem";
};

}  // namespace mex::proxy::testing
