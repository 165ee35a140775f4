#include "store/store.h"

namespace mex::store {

Transaction& Transaction::expect_absent(std::string key) {
  preconditions_.push_back({std::move(key), Condition::Absent, 0});
  return *this;
}

Transaction& Transaction::expect_exists(std::string key) {
  preconditions_.push_back({std::move(key), Condition::Exists, 0});
  return *this;
}

Transaction& Transaction::expect_revision(std::string key, Revision revision) {
  preconditions_.push_back({std::move(key), Condition::AtRevision, revision});
  return *this;
}

Transaction& Transaction::put(std::string key, std::string value) {
  changes_.push_back({.key = std::move(key), .value = std::move(value)});
  return *this;
}

Transaction& Transaction::erase(std::string key) {
  changes_.push_back({.key = std::move(key), .value = std::nullopt});
  return *this;
}

Transaction& Transaction::discard(std::string key) {
  changes_.push_back({.key = std::move(key), .value = std::nullopt, .is_discard = true});
  return *this;
}

}  // namespace mex::store
