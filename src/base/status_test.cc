#include "base/status.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace mex::base {
namespace {

TEST(FieldError, NamesTheFieldInTextAndPayload) {
  const absl::Status status = field_error("provisions[0].name", "must be a DNS label");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "provisions[0].name: must be a DNS label");
  EXPECT_EQ(detail_of(status).field, "provisions[0].name");
}

TEST(Annotate, KeepsCodeAndPayloads) {
  const absl::Status inner = with_detail(absl::NotFoundError("no image"),
                                         {.field = {}, .request_id = "req-1", .cloud_code = {}});
  const absl::Status outer = annotate(inner, "image debian-12");
  EXPECT_EQ(outer.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(outer.message(), "image debian-12: no image");
  EXPECT_EQ(detail_of(outer).request_id, "req-1");
  EXPECT_TRUE(annotate(absl::OkStatus(), "x").ok());
}

TEST(ErrnoStatus, KeepsTheMeaning) {
  EXPECT_EQ(errno_status(ENOENT, "cert.pem").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(errno_status(EACCES, "cert.pem").code(), absl::StatusCode::kPermissionDenied);
}

// Peers choose these bytes. Another library's older copy of fmt once ended the process here.
TEST(Error, QuotesBytesThatAreNotUtf8) {
  for (const char* bytes : {"\xE2\x80\x61\xE2\x62", "\xFF\x61\x7A\xF5.", "\xF5z=\xC3.z=\xF5"}) {
    const std::string_view text(bytes);
    EXPECT_GT(message_of(error(absl::StatusCode::kNotFound, "{:?}", text)).size(), text.size());
  }
}

absl::StatusOr<int> twice(absl::StatusOr<int> input) {
  MEX_ASSIGN_OR_RETURN(const int value, std::move(input));
  MEX_RETURN_IF_ERROR(value < 0 ? absl::OutOfRangeError("negative") : absl::OkStatus());
  return 2 * value;
}

TEST(Macros, PassValuesAndErrorsOn) {
  EXPECT_EQ(*twice(21), 42);
  EXPECT_EQ(twice(-1).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(twice(absl::NotFoundError("x")).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace mex::base
