#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "kubernetes/client.h"

namespace mex::kubernetes {

struct Listing {
  std::vector<nlohmann::json> items;
  std::string resource_version;  // where a watch goes on from
};

// A list that comes page by page: gives each call, and takes its answer. If objects change so much
// meanwhile that the server has forgotten the first page (410), it begins once more. Pure.
class PagedListing {
 public:
  struct Limits {
    int page_items = 500;
    std::size_t page_bytes = std::size_t{16} << 20U;
    // Of all pages: a list has an end, whatever the server says.
    std::size_t bytes = std::size_t{256} << 20U;
  };

  // All objects below `path` ("/api/v1/nodes"). `query` is put behind the "?" and already
  // percent-encoded.
  PagedListing(std::string what, std::string path, std::string query, Limits limits);

  bool is_whole() const { return is_whole_; }
  ApiCall next_call() const;
  // The body of a successful answer, or the call's error, which is returned unless the list begins
  // once more. Internal if it is no list, ResourceExhausted if it is too long.
  absl::Status add(const absl::StatusOr<std::string>& page);
  Listing take() { return std::move(listing_); }

 private:
  absl::Status add_items(const std::string& page);

  const std::string what_;
  const std::string path_;
  const std::string query_;
  const Limits limits_;
  Listing listing_;
  std::string token_;  // of the next page
  std::size_t bytes_ = 0;
  int attempts_ = 1;
  bool is_whole_ = false;
};

// The whole list.
absl::StatusOr<Listing> list_objects(Client& client, const std::string& what,
                                     const std::string& path, const std::string& query,
                                     const base::CallLimits& limits);

}  // namespace mex::kubernetes
