// Keeps the answers of a real kube-apiserver, byte by byte as curl got them, for the tests that
// replay them (recorded_test.cc):
//
//     MEX_KUBERNETES=… MEX_ETCD=… kubernetes_record DIRECTORY
//
// What the environment names: live_control_plane.h. Each answer is what the server says by itself
// when it is brought into the situation; none is written by hand.

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "base/check.h"
#include "base/file.h"
#include "base/status.h"
#include "kubernetes/apply.h"
#include "kubernetes/json_access.h"
#include "kubernetes/node.h"
#include "kubernetes/testing/live_control_plane.h"

namespace mex::kubernetes::testing {
namespace {

using nlohmann::json;

base::CallLimits a_minute() {
  return {.deadline = base::system_clock().steady_now() + std::chrono::minutes(1)};
}

void check(const absl::Status& status) { MEX_CHECK(status.ok(), status.ToString()); }

struct RecordedRequest {
  std::string path;
  std::string method = "GET";
  std::string body = {};
  std::string content_type = "application/json";
};

class Recorder {
 public:
  Recorder(const LiveControlPlane& server, std::string directory)
      : server_(server), directory_(std::move(directory)), options_(server.options()) {
    testing::write_file(scratch_, "ca", options_.ca_certificate_pem);
    appear_as(options_.identity);
  }

  // The identity of the calls from now on.
  void appear_as(const Identity& identity) {
    testing::write_file(scratch_, "certificate", identity.certificate_pem);
    testing::write_file(scratch_, "key", identity.key_pem.reveal());
  }

  // The raw answer, or "" if there was none.
  std::string ask(const RecordedRequest& request, const std::string& file = "answer") const {
    const std::string& url = options_.servers.front();
    const std::string port = url.substr(url.rfind(':'));
    std::string line = fmt::format(
        "curl -sS -N -i --raw --http1.1 --noproxy '*' --max-time 30 --connect-to ::127.0.0.1{0} "
        "--cacert {1}/ca --cert {1}/certificate --key {1}/key -H 'Accept: application/json' "
        "-X {2} -o {1}/{3}",
        port, scratch_.path(), request.method, file);
    if (!request.body.empty()) {
      line += fmt::format(" -H 'Content-Type: {}' --data-binary @{}", request.content_type,
                          testing::write_file(scratch_, file + "-body", request.body));
    }
    line += fmt::format(" 'https://{}{}{}'", options_.server_name, port, request.path);
    std::filesystem::remove(scratch_.path() + "/" + file);
    run(line);  // its exit code is not zero for an answer that is cut
    return so_far(file);
  }

  // What has come of the answer in `file`.
  std::string so_far(const std::string& file) const {
    auto answer = base::read_file(scratch_.path() + "/" + file);
    return answer.ok() ? *answer : std::string();
  }

  void keep(const std::string& name, const std::string& answer, int status) const {
    const std::string head = fmt::format("HTTP/1.1 {} ", status);
    MEX_CHECK(answer.starts_with(head), name + ": " + answer.substr(0, 2000) + server_.log());
    check(base::write_file_atomically(fmt::format("{}/{}.http", directory_, name), answer, 0644));
    std::printf("%-20s %s", name.c_str(), answer.substr(0, answer.find('\n') + 1).c_str());
  }

  std::string record(const std::string& name, const RecordedRequest& request, int status) const {
    std::string answer = ask(request);
    keep(name, answer, status);
    return answer;
  }

  // Many at once; the raw answers.
  std::vector<std::string> ask_at_once(const RecordedRequest& request, int times) const {
    std::vector<std::string> answers(static_cast<std::size_t>(times));
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      threads.emplace_back([&, i] { answers[i] = ask(request, fmt::format("answer-{}", i)); });
    }
    for (std::thread& thread : threads) thread.join();
    return answers;
  }

 private:
  const LiveControlPlane& server_;
  const std::string directory_;
  const ClientOptions options_;
  const base::TemporaryDirectory scratch_;
};

json body_of(const std::string& answer) {
  const std::size_t begin = answer.find('{');
  return json::parse(answer.substr(begin, answer.rfind('}') + 1 - begin), nullptr, false);
}

void record_the_start(const Recorder& recorder) {
  std::string last;
  for (;;) {
    const std::string answer = recorder.ask({.path = "/readyz?verbose"});
    if (answer.starts_with("HTTP/1.1 200 ")) break;
    if (answer.starts_with("HTTP/1.1 500 ")) last = answer;
  }
  recorder.keep("starting", last, 500);
  recorder.record("ready", {.path = "/readyz?verbose"}, 200);
}

void make_objects(Client& client) {
  std::string text;
  for (const char* name : {"node-1", "node-2", "node-3"}) {
    text += fmt::format(
        "{{apiVersion: v1, kind: Node, metadata: {{name: {}, labels: {{tier: edge}}}}}}\n---\n",
        name);
  }
  text +=
      "{apiVersion: v1, kind: ConfigMap, metadata: {name: there}, data: {k: v}}\n---\n"
      "{apiVersion: policy/v1beta1, kind: PodDisruptionBudget, metadata: {name: web}, "
      "spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}}\n---\n"
      "{apiVersion: v1, kind: Pod, metadata: {name: web, labels: {app: web}}, spec: {nodeName: "
      "node-1, terminationGracePeriodSeconds: 0, containers: [{name: c, image: i}]}}\n";
  check(apply_manifests(client, text, a_minute()));
  const auto patch = [&](const std::string& path, const std::string& body) {
    check(client
              .call({.what = "patch",
                     .method = "PATCH",
                     .path = path,
                     .body = body,
                     .content_type = "application/merge-patch+json"},
                    a_minute())
              .status());
  };
  patch("/api/v1/nodes/node-1/status",
        R"({"status":{"addresses":[{"type":"InternalIP","address":"10.101.7.10"}],)"
        R"("nodeInfo":{"kubeletVersion":"v1.20.2"},)"
        R"("conditions":[{"type":"Ready","status":"True","reason":"KubeletReady",)"
        R"("message":"kubelet is posting ready status"}]}})");
  // A pod that never ran is evicted whatever a budget says.
  patch("/api/v1/namespaces/default/pods/web/status", R"({"status":{"phase":"Running"}})");
}

void record_refusals(Recorder& recorder, const LiveControlPlane& server) {
  const std::string maps = "/api/v1/namespaces/default/configmaps";
  recorder.record("conflict",
                  {.path = maps + "/there",
                   .method = "PUT",
                   .body = R"({"metadata":{"name":"there","resourceVersion":"1"}})"},
                  409);
  recorder.record("already_exists",
                  {.path = maps, .method = "POST", .body = R"({"metadata":{"name":"there"}})"},
                  409);
  recorder.record("apply_conflict",
                  {.path = maps + "/there?fieldManager=another",
                   .method = "PATCH",
                   .body = R"({"apiVersion":"v1","kind":"ConfigMap","data":{"k":"other"}})",
                   .content_type = "application/apply-patch+yaml"},
                  409);
  recorder.record(
      "invalid",
      {.path = "/api/v1/namespaces/default/pods/cni?fieldManager=mexosagent&force=true",
       .method = "PATCH",
       .body =
           R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"cni"},"spec":{"hostNetwork":true}})",
       .content_type = "application/apply-patch+yaml"},
      422);
  recorder.record("not_found", {.path = maps + "/nowhere"}, 404);
  recorder.record("budget",
                  {.path = "/api/v1/namespaces/default/pods/web/eviction",
                   .method = "POST",
                   .body = R"({"apiVersion":"policy/v1beta1","kind":"Eviction",)"
                           R"("metadata":{"name":"web"}})"},
                  429);
  const base::WallTime now = base::system_clock().wall_now();
  recorder.appear_as(*issue_client(server.pki().cluster_ca, {.user = "nobody"}, now));
  recorder.record("forbidden", {.path = "/api/v1/nodes?limit=500"}, 403);
  recorder.appear_as(*issue_client(server.pki().cluster_ca,
                                   {.user = "mexosagent", .groups = {"system:masters"}},
                                   now + std::chrono::hours(1)));
  recorder.record("not_yet_valid", {.path = "/api/v1/nodes?limit=500"}, 401);
  recorder.appear_as(server.pki().agent);
}

RecordedRequest watch_from(const std::string& version) {
  return {.path = fmt::format("/api/v1/nodes?watch=1&allowWatchBookmarks=true&resourceVersion={}&"
                              "timeoutSeconds=10",
                              version)};
}

// A watch that sees a node come, change and go, a bookmark, and the end that the server makes.
void record_watch(const Recorder& recorder, Client& client, const std::string& version) {
  std::string answer;
  std::thread watching([&] { answer = recorder.ask(watch_from(version), "watch"); });
  check(apply_manifests(client, "{apiVersion: v1, kind: Node, metadata: {name: node-4}}\n",
                        a_minute()));
  check(set_schedulable(client, "node-4", false, a_minute()));
  check(set_schedulable(client, "node-2", false, a_minute()));
  check(delete_node(client, "node-4", a_minute()));
  watching.join();
  recorder.keep("watch", answer, 200);
}

// A watch whose server dies, and what the next server says of a version before its time.
void record_a_death(const Recorder& recorder, LiveControlPlane& server, Client& client) {
  const std::string version = list_nodes(client, a_minute())->resource_version;
  std::string answer;
  std::thread watching([&] { answer = recorder.ask(watch_from(version), "watch"); });
  check(set_schedulable(client, "node-3", false, a_minute()));
  while (recorder.so_far("watch").find("node-3") == std::string::npos) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  server.kill_api_server();
  watching.join();
  recorder.keep("watch_cut", answer, 200);
  server.start_api_server();
  check(server.wait_until_ready());
  recorder.record("watch_gone", watch_from("1"), 200);
}

// etcd forgets what the next page would have to be consistent with.
void record_a_lost_page(const Recorder& recorder, const LiveControlPlane& server,
                        const std::string& token) {
  const auto etcd = [&](const char* path, const std::string& body) {
    const Outcome outcome = run(
        fmt::format("curl -sSf --noproxy '*' {}/v3/kv/{} -d '{}'", server.etcd_url(), path, body));
    MEX_CHECK(outcome.exit_code == 0, outcome.output);
    return json::parse(outcome.output, nullptr, false);
  };
  const json seen = etcd("range", R"({"key":"AA=="})");
  const std::string revision = text_at(member(seen, "header"), "revision");
  etcd("compaction", fmt::format(R"({{"revision":"{}","physical":true}})", revision));
  recorder.record("page_gone", {.path = "/api/v1/nodes?limit=2&continue=" + token}, 410);
}

void record_one_server(const std::string& directory) {
  LiveControlPlane server;
  Recorder recorder(server, directory);
  record_the_start(recorder);
  Client client(server.options());
  make_objects(client);
  const std::string nodes = recorder.record("nodes", {.path = "/api/v1/nodes?limit=500"}, 200);
  const std::string page = recorder.record("first_page", {.path = "/api/v1/nodes?limit=2"}, 200);
  record_refusals(recorder, server);
  record_watch(recorder, client, text_at(member(body_of(nodes), "metadata"), "resourceVersion"));
  record_a_lost_page(recorder, server, text_at(member(body_of(page), "metadata"), "continue"));
  record_a_death(recorder, server, client);
}

// One that takes one request at a time, which administrators are exempt from.
void record_a_busy_server(const std::string& directory) {
  const LiveControlPlane server({"--enable-priority-and-fairness=false",
                                 "--max-requests-inflight=1",
                                 "--max-mutating-requests-inflight=1"});
  Recorder recorder(server, directory);
  check(server.wait_until_ready());
  recorder.appear_as(
      *issue_client(server.pki().cluster_ca, {.user = "nobody"}, base::system_clock().wall_now()));
  for (int round = 0; round < 20; ++round) {
    for (const std::string& answer : recorder.ask_at_once({.path = "/openapi/v2"}, 20)) {
      if (!answer.starts_with("HTTP/1.1 429 ")) continue;
      recorder.keep("too_many_requests", answer, 429);
      return;
    }
  }
  MEX_CHECK(false, "the server was never busy");
}

}  // namespace
}  // namespace mex::kubernetes::testing

int main(int argc, char** argv) {
  MEX_CHECK(argc == 2, "usage: kubernetes_record DIRECTORY");
  mex::kubernetes::testing::record_one_server(argv[1]);
  mex::kubernetes::testing::record_a_busy_server(argv[1]);
  return 0;
}
