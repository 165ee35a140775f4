#include "http_client/sent_mark.h"

#include "absl/strings/cord.h"
#include "http_client/client.h"

namespace mex::http_client {
namespace {

constexpr absl::string_view kNothingSentUrl = "mexosagent/nothing-sent";

}  // namespace

absl::Status mark_nothing_sent(absl::Status status) {
  status.SetPayload(kNothingSentUrl, absl::Cord("1"));
  return status;
}

bool nothing_was_sent(const absl::Status& status) {
  return status.GetPayload(kNothingSentUrl).has_value();
}

}  // namespace mex::http_client
