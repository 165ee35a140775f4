#include "api/v1/event_resources.h"

#include <charconv>
#include <optional>
#include <string>

#include "api/v1/page_size.h"
#include "api/v1/timestamp.h"
#include "base/status.h"

namespace mex::api {
namespace {

namespace v1 = ::mexosagent::v1;

absl::StatusOr<std::optional<events::Type>> event_type_of(v1::Event::Type type) {
  switch (type) {
    case v1::Event::TYPE_UNSPECIFIED:
      return std::nullopt;
    case v1::Event::NORMAL:
      return events::Type::Normal;
    case v1::Event::WARNING:
      return events::Type::Warning;
    default:
      return base::field_error("type", "must be NORMAL or WARNING");
  }
}

// 0: from the newest on.
absl::StatusOr<std::uint64_t> event_number_of(const std::string& token) {
  std::uint64_t number = 0;
  const char* end = token.data() + token.size();
  const auto [stop, error] = std::from_chars(token.data(), end, number);
  if (token.empty() || (error == std::errc() && stop == end && number > 0)) return number;
  return base::field_error("page_token", "must be next_page_token of the answer before");
}

}  // namespace

v1::Event to_proto(const events::Event& event) {
  v1::Event message;
  message.set_number(event.number);
  message.set_type(event.type == events::Type::Warning ? v1::Event::WARNING : v1::Event::NORMAL);
  message.set_kind(event.subject.kind);
  message.set_name(event.subject.name);
  message.set_tenant(event.subject.tenant);
  message.set_reason(event.reason);
  message.set_message(event.message);
  message.set_count(event.count);
  *message.mutable_first_at() = timestamp(event.first);
  *message.mutable_last_at() = timestamp(event.last);
  return message;
}

absl::StatusOr<v1::ListEventsResponse> list_events(const access::Principal&,
                                                   const events::EventLog& log,
                                                   const v1::ListEventsRequest& request) {
  MEX_ASSIGN_OR_RETURN(const int most, page_size_of(request.page_size()));
  MEX_ASSIGN_OR_RETURN(const std::uint64_t before, event_number_of(request.page_token()));
  events::EventFilter filter{
      .kind = request.kind(), .name = request.name(), .tenant = request.tenant()};
  MEX_ASSIGN_OR_RETURN(filter.type, event_type_of(request.type()));
  const events::EventPage page = log.page(filter, before, static_cast<std::size_t>(most));
  v1::ListEventsResponse reply;
  for (const events::Event& event : page.events) *reply.add_events() = to_proto(event);
  if (page.has_more) reply.set_next_page_token(std::to_string(page.events.back().number));
  return reply;
}

}  // namespace mex::api
