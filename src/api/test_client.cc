#include "api/test_client.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace mex::api {
namespace {

void send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // the server may answer and close before it has read all
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string receive_all(int socket) {
  std::string text;
  std::array<char, 16384> piece{};
  while (true) {
    const ssize_t got = recv(socket, piece.data(), piece.size(), 0);
    if (got <= 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

RawReply exchange_bytes(const net::Address& server, std::string_view bytes) {
  const int socket = ::socket(server.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  RawReply reply;
  if (connect(socket, server.data(), server.size()) == 0) {
    send_all(socket, bytes);
    const std::string text = receive_all(socket);
    const std::size_t end = std::min(text.find("\r\n\r\n"), text.size());
    reply.head = text.substr(0, end);
    reply.body = text.substr(std::min(end + 4, text.size()));
    if (text.starts_with("HTTP/1.1 ")) reply.status = std::atoi(text.c_str() + 9);
  }
  close(socket);
  return reply;
}

RawReply request(const net::Address& server, std::string_view method, std::string_view target,
                 std::string_view body, std::string_view headers) {
  return exchange_bytes(server,
                        fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{}"
                                    "Content-Length: {}\r\n\r\n{}",
                                    method, target, server.text(), headers, body.size(), body));
}

}  // namespace mex::api
