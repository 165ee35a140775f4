#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/record.h"
#include "base/record_json.h"
#include "base/status.h"

// The text of records in the store: the JSON of their description (base/record.h) with the number
// of the format it was written in. A record of an earlier format is brought to the present one when
// it is read, and stays as it is until something about it changes.
//
// A change of a record's form that a default does not cover (a member renamed, split, or of another
// meaning) makes a new format: the next number here, and a step in record_migrations.cc. The number
// is also that of the whole store: a program refuses a store of a higher one.
namespace mex::store {

// 1: of the versions that gave no number. 2: records have one.
inline constexpr int kFormat = 2;

// The text of `json`, with the number.
std::string text_of_record(base::Json json);
// What is in `text`, in the present format, whatever the number was. DataLoss names `key`: not an
// object, or of a format that this program does not know.
absl::StatusOr<base::Json> json_of_record(std::string_view text, std::string_view key);

template <base::Described Record>
std::string write_record(const Record& record) {
  return text_of_record(base::JsonWriter::write(record));
}
// DataLoss, naming `key` and the member, if the text is not that of a record of this or an earlier
// format.
template <base::Described Record>
absl::StatusOr<Record> read_record(std::string_view text, std::string_view key) {
  MEX_ASSIGN_OR_RETURN(const base::Json json, json_of_record(text, key));
  return base::record_from_json<Record>(json, key);
}

}  // namespace mex::store
