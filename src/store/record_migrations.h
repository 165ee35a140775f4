#pragma once

#include <string_view>

#include "base/record_json.h"

namespace mex::store {

// Brings a record (an object) of `key` from the format `from` to the present one (record_format.h),
// one step after the other. What a step does not find as that format has it, it leaves alone:
// whether the result is a record is for the reader to say.
void migrate_record(base::Json& record, std::string_view key, int from);

}  // namespace mex::store
