#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "base/status.h"
#include "openstack/image_choice.h"
#include "openstack/json_reader.h"
#include "openstack/listing.h"
#include "openstack/neutron_json.h"
#include "openstack/nova_json.h"

namespace mex::openstack {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(JsonReaderTest, ReadsWhatIsThere) {
  const json object = json::parse(
      R"({"t": "x", "b": true, "i": -7, "u": 7, "l": ["a", "b"], "o": {"k": 1}, "n": null})");
  JsonReader reader(object, "thing");
  EXPECT_EQ(reader.required_text("t"), "x");
  EXPECT_TRUE(reader.boolean("b"));
  EXPECT_EQ(reader.integer("i"), -7);
  EXPECT_EQ(reader.integer("u"), 7);
  EXPECT_THAT(reader.texts("l"), ElementsAre("a", "b"));
  EXPECT_EQ(reader.object("o").size(), 1U);
  for (const char* missing : {"n", "absent"}) {
    EXPECT_EQ(reader.text(missing), "");
    EXPECT_FALSE(reader.boolean(missing));
    EXPECT_EQ(reader.integer(missing), std::nullopt);
    EXPECT_TRUE(reader.texts(missing).empty());
    EXPECT_TRUE(reader.array(missing).is_array());
    EXPECT_TRUE(reader.object(missing).is_object());
  }
  EXPECT_TRUE(reader.status().ok()) << reader.status();
}

TEST(JsonReaderTest, TheFirstFaultIsRemembered) {
  const json object = json::parse(R"({"t": 1, "b": "yes", "i": 1.5, "l": [1], "o": []})");
  const auto fault = [&](auto read) {
    JsonReader reader(object, "thing");
    read(reader);
    EXPECT_TRUE(absl::IsInternal(reader.status()));
    return std::string(base::message_of(reader.status()));
  };
  EXPECT_EQ(fault([](JsonReader& r) { r.text("t"); }), "thing: 't' is not a string");
  EXPECT_EQ(fault([](JsonReader& r) { r.required_text("t"); }), "thing: 't' is not a string");
  EXPECT_EQ(fault([](JsonReader& r) { r.required_text("x"); }), "thing: 'x' is missing");
  EXPECT_EQ(fault([](JsonReader& r) { r.boolean("b"); }), "thing: 'b' is not true or false");
  EXPECT_EQ(fault([](JsonReader& r) { r.integer("i"); }), "thing: 'i' is not an integer");
  EXPECT_EQ(fault([](JsonReader& r) { r.texts("l"); }), "thing: 'l' is not a list of strings");
  EXPECT_EQ(fault([](JsonReader& r) { r.array("t"); }), "thing: 't' is not a list");
  EXPECT_EQ(fault([](JsonReader& r) { r.object("o"); }), "thing: 'o' is not an object");
  EXPECT_EQ(fault([](JsonReader& r) {
              r.object("o");
              r.text("t");
            }),
            "thing: 'o' is not an object");
}

TEST(JsonReaderTest, AnythingButAnObjectIsAFault) {
  for (const json& value : {json(), json(7), json("x"), json::array()}) {
    JsonReader reader(value, "thing");
    EXPECT_EQ(reader.text("t"), "");
    EXPECT_TRUE(absl::IsInternal(reader.status()));
  }
}

TEST(JsonReaderTest, ParsingNeverThrows) {
  json value;
  for (const std::string text : {"", "{", "nul", "{\"a\":\"\xff\"}", "[1,]", "{} x"}) {
    EXPECT_TRUE(absl::IsInternal(parse_json(text, value))) << text;
    EXPECT_TRUE(value.is_null());
  }
  EXPECT_TRUE(parse_json(std::string(100'000, '[') + std::string(100'000, ']'), value).ok());
  EXPECT_EQ(to_string(json{{"a", "\xff"}}), "{\"a\":\"\xef\xbf\xbd\"}");
}

TEST(NeutronJsonTest, PortsAsNeutronSendsThem) {
  const auto port = port_from_json(json::parse(R"({
      "id": "p1", "name": "n", "description": "d", "network_id": "net", "status": "DOWN",
      "mac_address": "fa:16:3e:00:00:01", "device_id": "", "device_owner": "",
      "fixed_ips": [{"subnet_id": "s1", "ip_address": "10.0.0.5"}],
      "security_groups": ["g1"], "tags": ["a"], "allowed_address_pairs": [], "extra": {"x": 1}})"));
  ASSERT_TRUE(port.ok()) << port.status();
  EXPECT_EQ(port->fixed_addresses.at(0).address, "10.0.0.5");
  EXPECT_THAT(port->security_group_ids, ElementsAre("g1"));
}

TEST(NeutronJsonTest, AFloatingAddressMayLeadNowhere) {
  const auto idle = floating_ip_from_json(json::parse(
      R"({"id": "f1", "floating_ip_address": "198.51.100.7", "fixed_ip_address": null,
          "port_id": null})"));
  ASSERT_TRUE(idle.ok()) << idle.status();
  EXPECT_EQ(idle->address, "198.51.100.7");
  EXPECT_EQ(idle->port_id, "");
  const auto used = floating_ip_from_json(json::parse(
      R"({"id": "f1", "floating_ip_address": "198.51.100.7", "fixed_ip_address": "10.0.0.5",
          "port_id": "p1"})"));
  ASSERT_TRUE(used.ok()) << used.status();
  EXPECT_EQ(used->fixed_address, "10.0.0.5");
  EXPECT_EQ(used->port_id, "p1");
}

TEST(NeutronJsonTest, ARouterWithoutGatewayHasNull) {
  const auto router =
      router_from_json(json::parse(R"({"id": "r1", "external_gateway_info": null})"));
  ASSERT_TRUE(router.ok()) << router.status();
  EXPECT_EQ(router->external_network_id, "");
}

TEST(NovaJsonTest, AServerThatBootsFromAVolumeTakesItAlongWhenItGoes) {
  NewServer server;
  server.name = "s";
  server.image_id = "i";
  server.flavor_id = "f";
  server.root_volume = {.size_gib = 20, .type = ""};
  const json plain = to_json(server);
  EXPECT_FALSE(plain.contains("imageRef"));
  EXPECT_EQ(plain["block_device_mapping_v2"], json::parse(R"([{"boot_index": 0, "uuid": "i",
      "source_type": "image", "destination_type": "volume", "volume_size": 20,
      "delete_on_termination": true}])"));
  server.root_volume->type = "ssd";
  EXPECT_EQ(to_json(server)["block_device_mapping_v2"][0]["volume_type"], "ssd");
}

TEST(NeutronJsonTest, WhatAnOldNeutronDoesNotSay) {
  const auto silent = network_from_json(json::parse(R"({"id": "n"})"));
  ASSERT_TRUE(silent.ok()) << silent.status();
  EXPECT_TRUE(silent->port_security);
  EXPECT_EQ(silent->mtu, 0);
  const auto open =
      network_from_json(json::parse(R"({"id": "n", "port_security_enabled": false, "mtu": 1450})"));
  ASSERT_TRUE(open.ok()) << open.status();
  EXPECT_FALSE(open->port_security);
  EXPECT_EQ(open->mtu, 1450);
  const auto subnet =
      subnet_from_json(json::parse(R"({"id": "s", "network_id": "n", "cidr": "192.0.2.0/24"})"));
  ASSERT_TRUE(subnet.ok()) << subnet.status();
  EXPECT_TRUE(subnet->dhcp);
}

TEST(NeutronJsonTest, ProtocolsAndPortsOfARuleMayBeNull) {
  const auto rule = rule_from_json(json::parse(R"({
      "id": "r1", "security_group_id": "g1", "direction": "egress", "ethertype": "IPv6",
      "protocol": null, "port_range_min": null, "port_range_max": null})"));
  ASSERT_TRUE(rule.ok()) << rule.status();
  EXPECT_EQ(rule->direction, Direction::Egress);
  EXPECT_EQ(rule->ether_type, EtherType::IPv6);
  EXPECT_EQ(rule->protocol, "");
  EXPECT_FALSE(rule->port_min.has_value());
}

TEST(NeutronJsonTest, QuotasAddWhatIsReserved) {
  const auto quotas = neutron_quotas_from_json(json::parse(R"({
      "port": {"limit": 10, "used": 3, "reserved": 2}, "network": {"limit": -1, "used": 0}})"));
  ASSERT_TRUE(quotas.ok()) << quotas.status();
  EXPECT_EQ(quotas->ports.limit, 10);
  EXPECT_EQ(quotas->ports.used, 5);
  EXPECT_EQ(quotas->routers.limit, -1);
}

TEST(NeutronJsonTest, WrongTypesAreFaultsAndNotCrashes) {
  EXPECT_FALSE(network_from_json(json::parse(R"({"id": 7})")).ok());
  EXPECT_FALSE(network_from_json(json::parse(R"({"id": "n", "subnets": [1]})")).ok());
  EXPECT_FALSE(subnet_from_json(json::parse(R"({"id": "s", "network_id": "n"})")).ok());
  EXPECT_FALSE(router_from_json(json::parse(R"({"id": "r", "external_gateway_info": 1})")).ok());
  EXPECT_FALSE(router_from_json(json::parse(R"({"id": "r", "external_gateway_info":
      {"external_fixed_ips": [7]}})"))
                   .ok());
  EXPECT_FALSE(security_group_from_json(json(nullptr)).ok());
  EXPECT_FALSE(rule_from_json(json::parse(R"({"id": "r", "security_group_id": "g",
      "direction": "ingress", "port_range_min": 70000})"))
                   .ok());
  EXPECT_FALSE(floating_ip_from_json(json::parse(R"({"id": "f"})")).ok());
  EXPECT_FALSE(port_from_json(json::parse(R"({"id": "p", "network_id": "n",
      "fixed_ips": [{"subnet_id": "s"}]})"))
                   .ok());
  EXPECT_FALSE(neutron_quotas_from_json(json::parse(R"({"port": {"limit": "ten"}})")).ok());
  EXPECT_FALSE(neutron_quotas_from_json(json::parse(R"({"port": 7})")).ok());
}

TEST(NeutronJsonTest, WhatIsNotGivenIsNotSent) {
  EXPECT_EQ(to_json(NewNetwork{}, false), json::object());
  EXPECT_EQ(to_json(NewNetwork{}, true), (json{{"port_security_enabled", true}}));
  EXPECT_EQ(to_json(NewRouter{.name = "r", .description = "", .external_network_id = ""}),
            (json{{"name", "r"}}));
  EXPECT_EQ(to_json(NewSecurityGroup{.name = "g", .description = ""}), (json{{"name", "g"}}));
  NewPort port;
  port.network_id = "n";
  EXPECT_EQ(to_json(port, true), (json{{"network_id", "n"}}));
  NewSecurityGroupRule rule;
  rule.security_group_id = "g";
  EXPECT_EQ(to_json(rule),
            (json{{"security_group_id", "g"}, {"direction", "ingress"}, {"ethertype", "IPv4"}}));
}

TEST(NeutronJsonTest, WhatIsGivenIsSent) {
  NewPort port;
  port.network_id = "n";
  port.fixed_addresses = {{.subnet_id = "s", .address = "10.0.0.5"}};
  port.security_group_ids = {"g"};
  port.tags = {"t"};
  EXPECT_EQ(to_json(port, true), json::parse(R"({"network_id": "n", "tags": ["t"],
      "fixed_ips": [{"subnet_id": "s", "ip_address": "10.0.0.5"}], "security_groups": ["g"]})"));
  EXPECT_FALSE(to_json(port, false).contains("tags"));
  NewSubnet subnet;
  subnet.network_id = "n";
  subnet.cidr = "fd00::/64";
  EXPECT_EQ(to_json(subnet)["ip_version"], 6);
}

TEST(NovaJsonTest, AServerInErrorAsNovaSendsIt) {
  const auto server = server_from_json(json::parse(R"({
      "id": "s1", "name": "n", "status": "ERROR", "metadata": {}, "image": "",
      "flavor": {"vcpus": 64, "original_name": "m1.impossible"}, "addresses": {},
      "OS-EXT-AZ:availability_zone": "", "key_name": null, "OS-EXT-STS:task_state": null,
      "description": null, "tags": ["a"],
      "fault": {"code": 500, "message": "No valid host\nwas found. "}})"));
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_EQ(server->fault, "No valid host was found.");
  EXPECT_EQ(server->image_id, "");
  EXPECT_EQ(server->task_state, "");
}

TEST(NovaJsonTest, AServerOfACellThatIsDownHasFewMembers) {
  const auto server = server_from_json(json::parse(R"({"id": "s1", "status": "UNKNOWN"})"));
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_EQ(server->status, "UNKNOWN");
}

TEST(NovaJsonTest, WrongTypesAreFaultsAndNotCrashes) {
  for (const std::string text :
       {"7", R"({"name": "n"})", R"({"id": "s", "status": 7})", R"({"id": "s", "addresses": []})",
        R"({"id": "s", "addresses": {"n": 7}})", R"({"id": "s", "addresses": {"n": [{}]}})",
        R"({"id": "s", "metadata": {"k": 7}})", R"({"id": "s", "tags": "a"})",
        R"({"id": "s", "fault": "x"})"}) {
    EXPECT_TRUE(absl::IsInternal(server_from_json(json::parse(text)).status())) << text;
  }
  EXPECT_FALSE(flavor_from_json(json::parse(R"({"id": "f"})")).ok());
  EXPECT_FALSE(flavor_from_json(json::parse(R"({"id": "f", "name": "n", "ram": "x"})")).ok());
  EXPECT_FALSE(compute_quotas_from_json(json::parse(R"({"absolute": 7})")).ok());
  EXPECT_FALSE(
      compute_quotas_from_json(json::parse(R"({"absolute": {"maxTotalCores": "x"}})")).ok());
  EXPECT_FALSE(availability_zone_from_json(json::parse(R"({"zoneName": 7})")).ok());
  EXPECT_FALSE(
      availability_zone_from_json(json::parse(R"({"zoneName": "z", "zoneState": 7})")).ok());
}

TEST(NovaJsonTest, ANewServerWithEverything) {
  NewServer server;
  server.name = "n";
  server.description = "d";
  server.image_id = "i";
  server.flavor_id = "f";
  server.port_ids = {"p1", "p2"};
  server.config_drive = true;
  server.metadata = {{"k", "v"}};
  server.user_data = "#!";
  server.key_name = "key";
  server.availability_zone = "az";
  server.tags = {"t"};
  EXPECT_EQ(to_json(server), json::parse(R"({
      "name": "n", "description": "d", "imageRef": "i", "flavorRef": "f",
      "networks": [{"port": "p1"}, {"port": "p2"}], "config_drive": true, "metadata": {"k": "v"},
      "user_data": "IyE=", "key_name": "key", "availability_zone": "az", "tags": ["t"]})"));
}

TEST(NeutronJsonTest, OnlyANatThatIsOffIsSaid) {
  NewRouter router{.name = "r", .description = "", .external_network_id = "x"};
  EXPECT_EQ(to_json(router),
            json::parse(R"({"name": "r", "external_gateway_info": {"network_id": "x"}})"));
  router.snat = false;
  EXPECT_EQ(to_json(router), json::parse(R"({"name": "r", "external_gateway_info":
                                             {"network_id": "x", "enable_snat": false}})"));
}

TEST(NovaJsonTest, ANewServerWithoutPortsHasNoNetwork) {
  EXPECT_EQ(to_json(NewServer{}),
            json::parse(R"({"name": "", "imageRef": "", "flavorRef": "", "networks": "none"})"));
}

TEST(ImageChoiceTest, TheOnlyActiveOneIsMeant) {
  const Image active{.id = "a", .name = "n", .status = "active", .owner = {}};
  const Image other{.id = "b", .name = "n", .status = "active", .owner = {}};
  const Image queued{.id = "q", .name = "n", .status = "queued", .owner = {}};
  EXPECT_EQ(choose_image({queued, active}, "n")->id, "a");
  EXPECT_EQ(choose_image({queued}, "n")->id, "q");
  EXPECT_TRUE(absl::IsNotFound(choose_image({}, "n").status()));
  const auto two = choose_image({active, queued, other}, "n");
  EXPECT_TRUE(absl::IsFailedPrecondition(two.status()));
  EXPECT_EQ(base::message_of(two.status()),
            "2 images have the name 'n': name one by its id (a, b)");
}

TEST(ImageChoiceTest, ReadsAnImage) {
  const auto image = image_from_json(json::parse(
      R"({"id": "i", "name": null, "status": "active", "min_ram": 512, "min_disk": 1})"));
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->min_ram_mib, 512);
  EXPECT_FALSE(image_from_json(json::parse(R"({"id": "i", "min_ram": "x"})")).ok());
  EXPECT_FALSE(image_from_json(json::array()).ok());
}

TEST(UserDataTest, TheLimitIsWhatNovaTakesOfBase64) {
  EXPECT_EQ(absl::Base64Escape(std::string(kMaxUserDataBytes, 'x')).size(), 65532U);
}

TEST(QueryTest, IsPutTogetherEscaped) {
  EXPECT_EQ(Query().text(), "");
  EXPECT_EQ(Query().add("a", "").text(), "");
  EXPECT_EQ(Query().add("a", "x y&z").add("b", "1").text(), "?a=x%20y%26z&b=1");
  EXPECT_EQ(Query().add_tags({"a=1", "b"}).text(), "?tags=a%3D1%2Cb");
}

}  // namespace
}  // namespace mex::openstack
