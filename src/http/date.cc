#include "http/date.h"

#include <cstddef>

namespace mex::http {
namespace {

constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";

class Cursor {
 public:
  explicit Cursor(char* position) : position_(position) {}

  void text(std::string_view text) {
    for (char c : text) *position_++ = c;
  }
  // `digits` decimal digits with leading zeros.
  void number(unsigned value, unsigned digits) {
    for (unsigned i = digits; i > 0; --i) {
      position_[i - 1] = static_cast<char>('0' + value % 10);
      value /= 10;
    }
    position_ += digits;
  }

 private:
  char* position_;
};

}  // namespace

DateText::DateText(std::chrono::sys_seconds time) {
  const auto midnight = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(midnight);
  const std::chrono::hh_mm_ss clock(time - midnight);
  const std::size_t month = static_cast<unsigned>(date.month()) - 1;

  Cursor out(text_.data());
  out.text(kDays.substr(std::chrono::weekday(midnight).c_encoding() * std::size_t{3}, 3));
  out.text(", ");
  out.number(static_cast<unsigned>(date.day()), 2);
  out.text(" ");
  out.text(kMonths.substr(month * 3, 3));
  out.text(" ");
  out.number(static_cast<unsigned>(static_cast<int>(date.year())), 4);
  out.text(" ");
  out.number(static_cast<unsigned>(clock.hours().count()), 2);
  out.text(":");
  out.number(static_cast<unsigned>(clock.minutes().count()), 2);
  out.text(":");
  out.number(static_cast<unsigned>(clock.seconds().count()), 2);
  out.text(" GMT");
}

}  // namespace mex::http
