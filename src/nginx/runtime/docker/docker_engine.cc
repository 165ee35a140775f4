#include "nginx/runtime/docker/docker_engine.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/clock.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/status.h"
#include "http_client/percent_encoding.h"

namespace mex::nginx {
namespace {

using http_client::percent_encode;
using nlohmann::json;

constexpr std::chrono::seconds kEngineTimeout{30};
constexpr std::chrono::minutes kPullTimeout{5};
constexpr int kMinVersion = 37;        // 1.37, of Docker 18.03
constexpr int kPreferredVersion = 41;  // 1.41, of Docker 20.10 and podman 3 and 4

// The number behind "1."; -1 if it is something else.
int minor_of(std::string_view version) {
  int minor = -1;
  if (!version.starts_with("1.")) return minor;
  std::from_chars(version.data() + 2, version.data() + version.size(), minor);
  return minor;
}

std::string text_in(const json& object, const char* name) {
  if (!object.is_object()) return "";
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

absl::StatusCode code_for(int status) {
  switch (status) {
    case 400:
      return absl::StatusCode::kInvalidArgument;
    case 404:
      return absl::StatusCode::kNotFound;
    case 409:
      return absl::StatusCode::kAlreadyExists;
    default:
      return absl::StatusCode::kInternal;
  }
}

absl::Status engine_error(const http_client::Response& response) {
  const json answer = json::parse(response.body, nullptr, /*allow_exceptions=*/false);
  std::string message = text_in(answer, "message");
  if (message.empty()) message = fmt::format("status {}", response.status);
  return base::error(code_for(response.status), "the container engine says: {}", message);
}

void read_labels(const json& object, Container& container) {
  const auto labels = object.find("Labels");
  if (labels == object.end() || !labels->is_object()) return;
  for (const auto& [key, value] : labels->items()) {
    if (value.is_string()) container.labels.emplace_back(key, value.get<std::string>());
  }
}

// Engines write names with a slash before them.
std::string without_slash(std::string name) {
  if (name.starts_with('/')) name.erase(0, 1);
  return name;
}

absl::Status not_understood() {
  return base::error(absl::StatusCode::kInternal, "the container engine's answer is not its API's");
}

}  // namespace

struct DockerEngine::Call {
  std::string method = "GET";
  std::string path;
  std::string body = {};
  std::string content_type = "application/json";
  std::chrono::milliseconds timeout = kEngineTimeout;
};

std::string Container::label(std::string_view key) const {
  for (const auto& [each, value] : labels) {
    if (each == key) return value;
  }
  return "";
}

absl::StatusOr<std::string> choose_version(std::string_view min, std::string_view max) {
  const int newest = minor_of(max);
  if (newest < kMinVersion) {
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "the container engine speaks API version {}; 1.{} is needed",
                       max.empty() ? "none" : max, kMinVersion);
  }
  const int chosen = std::max(minor_of(min), std::min(kPreferredVersion, newest));
  return fmt::format("1.{}", chosen);
}

DockerEngine::DockerEngine(const EngineAddress& address, http_client::Options options)
    : address_(address), client_(std::move(options)) {}

absl::StatusOr<std::unique_ptr<DockerEngine>> DockerEngine::create(const EngineAddress& address) {
  http_client::Options options;
  options.use_environment_proxy = false;
  options.connect_timeout = std::chrono::seconds(5);
  options.unix_socket = address.unix_socket;
  if (!address.tls_directory.empty()) {
    const std::string& directory = address.tls_directory;
    options.ca_file = directory + "/ca.pem";
    MEX_ASSIGN_OR_RETURN(options.client_certificate_pem, base::read_file(directory + "/cert.pem"));
    MEX_ASSIGN_OR_RETURN(std::string key, base::read_file(directory + "/key.pem"));
    options.client_key_pem = base::Secret(std::move(key));
  }
  return std::unique_ptr<DockerEngine>(new DockerEngine(address, std::move(options)));
}

absl::StatusOr<http_client::Response> DockerEngine::send(const Call& call,
                                                         const std::string& prefix) {
  http_client::Request request;
  request.method = call.method;
  request.url = (address_.url.empty() ? "http://engine" : address_.url) + prefix + call.path;
  request.body = call.body;
  if (!call.body.empty()) request.headers.push_back({"Content-Type", call.content_type});
  request.limits.deadline = base::system_clock().steady_now() + call.timeout;
  auto response = client_.send(request);
  if (!response.ok()) {
    return base::error(absl::StatusCode::kUnavailable,
                       "the container engine at {} does not answer: {}", address_.text(),
                       base::message_of(response.status()));
  }
  return response;
}

absl::StatusOr<std::string> DockerEngine::version_prefix() {
  const base::MutexLock lock(mutex_);
  if (!prefix_.empty()) return prefix_;
  if (!address_.api_version.empty()) {
    prefix_ = "/v" + address_.api_version;
    return prefix_;
  }
  MEX_ASSIGN_OR_RETURN(const http_client::Response response, send({.path = "/version"}, ""));
  if (response.status != 200) return engine_error(response);
  const json answer = json::parse(response.body, nullptr, /*allow_exceptions=*/false);
  MEX_ASSIGN_OR_RETURN(const std::string version, choose_version(text_in(answer, "MinAPIVersion"),
                                                                 text_in(answer, "ApiVersion")));
  prefix_ = "/v" + version;
  return prefix_;
}

absl::StatusOr<http_client::Response> DockerEngine::request(const Call& call) {
  MEX_ASSIGN_OR_RETURN(const std::string prefix, version_prefix());
  auto response = send(call, prefix);
  if (!response.ok()) {
    // The next engine at this address may be another one.
    const base::MutexLock lock(mutex_);
    prefix_.clear();
    return response;
  }
  if (response->status >= 400) return engine_error(*response);
  return response;
}

absl::StatusOr<json> DockerEngine::request_json(const Call& call) {
  MEX_ASSIGN_OR_RETURN(const http_client::Response response, request(call));
  json answer = json::parse(response.body, nullptr, /*allow_exceptions=*/false);
  if (answer.is_discarded()) return not_understood();
  return answer;
}

absl::Status DockerEngine::ping() {
  return request({.path = "/_ping", .timeout = std::chrono::seconds(5)}).status();
}

absl::StatusOr<std::vector<Container>> DockerEngine::list(const std::string& label) {
  const json filters{{"label", {label}}};
  MEX_ASSIGN_OR_RETURN(const json answer, request_json({.path = "/containers/json?all=1&filters=" +
                                                                percent_encode(filters.dump())}));
  if (!answer.is_array()) return not_understood();
  std::vector<Container> containers;
  for (const json& each : answer) {
    const auto names = each.is_object() ? each.find("Names") : each.end();
    if (!each.is_object() || names == each.end() || !names->is_array() || names->empty() ||
        !names->front().is_string()) {
      return not_understood();
    }
    Container container;
    container.id = text_in(each, "Id");
    container.name = without_slash(names->front().get<std::string>());
    container.state = text_in(each, "State");
    read_labels(each, container);
    containers.push_back(std::move(container));
  }
  return containers;
}

absl::StatusOr<Container> DockerEngine::inspect(const std::string& container) {
  MEX_ASSIGN_OR_RETURN(
      const json answer,
      request_json({.path = "/containers/" + percent_encode(container) + "/json"}));
  const json nothing = json::object();
  const auto part = [&](const char* name) -> const json& {
    const auto found = answer.is_object() ? answer.find(name) : answer.end();
    return found != answer.end() && found->is_object() ? *found : nothing;
  };
  Container found;
  found.id = text_in(answer, "Id");
  found.name = without_slash(text_in(answer, "Name"));
  found.state = text_in(part("State"), "Status");
  read_labels(part("Config"), found);
  if (found.id.empty()) return not_understood();
  return found;
}

absl::StatusOr<std::string> DockerEngine::create(const std::string& name,
                                                 const json& specification) {
  MEX_ASSIGN_OR_RETURN(const json answer,
                       request_json({.method = "POST",
                                     .path = "/containers/create?name=" + percent_encode(name),
                                     .body = specification.dump()}));
  return text_in(answer, "Id");
}

absl::Status DockerEngine::start(const std::string& container) {
  return request({.method = "POST", .path = "/containers/" + percent_encode(container) + "/start"})
      .status();
}

absl::Status DockerEngine::remove(const std::string& container) {
  const absl::Status status =
      request(
          {.method = "DELETE", .path = "/containers/" + percent_encode(container) + "?force=1&v=1"})
          .status();
  return absl::IsNotFound(status) ? absl::OkStatus() : status;
}

absl::Status DockerEngine::put_files(const std::string& container, std::string archive) {
  return request({.method = "PUT",
                  .path = "/containers/" + percent_encode(container) + "/archive?path=%2F",
                  .body = std::move(archive),
                  .content_type = "application/x-tar"})
      .status();
}

absl::StatusOr<Executed> DockerEngine::execute(const std::string& container,
                                               const std::vector<std::string>& words) {
  const json request_body{{"AttachStdout", true}, {"AttachStderr", true}, {"Cmd", words}};
  MEX_ASSIGN_OR_RETURN(const json made,
                       request_json({.method = "POST",
                                     .path = "/containers/" + percent_encode(container) + "/exec",
                                     .body = request_body.dump()}));
  const std::string path = "/exec/" + percent_encode(text_in(made, "Id"));
  const json start_options{{"Detach", false}, {"Tty", false}};
  MEX_ASSIGN_OR_RETURN(
      const http_client::Response stream,
      request({.method = "POST", .path = path + "/start", .body = start_options.dump()}));
  MEX_ASSIGN_OR_RETURN(const json state, request_json({.path = path + "/json"}));
  const auto exit_code = state.is_object() ? state.find("ExitCode") : state.end();
  if (!state.is_object() || exit_code == state.end() || !exit_code->is_number_integer()) {
    return not_understood();
  }
  const Output output = parse_frames(stream.body);
  return Executed{exit_code->get<int>(), output.out + output.error};
}

absl::StatusOr<Output> DockerEngine::output_since(const std::string& container,
                                                  std::chrono::system_clock::time_point begin) {
  const auto nanoseconds =
      std::chrono::duration_cast<std::chrono::nanoseconds>(begin.time_since_epoch()).count();
  const std::string since =
      fmt::format("{}.{:09}", nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000);
  MEX_ASSIGN_OR_RETURN(const http_client::Response response,
                       request({.path = "/containers/" + percent_encode(container) +
                                        "/logs?stdout=1&stderr=1&tail=10000&since=" + since}));
  return parse_frames(response.body);
}

absl::Status DockerEngine::pull(const ImageReference& image) {
  MEX_ASSIGN_OR_RETURN(
      const http_client::Response response,
      request({.method = "POST",
               .path = "/images/create?fromImage=" + percent_encode(image.repository) +
                       "&tag=" + percent_encode(image.version()),
               .timeout = kPullTimeout}));
  // The answer is a list of objects, one a line; a failure comes as one of them.
  const std::size_t error = response.body.find("\"error\":");
  if (error == std::string::npos) return absl::OkStatus();
  const std::size_t before = response.body.rfind('\n', error);
  const std::size_t begin = before == std::string::npos ? 0 : before + 1;
  const std::size_t end = response.body.find('\n', error);
  const json object = json::parse(response.body.substr(begin, end - begin), nullptr, false);
  return base::error(
      absl::StatusCode::kUnavailable, "the image {} cannot be pulled: {}", image.text(),
      object.is_discarded() ? "the engine does not say why" : text_in(object, "error"));
}

}  // namespace mex::nginx
