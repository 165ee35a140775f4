#include "nginx/model/users.h"

#include <crypt.h>
#include <string.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <memory>
#include <string_view>
#include <utility>

#include "base/record_json.h"
#include "base/status.h"
#include "nginx/model/grammar.h"
#include "store/read_all.h"

namespace mex::nginx {
namespace {

constexpr std::string_view kPrefix = "/nginx-users/";
// nginx checks the password of each request, in the thread that serves all of them: 2^8 rounds take
// some 15 ms.
constexpr unsigned long kCost = 8;
constexpr std::size_t kHashLength = 60;  // of "$2b$", crypt(5)
constexpr std::size_t kMinPassword = 8;
constexpr std::size_t kMaxPassword = 72;

std::string key_of(std::string_view name) { return std::string(kPrefix).append(name); }

// What bcrypt() makes: one that is cut short would let no one in, and not say so.
bool is_own_hash(std::string_view text) {
  return text.size() == kHashLength && text.starts_with("$2b$") && is_password_hash(text);
}

absl::StatusOr<User> read_user(const store::Entry& entry) {
  User user{entry.key.substr(kPrefix.size()), entry.value};
  if (is_user_name(user.name) && is_own_hash(user.password_hash)) return user;
  return base::damaged_record(entry.key, "it is not a user's password hash");
}

}  // namespace

absl::StatusOr<std::string> bcrypt(const base::Secret& password) {
  // The salt comes from the kernel.
  char salt[CRYPT_GENSALT_OUTPUT_SIZE];
  const auto room = std::make_unique<crypt_data>();
  if (crypt_gensalt_rn("$2b$", kCost, nullptr, 0, salt, sizeof salt) == nullptr) {
    return base::errno_status(errno, "crypt_gensalt");
  }
  const char* hash = crypt_rn(password.reveal().c_str(), salt, room.get(), sizeof *room);
  if (hash == nullptr) return base::errno_status(errno, "crypt");
  std::string text(hash);
  explicit_bzero(room.get(), sizeof *room);
  return text;
}

absl::Status Users::put(const std::string& name, const base::Secret& password) {
  if (!is_user_name(name)) {
    return base::field_error("name", "must be letters, digits, '.', '_', '@', '-', at most 63");
  }
  const std::string& text = password.reveal();
  if (text.size() < kMinPassword || text.size() > kMaxPassword ||
      text.find('\0') != std::string::npos) {
    return base::field_error("password", fmt::format("must have {} to {} bytes, none of them 0",
                                                     kMinPassword, kMaxPassword));
  }
  MEX_ASSIGN_OR_RETURN(std::string hash, bcrypt(password));
  store::Transaction transaction;
  transaction.put(key_of(name), std::move(hash));
  return store_.commit(transaction).status();
}

absl::Status Users::remove(const std::string& name) {
  if (const absl::Status found = store_.get(key_of(name)).status(); !found.ok()) {
    for (const User& user : file_.users()) {
      if (!absl::IsNotFound(found) || user.name != name) continue;
      return base::error(absl::StatusCode::kFailedPrecondition,
                         "{} is a user of the file {}: take the line out of it", name, user.file);
    }
    return found;
  }
  store::Transaction transaction;
  transaction.erase(key_of(name));
  return store_.commit(transaction).status();
}

absl::StatusOr<std::vector<User>> Users::list() const {
  MEX_ASSIGN_OR_RETURN(std::vector<User> users, store::read_all(store_, kPrefix, read_user));
  std::vector<User> of_file = file_.users();
  users.insert(users.end(), std::make_move_iterator(of_file.begin()),
               std::make_move_iterator(of_file.end()));
  const auto by_name = [](const User& a, const User& b) { return a.name < b.name; };
  std::stable_sort(users.begin(), users.end(), by_name);
  const auto same = [](const User& a, const User& b) { return a.name == b.name; };
  users.erase(std::unique(users.begin(), users.end(), same), users.end());
  return users;
}

}  // namespace mex::nginx
