#include "kubernetes/listing.h"

#include "base/status.h"
#include "http_client/percent_encoding.h"
#include "kubernetes/json_access.h"

namespace mex::kubernetes {
namespace {

constexpr int kMaxAttempts = 3;

}  // namespace

PagedListing::PagedListing(std::string what, std::string path, std::string query, Limits limits)
    : what_(std::move(what)), path_(std::move(path)), query_(std::move(query)), limits_(limits) {}

ApiCall PagedListing::next_call() const {
  std::string target = fmt::format("{}?limit={}", path_, limits_.page_items);
  if (!query_.empty()) target += "&" + query_;
  if (!token_.empty()) target += "&continue=" + http_client::percent_encode(token_);
  return {.what = what_, .path = std::move(target), .max_response_bytes = limits_.page_bytes};
}

absl::Status PagedListing::add(const absl::StatusOr<std::string>& page) {
  if (absl::IsOutOfRange(page.status()) && attempts_ < kMaxAttempts) {
    ++attempts_;
    listing_ = {};
    token_.clear();
    return absl::OkStatus();
  }
  MEX_RETURN_IF_ERROR(page.status());
  bytes_ += page->size();
  if (bytes_ > limits_.bytes) {
    return base::error(absl::StatusCode::kResourceExhausted, "{}: the list is longer than {} bytes",
                       what_, limits_.bytes);
  }
  return base::annotate(add_items(*page), what_);
}

absl::Status PagedListing::add_items(const std::string& text) {
  MEX_ASSIGN_OR_RETURN(nlohmann::json page, parse_answer(text));
  const nlohmann::json& metadata = member(page, "metadata");
  token_ = text_at(metadata, "continue");
  listing_.resource_version = text_at(metadata, "resourceVersion");
  const auto items = page.find("items");
  if (!page.is_object() || items == page.end() || !(items->is_array() || items->is_null())) {
    return absl::InternalError("the answer is not a list");
  }
  // An empty list is null in some versions.
  for (nlohmann::json& item : *items) listing_.items.push_back(std::move(item));
  is_whole_ = token_.empty();
  return absl::OkStatus();
}

absl::StatusOr<Listing> list_objects(Client& client, const std::string& what,
                                     const std::string& path, const std::string& query,
                                     const base::CallLimits& limits) {
  PagedListing listing(what, path, query, {});
  while (!listing.is_whole()) {
    MEX_RETURN_IF_ERROR(listing.add(client.call_text(listing.next_call(), limits)));
  }
  return listing.take();
}

}  // namespace mex::kubernetes
