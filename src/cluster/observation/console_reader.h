#pragma once

#include <functional>
#include <map>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/thread_pool.h"
#include "cluster/observation/single_reading.h"
#include "cluster/steps/cloud.h"
#include "cluster/steps/timing.h"

namespace mex::cluster {

// Reads what the machines of one cluster say from Nova, one reading at a time, on threads that do
// nothing else: a cloud that is slow at it delays neither calls nor sweeps. Thread-safe.
class ConsoleReader {
 public:
  using BySlot = std::map<std::string, std::string>;

  // All references outlive the reader.
  ConsoleReader(base::ThreadPool& pool, const base::Clock& clock, const Timing& timing);

  // A reading is under way: another one is not begun.
  bool is_reading() const { return reading_.is_under_way(); }
  // Begins to read the consoles of these servers. `done` is called on a thread of the pool with
  // those that could be read, and not at all when the pool is stopped. It keeps the reader alive.
  void read(Cloud& cloud, BySlot servers, std::function<void(BySlot consoles)> done);

 private:
  BySlot read_all(Cloud& cloud, const BySlot& servers, const std::stop_token& stop) const;

  const base::Clock& clock_;
  const Timing& timing_;
  SingleReading reading_;
};

}  // namespace mex::cluster
