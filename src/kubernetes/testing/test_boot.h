#pragma once

#include "base/check.h"
#include "kubernetes/node_boot.h"
#include "kubernetes/pki.h"
#include "kubernetes/testing/test_cluster.h"

// For tests: nodes to boot.
namespace mex::kubernetes::testing {

// As of a built-in flavor: the built-in CNI, everything in the image.
inline NodeBoot plain_boot(NodeRole role) {
  NodeBoot boot;
  boot.cluster = test_cluster();
  boot.node = test_node(role);
  boot.hosts = {{.address = "10.101.7.10", .name = "api.demo.internal"},
                {.address = "10.101.7.11", .name = "api.demo.internal"}};
  const auto pods = pod_network_of("10.244.0.0/16", "10.101.7.0/24", boot.node.address);
  const auto routes = pod_routes("10.244.0.0/16", "10.101.7.0/24", boot.node.address);
  MEX_CHECK(pods.ok() && routes.ok(), "the test's networks do not fit");
  boot.pod_cidr = *pods;
  boot.pod_routes = *routes;
  return boot;
}

// With everything that a flavor can ask for.
inline NodeBoot full_boot(NodeRole role) {
  NodeBoot boot = plain_boot(role);
  boot.pod_mtu = 1450;
  boot.skipped_phases = {"addon/coredns"};
  boot.ignored_preflight_errors = {"NumCPU", "FileContent--proc-sys-net-ipv4-ip_forward"};
  boot.packages = AptSource{
      .line = "deb [signed-by=/etc/apt/keyrings/mexosagent.asc] https://packages.example/k8s/ /",
      .key = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nkey\n-----END PGP PUBLIC KEY BLOCK-----\n"};
  boot.containers.sandbox_image = "registry.k8s.io/pause:3.9";
  boot.containers.mirrors = {{.registry = "docker.io", .endpoint = "https://mirror.example:5000"}};
  boot.proxy = {.http = "http://user:p%40ss@proxy.example:3128",
                .https = "http://proxy.example:3128",
                .exceptions = {".example.org", "192.0.2.0/24"}};
  boot.ntp_servers = {"ntp1.example", "192.0.2.1"};
  boot.ca_bundle_pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  boot.operator_user_data =
      "#cloud-config\nssh_authorized_keys: [ssh-ed25519 AAAA operator]\n"
      "write_files:\n- {path: /etc/motd, content: hello}\n"
      "bootcmd: [[echo, operator]]\nruncmd: [[echo, operator]]\n";
  return boot;
}

}  // namespace mex::kubernetes::testing
