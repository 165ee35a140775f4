#include "nginx/runtime/docker/image_reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace mex::nginx {
namespace {

using ::testing::HasSubstr;

const std::string kDigest = "sha256:" + std::string(64, 'a');

struct Good {
  std::string text, repository, tag, digest, version;
};

// As an engine reads them; https://github.com/distribution/reference has most of them in its tests.
TEST(ImageReferenceTest, IsTakenApartAsEnginesDo) {
  const std::string long_digest = "sha512:" + std::string(128, '0');
  for (const Good& each : {
           Good{"nginx", "nginx", "", "", "latest"},
           Good{"nginx:1.22", "nginx", "1.22", "", "1.22"},
           Good{"nginx@" + kDigest, "nginx", "", kDigest, kDigest},
           Good{"nginx:1.22@" + kDigest, "nginx", "1.22", kDigest, kDigest},
           Good{"nginx@" + long_digest, "nginx", "", long_digest, long_digest},
           Good{"team/nginx", "team/nginx", "", "", "latest"},
           Good{"registry.example:5000/nginx", "registry.example:5000/nginx", "", "", "latest"},
           Good{"registry.example:5000/nginx:1", "registry.example:5000/nginx", "1", "", "1"},
           Good{"registry.example:5000/a/b@" + kDigest, "registry.example:5000/a/b", "", kDigest,
                kDigest},
           Good{"localhost/nginx", "localhost/nginx", "", "", "latest"},
           Good{"Registry/nginx", "Registry/nginx", "", "", "latest"},
           Good{"10.0.0.1:5000/nginx:x", "10.0.0.1:5000/nginx", "x", "", "x"},
           Good{"[fd00::1]:5000/nginx:x", "[fd00::1]:5000/nginx", "x", "", "x"},
           Good{"[fd00::1]/nginx", "[fd00::1]/nginx", "", "", "latest"},
           Good{"a.b_c__d---e/f", "a.b_c__d---e/f", "", "", "latest"},
           Good{"n:_a.B-", "n", "_a.B-", "", "_a.B-"},
           Good{"n:" + std::string(128, 't'), "n", std::string(128, 't'), "",
                std::string(128, 't')},
           Good{std::string(64, 'a') + ":1", std::string(64, 'a'), "1", "", "1"},
       }) {
    const auto parsed = parse_image_reference(each.text);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(parsed->repository, each.repository) << each.text;
    EXPECT_EQ(parsed->tag, each.tag) << each.text;
    EXPECT_EQ(parsed->digest, each.digest) << each.text;
    EXPECT_EQ(parsed->version(), each.version) << each.text;
  }
}

TEST(ImageReferenceTest, IsToldWithTheVersionThatCounts) {
  EXPECT_EQ(parse_image_reference("nginx")->text(), "nginx:latest");
  EXPECT_EQ(parse_image_reference("r:5000/nginx:1")->text(), "r:5000/nginx:1");
  EXPECT_EQ(parse_image_reference("nginx:1@" + kDigest)->text(), "nginx@" + kDigest);
}

TEST(ImageReferenceTest, WhatEnginesDoNotTakeIsRefused) {
  const std::string lone(64, 'a');
  for (const std::string& text : {
           std::string(),
           std::string(":"),
           std::string("@"),
           std::string("/"),
           std::string("nginx:"),
           std::string("nginx@"),
           std::string(":1"),
           "@" + kDigest,
           std::string("/nginx"),
           std::string("nginx/"),
           std::string("a//b"),
           std::string("Nginx"),
           std::string("team/Nginx"),
           std::string("nginx "),
           std::string("ng inx"),
           std::string("nginx:.1"),
           std::string("nginx:-1"),
           std::string("nginx:1:2"),
           "nginx:" + std::string(129, 't'),
           std::string("nginx@sha256"),
           std::string("nginx@sha256:"),
           std::string("nginx@sha256:abc"),
           "nginx@sha256:" + std::string(64, 'A'),
           "nginx@md5:" + std::string(64, 'a'),
           "nginx@" + kDigest + "a",
           "nginx@" + kDigest + "@" + kDigest,
           "nginx@" + kDigest + ":1",
           std::string("registry.example:/nginx"),
           std::string("registry.example:x/nginx"),
           std::string("-r.example/nginx"),
           std::string("r..example/nginx"),
           std::string("[fd00::1/nginx"),
           std::string("[10.0.0.1]/nginx"),
           std::string("[fd00::1]5000/nginx"),
           std::string("https://r.example/nginx"),
           std::string("-nginx"),
           std::string("nginx-"),
           std::string("a___b"),
           std::string("a..b"),
           std::string("a._b"),
           lone,
           std::string(256, 'a'),
           std::string("ngi\0nx", 6),
       }) {
    const auto parsed = parse_image_reference(text);
    EXPECT_TRUE(absl::IsInvalidArgument(parsed.status())) << text;
    EXPECT_THAT(std::string(base::message_of(parsed.status())), HasSubstr("name of an image"));
  }
}

}  // namespace
}  // namespace mex::nginx
