#pragma once

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "kubernetes/testing/test_api.h"

// For tests: an API server's lists and watches over HTTP, of objects that the test puts there. A
// watch answers with what there is since then and ends.
namespace mex::kubernetes::testing {

class FakeServiceApi {
 public:
  ClientOptions options() const { return options_for(server_); }
  const ScriptedServer& server() const { return server_; }

  // `resource`: "services", "endpointslices" or "nodes".
  void put(const std::string& resource, nlohmann::json object) { change(resource, object, false); }
  void erase(const std::string& resource, nlohmann::json object) { change(resource, object, true); }
  // Whatever is asked, from now on; nothing: as it should be.
  void fail_with(std::optional<Reaction> fault) {
    const base::MutexLock lock(mutex_);
    fault_ = std::move(fault);
  }

  void put_service(const std::string& name, nlohmann::json spec) {
    put("services", {{"metadata", {{"name", name}, {"namespace", "shop"}}}, {"spec", spec}});
  }
  void put_slice(const std::string& service, const std::vector<std::string>& addresses,
                 int port = 8080) {
    nlohmann::json endpoints = nlohmann::json::array();
    for (const std::string& each : addresses) {
      endpoints.push_back({{"addresses", {each}}, {"nodeName", "n1"}});
    }
    put("endpointslices", {{"metadata",
                            {{"name", service + "-1"},
                             {"namespace", "shop"},
                             {"labels", {{"kubernetes.io/service-name", service}}}}},
                           {"ports", {{{"port", port}}}},
                           {"endpoints", endpoints}});
  }

 private:
  struct Event {
    int version;
    std::string type;
    nlohmann::json object;
  };
  struct Resource {
    std::map<std::string, nlohmann::json> objects;
    std::vector<Event> events;
  };

  void change(const std::string& resource, nlohmann::json& object, bool is_deleted) {
    const base::MutexLock lock(mutex_);
    object["metadata"]["resourceVersion"] = std::to_string(++version_);
    const std::string name = object["metadata"]["name"];
    Resource& all = resources_[resource];
    if (is_deleted) {
      all.objects.erase(name);
    } else {
      all.objects[name] = object;
    }
    all.events.push_back({version_, is_deleted ? "DELETED" : "MODIFIED", object});
  }

  static std::string part_of(const std::string& target, const std::string& begin) {
    const std::size_t at = target.find(begin);
    if (at == std::string::npos) return {};
    const std::size_t value = at + begin.size();
    return target.substr(value, target.find_first_of("&", value) - value);
  }

  // Whether the object is one that the selectors of `target` choose.
  static bool is_asked_for(const nlohmann::json& object, const std::string& target) {
    const std::string field = part_of(target, "fieldSelector=metadata.name%3D");
    const std::string label = part_of(target, "labelSelector=kubernetes.io%2Fservice-name%3D");
    const auto& metadata = object["metadata"];
    if (!field.empty() && metadata["name"] != field) return false;
    return label.empty() || metadata["labels"]["kubernetes.io/service-name"] == label;
  }

  Reaction react(const Seen& seen) {
    const base::MutexLock lock(mutex_);
    if (fault_) return *fault_;
    const std::string path = seen.target.substr(0, seen.target.find('?'));
    Resource& resource = resources_[path.substr(path.rfind('/') + 1)];
    if (seen.target.find("watch=1") == std::string::npos) {
      nlohmann::json items = nlohmann::json::array();
      for (const auto& [name, object] : resource.objects) {
        if (is_asked_for(object, seen.target)) items.push_back(object);
      }
      return answer(200,
                    nlohmann::json{{"metadata", {{"resourceVersion", std::to_string(version_)}}},
                                   {"items", items}}
                        .dump());
    }
    const int since = std::stoi(part_of(seen.target, "resourceVersion="));
    std::string lines;
    for (const Event& each : resource.events) {
      if (each.version <= since || !is_asked_for(each.object, seen.target)) continue;
      lines += nlohmann::json{{"type", each.type}, {"object", each.object}}.dump() + "\n";
    }
    return answer(200, lines);
  }

  mutable base::Mutex mutex_;
  int version_ ABSL_GUARDED_BY(mutex_) = 1;
  std::map<std::string, Resource> resources_ ABSL_GUARDED_BY(mutex_);
  std::optional<Reaction> fault_ ABSL_GUARDED_BY(mutex_);
  ScriptedServer server_{[this](const Seen& seen) { return react(seen); }};
};

}  // namespace mex::kubernetes::testing
