#include "http/owned_request_head.h"

namespace mex::http {
namespace {

std::size_t size_of(const RequestHead& head) {
  std::size_t size = head.method_text.size() + head.target.size() + head.path.size() +
                     head.query.size() + head.host_text.size() + head.host.host.size();
  for (const Header& header : head.headers) size += header.name.size() + header.value.size();
  return size;
}

}  // namespace

void OwnedRequestHead::copy_of(const RequestHead& head) {
  head_ = head;
  text_.clear();
  // All of it at once: text that has been copied must not move any more.
  text_.reserve(size_of(head));
  head_.method_text = own(head.method_text);
  head_.target = own(head.target);
  head_.path = own(head.path);
  head_.query = own(head.query);
  head_.host_text = own(head.host_text);
  head_.host.host = own(head.host.host);
  for (Header& header : head_.headers.entries()) {
    header.name = own(header.name);
    header.value = own(header.value);
  }
}

std::string_view OwnedRequestHead::own(std::string_view text) {
  const std::size_t begin = text_.size();
  text_.append(text);
  return std::string_view(text_).substr(begin);
}

}  // namespace mex::http
