#include "kubernetes/manifest.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>

#include "base/json_text.h"
#include "base/status.h"
#include "kubernetes/json_access.h"
#include "kubernetes/yaml_scalar.h"

namespace mex::kubernetes {
namespace {

using nlohmann::json;

// Aliases can make a short text into an endless one.
constexpr std::size_t kMaxNodes = 200'000;
constexpr int kDeepest = 100;

absl::Status fault_at(const YAML::Mark& mark, std::string_view what) {
  if (mark.is_null()) return absl::InvalidArgumentError(std::string(what));
  return base::error(absl::StatusCode::kInvalidArgument, "line {}, column {}: {}", mark.line + 1,
                     mark.column + 1, what);
}

// yaml-cpp 0.7 makes documents without end of some broken texts ("{}}"): it begins the next one
// where it began the last. A parse that keeps nothing finds that out before one that does.
class EndlessnessCheck final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (mark.pos == last_start_) throw YAML::ParserException(mark, "unexpected text");
    last_start_ = mark.pos;
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

 private:
  int last_start_ = -1;
};

void check_endlessness(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  EndlessnessCheck check;
  while (parser.HandleNextDocument(check)) {
  }
}

class Converter {
 public:
  absl::StatusOr<json> convert(const YAML::Node& node, int depth) {
    if (++nodes_ > kMaxNodes || depth > kDeepest) {
      return fault_at(node.Mark(), "too much, or too deep: is there an alias within itself?");
    }
    switch (node.Type()) {
      case YAML::NodeType::Scalar:
        return scalar(node);
      case YAML::NodeType::Sequence:
        return sequence(node, depth);
      case YAML::NodeType::Map:
        return map(node, depth);
      default:
        return json();
    }
  }

 private:
  // yaml-cpp: "?" is a plain scalar, "!" one in quotes or a block.
  absl::StatusOr<json> scalar(const YAML::Node& node) {
    constexpr std::string_view kStandard = "tag:yaml.org,2002:";
    const std::string& tag = node.Tag();
    if (tag == "!" || tag == std::string(kStandard) + "str") return json(node.Scalar());
    const bool resolved = tag.empty() || tag == "?" || tag == std::string(kStandard) + "int" ||
                          tag == std::string(kStandard) + "float" ||
                          tag == std::string(kStandard) + "bool" ||
                          tag == std::string(kStandard) + "null";
    if (!resolved) {
      return fault_at(node.Mark(),
                      fmt::format("the tag {} has no meaning here", base::quoted(tag)));
    }
    std::optional<json> value = plain_scalar(node.Scalar());
    if (!value) {
      return fault_at(node.Mark(), fmt::format("{} is a number that JSON does not have",
                                               base::quoted(node.Scalar())));
    }
    return *std::move(value);
  }

  absl::StatusOr<json> sequence(const YAML::Node& node, int depth) {
    json list = json::array();
    for (const YAML::Node& element : node) {
      MEX_ASSIGN_OR_RETURN(json value, convert(element, depth + 1));
      list.push_back(std::move(value));
    }
    return list;
  }

  absl::StatusOr<json> map(const YAML::Node& node, int depth) {
    json object = json::object();
    json merged = json::object();
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) {
        return fault_at(entry.first.Mark(), "a key must be a scalar");
      }
      const std::string& key = entry.first.Scalar();
      MEX_ASSIGN_OR_RETURN(json value, convert(entry.second, depth + 1));
      if (key == "<<" && entry.first.Tag() == "?") {
        MEX_RETURN_IF_ERROR(merge(entry.first.Mark(), value, merged));
      } else if (!object.emplace(key, std::move(value)).second) {
        return fault_at(entry.first.Mark(),
                        fmt::format("the key {} appears twice", base::quoted(key)));
      }
    }
    // yaml.org/type/merge.html: the map's own keys win, then those of the first map merged.
    for (auto& [key, value] : merged.items()) object.emplace(key, value);
    return object;
  }

  static absl::Status merge(const YAML::Mark& mark, const json& value, json& merged) {
    const json maps = value.is_array() ? value : json::array({value});
    for (const json& one : maps) {
      if (!one.is_object()) return fault_at(mark, "<< must name a map or a list of maps");
      for (const auto& [key, inherited] : one.items()) merged.emplace(key, inherited);
    }
    return absl::OkStatus();
  }

  std::size_t nodes_ = 0;
};

absl::Status check_object(const json& object) {
  if (!object.is_object()) {
    return base::error(absl::StatusCode::kInvalidArgument, "{} is not an object of Kubernetes",
                       base::quoted(json_text(object).substr(0, 40)));
  }
  const std::string kind = text_at(object, "kind");
  const std::string name = text_at(member(object, "metadata"), "name");
  const char* const missing = text_at(object, "apiVersion").empty() ? "apiVersion"
                              : kind.empty()                        ? "kind"
                              : name.empty()                        ? "metadata.name"
                                                                    : nullptr;
  if (missing == nullptr) return absl::OkStatus();
  return base::error(absl::StatusCode::kInvalidArgument, "{} {}: {} is missing or no text",
                     kind.empty() ? "object" : kind, base::quoted(name), missing);
}

absl::Status add_objects(json document, std::vector<json>& objects) {
  if (document.is_null()) return absl::OkStatus();
  const auto items = document.find("items");
  const bool is_list = document.is_object() && text_at(document, "kind").ends_with("List") &&
                       items != document.end() && items->is_array();
  if (!is_list) {
    MEX_RETURN_IF_ERROR(check_object(document));
    objects.push_back(std::move(document));
    return absl::OkStatus();
  }
  for (json& item : *items) {
    MEX_RETURN_IF_ERROR(add_objects(std::move(item), objects));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<json>> parse_manifests(std::string_view text) {
  std::vector<json> objects;
  try {
    const std::string copy(text);
    check_endlessness(copy);
    Converter converter;
    for (const YAML::Node& document : YAML::LoadAll(copy)) {
      MEX_ASSIGN_OR_RETURN(json value, converter.convert(document, 0));
      MEX_RETURN_IF_ERROR(add_objects(std::move(value), objects));
    }
  } catch (const YAML::Exception& fault) {
    return fault_at(fault.mark, fault.msg);
  }
  return objects;
}

}  // namespace mex::kubernetes
