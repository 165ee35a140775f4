#include "dns/rfc2136_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace mex::dns {
namespace {

using absl::StatusCode;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

DnsRecord record(const std::string& name, RecordType type, const std::string& content) {
  return {.name = name, .type = type, .content = content, .ttl = seconds(60)};
}

TEST(Rfc2136Text, WritesRecordsAsNsupdateReadsThem) {
  EXPECT_EQ(add_line(record("edge.example", RecordType::A, "203.0.113.5")),
            "update add edge.example. 60 A 203.0.113.5\n");
  EXPECT_EQ(delete_line(record("*.edge.example", RecordType::Aaaa, "2001:db8::1")),
            "update delete *.edge.example. AAAA 2001:db8::1\n");
  EXPECT_EQ(add_line(record("_x.edge.example", RecordType::Txt, R"(a "b" \c)")),
            "update add _x.edge.example. 60 TXT \"a \\\"b\\\" \\\\c\"\n");
}

TEST(Rfc2136Text, WhatCouldBecomeSyntaxIsRefused) {
  EXPECT_TRUE(check_record(record("*._a.edge.example", RecordType::Txt, "any text")).ok());
  for (const DnsRecord& bad :
       {record("", RecordType::A, "1.1.1.1"), record("a b", RecordType::A, "1.1.1.1"),
        record("a\nserver x", RecordType::A, "1.1.1.1"), record("a._b_", RecordType::A, "1.1.1.1"),
        record("a.*.b", RecordType::A, "1.1.1.1"), record("a", RecordType::A, "1.1.1.1\nsend"),
        record("a", RecordType::A, "::1"), record("a", RecordType::Aaaa, "1.1.1.1"),
        record("a", RecordType::Aaaa, "::1 x"), record("a", RecordType::Txt, "a\nb"),
        record("a", RecordType::Txt, "\xC3\xA9"),
        record("a", RecordType::Txt, std::string(256, 'a'))}) {
    EXPECT_EQ(check_record(bad).code(), StatusCode::kInvalidArgument) << to_string(bad);
  }
}

// As dig 9.18 prints it.
constexpr const char* kHead =
    ";; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\n\n";

TEST(Rfc2136Text, ReadsAnswers) {
  const auto addresses = read_answer(std::string(kHead) +
                                         "edge.example.\t\t60\tIN\tA\t203.0.113.5\n"
                                         "Edge.Example.\t\t60\tIN\tA\t203.0.113.6\n"
                                         "other.example.\t\t60\tIN\tA\t203.0.113.7\n"
                                         "edge.example.\t\t60\tIN\tCNAME\tother.example.\n",
                                     "edge.example", RecordType::A);
  ASSERT_TRUE(addresses.ok());
  EXPECT_THAT(*addresses, ElementsAre(record("edge.example", RecordType::A, "203.0.113.5"),
                                      record("edge.example", RecordType::A, "203.0.113.6")));
}

TEST(Rfc2136Text, ReadsText) {
  const auto text = [](const std::string& written) {
    const auto found =
        read_answer(kHead + ("a.\t60\tIN\tTXT\t" + written + "\n"), "a", RecordType::Txt);
    return found.ok() && found->size() == 1 ? found->front().content : "none";
  };
  EXPECT_EQ(text(R"("plain text")"), "plain text");
  EXPECT_EQ(text(R"("two " "strings")"), "two strings");
  EXPECT_EQ(text(R"("a \"b\" \\c \065\;")"), R"(a "b" \c A;)");
  EXPECT_EQ(text(R"("\)"), "\\");
}

TEST(Rfc2136Text, ANameThatIsNotThereHasNoRecords) {
  const auto found =
      read_answer(";; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: 1\n", "a", RecordType::A);
  ASSERT_TRUE(found.ok());
  EXPECT_THAT(*found, IsEmpty());
}

TEST(Rfc2136Text, OtherAnswersAreErrors) {
  const auto code = [](const std::string& output) {
    return read_answer(output, "a", RecordType::A).status().code();
  };
  EXPECT_EQ(code(";; status: REFUSED, id: 1"), StatusCode::kPermissionDenied);
  EXPECT_EQ(code(";; status: SERVFAIL, id: 1"), StatusCode::kUnavailable);
  EXPECT_EQ(code(";; status: NOTAUTH, id: 1"), StatusCode::kUnauthenticated);
  EXPECT_EQ(code(";; connection timed out; no servers could be reached\n"),
            StatusCode::kUnavailable);
  EXPECT_EQ(code(""), StatusCode::kUnavailable);
}

TEST(Rfc2136Text, TellsWhyAnUpdateFailed) {
  EXPECT_EQ(update_error("update failed: REFUSED\n").code(), StatusCode::kPermissionDenied);
  EXPECT_EQ(update_error("update failed: NOTZONE\n").code(), StatusCode::kNotFound);
  EXPECT_EQ(update_error("; TSIG error with server: tsig indicates error\nupdate failed: "
                         "NOTAUTH(BADKEY)\n")
                .code(),
            StatusCode::kUnauthenticated);
  const absl::Status unreached =
      update_error("x\n; Communication with 127.0.0.1#1 failed: timed out\n");
  EXPECT_EQ(unreached.code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string(base::message_of(unreached)), HasSubstr("timed out"));
}

}  // namespace
}  // namespace mex::dns
