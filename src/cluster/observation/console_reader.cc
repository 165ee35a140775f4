#include "cluster/observation/console_reader.h"

#include <utility>

namespace mex::cluster {
namespace {

constexpr int kConsoleLines = 40;

}  // namespace

ConsoleReader::ConsoleReader(base::ThreadPool& pool, const base::Clock& clock, const Timing& timing)
    : clock_(clock), timing_(timing), reading_(pool) {}

void ConsoleReader::read(Cloud& cloud, BySlot servers, std::function<void(BySlot consoles)> done) {
  if (servers.empty()) return;
  reading_.begin([this, &cloud, servers = std::move(servers)](
                     const std::stop_token& stop) { return read_all(cloud, servers, stop); },
                 std::move(done));
}

ConsoleReader::BySlot ConsoleReader::read_all(Cloud& cloud, const BySlot& servers,
                                              const std::stop_token& stop) const {
  BySlot consoles;
  for (const auto& [slot, server] : servers) {
    const openstack::CallContext call{{clock_.steady_now() + timing_.call, stop}};
    auto console = cloud.nova.console_output(server, kConsoleLines, call);
    if (console.ok()) consoles[slot] = *std::move(console);
  }
  return consoles;
}

}  // namespace mex::cluster
