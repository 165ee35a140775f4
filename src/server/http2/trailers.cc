#include "server/http2/trailers.h"

#include <array>

#include "http/chunk_decoder.h"
#include "http/field_line.h"
#include "http/known_header.h"
#include "http/trailers.h"
#include "server/http2/field_rules.h"

namespace mex::server::http2 {
namespace {

using http::KnownHeader;

}  // namespace

Trailers::Fault Trailers::check(std::string_view name, std::string_view value) {
  if (!is_well_formed_field(name, value)) return Fault::Malformed;
  const KnownHeader known = http::recognise_header(name);
  const bool frames_or_routes = known == KnownHeader::ContentLength || known == KnownHeader::Host;
  const bool is_wrong = frames_or_routes || is_connection_specific(known, value);
  return is_wrong ? Fault::Malformed : Fault::None;
}

Trailers::Fault Trailers::add(std::string_view name, std::string_view value) {
  size_ += name.size() + value.size() + kFieldOverhead;
  if (size_ > 2 * http::ChunkDecoder::kMaxTrailerBytes) return Fault::Endless;
  if (const Fault fault = check(name, value); fault != Fault::None) return fault;
  return append(name, value) ? Fault::None : Fault::Malformed;
}

bool Trailers::append(std::string_view name, std::string_view value) {
  const std::size_t size = lines_.size() + name.size() + value.size() + 4;
  if (size > http::ChunkDecoder::kMaxTrailerBytes || count_ == http::HeaderList::kCapacity) {
    return false;
  }
  lines_.append(name).append(": ").append(value).append("\r\n");
  ++count_;
  return true;
}

void Trailers::keep(const http::HeaderList& fields) {
  clear();
  for (const http::Header& field : fields) {
    if (http::may_be_trailer(field)) append(field.name, field.value);
  }
}

void Trailers::read(http::HeaderList& fields) const { http::parse_field_lines(lines_, fields); }

bool Trailers::submit(nghttp2_session* session, std::int32_t stream) const {
  http::HeaderList fields;
  read(fields);
  std::array<nghttp2_nv, http::HeaderList::kCapacity> all;
  std::size_t size = 0;
  for (const http::Header& field : fields) {
    all[size++] = library_field(field.name, field.value);
  }
  return nghttp2_submit_trailer(session, stream, all.data(), size) == 0;
}

void Trailers::clear() {
  lines_.clear();
  count_ = 0;
  size_ = 0;
}

}  // namespace mex::server::http2
