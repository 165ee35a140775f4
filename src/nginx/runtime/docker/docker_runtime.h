#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "nginx/runtime/docker/docker_engine.h"
#include "nginx/runtime/runtime.h"

namespace mex::nginx {

// Instances as containers of an engine on this machine. Files are copied into containers, not
// mounted: so the agent may be in a container itself, where its paths are not the host's. A label
// marks the agent's containers; others, whatever their names, are not touched.
class DockerRuntime final : public Runtime {
 public:
  // `agent_id` marks this agent's containers; `image` has an nginx with the stream
  // module, 1.21.4 or later.
  DockerRuntime(std::unique_ptr<DockerEngine> engine, std::string agent_id, ImageReference image);

  std::string_view kind() const override { return "docker"; }
  bool has_networks() const override { return true; }
  bool needs_status_port() const override { return true; }
  RuntimeLayout layout() const override;
  std::string status_listen(const std::string& network, std::uint16_t port) const override;
  StatusPage status_page(const std::string&, std::uint16_t port) const override {
    return StatusPage::at_port(port);
  }

  absl::Status apply(const Deployment& deployment) override;
  bool is_reloading(const std::string& name) override;
  absl::Status remove(const std::string& name) override;
  absl::StatusOr<std::vector<RunningInstance>> list() override;
  std::string last_error(const std::string& name) override;
  std::vector<std::string> drain_session_log(const std::string& name) override;

 private:
  absl::Status apply_container(const Deployment& deployment);
  absl::Status remove_container(const std::string& name);
  absl::Status reload(const std::string& id, const Deployment& deployment);
  absl::StatusOr<std::string> create(const Deployment& deployment);
  bool is_ours(const Container& container) const;

  const std::unique_ptr<DockerEngine> engine_;
  const std::string agent_id_;
  const ImageReference image_;
  std::map<std::string, std::chrono::system_clock::time_point> applied_at_;
  std::map<std::string, std::chrono::steady_clock::time_point> reloaded_at_;
  std::map<std::string, std::chrono::system_clock::time_point> sessions_until_;
};

}  // namespace mex::nginx
