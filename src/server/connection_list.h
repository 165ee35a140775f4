#pragma once

namespace mex::server {

// Connections in a list through their members `previous` and `next`: entering and leaving cost the
// same however many there are, and nothing is allocated.
template <typename Connection>
class ConnectionList {
 public:
  Connection* first() const { return first_; }
  bool empty() const { return first_ == nullptr; }

  void add(Connection& connection) {
    connection.next = first_;
    if (first_ != nullptr) first_->previous = &connection;
    first_ = &connection;
  }
  void remove(Connection& connection) {
    (connection.previous != nullptr ? connection.previous->next : first_) = connection.next;
    if (connection.next != nullptr) connection.next->previous = connection.previous;
  }

 private:
  Connection* first_ = nullptr;
};

}  // namespace mex::server
