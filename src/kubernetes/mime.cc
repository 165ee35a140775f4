#include "kubernetes/mime.h"

#include <algorithm>
#include <array>

#include "absl/strings/escaping.h"
#include "base/json_text.h"
#include "base/status.h"
#include "kubernetes/gzip.h"

namespace mex::kubernetes {
namespace {

constexpr std::size_t kMaxUnpacked = std::size_t{1} << 20U;

struct FirstLine {
  std::string_view begin;
  const char* type;
};

// A longer beginning stands before its own beginning.
constexpr std::array<FirstLine, 9> kFirstLines = {{
    {"#cloud-config-archive", "text/cloud-config-archive"},
    {"#cloud-config-jsonp", "text/cloud-config-jsonp"},
    {"#cloud-config", "text/cloud-config"},
    {"#cloud-boothook", "text/cloud-boothook"},
    {"#include-once", "text/x-include-once-url"},
    {"#include", "text/x-include-url"},
    {"#part-handler", "text/part-handler"},
    {"## template: jinja", "text/jinja2"},
    {"#!", "text/x-shellscript"},
}};

// cloud-init looks for these words in the first 4096 bytes, in any case.
bool is_mime_message(std::string_view text) {
  constexpr std::string_view kWords = "mime-version:";
  const std::string_view head = text.substr(0, 4096);
  return std::search(head.begin(), head.end(), kWords.begin(), kWords.end(), [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
         }) != head.end();
}

// What can go as it is. The rest goes as base64, which cannot be misread and compresses badly.
bool is_seven_bit(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t'; });
}

std::string base64_lines(const std::string& bytes) {
  constexpr std::size_t kLine = 76;  // RFC 2045 section 6.8
  const std::string encoded = absl::Base64Escape(bytes);
  std::string lines;
  for (std::size_t i = 0; i < encoded.size(); i += kLine) lines += encoded.substr(i, kLine) + "\n";
  return lines;
}

std::string boundary_for(const std::vector<MimePart>& parts) {
  for (int attempt = 0;; ++attempt) {
    std::string boundary = fmt::format("=====mexosagent{}=====", attempt);
    const bool taken = std::any_of(parts.begin(), parts.end(), [&](const MimePart& part) {
      return part.content.find(boundary) != std::string::npos;
    });
    if (!taken) return boundary;
  }
}

std::string part_text(const MimePart& part) {
  if (part.is_message) return part.content;
  const bool plain = is_seven_bit(part.content);
  return fmt::format(
      "Content-Type: {}; charset=\"{}\"\n"
      "Content-Transfer-Encoding: {}\n"
      "Content-Disposition: attachment; filename=\"{}\"\n"
      "\n{}",
      part.type, plain ? "us-ascii" : "utf-8", plain ? "7bit" : "base64", part.name,
      plain ? part.content : base64_lines(part.content));
}

}  // namespace

std::string mime_multipart(const std::vector<MimePart>& parts) {
  const std::string boundary = boundary_for(parts);
  std::string message = fmt::format(
      "Content-Type: multipart/mixed; boundary=\"{}\"\n"
      "MIME-Version: 1.0\n\n",
      boundary);
  for (const MimePart& part : parts) {
    message += fmt::format("--{}\n{}\n", boundary, part_text(part));
  }
  message += fmt::format("--{}--\n", boundary);
  return message;
}

absl::StatusOr<MimePart> operator_part(std::string_view user_data) {
  if (is_gzip(user_data)) {
    MEX_ASSIGN_OR_RETURN(const std::string unpacked, gunzip(user_data, kMaxUnpacked));
    // As cloud-init, which unpacks once.
    if (is_gzip(unpacked)) return absl::InvalidArgumentError("is gzip'd twice");
    return operator_part(unpacked);
  }
  MimePart part;
  part.content = user_data;
  if (is_mime_message(user_data)) {
    part.is_message = true;
    return part;
  }
  const auto found =
      std::find_if(kFirstLines.begin(), kFirstLines.end(),
                   [&](const FirstLine& line) { return user_data.starts_with(line.begin); });
  if (found == kFirstLines.end()) {
    return base::error(
        absl::StatusCode::kInvalidArgument,
        "cloud-init does not know what begins with {}; the first line must be "
        "#cloud-config, #!/bin/sh, #include, #cloud-boothook, ## template: jinja or "
        "another of its formats",
        base::quoted(user_data.substr(0, std::min(user_data.find('\n'), std::size_t{40}))));
  }
  part.type = found->type;
  part.name = "operator";
  return part;
}

}  // namespace mex::kubernetes
