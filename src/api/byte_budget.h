#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace mex::api {

// So many bytes for all calls together. Thread-safe.
class ByteBudget {
 public:
  // A part of the budget, given back at its end.
  class Share {
   public:
    Share() = default;
    Share(Share&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), bytes_(other.bytes_) {}
    Share& operator=(Share&& other) noexcept {
      if (this != &other) {
        give_back();
        budget_ = std::exchange(other.budget_, nullptr);
        bytes_ = other.bytes_;
      }
      return *this;
    }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    ~Share() { give_back(); }

   private:
    friend class ByteBudget;
    void give_back() {
      if (budget_ != nullptr) budget_->used_.fetch_sub(bytes_);
      budget_ = nullptr;
    }

    ByteBudget* budget_ = nullptr;
    std::size_t bytes_ = 0;
  };

  explicit ByteBudget(std::size_t bytes) : bytes_(bytes) {}
  ByteBudget(const ByteBudget&) = delete;
  ByteBudget& operator=(const ByteBudget&) = delete;

  // False, and `share` stays as it is, if less is left. What `share` had before is given back.
  bool take(std::size_t bytes, Share& share) {
    std::size_t used = used_.load();
    do {
      if (bytes > bytes_ - used) return false;
    } while (!used_.compare_exchange_weak(used, used + bytes));
    Share taken;
    taken.budget_ = this;
    taken.bytes_ = bytes;
    share = std::move(taken);
    return true;
  }

  std::size_t size() const { return bytes_; }
  std::size_t used() const { return used_.load(); }

 private:
  const std::size_t bytes_;
  std::atomic<std::size_t> used_{0};
};

}  // namespace mex::api
