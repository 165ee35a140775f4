#include "api/transcoding/name_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/json_text.h"
#include "base/nearest_word.h"

namespace mex::api::transcoding {

NamePolicy name_policy_of(const google::protobuf::MethodDescriptor& method) {
  return method.file()->package() == "api" ? NamePolicy::Lenient : NamePolicy::Strict;
}

std::string unknown_name_text(const google::protobuf::Descriptor& message, std::string_view name,
                              std::string_view kind) {
  std::vector<std::string> known;
  for (int i = 0; i < message.field_count(); ++i) known.push_back(message.field(i)->name());
  return fmt::format("unknown {}, {}", kind, base::advice_of(name, known));
}

std::string shown_name(std::string_view name) {
  constexpr std::size_t kMaxLength = 64;
  const bool is_plain = !name.empty() && name.size() <= kMaxLength &&
                        std::all_of(name.begin(), name.end(), [](char c) {
                          return c > ' ' && c <= '~' && c != '"' && c != '\\';
                        });
  return is_plain ? std::string(name) : base::quoted(name.substr(0, kMaxLength));
}

std::string unknown_value_text(const google::protobuf::EnumDescriptor& type,
                               std::string_view name) {
  std::vector<std::string> known;
  for (int i = 0; i < type.value_count(); ++i) {
    const std::string& value = type.value(i)->name();
    // What stands for nothing is not offered.
    if (!value.ends_with("UNSPECIFIED")) known.push_back(value);
  }
  return fmt::format("is not a value of this enum, {}", base::advice_of(name, known));
}

}  // namespace mex::api::transcoding
