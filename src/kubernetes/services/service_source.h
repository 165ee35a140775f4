#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

// What others see of services in clusters. docs/origins.md says what the states mean.
namespace mex::kubernetes {

struct ServiceReference {
  std::string tenant;
  std::string cluster;
  std::string name_space;
  std::string service;
  std::string port;  // name or number; empty: its only one

  auto operator<=>(const ServiceReference&) const = default;
};

// Where requests to a service may go now.
struct ServiceEndpoints {
  enum class State : std::uint8_t {
    Waiting,      // not read yet
    Current,      // the addresses are the service's
    Stale,        // they were; now it cannot be read
    Unavailable,  // there are none
  };
  State state = State::Waiting;
  std::string reason = "it has not been read yet";  // empty while Current
  std::vector<std::string> addresses{};             // "10.244.1.7:8080", sorted; each once

  bool operator==(const ServiceEndpoints&) const = default;
};

// Follows services for as long as there is someone who wants to know. Thread-safe.
class ServiceSource {
 public:
  // Ends the following when it is destroyed; a call that is under way may still end after that.
  class Subscription {
   public:
    Subscription() = default;
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;
    virtual ~Subscription() = default;
  };
  // With `revision` growing; what comes late has a smaller one. Must be short.
  using OnChange = std::function<void(const ServiceEndpoints&, std::uint64_t revision)>;

  virtual ~ServiceSource() = default;

  // `on_change` is called at once, from within, with what is known, then on a thread of the
  // source's after every change.
  virtual std::unique_ptr<Subscription> follow(const ServiceReference& reference,
                                               OnChange on_change) = 0;
};

}  // namespace mex::kubernetes
