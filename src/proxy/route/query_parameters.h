#pragma once

#include <string_view>

#include "http/characters.h"

namespace mex::proxy::route {

// One byte at a time of a name or value in a query, as forms write it (WHATWG URL section 5.1): '+'
// is a space, "%41" is 'A'; a '%' without two digits is itself. Allocates nothing.
class FormText {
 public:
  explicit FormText(std::string_view text) : text_(text) {}

  bool at_end() const { return text_.empty(); }
  char next() {
    const char c = text_.front();
    if (c == '%' && text_.size() >= 3) {
      const int high = http::hex_value(text_[1]);
      const int low = http::hex_value(text_[2]);
      if (high >= 0 && low >= 0) {
        text_.remove_prefix(3);
        return static_cast<char>(high * 16 + low);
      }
    }
    text_.remove_prefix(1);
    return c == '+' ? ' ' : c;
  }

  // Whether it is `plain`, or begins so.
  bool equals(std::string_view plain) { return begins_with(plain) && at_end(); }
  bool begins_with(std::string_view plain) {
    for (const char c : plain) {
      if (at_end() || next() != c) return false;
    }
    return true;
  }

 private:
  std::string_view text_;
};

// Calls `visit(name, value)`, both as sent, for each parameter of a query; empty ones are left out.
template <typename Visit>
void for_each_parameter(std::string_view query, Visit&& visit) {
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(parameter.size() == query.size() ? parameter.size() : parameter.size() + 1);
    if (parameter.empty()) continue;
    const std::string_view name = parameter.substr(0, parameter.find('='));
    visit(name,
          name.size() == parameter.size() ? std::string_view() : parameter.substr(name.size() + 1));
  }
}

}  // namespace mex::proxy::route
