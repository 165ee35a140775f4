// Any text as the words of an nginx instance. Promise: whatever check() accepts is one word to
// nginx's parser, and none that nginx has a use of its own for. So the configuration has the same
// shape, word by word and brace by brace, as that of an instance with harmless words in the same
// places.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/model/grammar.h"
#include "nginx/model/instance_check.h"
#include "nginx/model/stored_instance.h"
#include "nginx/render/configuration.h"
#include "nginx/render/deployment.h"
#include "oracle.h"

namespace {

using namespace mex::nginx;

// The input: lines of fields, taken one after the other.
class Words {
 public:
  explicit Words(std::string_view text) : text_(text) {}
  bool empty() const { return text_.empty(); }
  std::string next() {
    const std::string_view word = text_.substr(0, text_.find('|'));
    text_.remove_prefix(word.size() < text_.size() ? word.size() + 1 : text_.size());
    return std::string(word);
  }

 private:
  std::string_view text_;
};

Port next_port(Words& words) {
  Port port;
  const std::string kind = words.next();
  port.protocol = kind.starts_with('h')   ? Protocol::Http
                  : kind.starts_with('u') ? Protocol::Udp
                                          : Protocol::Tcp;
  port.tls = kind.ends_with('s');
  port.accept_proxy_protocol = kind.ends_with('p');
  port.external = parse_port_number(words.next()).value_or(0);
  const std::string origin = words.next();
  if (auto parsed = parse_origin(origin, 80); parsed.ok()) {
    port.origins.push_back(*std::move(parsed));
  } else {
    port.origins.push_back({.host = origin, .port = 80, .weight = 1});
  }
  port.path = words.next();
  port.server_name = words.next();
  if (std::string block = words.next(); !block.empty()) port.allowed.push_back(std::move(block));
  port.name = words.next();
  // "name?/healthz": with a health check.
  if (const std::size_t mark = port.name.find('?'); mark != std::string::npos) {
    port.health = HealthCheck{.path = port.name.substr(mark + 1)};
  }
  return port;
}

// "@r tenant/name": a proxy of a cluster, for reading (r), for reading secrets (s) or for
// everything.
void make_cluster_proxy(std::string_view text, Instance& instance) {
  instance.kind = Kind::KubernetesProxy;
  instance.network.clear();
  instance.access = text.starts_with("@r")   ? ApiAccess::Read
                    : text.starts_with("@s") ? ApiAccess::ReadSecrets
                                             : ApiAccess::Everything;
  text.remove_prefix(std::min<std::size_t>(text.size(), 3));
  const std::size_t slash = std::min(text.find('/'), text.size());
  instance.cluster.tenant = text.substr(0, slash);
  instance.cluster.name = text.substr(std::min(slash + 1, text.size()));
  for (Port& port : instance.ports) port.origins.clear();
}

// With what an agent adds. Origins with a health check are down.
ResolvedInstance resolved(const Instance& instance) {
  ResolvedInstance result;
  result.desired = instance;
  if (instance.leads_to_cluster()) {
    result.users = {{"ann", "$2b$x"}};
    result.api.masters = {{.host = "10.0.0.1", .port = 6443}};
    result.api.server_name = "api.example";
  }
  for (const Port& port : instance.ports) {
    ResolvedOrigins& origins = result.origins.emplace_back();
    for (const Origin& origin : instance.leads_to_cluster() ? result.api.masters : port.origins) {
      origins.push_back({.origin = origin});
      // A name is looked up by the agent, but on a container network.
      if (instance.network.empty()) origins.back().addresses = {"10.0.0.1"};
      if (port.health) origins.back().down = origins.back().hosts();
    }
  }
  return result;
}

// The same with words that cannot do anything. What decides about the shape stays: which paths are
// "/", which names are empty, which ports are shared.
Instance harmless(Instance instance) {
  instance.name = "x";
  if (instance.leads_to_cluster()) instance.cluster = {"tenant", "cluster"};
  int number = 0;
  for (Port& port : instance.ports) {
    const std::string suffix = std::to_string(++number);
    for (Origin& origin : port.origins) origin.host = "10.0.0.1";
    if (port.path != "/") port.path = "/p" + suffix;
    if (!port.server_name.empty()) port.server_name = "n" + suffix + ".example";
    for (std::string& block : port.allowed) block = "10.0.0.0/8";
  }
  return instance;
}

// "k" for a word that means something else than itself: in a map, or as an upstream's server.
char kind_of(std::string_view word, std::string_view word_before) {
  const bool is_path = word_before == "server" && word.starts_with("unix:");
  const bool is_of_map =
      word == "default" || word == "hostnames" || word == "include" || word == "volatile";
  return is_path || is_of_map ? 'k' : 'w';
}

// nginx's lexer, as ngx_conf_read_token has it, without anything that it looks up: "w" or "k" for a
// word, and ";", "{", "}".
std::string shape_of(std::string_view text) {
  std::string shape;
  std::string_view word_before;
  std::size_t begin = 0;
  bool in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == '\\') ++i;
      if (c == quote) quote = 0;
      continue;
    }
    const bool is_blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (is_blank || c == ';' || c == '{' || (c == '}' && !in_word)) {
      if (in_word) {
        const std::string_view word = text.substr(begin, i - begin);
        shape += kind_of(word, word_before);
        word_before = word;
      }
      in_word = false;
      if (!is_blank) shape += c;
    } else if (c == '#' && !in_word) {
      while (i < text.size() && text[i] != '\n') ++i;
    } else if (!in_word) {
      in_word = true;
      begin = i;
      if (c == '"' || c == '\'') quote = c;
    } else if (c == '\\') {
      ++i;
    }
  }
  return shape;
}

std::string rendered(const Instance& instance) {
  const RenderContext context{.preamble = "",
                              .error_log = "error.log",
                              .session_log = "",
                              .status_listen = "unix:status.sock",
                              .has_ipv6 = false,
                              .local_addresses = {},
                              .max_descriptors = 0};
  const FileNames files{.certificate = "c.pem",
                        .key = "k.pem",
                        .users = "u",
                        .dropped_headers = "d",
                        .api_authority = "aa.pem",
                        .api_certificate = "ac.pem",
                        .api_key = "ak.pem",
                        .client_authorities = std::vector<std::string>(instance.ports.size())};
  return render_configuration(resolved(instance), context, files, "g");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Words words(text);
  Instance instance;
  instance.name = words.next();
  instance.network = words.next();
  while (!words.empty() && instance.ports.size() < 16) instance.ports.push_back(next_port(words));
  if (const std::string network = instance.network; network.starts_with('@')) {
    make_cluster_proxy(network, instance);
  }
  if (!check(instance).ok()) return 0;
  const auto again = instance_from_json(to_json(StoredInstance{instance, 0, {}}), "/nginx/x");
  require(again.ok(), "an accepted instance is refused when it is read again");
  require(shape_of(rendered(instance)) == shape_of(rendered(harmless(instance))),
          "a word of an accepted instance is more than a word");
  return 0;
}
