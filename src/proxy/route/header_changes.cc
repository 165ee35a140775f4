#include "proxy/route/header_changes.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "http/characters.h"
#include "http/forwarding_headers.h"
#include "http/header_list.h"
#include "http/known_header.h"

namespace mex::proxy::route {
namespace {

using http::KnownHeader;
using Message = HeaderChanges::Message;

constexpr std::size_t kMaxName = 256;
constexpr std::size_t kMaxValue = 4096;

// Empty: it may be changed.
std::string_view why_untouchable(std::string_view name, Message message) {
  const KnownHeader known = http::recognise_header(name);
  if (http::is_always_hop_by_hop(known)) return "belongs to one connection";
  if (known == KnownHeader::ContentLength) return "says where the message ends";
  if (message == Message::Response) return {};
  if (known == KnownHeader::Host) return "stays what the client has sent";
  if (known == KnownHeader::Expect) return "belongs to the body of one request";
  if (http::is_forwarding_header(name) || http::equals_ignoring_case(name, "CDN-Loop")) {
    return "is the agent's own word about where the request comes from";
  }
  return {};
}

absl::Status check_name(std::string_view name, const std::string& field, Message message) {
  if (!http::is_token(name) || name.size() > kMaxName) {
    return base::field_error(field, "must be the name of a header: letters, digits and '-'");
  }
  const std::string_view why = why_untouchable(name, message);
  return why.empty() ? absl::OkStatus()
                     : base::field_error(field, fmt::format("\"{}\" {}", name, why));
}

absl::Status check_value(std::string_view value, const std::string& field) {
  if (value.size() > kMaxValue) {
    return base::field_error(field, fmt::format("must have at most {} bytes", kMaxValue));
  }
  if (http::find_non_value_byte(value) != http::kNotFound) {
    return base::field_error(field, "must have no control characters");
  }
  if (http::trim_white_space(value) != value) {
    return base::field_error(field, "must not begin or end with white space");
  }
  return absl::OkStatus();
}

absl::Status check_values(const std::vector<HeaderValue>& values, const char* list,
                          Message message) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::string here = fmt::format("{}[{}]", list, i);
    MEX_RETURN_IF_ERROR(check_name(values[i].name, here + ".name", message));
    MEX_RETURN_IF_ERROR(check_value(values[i].value, here + ".value"));
  }
  return absl::OkStatus();
}

// A name that is set is neither set again nor removed: which of them counts would be a guess.
absl::Status check_conflicts(const HeaderChangeSpec& spec) {
  std::vector<std::string_view> names;
  const auto take = [&names](std::string_view name, const std::string& field) {
    const bool twice = std::any_of(names.begin(), names.end(), [name](std::string_view other) {
      return http::equals_ignoring_case(name, other);
    });
    if (twice) {
      return base::field_error(field, fmt::format("\"{}\" is set or removed already", name));
    }
    names.push_back(name);
    return absl::OkStatus();
  };
  for (std::size_t i = 0; i < spec.set.size(); ++i) {
    MEX_RETURN_IF_ERROR(take(spec.set[i].name, fmt::format("set[{}].name", i)));
  }
  for (std::size_t i = 0; i < spec.remove.size(); ++i) {
    MEX_RETURN_IF_ERROR(take(spec.remove[i], fmt::format("remove[{}]", i)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<HeaderChanges> HeaderChanges::create(HeaderChangeSpec spec, Message message) {
  if (spec.set.size() + spec.add.size() + spec.remove.size() > kMaxHeaderChanges) {
    return base::field_error("set", fmt::format("at most {} changes are taken", kMaxHeaderChanges));
  }
  MEX_RETURN_IF_ERROR(check_values(spec.set, "set", message));
  MEX_RETURN_IF_ERROR(check_values(spec.add, "add", message));
  for (std::size_t i = 0; i < spec.remove.size(); ++i) {
    MEX_RETURN_IF_ERROR(check_name(spec.remove[i], fmt::format("remove[{}]", i), message));
  }
  MEX_RETURN_IF_ERROR(check_conflicts(spec));
  HeaderChanges changes;
  changes.added_ = spec.set;
  changes.added_.insert(changes.added_.end(), spec.add.begin(), spec.add.end());
  changes.dropped_ = spec.remove;
  for (const HeaderValue& each : spec.set) changes.dropped_.push_back(each.name);
  changes.spec_ = std::move(spec);
  return changes;
}

bool HeaderChanges::drops(std::string_view name) const {
  return std::any_of(dropped_.begin(), dropped_.end(), [name](const std::string& each) {
    return http::equals_ignoring_case(each, name);
  });
}

std::size_t HeaderChanges::added_size() const {
  std::size_t size = 0;
  for (const HeaderValue& each : added_) size += each.name.size() + each.value.size() + 4;
  return size;
}

}  // namespace mex::proxy::route
