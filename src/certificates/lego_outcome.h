#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace mex::certificates {

// Why an order failed, read from what lego said.
struct LegoFailure {
  std::string reason;  // one line, in the authority's own words where it said something
  // The authority has had enough of us for now (RFC 8555 section 6.6).
  bool is_rate_limited = false;
  std::optional<base::WallTime> not_before;  // when it will listen again, if it said so
  // The authority does not know our account (any more): another one has to be registered.
  bool is_account_unknown = false;
};

// `output` is what lego wrote, of any content. Pure.
LegoFailure read_lego_failure(std::string_view output);

}  // namespace mex::certificates
