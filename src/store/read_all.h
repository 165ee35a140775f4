#pragma once

#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/status.h"
#include "store/store.h"

namespace mex::store {

// What `read` makes of the entries below `prefix`, in byte order of their keys. It gives a StatusOr
// for each; the entry of which it makes none is set aside and left out. Errors are the store's.
template <typename Read>
auto read_all(Store& store, std::string_view prefix, Read read)
    -> absl::StatusOr<std::vector<typename std::invoke_result_t<Read, const Entry&>::value_type>> {
  MEX_ASSIGN_OR_RETURN(const std::vector<Entry> entries, store.list(prefix));
  std::vector<typename std::invoke_result_t<Read, const Entry&>::value_type> all;
  all.reserve(entries.size());
  for (const Entry& entry : entries) {
    auto record = read(entry);
    if (record.ok()) {
      all.push_back(*std::move(record));
    } else {
      store.set_aside(entry.key, record.status());
    }
  }
  return all;
}

}  // namespace mex::store
