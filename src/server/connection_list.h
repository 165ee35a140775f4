#pragma once

namespace mex::server {

// Connections in a list through their members `previous` and `next`: entering and leaving cost the
// same however many there are, and nothing is allocated.
template <typename Connection>
class ConnectionList {
 public:
  Connection* first() const { return first_; }  // the one added last
  Connection* last() const { return last_; }
  bool empty() const { return first_ == nullptr; }

  void add(Connection& connection) {
    connection.previous = nullptr;
    connection.next = first_;
    (first_ != nullptr ? first_->previous : last_) = &connection;
    first_ = &connection;
  }
  void remove(Connection& connection) {
    (connection.previous != nullptr ? connection.previous->next : first_) = connection.next;
    (connection.next != nullptr ? connection.next->previous : last_) = connection.previous;
  }

 private:
  Connection* first_ = nullptr;
  Connection* last_ = nullptr;
};

}  // namespace mex::server
