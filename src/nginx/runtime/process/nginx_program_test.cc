#include "nginx/runtime/process/nginx_program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace mex::nginx {
namespace {

using ::testing::HasSubstr;

TEST(NginxProgramTest, LoadsAModuleThatIsAFile) {
  const auto directive = stream_directive(
      "nginx version: nginx/1.22.1\nconfigure arguments: --modules-path=/m --with-stream=dynamic "
      "--with-stream_ssl_module",
      [](const char* path) { return std::string_view(path) == "/m/ngx_stream_module.so"; });
  EXPECT_EQ(directive.value(), "load_module /m/ngx_stream_module.so;\n");
}

TEST(NginxProgramTest, LoadsNothingWhereTheModuleIsBuiltIn) {
  for (const char* built : {"--prefix=/x --with-stream --with-y", "--with-stream"}) {
    EXPECT_EQ(stream_directive(built, [](const char*) { return false; }).value(), "");
  }
}

TEST(NginxProgramTest, SaysWhichPackageIsMissing) {
  for (const char* built :
       {"", "--with-stream_ssl_module", "--modules-path=/m --with-stream=dynamic"}) {
    const auto directive = stream_directive(built, [](const char*) { return false; });
    EXPECT_EQ(directive.status().code(), absl::StatusCode::kFailedPrecondition) << built;
    EXPECT_THAT(std::string(base::message_of(directive.status())),
                HasSubstr("libnginx-mod-stream"));
  }
}

}  // namespace
}  // namespace mex::nginx
