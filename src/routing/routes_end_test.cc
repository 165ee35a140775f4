// What the end of the process costs does not depend on the number of routes: counted in what is
// given back to the heap, not by a clock.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/temporary_directory.h"
#include "net/origin_policy.h"
#include "proxy/control.h"
#include "routing/proxy_routes.h"
#include "store/sqlite_store.h"

namespace {

bool counting = false;
std::size_t freed = 0;

void* allocated(std::size_t size) {
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void count_and_free(void* memory) {
  if (counting && memory != nullptr) ++freed;
  std::free(memory);
}

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) { return allocated(size); }
[[gnu::noinline]] void* operator new[](std::size_t size) { return allocated(size); }
// Of std::stable_sort.
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t& /*none*/) noexcept {
  return std::malloc(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { count_and_free(memory); }
[[gnu::noinline]] void operator delete[](void* memory) noexcept { count_and_free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t /*size*/) noexcept {
  count_and_free(memory);
}
[[gnu::noinline]] void operator delete[](void* memory, std::size_t /*size*/) noexcept {
  count_and_free(memory);
}

namespace mex::routing {
namespace {

// Pieces of memory that the end of an agent with so many routes gives back.
std::size_t freed_at_the_end(int count) {
  const base::TemporaryDirectory directory;
  const net::OriginPolicy policy({18889});
  const auto store = store::open_sqlite_store(directory.path()).value();
  auto control = std::make_unique<proxy::Control>(1, proxy::Options{}, policy);
  auto routes = std::make_unique<ProxyRoutes>(*store, control.get(), policy, base::system_clock());
  std::vector<ProxyRoute> wanted;
  for (int i = 0; i < count; ++i) {
    wanted.push_back(
        {"a name", "/a/rather/long/path/" + std::to_string(i), "http://10.0.0.1/base"});
  }
  EXPECT_TRUE(routes->add(wanted).ok());
  routes->leave_to_exit();
  freed = 0;
  counting = true;
  routes.reset();
  control.reset();
  counting = false;
  return freed;
}

TEST(RoutesEndTest, TheEndTakesAsLongWithManyRoutesAsWithNone) {
  const std::size_t without = freed_at_the_end(0);
  EXPECT_LE(freed_at_the_end(5'000), without + 20);
}

}  // namespace
}  // namespace mex::routing
