#include <benchmark/benchmark.h>

#include <string>

#include "http/chunk_decoder.h"
#include "http/writer.h"

namespace mex::http {
namespace {

// A body of 64 KiB in chunks of the given size.
void decode_chunks(benchmark::State& state) {
  const auto chunk = static_cast<std::size_t>(state.range(0));
  std::string coded;
  for (std::size_t sent = 0; sent < 65536; sent += chunk) {
    coded += ChunkPrefix(chunk).text();
    coded.append(chunk, 'x');
    coded += kChunkSuffix;
  }
  coded += kLastChunk;
  for (auto _ : state) {
    ChunkDecoder decoder;
    std::string_view rest = coded;
    while (!rest.empty()) {
      const BodyStep step = decoder.take(rest);
      benchmark::DoNotOptimize(step.payload);
      rest.remove_prefix(step.consumed);
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(coded.size()));
}
BENCHMARK(decode_chunks)->Arg(16)->Arg(1024)->Arg(16384);

}  // namespace
}  // namespace mex::http
