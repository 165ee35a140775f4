#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "http_client/scripted_server.h"
#include "openstack/cloud_config.h"
#include "openstack/demo_login.h"

namespace mex::openstack {

// For tests: a Keystone and a Nova that say of servers what no real one says on command: lists
// without servers that exist, and reads that fail. The sets may change between two calls.
class ScriptedNova {
 public:
  std::vector<std::string> listed;
  std::set<std::string> there;                  // a GET of the id finds it
  std::set<std::string> unreadable;             // a GET of the id answers 500
  std::map<std::string, std::string> consoles;  // by id; the others have none (404)

  CloudConfig config() const { return demo_login(server_.url("/v3")); }

  // How many requests had this method and a target that contains `part`.
  std::size_t count(std::string_view method, std::string_view part) const {
    return server_.count(method, part);
  }

 private:
  using Seen = http_client::ScriptedServer::Seen;

  std::string answer(const Seen& request) const {
    if (request.target == "/v3/auth/tokens") return token(request);
    if (request.target.find("/servers/detail") != std::string::npos) {
      std::string list;
      for (const std::string& id : listed) list += (list.empty() ? "" : ",") + server(id);
      return http_client::http_answer(200, fmt::format(R"({{"servers": [{}]}})", list));
    }
    if (request.target.ends_with("/action")) return console(request.target);
    const std::string id = request.target.substr(request.target.rfind('/') + 1);
    if (unreadable.count(id) > 0) {
      return http_client::http_answer(500, R"({"computeFault": {"message": "no cell answers"}})");
    }
    if (there.count(id) == 0) {
      return http_client::http_answer(404, R"({"itemNotFound": {"message": "no such server"}})");
    }
    return http_client::http_answer(200, fmt::format(R"({{"server": {}}})", server(id)));
  }

  std::string console(const std::string& target) const {
    for (const auto& [id, text] : consoles) {
      if (target.find("/servers/" + id + "/") == std::string::npos) continue;
      return http_client::http_answer(200, fmt::format(R"({{"output": "{}"}})", text));
    }
    return http_client::http_answer(404, R"({"itemNotFound": {"message": "no such server"}})");
  }

  static std::string server(const std::string& id) {
    return fmt::format(R"({{"id": "{0}", "name": "{0}", "status": "ACTIVE"}})", id);
  }

  static std::string token(const Seen& request) {
    return http_client::http_answer(201,
                                    fmt::format(R"({{"token": {{"issued_at": "2026-11-22T13:00:00Z",
                         "expires_at": "2126-11-22T14:00:00Z", "project": {{"id": "p1"}},
                         "catalog": [{{"type": "compute", "endpoints":
                         [{{"interface": "public", "region": "one", "url": "http://{}"}}]}}]}}}})",
                                                request.headers.at("host")),
                                    "X-Subject-Token: t\r\n");
  }

  http_client::ScriptedServer server_{[this](const Seen& request) {
    return http_client::ScriptedServer::Reaction{
        .bytes = answer(request), .then = http_client::ScriptedServer::Then::KeepOpen};
  }};
};

}  // namespace mex::openstack
