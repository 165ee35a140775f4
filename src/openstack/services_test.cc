#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "http_client/scripted_server.h"
#include "openstack/error.h"
#include "openstack/neutron.h"
#include "openstack/nova.h"
#include "openstack/session.h"

namespace mex::openstack {
namespace {

using http_client::http_answer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using Seen = http_client::ScriptedServer::Seen;

// Answers that real services do not give, or not on command: broken ones, endless lists, extensions
// that are there or not.
class ServicesTest : public ::testing::Test {
 protected:
  http_client::ScriptedServer::Reaction react(const Seen& request) {
    if (request.target != "/v3/auth/tokens") {
      return {.bytes = answer_(request), .then = http_client::ScriptedServer::Then::KeepOpen};
    }
    const std::string url = "http://" + request.headers.at("host");
    const std::string endpoint =
        R"("endpoints": [{"interface": "public", "region": "one", "url": ")" + url + "\"}]";
    return {.bytes = http_answer(201,
                                 R"({"token": {"issued_at": "2026-11-22T13:00:00Z",
            "expires_at": "2026-11-22T14:00:00Z", "project": {"id": "p1"},
            "catalog": [{"type": "network", )" +
                                     endpoint + R"(}, {"type": "compute", )" + endpoint + "}]}}",
                                 "X-Subject-Token: t\r\n"),
            .then = http_client::ScriptedServer::Then::KeepOpen};
  }

  CloudConfig config() const {
    PasswordLogin login;
    login.user_name = "demo";
    login.password = base::Secret("p");
    CloudConfig config;
    config.auth_url = server_.url("/v3");
    config.login = login;
    return config;
  }

  static CallContext context() {
    return {{.deadline = base::system_clock().steady_now() + std::chrono::minutes(1)}};
  }

  static NewPort port(const std::string& tag) {
    NewPort port;
    port.network_id = "n";
    port.tags = {tag};
    return port;
  }

  // Neutron with an extension list, that makes two ports in bulk and then does `tagging`.
  void neutron_with(const std::string& extension, int tagging) {
    answer_ = [=](const Seen& request) {
      if (request.target.ends_with("/extensions")) {
        return http_answer(200, R"({"extensions": [{"alias": ")" + extension + "\"}]}");
      }
      if (request.target.ends_with("/tags")) return http_answer(tagging, "{}");
      return http_answer(
          201, R"({"ports": [{"id": "p1", "network_id": "n"}, {"id": "p2", "network_id": "n"}]})");
    };
  }

  std::function<std::string(const Seen&)> answer_;
  http_client::ScriptedServer server_{[this](const Seen& request) { return react(request); }};
  Session session_{config()};
  Neutron neutron_{session_};
  Nova nova_{session_};
};

TEST_F(ServicesTest, TagsTravelWithThePortsWhereNeutronTakesThem) {
  neutron_with("tag-ports-during-bulk-creation", 200);
  const auto ports = neutron_.create_ports({port("a"), port("b")}, context());
  ASSERT_TRUE(ports.ok()) << ports.status();
  EXPECT_THAT(*ports, SizeIs(2));
  EXPECT_THAT(server_.seen().back().body, HasSubstr(R"("tags":["b"])"));
  EXPECT_EQ(server_.count("PUT"), 0U);
  ASSERT_TRUE(neutron_.create_ports({port("a"), port("b")}, context()).ok());
  EXPECT_EQ(server_.count("GET", "/extensions"), 1U) << "the list is kept";
}

TEST_F(ServicesTest, ElsewhereTheyFollowOneByOne) {
  neutron_with("router", 200);
  const auto ports = neutron_.create_ports({port("a"), port("b")}, context());
  ASSERT_TRUE(ports.ok()) << ports.status();
  EXPECT_THAT(ports->at(1).tags, ElementsAre("b"));
  EXPECT_EQ(server_.count("PUT", "/v2.0/ports/p1/tags"), 1U);
  EXPECT_EQ(server_.count("PUT", "/v2.0/ports/p2/tags"), 1U);
}

TEST_F(ServicesTest, PortsWhoseTagsFailAreThereAllTheSame) {
  neutron_with("router", 403);
  const auto ports = neutron_.create_ports({port("a"), port("b")}, context());
  EXPECT_TRUE(absl::IsPermissionDenied(ports.status())) << ports.status();
  EXPECT_TRUE(outcome_unknown(ports.status()));
}

TEST_F(ServicesTest, NewNetworksFilterWhateverTheCloudsDefaultIs) {
  std::string extension = "port-security";
  answer_ = [&](const Seen& request) {
    if (request.target.ends_with("/extensions")) {
      return http_answer(200, R"({"extensions": [{"alias": ")" + extension + "\"}]}");
    }
    return http_answer(201, R"({"network": {"id": "n"}})");
  };
  ASSERT_TRUE(neutron_.create_network({.name = "n", .description = ""}, context()).ok());
  EXPECT_THAT(server_.seen().back().body, HasSubstr(R"("port_security_enabled":true)"));
  extension = "router";
  Neutron without(session_);
  ASSERT_TRUE(without.create_network({.name = "n", .description = ""}, context()).ok());
  EXPECT_THAT(server_.seen().back().body, Not(HasSubstr("port_security")));
}

TEST_F(ServicesTest, AVolumesTypeIsSaidAtTheVersionThatTakesIt) {
  answer_ = [](const Seen&) { return http_answer(202, R"({"server": {"id": "s"}})"); };
  NewServer server;
  server.name = "s";
  server.root_volume = {.size_gib = 20, .type = "ssd"};
  ASSERT_TRUE(nova_.create_server(server, context()).ok());
  EXPECT_EQ(server_.seen().back().headers.at("openstack-api-version"), "compute 2.67");
  server.root_volume->type.clear();
  ASSERT_TRUE(nova_.create_server(server, context()).ok());
  EXPECT_EQ(server_.seen().back().headers.at("openstack-api-version"), "compute 2.52");
}

TEST_F(ServicesTest, NothingToMakeIsNoCall) {
  EXPECT_TRUE(neutron_.create_ports({}, context())->empty());
  EXPECT_TRUE(neutron_.create_security_group_rules({}, context())->empty());
  EXPECT_TRUE(server_.seen().empty());
}

TEST_F(ServicesTest, ACreationWhoseAnswerMakesNoSenseHasAnUnknownOutcome) {
  for (const std::string body :
       {"[]", R"({"network": {}})", R"({"ports": [{"id": "p1", "network_id": "n"}]})",
        R"({"ports": [{"id": 7}, {"id": 8}]})", R"({"server": {"id": 7}})"}) {
    answer_ = [&](const Seen& request) {
      const bool extensions = request.target.ends_with("/extensions");
      return http_answer(200, extensions ? R"({"extensions": []})" : body);
    };
    const std::vector<absl::Status> results = {
        neutron_.create_network({.name = "n", .description = ""}, context()).status(),
        neutron_.create_ports({port("a"), port("b")}, context()).status(),
        nova_.create_server(NewServer(), context()).status()};
    for (const absl::Status& status : results) {
      EXPECT_TRUE(absl::IsInternal(status)) << body << status;
      EXPECT_TRUE(outcome_unknown(status)) << body << status;
    }
  }
}

TEST_F(ServicesTest, AListThatNeverEndsIsGivenUp) {
  answer_ = [](const Seen&) {
    return http_answer(200, R"({"networks": [{"id": "same"}],
                                "networks_links": [{"rel": "next", "href": "http://x/"}]})");
  };
  const auto networks = neutron_.list_networks({}, context());
  EXPECT_TRUE(absl::IsInternal(networks.status())) << networks.status();
  EXPECT_THAT(base::message_of(networks.status()), HasSubstr("again and again"));
}

TEST_F(ServicesTest, PagesFollowTheMarkerAndNotTheLink) {
  answer_ = [](const Seen& request) {
    const bool last = request.target.find("marker=a%2F1") != std::string::npos;
    return last ? http_answer(200, R"({"networks": [{"id": "b"}]})")
                : http_answer(200, R"({"networks": [{"id": "a/1"}], "networks_links":
                      [7, {"rel": "previous"}, {"rel": "next", "href": "http://wrong.example/"}]})");
  };
  const auto networks = neutron_.list_networks({}, context());
  ASSERT_TRUE(networks.ok()) << networks.status();
  EXPECT_THAT(*networks, SizeIs(2));
}

// The symptom: a proxy that answers 404 for all of Nova ends a create with "there is no flavor".
TEST_F(ServicesTest, AListThatItsServiceDoesNotKnowIsAnOutage) {
  answer_ = [](const Seen&) { return http_answer(404, R"({"itemNotFound": {"message": "no"}})"); };
  EXPECT_TRUE(absl::IsUnavailable(nova_.list_servers({}, context()).status()));
  EXPECT_TRUE(absl::IsUnavailable(nova_.list_server_groups(context()).status()));
  EXPECT_TRUE(absl::IsUnavailable(neutron_.list_ports({}, context()).status()));
  const absl::Status flavor = nova_.find_flavor("m1.small", context()).status();
  EXPECT_TRUE(absl::IsUnavailable(flavor)) << flavor;
  EXPECT_THAT(base::message_of(flavor), HasSubstr("does not know its own list"));
  EXPECT_TRUE(absl::IsNotFound(nova_.get_server("s", context()).status()));
}

TEST_F(ServicesTest, ListsThatMakeNoSenseAreFaults) {
  for (const std::string body : {"7", R"({"networks": 7})", R"({"networks": [7]})"}) {
    answer_ = [&](const Seen&) { return http_answer(200, body); };
    EXPECT_TRUE(absl::IsInternal(neutron_.list_networks({}, context()).status())) << body;
  }
}

TEST_F(ServicesTest, TooMuchUserDataIsRefusedHere) {
  NewServer server;
  server.user_data.assign(kMaxUserDataBytes + 1, 'x');
  const auto id = nova_.create_server(server, context());
  EXPECT_TRUE(absl::IsInvalidArgument(id.status())) << id.status();
  EXPECT_TRUE(server_.seen().empty());
}

TEST_F(ServicesTest, AServerIsPutIntoItsGroupByAHintBesideIt) {
  answer_ = [](const Seen&) { return http_answer(202, R"({"server": {"id": "s1"}})"); };
  NewServer server;
  server.name = "n";
  ASSERT_TRUE(nova_.create_server(server, context()).ok());
  EXPECT_THAT(server_.seen().back().body, Not(HasSubstr("scheduler_hints")));
  server.server_group_id = "g1";
  ASSERT_TRUE(nova_.create_server(server, context()).ok());
  EXPECT_THAT(server_.seen().back().body, HasSubstr(R"("os:scheduler_hints":{"group":"g1"})"));
}

TEST_F(ServicesTest, ServerGroupsAreListedToTheLast) {
  answer_ = [](const Seen& request) {
    if (request.target.ends_with("offset=0")) {
      return http_answer(200, R"({"server_groups": [
          {"id": "1", "name": "a", "policies": ["anti-affinity"]}, {"id": "2", "name": "b"}]})");
    }
    if (request.target.ends_with("offset=2")) {
      return http_answer(200, R"({"server_groups": [{"id": "3", "name": "c"}]})");
    }
    return http_answer(200, R"({"server_groups": []})");
  };
  const auto groups = nova_.list_server_groups(context());
  ASSERT_TRUE(groups.ok()) << groups.status();
  ASSERT_THAT(*groups, SizeIs(3));
  EXPECT_EQ(groups->front().policy, "anti-affinity");
  EXPECT_EQ(groups->back().id, "3");
}

TEST_F(ServicesTest, AServerGroupIsMadeWithOnePolicy) {
  answer_ = [](const Seen&) {
    return http_answer(200, R"({"server_group": {"id": "g1", "name": "n"}})");
  };
  const auto id = nova_.create_server_group({.name = "n", .policy = "anti-affinity"}, context());
  ASSERT_TRUE(id.ok()) << id.status();
  EXPECT_EQ(*id, "g1");
  EXPECT_EQ(server_.seen().back().body,
            R"({"server_group":{"name":"n","policies":["anti-affinity"]}})");
  answer_ = [](const Seen&) { return http_answer(200, "{}"); };
  const auto odd = nova_.create_server_group({.name = "n", .policy = "anti-affinity"}, context());
  EXPECT_TRUE(outcome_unknown(odd.status())) << odd.status();
}

TEST_F(ServicesTest, AServerGroupThatIsGoneIsDeleted) {
  answer_ = [](const Seen&) { return http_answer(404, "{}"); };
  EXPECT_TRUE(nova_.delete_server_group("g1", context()).ok());
  EXPECT_TRUE(absl::IsNotFound(nova_.get_server_group("g1", context()).status()));
  EXPECT_TRUE(absl::IsNotFound(nova_.key_fingerprint("k", context()).status()));
}

TEST_F(ServicesTest, ANameIsFoundExactlyThoughNovaTakesAPattern) {
  answer_ = [](const Seen&) {
    return http_answer(200, R"({"servers": [{"id": "1", "name": "A.b"}, {"id": "2", "name": "a.b"},
                                            {"id": "3", "name": "a-b"}]})");
  };
  const auto servers = nova_.list_servers({.name = "a.b", .tags = {}}, context());
  ASSERT_TRUE(servers.ok()) << servers.status();
  ASSERT_THAT(*servers, SizeIs(1));
  EXPECT_EQ(servers->front().id, "2");
  EXPECT_THAT(server_.seen().back().target, HasSubstr("name=%5Ea%5C.b%24"));
  EXPECT_EQ(server_.seen().back().headers.at("openstack-api-version"), "compute 2.52");
}

}  // namespace
}  // namespace mex::openstack
