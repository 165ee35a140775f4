#include "http/chunk_decoder.h"

#include <algorithm>
#include <limits>

#include "http/characters.h"
#include "http/known_header.h"

namespace mex::http {
namespace {

constexpr std::uint64_t kMaxChunk = std::numeric_limits<std::int64_t>::max();

}  // namespace

BodyStep ChunkDecoder::take(std::string_view bytes) {
  BodyStep step;
  while (step.consumed < bytes.size() && state_ != State::Done) {
    if (state_ == State::Data) {
      if (!step.payload.empty()) break;
      const std::size_t available = bytes.size() - step.consumed;
      const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, available));
      step.payload = bytes.substr(step.consumed, length);
      step.consumed += length;
      remaining_ -= length;
      if (remaining_ == 0) state_ = State::DataCarriageReturn;
      continue;
    }
    const ParseError error = on_framing_byte(bytes[step.consumed]);
    if (error != ParseError::None) {
      // Payload before the fault is given first; the next call meets the same byte again.
      if (step.payload.empty()) step.error = error;
      break;
    }
    ++step.consumed;
  }
  step.done = state_ == State::Done;
  return step;
}

ParseError ChunkDecoder::on_framing_byte(char byte) {
  switch (state_) {
    case State::SizeFirst:
    case State::Size:
      return on_size_byte(byte);
    case State::Extension:
      return on_extension_byte(byte);
    case State::SizeLineFeed:
      if (byte != '\n') return ParseError::BareCarriageReturn;
      state_ = remaining_ == 0 ? State::TrailerLineStart : State::Data;
      return ParseError::None;
    case State::DataCarriageReturn:
      if (byte != '\r') return ParseError::ChunkDataUnterminated;
      state_ = State::DataLineFeed;
      return ParseError::None;
    case State::DataLineFeed:
      if (byte != '\n') return ParseError::BareCarriageReturn;
      state_ = State::SizeFirst;
      return ParseError::None;
    case State::TrailerLineStart:
    case State::TrailerName:
    case State::TrailerValue:
    case State::TrailerLineFeed:
      return on_trailer_byte(byte);
    case State::LastLineFeed:
      if (byte != '\n') return ParseError::BareCarriageReturn;
      state_ = State::Done;
      return ParseError::None;
    case State::Data:
    case State::Done:
      break;
  }
  return ParseError::None;
}

// chunk-size = 1*HEXDIG: no sign, no "0x", no white space, and no more digits than fit.
ParseError ChunkDecoder::on_size_byte(char byte) {
  if (const int digit = hex_value(byte); digit >= 0) {
    if (state_ == State::SizeFirst) {
      remaining_ = 0;
      size_digits_ = 0;
    }
    const std::uint64_t size = remaining_ << 4U | static_cast<std::uint64_t>(digit);
    if (size_digits_ == kMaxSizeDigits || size > kMaxChunk) return ParseError::ChunkSizeTooLarge;
    remaining_ = size;
    ++size_digits_;
    state_ = State::Size;
    return ParseError::None;
  }
  if (state_ == State::SizeFirst) return ParseError::ChunkSizeInvalid;
  switch (byte) {
    case '\r':
      state_ = State::SizeLineFeed;
      return ParseError::None;
    case ';':
      state_ = State::Extension;
      return ParseError::None;
    case '\n':
      return ParseError::BareLineFeed;
    default:
      return ParseError::ChunkSizeInvalid;
  }
}

// Extensions are skipped, but their line has to end as every line does: a parser that looks for
// CRLF and one that stops at LF see different chunks behind "5;\n" (CVE-2025-55315).
ParseError ChunkDecoder::on_extension_byte(char byte) {
  if (byte == '\r') {
    state_ = State::SizeLineFeed;
    return ParseError::None;
  }
  if (byte == '\n') return ParseError::BareLineFeed;
  if (!is_value_byte(byte)) return ParseError::ChunkExtensionInvalid;
  if (extension_bytes_ == kMaxExtensionBytes) return ParseError::ChunkExtensionTooLong;
  ++extension_bytes_;
  return ParseError::None;
}

ParseError ChunkDecoder::on_trailer_byte(char byte) {
  if (trailer_bytes_ == kMaxTrailerBytes) return ParseError::TrailerTooLarge;
  if (state_ == State::TrailerLineStart && byte == '\r') {
    state_ = State::LastLineFeed;
    return ParseError::None;
  }
  const ParseError error = on_trailer_line_byte(byte);
  if (error != ParseError::None) return error;
  ++trailer_bytes_;
  trailers_ += byte;
  return ParseError::None;
}

ParseError ChunkDecoder::on_trailer_line_byte(char byte) {
  switch (state_) {
    case State::TrailerLineStart:
      name_length_ = 0;
      [[fallthrough]];
    case State::TrailerName:
      if (byte == ':' && state_ == State::TrailerName) {
        if (is_forbidden_trailer()) return ParseError::TrailerForbidden;
        state_ = State::TrailerValue;
        return ParseError::None;
      }
      if (byte == '\n') return ParseError::BareLineFeed;
      if (!is_token_byte(byte)) return ParseError::TrailerInvalid;
      if (name_length_ < kNameSpace) name_[name_length_] = byte;
      ++name_length_;
      state_ = State::TrailerName;
      return ParseError::None;
    case State::TrailerValue:
      if (byte == '\r') {
        state_ = State::TrailerLineFeed;
        return ParseError::None;
      }
      if (byte == '\n') return ParseError::BareLineFeed;
      return is_value_byte(byte) ? ParseError::None : ParseError::TrailerInvalid;
    case State::TrailerLineFeed:
      if (byte != '\n') return ParseError::BareCarriageReturn;
      state_ = State::TrailerLineStart;
      return ParseError::None;
    default:
      return ParseError::None;
  }
}

// RFC 9110 section 6.5.1: fields needed for framing, routing or controlling a message do not come
// as trailers. They would be dropped anyway; an attempt is refused because it is one.
bool ChunkDecoder::is_forbidden_trailer() const {
  if (name_length_ > kNameSpace) return false;
  switch (recognise_header({name_.data(), name_length_})) {
    case KnownHeader::Connection:
    case KnownHeader::ContentLength:
    case KnownHeader::Expect:
    case KnownHeader::Host:
    case KnownHeader::Te:
    case KnownHeader::Trailer:
    case KnownHeader::TransferEncoding:
    case KnownHeader::Upgrade:
      return true;
    default:
      return false;
  }
}

}  // namespace mex::http
