#include "nginx/runtime/docker/docker_runtime.h"

#include <sys/resource.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "nginx/runtime/docker/tar_archive.h"
#include "nginx/runtime/log_tail.h"

namespace mex::nginx {
namespace {

using nlohmann::json;

constexpr const char* kAgentLabel = "mexosagent.agent";
// Network and published ports, which a container keeps as long as it exists.
constexpr const char* kShapeLabel = "mexosagent.shape";
constexpr std::string_view kDirectory = "etc/mexosagent";
// Debian's own configuration loads modules by names that are relative to nginx's prefix.
constexpr std::string_view kModules = "/usr/lib/nginx/modules";
constexpr std::chrono::milliseconds kReloadTime{300};
constexpr int kMaxDescriptors = 20000;
constexpr int kMaxProcesses = 4096;

std::vector<std::string> nginx_words(const std::string& configuration) {
  return {"nginx", "-e", "stderr", "-p", "/etc/mexosagent/", "-c", configuration};
}

std::string port_text(const PublishedPort& port) {
  return fmt::format("{}/{}", port.number, port.udp ? "udp" : "tcp");
}

std::string shape_of(const Deployment& deployment) {
  std::string shape = deployment.network;
  // On the host's network ports come and go as the configuration says.
  if (deployment.network.empty()) return "host";
  for (const PublishedPort& port : deployment.published) shape += " " + port_text(port);
  return fmt::format("{} status {}", shape, deployment.status_port);
}

// All files, nginx.conf by the name given.
std::string archive_of(const Deployment& deployment, std::string_view configuration) {
  TarArchive archive;
  archive.add_directory(kDirectory, 0755);
  archive.add_directory(fmt::format("{}/temporary", kDirectory), 0755);
  archive.add_link(fmt::format("{}/modules", kDirectory), kModules);
  for (const File& file : deployment.files) {
    const bool is_configuration = file.name == kConfigurationFile;
    // Workers read the users' file, and are not root.
    const mode_t mode = file.name.starts_with("users-") ? 0644 : 0600;
    archive.add_file(fmt::format("{}/{}", kDirectory, is_configuration ? configuration : file.name),
                     file.content.reveal(), mode);
  }
  return std::move(archive).finish();
}

// What the engine does not find is not what a caller of ours asked for, and where the engine fails
// the agent does not. Its words stay.
absl::Status as_ours(const absl::Status& status) {
  absl::StatusCode code = status.code();
  if (absl::IsNotFound(status)) code = absl::StatusCode::kFailedPrecondition;
  if (absl::IsInternal(status)) code = absl::StatusCode::kUnavailable;
  return code == status.code() ? status : absl::Status(code, status.message());
}

// The engine's own limit may be lower than ours, but not be raised above it.
rlim_t descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return kMaxDescriptors;
  return std::min<rlim_t>(limit.rlim_max, kMaxDescriptors);
}

json host_settings(const Deployment& deployment) {
  json bindings = json::object();
  if (!deployment.network.empty()) {
    for (const PublishedPort& port : deployment.published) {
      bindings[port_text(port)] = {{{"HostPort", std::to_string(port.number)}}};
    }
    bindings[fmt::format("{}/tcp", deployment.status_port)] = {
        {{"HostIp", "127.0.0.1"}, {"HostPort", std::to_string(deployment.status_port)}}};
  }
  const rlim_t descriptors = descriptor_limit();
  return {
      {"NetworkMode", deployment.network.empty() ? "host" : deployment.network},
      {"PortBindings", bindings},
      {"RestartPolicy", {{"Name", "unless-stopped"}}},
      // Without limits podman asks for more than it may have.
      {"Ulimits",
       {{{"Name", "nofile"}, {"Soft", descriptors}, {"Hard", descriptors}},
        {{"Name", "nproc"}, {"Soft", kMaxProcesses}, {"Hard", kMaxProcesses}}}},
      // Ports below 1024, workers of another user, and their directories.
      {"CapDrop", {"ALL"}},
      {"CapAdd", {"NET_BIND_SERVICE", "SETUID", "SETGID", "CHOWN", "DAC_OVERRIDE"}},
      {"SecurityOpt", {"no-new-privileges"}},
      {"LogConfig", {{"Type", "json-file"}, {"Config", {{"max-size", "8m"}, {"max-file", "2"}}}}},
  };
}

}  // namespace

DockerRuntime::DockerRuntime(std::unique_ptr<DockerEngine> engine, std::string agent_id,
                             ImageReference image)
    : engine_(std::move(engine)), agent_id_(std::move(agent_id)), image_(std::move(image)) {}

RuntimeLayout DockerRuntime::layout() const {
  // Debian's nginx loads its modules by files there; the official image has the stream module
  // built in and no such directory, which is fine with nginx.
  return {.preamble = "include /etc/nginx/modules-enabled/*.conf;\n",
          .error_log = "stderr",
          .session_log = "/dev/stdout",
          .max_descriptors = descriptor_limit()};
}

std::string DockerRuntime::status_listen(const std::string& network, std::uint16_t port) const {
  // On a container network the port is published at this machine's loopback.
  return network.empty() ? fmt::format("127.0.0.1:{}", port) : std::to_string(port);
}

bool DockerRuntime::is_ours(const Container& container) const {
  return container.label(kAgentLabel) == agent_id_;
}

absl::StatusOr<std::string> DockerRuntime::create(const Deployment& deployment) {
  json exposed = json::object();
  for (const PublishedPort& port : deployment.published) exposed[port_text(port)] = json::object();
  exposed[fmt::format("{}/tcp", deployment.status_port)] = json::object();
  const json specification{
      {"Image", image_.text()},
      {"Entrypoint", nginx_words(std::string(kConfigurationFile))},
      {"Cmd", json::array()},
      {"StopSignal", "SIGTERM"},
      // The image's health check knows nothing of this configuration; in the agent's image, which
      // has an nginx, too, it probes the agent.
      {"Healthcheck", {{"Test", {"NONE"}}}},
      {"Labels", {{kAgentLabel, agent_id_}, {kShapeLabel, shape_of(deployment)}}},
      {"ExposedPorts", exposed},
      {"HostConfig", host_settings(deployment)},
  };
  auto id = engine_->create(deployment.name, specification);
  if (!absl::IsNotFound(id.status())) return id;
  // The image is not found, or the network is; in that case the second attempt says so.
  if (const absl::Status pulled = engine_->pull(image_); !pulled.ok()) return pulled;
  return engine_->create(deployment.name, specification);
}

absl::Status DockerRuntime::reload(const std::string& id, const Deployment& deployment) {
  MEX_RETURN_IF_ERROR(engine_->put_files(id, archive_of(deployment, kNextConfiguration)));
  std::vector<std::string> words = nginx_words(kNextConfiguration);
  words.emplace_back("-t");
  MEX_ASSIGN_OR_RETURN(const Executed tested, engine_->execute(id, words));
  if (tested.exit_code != 0) {
    return base::error(absl::StatusCode::kInvalidArgument, "nginx refuses it: {}",
                       last_error_line(tested.output));
  }
  applied_at_[deployment.name] = std::chrono::system_clock::now();
  MEX_RETURN_IF_ERROR(engine_->put_files(id, archive_of(deployment, kConfigurationFile)));
  // Not by the engine's kill: Docker takes any signal that it sends as a request that the container
  // ends, and forgets its restart policy.
  words = nginx_words(std::string(kConfigurationFile));
  words.insert(words.end(), {"-s", "reload"});
  MEX_ASSIGN_OR_RETURN(const Executed reloaded, engine_->execute(id, words));
  reloaded_at_[deployment.name] = std::chrono::steady_clock::now();
  if (reloaded.exit_code == 0) return absl::OkStatus();
  return base::error(absl::StatusCode::kUnavailable, "could not reload nginx: {}",
                     last_error_line(reloaded.output));
}

absl::Status DockerRuntime::apply(const Deployment& deployment) {
  return as_ours(apply_container(deployment));
}

absl::Status DockerRuntime::apply_container(const Deployment& deployment) {
  auto found = engine_->inspect(deployment.name);
  if (found.ok() && !is_ours(*found)) {
    return base::error(absl::StatusCode::kAlreadyExists,
                       "name: there is a container {} that this agent has not made",
                       deployment.name);
  }
  if (!found.ok() && !absl::IsNotFound(found.status())) return found.status();
  if (found.ok() && found->label(kShapeLabel) != shape_of(deployment)) {
    MEX_RETURN_IF_ERROR(engine_->remove(found->id));
    found = absl::NotFoundError("removed");
  }
  if (found.ok() && found->state == "running") return reload(found->id, deployment);
  std::string id;
  if (found.ok()) {
    id = found->id;
  } else {
    MEX_ASSIGN_OR_RETURN(id, create(deployment));
  }
  MEX_RETURN_IF_ERROR(engine_->put_files(id, archive_of(deployment, kConfigurationFile)));
  const auto now = std::chrono::system_clock::now();
  applied_at_[deployment.name] = now;
  sessions_until_.try_emplace(deployment.name, now);
  return engine_->start(id);
}

// nginx asks its old workers to end 100 ms after it started the new ones. The engine does not show
// which worker is which, so the time counts.
bool DockerRuntime::is_reloading(const std::string& name) {
  const auto found = reloaded_at_.find(name);
  return found != reloaded_at_.end() &&
         std::chrono::steady_clock::now() - found->second < kReloadTime;
}

absl::Status DockerRuntime::remove(const std::string& name) {
  applied_at_.erase(name);
  reloaded_at_.erase(name);
  sessions_until_.erase(name);
  return as_ours(remove_container(name));
}

absl::Status DockerRuntime::remove_container(const std::string& name) {
  const auto found = engine_->inspect(name);
  if (absl::IsNotFound(found.status())) return absl::OkStatus();
  if (!found.ok()) return found.status();
  return is_ours(*found) ? engine_->remove(found->id) : absl::OkStatus();
}

absl::StatusOr<std::vector<RunningInstance>> DockerRuntime::list() {
  MEX_ASSIGN_OR_RETURN(const std::vector<Container> containers,
                       engine_->list(fmt::format("{}={}", kAgentLabel, agent_id_)));
  std::vector<RunningInstance> all;
  for (const Container& container : containers) {
    if (!is_ours(container)) continue;
    // A container that is started again has the files it had.
    all.push_back({container.name, container.state == "running", container.id});
  }
  return all;
}

std::string DockerRuntime::last_error(const std::string& name) {
  const auto output = engine_->output_since(name, applied_at_[name]);
  if (!output.ok()) return "";
  if (output->error.find("[emerg]") != std::string::npos) return last_error_line(output->error);
  const auto container = engine_->inspect(name);
  const bool has_ended = container.ok() && container->state != "running" &&
                         container->state != "created" && container->state != "starting";
  if (!has_ended) return "";
  const std::string last = last_error_line(output->error);
  return last.empty() ? "nginx ended without a word" : last;
}

std::vector<std::string> DockerRuntime::drain_session_log(const std::string& name) {
  const auto now = std::chrono::system_clock::now();
  const auto [begin, is_first] = sessions_until_.try_emplace(name, now);
  if (is_first) return {};
  const auto output = engine_->output_since(name, begin->second);
  if (!output.ok()) return {};
  begin->second = now;
  std::vector<std::string> lines;
  std::string_view text = output->out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace mex::nginx
