#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "store/sealer.h"
#include "store/store.h"

namespace mex::store {

// The sealer of a state directory, whose sealed records are those below `prefix` of `store`. A key
// is made only where nothing is sealed yet: a new one beside sealed records would hide for good
// that the right one is lost.
//   FailedPrecondition  the file is missing, open to other users, cut short or another key than the
//                       records were sealed with; names the file and what to do
// Other errors are those of store and file system.
absl::StatusOr<Sealer> open_sealer(const Store& store, std::string_view prefix,
                                   const std::string& key_path);

// Whether this is the key of these sealed records. Of several, one that another key has sealed may
// be damaged: the key is right all the same.
bool is_key_of(const Sealer& sealer, const std::vector<std::string>& sealed);

}  // namespace mex::store
