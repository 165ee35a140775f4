#include "nginx/reconcile/port_clash.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"
#include "nginx/model/testing.h"
#include "nginx/render/testing.h"

namespace mex::nginx {
namespace {

using ::testing::HasSubstr;
using testing::instance;
using testing::resolved;
using testing::tcp;
using testing::three_ports;
using testing::udp;

RenderContext context() {
  RenderContext result;
  result.local_addresses = {"10.0.0.1", "127.0.0.1"};
  return result;
}

Listener listener(const char* address, bool is_udp = false) {
  return {net::Address::parse(address).value(), is_udp};
}

void expect_clash(const absl::Status& status, const char* field, const char* text) {
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists) << status;
  EXPECT_EQ(base::detail_of(status).field, field);
  EXPECT_THAT(std::string(base::message_of(status)), HasSubstr(text));
}

TEST(PortClashTest, FreePortsAreFree) {
  const TakenPorts taken{.reserved = {{443, "x"}},
                         .instances = {},
                         .listeners = {listener("127.0.0.1:80"), listener("127.0.0.1:7777", true)}};
  EXPECT_TRUE(check_ports_free(resolved(three_ports()), nullptr, context(), taken).ok());
}

TEST(PortClashTest, WithTheAgentItself) {
  const TakenPorts taken{
      .reserved = {{7777, "the agent's REST API"}}, .instances = {}, .listeners = {}};
  expect_clash(check_ports_free(resolved(three_ports()), nullptr, context(), taken),
               "ports[1].external", "TCP port 7777 is the agent's REST API");
}

TEST(PortClashTest, WithAnotherInstance) {
  const Instance other = instance("other", {udp(6666, "10.0.0.9:1")});
  const TakenPorts taken{.reserved = {}, .instances = {&other}, .listeners = {}};
  expect_clash(check_ports_free(resolved(three_ports()), nullptr, context(), taken),
               "ports[2].external", "UDP port 6666 belongs to the instance other");
}

TEST(PortClashTest, WithAnInstanceWhoseRecordCannotBeRead) {
  const TakenPorts taken{.reserved = {},
                         .instances = {},
                         .unreadable = {{6666, "cut-nginx-lbproxy"}},
                         .listeners = {}};
  expect_clash(check_ports_free(resolved(three_ports()), nullptr, context(), taken),
               "ports[2].external",
               "UDP port 6666 belongs to cut-nginx-lbproxy, whose record cannot be read");
}

TEST(PortClashTest, WithWhoeverListens) {
  for (const char* address : {"127.0.0.1:7777", "[::1]:7777", ":7777", "10.0.0.1:7777"}) {
    const TakenPorts taken{.reserved = {}, .instances = {}, .listeners = {listener(address)}};
    expect_clash(check_ports_free(resolved(three_ports()), nullptr, context(), taken),
                 "ports[1].external", "is in use on this machine");
  }
}

TEST(PortClashTest, OwnPortsAreNoClash) {
  const Instance previous = three_ports();
  const TakenPorts taken{
      .reserved = {}, .instances = {&previous}, .listeners = {listener("0.0.0.0:7777")}};
  EXPECT_TRUE(check_ports_free(resolved(three_ports()), &previous, context(), taken).ok());
}

TEST(PortClashTest, AnOriginOfTheSameNumberIsNone) {
  const Instance same = instance("a", {tcp(7777, "127.0.0.1:7777")});
  TakenPorts taken{.reserved = {}, .instances = {}, .listeners = {listener("127.0.0.1:7777")}};
  EXPECT_TRUE(check_ports_free(resolved(same), nullptr, context(), taken).ok());
  for (const char* address : {":7777", "10.0.0.1:7777"}) {
    taken.listeners = {listener(address)};
    expect_clash(check_ports_free(resolved(same), nullptr, context(), taken), "ports[0].external",
                 "is in use");
  }
}

TEST(PortClashTest, AMachineWithoutAnAddressLeft) {
  const Instance same = instance("a", {tcp(7777, "127.0.0.1:7777")});
  RenderContext result;
  result.local_addresses = {"127.0.0.1"};
  const absl::Status status = check_ports_free(resolved(same), nullptr, result, {});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
}

}  // namespace
}  // namespace mex::nginx
