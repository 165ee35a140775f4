#pragma once

#include <curl/curl.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string>

#include "http_client/client.h"

namespace mex::http_client {

// The state of one request under way: what libcurl's callbacks read and write. Its address must not
// change while curl holds it.
class Exchange {
 public:
  Exchange(const Request& request, const Options& options);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange();

  // Puts the request and the callbacks into `easy`, which has just been reset.
  absl::Status configure(CURL* easy);

  // What curl says at the end; then over() is true.
  void set_result(CURLcode code) { result_ = code; }
  bool over() const { return result_.has_value(); }

  // The answer, or the error that curl's result and what the callbacks saw amount to.
  absl::StatusOr<Response> finish(CURL* easy);

  // For answers that are read while they come.
  bool has_head() const { return has_head_; }
  const Response& response() const { return response_; }
  std::string take_body();

  // What the answer takes of this process's memory so far.
  std::size_t buffered_bytes() const { return header_bytes_ + response_.body.size(); }

  // The errors of the two limits, which end an exchange from outside, and of one that there is no
  // room for.
  absl::Status deadline_error() const;
  absl::Status cancelled_error() const;
  absl::Status refused_error(std::string_view why) const;

 private:
  static int on_before_request(void* self, char*, char*, int, int);
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);

  void set_transport(CURL* easy);
  bool take_header_line(std::string_view line);
  void set_identity(CURL* easy) const;
  absl::Status failed(CURL* easy, CURLcode code) const;
  absl::Status error(absl::StatusCode code, std::string_view text) const;

  const Request& request_;
  const Options& options_;
  curl_slist* header_list_ = nullptr;
  curl_slist* connect_list_ = nullptr;
  std::array<char, CURL_ERROR_SIZE> curl_text_{};
  Response response_;
  std::size_t header_bytes_ = 0;
  int times_sent_ = 0;
  bool too_long_ = false;
  bool has_head_ = false;
  std::optional<CURLcode> result_;
};

// "https://cloud.example:5000" of a URL: what connections are kept by and messages name.
std::string_view origin_of(std::string_view url);

}  // namespace mex::http_client
