#include "cluster/flavor/syntax.h"

#include <gtest/gtest.h>

#include <string>

#include "cluster/flavor/fixture.h"

namespace mex::cluster {
namespace {

TEST(Labels, HaveTheFormOfKubernetes) {
  for (const char* good : {"a", "A", "1", "a-b_c.D", "example.org/tier", "a/B"}) {
    EXPECT_TRUE(is_label_key(good)) << good;
  }
  for (const char* wrong : {"", "/", "a/", "/a", "-a", "a-", "a b", "Ex.org/a", "a/b/c", "ä"}) {
    EXPECT_FALSE(is_label_key(wrong)) << wrong;
  }
  EXPECT_TRUE(is_label_key(std::string(63, 'a')));
  EXPECT_FALSE(is_label_key(std::string(64, 'a')));
  EXPECT_TRUE(is_label_value(""));
  EXPECT_FALSE(is_label_value("a/b"));
}

TEST(Labels, OfKubernetesItselfAreNotForKubelets) {
  for (const char* good : {"tier", "example.org/a", "node.kubernetes.io/a",
                           "x.node.kubernetes.io/a", "kubelet.kubernetes.io/a", "notk8s.io/a"}) {
    EXPECT_TRUE(is_label_of_node(good)) << good;
  }
  for (const char* wrong : {"kubernetes.io/a", "k8s.io/a", "node-role.kubernetes.io/master",
                            "x.k8s.io/a", "badnode.kubernetes.io/a"}) {
    EXPECT_FALSE(is_label_of_node(wrong)) << wrong;
  }
}

TEST(IsHttpUrl, WantsAHost) {
  for (const char* good : {"http://a", "https://a.b:5000/c/d", "http://10.0.0.1:1", "http://a/"}) {
    EXPECT_TRUE(is_http_url(good)) << good;
  }
  for (const char* wrong :
       {"", "a", "http:/a", "http://", "HTTP://a", "ftp://a", "http://a:", "http://a:0",
        "http://a:65536", "http://u@a", "http://a b", "http://a?q", "http://a#f", "http://[::1]",
        "http://a/\"", "http://a/$b", "http://A"}) {
    EXPECT_FALSE(is_http_url(wrong)) << wrong;
  }
}

TEST(IsAbsolutePath, StaysWhereItSays) {
  for (const char* good : {"/a", "/etc/mexosagent/cni.yaml", "/a/..b"}) {
    EXPECT_TRUE(is_absolute_path(good)) << good;
  }
  for (const char* wrong : {"", "/", "a", "./a", "/a/", "//a", "/a//b", "/../a", "/a/.", "/a b"}) {
    EXPECT_FALSE(is_absolute_path(wrong)) << wrong;
  }
}

TEST(IsPreflightCheck, HasTheFormOfKubeadmsNames) {
  for (const char* good :
       {"NumCPU", "all", "Port-6443", "FileContent--proc-sys-net-ipv4-ip_forward",
        "FileAvailable--etc-kubernetes-kubelet.conf"}) {
    EXPECT_TRUE(is_preflight_check(good)) << good;
  }
  for (const char* wrong : {"", "-a", "1a", ".a", "a b", "a,b", "a'b", "a/b", "a\nb", "ä"}) {
    EXPECT_FALSE(is_preflight_check(wrong)) << wrong;
  }
  EXPECT_FALSE(is_preflight_check(std::string(256, 'a')));
}

TEST(IsKubeadmPhase, IsOneNameOrTwo) {
  for (const char* good : {"preflight", "addon/coredns", "mark-control-plane"}) {
    EXPECT_TRUE(is_kubeadm_phase(good)) << good;
  }
  for (const char* wrong : {"", "/", "a/", "/a", "a/b/c", "A", "a b", "a,b", "a_b", "-a"}) {
    EXPECT_FALSE(is_kubeadm_phase(wrong)) << wrong;
  }
}

TEST(IsCertificateBundle, TakesCertificatesOnly) {
  const std::string one = kTestCertificate;
  EXPECT_TRUE(is_certificate_bundle(one));
  EXPECT_TRUE(is_certificate_bundle(one + "\n" + one));
  std::string windows;
  for (const char c : one) windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_TRUE(is_certificate_bundle(windows));
  std::string key = one;
  for (std::size_t at = 0; (at = key.find("CERTIFICATE", at)) != key.npos;) {
    key.replace(at, 11, "EC PRIVATE KEY");
  }
  for (const std::string& wrong :
       {std::string(), std::string("\n"), "\n" + one, "x" + one, one + "x",
        one.substr(0, one.size() - 5), key,
        std::string("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n")}) {
    EXPECT_FALSE(is_certificate_bundle(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace mex::cluster
