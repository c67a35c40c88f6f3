// SPDX-License-Identifier: Apache-2.0
// HTTP requests: plain ones over own connections, https through the host's curl (its configuration goes over stdin, so that neither
// passwords nor headers stand in any argument list). Bodies of answers go to a temporary file.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "modules/module.hpp"

namespace fprov::modules {

struct HttpRequest {
    enum class Follow : std::uint8_t { none, safe, all };
    std::string method = "GET", url;
    std::vector<std::pair<std::string, std::string>> headers{};
    std::string body{};
    double timeout = 10;
    std::string user{}, password{};
    bool force_basic = false, validate_certs = true, use_proxy = true, use_netrc = true, decompress = true;
    std::string ca_path{}, client_cert{}, client_key{}, unix_socket{};
    std::vector<std::string> unredirected{};   // headers, in lower case, that the next address does not get
    std::string folder{};                      // where the body's temporary file is made; the agent's own when empty
    Follow follow = Follow::safe;
};

struct HttpResponse {
    int status = -1;                      // -1: no answer came; `error` says why
    std::string reason{}, error{};
    std::vector<std::pair<std::string, std::string>> headers{};   // names in lower case
    std::string url{};                    // the last one, after redirections
    bool redirected = false;
    std::string body_file{};
    const std::string* header(std::string_view name) const;
    /// "OK (12 bytes)", "HTTP Error 404: Not Found", "Request failed: <urlopen error …>".
    std::string message() const;
    /// What the server calls it (Content-Disposition); empty when it says nothing.
    std::string file_name() const;
};

HttpResponse http_fetch(Context& context, HttpRequest request);

/// The parameters that uri and get_url share, into a request.
HttpRequest http_request(const Args& args);
/// The last part of a URL's path: what a file from it is called.
std::string url_file_name(const std::string& url);
std::string url_encode(std::string_view text, bool plus_for_blank);
std::string http_date(double time);

}  // namespace fprov::modules
