#include "access/token_table.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

#include "base/check.h"
#include "base/status.h"

namespace mex::access {
namespace {

constexpr std::string_view kPrefix = "sha256:";
constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxTokens = 1000;

bool is_name(std::string_view text) {
  return text.size() <= kMaxName && std::all_of(text.begin(), text.end(), [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' ||
                  c == '-';
         });
}

std::optional<TokenDigest> parse_digest(std::string_view text) {
  if (!text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  TokenDigest digest{};
  if (text.size() != 2 * digest.size()) return std::nullopt;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const char* begin = text.data() + 2 * i;
    const auto [end, error] = std::from_chars(begin, begin + 2, digest[i], 16);
    if (error != std::errc() || end != begin + 2) return std::nullopt;
  }
  return digest;
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t\r\f\v"), line.size()));
    if (line.empty()) return words;
    const std::size_t end = std::min(line.find_first_of(" \t\r\f\v"), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

// What is wrong with the line; empty if its token was added.
std::string_view add_line(const std::vector<std::string_view>& words, TokenTable& table) {
  if (words.size() != 2 && words.size() != 4) {
    return "must be NAME sha256:HEX, or NAME sha256:HEX until TIME";
  }
  if (!is_name(words[0])) return "the name must be letters, digits, '.', '_' or '-', at most 64";
  if (table.has(words[0])) return "the name is given twice";
  NamedToken token{.name = std::string(words[0])};
  const auto digest = parse_digest(words[1]);
  if (!digest) return "the token must be given as sha256: and 64 hexadecimal digits, not as it is";
  token.digest = *digest;
  if (words.size() == 4) {
    token.until = base::parse_rfc3339(words[3]);
    if (words[2] != "until" || !token.until) {
      return "after the token there may be: until 2027-01-31T00:00:00Z";
    }
  }
  table.add(std::move(token));
  return {};
}

}  // namespace

TokenDigest digest_of(std::string_view token) {
  TokenDigest digest{};
  unsigned int length = 0;
  const int done =
      EVP_Digest(token.data(), token.size(), digest.data(), &length, EVP_sha256(), nullptr);
  MEX_CHECK(done == 1 && length == digest.size(), "SHA-256 of a token");
  return digest;
}

bool TokenTable::has(std::string_view name) const {
  return std::any_of(tokens_.begin(), tokens_.end(),
                     [name](const NamedToken& each) { return each.name == name; });
}

const NamedToken* TokenTable::find(std::string_view token) const {
  const TokenDigest shown = digest_of(token);
  const NamedToken* found = nullptr;
  for (const NamedToken& each : tokens_) {
    unsigned difference = 0;
    for (std::size_t i = 0; i < shown.size(); ++i) difference |= shown[i] ^ each.digest[i];
    if (difference == 0) found = &each;
  }
  return found;
}

absl::Status add_tokens(std::string_view text, std::string_view where, TokenTable& table) {
  absl::Status problem;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::size_t number = 0;
  for (std::size_t added = 0; !text.empty();) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::vector<std::string_view> words = words_of(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (words.empty() || words[0].starts_with('#')) continue;
    const std::string_view fault =
        ++added > kMaxTokens ? "there are more than 1000 tokens" : add_line(words, table);
    if (fault.empty() || !problem.ok()) continue;
    problem = base::error(absl::StatusCode::kInvalidArgument, "{}:{}: {}", where, number, fault);
  }
  return problem;
}

}  // namespace mex::access
