// What a real kube-apiserver said (record_answers.cc), replayed byte by byte.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/status.h"
#include "kubernetes/health.h"
#include "kubernetes/node.h"
#include "kubernetes/testing/test_api.h"
#include "kubernetes/watch.h"

namespace mex::kubernetes {
namespace {

using namespace testing;  // NOLINT: the test's vocabulary
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string recorded(const std::string& name) {
  auto bytes = base::read_file(fmt::format("{}/{}.http", MEX_RECORDED, name));
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  return bytes.ok() ? *bytes : std::string();
}

std::vector<std::string> names_of(const std::vector<Node>& nodes) {
  std::vector<std::string> names;
  for (const Node& node : nodes) names.push_back(node.name);
  return names;
}

TEST(RecordedTest, NodesAreRead) {
  ScriptedServer server([](const Seen&) { return Reaction{.bytes = recorded("nodes")}; });
  Client client(options_for(server));
  const auto list = list_nodes(client, a_minute());
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_THAT(names_of(list->nodes), ElementsAre("node-1", "node-2", "node-3"));
  const Node& first = list->nodes[0];
  EXPECT_TRUE(first.ready());
  EXPECT_EQ(first.condition("Ready")->message, "kubelet is posting ready status");
  EXPECT_EQ(first.internal_address, "10.101.7.10");
  EXPECT_EQ(first.kubelet_version, "v1.20.2");
  EXPECT_EQ(first.labels.at("tier"), "edge");
  EXPECT_FALSE(list->nodes[1].ready());
}

TEST(RecordedTest, AServerThatIsStartingSaysWhatItWaitsFor) {
  std::string name = "starting";
  ScriptedServer server([&](const Seen&) { return Reaction{.bytes = recorded(name)}; });
  Client client(options_for(server));
  const auto health = read_health(client, a_minute());
  ASSERT_TRUE(health.ok()) << health.status();
  EXPECT_FALSE(health->ready);
  EXPECT_THAT(health->failing, Contains("poststarthook/rbac/bootstrap-roles: reason withheld"));
  name = "ready";
  EXPECT_TRUE(read_health(client, a_minute())->ready);
}

struct Refusal {
  const char* recording;
  absl::StatusCode code;
  const char* reason;
  const char* text;
};

TEST(RecordedTest, RefusalsComeWithTheirReasonAndWords) {
  using Code = absl::StatusCode;
  for (const Refusal& row : {
           Refusal{"conflict", Code::kAborted, "Conflict", "the object has been modified"},
           Refusal{"already_exists", Code::kAlreadyExists, "AlreadyExists",
                   "configmaps \"there\" already exists"},
           Refusal{"apply_conflict", Code::kAborted, "Conflict",
                   "Apply failed with 1 conflict: conflict with \"mexosagent\": .data.k (HTTP"},
           Refusal{"invalid", Code::kInvalidArgument, "Invalid",
                   "Pod \"cni\" is invalid: spec.containers: Required value (HTTP"},
           Refusal{"not_found", Code::kNotFound, "NotFound", "\"nowhere\" not found"},
           Refusal{"budget", Code::kResourceExhausted, "TooManyRequests",
                   "the pod's disruption budget. The disruption budget web "},
           Refusal{"too_many_requests", Code::kResourceExhausted, "",
                   "Too many requests, please try again later. (HTTP 429)"},
           Refusal{"forbidden", Code::kPermissionDenied, "Forbidden",
                   "User \"nobody\" cannot list resource \"nodes\""},
           Refusal{"not_yet_valid", Code::kUnauthenticated, "Unauthorized", "Unauthorized"},
           Refusal{"page_gone", Code::kOutOfRange, "Expired", "too old"},
       }) {
    ScriptedServer server([&](const Seen&) { return Reaction{.bytes = recorded(row.recording)}; });
    Client client(options_for(server));
    const absl::Status status =
        client.call({.what = "the call", .path = "/x"}, a_minute()).status();
    EXPECT_EQ(status.code(), row.code) << row.recording << ": " << status;
    EXPECT_EQ(base::detail_of(status).cloud_code, row.reason);
    EXPECT_THAT(base::message_of(status), HasSubstr(row.text));
  }
}

TEST(RecordedTest, AListWhoseNextPageIsGoneBeginsAnew) {
  int lists = 0;
  ScriptedServer server([&](const Seen& seen) {
    if (seen.target.find("continue=") != std::string::npos) {
      return Reaction{.bytes = recorded("page_gone")};
    }
    return Reaction{.bytes = recorded(++lists == 1 ? "first_page" : "nodes")};
  });
  Client client(options_for(server));
  const auto list = list_nodes(client, a_minute());
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_THAT(names_of(list->nodes), ElementsAre("node-1", "node-2", "node-3"));
  EXPECT_EQ(lists, 2);
}

// The events of a recorded watch, for a server that goes on where it is asked to.
class RecordedWatch {
 public:
  explicit RecordedWatch(const std::string& bytes) {
    const std::size_t body = bytes.find("\r\n\r\n") + 4;
    head_ = bytes.substr(0, body);
    std::string lines;
    for (std::size_t at = body; at < bytes.size();) {
      const std::size_t size = std::stoul(bytes.substr(at), nullptr, 16);
      const std::size_t data = bytes.find("\r\n", at) + 2;
      lines += bytes.substr(data, size);
      at = data + size + 2;
    }
    for (std::size_t begin = 0, end = 0; (end = lines.find('\n', begin)) != std::string::npos;
         begin = end + 1) {
      events_.push_back(lines.substr(begin, end + 1 - begin));
    }
  }

  // With the events that are later than the version in `target`.
  std::string answer_to(const std::string& target) const {
    const std::string name = "resourceVersion=";
    const int version = std::stoi(target.substr(target.find(name) + name.size()));
    std::string bytes = head_;
    for (const std::string& event : events_) {
      if (version_of(event) > version) bytes += fmt::format("{:x}\r\n{}\r\n", event.size(), event);
    }
    return bytes + "0\r\n\r\n";
  }

 private:
  static int version_of(const std::string& event) {
    const auto object = nlohmann::json::parse(event)["object"];
    return std::stoi(object["metadata"]["resourceVersion"].get<std::string>());
  }

  std::string head_;
  std::vector<std::string> events_;
};

std::string text_of(const WatchEvent& event) {
  if (event.type == WatchEvent::Type::Restarted) return "R";
  const std::string name = event.object["metadata"]["name"];
  const char* const type = event.type == WatchEvent::Type::Added      ? "A "
                           : event.type == WatchEvent::Type::Modified ? "M "
                                                                      : "D ";
  return type + name;
}

// So many events; a watch may say once that the server was lost, and then goes on.
std::vector<std::string> events_of(Watch& watch, std::size_t count) {
  std::vector<std::string> events;
  int losses = 0;
  while (events.size() < count && losses < 2) {
    const auto event = watch.next(a_minute());
    if (event.ok() && event->has_value()) {
      events.push_back(text_of(**event));
    } else {
      ++losses;
    }
  }
  return events;
}

TEST(RecordedWatchTest, EveryEventComesOnceWhereverTheAnswerIsCut) {
  const std::string nodes = recorded("nodes");
  const std::string whole = recorded("watch");
  const RecordedWatch recording(whole);
  constexpr std::size_t kStep = 61;
  for (std::size_t cut = 0; cut < whole.size(); cut += kStep) {
    bool is_cut = false;
    ScriptedServer server([&](const Seen& seen) {
      if (seen.target.find("watch=1") == std::string::npos) return Reaction{.bytes = nodes};
      if (std::exchange(is_cut, true)) return Reaction{.bytes = recording.answer_to(seen.target)};
      return Reaction{.bytes = whole.substr(0, cut), .then = Then::Close};
    });
    Client client(options_for(server));
    Watch watch(client, "/api/v1/nodes");
    EXPECT_THAT(events_of(watch, 8), ElementsAre("R", "A node-1", "A node-2", "A node-3",
                                                 "A node-4", "M node-4", "M node-2", "D node-4"))
        << "cut after " << cut << " bytes";
  }
}

// The nodes, then a server that dies after one event, then one that began after it.
TEST(RecordedWatchTest, AServerThatDiedIsAskedForWhatFollowsAndTheNextBeginsAnew) {
  std::vector<std::string> watches = {recorded("watch_cut"), recorded("watch_gone")};
  std::size_t next = 0;
  ScriptedServer server([&](const Seen& seen) {
    if (seen.target.find("watch=1") == std::string::npos) {
      return Reaction{.bytes = recorded("nodes")};
    }
    if (next == watches.size()) return Reaction{.bytes = "", .then = Then::Hang};
    return Reaction{.bytes = watches[next++], .then = next == 1 ? Then::Close : Then::KeepOpen};
  });
  Client client(options_for(server));
  Watch watch(client, "/api/v1/nodes");
  EXPECT_THAT(events_of(watch, 9), ElementsAre("R", "A node-1", "A node-2", "A node-3", "M node-3",
                                               "R", "A node-1", "A node-2", "A node-3"));
  const std::string& cut = watches[0];
  const std::size_t event = cut.find('{');
  const auto seen = nlohmann::json::parse(cut.substr(event, cut.find('\n', event) - event));
  const std::string version = seen["object"]["metadata"]["resourceVersion"];
  EXPECT_EQ(server.count("GET", "&resourceVersion=" + version + "&"), 1U);
}

}  // namespace
}  // namespace mex::kubernetes
