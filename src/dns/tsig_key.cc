#include "dns/tsig_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>
#include <vector>

#include "base/dns_name.h"
#include "base/secret_text.h"
#include "base/status.h"

namespace mex::dns {
namespace {

// RFC 8945 section 6, and the numbers that dnssec-keygen had for them.
struct Algorithm {
  std::string_view name;
  std::string_view number;
};
constexpr std::array<Algorithm, 6> kAlgorithms{{{"hmac-md5", "157"},
                                                {"hmac-sha1", "161"},
                                                {"hmac-sha224", "162"},
                                                {"hmac-sha256", "163"},
                                                {"hmac-sha384", "164"},
                                                {"hmac-sha512", "165"}}};

// What a file says of a key, before it is judged.
struct Draft {
  std::string name;
  std::string algorithm;
  std::string secret;
};

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

// named.conf's words: names, strings, and the three signs. Nothing if a string or a comment does
// not end.
std::optional<std::vector<std::string>> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const char c = text.front();
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      text.remove_prefix(1);
    } else if (c == '#' || text.starts_with("//")) {
      text.remove_prefix(std::min(text.find('\n'), text.size()));
    } else if (text.starts_with("/*")) {
      const std::size_t end = text.find("*/", 2);
      if (end == std::string_view::npos) return std::nullopt;
      text.remove_prefix(end + 2);
    } else if (c == '"') {
      const std::size_t end = text.find('"', 1);
      if (end == std::string_view::npos) return std::nullopt;
      words.emplace_back(text.substr(1, end - 1));
      text.remove_prefix(end + 1);
    } else if (c == '{' || c == '}' || c == ';') {
      words.emplace_back(1, c);
      text.remove_prefix(1);
    } else {
      const std::size_t end = std::min(text.find_first_of(" \t\r\n\v\f{};\"#"), text.size());
      words.emplace_back(text.substr(0, std::max<std::size_t>(end, 1)));
      text.remove_prefix(std::max<std::size_t>(end, 1));
    }
  }
  return words;
}

// key NAME { algorithm A; secret S; };
std::optional<Draft> statement_in(const std::vector<std::string>& words) {
  const auto begin = std::find(words.begin(), words.end(), "key");
  if (words.end() - begin < 3 || begin[2] != "{") return std::nullopt;
  Draft draft{.name = begin[1], .algorithm = {}, .secret = {}};
  auto at = begin + 3;
  for (; words.end() - at >= 3 && *at != "}"; at += 3) {
    if (at[2] != ";") return std::nullopt;
    if (*at == "algorithm") draft.algorithm = at[1];
    if (*at == "secret") draft.secret = at[1];
  }
  const bool is_whole = at != words.end() && *at == "}";
  return is_whole ? std::optional(std::move(draft)) : std::nullopt;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// The value of "NAME: VALUE" with spaces or a dash before it, without quotation marks.
std::string value_in(const std::vector<std::string_view>& lines, std::string_view name) {
  for (std::string_view line : lines) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t-"), line.size()));
    if (!line.starts_with(name) || line.substr(name.size()).substr(0, 1) != ":") continue;
    std::string_view value = base::without_blank_ends(line.substr(name.size() + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    return std::string(value);
  }
  return "";
}

// Kname.+163+12345.private
std::string name_in_file_name(std::string_view file) {
  const std::size_t slash = file.rfind('/');
  if (slash != std::string_view::npos) file.remove_prefix(slash + 1);
  const std::size_t plus = file.find(".+");
  if (!file.starts_with('K') || plus == std::string_view::npos) return "";
  return std::string(file.substr(1, plus - 1));
}

std::string algorithm_of_number(std::string_view text) {
  const std::string_view number = text.substr(0, text.find(' '));
  for (const Algorithm& each : kAlgorithms) {
    if (each.number == number) return std::string(each.name);
  }
  return std::string(text);
}

std::optional<Draft> draft_in(std::string_view text, std::string_view file) {
  const std::vector<std::string_view> lines = lines_of(text);
  if (text.starts_with("Private-key-format:")) {
    return Draft{.name = name_in_file_name(file),
                 .algorithm = algorithm_of_number(value_in(lines, "Algorithm")),
                 .secret = value_in(lines, "Key")};
  }
  const auto words = words_of(text);
  if (auto statement = words ? statement_in(*words) : std::nullopt) return statement;
  Draft yaml{.name = value_in(lines, "id"),
             .algorithm = value_in(lines, "algorithm"),
             .secret = value_in(lines, "secret")};
  return yaml.name.empty() ? std::nullopt : std::optional(std::move(yaml));
}

// Labels of keys may have underscores, and one is enough.
bool is_key_name(std::string_view name) {
  std::string plain = lower(name);
  std::replace(plain.begin(), plain.end(), '_', 'u');
  return base::is_dns_subdomain(plain);
}

// Some write the name as RFC 2845 had it: hmac-md5.sig-alg.reg.int; the bits of a shorter signature
// may follow: hmac-sha256-128.
bool is_algorithm(std::string_view text) {
  if (text == "hmac-md5.sig-alg.reg.int") return true;
  return std::any_of(kAlgorithms.begin(), kAlgorithms.end(), [text](const Algorithm& each) {
    if (!text.starts_with(each.name)) return false;
    const std::string_view bits = text.substr(each.name.size());
    const bool is_number = bits.size() > 1 && bits.size() <= 4 && bits.front() == '-' &&
                           bits.find_first_not_of("0123456789", 1) == std::string_view::npos;
    return bits.empty() || is_number;
  });
}

std::string_view looks_like(std::string_view text) {
  if (text.empty()) return "is empty";
  if (text.find('\0') != std::string_view::npos || text.starts_with("\xFF\xFE")) {
    return "is no text in UTF-8";
  }
  if (text.find("-----BEGIN") != std::string_view::npos) return "looks like a PEM file";
  if (text.find('\n') == std::string_view::npos && base::is_base64(text)) {
    return "is a secret without its key: name and algorithm are missing";
  }
  if (text.find("key") != std::string_view::npos) return "has a key that does not end";
  return "has no key in it";
}

}  // namespace

absl::StatusOr<TsigKey> parse_tsig_key(std::string_view text, std::string_view file,
                                       std::string_view where) {
  const auto refuse = [where](std::string_view what) {
    return base::error(absl::StatusCode::kInvalidArgument,
                       "{} {}; tsig-keygen writes one: key \"NAME\" {{ algorithm hmac-sha256; "
                       "secret \"BASE64\"; }};",
                       where, what);
  };
  const std::string_view plain = base::without_blank_ends(text);
  std::optional<Draft> draft = draft_in(plain, file);
  if (!draft) return refuse(looks_like(plain));
  TsigKey key{.name = base::normal_dns_name(draft->name),
              .algorithm = lower(draft->algorithm),
              .secret = base::Secret(std::move(draft->secret))};
  if (!is_key_name(key.name)) return refuse("has a key without a name");
  if (key.algorithm.empty()) return refuse("has a key without an algorithm");
  if (!is_algorithm(key.algorithm)) return refuse("has a key of an algorithm that is not TSIG's");
  if (key.secret.empty()) return refuse("has a key without a secret");
  if (!base::is_base64(key.secret.reveal())) {
    return refuse("has a secret that is not base64, or is cut short");
  }
  return key;
}

base::Secret key_statement(const TsigKey& key) {
  return base::Secret(fmt::format("key \"{}\" {{ algorithm {}; secret \"{}\"; }};\n", key.name,
                                  key.algorithm, key.secret.reveal()));
}

base::Secret key_command(const TsigKey& key) {
  return base::Secret(fmt::format("key {}:{} {}\n", key.algorithm, key.name, key.secret.reveal()));
}

}  // namespace mex::dns
