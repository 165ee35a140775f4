#include "openstack/listing.h"

#include <algorithm>

#include "base/status.h"
#include "http_client/percent_encoding.h"
#include "openstack/json_reader.h"

namespace mex::openstack {
namespace {

// The announced URL itself is not used: behind a TLS proxy it often names the wrong scheme or host.
bool has_next_page(const nlohmann::json& answer, const std::string& key) {
  if (answer.contains("next") && answer["next"].is_string()) return true;
  const auto links = answer.find(key + "_links");
  if (links == answer.end() || !links->is_array()) return false;
  return std::any_of(links->begin(), links->end(), [](const nlohmann::json& link) {
    const auto rel = link.is_object() ? link.find("rel") : link.end();
    return link.is_object() && rel != link.end() && *rel == "next";
  });
}

}  // namespace

Query& Query::add(std::string_view name, std::string_view value) {
  if (value.empty()) return *this;
  text_ += text_.empty() ? '?' : '&';
  text_ += name;
  text_ += '=';
  text_ += http_client::percent_encode(value);
  return *this;
}

Query& Query::add_tags(const std::vector<std::string>& tags) {
  std::string joined;
  for (const std::string& tag : tags) joined += joined.empty() ? tag : "," + tag;
  return add("tags", joined);
}

absl::StatusOr<ApiAnswer> call_for_list(Session& session, const ApiCall& call,
                                        const CallContext& context) {
  auto answer = session.call(call, context);
  if (!absl::IsNotFound(answer.status())) return answer;
  return base::with_detail(
      base::error(absl::StatusCode::kUnavailable, "{} (a service that does not know its own list)",
                  base::message_of(answer.status())),
      base::detail_of(answer.status()));
}

absl::Status list_all(Session& session, const Listing& listing, const CallContext& context,
                      const std::function<absl::Status(const nlohmann::json&)>& take) {
  std::string marker;
  for (;;) {
    Query query = listing.query;
    query.add("limit", std::to_string(session.page_size())).add("marker", marker);
    ApiCall call;
    call.service = listing.service;
    call.what = listing.what;
    call.path = listing.path + query.text();
    call.compute_version = listing.compute_version;
    MEX_ASSIGN_OR_RETURN(const ApiAnswer answer, call_for_list(session, call, context));
    JsonReader reader(answer.body, listing.what);
    const nlohmann::json& page = reader.array(listing.key.c_str());
    MEX_RETURN_IF_ERROR(reader.status());
    for (const nlohmann::json& element : page) MEX_RETURN_IF_ERROR(take(element));
    if (page.empty() || !has_next_page(answer.body, listing.key)) return absl::OkStatus();
    JsonReader last(page.back(), listing.what);
    std::string next = last.required_text("id");
    MEX_RETURN_IF_ERROR(last.status());
    if (next == marker) {
      return base::error(absl::StatusCode::kInternal, "{}: the same page comes again and again",
                         listing.what);
    }
    marker = std::move(next);
  }
}

}  // namespace mex::openstack
