#include "openstack/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <thread>

#include "base/status.h"
#include "openstack/error.h"
#include "openstack/glance.h"
#include "openstack/live/live_cloud.h"
#include "openstack/neutron.h"
#include "openstack/nova.h"

namespace mex::openstack {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using Reaction = http_client::ScriptedServer::Reaction;
using Seen = http_client::ScriptedServer::Seen;
using Then = http_client::ScriptedServer::Then;

Session::Options quick() {
  Session::Options options;
  options.backoff.first = std::chrono::milliseconds(1);
  return options;
}

// An answer whose catalog names `to` where it named `from`, with its length put right.
std::string with_address(const std::string& answer, const std::string& from,
                         const std::string& to) {
  const std::size_t body = answer.find("\r\n\r\n") + 4;
  const std::string changed = std::regex_replace(answer.substr(body), std::regex(from), to);
  const std::regex length("Content-Length: [0-9]+");
  return std::regex_replace(answer.substr(0, body), length,
                            "Content-Length: " + std::to_string(changed.size())) +
         changed;
}

// A session whose calls of Neutron go through a relay with `script`.
struct RelayedNetwork {
  explicit RelayedNetwork(Relay::Script script)
      : address(live_address(Service::Network)),
        network(address, std::move(script)),
        identity(address_of(live_config().auth_url),
                 [this](const Seen&, const Relay::Forward& forward) {
                   return Reaction{.bytes = with_address(forward(), address, network.url()),
                                   .then = Then::KeepOpen};
                 }),
        session(relayed_config(), quick()),
        neutron(session) {}

  CloudConfig relayed_config() const {
    CloudConfig config = live_config();
    config.auth_url = identity.url("/v3");
    return config;
  }

  std::string address;
  Relay network;
  Relay identity;
  Session session;
  Neutron neutron;
};

CloudConfig with_secret(CloudConfig config, base::Secret secret) {
  if (auto* const login = std::get_if<PasswordLogin>(&config.login)) {
    login->password = std::move(secret);
  } else {
    std::get<ApplicationCredential>(config.login).secret = std::move(secret);
  }
  return config;
}

TEST(LiveSessionTest, LogsIn) {
  Session session(live_config());
  ASSERT_TRUE(session.log_in(live_context()).ok());
  const auto project = session.project_id(live_context());
  ASSERT_TRUE(project.ok());
  EXPECT_THAT(*project, SizeIs(32));
}

TEST(LiveSessionTest, AWrongPasswordIsAClearReason) {
  const CloudConfig config = with_secret(live_config(), base::Secret("not-it"));
  Session session(config);
  const absl::Status status = session.log_in(live_context());
  EXPECT_TRUE(absl::IsUnauthenticated(status)) << status;
  EXPECT_THAT(base::message_of(status), HasSubstr("log in at " + config.auth_url));
  EXPECT_THAT(base::message_of(status), HasSubstr("requires authentication"));
  EXPECT_THAT(base::message_of(status), Not(HasSubstr("not-it")));
  EXPECT_THAT(base::detail_of(status).request_id, ::testing::StartsWith("req-"));
  EXPECT_FALSE(outcome_unknown(status));
}

TEST(LiveSessionTest, AnUnknownProjectIsAClearReason) {
  CloudConfig config = live_config();
  if (!std::holds_alternative<PasswordLogin>(config.login)) {
    GTEST_SKIP() << "an application credential names no project";
  }
  PasswordLogin login = std::get<PasswordLogin>(config.login);
  login.project_id.clear();
  login.project_name = "no-such-project";
  config.login = login;
  Session session(config);
  const absl::Status status = session.log_in(live_context());
  EXPECT_TRUE(absl::IsUnauthenticated(status)) << status;
  EXPECT_THAT(base::message_of(status), HasSubstr("no-such-project"));
}

TEST(LiveSessionTest, AnAddressWithoutKeystoneIsAClearReason) {
  CloudConfig config = live_config();
  config.auth_url = address_of(config.auth_url) + "/elsewhere/v3";
  Session session(config);
  const absl::Status status = session.log_in(live_context());
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(base::message_of(status), HasSubstr("OS_AUTH_URL"));
}

TEST(LiveSessionTest, ARegionThatIsNotThereIsAClearReason) {
  CloudConfig config = live_config();
  config.region = "Atlantis";
  Session session(config);
  const auto flavors = Nova(session).list_flavors(live_context());
  EXPECT_TRUE(absl::IsFailedPrecondition(flavors.status())) << flavors.status();
  EXPECT_THAT(base::message_of(flavors.status()), HasSubstr("Atlantis"));
  EXPECT_THAT(base::message_of(flavors.status()), HasSubstr("OS_REGION_NAME"));
}

TEST(LiveSessionTest, AllInterfacesOfTheCatalogWork) {
  for (const Interface interface : {Interface::Public, Interface::Internal, Interface::Admin}) {
    CloudConfig config = live_config();
    config.interface = interface;
    Session session(config);
    EXPECT_TRUE(Nova(session).list_flavors(live_context()).ok());
    EXPECT_TRUE(Neutron(session).has_extension("router", live_context()).ok());
    EXPECT_TRUE(Glance(session).list_images(live_context()).ok());
  }
}

TEST(LiveSessionTest, ManyThreadsShareOneLogin) {
  Relay identity(address_of(live_config().auth_url),
                 [](const Seen&, const Relay::Forward& forward) {
                   return Reaction{.bytes = forward(), .then = Then::KeepOpen};
                 });
  CloudConfig config = live_config();
  config.auth_url = identity.url("/v3");
  Session session(config);
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] { EXPECT_TRUE(Glance(session).list_images(live_context()).ok()); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(identity.server().count("POST", "/v3/auth/tokens"), 1U);
}

TEST(LiveSessionTest, ARevokedTokenIsRenewedAndTheCallGoesThrough) {
  std::string token;
  Relay identity(address_of(live_config().auth_url),
                 [&](const Seen&, const Relay::Forward& forward) {
                   const std::string answer = forward();
                   std::smatch match;
                   std::regex_search(answer, match, std::regex("X-Subject-Token: (\\S+)"));
                   token = match[1];
                   return Reaction{.bytes = answer, .then = Then::KeepOpen};
                 });
  CloudConfig config = live_config();
  config.auth_url = identity.url("/v3");
  Session session(config);
  ASSERT_TRUE(session.log_in(live_context()).ok());
  http_client::Request revoke;
  revoke.method = "DELETE";
  revoke.url = live_config().auth_url + "/auth/tokens";
  revoke.headers = {{.name = "X-Auth-Token", .value = token},
                    {.name = "X-Subject-Token", .value = token}};
  revoke.limits.deadline = live_context().deadline;
  const auto revoked = http_client::Client({}).send(revoke);
  ASSERT_TRUE(revoked.ok() && revoked->status == 204);

  CallTrace trace;
  const auto flavors = Nova(session).list_flavors(live_context(&trace));
  ASSERT_TRUE(flavors.ok()) << flavors.status();
  EXPECT_THAT(*flavors, Not(IsEmpty()));
  EXPECT_EQ(identity.server().count("POST", "/v3/auth/tokens"), 2U);
  EXPECT_GE(trace.attempts, 3);  // refused, log-in, repeated
}

TEST(LiveSessionTest, ALostAnswerOfACreationIsReportedAndNotRepeated) {
  RelayedNetwork relayed([](const Seen& request, const Relay::Forward& forward) {
    const std::string answer = forward();
    const bool lose = request.method == "POST";
    return Reaction{.bytes = lose ? "" : answer, .then = lose ? Then::Close : Then::KeepOpen};
  });
  const std::string name = unique_name();
  const auto made =
      relayed.neutron.create_network({.name = name, .description = name}, live_context());
  EXPECT_TRUE(absl::IsUnavailable(made.status())) << made.status();
  EXPECT_TRUE(outcome_unknown(made.status()));
  EXPECT_THAT(base::detail_of(made.status()).request_id, ::testing::StartsWith("req-"));
  NeutronFilter filter;
  filter.description = name;
  const auto found = relayed.neutron.list_networks(filter, live_context());
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_THAT(*found, SizeIs(1));
  EXPECT_TRUE(relayed.neutron.delete_network(found->front().id, live_context()).ok());
}

TEST(LiveSessionTest, AServiceThatTurnsUsAwayIsAskedAgain) {
  int turned_away = 0;
  RelayedNetwork relayed([&](const Seen& request, const Relay::Forward& forward) {
    if (request.method != "POST" || ++turned_away > 2) {
      return Reaction{.bytes = forward(), .then = Then::KeepOpen};
    }
    return Reaction{.bytes = http_client::http_answer(503, "busy", "Retry-After: 0\r\n"),
                    .then = Then::KeepOpen};
  });
  const std::string name = unique_name();
  CallTrace trace;
  const auto made =
      relayed.neutron.create_network({.name = name, .description = name}, live_context(&trace));
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_TRUE(relayed.neutron.delete_network(made->id, live_context()).ok());
  EXPECT_EQ(trace.attempts, 5);  // log-in, extensions, twice turned away, made
}

TEST(LiveSessionTest, ALostAnswerOfADeletionIsRepeatedAndGoneIsFine) {
  int deletions = 0;
  RelayedNetwork relayed([&](const Seen& request, const Relay::Forward& forward) {
    const std::string answer = forward();
    const bool lose = request.method == "DELETE" && ++deletions == 1;
    return Reaction{.bytes = lose ? "" : answer, .then = lose ? Then::Close : Then::KeepOpen};
  });
  const std::string name = unique_name();
  const auto made =
      relayed.neutron.create_network({.name = name, .description = name}, live_context());
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_TRUE(relayed.neutron.delete_network(made->id, live_context()).ok());
  EXPECT_EQ(deletions, 2);
  EXPECT_TRUE(absl::IsNotFound(relayed.neutron.get_network(made->id, live_context()).status()));
}

TEST(LiveSessionTest, AServiceThatIsAwayAtFirstIsWaitedFor) {
  int answers = 0;
  RelayedNetwork relayed([&](const Seen&, const Relay::Forward& forward) {
    if (++answers <= 2) return Reaction{.bytes = "", .then = Then::Close};
    return Reaction{.bytes = forward(), .then = Then::KeepOpen};
  });
  EXPECT_TRUE(relayed.neutron.has_extension("router", live_context()).ok());
}

}  // namespace
}  // namespace mex::openstack
