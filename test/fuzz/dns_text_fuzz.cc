// What name servers' tools and DNS itself say, and what becomes of it. Promises: what is read of an
// answer and passes the check is written as one line; a claim that is read is written as it was.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "dns/claim.h"
#include "dns/rfc2136_text.h"
#include "oracle.h"

namespace dns = mex::dns;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  for (const auto type : {dns::RecordType::A, dns::RecordType::Aaaa, dns::RecordType::Txt}) {
    const auto records = dns::read_answer(text, "edge.example", type);
    if (!records.ok()) continue;
    for (const dns::DnsRecord& record : *records) {
      require(record.name == "edge.example" && record.type == type, "only what was asked for");
    }
  }
  for (const auto type : {dns::RecordType::A, dns::RecordType::Aaaa, dns::RecordType::Txt}) {
    for (const dns::DnsRecord& record :
         {dns::DnsRecord{.name = text, .type = type, .content = "1.1.1.1"},
          dns::DnsRecord{.name = "a", .type = type, .content = text}}) {
      if (!dns::check_record(record).ok()) continue;
      const std::string line = dns::add_line(record);
      require(std::count(line.begin(), line.end(), '\n') == 1 && line.back() == '\n', "one line");
    }
  }
  if (const auto claim = dns::parse_claim(text)) {
    require(dns::parse_claim(dns::encode(*claim)) == claim, "a claim is written as it was read");
  }
  return 0;
}
