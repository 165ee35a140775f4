#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "net/event_loop.h"

namespace mex::proxy {

// Objects that are used again and again, with the memory that they hold. Shard thread only.
template <typename Object>
class ObjectPool {
 public:
  explicit ObjectPool(net::EventLoop& loop)
      : loop_(loop), free_given_back_([this] {
          free_.insert(free_.end(), given_back_.begin(), given_back_.end());
          given_back_.clear();
        }) {}

  // One that is free, or one that is made from `argument`.
  template <typename Argument>
  Object& take(Argument& argument) {
    if (free_.empty()) {
      all_.push_back(std::make_unique<Object>(argument));
      free_.push_back(all_.back().get());
    }
    Object* object = free_.back();
    free_.pop_back();
    return *object;
  }

  // Taken again after the event that is handled now at the earliest: one of its functions may still
  // be on the stack.
  void give_back(Object& object) {
    given_back_.push_back(&object);
    loop_.after_event(free_given_back_);
  }

  std::size_t in_use() const { return all_.size() - free_.size() - given_back_.size(); }

 private:
  net::EventLoop& loop_;
  std::vector<std::unique_ptr<Object>> all_;
  std::vector<Object*> free_;
  std::vector<Object*> given_back_;
  net::Deferred free_given_back_;
};

}  // namespace mex::proxy
