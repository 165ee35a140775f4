// Any bytes as the operator's user-data: a part whose content is the bytes (or what was gzip'd in
// them), that no boundary of the message around it can be found in; or an error.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "kubernetes/gzip.h"
#include "kubernetes/mime.h"
#include "oracle.h"

using mex::kubernetes::mime_multipart;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto part = mex::kubernetes::operator_part(text);
  if (!part.ok()) return 0;
  require(part->content == text || mex::kubernetes::is_gzip(text), "the content was changed");
  require(part->is_message || part->type.starts_with("text/"), "a part without a type");
  const std::string message = mime_multipart({*part, *part});
  const std::string_view marker = "boundary=\"";
  const std::size_t begin = message.find(marker) + marker.size();
  const std::string boundary = message.substr(begin, message.find('"', begin) - begin);
  std::size_t found = 0;
  for (std::size_t at = 0; (at = message.find("--" + boundary, at)) != std::string::npos; ++at) {
    ++found;
  }
  require(found == 3, "a part can end the message");
  require(message == mime_multipart({*part, *part}), "the same input gives other bytes");
  const auto unpacked = mex::kubernetes::gunzip(mex::kubernetes::gzip(text), size);
  require(unpacked.ok() && *unpacked == text, "gzip does not come back");
  return 0;
}
