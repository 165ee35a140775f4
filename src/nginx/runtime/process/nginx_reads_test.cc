#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <string>

#include "base/clock.h"
#include "base/file.h"
#include "base/temporary_directory.h"
#include "nginx/model/testing.h"
#include "nginx/render/configuration.h"
#include "nginx/render/request_headers.h"
#include "nginx/render/testing.h"
#include "nginx/runtime/process/nginx_program.h"
#include "tls/testing.h"

namespace mex::nginx {
namespace {

using testing::files;
using ::testing::HasSubstr;
using testing::kubectl_proxy;
using ::testing::Not;
using testing::render_context;
using testing::resolved;
using testing::resolved_cluster_proxy;
using testing::resolved_everything;
using testing::tcp;
using testing::three_ports;
using testing::udp;

// nginx's own word for it.
class NginxReadsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto pair = tls::testing::make_pem_pair();
    write("certificate-1.pem", pair.certificate);
    write("clients-1.pem", pair.certificate);
    write("key-1.pem", pair.key);
    write("api-authority-1.pem", pair.certificate);
    write("api-certificate-1.pem", pair.certificate);
    write("api-key-1.pem", pair.key);
    write("users-1", "admin:x\n");
    write("dropped-headers-1.conf", dropped_headers_text());
    ASSERT_EQ(mkdir((directory_.path() + "/temporary").c_str(), 0700), 0);
  }

  void write(const std::string& name, const std::string& content) const {
    ASSERT_TRUE(base::write_file_atomically(directory_.path() + "/" + name, content, 0600).ok());
  }

  base::ChildOutcome test(const ResolvedInstance& instance) const {
    const auto nginx = find_nginx();
    EXPECT_TRUE(nginx.ok()) << nginx.status();
    RenderContext context = render_context();
    context.preamble = nginx->preamble;
    write("nginx.conf", render_configuration(instance, context, files(), "g"));
    return *base::run_child(
        nginx_command({nginx->path, "-t", "-e", "stderr", "-p", "./", "-c", "nginx.conf"},
                      directory_.path()),
        {base::system_clock().steady_now() + std::chrono::minutes(5)});
  }

  base::TemporaryDirectory directory_;
};

TEST_F(NginxReadsTest, EverythingAsItIsMeant) {
  for (const ResolvedInstance& instance :
       {resolved(three_ports()), resolved_everything(), kubectl_proxy(),
        resolved_cluster_proxy(ApiAccess::Read), resolved_cluster_proxy(ApiAccess::ReadSecrets),
        resolved_cluster_proxy(ApiAccess::Everything)}) {
    const base::ChildOutcome finished = test(instance);
    EXPECT_EQ(finished.exit_code, 0) << finished.output;
    EXPECT_THAT(finished.output, Not(HasSubstr("warn")));
  }
}

TEST_F(NginxReadsTest, ThousandsOfPortsAndNames) {
  Instance large = testing::instance("large", {});
  for (std::uint16_t i = 0; i < 1000; ++i) {
    large.ports.push_back(udp(static_cast<std::uint16_t>(20000 + i), "10.0.0.9:53"));
    Port named = tcp(9443, "10.0.0.9:443");
    named.server_name = "tenant-" + std::string(50, 'x') + std::to_string(i) + ".edge.example";
    large.ports.push_back(named);
  }
  const base::ChildOutcome finished = test(resolved(large));
  EXPECT_EQ(finished.exit_code, 0) << finished.output;
  EXPECT_THAT(finished.output, Not(HasSubstr("warn")));
}

}  // namespace
}  // namespace mex::nginx
