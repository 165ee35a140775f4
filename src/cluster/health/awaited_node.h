#pragma once

#include <chrono>
#include <string>

#include "cluster/health/kubernetes_sweep.h"
#include "cluster/records/views.h"

// What one sweep of a cluster's API server means for a machine that is waited for. Pure.
namespace mex::cluster {

// The machine, and how long it was waited for.
struct AwaitedNode {
  std::string name;     // of the node and of its server
  std::string slot;     // "worker-2"
  std::string address;  // where the agent reaches it
  std::string console;  // the end of what it says; empty while it was not read
  std::chrono::milliseconds waited{};
  std::chrono::milliseconds deadline{};
};

struct AwaitedVerdict {
  enum class State { Done, Waiting, Failed };

  State state = State::Done;
  // Why it is still waited for, or why no longer, with the console's tail; empty when done.
  Reason reason;
  // Of a failure: another machine in its place may do better. Not so when it is the API server
  // that keeps the node from being seen.
  bool is_machine_at_fault = false;
};

// The first master makes the API server.
AwaitedVerdict judge_api_server(const AwaitedNode& first_master, const KubernetesSweep& sweep);

// The API server was ready before, and `masters` ("master-1 (10.101.7.10)") are the
// machines to look at when it is not any more.
AwaitedVerdict judge_node(const AwaitedNode& node, const std::string& masters,
                          const KubernetesSweep& sweep);

}  // namespace mex::cluster
