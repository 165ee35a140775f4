#include "http/body_reader.h"

#include <algorithm>

namespace mex::http {

BodyReader::BodyReader(BodyFraming framing) : kind_(framing.kind), remaining_(framing.length) {}

BodyStep BodyReader::take(std::string_view bytes) {
  BodyStep step;
  switch (kind_) {
    case BodyFraming::Kind::None:
      break;
    case BodyFraming::Kind::ContentLength: {
      const auto length =
          static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, bytes.size()));
      step.payload = bytes.substr(0, length);
      step.consumed = length;
      remaining_ -= length;
      break;
    }
    case BodyFraming::Kind::Chunked:
      return chunks_.take(bytes);
    case BodyFraming::Kind::UntilClose:
      if (closed_) break;
      step.payload = bytes;
      step.consumed = bytes.size();
      break;
  }
  step.done = done();
  return step;
}

bool BodyReader::done() const {
  switch (kind_) {
    case BodyFraming::Kind::None:
      return true;
    case BodyFraming::Kind::ContentLength:
      return remaining_ == 0;
    case BodyFraming::Kind::Chunked:
      return chunks_.done();
    case BodyFraming::Kind::UntilClose:
      return closed_;
  }
  return true;
}

bool BodyReader::on_end_of_stream() {
  closed_ = true;
  return done();
}

}  // namespace mex::http
