#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "nginx/render/resolved_instance.h"

namespace mex::nginx {

// The certificate that instances show: cert.pem and key.pem of a directory. They are read only when
// one of them has changed, and a pair is checked before it is returned, so no instance gets one
// half of a replacement. Thread-safe; calls wait for the disk.
class CertificateFiles {
 public:
  explicit CertificateFiles(const std::string& directory)
      : certificate_(directory + "/cert.pem"), key_(directory + "/key.pem") {}
  CertificateFiles(const CertificateFiles&) = delete;
  CertificateFiles& operator=(const CertificateFiles&) = delete;

  // Files that cannot be read, or do not fit each other, leave the pair that was read before.
  // Without one, the error is of the latest attempt.
  absl::StatusOr<CertificatePair> pair();

 private:
  absl::StatusOr<CertificatePair> read() const;

  const std::string certificate_;
  const std::string key_;
  base::Mutex mutex_;
  std::string version_ ABSL_GUARDED_BY(mutex_);  // of the files that `pair_` was read from
  absl::StatusOr<CertificatePair> pair_ ABSL_GUARDED_BY(mutex_) =
      absl::UnknownError("not read yet");
};

}  // namespace mex::nginx
