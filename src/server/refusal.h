#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "http/grpc.h"
#include "server/exchange.h"

namespace mex::server {

// The head, and the whole, of an answer to a gRPC call that is refused: status 200, and grpc-status
// in the same head ("Trailers-Only" of grpc's protocol). There while it is sent.
class GrpcRefusal {
 public:
  // `status` is what would be answered over HTTP alone, `line` its text, `more` goes with it.
  GrpcRefusal(int status, std::string_view line, std::span<const HeaderView> more = {});

  std::span<const HeaderView> headers() const { return std::span(headers_).first(size_); }

 private:
  const std::string code_;
  const std::string message_;
  std::array<HeaderView, 8> headers_;
  std::size_t size_ = 3;
};

// Answers a request that is not served: a gRPC call over HTTP/2 as gRPC does, others with `status`
// and `line` as text. At most five fields more.
void refuse(Exchange& exchange, int status, std::string_view line,
            std::span<const HeaderView> more = {});

}  // namespace mex::server
