#pragma once

#include <cstddef>

#include "base/thread_pool.h"
#include "cluster/observation/observation_ages.h"
#include "cluster/observation/sweep_queue.h"
#include "kubernetes/prober.h"

namespace mex::cluster {

// What clusters are observed with. It is apart from what operations work with, so that neither
// waits for the other, and the consoles are apart from the API servers. Thread-safe.
class ObservationResources {
 public:
  // Of threads. Those that read answers never wait for a server; those that read consoles, and
  // certificates in handshakes, do.
  struct Capacity {
    std::size_t readers = 4;
    std::size_t consoles = 2;
    std::size_t handshakes = 1;
  };

  explicit ObservationResources(const Capacity& capacity);

  kubernetes::Prober& prober() { return prober_; }
  SweepQueue& queue() { return queue_; }
  const SweepQueue& queue() const { return queue_; }
  base::ThreadPool& consoles() { return consoles_; }
  base::ThreadPool& handshakes() { return handshakes_; }
  ObservationAges& ages() { return ages_; }
  const ObservationAges& ages() const { return ages_; }

  // Gives up what is under way. May be called twice.
  void stop();

 private:
  ObservationAges ages_;
  SweepQueue queue_;
  base::ThreadPool readers_;
  base::ThreadPool consoles_;
  base::ThreadPool handshakes_;
  kubernetes::AsyncProber prober_;
};

}  // namespace mex::cluster
