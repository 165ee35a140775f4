#include "nginx/runtime/status_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <charconv>

#include "http_client/scripted_server.h"

namespace mex::nginx {
namespace {

TEST(StatusPageTest, ReadsTheCounts) {
  const auto counts = parse_counts(
      "Active connections: 3 \nserver accepts handled requests\n 5 4 7 \nReading: 0 Writing: 1 "
      "Waiting: 2 \n");
  ASSERT_TRUE(counts.ok()) << counts.status();
  EXPECT_EQ(counts->active, 3U);
  EXPECT_EQ(counts->accepted, 5U);
  EXPECT_EQ(counts->handled, 4U);
  EXPECT_EQ(counts->requests, 7U);
}

TEST(StatusPageTest, RefusesWhatIsSomethingElse) {
  for (const char* text : {"", "Active connections: 3", "hello 1 2 3 4",
                           "Active connections: 99999999999999999999999 1 2 3"}) {
    EXPECT_TRUE(absl::IsDataLoss(parse_counts(text).status())) << text;
  }
}

std::uint16_t port_of(const http_client::ScriptedServer& server) {
  const std::string url = server.url();
  std::uint16_t port = 0;
  const std::size_t colon = url.rfind(':');
  std::from_chars(url.data() + colon + 1, url.data() + url.size(), port);
  return port;
}

TEST(StatusPageTest, AsksTheServer) {
  http_client::ScriptedServer server([](const auto& seen) {
    if (seen.target == "/generation") {
      return http_client::ScriptedServer::Reaction{http_client::http_answer(200, "g1")};
    }
    return http_client::ScriptedServer::Reaction{http_client::http_answer(404, "")};
  });
  const StatusPage page = StatusPage::at_port(port_of(server));
  EXPECT_EQ(page.generation().value(), "g1");
  EXPECT_TRUE(absl::IsUnavailable(page.counts().status()));
}

TEST(StatusPageTest, NobodyThere) {
  EXPECT_FALSE(StatusPage::in_directory("/nowhere").generation().ok());
}

}  // namespace
}  // namespace mex::nginx
