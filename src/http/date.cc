#include "http/date.h"

#include <cstddef>

namespace mex::http {
namespace {

constexpr std::string_view kDays = "ThuFriSatSunMonTueWed";  // from 1970-01-01 on
constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr std::int64_t kSecondsPerDay = 86400;

struct Date {
  std::int64_t year;
  std::int64_t month;  // 1 to 12
  std::int64_t day;    // 1 to 31
};

bool is_leap_year(std::int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

std::int64_t days_in_month(std::int64_t year, std::int64_t month) {
  if (month == 2) return is_leap_year(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

// Counts years and months: once a second, and far from any hot path, plain is better than clever.
Date date_of(std::int64_t days_since_1970) {
  Date date{1970, 1, 1};
  for (std::int64_t length = 365; days_since_1970 >= length;
       length = is_leap_year(date.year) ? 366 : 365) {
    days_since_1970 -= length;
    ++date.year;
  }
  while (days_since_1970 >= days_in_month(date.year, date.month)) {
    days_since_1970 -= days_in_month(date.year, date.month);
    ++date.month;
  }
  date.day += days_since_1970;
  return date;
}

class Cursor {
 public:
  explicit Cursor(char* position) : position_(position) {}

  Cursor& text(std::string_view text) {
    for (char c : text) *position_++ = c;
    return *this;
  }
  // `digits` decimal digits with leading zeros.
  Cursor& number(std::int64_t value, std::size_t digits) {
    for (std::size_t i = digits; i > 0; --i) {
      position_[i - 1] = static_cast<char>('0' + value % 10);
      value /= 10;
    }
    position_ += digits;
    return *this;
  }

 private:
  char* position_;
};

std::string_view third(std::string_view names, std::int64_t index) {
  return names.substr(static_cast<std::size_t>(index) * 3, 3);
}

}  // namespace

DateText::DateText(std::int64_t unix_seconds) : text_() {
  const std::int64_t days = unix_seconds / kSecondsPerDay;
  const std::int64_t second = unix_seconds % kSecondsPerDay;
  const Date date = date_of(days);
  Cursor(text_.data())
      .text(third(kDays, days % 7))
      .text(", ")
      .number(date.day, 2)
      .text(" ")
      .text(third(kMonths, date.month - 1))
      .text(" ")
      .number(date.year, 4)
      .text(" ")
      .number(second / 3600, 2)
      .text(":")
      .number(second / 60 % 60, 2)
      .text(":")
      .number(second % 60, 2)
      .text(" GMT");
}

}  // namespace mex::http
