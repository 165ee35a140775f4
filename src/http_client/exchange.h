#pragma once

#include <curl/curl.h>

#include <array>
#include <cstddef>

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

  // The answer, or the error that `code` and what the callbacks saw amount to.
  absl::StatusOr<Response> finish(CURL* easy, CURLcode code);

  // The errors of the two limits, which end an exchange from outside.
  absl::Status deadline_error() const;
  absl::Status cancelled_error() const;

 private:
  static int on_before_request(void* self, char*, char*, int, int);
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);

  void set_transport(CURL* easy) const;
  bool take_header_line(std::string_view line);
  absl::Status failed(CURL* easy, CURLcode code) const;
  absl::Status error(absl::StatusCode code, std::string_view text) const;

  const Request& request_;
  const Options& options_;
  curl_slist* header_list_ = nullptr;
  std::array<char, CURL_ERROR_SIZE> curl_text_{};
  Response response_;
  std::size_t header_bytes_ = 0;
  int times_sent_ = 0;
  bool too_long_ = false;
};

// "https://cloud.example:5000" of a URL: what connections are kept by and messages name.
std::string_view origin_of(std::string_view url);

}  // namespace mex::http_client
