#pragma once

#include <nghttp2/nghttp2.h>

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "http/header_list.h"
#include "server/exchange.h"

namespace mex::server::http2 {

// The fields of one response's head at a time, as nghttp2 takes them (it copies them, and writes
// names in lower case). Views of what add() was given. Shard thread only.
class ResponseFields {
 public:
  struct Plan {
    int status = 200;
    std::span<const HeaderView> headers{};
    std::optional<std::uint64_t> length{};  // Content-Length
    std::string_view date{};                // where the headers have none; empty: no Date
    bool opens_websocket = false;           // in place of a 101
  };
  // False if a field cannot be sent: control bytes in it, too many or too large.
  bool fill(const Plan& plan);

  const nghttp2_nv* data() const { return fields_.data(); }
  std::size_t size() const { return size_; }

 private:
  bool add(std::string_view name, std::string_view value);

  std::array<nghttp2_nv, http::HeaderList::kCapacity + 8> fields_{};
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
  std::array<char, 3> status_{};
  std::array<char, 20> length_{};
};

}  // namespace mex::server::http2
