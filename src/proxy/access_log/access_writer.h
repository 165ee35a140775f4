#pragma once

#include <cstddef>
#include <string>

#include "proxy/access_log/access_entry.h"

namespace mex::proxy {

class AccessLog;

// One shard's end of the access log: makes the lines. Shard thread only.
class AccessWriter {
 public:
  // `log` is null while there is none; it outlives the writer. `has_query`: queries are logged.
  AccessWriter(AccessLog* log, std::size_t shard, bool has_query);

  bool is_on() const { return log_ != nullptr; }
  // Nothing while the log is off.
  void record(const AccessEntry& entry);

 private:
  AccessLog* const log_;
  const std::size_t shard_;
  const bool has_query_;
  std::string line_;
};

}  // namespace mex::proxy
