#pragma once

// A client that speaks HTTP/2 in frames that it makes itself, for tests of a server on loopback.
// Header only; not part of the library.

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/http2/test_frames.h"
#include "server/testing.h"

namespace mex::server::http2::testing {

// What has come on one stream.
struct Answer {
  std::vector<Fields> heads;  // interim ones first
  std::string body;
  bool has_ended = false;
  int reset = -1;  // the error code

  std::string value(std::string_view name) const {
    for (const Field& field : heads.empty() ? Fields{} : heads.back()) {
      if (field.first == name) return field.second;
    }
    return "";
  }
  std::string status() const { return value(":status"); }
};

// What one side of a connection has sent, frame by frame.
class FrameLog {
 public:
  FrameLog() { nghttp2_hd_inflate_new(&inflater_); }
  FrameLog(const FrameLog&) = delete;
  FrameLog& operator=(const FrameLog&) = delete;
  ~FrameLog() { nghttp2_hd_inflate_del(inflater_); }

  // What came on one stream: of a client its request.
  Answer& answer(std::uint32_t stream) { return answers_[stream]; }
  // Those with a head, in their order.
  std::vector<std::uint32_t> streams;

  int goaway = -1;  // the error code of the last one
  std::vector<std::uint32_t> goaway_streams;
  std::map<std::uint16_t, std::uint32_t> settings_of_server;
  int pings = 0;
  std::map<std::uint32_t, std::uint64_t> window_opened;

 protected:
  // `all` that has come so far, in frames alone.
  void read_frames(const std::string& all) {
    while (all.size() - read_ >= Http2FrameHeader::kSize) {
      const auto header = Http2FrameHeader::read(std::string_view(all).substr(read_));
      if (all.size() - read_ < Http2FrameHeader::kSize + header.length) return;
      on_frame(header,
               std::string_view(all).substr(read_ + Http2FrameHeader::kSize, header.length));
      read_ += Http2FrameHeader::kSize + header.length;
    }
  }
  void skip(std::size_t bytes) { read_ += bytes; }
  std::size_t bytes_read() const { return read_; }

 private:
  static std::uint32_t read_number(std::string_view bytes, std::size_t at, unsigned size = 4) {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < size; ++i) {
      value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
    }
    return value;
  }

  void on_frame(const Http2FrameHeader& header, std::string_view payload) {
    Answer& answer = answers_[header.stream];
    const bool carries_end =
        header.type == Http2FrameType::Data || header.type == Http2FrameType::Headers;
    if (carries_end && header.has(Http2FrameHeader::kEndStream)) answer.has_ended = true;
    switch (header.type) {
      case Http2FrameType::Headers:
        if (answer.heads.empty()) streams.push_back(header.stream);
        answer.heads.push_back(inflate(payload));
        break;
      case Http2FrameType::Data:
        answer.body += payload;
        break;
      case Http2FrameType::ResetStream:
        answer.reset = static_cast<int>(read_number(payload, 0));
        break;
      case Http2FrameType::GoAway:
        goaway_streams.push_back(read_number(payload, 0));
        goaway = static_cast<int>(read_number(payload, 4));
        break;
      case Http2FrameType::Ping:
        ++pings;
        break;
      case Http2FrameType::WindowUpdate:
        window_opened[header.stream] += read_number(payload, 0);
        break;
      case Http2FrameType::Settings:
        for (std::size_t at = 0; at + 6 <= payload.size(); at += 6) {
          settings_of_server[static_cast<std::uint16_t>(read_number(payload, at, 2))] =
              read_number(payload, at + 2);
        }
        break;
      default:
        break;
    }
  }

  Fields inflate(std::string_view block) {
    Fields fields;
    std::string bytes(block);
    auto* at = reinterpret_cast<std::uint8_t*>(bytes.data());
    std::size_t left = bytes.size();
    for (;;) {
      nghttp2_nv field{};
      int flags = 0;
      const ssize_t used = nghttp2_hd_inflate_hd2(inflater_, &field, &flags, at, left, 1);
      EXPECT_GE(used, 0);
      if (used < 0) return fields;
      at += used;
      left -= static_cast<std::size_t>(used);
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
        fields.emplace_back(std::string(reinterpret_cast<char*>(field.name), field.namelen),
                            std::string(reinterpret_cast<char*>(field.value), field.valuelen));
      }
      if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) break;
    }
    nghttp2_hd_inflate_end_headers(inflater_);
    return fields;
  }

  nghttp2_hd_inflater* inflater_ = nullptr;
  std::size_t read_ = 0;
  std::map<std::uint32_t, Answer> answers_;
};

class Http2Client : public FrameLog {
 public:
  explicit Http2Client(server::testing::Client client) : client_(std::move(client)) {}

  void greet() { send(std::string(http::kHttp2Preface) + settings({})); }
  void send(std::string_view frames) { client_.send(frames); }
  server::testing::Client& raw() { return client_; }

  // Takes what is there.
  void take() {
    client_.take();
    read_frames(client_.received());
  }
  bool ended() const { return client_.ended(); }
  bool is_reset() const { return client_.was_reset(); }

 private:
  server::testing::Client client_;
};

class Http2Test : public server::testing::ServerTest {
 protected:
  Http2Test() { options_.http2.prior_knowledge = true; }

  // The request is taken by recorder_, its exchange kept.
  void keep_exchange() {
    service_.answer = [this](Exchange& exchange) {
      exchange_ = &exchange;
      exchange.set_handler(recorder_);
    };
  }

  bool wait(Http2Client& client, const std::function<bool()>& condition) {
    return until([&] {
      client.take();
      return condition();
    });
  }
  // Until all of the answer to `stream` is there.
  Answer answer_of(Http2Client& client, std::uint32_t stream = 1) {
    EXPECT_TRUE(wait(client, [&] {
      const Answer& answer = client.answer(stream);
      return answer.has_ended || answer.reset >= 0 || client.ended();
    }));
    return client.answer(stream);
  }
  // To one request on a new connection.
  Answer answer_to(const std::string& frames) {
    Http2Client client(connect());
    client.greet();
    client.send(frames);
    return answer_of(client);
  }

  Exchange* exchange_ = nullptr;
};

}  // namespace mex::server::http2::testing
