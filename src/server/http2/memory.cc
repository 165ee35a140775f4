#include "server/http2/memory.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <new>

namespace mex::server::http2 {
Memory::Memory(std::size_t keep_free) : keep_free_(keep_free) {
  functions_.mem_user_data = this;
  functions_.malloc = [](std::size_t size, void* self) {
    return static_cast<Memory*>(self)->take(size);
  };
  functions_.free = [](void* bytes, void* self) { static_cast<Memory*>(self)->give_back(bytes); };
  functions_.calloc = [](std::size_t count, std::size_t size, void* self) -> void* {
    if (size > 0 && count > std::numeric_limits<std::size_t>::max() / size) return nullptr;
    void* const bytes = static_cast<Memory*>(self)->take(count * size);
    if (bytes != nullptr) std::memset(bytes, 0, count * size);
    return bytes;
  };
  functions_.realloc = [](void* bytes, std::size_t size, void* self) {
    return static_cast<Memory*>(self)->resize(bytes, size);
  };
}

Memory::~Memory() {
  for (Piece* piece : free_pieces_) {
    while (piece != nullptr) {
      Piece* const next = piece->next;
      ::operator delete(piece);
      piece = next;
    }
  }
}

// kClasses: too large to be kept.
std::size_t Memory::class_of(std::size_t size) {
  if (size <= kSmallest) return 0;
  return std::min<std::size_t>(std::bit_width((size - 1) / kSmallest), kClasses);
}

void* Memory::take(std::size_t size) {
  const std::size_t size_class = class_of(size);
  const bool is_kept = size_class < kClasses;
  const std::size_t capacity = is_kept ? kSmallest << size_class : size;
  Piece* piece = is_kept ? free_pieces_[size_class] : nullptr;
  if (piece != nullptr) {
    free_pieces_[size_class] = piece->next;
    free_ -= capacity;
  } else {
    piece = static_cast<Piece*>(::operator new(sizeof(Piece) + capacity, std::nothrow));
    if (piece == nullptr) return nullptr;
    piece->size_class = size_class;
  }
  piece->capacity = capacity;
  in_use_ += capacity;
  return piece + 1;
}

void Memory::give_back(void* bytes) {
  if (bytes == nullptr) return;
  Piece* const piece = static_cast<Piece*>(bytes) - 1;
  if (piece->size_class == kClasses) {
    in_use_ -= piece->capacity;
    ::operator delete(piece);
    return;
  }
  const std::size_t capacity = piece->capacity;
  in_use_ -= capacity;
  if (free_ + capacity > keep_free_) {
    ::operator delete(piece);
    return;
  }
  free_ += capacity;
  piece->next = free_pieces_[piece->size_class];
  free_pieces_[piece->size_class] = piece;
}

void* Memory::resize(void* bytes, std::size_t size) {
  if (bytes == nullptr) return take(size);
  const Piece* const piece = static_cast<Piece*>(bytes) - 1;
  const std::size_t capacity = piece->capacity;
  if (size <= capacity) return bytes;
  void* const larger = take(size);
  if (larger == nullptr) return nullptr;
  std::memcpy(larger, bytes, std::min(capacity, size));
  give_back(bytes);
  return larger;
}

}  // namespace mex::server::http2
