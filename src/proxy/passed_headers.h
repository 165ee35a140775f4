#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "http/header_list.h"
#include "proxy/route/header_changes.h"
#include "proxy/route/location_template.h"
#include "proxy/route/public_reference.h"
#include "server/exchange.h"

namespace mex::proxy {

// The header fields of one response at a time that are passed on to the client; framing and
// Connection are the server's. What leads back to the origin leads to its route instead. The list
// is the shard's: clearing one for every response would cost more than filling it. Views live until
// the next clear(). Shard thread only.
class PassedHeaders {
 public:
  void clear() { size_ = 0; }
  void add(std::string_view name, std::string_view value) { fields_[size_++] = {name, value}; }
  void add_all(const http::HeaderList& headers, const route::PublicReference& reference);
  // Where a redirect leads; false if that cannot be said of this request. For a list that had
  // nothing to rewrite.
  bool add_location(const route::LocationTemplate& location, const route::LocationParts& parts);
  void apply(const route::HeaderChanges& changes);
  std::span<const server::HeaderView> all() const { return std::span(fields_).first(size_); }

 private:
  void rewrite(const http::HeaderList& headers, std::size_t first,
               const route::PublicReference& reference);

  // Of the origin, and what is added: Upgrade, Set-Cookie, what the route says.
  std::array<server::HeaderView, http::HeaderList::kCapacity + 2 + route::kMaxHeaderChanges>
      fields_;
  std::size_t size_ = 0;
  std::string text_;  // rewritten values
};

}  // namespace mex::proxy
