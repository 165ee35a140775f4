#include "proxy/access_log/output_health.h"

#include <chrono>
#include <utility>

#include "base/log.h"

namespace mex::proxy {
namespace {

constexpr std::chrono::seconds kReportPause{10};

}  // namespace

OutputHealth::OutputHealth(std::string path) : path_(std::move(path)) {
  for (std::size_t i = 0; i < kOutputFaults; ++i) {
    failing_.push_back(metrics::gauge("mex_proxy_access_log_failing",
                                      "1 while the access log cannot be written, by reason.",
                                      {{"reason", to_string(static_cast<OutputFault>(i))}}));
  }
}

void OutputHealth::note(OutputFault fault) {
  if (fault == fault_) return;
  count(fault);
  if (fault == OutputFault::None) {
    log::write_later(log::Level::Info, "the access log is written again", {{"path", path_}});
  } else {
    log::write_later(log::Level::Warning, "the access log cannot be written",
                     {{"path", path_}, {"reason", to_string(fault)}});
  }
}

void OutputHealth::count(OutputFault fault) {
  if (fault_ != OutputFault::None) failing_[static_cast<std::size_t>(fault_)].add(-1);
  if (fault != OutputFault::None) failing_[static_cast<std::size_t>(fault)].add(1);
  fault_ = fault;
}

void OutputHealth::note_dropped(std::uint64_t dropped, base::SteadyTime now) {
  if (dropped == reported_ || (reported_at_ && now - *reported_at_ < kReportPause)) return;
  log::write_later(log::Level::Warning, "lines of the access log were left out",
                   {{"path", path_}, {"count", dropped - reported_}});
  reported_ = dropped;
  reported_at_ = now;
}

}  // namespace mex::proxy
