#pragma once

#include <cstddef>
#include <string_view>

#include "http/header_list.h"
#include "proxy/route/path_regex.h"

namespace mex::proxy::route {

// What routes look at of a request. Views live during the calls only.
struct RoutedRequest {
  std::string_view path{};    // in normal form, its runs of '/' merged
  std::string_view host{};    // without port, letters of any case; empty: none was named
  std::string_view method{};  // as sent
  std::string_view query{};   // as sent, without '?'
  const http::HeaderList* headers = nullptr;  // null: none
  bool is_trusted = false;                    // the client's forwarding headers are believed
  std::size_t shard = kNoShard;               // that asks
};

}  // namespace mex::proxy::route
