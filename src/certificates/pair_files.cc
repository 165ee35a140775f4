#include "certificates/pair_files.h"

#include <utility>

#include "base/status.h"
#include "tls/server_context.h"

namespace mex::certificates {
namespace {

// Issuers date certificates back so that slow clocks take them; what is further ahead is our clock.
constexpr std::chrono::minutes kClockSkew{5};

absl::StatusOr<tls::Certificate> read(const std::string& certificate_file,
                                      const std::string& key_file) {
  MEX_ASSIGN_OR_RETURN(tls::Certificate certificate,
                       tls::Certificate::load(certificate_file, key_file));
  if (certificate.names().empty()) {
    return base::error(absl::StatusCode::kInvalidArgument, "{}: the certificate is for no name",
                       certificate_file);
  }
  MEX_RETURN_IF_ERROR(base::annotate(tls::check_servable(certificate), certificate_file));
  return certificate;
}

}  // namespace

absl::Status check_times(const tls::Certificate& certificate, base::WallTime now) {
  if (certificate.not_after() <= now) {
    return base::error(absl::StatusCode::kFailedPrecondition, "the certificate expired at {}",
                       base::format_rfc3339(certificate.not_after()));
  }
  if (certificate.not_before() > now + kClockSkew) {
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "the certificate is not valid before {}, and this machine's clock says {}",
                       base::format_rfc3339(certificate.not_before()), base::format_rfc3339(now));
  }
  return absl::OkStatus();
}

bool PairFiles::look(base::WallTime now) {
  auto found = read(certificate_file_, key_file_);
  if (!found.ok()) {
    problem_ = std::move(found).status();
    return false;
  }
  problem_ = base::annotate(check_times(*found, now), certificate_file_);
  const bool is_known = current_ && *current_ == *found;
  const bool has_better = current_ && check_times(*current_, now).ok();
  if (is_known || (!problem_.ok() && has_better)) return false;
  current_ = *std::move(found);
  return true;
}

}  // namespace mex::certificates
