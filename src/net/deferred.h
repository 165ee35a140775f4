#pragma once

#include <functional>
#include <utility>

namespace mex::net {

class DeferredList;

// A call that is to happen soon, once, however often it is asked for until then. Made once by its
// owner; destroying it withdraws the call. Loop thread only.
class Deferred {
 public:
  explicit Deferred(std::function<void()> call) : call_(std::move(call)) {}
  Deferred(const Deferred&) = delete;
  Deferred& operator=(const Deferred&) = delete;
  ~Deferred() { cancel(); }

  void cancel();
  bool pending() const { return link_ != nullptr; }

 private:
  friend class EventLoop;
  friend class DeferredList;
  std::function<void()> call_;
  DeferredList* list_ = nullptr;
  Deferred* next_ = nullptr;
  Deferred** link_ = nullptr;
};

// First in, first out list of Deferred, linked through the members.
class DeferredList {
 public:
  DeferredList() = default;
  DeferredList(const DeferredList&) = delete;
  DeferredList& operator=(const DeferredList&) = delete;
  ~DeferredList();

  bool empty() const { return first_ == nullptr; }
  void push(Deferred& deferred);
  // Takes the first one out and calls it; false if there is none.
  bool run_first();
  void take_all(DeferredList& other);  // appends `other` and leaves it empty

 private:
  friend class Deferred;
  Deferred* first_ = nullptr;
  Deferred** last_ = &first_;
};

}  // namespace mex::net
