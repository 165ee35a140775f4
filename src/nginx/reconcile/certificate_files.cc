#include "nginx/reconcile/certificate_files.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <utility>

#include "base/file.h"
#include "base/status.h"
#include "tls/certificate.h"

namespace mex::nginx {
namespace {

// Different after every change.
std::string version_of(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return "";
  return fmt::format("{}:{}:{}:{} ", info.st_ino, info.st_size, info.st_mtim.tv_sec,
                     info.st_mtim.tv_nsec);
}

}  // namespace

absl::StatusOr<CertificatePair> CertificateFiles::pair() {
  const base::MutexLock lock(mutex_);
  const std::string version = version_of(certificate_) + version_of(key_);
  if (version == version_ && pair_.ok()) return pair_;
  auto latest = read();
  if (latest.ok() || !pair_.ok()) pair_ = std::move(latest);
  version_ = version;
  return pair_;
}

absl::StatusOr<CertificatePair> CertificateFiles::read() const {
  CertificatePair pair;
  MEX_ASSIGN_OR_RETURN(pair.certificate, base::read_file(certificate_));
  MEX_ASSIGN_OR_RETURN(std::string key, base::read_file(key_));
  pair.key = base::Secret(std::move(key));
  MEX_RETURN_IF_ERROR(tls::Certificate::parse(pair.certificate, pair.key).status());
  return pair;
}

}  // namespace mex::nginx
