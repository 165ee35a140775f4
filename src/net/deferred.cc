#include "net/deferred.h"

namespace mex::net {

void Deferred::cancel() {
  if (link_ == nullptr) return;
  *link_ = next_;
  if (next_ != nullptr) {
    next_->link_ = link_;
  } else {
    list_->last_ = link_;
  }
  list_ = nullptr;
  next_ = nullptr;
  link_ = nullptr;
}

DeferredList::~DeferredList() {
  while (!empty()) first_->cancel();
}

void DeferredList::push(Deferred& deferred) {
  if (deferred.pending()) return;
  deferred.list_ = this;
  deferred.link_ = last_;
  *last_ = &deferred;
  last_ = &deferred.next_;
}

void DeferredList::take_all(DeferredList& other) {
  while (!other.empty()) {
    Deferred& deferred = *other.first_;
    deferred.cancel();
    push(deferred);
  }
}

bool DeferredList::run_first() {
  if (empty()) return false;
  Deferred& deferred = *first_;
  deferred.cancel();
  deferred.call_();
  return true;
}

}  // namespace mex::net
