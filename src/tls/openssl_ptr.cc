#include "tls/openssl_ptr.h"

#include <openssl/err.h>

namespace mex::tls {

std::string take_openssl_error() {
  const unsigned long code = ERR_peek_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "unknown error";
}

}  // namespace mex::tls
