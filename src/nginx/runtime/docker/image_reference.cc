#include "nginx/runtime/docker/image_reference.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "base/ipv6.h"
#include "base/json_text.h"
#include "base/status.h"

// https://github.com/distribution/reference: reference.go has the grammar.
namespace mex::nginx {
namespace {

constexpr std::size_t kMaxRepository = 255;
constexpr std::size_t kMaxTag = 128;

bool is_digit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }
bool is_lower(char c) { return absl::ascii_islower(static_cast<unsigned char>(c)); }
bool is_alphanumeric(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

template <typename Predicate>
bool consists_of(std::string_view text, Predicate predicate) {
  return !text.empty() && std::all_of(text.begin(), text.end(), predicate);
}

// Calls `is_good` for each piece between separators; true if all are.
template <typename Predicate>
bool all_pieces(std::string_view text, char separator, Predicate is_good) {
  while (true) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (!is_good(text.substr(0, end))) return false;
    if (end == text.size()) return true;
    text.remove_prefix(end + 1);
  }
}

bool is_host_label(std::string_view label) {
  return consists_of(label, [](char c) { return is_alphanumeric(c) || c == '-'; }) &&
         label.front() != '-' && label.back() != '-';
}

// "registry.example", "10.0.0.1:5000", "[fd00::1]:5000".
bool is_domain(std::string_view text) {
  std::string_view host = text;
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos || !base::parse_ipv6(text.substr(1, end - 1))) return false;
    port = text.substr(end + 1);
    return port.empty() || (port.front() == ':' && consists_of(port.substr(1), is_digit));
  }
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (!consists_of(port, is_digit)) return false;
  }
  return all_pieces(host, '.', is_host_label);
}

// Letters and digits in lower case; between them one of ".", "_", "__", or any number of "-".
bool is_path_component(std::string_view text) {
  const auto is_plain = [](char c) { return is_lower(c) || is_digit(c); };
  std::size_t at = 0;
  while (true) {
    const std::size_t begin = at;
    while (at < text.size() && is_plain(text[at])) ++at;
    if (at == begin) return false;
    if (at == text.size()) return true;
    if (text[at] == '-') {
      while (at < text.size() && text[at] == '-') ++at;
    } else if (text[at] == '.') {
      ++at;
    } else if (text[at] == '_') {
      at += text.substr(at).starts_with("__") ? 2 : 1;
    } else {
      return false;
    }
  }
}

// What is wrong with it; empty: nothing.
std::string_view fault_of_repository(std::string_view repository) {
  if (repository.empty()) return "it names no repository";
  if (repository.size() > kMaxRepository) return "its name is longer than 255 characters";
  if (all_pieces(repository, '/', is_path_component)) return "";
  // An IPv6 address in brackets has no slash, so the first one ends the host in any case.
  const std::size_t slash = repository.find('/');
  const bool has_domain = slash != std::string_view::npos && is_domain(repository.substr(0, slash));
  if (!has_domain || !all_pieces(repository.substr(slash + 1), '/', is_path_component)) {
    return "a name is [host[:port]/] and parts of letters in lower case and digits, with '.', '_', "
           "'__' or '-' between them";
  }
  return "";
}

bool is_tag(std::string_view text) {
  return text.size() <= kMaxTag &&
         consists_of(
             text, [](char c) { return is_alphanumeric(c) || c == '_' || c == '.' || c == '-'; }) &&
         text.front() != '.' && text.front() != '-';
}

// Of those that engines know.
bool is_digest(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::size_t>, 3> kAlgorithms = {
      {{"sha256:", 64}, {"sha384:", 96}, {"sha512:", 128}}};
  return std::any_of(kAlgorithms.begin(), kAlgorithms.end(), [&](const auto& algorithm) {
    return text.starts_with(algorithm.first) &&
           text.size() == algorithm.first.size() + algorithm.second &&
           consists_of(text.substr(algorithm.first.size()), is_hex);
  });
}

absl::Status image_error(std::string_view text, std::string_view why) {
  return base::error(absl::StatusCode::kInvalidArgument,
                     "{} is not the name of an image such as nginx:1.22 or "
                     "registry.example:5000/nginx@sha256:…: {}",
                     base::quoted(text), why);
}

}  // namespace

std::string ImageReference::version() const {
  if (!digest.empty()) return digest;
  return tag.empty() ? "latest" : tag;
}

std::string ImageReference::text() const {
  return repository + (digest.empty() ? ":" : "@") + version();
}

absl::StatusOr<ImageReference> parse_image_reference(std::string_view text) {
  ImageReference reference;
  std::string_view rest = text;
  if (const std::size_t at = rest.find('@'); at != std::string_view::npos) {
    reference.digest = rest.substr(at + 1);
    rest = rest.substr(0, at);
    if (!is_digest(reference.digest)) {
      return image_error(text,
                         "a digest is sha256:, sha384: or sha512: and its hexadecimal digits");
    }
  }
  // A colon behind the last slash; one before it is that of a registry's port.
  const std::size_t slash = rest.rfind('/');
  const std::size_t colon = rest.find(':', slash == std::string_view::npos ? 0 : slash);
  if (colon != std::string_view::npos) {
    reference.tag = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
    if (!is_tag(reference.tag)) {
      return image_error(text,
                         "a tag has at most 128 letters, digits, '_', '.' and '-', and begins "
                         "with none of the last two");
    }
  }
  if (const std::string_view fault = fault_of_repository(rest); !fault.empty()) {
    return image_error(text, fault);
  }
  // Engines take that for an image's id, which no registry knows.
  if (text.size() == 64 && consists_of(text, is_hex))
    return image_error(text, "it is an image's id");
  reference.repository = rest;
  return reference;
}

}  // namespace mex::nginx
