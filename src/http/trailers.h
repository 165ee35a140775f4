#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "http/header_list.h"

namespace mex::http {

// Fields that come behind a body. What a recipient that joins them with the head's would take for a
// part of the message's framing, routing, control or credentials is none (RFC 9110 section 6.5.1),
// and neither is what proxies say to origins.
bool may_be_trailer(const Header& field);

// The client looks for trailers: "TE: trailers" (RFC 9110 section 10.1.4).
bool accepts_trailers(const HeaderList& headers);

// The end of a chunked body with its trailer section (RFC 9112 section 7.1.2), without fields that
// may_be_trailer() refuses. `space` holds at least last_chunk_size() bytes. Returns the bytes
// written; 0 if a field cannot be sent.
std::size_t last_chunk_size(const HeaderList& trailers);
std::size_t write_last_chunk(const HeaderList& trailers, std::span<char> space);

}  // namespace mex::http
