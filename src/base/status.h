#pragma once

// Errors of the control plane are absl::Status: its codes are gRPC's codes, so one table maps them
// to gRPC and to HTTP. What a machine may want to read travels as payloads beside the message.

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mex::base {

// Facts attached to a status for programs; each may be empty.
struct ErrorDetail {
  std::string field;       // path of the faulty input field, e.g. "provisions[0].name"
  std::string request_id;  // x-openstack-request-id of the call that failed
  std::string cloud_code;  // the cloud's own error type, e.g. "OverQuota"
  std::string next{};      // what a person can do about it, where more is known than "correct it"
};

// A status with a formatted message. (Debian's absl::string_view is not std::string_view, so text
// is put together by fmt everywhere and absl::StrCat is not used.)
template <typename... Args>
absl::Status error(absl::StatusCode code, fmt::format_string<Args...> format, Args&&... args) {
  return absl::Status(code, fmt::format(format, std::forward<Args>(args)...));
}

// The message of a status as the standard's view; valid as long as the status.
std::string_view message_of(const absl::Status& status);

// InvalidArgument that names the field: "provisions[0].name: must be a DNS label".
absl::Status field_error(std::string_view field, std::string_view what);

// The same status with `detail`'s non-empty members attached. OK stays OK.
absl::Status with_detail(absl::Status status, const ErrorDetail& detail);

// What with_detail attached; all empty if nothing was.
ErrorDetail detail_of(const absl::Status& status);

// The same status with "context: " put before its message; payloads are kept.
absl::Status annotate(const absl::Status& status, std::string_view context);

// A failed system call: the code that fits `error_number`, message "what: strerror".
absl::Status errno_status(int error_number, std::string_view what);

}  // namespace mex::base

#define MEX_STATUS_CONCAT_INNER(a, b) a##b
#define MEX_STATUS_CONCAT(a, b) MEX_STATUS_CONCAT_INNER(a, b)

// Leaves the function with the status of `expression` unless that is OK.
#define MEX_RETURN_IF_ERROR(expression)                             \
  do {                                                              \
    if (absl::Status mex_status = (expression); !mex_status.ok()) { \
      return mex_status;                                            \
    }                                                               \
  } while (false)

#define MEX_ASSIGN_OR_RETURN_INNER(result, target, expression) \
  auto result = (expression);                                  \
  if (!result.ok()) return std::move(result).status();         \
  target = *std::move(result)

// `target` takes the value of a StatusOr, or the function is left with its status.
#define MEX_ASSIGN_OR_RETURN(target, expression) \
  MEX_ASSIGN_OR_RETURN_INNER(MEX_STATUS_CONCAT(mex_result_, __LINE__), target, expression)
