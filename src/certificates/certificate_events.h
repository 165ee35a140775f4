#pragma once

#include <map>
#include <string>
#include <vector>

#include "certificates/certificate_view.h"
#include "events/recorder.h"

namespace mex::certificates {

// Tells the log and the events what has changed since it was told last: problems that come, change
// or go, and certificates that others have taken the place of. One thread.
class CertificateEvents {
 public:
  explicit CertificateEvents(events::Recorder events) : events_(events) {}

  // All certificates as they are now. What is served when it is called first is no news.
  void tell(const std::vector<CertificateView>& views);

 private:
  void tell_problem(const CertificateView& view);
  void tell_served(const CertificateView& view, const std::string& before) const;
  void tell_gone(const std::string& name) const;

  const events::Recorder events_;
  bool is_first_ = true;
  std::map<std::string, std::string> problems_;  // by name; of those that have one
  std::map<std::string, std::string> served_;    // fingerprints by name
};

}  // namespace mex::certificates
