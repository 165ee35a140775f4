#include "certificates/txt_request.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace mex::certificates {
namespace {

constexpr const char* kProof = "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0";
const std::vector<std::string> kNames = {"edge.example", "*.apps.example"};

absl::StatusOr<TxtRequest> read(const std::string& name, const std::string& value = kProof) {
  return read_txt_request(fmt::format(R"({{"fqdn":"{}","value":"{}"}})", name, value), kNames);
}

TEST(TxtRequestTest, IsForAChallengeOfWhatIsOrdered) {
  const auto request = read("_acme-challenge.Edge.example.");
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->name, "_acme-challenge.edge.example");
  EXPECT_EQ(request->value, kProof);
  EXPECT_TRUE(read("_acme-challenge.apps.example.").ok());
}

TEST(TxtRequestTest, OtherNamesAreNotForLego) {
  for (const char* name : {"edge.example.", "_acme-challenge.other.example.", "_acme-challenge.",
                           "_acme-challenge.a.edge.example.", "x_acme-challenge.edge.example."}) {
    EXPECT_EQ(read(name).status().code(), absl::StatusCode::kPermissionDenied) << name;
  }
}

TEST(TxtRequestTest, AnythingElseIsNoRequest) {
  EXPECT_FALSE(read("_acme-challenge.edge.example.", "short").ok());
  EXPECT_FALSE(read("_acme-challenge.edge.example.", std::string(42, 'a') + " ").ok());
  for (const char* body : {"", "[]", "{}", R"({"fqdn":1,"value":2})", "{"}) {
    EXPECT_EQ(read_txt_request(body, kNames).status().code(), absl::StatusCode::kInvalidArgument)
        << body;
  }
}

}  // namespace
}  // namespace mex::certificates
