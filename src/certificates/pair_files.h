#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "base/clock.h"
#include "tls/certificate.h"

namespace mex::certificates {

// OK, or FailedPrecondition: it has expired, or is not valid yet.
absl::Status check_times(const tls::Certificate& certificate, base::WallTime now);

// A certificate and its key in two files that others write. What is good is kept until something
// better lies there. One thread.
class PairFiles {
 public:
  PairFiles(std::string certificate_file, std::string key_file)
      : certificate_file_(std::move(certificate_file)), key_file_(std::move(key_file)) {}

  const std::string& certificate_file() const { return certificate_file_; }
  const std::string& key_file() const { return key_file_; }

  // Reads the files. What is there is taken if it is a pair for at least one name whose time has
  // come and is not over; or if its only fault is the time and there is nothing to serve instead.
  // True if another certificate is served from now on.
  bool look(base::WallTime now);

  // The last one that was taken.
  const std::optional<tls::Certificate>& current() const { return current_; }

  // Why what lies there was not taken, or what is wrong with it although it was. OK if nothing.
  const absl::Status& problem() const { return problem_; }

 private:
  const std::string certificate_file_;
  const std::string key_file_;
  std::optional<tls::Certificate> current_;
  absl::Status problem_;
};

}  // namespace mex::certificates
