#pragma once

#include <chrono>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "http_client/client.h"
#include "nginx/runtime/docker/engine_address.h"
#include "nginx/runtime/docker/image_reference.h"
#include "nginx/runtime/docker/log_frames.h"

namespace mex::nginx {

struct Container {
  std::string id;
  std::string name;
  std::string state;  // "running", "exited", "created", "restarting", …
  std::vector<std::pair<std::string, std::string>> labels;

  std::string label(std::string_view key) const;  // "" without
};

struct Executed {
  int exit_code = 0;
  std::string output;
};

// A client of the Docker Engine API (1.37 and later), which podman serves as well. Thread-safe;
// calls block.
//
// Errors: NotFound (404), AlreadyExists (409), InvalidArgument (400) and Internal carry the
// engine's own message; Unavailable: it does not answer; FailedPrecondition: its API is too old or
// not what DOCKER_API_VERSION asks for.
class DockerEngine {
 public:
  static absl::StatusOr<std::unique_ptr<DockerEngine>> create(const EngineAddress& address);

  // OK if the engine answers and its API can be used.
  absl::Status ping();

  // With that label, running or not.
  absl::StatusOr<std::vector<Container>> list(const std::string& label);
  // By name or id.
  absl::StatusOr<Container> inspect(const std::string& container);
  // Its id. NotFound: there is no such image.
  absl::StatusOr<std::string> create(const std::string& name, const nlohmann::json& specification);
  absl::Status start(const std::string& container);
  // Kills it first. OK if there is none.
  absl::Status remove(const std::string& container);
  // Extracts a tar archive into it, at "/".
  absl::Status put_files(const std::string& container, std::string archive);
  absl::StatusOr<Executed> execute(const std::string& container,
                                   const std::vector<std::string>& words);
  // What the container wrote since that time.
  absl::StatusOr<Output> output_since(const std::string& container,
                                      std::chrono::system_clock::time_point begin);
  absl::Status pull(const ImageReference& image);

 private:
  DockerEngine(const EngineAddress& address, http_client::Options options);

  struct Call;
  absl::StatusOr<http_client::Response> send(const Call& call, const std::string& prefix);
  absl::StatusOr<http_client::Response> request(const Call& call);
  absl::StatusOr<nlohmann::json> request_json(const Call& call);
  absl::StatusOr<std::string> version_prefix();

  const EngineAddress address_;
  http_client::Client client_;
  base::Mutex mutex_;
  std::string prefix_ ABSL_GUARDED_BY(mutex_);  // "/v1.41"; empty: not negotiated yet
};

// The API version to use with an engine that offers `min` to `max`: the preferred one, or the
// nearest to it. FailedPrecondition: all it offers is older than 1.37.
absl::StatusOr<std::string> choose_version(std::string_view min, std::string_view max);

}  // namespace mex::nginx
