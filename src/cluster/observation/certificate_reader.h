#pragma once

#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/thread_pool.h"
#include "kubernetes/renewal/certificate_report.h"

namespace mex::cluster {

// Reads what the masters of one cluster show in TLS handshakes, one reading at a time, on threads
// that do nothing else. Thread-safe.
class CertificateReader {
 public:
  using ByAddress = std::map<std::string, kubernetes::CertificateLife>;

  // The pool outlives the reader.
  explicit CertificateReader(base::ThreadPool& pool) : pool_(pool) {}

  // A reading is under way: another one is not begun.
  bool is_reading() const;
  // Begins to read those of the API servers at these addresses, which `authority_pem` must have
  // signed. `done` is called on a thread of the pool with those that could be read, and not at all
  // when the pool is stopped. It keeps the reader alive.
  void read(std::vector<std::string> addresses, std::string authority_pem,
            std::function<void(const ByAddress& served)> done);

 private:
  ByAddress read_all(const std::vector<std::string>& addresses, const std::string& authority_pem,
                     const std::stop_token& stop);

  base::ThreadPool& pool_;
  mutable base::Mutex mutex_;  // a leaf
  bool is_reading_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace mex::cluster
