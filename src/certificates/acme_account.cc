#include "certificates/acme_account.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/status.h"
#include "certificates/jws.h"
#include "http_client/client.h"

namespace mex::certificates {
namespace {

using http_client::Request;
using http_client::Response;
using nlohmann::json;

// RFC 8555 section 6.5: a nonce may be refused at any time, and the answer brings another one.
constexpr int kMaxNonces = 10;

std::string account_file(const AcmeOptions& options) {
  return account_directory(options) + "/account.json";
}

std::string account_key_file(const AcmeOptions& options) {
  return account_directory(options) + "/keys/" + options.email + ".key";
}

std::string json_text(const json& object) {
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

json object_in(const Response& response) {
  json object = json::parse(response.body, nullptr, /*allow_exceptions=*/false);
  return object.is_object() ? object : json::object();
}

std::string text_in(const json& object, const char* member) {
  const auto found = object.find(member);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// RFC 8555 section 6.7.
bool is_problem(const Response& response, std::string_view type) {
  return text_in(object_in(response), "type") == fmt::format("urn:ietf:params:acme:error:{}", type);
}

absl::Status refusal_in(const Response& response, std::string_view url) {
  const json problem = object_in(response);
  const auto code = is_problem(response, "rateLimited") ? absl::StatusCode::kResourceExhausted
                    : response.status >= 500            ? absl::StatusCode::kUnavailable
                                                        : absl::StatusCode::kFailedPrecondition;
  return base::error(code, "{}: {} {} {}", url, response.status, text_in(problem, "type"),
                     text_in(problem, "detail"));
}

// One registration: its connection, its key, and the nonce for its next call.
class Registration {
 public:
  Registration(const AcmeOptions& options, AccountKey key, base::CallLimits limits)
      : options_(options), key_(std::move(key)), limits_(std::move(limits)), client_([&] {
          http_client::Options client_options;
          client_options.ca_file = options.ca_file;
          return client_options;
        }()) {}

  // What lego calls a registration.
  absl::StatusOr<json> run(const std::string& external_key) {
    MEX_ASSIGN_OR_RETURN(const Response directory, send("GET", options_.server, ""));
    if (directory.status != 200) return refusal_in(directory, options_.server);
    const json urls = object_in(directory);
    const std::string account_url = text_in(urls, "newAccount");
    const std::string nonce_url = text_in(urls, "newNonce");
    if (account_url.empty() || nonce_url.empty()) {
      return base::error(absl::StatusCode::kInternal, "{}: not an ACME directory", options_.server);
    }
    MEX_RETURN_IF_ERROR(send("HEAD", nonce_url, "").status());
    return post_account(account_url, external_key);
  }

 private:
  absl::StatusOr<Response> send(const char* method, const std::string& url, std::string body) {
    Request request;
    request.method = method;
    request.url = url;
    if (!body.empty()) request.headers = {{"Content-Type", "application/jose+json"}};
    request.body = std::move(body);
    request.limits = limits_;
    request.max_response_bytes = std::size_t{1} << 20U;
    auto response = client_.send(request);
    if (!response.ok()) return base::annotate(response.status(), url);
    nonce_ = response->header("Replay-Nonce");
    return response;
  }

  absl::StatusOr<json> post_account(const std::string& url, const std::string& external_key) {
    for (int left = kMaxNonces; left > 0; --left) {
      MEX_ASSIGN_OR_RETURN(const Response response,
                           send("POST", url, request_body(url, external_key)));
      if (is_problem(response, "badNonce")) continue;
      const std::string account(response.header("Location"));
      // 200: the key has one already.
      if (response.status != 200 && response.status != 201) return refusal_in(response, url);
      if (account.empty()) {
        return base::error(absl::StatusCode::kInternal, "{}: the answer has no account URL", url);
      }
      return json{{"body", object_in(response)}, {"uri", account}};
    }
    return base::error(absl::StatusCode::kUnavailable, "{}: refused {} nonces that it had issued",
                       url, kMaxNonces);
  }

  std::string request_body(const std::string& url, const std::string& external_key) const {
    const std::string jwk = key_.jwk();
    const json binding_head = {{"alg", "HS256"}, {"kid", options_.external_account}, {"url", url}};
    const std::string binding =
        make_jws(json_text(binding_head), jwk,
                 [&](const std::string& bytes) { return sign_hs256(external_key, bytes); });
    const json payload = {{"termsOfServiceAgreed", true},
                          {"contact", {"mailto:" + options_.email}},
                          {"externalAccountBinding", json::parse(binding)}};
    const json head = {
        {"alg", "ES256"}, {"jwk", json::parse(jwk)}, {"nonce", nonce_}, {"url", url}};
    return make_jws(json_text(head), json_text(payload),
                    [&](const std::string& bytes) { return key_.sign(bytes); });
  }

  const AcmeOptions& options_;
  const AccountKey key_;
  const base::CallLimits limits_;
  http_client::Client client_;
  std::string nonce_;
};

// The one that is there, so that an account whose registration was not noted is found again.
absl::StatusOr<AccountKey> keep_key(const AcmeOptions& options) {
  const std::string file = account_key_file(options);
  if (auto text = base::read_file(file); text.ok()) {
    auto key = AccountKey::from_pem(base::Secret(*std::move(text)));
    if (key.ok()) return key;
  }
  MEX_ASSIGN_OR_RETURN(AccountKey key, AccountKey::create());
  MEX_RETURN_IF_ERROR(base::make_directories(account_directory(options) + "/keys", 0700));
  MEX_RETURN_IF_ERROR(base::write_file_atomically(file, key.pem().reveal(), 0600));
  return key;
}

}  // namespace

std::string authority_directory_name(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t begin = scheme == std::string::npos ? 0 : scheme + 3;
  std::string name = url.substr(begin, url.find('/', begin) - begin);
  std::replace(name.begin(), name.end(), ':', '_');
  return name;
}

std::string account_directory(const AcmeOptions& options) {
  return fmt::format("{}/accounts/{}/{}", lego_directory(options),
                     authority_directory_name(options.server), options.email);
}

bool has_account(const AcmeOptions& options) {
  std::error_code problem;
  return std::filesystem::exists(account_file(options), problem);
}

absl::Status register_bound_account(const AcmeOptions& options, const base::CallLimits& limits) {
  const auto external_key = base64url_decode(options.external_account_key.reveal());
  if (!external_key || external_key->empty()) {
    return base::error(absl::StatusCode::kInvalidArgument,
                       "MEX_ACME_EAB_HMAC: the key of the external account must be base64");
  }
  MEX_ASSIGN_OR_RETURN(AccountKey key, keep_key(options));
  Registration registration(options, std::move(key), limits);
  MEX_ASSIGN_OR_RETURN(const json registered, registration.run(*external_key));
  const json account = {{"email", options.email}, {"registration", registered}};
  return base::write_file_atomically(
      account_file(options), account.dump(1, '\t', false, json::error_handler_t::replace), 0600);
}

}  // namespace mex::certificates
