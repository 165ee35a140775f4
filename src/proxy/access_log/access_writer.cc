#include "proxy/access_log/access_writer.h"

#include "proxy/access_log/access_line.h"
#include "proxy/access_log/access_log.h"

namespace mex::proxy {

AccessWriter::AccessWriter(AccessLog* log, std::size_t shard, bool has_query)
    : log_(log), shard_(shard), has_query_(has_query) {
  if (is_on()) line_.reserve(kMaxAccessLine);
}

void AccessWriter::record(const AccessEntry& entry) {
  if (!is_on()) return;
  line_.clear();
  append_access_line(line_, entry, has_query_);
  log_->add(shard_, line_);
}

}  // namespace mex::proxy
