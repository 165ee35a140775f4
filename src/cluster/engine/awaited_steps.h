#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "cluster/engine/cluster_records.h"
#include "cluster/engine/consoles.h"
#include "cluster/engine/operation_context.h"
#include "cluster/engine/step_graph.h"
#include "cluster/health/awaited_node.h"
#include "cluster/health/kubernetes_sweep.h"
#include "cluster/health/server_sweep.h"

namespace mex::cluster {

// The running steps of a stage that have no call: what observations mean for them. Not thread-safe.
class AwaitedSteps {
 public:
  // A step, the node that it is about (null if none), and what was seen of it.
  struct Judged {
    StepView* step;
    const NodeSpec* node;
    AwaitedVerdict verdict;
  };

  // All outlive this object.
  AwaitedSteps(const OperationContext& context, ClusterRecords& records, const StepGraph& graph);

  // Those that wait for servers. A server in ERROR whose place another one has taken is replaced by
  // that in the journal, which sets `has_duplicates`.
  std::vector<Judged> judge(const ServerSweep& sweep, bool& has_duplicates);
  // Those that wait for the API server and its nodes.
  std::vector<Judged> judge(const KubernetesSweep& sweep);

  bool has_servers() const;
  // The servers that are to be gone.
  std::vector<std::string> leaving_servers() const;
  bool has_kubernetes() const;

  // The slots of the awaited machines whose consoles are to be read now.
  std::vector<std::string> due_consoles();
  // What they said, by slot.
  void keep_consoles(std::map<std::string, std::string> consoles);
  // Another operation begins.
  void reset() {
    consoles_.clear();
    last_judged_.clear();
  }

 private:
  template <typename Matches>
  bool is_any_running(Matches matches) const;
  AwaitedVerdict judge_boot(const std::string& slot, StepView& step, const ServerSweep& sweep);
  bool adopt_replacement(const ResourceKey& key, const ServerSweep& sweep);
  std::chrono::milliseconds waited(StepView& step, bool is_seen);
  AwaitedNode awaited(StepView& step, const NodeSpec& node, std::chrono::milliseconds deadline);
  std::string masters() const;

  const OperationContext& context_;
  ClusterRecords& records_;
  const StepGraph& graph_;
  Consoles consoles_;
  std::map<std::string, base::SteadyTime> last_judged_;  // by step
};

}  // namespace mex::cluster
