#include "dns/dns_provider.h"

#include <fmt/format.h>

namespace mex::dns {

std::string_view text_for(RecordType type) {
  switch (type) {
    case RecordType::A:
      return "A";
    case RecordType::Aaaa:
      return "AAAA";
    case RecordType::Txt:
      return "TXT";
  }
  return "";
}

std::string to_string(const DnsRecord& record) {
  return fmt::format("{} {} {}", record.name, text_for(record.type), record.content);
}

}  // namespace mex::dns
