#pragma once

#include <string>
#include <string_view>

#include "http/header_list.h"

// What a proxy has to know of gRPC over HTTP/2 (PROTOCOL-HTTP2.md of grpc). Pure.
namespace mex::http {

inline constexpr std::string_view kGrpcType = "application/grpc";

// The request is a call: its content-type is application/grpc, or that with a "+" or ";" behind it.
// gRPC-Web is another protocol.
bool is_grpc(const HeaderList& headers);

// What an answer that is not gRPC's means to a client (http-grpc-status-mapping.md of grpc).
int grpc_status_for(int http_status);

// `text` as grpc-message carries it: what is not printable ASCII, and '%', in percent-encoding.
std::string grpc_message(std::string_view text);

}  // namespace mex::http
