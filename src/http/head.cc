#include "http/head.h"

namespace mex::http {

std::uint16_t effective_port(const RequestHead& head, const Authority& host) {
  if (host.port != 0 || head.target_form != TargetForm::Absolute) return host.port;
  return starts_with_ignoring_case(head.target, "https://") ? 443 : 80;
}

}  // namespace mex::http
