#include "openstack/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace mex::openstack {
namespace {

using ::testing::HasSubstr;

const Catalog kCatalog = {
    {.type = "compute", .interface = "public", .region = "one", .url = "http://one:8774/v2.1"},
    {.type = "compute", .interface = "internal", .region = "one", .url = "http://in:8774/v2.1/"},
    {.type = "compute", .interface = "public", .region = "two", .url = "http://two:8774/v2.1"},
    {.type = "network", .interface = "public", .region = "one", .url = "http://one:9696/"},
    {.type = "image", .interface = "public", .region = "one", .url = "not a url"},
};

TEST(CatalogTest, EndpointsByServiceRegionAndInterface) {
  EXPECT_EQ(*find_endpoint(kCatalog, Service::Compute, "one", Interface::Public),
            "http://one:8774/v2.1");
  EXPECT_EQ(*find_endpoint(kCatalog, Service::Compute, "two", Interface::Public),
            "http://two:8774/v2.1");
  EXPECT_EQ(*find_endpoint(kCatalog, Service::Compute, "", Interface::Internal),
            "http://in:8774/v2.1");
  EXPECT_EQ(*find_endpoint(kCatalog, Service::Network, "", Interface::Public),
            "http://one:9696/v2.0");
}

TEST(CatalogTest, WhatIsMissingIsNamedWithWhatThereIs) {
  const auto missing = find_endpoint(kCatalog, Service::Network, "two", Interface::Admin);
  EXPECT_TRUE(absl::IsFailedPrecondition(missing.status()));
  EXPECT_THAT(base::message_of(missing.status()),
              HasSubstr("no admin endpoint of the network service in region 'two' (it has: public "
                        "in one)"));
  const auto nothing = find_endpoint({}, Service::Image, "", Interface::Public);
  EXPECT_THAT(base::message_of(nothing.status()), HasSubstr("(it has: none)"));
}

TEST(CatalogTest, SeveralRegionsNeedAChoice) {
  const auto several = find_endpoint(kCatalog, Service::Compute, "", Interface::Public);
  EXPECT_TRUE(absl::IsFailedPrecondition(several.status()));
  EXPECT_THAT(base::message_of(several.status()), HasSubstr("(one, two)"));
}

TEST(CatalogTest, AnEndpointMustBeAUrl) {
  const auto bad = find_endpoint(kCatalog, Service::Image, "", Interface::Public);
  EXPECT_TRUE(absl::IsFailedPrecondition(bad.status()));
  EXPECT_THAT(base::message_of(bad.status()), HasSubstr("not a url"));
}

TEST(CatalogTest, VersionsAreOurs) {
  for (const auto& [service, url, expected] :
       {std::tuple(Service::Compute, "http://c:8774/v2.1", "http://c:8774/v2.1"),
        std::tuple(Service::Compute, "http://c:8774/v2/0a1b", "http://c:8774/v2.1/0a1b"),
        std::tuple(Service::Compute, "http://c/compute", "http://c/compute/v2.1"),
        std::tuple(Service::Compute, "http://v1.example/", "http://v1.example/v2.1"),
        std::tuple(Service::Network, "http://c:9696", "http://c:9696/v2.0"),
        std::tuple(Service::Network, "https://c/networking/v2.0/", "https://c/networking/v2.0"),
        std::tuple(Service::Image, "http://c:9292/v1", "http://c:9292/v2"),
        std::tuple(Service::Image, "http://c:9292/", "http://c:9292/v2"),
        std::tuple(Service::Image, "http://c/vault", "http://c/vault/v2")}) {
    EXPECT_EQ(versioned_url(service, url), expected) << url;
  }
}

TEST(CatalogTest, AnOverrideTakesTheCatalogsPlace) {
  CloudConfig config;
  config.region = "nowhere";
  config.endpoint_overrides = {{"compute", "http://c/compute/v2/%(project_id)s"},
                               {"image", "http://c/image"}};
  EXPECT_EQ(endpoint_of(config, {}, "p1", Service::Compute).value_or("-"),
            "http://c/compute/v2.1/p1");
  EXPECT_EQ(endpoint_of(config, {}, "p1", Service::Image).value_or("-"), "http://c/image/v2");
  EXPECT_TRUE(absl::IsFailedPrecondition(endpoint_of(config, {}, "p1", Service::Network).status()));
}

}  // namespace
}  // namespace mex::openstack
