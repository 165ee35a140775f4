#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace mex::proxy {

// The proxy's access log: lines of its shards on their way to a file, a pipe or the standard
// output. A ring of fixed size for each shard, and one thread that writes. Shards never wait: a
// line that finds no room, because what is written to is full, stuck or not there, is left out and
// counted, and writing goes on by itself as soon as it can.
class AccessLog {
 public:
  static constexpr std::size_t kDefaultRing = 1U << 20U;  // bytes

  // `path`: as LogOutput's. `ring`: bytes for each shard, a power of two.
  AccessLog(const std::string& path, std::size_t shards, std::size_t ring = kDefaultRing);
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;
  // Waits for what is not written yet, but not for long.
  ~AccessLog();

  // One line with its line feed. The thread of shard `shard` only.
  void add(std::size_t shard, std::string_view line);

  // The file is opened anew: it has been moved away, to be replaced by another one. Any thread.
  void reopen();

 private:
  class Writer;

  // The thread's, too, which may hang in a write for longer than this object is there.
  std::shared_ptr<Writer> writer_;
};

}  // namespace mex::proxy
