#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "kubernetes/client.h"
#include "kubernetes/pki.h"
#include "kubernetes/testing/command.h"

namespace mex::kubernetes::testing {

// For tests: a real etcd and a real kube-apiserver on loopback, with the keys of make_cluster_pki
// and the certificates that the real kubeadm makes of them. The environment names the programs:
// MEX_KUBERNETES (directory of kubeadm and kube-apiserver) and MEX_ETCD (file). No controller
// manager: nothing happens but what the test does.
class LiveControlPlane {
 public:
  // `more` arguments for the API server.
  explicit LiveControlPlane(const std::vector<std::string>& more = {});
  ~LiveControlPlane();
  LiveControlPlane(const LiveControlPlane&) = delete;
  LiveControlPlane& operator=(const LiveControlPlane&) = delete;

  const ClusterPki& pki() const { return pki_; }
  // As the agent connects: by address, with the name of the certificate and our identity.
  ClientOptions options() const;
  // Until /readyz says so.
  absl::Status wait_until_ready() const;
  // Killed, and started anew on the same etcd.
  void kill_api_server();
  void start_api_server();
  const std::string& etcd_url() const { return etcd_url_; }
  // What the servers have said, for failures.
  std::string log() const;

 private:
  void make_certificates();
  void start(const std::vector<std::string>& command);

  base::TemporaryDirectory directory_;
  ClusterPki pki_;
  int api_port_ = 0;
  std::string etcd_url_;
  std::vector<std::string> api_server_;  // its command line
  std::vector<pid_t> processes_;
};

}  // namespace mex::kubernetes::testing
