// What clients send, as a line of the access log. Promises: one line, bounded, JSON in UTF-8 in
// which every key is there once.
//
// Input: the text of every field.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/record_json.h"
#include "base/utf8.h"
#include "oracle.h"
#include "proxy/access_log/access_line.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mex;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  http::RequestHead head;
  head.method_text = head.host_text = head.path = head.query = text;
  head.headers.append("User-Agent", text);
  head.headers.append("Referer", text);
  proxy::AccessEntry entry;
  entry.request = &head;
  entry.server_name = entry.reason = entry.route = text;
  for (const bool has_query : {false, true}) {
    std::string line;
    append_access_line(line, entry, has_query);
    require(line.size() <= proxy::kMaxAccessLine, "it is bounded");
    require(line.find('\n') == line.size() - 1, "it is one line");
    require(base::is_utf8(line), "it is UTF-8");
    const base::Json object = base::Json::parse(line, nullptr, false);
    require(object.is_object(), "it is JSON");
    if (!text.empty())
      require(object.contains("method") && object.contains("path"), "all is there");
    if (!text.empty()) require(object.contains("query") == has_query, "the query where it may be");
  }
  return 0;
}
