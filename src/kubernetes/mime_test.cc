#include "kubernetes/mime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/status.h"
#include "kubernetes/gzip.h"
#include "kubernetes/testing/command.h"

namespace mex::kubernetes {
namespace {

using ::testing::HasSubstr;

// [[type, file name, content], …] as Python's email package, which cloud-init uses, reads it.
nlohmann::json parts_by_python(const std::string& message) {
  const base::TemporaryDirectory directory;
  const std::string script = testing::write_file(directory, "parts.py", R"(
import email, json, sys
message = email.message_from_string(open(sys.argv[1], newline="").read())
assert not message.defects, message.defects
print(json.dumps([[part.get_content_type(), part.get_filename(),
                   part.get_payload(decode=True).decode()]
                  for part in message.walk() if not part.is_multipart()]))
)");
  const auto outcome = testing::run("/usr/bin/python3 " + script + " " +
                                    testing::write_file(directory, "m", message));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  return nlohmann::json::parse(outcome.output, nullptr, false);
}

TEST(MimeTest, PythonReadsEveryPartAsItWas) {
  const std::vector<MimePart> parts = {
      {.type = "text/cloud-config", .name = "a", .content = "#cloud-config\n{}\n"},
      {.type = "text/x-shellscript", .name = "b", .content = "#!/bin/sh\necho no line break"},
      {.type = "text/x-shellscript", .name = "c", .content = "#!/bin/sh\n# \xc3\xa4\n"},
      {.type = "text/plain", .name = "d", .content = "\r\n--=====mexosagent0=====\r\nFrom x\n"},
      {.type = "text/plain", .name = "e", .content = ""}};
  const nlohmann::json read = parts_by_python(mime_multipart(parts));
  ASSERT_EQ(read.size(), parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    EXPECT_EQ(read[i][0], parts[i].type);
    EXPECT_EQ(read[i][1], parts[i].name);
    EXPECT_EQ(read[i][2], parts[i].content);
  }
}

TEST(OperatorPartTest, TheTypeIsThatOfTheFirstLine) {
  for (const auto& [text, type] :
       {std::pair("#cloud-config\n{}", "text/cloud-config"),
        std::pair("#cloud-config-archive\n[]", "text/cloud-config-archive"),
        std::pair("#cloud-config-jsonp\n[]", "text/cloud-config-jsonp"),
        std::pair("#!/bin/bash\n", "text/x-shellscript"),
        std::pair("#include\nhttp://x", "text/x-include-url"),
        std::pair("#include-once\nhttp://x", "text/x-include-once-url"),
        std::pair("#cloud-boothook\n", "text/cloud-boothook"),
        std::pair("#part-handler\n", "text/part-handler"),
        std::pair("## template: jinja\n#cloud-config\n", "text/jinja2")}) {
    const auto part = operator_part(text);
    ASSERT_TRUE(part.ok()) << part.status();
    EXPECT_EQ(part->type, type);
    EXPECT_EQ(part->content, text);
    EXPECT_FALSE(part->is_message);
    const auto unpacked = operator_part(gzip(text));
    ASSERT_TRUE(unpacked.ok()) << unpacked.status();
    EXPECT_EQ(unpacked->type, type);
    EXPECT_EQ(unpacked->content, text);
  }
}

TEST(OperatorPartTest, AMimeMessageIsTakenWhole) {
  const std::string inner = mime_multipart(
      {{.type = "text/cloud-config", .name = "x", .content = "#cloud-config\na: 1\n"},
       {.type = "text/x-shellscript", .name = "y", .content = "#!/bin/sh\n"}});
  const auto part = operator_part(inner);
  ASSERT_TRUE(part.ok()) << part.status();
  EXPECT_TRUE(part->is_message);
  const nlohmann::json read = parts_by_python(mime_multipart(
      {*part, {.type = "text/cloud-config", .name = "ours", .content = "#cloud-config\nb: 2\n"}}));
  EXPECT_EQ(read, nlohmann::json::parse(R"([["text/cloud-config", "x", "#cloud-config\na: 1\n"],
      ["text/x-shellscript", "y", "#!/bin/sh\n"],
      ["text/cloud-config", "ours", "#cloud-config\nb: 2\n"]])"));
}

TEST(OperatorPartTest, WhatCloudInitWouldNotKnowIsRefused) {
  for (const std::string& text : {std::string("runcmd: [x]\n"), std::string(" #cloud-config\n"),
                                  std::string("\xff\xfe"), std::string("\n")}) {
    const auto part = operator_part(text);
    EXPECT_EQ(part.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(base::message_of(part.status()), HasSubstr("#cloud-config"));
  }
  EXPECT_EQ(operator_part(gzip(gzip("#!/bin/sh\n"))).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(operator_part("\x1f\x8b").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(operator_part(gzip("#!" + std::string(2U << 20U, 'x'))).status().code(),
            absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace mex::kubernetes
