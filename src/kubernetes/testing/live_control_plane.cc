#include "kubernetes/testing/live_control_plane.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <filesystem>

#include "base/clock.h"
#include "base/status.h"
#include "kubernetes/health.h"
#include "kubernetes/kubeadm.h"

namespace mex::kubernetes::testing {
namespace {

// Documentation addresses (RFC 5737): only text in certificates.
constexpr const char* kAdvertised = "198.51.100.10";
constexpr const char* kName = "api.live.internal";

std::string required(const char* variable) {
  const char* const value = getenv(variable);
  MEX_CHECK(value != nullptr, std::string(variable) + " is not set: see live_control_plane.h");
  return value;
}

int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  const bool bound =
      bind(socket, generic, length) == 0 && getsockname(socket, generic, &length) == 0;
  MEX_CHECK(bound, "no free port");
  close(socket);
  return ntohs(address.sin_port);
}

}  // namespace

LiveControlPlane::LiveControlPlane(const std::vector<std::string>& more)
    : pki_(*make_cluster_pki(
          "live", std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()))),
      api_port_(free_port()) {
  make_certificates();
  etcd_url_ = fmt::format("http://127.0.0.1:{}", free_port());
  const std::string peer = fmt::format("http://127.0.0.1:{}", free_port());
  start({required("MEX_ETCD"), "--data-dir=" + directory_.path() + "/etcd",
         "--listen-client-urls=" + etcd_url_, "--advertise-client-urls=" + etcd_url_,
         "--listen-peer-urls=" + peer, "--initial-advertise-peer-urls=" + peer,
         "--initial-cluster=default=" + peer});
  const std::string keys = directory_.path() + "/etc/kubernetes/pki/";
  api_server_ = {required("MEX_KUBERNETES") + "/kube-apiserver", "--etcd-servers=" + etcd_url_,
                 "--bind-address=127.0.0.1", fmt::format("--secure-port={}", api_port_),
                 "--insecure-port=0", fmt::format("--advertise-address={}", kAdvertised),
                 "--client-ca-file=" + keys + "ca.crt", "--tls-cert-file=" + keys + "apiserver.crt",
                 "--tls-private-key-file=" + keys + "apiserver.key",
                 "--service-account-key-file=" + keys + "sa.pub",
                 "--service-account-signing-key-file=" + keys + "sa.key",
                 "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
                 "--service-cluster-ip-range=10.96.0.0/12", "--authorization-mode=Node,RBAC",
                 // Without a controller manager no namespace has its account.
                 "--disable-admission-plugins=ServiceAccount"};
  api_server_.insert(api_server_.end(), more.begin(), more.end());
  start_api_server();
}

LiveControlPlane::~LiveControlPlane() {
  for (const pid_t process : processes_) kill(process, SIGKILL);
  for (const pid_t process : processes_) waitpid(process, nullptr, 0);
}

void LiveControlPlane::kill_api_server() {
  const pid_t process = processes_.back();
  processes_.pop_back();
  kill(process, SIGKILL);
  waitpid(process, nullptr, 0);
}

void LiveControlPlane::start_api_server() { start(api_server_); }

ClientOptions LiveControlPlane::options() const {
  ClientOptions options;
  options.servers = {fmt::format("https://127.0.0.1:{}", api_port_)};
  options.server_name = kName;
  options.ca_certificate_pem = pki_.cluster_ca.certificate_pem;
  options.identity = pki_.agent;
  options.poll_interval = std::chrono::milliseconds(200);
  return options;
}

absl::Status LiveControlPlane::wait_until_ready() const {
  const auto within = [](std::chrono::seconds time) {
    return base::CallLimits{.deadline = base::system_clock().steady_now() + time};
  };
  Client client(options());
  const base::CallLimits limits = within(std::chrono::minutes(3));
  for (;;) {
    const auto health = read_health(client, within(std::chrono::seconds(5)));
    if (health.ok() && health->ready) return absl::OkStatus();
    MEX_RETURN_IF_ERROR(base::sleep_for(std::chrono::milliseconds(200), limits));
  }
}

std::string LiveControlPlane::log() const {
  return run("tail -n 20 " + directory_.path() + "/log").output;
}

// kubeadm works below another root, so nothing of this machine is touched.
void LiveControlPlane::make_certificates() {
  std::filesystem::create_directories(directory_.path() + "/etc/kubernetes/pki/etcd");
  const auto write = [&](const char* name, const std::string& text) {
    testing::write_file(directory_, std::string("etc/kubernetes/pki/") + name, text);
  };
  for (const auto& [name, identity] :
       {std::pair("ca", &pki_.cluster_ca), std::pair("front-proxy-ca", &pki_.front_proxy_ca),
        std::pair("etcd/ca", &pki_.etcd_ca)}) {
    write(fmt::format("{}.crt", name).c_str(), identity->certificate_pem);
    write(fmt::format("{}.key", name).c_str(), identity->key_pem.reveal());
  }
  write("sa.pub", pki_.service_account.public_key_pem);
  write("sa.key", pki_.service_account.key_pem.reveal());
  KubeadmCluster cluster;
  cluster.name = "live";
  cluster.version = {1, 20, 2};
  cluster.endpoint_host = kName;
  cluster.pod_network = "10.244.0.0/16";
  cluster.service_network = "10.96.0.0/12";
  KubeadmNode node;
  node.role = NodeRole::FirstMaster;
  node.name = "live-master-1";
  node.address = kAdvertised;
  testing::write_file(directory_, "etc/kubernetes/kubeadm.yaml",
                      kubeadm_config(cluster, node)->reveal());
  const Outcome made = run(required("MEX_KUBERNETES") + "/kubeadm --rootfs " + directory_.path() +
                           " init phase certs all --config /etc/kubernetes/kubeadm.yaml");
  MEX_CHECK(made.exit_code == 0, made.output);
}

void LiveControlPlane::start(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const std::string log = directory_.path() + "/log";
  const pid_t process = fork();
  MEX_CHECK(process >= 0, "fork failed");
  if (process == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  processes_.push_back(process);
}

}  // namespace mex::kubernetes::testing
