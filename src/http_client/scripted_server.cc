#include "http_client/scripted_server.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace mex::http_client {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

ScriptedServer::Seen parse_head(std::string_view head) {
  ScriptedServer::Seen request;
  const std::size_t method_end = head.find(' ');
  const std::size_t target_end = head.find(' ', method_end + 1);
  request.method = head.substr(0, method_end);
  request.target = head.substr(method_end + 1, target_end - method_end - 1);
  for (std::size_t line = head.find("\r\n"); line != std::string_view::npos;) {
    const std::size_t begin = line + 2;
    line = head.find("\r\n", begin);
    const std::string_view text = head.substr(begin, line - begin);
    const std::size_t colon = text.find(": ");
    if (colon == std::string_view::npos) continue;
    request.headers[lower(std::string(text.substr(0, colon)))] = text.substr(colon + 2);
  }
  return request;
}

// Reads one request with a Content-Length body from `socket`; `buffer` keeps what comes after it.
std::optional<ScriptedServer::Seen> read_request(int socket, std::string& buffer) {
  std::optional<ScriptedServer::Seen> request;
  std::size_t body_begin = 0;
  std::size_t body_length = 0;
  std::array<char, 4096> chunk{};
  for (;;) {
    if (const std::size_t end = buffer.find("\r\n\r\n"); !request && end != std::string::npos) {
      request = parse_head(std::string_view(buffer).substr(0, end));
      body_begin = end + 4;
      const auto length = request->headers.find("content-length");
      body_length = length == request->headers.end() ? 0 : std::stoul(length->second);
    }
    if (request && buffer.size() >= body_begin + body_length) break;
    const ssize_t received = recv(socket, chunk.data(), chunk.size(), 0);
    if (received <= 0) return std::nullopt;
    buffer.append(chunk.data(), static_cast<std::size_t>(received));
  }
  request->body = buffer.substr(body_begin, body_length);
  buffer.erase(0, body_begin + body_length);
  return request;
}

}  // namespace

ScriptedServer::ScriptedServer(Script script) : script_(std::move(script)) {
  acceptor_ = std::thread([this] { accept_connections(); });
}

ScriptedServer::~ScriptedServer() {
  {
    const base::MutexLock lock(mutex_);
    is_stopping_ = true;
    for (const int socket : sockets_) shutdown(socket, SHUT_RDWR);
  }
  shutdown(listener_.socket(), SHUT_RDWR);
  acceptor_.join();
  for (std::thread& connection : connections_) connection.join();
  for (const int socket : sockets_) close(socket);
}

std::string ScriptedServer::url(std::string_view path) const {
  return fmt::format("http://127.0.0.1:{}{}", listener_.port(), path);
}

std::vector<ScriptedServer::Seen> ScriptedServer::seen() const {
  const base::MutexLock lock(mutex_);
  return seen_;
}

std::size_t ScriptedServer::count(std::string_view method, std::string_view part) const {
  const base::MutexLock lock(mutex_);
  return static_cast<std::size_t>(
      std::count_if(seen_.begin(), seen_.end(), [&](const Seen& request) {
        return request.method == method && request.target.find(part) != std::string::npos;
      }));
}

void ScriptedServer::accept_connections() {
  for (int connection = 1;; ++connection) {
    const int socket = accept4(listener_.socket(), nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    const base::MutexLock lock(mutex_);
    sockets_.push_back(socket);
    if (is_stopping_) return;
    connections_.emplace_back([this, socket, connection] { serve(socket, connection); });
  }
}

void ScriptedServer::serve(int socket, int connection) {
  std::string buffer;
  while (auto request = read_request(socket, buffer)) {
    request->connection = connection;
    const Reaction reaction = react(*request);
    send(socket, reaction.bytes.data(), reaction.bytes.size(), MSG_NOSIGNAL);
    if (reaction.then == Then::Close) break;
    if (reaction.then == Then::Hang) {
      char ignored = 0;
      while (recv(socket, &ignored, 1, 0) > 0) {
      }
    }
  }
  shutdown(socket, SHUT_RDWR);
}

ScriptedServer::Reaction ScriptedServer::react(const Seen& request) {
  const base::MutexLock lock(mutex_);
  seen_.push_back(request);
  return script_(request);
}

std::string http_answer(int status, std::string_view body, std::string_view header_lines) {
  return fmt::format("HTTP/1.1 {} Reason\r\n{}Content-Length: {}\r\n\r\n{}", status, header_lines,
                     body.size(), body);
}

}  // namespace mex::http_client
