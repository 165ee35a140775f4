#include "proxy/request_id.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/random_id.h"
#include "http/characters.h"

namespace mex::proxy {
namespace {

constexpr std::size_t kMaxLength = 128;

bool may_stand(char c) {
  constexpr std::string_view kOthers = "-._~:/+=@";
  return http::is_alphanumeric(c) || kOthers.find(c) != std::string_view::npos;
}

}  // namespace

bool is_request_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxLength &&
         std::all_of(text.begin(), text.end(), may_stand);
}

RequestIds::RequestIds() : shard_(base::random_id(12)) {}

RequestId::RequestId(std::string_view shard, std::uint64_t number) {
  const auto written = fmt::format_to_n(text_.data(), text_.size(), "{}-{:x}", shard, number);
  size_ = std::min(written.size, text_.size());
}

}  // namespace mex::proxy
