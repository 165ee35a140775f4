#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "http_client/client.h"
#include "http_client/scripted_server.h"
#include "openstack/api_call.h"
#include "openstack/call_context.h"
#include "openstack/cloud_config.h"

namespace mex::openstack {

// For the live tests, which run against the OpenStack that the environment names.

// The configuration of the environment; ends the program with the reason if there is none.
CloudConfig live_config();

// The address of one of its services, without a path: "http://127.0.0.1:9696".
std::string live_address(Service service);

// A minute for each call.
CallContext live_context(CallTrace* trace = nullptr);

// A unique name: "mexlive-k3x9…".
std::string unique_name();

// Passes the calls of one service on to it and lets the test see, delay, change or lose them.
class Relay {
 public:
  // Called for each request; `forward` sends it to the service and gives its answer as bytes.
  using Forward = std::function<std::string()>;
  using Script = std::function<http_client::ScriptedServer::Reaction(
      const http_client::ScriptedServer::Seen&, const Forward& forward)>;

  // `target` is the service's address without a path: "http://127.0.0.1:9696".
  Relay(std::string target, Script script);

  std::string url(std::string_view path = "") const { return server_.url(path); }
  const http_client::ScriptedServer& server() const { return server_; }

 private:
  std::string forward(const http_client::ScriptedServer::Seen& request);

  http_client::Client client_;
  std::string target_;
  http_client::ScriptedServer server_;
};

// The list, or an empty one: for cleaning up after a test whose own failure is the one to show.
template <typename Element>
std::vector<Element> or_none(absl::StatusOr<std::vector<Element>> list) {
  return list.ok() ? *std::move(list) : std::vector<Element>();
}

// "http://host:port" of a URL.
std::string address_of(const std::string& url);

}  // namespace mex::openstack
