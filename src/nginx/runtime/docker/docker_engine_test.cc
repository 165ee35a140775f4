// The faults of engines, played by a server that misbehaves on command. Real ones are in the
// integration tests.
#include "nginx/runtime/docker/docker_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "base/status.h"
#include "http_client/scripted_server.h"

namespace mex::nginx {
namespace {

using http_client::http_answer;
using http_client::ScriptedServer;
using ::testing::HasSubstr;

class DockerEngineTest : public ::testing::Test {
 protected:
  // What is answered to requests whose target contains the key; else 404.
  void answer(const std::string& part, int status, const std::string& body) {
    answers_[part] = http_answer(status, body);
  }

  std::unique_ptr<DockerEngine> engine(const std::string& api_version = "") {
    EngineAddress address;
    address.url = server_.url();
    address.api_version = api_version;
    return DockerEngine::create(address).value();
  }

  std::map<std::string, std::string> answers_{
      {"/version", http_answer(200, R"({"ApiVersion":"1.41","MinAPIVersion":"1.12"})")}};
  ScriptedServer server_{[this](const ScriptedServer::Seen& seen) {
    for (const auto& [part, bytes] : answers_) {
      if (seen.target.find(part) != std::string::npos) return ScriptedServer::Reaction{bytes};
    }
    return ScriptedServer::Reaction{http_answer(404, R"({"message":"no such thing"})")};
  }};
};

TEST(ChooseVersionTest, IsTheNearestToTheOneWeKnow) {
  EXPECT_EQ(choose_version("1.12", "1.41").value(), "1.41");
  EXPECT_EQ(choose_version("1.24", "1.37").value(), "1.37");
  EXPECT_EQ(choose_version("1.24", "1.50").value(), "1.41");
  EXPECT_EQ(choose_version("1.44", "1.50").value(), "1.44");
  for (const char* most : {"1.36", "", "2.0", "x"}) {
    EXPECT_TRUE(absl::IsFailedPrecondition(choose_version("1.12", most).status())) << most;
  }
}

TEST_F(DockerEngineTest, SpeaksTheVersionThatWasAskedFor) {
  answer("/_ping", 200, "OK");
  EXPECT_TRUE(engine("1.37")->ping().ok());
  EXPECT_EQ(server_.count("GET", "/v1.37/_ping"), 1U);
  EXPECT_EQ(server_.count("GET", "/version"), 0U);
  EXPECT_TRUE(engine()->ping().ok());
  EXPECT_EQ(server_.count("GET", "/v1.41/_ping"), 1U);
}

TEST_F(DockerEngineTest, AnEngineThatIsTooOldIsToldSo) {
  answer("/version", 200, R"({"ApiVersion":"1.30","MinAPIVersion":"1.12"})");
  const absl::Status status = engine()->ping();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(base::message_of(status)), HasSubstr("1.37 is needed"));
}

TEST_F(DockerEngineTest, ErrorsAreTheEnginesWords) {
  answer("/containers/json", 500, R"({"message":"storage is full"})");
  const auto listed = engine()->list("a=b");
  EXPECT_EQ(listed.status().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(base::message_of(listed.status())), HasSubstr("storage is full"));
  EXPECT_TRUE(absl::IsNotFound(engine()->inspect("x").status()));
  EXPECT_TRUE(engine()->remove("x").ok()) << "what is not there is removed";
  answer("/containers/create", 409, "no JSON");
  EXPECT_TRUE(absl::IsAlreadyExists(engine()->create("x", nlohmann::json::object()).status()));
}

TEST_F(DockerEngineTest, NobodyThereIsUnavailable) {
  EngineAddress address;
  address.unix_socket = "/nowhere/engine.sock";
  const absl::Status status = DockerEngine::create(address).value()->ping();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(base::message_of(status)), HasSubstr("unix:///nowhere/engine.sock"));
}

TEST_F(DockerEngineTest, MissingKeysAreNamed) {
  EngineAddress address;
  address.url = "https://127.0.0.1:1";
  address.tls_directory = "/nowhere";
  EXPECT_THAT(std::string(base::message_of(DockerEngine::create(address).status())),
              HasSubstr("/nowhere/cert.pem"));
}

TEST_F(DockerEngineTest, AnswersThatAreNotItsApisAreErrors) {
  for (const char* body : {"", "x", "{}", "[3]", R"([{"Names":[]}])", R"([{"Names":[1]}])"}) {
    answer("/containers/json", 200, body);
    EXPECT_FALSE(engine()->list("a=b").ok()) << body;
  }
  for (const char* body : {"", "[]", "{}", R"({"Id":3})"}) {
    answer("/containers/c/json", 200, body);
    EXPECT_FALSE(engine()->inspect("c").ok()) << body;
  }
}

TEST_F(DockerEngineTest, ReadsContainers) {
  answer("/containers/json", 200,
         R"([{"Id":"1","Names":["/a"],"State":"running","Labels":{"k":"v","n":3}}])");
  const auto all = engine()->list("k=v").value();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].name, "a");
  EXPECT_EQ(all[0].label("k"), "v");
  EXPECT_EQ(all[0].label("n"), "");
}

TEST_F(DockerEngineTest, AFailedPullIsFoundInItsProgress) {
  answer("/images/create", 200,
         "{\"status\":\"Pulling\"}\n{\"errorDetail\":{},\"error\":\"no such host\"}\n");
  const absl::Status status = engine()->pull(parse_image_reference("nginx").value());
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_THAT(std::string(base::message_of(status)), HasSubstr("no such host"));
  EXPECT_EQ(server_.count("POST", "fromImage=nginx&tag=latest"), 1U);
  answer("/images/create", 200, "{\"status\":\"Pulled\"}\n");
  EXPECT_TRUE(engine()->pull(parse_image_reference("nginx").value()).ok());
}

TEST_F(DockerEngineTest, AnImageByItsDigestIsPulledByIt) {
  const std::string digest = "sha256:" + std::string(64, 'a');
  answer("/images/create", 200, "{\"status\":\"Pulled\"}\n");
  EXPECT_TRUE(engine()->pull(parse_image_reference("r:5000/nginx:1@" + digest).value()).ok());
  EXPECT_EQ(server_.count("POST", "fromImage=r%3A5000%2Fnginx&tag=sha256%3A" + digest.substr(7)),
            1U);
}

TEST_F(DockerEngineTest, RunsACommand) {
  answer("/containers/c/exec", 201, R"({"Id":"e1"})");
  answer("/exec/e1/start", 200, std::string("\x01\0\0\0\0\0\0\x02hi", 10));
  answer("/exec/e1/json", 200, R"({"ExitCode":7})");
  const auto executed = engine()->execute("c", {"nginx", "-t"});
  ASSERT_TRUE(executed.ok()) << executed.status();
  EXPECT_EQ(executed->exit_code, 7);
  EXPECT_EQ(executed->output, "hi");
  answer("/exec/e1/json", 200, "{}");
  EXPECT_FALSE(engine()->execute("c", {"nginx", "-t"}).ok());
}

}  // namespace
}  // namespace mex::nginx
