#include "base/status.h"

#include "absl/strings/cord.h"

namespace mex::base {
namespace {

constexpr absl::string_view kFieldUrl = "mexosagent/field";
constexpr absl::string_view kRequestIdUrl = "mexosagent/openstack-request-id";
constexpr absl::string_view kCloudCodeUrl = "mexosagent/cloud-code";
constexpr absl::string_view kNextUrl = "mexosagent/next";

void attach(absl::Status& status, absl::string_view url, const std::string& value) {
  if (!value.empty()) status.SetPayload(url, absl::Cord(value));
}

std::string attached(const absl::Status& status, absl::string_view url) {
  const auto payload = status.GetPayload(url);
  return payload ? std::string(*payload) : std::string();
}

}  // namespace

std::string_view message_of(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

absl::Status field_error(std::string_view field, std::string_view what) {
  return with_detail(error(absl::StatusCode::kInvalidArgument, "{}: {}", field, what),
                     {.field = std::string(field), .request_id = {}, .cloud_code = {}});
}

absl::Status with_detail(absl::Status status, const ErrorDetail& detail) {
  attach(status, kFieldUrl, detail.field);
  attach(status, kRequestIdUrl, detail.request_id);
  attach(status, kCloudCodeUrl, detail.cloud_code);
  attach(status, kNextUrl, detail.next);
  return status;
}

ErrorDetail detail_of(const absl::Status& status) {
  return {.field = attached(status, kFieldUrl),
          .request_id = attached(status, kRequestIdUrl),
          .cloud_code = attached(status, kCloudCodeUrl),
          .next = attached(status, kNextUrl)};
}

absl::Status annotate(const absl::Status& status, std::string_view context) {
  if (status.ok()) return status;
  absl::Status result(status.code(), fmt::format("{}: {}", context, message_of(status)));
  status.ForEachPayload(
      [&](absl::string_view url, const absl::Cord& payload) { result.SetPayload(url, payload); });
  return result;
}

absl::Status errno_status(int error_number, std::string_view what) {
  return absl::ErrnoToStatus(error_number, std::string(what));
}

}  // namespace mex::base
