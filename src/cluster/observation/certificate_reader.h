#pragma once

#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "cluster/observation/single_reading.h"
#include "kubernetes/renewal/certificate_report.h"

namespace mex::cluster {

// Reads what the masters of one cluster show in TLS handshakes, one reading at a time, on threads
// that do nothing else. Thread-safe.
class CertificateReader {
 public:
  using ByAddress = std::map<std::string, kubernetes::CertificateLife>;

  // The pool outlives the reader.
  explicit CertificateReader(base::ThreadPool& pool) : reading_(pool) {}

  // A reading is under way: another one is not begun.
  bool is_reading() const { return reading_.is_under_way(); }
  // Begins to read those of the API servers at these addresses, which `authority_pem` must have
  // signed. `done` is called on a thread of the pool with those that could be read, and not at all
  // when the pool is stopped. It keeps the reader alive.
  void read(std::vector<std::string> addresses, std::string authority_pem,
            std::function<void(const ByAddress& served)> done);

 private:
  SingleReading reading_;
};

}  // namespace mex::cluster
