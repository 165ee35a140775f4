#include "server/http1/response_head.h"

#include <algorithm>

#include "http/known_header.h"
#include "http/status_code.h"
#include "http/writer.h"

namespace mex::server::http1 {
namespace {

using http::KnownHeader;

// Enough for nearly every head, so that it is written once.
constexpr std::size_t kUsualHead = 1024;

// Decided by the stream, never by the handler.
bool belongs_to_stream(KnownHeader header) {
  switch (header) {
    case KnownHeader::Connection:
    case KnownHeader::ContentLength:
    case KnownHeader::KeepAlive:
    case KnownHeader::TransferEncoding:
      return true;
    default:
      return false;
  }
}

void write_framing(http::HeadWriter& writer, const ResponseHeadPlan& plan) {
  const bool counted = plan.length.kind() == BodyLength::Kind::Exact;
  // RFC 9110 section 8.6: never in 1xx and 204; in answers to HEAD and in 304 it says what GET
  // would have given.
  const bool may_count = plan.status >= 200 && plan.status != 204;
  if (plan.mode == BodyMode::Chunked) {
    writer.header(KnownHeader::TransferEncoding, "chunked");
  } else if (may_count && (counted || plan.mode == BodyMode::Counted)) {
    writer.header(KnownHeader::ContentLength, plan.length.bytes());
  }
}

void write_connection(http::HeadWriter& writer, ConnectionOption option) {
  switch (option) {
    case ConnectionOption::Unsaid:
      return;
    case ConnectionOption::KeepAlive:
      writer.header(KnownHeader::Connection, "keep-alive");
      return;
    case ConnectionOption::Close:
      writer.header(KnownHeader::Connection, "close");
      return;
    case ConnectionOption::Upgrade:
      writer.header(KnownHeader::Connection, "upgrade");
      return;
  }
}

void write_head(http::HeadWriter& writer, const ResponseHeadPlan& plan) {
  writer.status_line(plan.status);
  bool dated = plan.date.empty();
  for (const HeaderView& header : plan.headers) {
    const KnownHeader known = http::recognise_header(header.name);
    if (belongs_to_stream(known)) continue;
    dated = dated || known == KnownHeader::Date;
    writer.header(header.name, header.value);
  }
  if (!dated) writer.header(KnownHeader::Date, plan.date);
  write_framing(writer, plan);
  write_connection(writer, plan.connection);
  writer.end();
}

}  // namespace

BodyMode body_mode(const BodyLength& length, int status, http::Method method,
                   http::Version version) {
  if (method == http::Method::Head || http::status_forbids_body(status)) return BodyMode::Absent;
  if (length.kind() != BodyLength::Kind::Unknown) return BodyMode::Counted;
  return version == http::Version::Http11 ? BodyMode::Chunked : BodyMode::UntilClose;
}

bool append_response_head(net::OutputQueue& output, const ResponseHeadPlan& plan) {
  std::size_t space = kUsualHead;
  for (;;) {
    http::HeadWriter writer(output.reserve(space));
    write_head(writer, plan);
    if (writer.error() == http::HeadWriter::Error::None) {
      output.commit(writer.size());
      return true;
    }
    const bool larger_helps = writer.error() == http::HeadWriter::Error::NoSpace &&
                              writer.size() <= net::BufferPool::kMaxBlock;
    if (!larger_helps) return false;
    space = writer.size();
  }
}

}  // namespace mex::server::http1
