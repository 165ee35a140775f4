#pragma once

// A directory of certificates for tests. Header only; not part of the library.

#include <filesystem>
#include <string>

#include "base/check.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/temporary_directory.h"
#include "tls/testing.h"

namespace mex::certificates::testing {

// Shows the time that the test sets.
class ManualClock final : public base::Clock {
 public:
  base::WallTime wall_now() const override { return now; }
  base::SteadyTime steady_now() const override { return {}; }

  base::WallTime now = base::system_clock().wall_now();
};

class CertificateDirectory {
 public:
  // Written out, so that one may be const: the class has no member that is left uninitialized (CWG
  // 253).
  CertificateDirectory() {}  // NOLINT(modernize-use-equals-default)

  const std::string& path() const { return directory_.path(); }
  std::string file(const std::string& name) const { return path() + "/" + name; }

  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(file(name)).parent_path());
    MEX_CHECK(base::write_file_atomically(file(name), text, 0600).ok(), "a test's file");
  }
  // cert.pem and key.pem, in `folder` ("name/") if one is given.
  void put(const tls::testing::PemPair& pair, const std::string& folder = "") const {
    write(folder + "key.pem", pair.key);
    write(folder + "cert.pem", pair.certificate);
  }

 private:
  const base::TemporaryDirectory directory_;
};

}  // namespace mex::certificates::testing
