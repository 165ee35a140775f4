#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/call_limits.h"
#include "http_client/async_client.h"
#include "http_client/client.h"
#include "http_client/stream.h"
#include "kubernetes/pki.h"

namespace mex::kubernetes {

struct ClientOptions {
  // The masters: "https://10.101.7.10:6443". The one that answered last is asked first.
  std::vector<std::string> servers;
  // The name that their certificates must have; "" = the one in the URL.
  std::string server_name;
  std::string ca_certificate_pem;
  Identity identity;  // empty: none
  std::chrono::milliseconds connect_timeout{3000};
  // See http_client::Options.
  bool prefer_http2 = false;
  // How often is looked whether what is waited for has happened.
  std::chrono::milliseconds poll_interval{1000};
};

struct ApiCall {
  std::string what;  // for messages: "list nodes"
  std::string method = "GET";
  std::string path;  // with its query: "/api/v1/nodes?limit=500"
  std::string body = {};
  std::string content_type = {};
  std::size_t max_response_bytes = http_client::Request{}.max_response_bytes;
};

// The API server of one cluster. Blocking; for any number of control threads at once. Errors of the
// server are those of api_error.h. A call that never reached one server is made to the next; one
// whose fate is not known is repeated there only if it reads.
class Client : public std::enable_shared_from_this<Client> {
 public:
  explicit Client(const ClientOptions& options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // The body of a successful answer as it is.
  absl::StatusOr<std::string> call_text(const ApiCall& call, const base::CallLimits& limits);

  // The same as JSON. Internal if it is not.
  absl::StatusOr<nlohmann::json> call(const ApiCall& call, const base::CallLimits& limits);

  // Any answer, also an error of HTTP.
  absl::StatusOr<http_client::Response> send(const ApiCall& call, const base::CallLimits& limits);

  // Any answer, without a thread that waits for it: `done` is called on the transport's thread, or
  // from within if no server is known. Each server has its share of the time, so that one that is
  // silent leaves some to the next. The client is owned by a shared_ptr, and kept as long as the
  // call.
  using Done = http_client::AsyncClient::Done;
  void send(http_client::AsyncClient& transport, const ApiCall& call,
            const base::CallLimits& limits, Done done);

  // Likewise for a watch: a successful answer's body goes to `on_bytes` as it comes. Only the
  // server that answered last is asked; after one that fails so, the next.
  void watch(http_client::AsyncClient& transport, const ApiCall& call,
             const base::CallLimits& limits, http_client::AsyncClient::OnBytes on_bytes, Done done);

  // For a watch: a successful answer that goes on. The stream must not outlive this client.
  absl::StatusOr<std::unique_ptr<http_client::Stream>> open(const ApiCall& call,
                                                            const base::CallLimits& limits);

  std::chrono::milliseconds poll_interval() const { return poll_interval_; }

 private:
  struct Server;
  struct AsyncCall;

  http_client::Request request_to(const Server& server, const ApiCall& call,
                                  const base::CallLimits& limits) const;
  // Makes `attempt` with one server after the other until one has an answer.
  template <typename Attempt>
  auto first_answer(const ApiCall& call, Attempt attempt);
  void ask_next_server(const std::shared_ptr<AsyncCall>& call);

  std::vector<std::unique_ptr<Server>> servers_;
  std::atomic<std::size_t> preferred_{0};
  std::chrono::milliseconds poll_interval_;
};

}  // namespace mex::kubernetes
