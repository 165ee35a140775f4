#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/header_list.h"

namespace mex::proxy {

// W3C Trace Context (Recommendation of 2021-11-23), of a proxy that reports no spans: it keeps a
// trace that a client began whole, so that what the origin reports is the child of what the client
// reports, and never passes on what is no trace.

// Whether a traceparent is one, of this version or a later one (section 3.2.2).
bool is_traceparent(std::string_view value);
// Of one that is: 32 lower-case hexadecimal digits.
std::string_view trace_id_of(std::string_view traceparent);

// A traceparent that is made here; no one has been asked to record its trace.
class TraceParent {
 public:
  bool is_empty() const { return !has_text_; }
  // Text of two random numbers.
  void make(std::uint64_t high, std::uint64_t low, std::uint64_t parent);
  void clear() { has_text_ = false; }
  std::string_view view() const {
    return has_text_ ? std::string_view(text_.data(), text_.size()) : std::string_view();
  }

 private:
  std::array<char, 55> text_{};
  bool has_text_ = false;
};

// What a client says of the trace that its request belongs to.
enum class ClientTrace : std::uint8_t {
  None,
  Valid,
  Invalid,  // malformed, or more than one
};
ClientTrace client_trace(const http::HeaderList& headers);

// The tracestate that goes with a valid traceparent (section 3.3): all of its lines as one, at most
// kMaxTraceState bytes of it, whole members only; empty if it is malformed.
inline constexpr std::size_t kMaxTraceState = 512;
using TraceStateSpace = std::array<char, kMaxTraceState>;
std::string_view trace_state(const http::HeaderList& headers, TraceStateSpace& space);

// The lines of an origin request's head about its trace.
struct TraceLines {
  bool is_client_kept = true;    // the client's own lines are passed on; the others are not sent
  std::string_view traceparent;  // not sent if empty
  std::string_view tracestate;
};

}  // namespace mex::proxy
