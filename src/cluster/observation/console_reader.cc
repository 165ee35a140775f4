#include "cluster/observation/console_reader.h"

#include <utility>

namespace mex::cluster {
namespace {

constexpr int kConsoleLines = 40;

}  // namespace

ConsoleReader::ConsoleReader(base::ThreadPool& pool, const base::Clock& clock, const Timing& timing)
    : pool_(pool), clock_(clock), timing_(timing) {}

bool ConsoleReader::is_reading() const {
  const base::MutexLock lock(mutex_);
  return is_reading_;
}

void ConsoleReader::read(Cloud& cloud, BySlot servers, std::function<void(BySlot consoles)> done) {
  {
    const base::MutexLock lock(mutex_);
    if (servers.empty() || std::exchange(is_reading_, true)) return;
  }
  pool_.submit([this, &cloud, servers = std::move(servers),
                done = std::move(done)](const std::stop_token& stop) {
    BySlot consoles = read_all(cloud, servers, stop);
    if (!stop.stop_requested()) done(std::move(consoles));
  });
}

ConsoleReader::BySlot ConsoleReader::read_all(Cloud& cloud, const BySlot& servers,
                                              const std::stop_token& stop) {
  BySlot consoles;
  for (const auto& [slot, server] : servers) {
    const openstack::CallContext call{{clock_.steady_now() + timing_.call, stop}};
    auto console = cloud.nova.console_output(server, kConsoleLines, call);
    if (console.ok()) consoles[slot] = *std::move(console);
  }
  const base::MutexLock lock(mutex_);
  is_reading_ = false;
  return consoles;
}

}  // namespace mex::cluster
