#pragma once

#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>

// What a record consists of: each field is named once, and reading and writing it (record_json.h),
// checking its limits (record_limits.h) and its message in the API (record_proto.h there) follow
// from that. The description stands beside the struct and is found by argument-dependent lookup:
//
//   struct WorkerPool { std::string name; int count = 0; };
//   constexpr auto fields_of(const WorkerPool*) {
//     return base::fields(base::field("name", &WorkerPool::name),
//                         base::field("count", &WorkerPool::count, {0, 250}));
//   }
//
// A member may be a string, a bool, an integer, a duration (its count), a WallTime (milliseconds
// since the epoch), an enum with words (record_words.h), another record, or an optional, a vector
// or a map of these. A record has a default constructor; its members' initializers are the
// defaults.
namespace mex::base {

enum class Presence {
  Required,   // always written; a record without it is damaged
  Defaulted,  // always written; a record without it has the default
  // Written only where it differs from the default, which a record without it has. What is added to
  // a record later is optional, so that records of older versions stay readable.
  Optional,
};

// The values that a caller may give. A record in the store is not held to them: it keeps what an
// older version accepted.
template <typename Value>
struct Limits {
  Value min;
  Value max;
  std::string_view note{};  // follows "must be <min> to <max>"
};
struct NoLimits {};

template <typename Record, typename Value, Presence kPresence, typename ValueLimits>
struct Field {
  const char* name;
  Value Record::*member;
  ValueLimits limits;
};

// The fields of a nested record stand among those of its owner, in the store and elsewhere.
template <typename Record, typename Value>
struct FlatField {
  Value Record::*member;
};

// A nested record that is an object in the store, while its fields stand among those of its owner
// in the API, in settings and in messages.
template <typename Record, typename Value>
struct GroupField {
  const char* name;
  Value Record::*member;
};

template <typename Record, typename Value>
constexpr Field<Record, Value, Presence::Required, NoLimits> field(const char* name,
                                                                   Value Record::*member) {
  return {name, member, {}};
}
template <typename Record, typename Value>
constexpr Field<Record, Value, Presence::Required, Limits<Value>> field(
    const char* name, Value Record::*member, std::type_identity_t<Limits<Value>> limits) {
  return {name, member, limits};
}
template <typename Record, typename Value>
constexpr Field<Record, Value, Presence::Defaulted, NoLimits> defaulted_field(
    const char* name, Value Record::*member) {
  return {name, member, {}};
}
template <typename Record, typename Value>
constexpr Field<Record, Value, Presence::Optional, NoLimits> optional_field(const char* name,
                                                                            Value Record::*member) {
  return {name, member, {}};
}
template <typename Record, typename Value>
constexpr Field<Record, Value, Presence::Optional, Limits<Value>> optional_field(
    const char* name, Value Record::*member, std::type_identity_t<Limits<Value>> limits) {
  return {name, member, limits};
}
template <typename Record, typename Value>
constexpr FlatField<Record, Value> flat(Value Record::*member) {
  return {member};
}
template <typename Record, typename Value>
constexpr GroupField<Record, Value> group(const char* name, Value Record::*member) {
  return {name, member};
}

template <typename... Fields>
constexpr std::tuple<Fields...> fields(Fields... all) {
  return {all...};
}

template <typename Record>
concept Described = requires {
  fields_of(static_cast<const Record*>(nullptr));
};

// Calls `visit` with each field of the description, in its order, as long as it returns true.
template <Described Record, typename Visit>
constexpr bool for_each_field(Visit&& visit) {
  return std::apply([&](const auto&... each) { return (visit(each) && ...); },
                    fields_of(static_cast<const Record*>(nullptr)));
}

// A record of which nothing was said. Made once: it is asked for with every field that is written.
template <typename Record>
const Record& default_record() {
  static const Record record;
  return record;
}

// Whether a field has the value that it has in a record of which nothing was said.
template <typename Record, typename Value, Presence kPresence, typename ValueLimits>
bool has_default(const Record& record, const Field<Record, Value, kPresence, ValueLimits>& field) {
  return record.*field.member == default_record<Record>().*field.member;
}

template <Described Record, typename Visit>
void for_each_given(const Record& record, Visit&& visit);

namespace record_detail {

template <typename Record, typename Value, Presence kPresence, typename ValueLimits, typename Visit>
void visit_given(const Record& record, const Field<Record, Value, kPresence, ValueLimits>& field,
                 Visit& visit) {
  if (!has_default(record, field)) visit(std::string_view(field.name));
}
template <typename Record, typename Value, typename Visit>
void visit_given(const Record& record, const FlatField<Record, Value>& field, Visit& visit) {
  for_each_given(record.*field.member, visit);
}
template <typename Record, typename Value, typename Visit>
void visit_given(const Record& record, const GroupField<Record, Value>& field, Visit& visit) {
  for_each_given(record.*field.member, visit);
}

}  // namespace record_detail

// Calls `visit` with the name of each field that does not have its default, in the order of the
// description; the fields of a group are among those of its owner.
template <Described Record, typename Visit>
void for_each_given(const Record& record, Visit&& visit) {
  for_each_field<Record>([&](const auto& field) {
    record_detail::visit_given(record, field, visit);
    return true;
  });
}

// What `record` leaves at its default becomes what `other` has. Not for records with groups.
template <Described Record>
void fill_defaults(Record& record, const Record& other) {
  for_each_field<Record>([&](const auto& field) {
    if (has_default(record, field)) record.*field.member = other.*field.member;
    return true;
  });
}

}  // namespace mex::base
