#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "http/request_parser.h"
#include "proxy/route/request.h"
#include "proxy/route/rewrite.h"
#include "proxy/route/trie.h"

namespace mex::proxy::route {

struct ImaginedRequestSpec {
  std::string method;  // empty: GET
  std::string url;     // "https://www.example.com/shop?x=1", or from its path on: no host
  std::vector<std::pair<std::string, std::string>> headers;
  bool is_trusted = false;  // the client's forwarding headers are believed
};

enum class Outcome { Unserved, Origin, Redirect, Answer };

struct Destination {
  Outcome outcome = Outcome::Unserved;
  int status = 404;  // 0: the origin's
  std::string url;   // what the origin is asked for, or where the client is sent
};

// A request that no one has sent, read by the parser that reads those of clients. For people: it
// allocates.
class ImaginedRequest {
 public:
  // InvalidArgument, with the field, for what the proxy would answer with 400.
  static absl::StatusOr<std::unique_ptr<const ImaginedRequest>> create(
      const ImaginedRequestSpec& spec);
  ImaginedRequest(const ImaginedRequest&) = delete;
  ImaginedRequest& operator=(const ImaginedRequest&) = delete;

  const RoutedRequest& routed() const { return routed_; }
  Destination destination(const Match& match) const;

 private:
  ImaginedRequest() = default;

  absl::Status parse(const ImaginedRequestSpec& spec);
  std::string origin_url(const Route& route) const;

  std::string text_;
  http::RequestParser parser_;
  std::string path_;    // in normal form
  std::string merged_;  // the same with one '/' for each run
  RoutedRequest routed_;
};

}  // namespace mex::proxy::route
