#include <benchmark/benchmark.h>

#include <array>
#include <string>

#include "http/request_parser.h"
#include "http/writer.h"

namespace mex::http {
namespace {

// What a browser sends for a page within a site it has been to: 511 bytes, 9 headers.
const std::string kBrowserRequest =
    "GET /shop/articles/4711/pictures?size=large&page2 HTTP/1.1\r\n"
    "Host: shop.edge-17.example.org\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8\r\n"
    "Accept-Language: en-US,en;q=0.5\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Connection: keep-alive\r\n"
    "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\n"
    "Cache-Control: max-age=0\r\n"
    "Referer: https://shop.edge-17.example.org/shop/articles/all/\r\n"
    "\r\n";

void parse_browser_request(benchmark::State& state) {
  RequestParser parser;
  for (auto _ : state) {
    parser.reset();
    const ParseOutcome outcome = parser.feed(kBrowserRequest);
    if (outcome.state != ParseOutcome::State::Complete) state.SkipWithError("not parsed");
    benchmark::DoNotOptimize(parser.head());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kBrowserRequest.size()));
}
BENCHMARK(parse_browser_request);

void parse_small_request(benchmark::State& state) {
  const std::string bytes = "GET /test2 HTTP/1.1\r\nHost: 127.0.0.1:443\r\n\r\n";
  RequestParser parser;
  for (auto _ : state) {
    parser.reset();
    benchmark::DoNotOptimize(parser.feed(bytes));
  }
}
BENCHMARK(parse_small_request);

void write_browser_request(benchmark::State& state) {
  RequestParser parser;
  parser.feed(kBrowserRequest);
  const RequestHead& head = parser.head();
  std::array<char, 1024> space{};
  for (auto _ : state) {
    HeadWriter writer(space);
    writer.request_line(head.method_text, head.target);
    for (const Header& header : head.headers) {
      if (!header.hop_by_hop) writer.header(header.name, header.value);
    }
    writer.end();
    benchmark::DoNotOptimize(writer.size());
  }
}
BENCHMARK(write_browser_request);

}  // namespace
}  // namespace mex::http
