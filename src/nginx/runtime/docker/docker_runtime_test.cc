#include "nginx/runtime/docker/docker_runtime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "http_client/scripted_server.h"

// What becomes of an engine's answers. Real engines are in
// test/integration/test_nginx_containers.py.
namespace mex::nginx {
namespace {

using http_client::http_answer;
using http_client::ScriptedServer;
using ::testing::HasSubstr;

Deployment web() {
  Deployment deployment;
  deployment.name = "web-nginx-lbproxy";
  return deployment;
}

class DockerRuntimeTest : public ::testing::Test {
 protected:
  // `create` and `inspect` are the engine's answers to those calls.
  DockerRuntime& runtime(int create, const std::string& message, int inspect = 404) {
    server_ = std::make_unique<ScriptedServer>([=](const ScriptedServer::Seen& seen) {
      const std::string says = R"({"message":")" + message + R"("})";
      int status = 200;
      std::string body = "{}";
      if (seen.target.find("/containers/create") != std::string::npos) {
        status = create;
        body = says;
      } else if (seen.target.ends_with("/json")) {
        status = inspect;
        body = says;
      }
      return ScriptedServer::Reaction{http_answer(status, body)};
    });
    EngineAddress address;
    address.url = server_->url();
    address.api_version = "1.41";
    runtime_ = std::make_unique<DockerRuntime>(
        *DockerEngine::create(address), "agent-1",
        ImageReference{.repository = "nginx", .tag = "none", .digest = {}});
    return *runtime_;
  }

  std::unique_ptr<ScriptedServer> server_;
  std::unique_ptr<DockerRuntime> runtime_;
};

// It was a 404 of the API, as if the instance that was put were not there.
TEST_F(DockerRuntimeTest, WhatTheEngineDoesNotFindIsNotOurNotFound) {
  for (const char* message : {"network lan not found", "No such image: nginx:none"}) {
    const absl::Status refused = runtime(404, message).apply(web());
    EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition) << refused;
    EXPECT_THAT(refused.ToString(),
                HasSubstr(std::string("the container engine says: ") + message));
  }
}

TEST_F(DockerRuntimeTest, WhereTheEngineFailsTheAgentDoesNot) {
  const absl::Status refused = runtime(500, "port is already allocated").apply(web());
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable) << refused;
  EXPECT_THAT(refused.ToString(), HasSubstr("port is already allocated"));
  EXPECT_EQ(runtime(200, "storage is full", 500).remove("web-nginx-lbproxy").code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(DockerRuntimeTest, WhatIsTakenAndWhatIsRefusedStaysThat) {
  EXPECT_EQ(runtime(409, "name in use").apply(web()).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(runtime(400, "invalid network").apply(web()).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(DockerRuntimeTest, WhatIsGoneIsRemoved) {
  EXPECT_TRUE(runtime(200, "no such container").remove("web-nginx-lbproxy").ok());
}

}  // namespace
}  // namespace mex::nginx
