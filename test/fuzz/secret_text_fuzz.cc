// What operators paste into files of secrets, whatever it is. Promises: what is taken as a token is
// one word of visible ASCII, also when it is read again; no refusal has a part of the text in it; a
// TSIG key that is taken is written into one line for nsupdate and is the same when it is read
// again; a table of tokens that has no digest in it lets no one in.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "access/token_table.h"
#include "base/secret_text.h"
#include "dns/tsig_key.h"
#include "oracle.h"

namespace base = mex::base;

namespace {

// Its words are ours, so it is short whatever the text is.
void check_refusal(const absl::Status& status) {
  const std::string message(status.message());
  require(message.starts_with("where ") && message.size() < 250, "a refusal is short");
}

void check_secret(std::string_view text) {
  for (const auto kind :
       {base::SecretKind::Token, base::SecretKind::Base64, base::SecretKind::Password}) {
    const auto secret = base::parse_secret(text, kind, "where");
    if (!secret.ok()) {
      check_refusal(secret.status());
      continue;
    }
    const std::string& plain = secret->reveal();
    require(!plain.empty() && plain.find_first_of("\r\n") == std::string::npos, "one line");
    const auto again = base::parse_secret(plain, kind, "where");
    require(again.ok() && again->reveal() == plain, "what is taken is taken again");
    if (kind == base::SecretKind::Password) continue;
    require(std::all_of(plain.begin(), plain.end(), [](char c) { return c > ' ' && c <= '~'; }),
            "visible ASCII");
  }
}

void check_key(std::string_view text) {
  const auto key = mex::dns::parse_tsig_key(text, "/Kname.+163+1.private", "where");
  if (!key.ok()) return check_refusal(key.status());
  const std::string command = mex::dns::key_command(*key).reveal();
  require(std::count(command.begin(), command.end(), '\n') == 1 && command.ends_with('\n'),
          "one line for nsupdate");
  require(std::count(command.begin(), command.end(), ' ') == 2, "three words for nsupdate");
  const auto again = mex::dns::parse_tsig_key(mex::dns::key_statement(*key).reveal(), "f", "where");
  require(again.ok() && again->name == key->name && again->algorithm == key->algorithm &&
              again->secret.reveal() == key->secret.reveal(),
          "the same key is read again");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_secret(text);
  check_key(text);
  mex::access::TokenTable table;
  static_cast<void>(mex::access::add_tokens(text, "where", table));
  if (text.find("sha256:") == std::string_view::npos) {
    require(table.find(text) == nullptr, "a table without digests lets no one in");
  }
  return 0;
}
