// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "dialect/arguments.hpp"
#include "dialect/tables.hpp"
#include "dialect/url.hpp"

namespace fprov::dialect {

// urllib.parse.urlsplit.
Url split_url(std::string_view text) {
    Url url;
    auto rest = text;
    if (const auto colon = rest.find(':'); colon != std::string_view::npos && colon > 0 && std::isalpha(static_cast<unsigned char>(rest[0]))) {
        bool scheme = true;
        for (char c : rest.substr(0, colon)) scheme = scheme && (std::isalnum(static_cast<unsigned char>(c)) || c == '+' || c == '-' || c == '.');
        if (scheme) {
            url.scheme = base::lower(rest.substr(0, colon));
            rest.remove_prefix(colon + 1);
        }
    }
    if (rest.substr(0, 2) == "//") {
        const auto end = rest.find_first_of("/?#", 2);
        url.netloc = rest.substr(2, end == std::string_view::npos ? end : end - 2);
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end);
    }
    if (const auto hash = rest.find('#'); hash != std::string_view::npos) {
        url.fragment = rest.substr(hash + 1);
        rest = rest.substr(0, hash);
    }
    if (const auto mark = rest.find('?'); mark != std::string_view::npos) {
        url.query = rest.substr(mark + 1);
        rest = rest.substr(0, mark);
    }
    url.path = rest;
    std::string_view host = url.netloc;
    if (const auto at = host.rfind('@'); at != std::string_view::npos) {
        const auto user = host.substr(0, at);
        const auto colon = user.find(':');
        url.username = std::string(user.substr(0, colon));
        if (colon != std::string_view::npos) url.password = std::string(user.substr(colon + 1));
        host.remove_prefix(at + 1);
    }
    std::string_view port;
    if (!host.empty() && host[0] == '[') {
        const auto end = host.find(']');
        if (end != std::string_view::npos) {
            if (host.size() > end + 1 && host[end + 1] == ':') port = host.substr(end + 2);
            host = host.substr(1, end - 1);
        }
    } else if (const auto colon = host.find(':'); colon != std::string_view::npos) {
        port = host.substr(colon + 1);
        host = host.substr(0, colon);
    }
    if (!host.empty()) url.hostname = base::lower(host);
    if (!port.empty()) url.port = base::parse_int(port);
    return url;
}

namespace filters {
namespace {

Value urlsplit(Call& call) {
    std::string text = string_of(call, 0, "decode");
    std::erase_if(text, [](char c) { return c == '\n' || c == '\r' || c == '\t'; });
    const auto url = split_url(text);
    auto optional = [](const std::optional<std::string>& text) { return text ? Value(*text) : Value(); };
    Map parts{
        {"fragment", Value(url.fragment)}, {"hostname", optional(url.hostname)}, {"netloc", Value(url.netloc)},
        {"password", optional(url.password)}, {"path", Value(url.path)}, {"port", url.port ? Value(*url.port) : Value()},
        {"query", Value(url.query)}, {"scheme", Value(url.scheme)}, {"username", optional(url.username)},
    };
    const auto wanted = text_of(call, 1);
    if (wanted.empty()) return Value(std::move(parts));
    const Value* part = parts.find(wanted);
    if (!part) fail(call, "urlsplit: unknown URL component: " + wanted);
    return *part;
}

Value urldecode(Call& call) {
    const auto text = string_of(call, 0, "replace");
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+') out += ' ';
        else if (text[i] == '%' && i + 2 < text.size() && base::unhex(text.substr(i + 1, 2))) {
            out += *base::unhex(text.substr(i + 1, 2));
            i += 2;
        } else out += text[i];
    }
    return Value(out);
}

constexpr jinja::Filter rows[] = {
    {"urldecode", "string", urldecode, false, "Text out of a URL's query"},
    {"urlsplit", "value, query=''", urlsplit, false, "The parts of a URL"},
};

}  // namespace

std::span<const jinja::Filter> urls() { return rows; }

}  // namespace filters
}  // namespace fprov::dialect
