#include "cluster/flavor/platform_config.h"

#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <utility>

#include "base/file.h"
#include "base/ipv4.h"
#include "base/log.h"
#include "base/status.h"
#include "cluster/flavor/image_settings.h"
#include "openstack/nova.h"

namespace mex::cluster {
namespace {

// Walks one document and keeps the first thing that is wrong with it.
class Reader {
 public:
  Reader(const toml::table& document, std::string_view source)
      : document_(document), source_(source) {}

  std::string string(std::string_view section, std::string_view key) {
    const toml::node* node = find(section, key);
    if (node == nullptr) return {};
    const auto value = node->value_exact<std::string>();
    if (!value) fail(*node, fmt::format("{}.{}", section, key), "must be a string");
    return value.value_or(std::string());
  }

  std::string address(std::string_view section, std::string_view key) {
    const std::string text = string(section, key);
    if (!text.empty() && !base::parse_ipv4(text)) {
      fail(*find(section, key), fmt::format("{}.{}", section, key), "must be an IPv4 address");
    }
    return text;
  }

  std::vector<std::string> strings(std::string_view section, std::string_view key) {
    const toml::node* node = find(section, key);
    if (node == nullptr) return {};
    std::vector<std::string> values;
    const toml::array* array = node->as_array();
    const bool fits = array != nullptr &&
                      std::all_of(array->begin(), array->end(), [&](const toml::node& element) {
                        const auto text = element.value_exact<std::string>();
                        if (text) values.push_back(*text);
                        return text.has_value();
                      });
    if (!fits) fail(*node, fmt::format("{}.{}", section, key), "must be an array of strings");
    return values;
  }

  // A word of the enum but its first, which stands for what the file leaves open.
  template <base::WordEnum Enum>
  void read(std::string_view section, std::string_view key, Enum& value) {
    const toml::node* node = find(section, key);
    if (node == nullptr) return;
    const std::optional<Enum> word = base::from_word<Enum>(string(section, key));
    if (word && *word != Enum{}) {
      value = *word;
      return;
    }
    std::vector<std::string_view> words;
    for (const auto& each : words_of(Enum{})) {
      if (each.value != Enum{}) words.push_back(each.text);
    }
    fail(*node, fmt::format("{}.{}", section, key),
         fmt::format("must be {} or {}", fmt::join(words.begin(), words.end() - 1, ", "),
                     words.back()));
  }
  void read(std::string_view section, std::string_view key, std::vector<std::string>& values) {
    values = strings(section, key);
  }
  void read(std::string_view section, std::string_view key, std::optional<int>& value) {
    value = number(section, key);
  }

  std::optional<int> number(std::string_view section, std::string_view key) {
    const toml::node* node = find(section, key);
    if (node == nullptr) return std::nullopt;
    const auto value = node->value_exact<std::int64_t>();
    if (value && *value >= std::numeric_limits<int>::min() &&
        *value <= std::numeric_limits<int>::max()) {
      return static_cast<int>(*value);
    }
    fail(*node, fmt::format("{}.{}", section, key), "must be a whole number of 32 bits");
    return std::nullopt;
  }

  void fail(const toml::node& node, std::string_view key, std::string_view what) {
    if (!status_.ok()) return;
    status_ = base::error(absl::StatusCode::kInvalidArgument, "{}:{}: {}: {}", source_,
                          node.source().begin.line, key, what);
  }

  const toml::node* find(std::string_view section, std::string_view key) {
    const toml::node* found = document_.get(section);
    if (found == nullptr) return nullptr;
    const toml::table* table = found->as_table();
    if (table != nullptr) return table->get(key);
    fail(*found, section, "must be a table");
    return nullptr;
  }

  const absl::Status& status() const { return status_; }

 private:
  const toml::table& document_;
  std::string_view source_;
  absl::Status status_;
};

constexpr std::array<std::string_view, 7> kDefaultsKeys{
    "region", "zone", "image", "network", "subnet", "flavor", "external_network"};

// Those of [kubernetes]: the fields of ImageQuirks are keys of their names.
std::vector<std::string_view> kubernetes_keys() {
  std::vector<std::string_view> keys{"nodeaddrs",  "noderoles",   "proxyaddr",
                                     "masteraddr", "image_style", "apt_source"};
  base::for_each_field<ImageQuirks>([&](const auto& field) {
    keys.emplace_back(field.name);
    return true;
  });
  return keys;
}

template <typename Keys>
void warn_of_unknown(const toml::table& table, std::string_view prefix, const Keys& known,
                     std::string_view source, std::vector<std::string>& warnings) {
  for (const auto& [key, node] : table) {
    if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
    warnings.push_back(fmt::format("{}:{}: {}{}: unknown key, ignored", source,
                                   node.source().begin.line, prefix, key.str()));
  }
}

std::vector<std::string> unknown_keys(const toml::table& document, std::string_view source) {
  constexpr std::array<std::string_view, 2> kSections{"defaults", "kubernetes"};
  std::vector<std::string> warnings;
  warn_of_unknown(document, "", kSections, source, warnings);
  if (const toml::table* table = document["defaults"].as_table()) {
    warn_of_unknown(*table, "defaults.", kDefaultsKeys, source, warnings);
  }
  if (const toml::table* table = document["kubernetes"].as_table()) {
    warn_of_unknown(*table, "kubernetes.", kubernetes_keys(), source, warnings);
  }
  return warnings;
}

// nodeaddrs and noderoles are parallel arrays: the n-th address belongs to the n-th role.
void read_nodes(Reader& reader, PlatformConfig& config) {
  const auto addresses = reader.strings("kubernetes", "nodeaddrs");
  const auto roles = reader.strings("kubernetes", "noderoles");
  if (!reader.status().ok() || (addresses.empty() && roles.empty())) return;
  const bool have_addresses = !addresses.empty();
  const toml::node& node = *reader.find("kubernetes", have_addresses ? "nodeaddrs" : "noderoles");
  if (addresses.size() != roles.size()) {
    return reader.fail(node, have_addresses ? "kubernetes.nodeaddrs" : "kubernetes.noderoles",
                       fmt::format("nodeaddrs has {} elements and noderoles {}: both must have as "
                                   "many as there are nodes",
                                   addresses.size(), roles.size()));
  }
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    if (!base::parse_ipv4(addresses[i])) {
      return reader.fail(node, fmt::format("kubernetes.nodeaddrs[{}]", i),
                         "must be an IPv4 address");
    }
    if (std::count(addresses.begin(), addresses.end(), addresses[i]) > 1) {
      return reader.fail(node, fmt::format("kubernetes.nodeaddrs[{}]", i),
                         fmt::format("{} is there twice", addresses[i]));
    }
    if (roles[i] == image_role(NodeRole::Master)) {
      config.master_addresses.push_back(addresses[i]);
    } else if (roles[i] == image_role(NodeRole::Worker)) {
      config.worker_addresses.push_back(addresses[i]);
    } else {
      return reader.fail(*reader.find("kubernetes", "noderoles"),
                         fmt::format("kubernetes.noderoles[{}]", i),
                         fmt::format("must be {} or {}", image_role(NodeRole::Master),
                                     image_role(NodeRole::Worker)));
    }
  }
}

// What holds for the images that the clusters' flavors say nothing of.
void read_images(Reader& reader, PlatformConfig& config) {
  constexpr std::string_view kSection = "kubernetes";
  reader.read(kSection, "image_style", config.image_style);
  config.apt_source = reader.string(kSection, "apt_source");
  ImageQuirks& quirks = config.image_quirks;
  base::for_each_field<ImageQuirks>([&](const auto& field) {
    reader.read(kSection, field.name, quirks.*field.member);
    return true;
  });
  if (!reader.status().ok()) return;
  const toml::node* source = reader.find(kSection, "apt_source");
  if (config.image_style == ImageStyle::Packages && !is_apt_source(config.apt_source)) {
    return reader.fail(source != nullptr ? *source : *reader.find(kSection, "image_style"),
                       "kubernetes.apt_source",
                       "must be a line of sources.list that begins with \"deb \", for the image "
                       "style packages");
  }
  if (config.image_style != ImageStyle::Packages && !config.apt_source.empty()) {
    return reader.fail(*source, "kubernetes.apt_source", "is only for the image style packages");
  }
  if (const auto fault = fault_of(quirks)) {
    reader.fail(*reader.find(kSection, fault->setting), fmt::format("kubernetes.{}", fault->where),
                fault->what);
  }
}

// toml++ shows the line break that it did not expect as it is; a refusal is one line.
std::string in_one_line(std::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c >= '\0' && c < ' '; }, ' ');
  return line;
}

absl::StatusOr<toml::table> parse_document(std::string_view text, std::string_view source) {
  try {
    return toml::parse(text, source);
  } catch (const toml::parse_error& error) {
    return base::error(absl::StatusCode::kInvalidArgument, "{}:{}: {}", source,
                       error.source().begin.line, in_one_line(error.description()));
  }
}

absl::StatusOr<std::string> load_user_data(const std::string& path) {
  // One byte more than allowed, so that read_file's own limit does not answer first.
  auto text = base::read_file(path, std::size_t{1} << 20U);
  if (!text.ok()) return base::annotate(text.status(), "user data (MEX_K8SOS_USERDATA)");
  if (text->empty()) {
    return base::error(absl::StatusCode::kInvalidArgument,
                       "{}: is empty; write the user data of the servers into it or unset "
                       "MEX_K8SOS_USERDATA",
                       path);
  }
  if (text->size() > openstack::kMaxUserDataBytes) {
    return base::error(absl::StatusCode::kInvalidArgument,
                       "{}: has {} bytes, but Nova takes {} of base64, which is {} of text", path,
                       text->size(), base::kMaxUserDataBase64, openstack::kMaxUserDataBytes);
  }
  return text;
}

}  // namespace

absl::StatusOr<PlatformText> parse_platform_toml(std::string_view text, std::string_view source) {
  MEX_ASSIGN_OR_RETURN(const toml::table document, parse_document(text, source));
  Reader reader(document, source);
  PlatformText result;
  PlatformConfig& config = result.config;
  config.region = reader.string("defaults", "region");
  config.zone = reader.string("defaults", "zone");
  config.image = reader.string("defaults", "image");
  config.network = reader.string("defaults", "network");
  config.subnet = reader.string("defaults", "subnet");
  config.flavor = reader.string("defaults", "flavor");
  config.external_network = reader.string("defaults", "external_network");
  config.proxy_address = reader.address("kubernetes", "proxyaddr");
  config.master_address = reader.address("kubernetes", "masteraddr");
  read_nodes(reader, config);
  read_images(reader, config);
  MEX_RETURN_IF_ERROR(reader.status());
  result.warnings = unknown_keys(document, source);
  return result;
}

absl::StatusOr<PlatformConfig> load_platform_config(const std::string& toml_path,
                                                    const std::string& user_data_path) {
  PlatformConfig config;
  if (!toml_path.empty()) {
    auto text = base::read_file(toml_path);
    if (!text.ok()) return base::annotate(text.status(), "settings (MEX_K8SOS_CONFIG)");
    MEX_ASSIGN_OR_RETURN(PlatformText read, parse_platform_toml(*text, toml_path));
    for (const std::string& warning : read.warnings) {
      log::warning("settings", {{"problem", warning}});
    }
    config = std::move(read.config);
  }
  if (!user_data_path.empty()) {
    MEX_ASSIGN_OR_RETURN(config.user_data, load_user_data(user_data_path));
  }
  return config;
}

}  // namespace mex::cluster
