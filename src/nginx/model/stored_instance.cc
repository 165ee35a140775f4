#include "nginx/model/stored_instance.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/status.h"
#include "nginx/model/instance_check.h"

namespace mex::nginx {
namespace {

using nlohmann::json;

constexpr std::pair<Protocol, const char*> kProtocols[] = {
    {Protocol::Http, "http"}, {Protocol::Tcp, "tcp"}, {Protocol::Udp, "udp"}};
constexpr std::pair<ApiAccess, const char*> kAccesses[] = {{ApiAccess::Read, "read"},
                                                           {ApiAccess::ReadSecrets, "read-secrets"},
                                                           {ApiAccess::Everything, "everything"}};
constexpr std::pair<Kind, const char*> kKinds[] = {{Kind::Ports, "ports"},
                                                   {Kind::KubernetesProxy, "kubernetes-proxy"}};

template <typename Table, typename Value>
const char* word_for(const Table& table, Value value) {
  for (const auto& [each, word] : table) {
    if (each == value) return word;
  }
  return "";
}

// Reads members of an object; whatever is missing or of another type makes the whole not whole.
class Reader {
 public:
  explicit Reader(const json& object) : object_(object) { whole_ = object.is_object(); }

  bool whole() const { return whole_; }

  void text(const char* name, std::string& target) { get(name, target, &json::is_string); }
  void flag(const char* name, bool& target) { get(name, target, &json::is_boolean); }
  template <typename Number>
  void number(const char* name, Number& target) {
    std::int64_t value = 0;
    get(name, value, &json::is_number_integer);
    target = static_cast<Number>(value);
    whole_ = whole_ && static_cast<std::int64_t>(target) == value;
  }
  void seconds(const char* name, std::chrono::seconds& target) {
    std::int64_t value = 0;
    number(name, value);
    target = std::chrono::seconds(value);
  }
  template <typename Table, typename Value>
  void word(const char* name, const Table& table, Value& target) {
    std::string found;
    text(name, found);
    bool known = false;
    for (const auto& [each, each_word] : table) {
      if (found != each_word) continue;
      target = each;
      known = true;
    }
    whole_ = whole_ && known;
  }
  // Calls `read` for each element of the list.
  template <typename Read>
  void each(const char* name, Read read) {
    const auto found = whole_ ? object_.find(name) : object_.end();
    if (!whole_ || found == object_.end() || !found->is_array()) {
      whole_ = false;
      return;
    }
    for (const json& element : *found) whole_ = whole_ && read(element);
  }

 private:
  template <typename Value>
  void get(const char* name, Value& target, bool (json::*is_right)() const noexcept) {
    if (!whole_) return;
    const auto found = object_.find(name);
    whole_ = found != object_.end() && ((*found).*is_right)();
    if (whole_) target = found->get<Value>();
  }

  const json& object_;
  bool whole_;
};

json encode(const HealthCheck& check) {
  return {{"path", check.path},
          {"status", check.status},
          {"interval_s", check.interval.count()},
          {"timeout_s", check.timeout.count()},
          {"rise", check.rise},
          {"fall", check.fall}};
}

bool decode(const json& object, std::optional<HealthCheck>& target) {
  HealthCheck& check = target.emplace();
  Reader reader(object);
  reader.text("path", check.path);
  reader.number("status", check.status);
  reader.seconds("interval_s", check.interval);
  reader.seconds("timeout_s", check.timeout);
  reader.number("rise", check.rise);
  reader.number("fall", check.fall);
  return reader.whole();
}

json encode(const Port& port) {
  json origins = json::array();
  for (const Origin& origin : port.origins) {
    origins.push_back({{"host", origin.host}, {"port", origin.port}, {"weight", origin.weight}});
  }
  json object{{"name", port.name},
              {"protocol", word_for(kProtocols, port.protocol)},
              {"external", port.external},
              {"origins", origins},
              {"path", port.path},
              {"server_name", port.server_name},
              {"tls", port.tls},
              {"client_authorities", port.client_authorities},
              {"allowed", port.allowed},
              {"takes_proxy_protocol", port.accept_proxy_protocol},
              {"sends_proxy_protocol", port.send_proxy_protocol},
              {"connect_timeout_s", port.connect_timeout.count()},
              {"idle_timeout_s", port.idle_timeout.count()}};
  if (port.health) object["health"] = encode(*port.health);
  return object;
}

bool decode(const json& object, Port& port) {
  Reader reader(object);
  reader.text("name", port.name);
  reader.word("protocol", kProtocols, port.protocol);
  reader.number("external", port.external);
  reader.each("origins", [&](const json& element) {
    Origin origin;
    Reader each(element);
    each.text("host", origin.host);
    each.number("port", origin.port);
    each.number("weight", origin.weight);
    port.origins.push_back(std::move(origin));
    return each.whole();
  });
  reader.text("path", port.path);
  reader.text("server_name", port.server_name);
  reader.flag("tls", port.tls);
  reader.text("client_authorities", port.client_authorities);
  reader.each("allowed", [&](const json& element) {
    if (element.is_string()) port.allowed.push_back(element.get<std::string>());
    return element.is_string();
  });
  reader.flag("takes_proxy_protocol", port.accept_proxy_protocol);
  reader.flag("sends_proxy_protocol", port.send_proxy_protocol);
  reader.seconds("connect_timeout_s", port.connect_timeout);
  reader.seconds("idle_timeout_s", port.idle_timeout);
  if (!reader.whole()) return false;
  const auto health = object.find("health");
  return health == object.end() || decode(*health, port.health);
}

}  // namespace

std::string instance_key(const Instance& instance) {
  return std::string(kInstancePrefix) + full_name(instance.kind, instance.name);
}

std::string encode_instance(const StoredInstance& stored) {
  const Instance& instance = stored.instance;
  json ports = json::array();
  for (const Port& port : instance.ports) ports.push_back(encode(port));
  const json object{{"kind", word_for(kKinds, instance.kind)},
                    {"name", instance.name},
                    {"network", instance.network},
                    {"ports", ports},
                    {"tenant", instance.cluster.tenant},
                    {"cluster", instance.cluster.name},
                    {"access", word_for(kAccesses, instance.access)},
                    {"status_port", stored.status_port},
                    {"changed_at_ms", stored.changed_at.time_since_epoch().count()}};
  // A port's name that is not UTF-8 loses those bytes rather than the instance.
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

absl::StatusOr<StoredInstance> decode_instance(std::string_view value) {
  const json object = json::parse(value, nullptr, /*allow_exceptions=*/false);
  StoredInstance stored;
  Instance& instance = stored.instance;
  Reader reader(object);
  reader.word("kind", kKinds, instance.kind);
  reader.text("name", instance.name);
  reader.text("network", instance.network);
  reader.each("ports",
              [&](const json& element) { return decode(element, instance.ports.emplace_back()); });
  // Records of a version that knew no clusters have none of these.
  if (object.is_object() && object.contains("cluster")) {
    reader.text("tenant", instance.cluster.tenant);
    reader.text("cluster", instance.cluster.name);
    reader.word("access", kAccesses, instance.access);
  }
  reader.number("status_port", stored.status_port);
  std::int64_t changed_at = 0;
  reader.number("changed_at_ms", changed_at);
  stored.changed_at = base::WallTime(std::chrono::milliseconds(changed_at));
  if (!reader.whole()) {
    return base::error(absl::StatusCode::kDataLoss,
                       "a stored nginx instance lacks a field, or one is of another type");
  }
  // It will be written into a configuration, so it is held to the same rules as one that arrives.
  if (const absl::Status fault = check(instance); !fault.ok()) {
    return base::error(absl::StatusCode::kDataLoss, "a stored nginx instance is not valid: {}",
                       base::message_of(fault));
  }
  return stored;
}

}  // namespace mex::nginx
