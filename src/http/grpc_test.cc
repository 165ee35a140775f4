#include "http/grpc.h"

#include <gtest/gtest.h>

namespace mex::http {
namespace {

bool is_call(std::string_view type) {
  HeaderList headers;
  headers.append("content-type", type);
  return is_grpc(headers);
}

TEST(GrpcTest, ACallIsKnownByItsContentType) {
  for (const char* type : {"application/grpc", "application/grpc+proto", "application/grpc+json",
                           "Application/GRPC", "application/grpc;charset=x"}) {
    EXPECT_TRUE(is_call(type)) << type;
  }
  for (const char* type : {"", "application/json", "application/grpc-web", "application/grpcx",
                           "text/plain; application/grpc"}) {
    EXPECT_FALSE(is_call(type)) << type;
  }
  EXPECT_FALSE(is_grpc({}));
}

TEST(GrpcTest, StatusesAreThoseOfTheMapping) {
  const std::pair<int, int> rows[] = {{400, 13}, {401, 16}, {403, 7},  {404, 12}, {429, 14},
                                      {502, 14}, {503, 14}, {504, 14}, {500, 2},  {421, 2},
                                      {508, 2},  {200, 2},  {413, 2}};
  for (const auto& [status, code] : rows) EXPECT_EQ(grpc_status_for(status), code) << status;
}

TEST(GrpcTest, MessagesAreOneLineOfPrintableAscii) {
  EXPECT_EQ(grpc_message("as it is"), "as it is");
  EXPECT_EQ(grpc_message("100%\r\n\xC3\xA9"), "100%25%0D%0A%C3%A9");
}

}  // namespace
}  // namespace mex::http
