#pragma once

#include <chrono>
#include <string>

#include "base/clock.h"
#include "http_client/scripted_server.h"
#include "kubernetes/client.h"

// For tests: an API server that says what the test wants.
namespace mex::kubernetes::testing {

using http_client::http_answer;
using http_client::ScriptedServer;
using Reaction = ScriptedServer::Reaction;
using Seen = ScriptedServer::Seen;
using Then = ScriptedServer::Then;

inline Reaction answer(int status, const std::string& body) {
  return {.bytes = http_answer(status, body, "Content-Type: application/json\r\n")};
}

// As an API server refuses.
inline Reaction refusal(int status, const std::string& reason, const std::string& message) {
  return answer(status, R"({"kind":"Status","apiVersion":"v1","status":"Failure","message":")" +
                            message + R"(","reason":")" + reason + R"(","code":)" +
                            std::to_string(status) + "}");
}

inline ClientOptions options_for(const ScriptedServer& server) {
  ClientOptions options;
  options.servers = {server.url()};
  options.poll_interval = std::chrono::milliseconds(1);
  return options;
}

inline base::CallLimits a_minute() {
  return {.deadline = base::system_clock().steady_now() + std::chrono::minutes(1)};
}

inline base::CallLimits no_time() { return {.deadline = base::system_clock().steady_now()}; }

}  // namespace mex::kubernetes::testing
