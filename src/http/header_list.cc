#include "http/header_list.h"

#include "http/characters.h"

namespace mex::http {

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return equals_ignoring_case(text.substr(0, prefix.size()), prefix);
}

const Header* HeaderList::find(KnownHeader header) const {
  if (!has(header)) return nullptr;
  return &entries_[first_[static_cast<std::size_t>(header)]];
}

const Header* HeaderList::find(std::string_view name) const {
  const KnownHeader known = recognise_header(name);
  if (known != KnownHeader::Other) return find(known);
  for (const Header& header : *this) {
    if (header.known == KnownHeader::Other && equals_ignoring_case(header.name, name)) {
      return &header;
    }
  }
  return nullptr;
}

std::string_view HeaderList::value(KnownHeader header) const {
  const Header* found = find(header);
  return found == nullptr ? std::string_view() : found->value;
}

std::string_view HeaderList::value(std::string_view name) const {
  const Header* found = find(name);
  return found == nullptr ? std::string_view() : found->value;
}

std::size_t HeaderList::count(KnownHeader header) const {
  if (!has(header)) return 0;
  std::size_t count = 0;
  for (std::size_t i = first_[static_cast<std::size_t>(header)]; i < size_; ++i) {
    if (entries_[i].known == header) ++count;
  }
  return count;
}

bool HeaderList::append(std::string_view name, std::string_view value) {
  if (size_ == kCapacity) return false;
  const KnownHeader known = recognise_header(name);
  const auto index = static_cast<std::size_t>(known);
  if (!present_[index]) {
    present_[index] = true;
    first_[index] = static_cast<std::uint8_t>(size_);
  }
  entries_[size_] = Header{name, value, known, is_always_hop_by_hop(known)};
  ++size_;
  return true;
}

void HeaderList::clear() {
  size_ = 0;
  present_.reset();
}

}  // namespace mex::http
