#pragma once

namespace mex::base {

// Deleter of std::unique_ptr for the objects of C libraries:
// std::unique_ptr<BIO, base::Freed<BIO_free>>.
template <auto Free>
struct Freed {
  template <typename Object>
  void operator()(Object* object) const {
    Free(object);
  }
};

}  // namespace mex::base
