#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/secret.h"

namespace mex::store {

// Encrypts what must not lie in the database in the clear (keys, tokens, passwords) with the
// agent's own key: AES-256-GCM. The key is a file beside the database, so that a copy of the
// database alone says nothing. Thread-safe.
class Sealer {
 public:
  // Reads the key file, or creates it if it is missing: not where something is sealed already, see
  // open_sealer(). The caller holds the StateDirectory.
  //   FailedPrecondition  the file is open to other users, or has the wrong length
  // Other errors are those of the file system.
  static absl::StatusOr<Sealer> open(const std::string& key_path);
  // The same; NotFound if it is missing.
  static absl::StatusOr<Sealer> load(const std::string& key_path);
  // Of a key file's content; `name` stands for the file in messages. FailedPrecondition if it has
  // the wrong length.
  static absl::StatusOr<Sealer> from_key(base::Secret key, std::string_view name);

  Sealer(Sealer&&) noexcept = default;
  Sealer& operator=(Sealer&&) noexcept = default;
  Sealer(const Sealer&) = delete;
  Sealer& operator=(const Sealer&) = delete;

  // `context` names the place where the result will lie (the record's key): what was sealed for
  // one place does not open in another. The same plaintext is sealed differently every time.
  std::string seal(const base::Secret& plaintext, std::string_view context) const;

  // DataLoss: changed in any bit, of another context, of another key (the message tells this case
  // from the others), of a format that this program does not know.
  absl::StatusOr<base::Secret> unseal(std::string_view sealed, std::string_view context) const;

  // Whether the result of a seal() says that it was this key's.
  bool has_sealed(std::string_view sealed) const;

 private:
  explicit Sealer(base::Secret key);

  base::Secret key_;
  std::string key_id_;  // tells keys apart without telling anything about them
};

}  // namespace mex::store
