#include "http/test_stream.h"

#include <fmt/format.h>

#include <ostream>

#include "http/body_reader.h"
#include "http/request_parser.h"
#include "http/response_parser.h"

namespace mex::http {
namespace {

std::string title(const RequestHead& head) {
  return fmt::format("{} {}", head.method_text, head.target);
}
std::string title(const ResponseHead& head) { return fmt::format("{}", head.status); }

void start_next(RequestParser& parser, Method /*unused*/) { parser.reset(); }
void start_next(ResponseParser& parser, Method method) { parser.reset(method); }

// One end of a connection: keeps what it has not yet understood, as a session's buffer does.
template <typename Parser>
class Reader {
 public:
  explicit Reader(Method method) : method_(method) { start_next(parser_, method_); }

  bool on_bytes(std::string_view bytes) {
    pending_ += bytes;
    while (!pending_.empty()) {
      const std::size_t before = pending_.size();
      if (!(in_body_ ? take_body() : take_head())) return false;
      if (pending_.size() == before && !in_body_) return true;
    }
    return true;
  }

  Transcript result(bool closed) {
    if (in_body_ && !(closed && body_.on_end_of_stream())) transcript_.text += "...";
    if (!in_body_ && !pending_.empty() && transcript_.error == ParseError::None) {
      transcript_.text += "...";
    }
    return transcript_;
  }

 private:
  bool take_head() {
    const ParseOutcome outcome = parser_.feed(pending_);
    transcript_.error = outcome.error;
    if (outcome.state != ParseOutcome::State::Complete) {
      return outcome.state == ParseOutcome::State::NeedMore;
    }
    if (!transcript_.text.empty()) transcript_.text += "; ";
    transcript_.text += title(parser_.head());
    body_ = BodyReader(parser_.head().framing);
    in_body_ = !body_.done();
    if (in_body_) transcript_.text += "=";
    pending_.erase(0, outcome.head_length);
    start_next(parser_, method_);
    return true;
  }

  bool take_body() {
    const BodyStep step = body_.take(pending_);
    transcript_.error = step.error;
    transcript_.text += step.payload;
    pending_.erase(0, step.consumed);
    in_body_ = !step.done;
    return step.error == ParseError::None;
  }

  Method method_;
  Parser parser_;
  BodyReader body_;
  bool in_body_ = false;
  std::string pending_;
  Transcript transcript_;
};

template <typename Parser>
Transcript read_all(std::string_view bytes, Method method, std::size_t step, bool closed) {
  Reader<Parser> reader(method);
  for (std::size_t start = 0; start < bytes.size(); start += step) {
    if (!reader.on_bytes(bytes.substr(start, step))) break;
  }
  return reader.result(closed);
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Transcript& transcript) {
  return out << '"' << transcript.text << "\", " << to_string(transcript.error);
}

Transcript read_requests(std::string_view bytes, std::size_t step) {
  return read_all<RequestParser>(bytes, Method::Get, step, false);
}

Transcript read_responses(std::string_view bytes, Method method, std::size_t step, bool closed) {
  return read_all<ResponseParser>(bytes, method, step, closed);
}

}  // namespace mex::http
