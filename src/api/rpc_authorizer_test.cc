#include "api/rpc_authorizer.h"

#include <gtest/gtest.h>

#include "base/status.h"
#include "google/rpc/status.pb.h"

namespace mex::api {
namespace {

TEST(RpcAuthorizerTest, LoopbackPeersAsGrpcWritesThem) {
  for (const std::string_view peer : {"ipv4:127.0.0.1:5000", "ipv4:127.9.9.9:1", "ipv6:[::1]:5000",
                                      "ipv6:%5B::1%5D:5000", "ipv6:%5B::ffff:127.0.0.1%5D:5000"}) {
    EXPECT_TRUE(is_loopback_peer(peer)) << peer;
  }
  for (const std::string_view peer :
       {"", "ipv4:10.0.0.1:5000", "ipv6:%5B2001:db8::1%5D:5000", "unix:/tmp/127.0.0.1:1", "inproc",
        "ipv4:", "127.0.0.1:5000", "ipv6:%5B::ffff:10.0.0.1%5D:5000"}) {
    EXPECT_FALSE(is_loopback_peer(peer)) << peer;
  }
}

TEST(RpcAuthorizerTest, StatusKeepsCodeMessageAndDetails) {
  EXPECT_TRUE(to_grpc_status(absl::OkStatus()).ok());
  const grpc::Status status = to_grpc_status(base::field_error("name", "is empty"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "name: is empty");
  google::rpc::Status wire;
  ASSERT_TRUE(wire.ParseFromString(status.error_details()));
  EXPECT_EQ(wire.details_size(), 1);
}

}  // namespace
}  // namespace mex::api
