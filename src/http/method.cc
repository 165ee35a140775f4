#include "http/method.h"

#include <array>
#include <cstddef>

namespace mex::http {
namespace {

constexpr std::array<std::string_view, 9> kMethodNames = {
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};

}  // namespace

Method recognise_method(std::string_view token) {
  for (std::size_t i = 0; i < kMethodNames.size(); ++i) {
    if (token == kMethodNames[i]) return static_cast<Method>(i);
  }
  return Method::Other;
}

std::string_view to_string(Method method) {
  return method == Method::Other ? std::string_view()
                                 : kMethodNames[static_cast<std::size_t>(method)];
}

bool is_idempotent(Method method) {
  switch (method) {
    case Method::Get:
    case Method::Head:
    case Method::Put:
    case Method::Delete:
    case Method::Options:
    case Method::Trace:
      return true;
    case Method::Post:
    case Method::Connect:
    case Method::Patch:
    case Method::Other:
      return false;
  }
  return false;
}

}  // namespace mex::http
