#include "base/openssl.h"

#include <openssl/err.h>

#include <ctime>

namespace mex::base {

std::string take_openssl_error() {
  const unsigned long code = ERR_peek_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "unknown error";
}

std::optional<WallTime> wall_time(const ASN1_TIME* time) {
  std::tm fields{};
  if (ASN1_TIME_to_tm(time, &fields) != 1) return std::nullopt;
  return WallTime(std::chrono::seconds(::timegm(&fields)));
}

}  // namespace mex::base
