#pragma once

#include <map>
#include <string>
#include <vector>

#include "certificates/certificate_view.h"
#include "events/recorder.h"

namespace mex::certificates {

// Logs and emits as events what has changed since the last call: problems that come, change or go,
// and certificates that were replaced. One thread.
class CertificateEvents {
 public:
  explicit CertificateEvents(events::Recorder events) : events_(events) {}

  // All certificates as they are now. The first call is the baseline: it emits problems only.
  void emit(const std::vector<CertificateView>& views);

 private:
  void emit_problem(const CertificateView& view);
  void emit_notices(const CertificateView& view);
  void emit_served(const CertificateView& view, const std::string& before) const;
  void emit_removed(const std::string& name) const;

  const events::Recorder events_;
  bool is_first_ = true;
  std::map<std::string, std::string> problems_;  // by name; of those that have one
  std::map<std::string, std::string> notices_;   // by name, as they were last logged
  std::map<std::string, std::string> served_;    // fingerprints by name
};

}  // namespace mex::certificates
