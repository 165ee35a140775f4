#include "proxy/route/location_template.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/status.h"
#include "http/authority.h"
#include "http/characters.h"

namespace mex::proxy::route {
namespace {

constexpr std::size_t kMaxTemplateLength = 2048;

template <typename... Args>
absl::Status bad_location(fmt::format_string<Args...> format, Args&&... args) {
  return base::error(absl::StatusCode::kInvalidArgument, format, std::forward<Args>(args)...);
}

// RFC 3986 section 2: what a URI has, without the brackets of IPv6.
bool is_uri_byte(char c) {
  constexpr std::string_view kOthers = "-._~:/?#@!$&'()*+,;=%";
  return http::is_alphanumeric(c) || kOthers.find(c) != std::string_view::npos;
}

absl::Status check_text(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '[' || c == ']') continue;  // of an IPv6 address; elsewhere the authority refuses them
    if (!is_uri_byte(c)) {
      return bad_location("has byte 0x{:02x}, which a URL holds only percent-encoded",
                          static_cast<unsigned char>(c));
    }
    const bool is_escape = c != '%' || (i + 2 < text.size() && http::hex_value(text[i + 1]) >= 0 &&
                                        http::hex_value(text[i + 2]) >= 0);
    if (!is_escape) return bad_location("has a '%' without two hexadecimal digits");
  }
  return absl::OkStatus();
}

// Takes "http://" or "https://" off.
bool take_scheme(std::string_view& text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!text.starts_with(scheme)) continue;
    text.remove_prefix(scheme.size());
    return true;
  }
  return false;
}

void append_path(std::string_view path, std::string& out) {
  if (out.ends_with('/') && path.starts_with('/')) path.remove_prefix(1);
  out += path;
}

}  // namespace

absl::StatusOr<std::vector<LocationTemplate::Piece>> LocationTemplate::split(
    std::string_view text) {
  constexpr std::pair<std::string_view, Kind> kNames[] = {{"{host}", Kind::Host},
                                                          {"{path}", Kind::Path},
                                                          {"{rest}", Kind::Rest},
                                                          {"{query}", Kind::Query}};
  std::vector<Piece> pieces;
  while (!text.empty()) {
    const std::size_t plain = std::min(text.find('{'), text.size());
    if (plain > 0) {
      MEX_RETURN_IF_ERROR(check_text(text.substr(0, plain)));
      pieces.push_back({Kind::Text, std::string(text.substr(0, plain))});
      text.remove_prefix(plain);
      continue;
    }
    const auto* const named = std::find_if(std::begin(kNames), std::end(kNames), [&](auto& each) {
      return text.starts_with(each.first);
    });
    if (named == std::end(kNames)) {
      return bad_location("has a '{{' that begins none of {{host}}, {{path}}, {{rest}}, {{query}}");
    }
    pieces.push_back({named->second, std::string()});
    text.remove_prefix(named->first.size());
  }
  return pieces;
}

// "https://{host}", "https://www.example.com:8443", and what may follow them.
absl::Status LocationTemplate::check_origin(const std::vector<Piece>& pieces) {
  std::string_view text = pieces.front().text;
  take_scheme(text);
  const std::string_view literal = text.substr(0, text.find_first_of("/?#"));
  if (!literal.empty()) {
    if (!http::parse_authority(literal)) {
      return bad_location("\"{}\" is no host with an optional port", literal);
    }
    const bool host_goes_on = literal.size() == text.size() && pieces.size() > 1;
    if (host_goes_on && pieces[1].kind == Kind::Host) {
      return bad_location("{{host}} must be the whole host");
    }
    return absl::OkStatus();
  }
  if (!text.empty() || pieces.size() < 2 || pieces[1].kind != Kind::Host) {
    return bad_location("must have a host or {{host}} behind the scheme");
  }
  if (pieces.size() == 2 || pieces[2].kind != Kind::Text) return absl::OkStatus();
  const std::string_view behind = pieces[2].text;
  const std::string_view port = behind.substr(0, behind.find_first_of("/?#"));
  if (port.empty() || http::parse_authority("h" + std::string(port))) {
    if (port.empty() || port.front() == ':') return absl::OkStatus();
  }
  return bad_location("{{host}} must be the whole host: a port, a slash or {{path}} may follow it");
}

absl::Status LocationTemplate::check_pieces(const std::vector<Piece>& pieces) {
  if (pieces.empty()) return bad_location("must not be empty; say \"https://{{host}}{{path}}\"");
  const Piece& first = pieces.front();
  std::size_t hosts_allowed = 0;
  if (first.kind == Kind::Text) {
    std::string_view rest = first.text;
    if (take_scheme(rest)) {
      MEX_RETURN_IF_ERROR(check_origin(pieces));
      hosts_allowed = 1;
    } else if (!rest.starts_with('/') || rest.starts_with("//")) {
      return bad_location(
          "must begin with http://, https://, one '/', {{path}} or {{rest}}: anything else is read "
          "as another place by some clients");
    }
  } else if (first.kind != Kind::Path && first.kind != Kind::Rest) {
    return bad_location("must begin with http://, https://, one '/', {{path}} or {{rest}}");
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (pieces[i].kind == Kind::Host && !(i == 1 && hosts_allowed == 1)) {
      return bad_location("may have {{host}} only behind http:// or https://");
    }
    if (pieces[i].kind == Kind::Query && i + 1 != pieces.size()) {
      return bad_location("must end with {{query}} where it has it");
    }
    const bool has_brackets = pieces[i].text.find_first_of("[]") != std::string::npos;
    if (has_brackets && (i != 0 || hosts_allowed == 0)) {
      return bad_location("has brackets outside of an IPv6 address");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<LocationTemplate> LocationTemplate::parse(std::string_view text) {
  if (text.size() > kMaxTemplateLength) {
    return bad_location("has {} bytes; at most {} are taken", text.size(), kMaxTemplateLength);
  }
  LocationTemplate made;
  made.text_ = text;
  MEX_ASSIGN_OR_RETURN(made.pieces_, split(text));
  MEX_RETURN_IF_ERROR(check_pieces(made.pieces_));
  return made;
}

bool LocationTemplate::expand(const LocationParts& parts, std::string& out) const {
  const std::size_t begin = out.size();
  for (const Piece& piece : pieces_) {
    switch (piece.kind) {
      case Kind::Text:
        append_path(piece.text, out);
        break;
      case Kind::Host:
        if (parts.host.empty()) return false;
        out += parts.is_ipv6 ? "[" : "";
        out += parts.host;
        out += parts.is_ipv6 ? "]" : "";
        break;
      case Kind::Path:
        append_path(parts.path, out);
        break;
      case Kind::Rest: {
        const std::string_view rest =
            parts.path.substr(std::min(parts.prefix.size(), parts.path.size()));
        append_path(rest.empty() && out.size() == begin ? "/" : rest, out);
        break;
      }
      case Kind::Query:
        if (!parts.has_query) break;
        out += std::string_view(out).substr(begin).find('?') == std::string_view::npos ? '?' : '&';
        out += parts.query;
        break;
    }
  }
  return true;
}

}  // namespace mex::proxy::route
