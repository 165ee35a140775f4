#include "kubernetes/renewal/certificate_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>

#include "kubernetes/renewal/printable.h"

namespace mex::kubernetes {
namespace {

constexpr std::size_t kMaxLives = 64;
constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxProblem = 400;

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxName &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '/';
         });
}

// Up to the year 5138, without a sign.
std::optional<base::WallTime> parse_seconds(std::string_view text) {
  constexpr std::size_t kMaxDigits = 11;
  std::int64_t seconds = 0;
  const char* const last = text.data() + text.size();
  const auto [end, fault] = std::from_chars(text.data(), last, seconds);
  if (fault != std::errc() || end != last || text.size() > kMaxDigits || text[0] == '-') {
    return std::nullopt;
  }
  return base::WallTime(std::chrono::seconds(seconds));
}

std::optional<CertificateLife> parse_life(std::string_view word) {
  const std::size_t equals = word.find('=');
  if (equals == std::string_view::npos || !is_name(word.substr(0, equals))) return std::nullopt;
  const std::string_view span = word.substr(equals + 1);
  const std::size_t dash = span.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto begin = parse_seconds(span.substr(0, dash));
  const std::string_view end_text = span.substr(dash + 1);
  const auto end = end_text.empty() ? base::WallTime{} : parse_seconds(end_text);
  if (!begin || !end) return std::nullopt;
  return CertificateLife{.name = std::string(word.substr(0, equals)), .begin = *begin, .end = *end};
}

std::int64_t unix_seconds(base::WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

}  // namespace

CertificateReport certificate_report(const std::map<std::string, std::string>& annotations) {
  CertificateReport report;
  const auto text_of = [&](std::string_view name) {
    const auto found = annotations.find(std::string(name));
    return found == annotations.end() ? std::string_view() : std::string_view(found->second);
  };
  report.lives = parse_certificate_lives(text_of(kCertificatesAnnotation));
  report.problem = printable(text_of(kCertificatesProblemAnnotation), kMaxProblem);
  return report;
}

std::vector<CertificateLife> parse_certificate_lives(std::string_view text) {
  std::vector<CertificateLife> lives;
  while (!text.empty() && lives.size() < kMaxLives) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (auto life = parse_life(word)) lives.push_back(*std::move(life));
  }
  return lives;
}

std::string to_string(const std::vector<CertificateLife>& lives) {
  std::string text;
  for (const CertificateLife& life : lives) {
    text += fmt::format("{}{}={}-", text.empty() ? "" : " ", life.name, unix_seconds(life.begin));
    if (life.end != base::WallTime{}) text += std::to_string(unix_seconds(life.end));
  }
  return text;
}

}  // namespace mex::kubernetes
