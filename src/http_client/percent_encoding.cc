#include "http_client/percent_encoding.h"

#include <curl/curl.h>

#include <memory>

#include "base/check.h"
#include "base/freed.h"

namespace mex::http_client {

std::string percent_encode(std::string_view text) {
  if (text.empty()) return "";  // a length of 0 would make curl look for the end of a C string
  const std::unique_ptr<char, base::Freed<curl_free>> encoded(
      curl_easy_escape(nullptr, text.data(), static_cast<int>(text.size())));
  MEX_CHECK(encoded != nullptr, "no memory for a percent-encoded text");
  return encoded.get();
}

}  // namespace mex::http_client
