// SPDX-License-Identifier: Apache-2.0
#include "modules/support/http.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <map>
#include <tuple>

#include "base/files.hpp"
#include "base/text.hpp"
#include "values/python.hpp"

namespace fprov::modules {
namespace {

struct Url { std::string scheme, user, password, host, target; int port = 0; };

std::string url_decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size())
            if (auto code = base::parse_int(text.substr(i + 1, 2), 16)) { out += static_cast<char>(*code); i += 2; continue; }
        out += text[i];
    }
    return out;
}

std::optional<Url> parse_url(const std::string& text) {
    auto scheme_end = text.find("://");
    if (scheme_end == std::string::npos) return std::nullopt;
    Url url;
    url.scheme = base::lower(text.substr(0, scheme_end));
    std::string rest = text.substr(scheme_end + 3);
    rest = rest.substr(0, rest.find('#'));
    auto path = rest.find_first_of("/?");
    std::string authority = rest.substr(0, path);
    url.target = path == std::string::npos ? "/" : rest.substr(path);
    if (url.target[0] == '?') url.target.insert(0, "/");
    if (auto at = authority.rfind('@'); at != std::string::npos) {
        std::string login = authority.substr(0, at);
        authority.erase(0, at + 1);
        auto colon = login.find(':');
        url.user = url_decode(login.substr(0, colon));
        if (colon != std::string::npos) url.password = url_decode(login.substr(colon + 1));
    }
    url.port = url.scheme == "https" ? 443 : 80;
    auto colon = authority.rfind(':');
    if (colon != std::string::npos && authority.find(']', colon) == std::string::npos) {
        auto port = base::parse_int(std::string_view(authority).substr(colon + 1));
        if (!port || *port < 1 || *port > 65535) return std::nullopt;
        url.port = static_cast<int>(*port);
        authority.resize(colon);
    }
    url.host = authority;
    if (url.host.empty() && url.scheme != "file") return std::nullopt;
    return url;
}

std::string join_url(const std::string& from, const std::string& to) {
    if (to.find("://") != std::string::npos) return to;
    auto scheme_end = from.find("://");
    if (to.starts_with("//")) return from.substr(0, scheme_end + 1) + to;
    auto path = from.find_first_of("/?#", scheme_end + 3);
    std::string root = from.substr(0, path);
    if (to.starts_with("/")) return root + to;
    std::string folder = path == std::string::npos ? "/" : from.substr(path, from.find_first_of("?#", path) - path);
    return root + base::normalize_path(base::dirname(folder) + "/" + to);
}

bool bypass_proxy(const std::string& host, const std::string& list) {
    for (const auto& part : base::split(list, ',')) {
        std::string word = base::lower(base::trim(part));
        if (word.empty()) continue;
        if (word == "*" || word == base::lower(host)) return true;
        if (word[0] != '.') word.insert(0, ".");
        if (base::lower(host).ends_with(word)) return true;
    }
    return false;
}

std::string variable(Context& context, const char* name) {
    if (auto at = context.environment.find(name); at != context.environment.end()) return at->second;
    return context.machine.variable(name);
}

bool has_header(const HttpRequest& request, std::string_view name) {
    return std::any_of(request.headers.begin(), request.headers.end(), [&](const auto& header) { return base::lower(header.first) == name; });
}

/// The login that ~/.netrc (or the file $NETRC) holds for a host.
void netrc_login(Context& context, const std::string& host, HttpRequest& request) {
    std::string file = variable(context, "NETRC");
    if (file.empty()) file = variable(context, "HOME") + "/.netrc";
    auto text = context.machine.read_file(file, 1 << 20);
    if (!text) return;
    std::vector<std::string> words;
    bool in_macro = false;      // until an empty line
    for (const auto& line : base::split_lines(*text)) {
        if (base::trim(line).empty()) in_macro = false;
        auto parts = base::shell_split(line);
        for (std::size_t i = 0; parts && i < parts->size() && !in_macro; ++i) {
            const auto& word = (*parts)[i];
            if (word.starts_with('#') && (words.empty() || words.size() % 2 == 0)) break;
            if (word == "macdef") { in_macro = true; break; }
            words.push_back(word);
            if (word == "default") words.emplace_back();    // so that all come in pairs
        }
    }
    bool here = false;
    for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
        const auto& [key, value] = std::tie(words[i], words[i + 1]);
        if (key == "machine" || key == "default") {
            if (here) return;
            here = key == "default" || value == host;
        } else if (here && (key == "login" || key == "user")) request.user = value;
        else if (here && key == "password") request.password = value;
    }
}

/// Head and body of an answer as it comes in; the body goes to a file.
class Answer {
public:
    Answer(Context& context, HttpResponse& response, bool no_body) : context_(context), response_(response), no_body_(no_body) {}

    /// false: complete (or broken).
    bool feed(std::string_view data) {
        buffer_.append(data);
        while (!head_done_) {
            auto end = buffer_.find("\r\n\r\n");
            std::size_t gap = 4;
            if (end == std::string::npos) { end = buffer_.find("\n\n"); gap = 2; }
            if (end == std::string::npos) return buffer_.size() < (1u << 20);
            parse_head(buffer_.substr(0, end));
            buffer_.erase(0, end + gap);
            if (response_.status >= 100 && response_.status < 200) continue;
            head_done_ = true;
            if (no_body_ || response_.status == 204 || response_.status == 304) return false;
        }
        return chunked_ ? chunks() : plain();
    }
    bool complete() const { return head_done_ && (no_body_ || done_ || (!chunked_ && !length_) || response_.status == 204 || response_.status == 304); }
    bool any() const { return head_done_; }

private:
    void parse_head(const std::string& head) {
        response_.headers.clear();
        auto lines = base::split_lines(head);
        if (lines.empty()) return;
        auto blank = lines[0].find(' ');
        response_.status = static_cast<int>(base::parse_int(lines[0].substr(blank + 1, 3)).value_or(-1));
        response_.reason = lines[0].size() > blank + 5 ? lines[0].substr(blank + 5) : "";
        chunked_ = false;
        length_.reset();
        for (std::size_t i = 1; i < lines.size(); ++i) {
            auto colon = lines[i].find(':');
            if (colon == std::string::npos) continue;
            std::string name = base::lower(lines[i].substr(0, colon)), value(base::trim(std::string_view(lines[i]).substr(colon + 1)));
            if (name == "transfer-encoding" && base::lower(value).find("chunked") != std::string::npos) chunked_ = true;
            if (name == "content-length")
                if (auto number = base::parse_int(value); number && *number >= 0) length_ = static_cast<std::uint64_t>(*number);
            response_.headers.emplace_back(std::move(name), std::move(value));
        }
    }

    void store(std::string_view bytes) {
        stored_ += bytes.size();
        if (!bytes.empty())
            if (auto written = context_.machine.append_file(response_.body_file, bytes); !written) fail(written.error());
    }

    bool plain() {
        std::string_view bytes = buffer_;
        if (length_) bytes = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), *length_ - std::min(*length_, stored_))));
        store(bytes);
        buffer_.clear();
        done_ = length_ && stored_ >= *length_;
        return !done_;
    }

    bool chunks() {
        for (;;) {
            auto end = buffer_.find('\n');
            if (end == std::string::npos) return true;
            std::string line(base::trim(std::string_view(buffer_).substr(0, end)));
            auto size = base::parse_int(line.substr(0, line.find(';')), 16);
            if (!size || *size < 0) return false;
            auto bytes = static_cast<std::size_t>(*size);
            if (bytes == 0) { done_ = true; return false; }
            if (buffer_.size() < end + 1 + bytes + 2) return true;
            store(std::string_view(buffer_).substr(end + 1, bytes));
            buffer_.erase(0, end + 1 + bytes + 2);
        }
    }

    Context& context_;
    HttpResponse& response_;
    bool no_body_, head_done_ = false, chunked_ = false, done_ = false;
    std::optional<std::uint64_t> length_;
    std::uint64_t stored_ = 0;
    std::string buffer_;
};

void fetch_plain(Context& context, const HttpRequest& request, const Url& url, HttpResponse& response) {
    std::string host = url.host, target = url.target, proxy_login;
    int port = url.port;
    std::string authority = url.host + (url.port == 80 ? "" : ":" + std::to_string(url.port));
    if (request.use_proxy) {
        std::string proxy = variable(context, "http_proxy");
        if (!proxy.empty() && !bypass_proxy(url.host, variable(context, "no_proxy"))) {
            auto parsed = parse_url(proxy.find("://") == std::string::npos ? "http://" + proxy : proxy);
            if (!parsed) fail("http_proxy is no URL: " + proxy);
            host = parsed->host;
            port = parsed->port;
            target = "http://" + authority + url.target;
            if (!parsed->user.empty()) proxy_login = base::base64_encode(parsed->user + ":" + parsed->password);
        }
    }
    std::string text = request.method + " " + target + " HTTP/1.1\r\n";
    if (!has_header(request, "host")) text += "Host: " + authority + "\r\n";
    if (!has_header(request, "accept-encoding")) text += "Accept-Encoding: identity\r\n";
    if (!proxy_login.empty()) text += "Proxy-Authorization: Basic " + proxy_login + "\r\n";
    for (const auto& [name, value] : request.headers) {
        if (name.find_first_of("\r\n:") != std::string::npos || value.find_first_of("\r\n") != std::string::npos) fail("the header '" + name + "' holds a line break");
        text += name + ": " + value + "\r\n";
    }
    if (!has_header(request, "content-length") && (!request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH"))
        text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
    text += "Connection: close\r\n\r\n" + request.body;
    Answer answer(context, response, request.method == "HEAD");
    auto done = context.machine.exchange(host, port, request.timeout, text, [&](std::string_view data) { return answer.feed(data); });
    if (!done && !answer.any()) {
        response.status = -1;
        response.error = done.error().what == "timed out" ? "Connection failure: timed out" : "<urlopen error " + done.error().what + ">";
    } else if (!answer.any()) {
        response.status = -1;
        response.error = "Connection failure: Remote end closed connection without response";
    } else if (!answer.complete()) {
        response.status = -1;
        response.error = done ? "the answer came short" : done.error().what;
    }
}

void fetch_file(Context& context, const Url& url, HttpResponse& response) {
    std::string path = url_decode(url.target);
    auto stat = context.machine.stat(path);
    auto reader = context.machine.open_file(path);
    if (!stat || !reader || !stat->is_file()) {
        response.error = "<urlopen error " + (reader ? "[Errno 21] Is a directory: '" + path + "'" : reader.error().what) + ">";
        return;
    }
    for (;;) {
        auto piece = (*reader)->read(std::size_t(1) << 20);
        if (!piece) fail(piece.error());
        if (piece->empty()) break;
        if (auto written = context.machine.append_file(response.body_file, *piece); !written) fail(written.error());
    }
    response.status = 200;
    response.headers.emplace_back("content-length", std::to_string(stat->size));
}

void unpack(Context& context, const std::string& folder, HttpResponse& response) {
    std::string plain = context.machine.temp_file("answer", folder).value();
    auto done = context.run({.argv = {"sh", "-c", "exec gzip -dc < \"$1\" > \"$2\"", "sh", response.body_file, plain}});
    if (!done || done->code != 0) fail("the packed answer of " + response.url + " can not be unpacked" + (done ? ": " + std::string(base::trim(done->error_output)) : ""));
    (void)context.machine.remove_file(response.body_file);
    response.body_file = plain;
}

std::string curl_quote(std::string_view text) {
    std::string out = "\"";
    for (char c : text) {
        if (c == '\\' || c == '"') out += '\\';
        if (c == '\n') { out += "\\n"; continue; }
        if (c == '\r') { out += "\\r"; continue; }
        out += c;
    }
    return out + "\"";
}

void fetch_curl(Context& context, const HttpRequest& request, HttpResponse& response) {
    auto& machine = context.machine;
    auto curl = machine.which("curl");
    if (!curl) fail("'" + request.url + "' needs the program curl on this host, which is not there; install it, or use http");
    std::string head = machine.temp_file("head").value(), body;
    std::string config = "url = " + curl_quote(request.url) + "\nsilent\nshow-error\n";
    config += "request = " + curl_quote(request.method) + "\n";
    if (request.method == "HEAD") config += "head\n";
    config += "output = " + curl_quote(request.method == "HEAD" ? "/dev/null" : response.body_file) + "\ndump-header = " + curl_quote(head) + "\n";
    config += "connect-timeout = " + std::to_string(static_cast<int>(std::ceil(request.timeout))) + "\n";
    config += "speed-limit = 1\nspeed-time = " + std::to_string(static_cast<int>(std::ceil(request.timeout))) + "\n";
    for (const auto& [name, value] : request.headers) {
        if (name.find_first_of("\r\n:") != std::string::npos || value.find_first_of("\r\n") != std::string::npos) fail("the header '" + name + "' holds a line break");
        config += "header = " + curl_quote(value.empty() ? name + ";" : name + ": " + value) + "\n";
    }
    if (!request.body.empty()) {
        body = machine.temp_file("body").value();
        if (auto written = machine.write_file(body, request.body); !written) fail(written.error());
        config += "data-binary = " + curl_quote("@" + body) + "\n";
    }
    if (!request.validate_certs) config += "insecure\n";
    if (!request.ca_path.empty()) config += "cacert = " + curl_quote(request.ca_path) + "\n";
    if (!request.client_cert.empty()) config += "cert = " + curl_quote(request.client_cert) + "\n";
    if (!request.client_key.empty()) config += "key = " + curl_quote(request.client_key) + "\n";
    if (!request.unix_socket.empty()) config += "unix-socket = " + curl_quote(request.unix_socket) + "\n";
    if (!request.use_proxy) config += "noproxy = \"*\"\n";
    base::Command command{.argv = {*curl, "-q", "-g", "-K", "-"}};
    command.input = config;
    auto finished = context.run(std::move(command));
    std::string text = machine.read_file(head, 1 << 20).value_or("");
    (void)machine.remove_file(head);
    if (!body.empty()) (void)machine.remove_file(body);
    if (!finished) fail(finished.error());
    // proxies put their own heads in front: the last one counts
    for (std::size_t at = 0; at < text.size();) {
        auto end = text.find("\r\n\r\n", at);
        if (end == std::string::npos) break;
        Answer one(context, response, true);
        (void)one.feed(std::string_view(text).substr(at, end + 4 - at));
        at = end + 4;
    }
    if (finished->code != 0) {
        response.status = -1;
        response.error = "<urlopen error " + std::string(base::trim(finished->error_output)) + ">";
    } else if (response.status < 0) response.status = 200;    // ftp has no status
}

}  // namespace

const std::string* HttpResponse::header(std::string_view name) const {
    for (const auto& [key, value] : headers)
        if (key == name) return &value;
    return nullptr;
}

std::string HttpResponse::message() const {
    if (status < 0) return error.starts_with("Connection failure") ? error : "Request failed: " + error;
    if (status >= 300) return "HTTP Error " + std::to_string(status) + ": " + reason;
    const std::string* length = header("content-length");
    return "OK (" + (length ? *length : "unknown") + " bytes)";
}

std::string HttpResponse::file_name() const {
    const std::string* disposition = header("content-disposition");
    auto at = disposition ? disposition->find("filename=") : std::string::npos;
    if (at == std::string::npos) return {};
    std::string name(base::trim(std::string_view(*disposition).substr(at + 9, disposition->find(';', at) - at - 9)));
    return base::basename(base::replace_all(name, "\"", ""));
}

std::string http_date(double time) {
    auto seconds = static_cast<std::time_t>(time);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, "%s, %02d %s %d %02d:%02d:%02d +0000", days[parts.tm_wday], parts.tm_mday, months[parts.tm_mon], parts.tm_year + 1900,
                  parts.tm_hour, parts.tm_min, parts.tm_sec);
    return buffer;
}

std::string url_encode(std::string_view text, bool plus_for_blank) {
    std::string out;
    for (unsigned char c : text) {
        if (std::isalnum(c) || c == '_' || c == '.' || c == '-' || c == '~') out += static_cast<char>(c);
        else if (c == ' ' && plus_for_blank) out += '+';
        else {
            char buffer[4];
            std::snprintf(buffer, sizeof buffer, "%%%02X", c);
            out += buffer;
        }
    }
    return out;
}

std::string url_file_name(const std::string& url) {
    auto scheme_end = url.find("://");
    std::string rest = url.substr(scheme_end == std::string::npos ? 0 : scheme_end + 3);
    auto path = rest.find('/');
    std::string name = path == std::string::npos ? "" : rest.substr(path, rest.find_first_of("?#") - path);
    name = base::basename(name);
    return name.empty() ? "index.html" : name;
}

HttpResponse http_fetch(Context& context, HttpRequest request) {
    HttpResponse response;
    std::string method = request.method;
    if (!has_header(request, "user-agent")) request.headers.emplace_back("User-Agent", "ansible-httpget");
    bool tried_login = false;
    std::string first_host, first_url = request.url;
    std::map<std::string, int> seen;
    for (int hop = 0;; ++hop) {
        response.url = request.url;
        auto url = parse_url(request.url);
        if (!url) fail("unknown url type: '" + request.url + "'", Map{{"url", request.url}, {"status", -1}});
        if (!url->user.empty() && request.user.empty()) { request.user = url->user; request.password = url->password; }
        if (first_host.empty()) {
            first_host = url->host;
            if (request.user.empty() && request.use_netrc) {
                netrc_login(context, url->host, request);
                if (!request.user.empty()) {    // goes before a header of the task's, too
                    request.force_basic = true;
                    std::erase_if(request.headers, [](const auto& header) { return base::lower(header.first) == "authorization"; });
                }
            }
        }
        HttpRequest now = request;
        if ((request.force_basic || tried_login) && !request.user.empty() && !has_header(request, "authorization") && url->host == first_host)
            now.headers.emplace_back("Authorization", "Basic " + base::base64_encode(request.user + ":" + request.password));
        if (!response.body_file.empty()) (void)context.machine.remove_file(response.body_file);
        response.body_file = context.machine.temp_file("answer", request.folder).value();
        response.headers.clear();
        if (!request.unix_socket.empty() && !context.machine.exists(request.unix_socket))
            response.error = "<urlopen error Invalid Socket File (" + request.unix_socket + "): [Errno 2] No such file or directory>";
        else if (url->scheme == "http" && request.unix_socket.empty()) fetch_plain(context, now, *url, response);
        else if (url->scheme == "file") fetch_file(context, *url, response);
        else if (url->scheme == "https" || url->scheme == "http" || url->scheme == "ftp") fetch_curl(context, now, response);
        else response.error = "<urlopen error unknown url type: " + url->scheme + ">";
        if (response.status == 401 && !request.user.empty() && !tried_login && !request.force_basic) {
            tried_login = true;
            continue;
        }
        bool redirect = response.status == 301 || response.status == 302 || response.status == 303 || response.status == 307 || response.status == 308;
        const std::string* location = response.header("location");
        if (const std::string* encoding = response.header("content-encoding"); request.decompress && encoding && base::lower(*encoding) == "gzip" && method != "HEAD") unpack(context, request.folder, response);
        if (!redirect || !location) return response;
        std::string to = join_url(request.url, *location);
        for (auto& [name, value] : response.headers)
            if (name == "location") value = to;
        bool safe = request.method == "GET" || request.method == "HEAD";
        if (request.follow == HttpRequest::Follow::none || (request.follow == HttpRequest::Follow::safe && !safe)) return response;
        if (hop >= 10 || ++seen[to] > 4) {      // the limits of Python
            response.url = first_url;
            response.redirected = false;
            response.reason = "The HTTP server returned a redirect error that would lead to an infinite loop.\nThe last 30x error message was:\n" + response.reason;
            return response;
        }
        if (response.status == 303 || ((response.status == 301 || response.status == 302) && request.method == "POST")) {
            request.method = request.method == "HEAD" ? "HEAD" : "GET";
            request.body.clear();
            std::erase_if(request.headers, [](const auto& header) {
                std::string name = base::lower(header.first);
                return name == "content-length" || name == "content-type" || name == "transfer-encoding";
            });
        }
        std::erase_if(request.headers, [&](const auto& header) {
            return std::find(request.unredirected.begin(), request.unredirected.end(), base::lower(header.first)) != request.unredirected.end();
        });
        request.url = to;
        response.redirected = true;
    }
}

HttpRequest http_request(const Args& args) {
    HttpRequest request;
    request.url = args.text("url");
    request.timeout = static_cast<double>(args.integer("timeout", 10));
    request.user = args.text("url_username");
    request.password = args.text("url_password");
    request.force_basic = args.flag("force_basic_auth");
    request.validate_certs = args.flag("validate_certs", true);
    request.use_proxy = args.flag("use_proxy", true);
    request.use_netrc = args.flag("use_netrc", true);
    request.decompress = args.flag("decompress", true);
    request.ca_path = args.text("ca_path");
    request.client_cert = args.text("client_cert");
    request.client_key = args.text("client_key");
    request.unix_socket = args.text("unix_socket");
    if (const Value& headers = args["headers"]; headers.is_map())
        for (const auto& entry : headers.map()) request.headers.emplace_back(values::str(entry.key), values::str(entry.value));
    for (const auto& name : args.texts("unredirected_headers")) request.unredirected.push_back(base::lower(name));
    request.headers.emplace_back("User-Agent", args.text("http_agent", "ansible-httpget"));
    for (std::size_t i = 0; i + 1 < request.headers.size(); ++i)
        if (base::lower(request.headers[i].first) == "user-agent") { request.headers.pop_back(); break; }
    return request;
}

}  // namespace fprov::modules
