#pragma once

#include <cstddef>

namespace mex::proxy::queue {

template <typename Object>
struct Links {
  Object* before = nullptr;
  Object* behind = nullptr;
};

// Objects in a row through links in them: entering and leaving cost the same however many
// there are, and nothing is allocated. `kLinks` says which of its links a list uses.
template <typename Object, Links<Object> Object::*kLinks>
class List {
 public:
  Object* first() const { return first_; }
  Object* last() const { return last_; }
  static Object* behind(const Object& object) { return (object.*kLinks).behind; }
  bool empty() const { return first_ == nullptr; }
  std::size_t size() const { return size_; }

  void add(Object& object) {
    (object.*kLinks) = {last_, nullptr};
    (last_ != nullptr ? (last_->*kLinks).behind : first_) = &object;
    last_ = &object;
    ++size_;
  }
  void remove(Object& object) {
    const Links<Object> links = object.*kLinks;
    (links.before != nullptr ? (links.before->*kLinks).behind : first_) = links.behind;
    (links.behind != nullptr ? (links.behind->*kLinks).before : last_) = links.before;
    (object.*kLinks) = {};
    --size_;
  }
  void move_to_end(Object& object) {
    if (last_ == &object) return;
    remove(object);
    add(object);
  }

 private:
  Object* first_ = nullptr;
  Object* last_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace mex::proxy::queue
