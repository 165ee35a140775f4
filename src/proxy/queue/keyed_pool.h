#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace mex::proxy::queue {

// Objects by their keys, used again and again: one that comes when others have gone allocates
// nothing. An Object has a type Key, members `key` and `next_of_bucket`, and a function
// hash(key, seed), so that who chooses keys cannot choose where they lie. One thread.
template <typename Object>
class KeyedPool {
 public:
  using Key = typename Object::Key;

  KeyedPool(std::size_t buckets, std::uint64_t seed) : buckets_(buckets), seed_(seed) {}
  KeyedPool(const KeyedPool&) = delete;
  KeyedPool& operator=(const KeyedPool&) = delete;

  Object* find(const Key& key) const {
    Object* object = buckets_[place_of(key)];
    while (object != nullptr && !(object->key == key)) object = object->next_of_bucket;
    return object;
  }

  // The one that is there, or another one, as it was left or made.
  Object& get(const Key& key) {
    if (Object* const found = find(key)) return *found;
    if (free_.empty()) free_.push_back(&all_.emplace_back());
    Object& object = *free_.back();
    free_.pop_back();
    object.key = key;
    Object*& bucket = buckets_[place_of(key)];
    object.next_of_bucket = bucket;
    bucket = &object;
    return object;
  }

  void remove(Object& object) {
    Object** link = &buckets_[place_of(object.key)];
    while (*link != &object) link = &(*link)->next_of_bucket;
    *link = object.next_of_bucket;
    free_.push_back(&object);
  }

  std::size_t size() const { return all_.size() - free_.size(); }

 private:
  std::size_t place_of(const Key& key) const {
    return static_cast<std::size_t>(Object::hash(key, seed_)) % buckets_.size();
  }

  std::vector<Object*> buckets_;
  const std::uint64_t seed_;
  std::deque<Object> all_;
  std::vector<Object*> free_;
};

}  // namespace mex::proxy::queue
