#include "server/http1/request_reader.h"

#include <utility>

namespace mex::server::http1 {

void RequestReader::begin_body(net::Buffer& input, std::size_t head_length) {
  head_bytes_.swap_contents(input);
  consumed_ = head_length;
  body_ = http::BodyReader(head().framing);
}

void RequestReader::consume(net::Buffer& input, std::size_t bytes) {
  if (consumed_ < head_bytes_.size()) {
    consumed_ += bytes;
  } else {
    input.consume(bytes);
  }
}

void RequestReader::reset(net::Buffer& input) {
  head_bytes_.consume(std::exchange(consumed_, 0));
  // Nothing more is received before these bytes are used up, unless the connection ends anyway.
  if (!head_bytes_.empty()) head_bytes_.swap_contents(input);
  head_bytes_.clear();
  parser_.reset();
  discarded_ = 0;
  has_ended_ = false;
}

}  // namespace mex::server::http1
