#include "kubernetes/listing.h"

#include <utility>

#include "base/status.h"
#include "http_client/percent_encoding.h"
#include "kubernetes/json_access.h"

namespace mex::kubernetes {
namespace {

constexpr int kPage = 500;
constexpr int kMaxAttempts = 3;

absl::StatusOr<Listing> list_once(Client& client, const std::string& what, const std::string& path,
                                  const std::string& query, const base::CallLimits& limits) {
  Listing listing;
  std::string token;
  do {
    std::string target = fmt::format("{}?limit={}", path, kPage);
    if (!query.empty()) target += "&" + query;
    if (!token.empty()) target += "&continue=" + http_client::percent_encode(token);
    MEX_ASSIGN_OR_RETURN(nlohmann::json page,
                         client.call({.what = what, .path = std::move(target)}, limits));
    const nlohmann::json& metadata = member(page, "metadata");
    token = text_at(metadata, "continue");
    listing.resource_version = text_at(metadata, "resourceVersion");
    const auto items = page.find("items");
    if (!page.is_object() || items == page.end() || !(items->is_array() || items->is_null())) {
      return base::error(absl::StatusCode::kInternal, "{}: the answer is not a list", what);
    }
    // An empty list is null in some versions.
    for (nlohmann::json& item : *items) listing.items.push_back(std::move(item));
  } while (!token.empty());
  return listing;
}

}  // namespace

absl::StatusOr<Listing> list_objects(Client& client, const std::string& what,
                                     const std::string& path, const std::string& query,
                                     const base::CallLimits& limits) {
  absl::StatusOr<Listing> listing = list_once(client, what, path, query, limits);
  for (int attempt = 1; attempt < kMaxAttempts && absl::IsOutOfRange(listing.status()); ++attempt) {
    listing = list_once(client, what, path, query, limits);
  }
  return listing;
}

}  // namespace mex::kubernetes
