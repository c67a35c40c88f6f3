// SPDX-License-Identifier: Apache-2.0
// uri: one HTTP request, and what came back.
#include <algorithm>
#include <map>
#include <cmath>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "modules/support/edit.hpp"
#include "modules/support/http.hpp"
#include "modules/support/ownership.hpp"
#include "values/json.hpp"
#include "values/python.hpp"

namespace fprov::modules {
namespace {

constexpr Arg args[] = {
    {.name = "url", .help = "The address", .required = true},
    {.name = "method", .help = "GET, POST and the like", .fallback = "GET"},
    {.name = "body", .type = spec::Type::raw, .help = "What is sent"},
    {.name = "body_format", .help = "What body is", .fallback = "raw", .choices = "form-urlencoded|json|raw|form-multipart"},
    {.name = "src", .type = spec::Type::path, .help = "A file that is sent instead of body"},
    {.name = "dest", .type = spec::Type::path, .help = "File (or folder) for the answer"},
    {.name = "headers", .type = spec::Type::dict, .help = "Headers of the request", .fallback = "{}"},
    {.name = "return_content", .type = spec::Type::boolean, .help = "The answer's body in the result", .fallback = "no"},
    {.name = "status_code", .type = spec::Type::list, .help = "Status codes that mean success", .fallback = "[200]", .elements = spec::Type::integer},
    {.name = "follow_redirects", .help = "Which redirections to follow", .fallback = "safe", .choices = "all|no|none|safe|urllib2|yes"},
    {.name = "creates", .type = spec::Type::path, .help = "Do nothing when this exists"},
    {.name = "removes", .type = spec::Type::path, .help = "Do nothing when this does not exist"},
    {.name = "timeout", .type = spec::Type::integer, .help = "Seconds without an answer", .fallback = "30"},
    {.name = "url_username", .help = "Login", .aliases = "user"},
    {.name = "url_password", .help = "Its password", .aliases = "password", .secret = true},
    {.name = "force_basic_auth", .type = spec::Type::boolean, .help = "Send the login with the first request", .fallback = "no"},
    {.name = "force", .type = spec::Type::boolean, .help = "Ask also when the file at dest may be current", .fallback = "no"},
    {.name = "validate_certs", .type = spec::Type::boolean, .help = "Check certificates", .fallback = "yes"},
    {.name = "ca_path", .type = spec::Type::path, .help = "Certificates to trust"},
    {.name = "client_cert", .type = spec::Type::path, .help = "Own certificate"},
    {.name = "client_key", .type = spec::Type::path, .help = "Key of the own certificate"},
    {.name = "http_agent", .help = "User-Agent", .fallback = "ansible-httpget"},
    {.name = "use_proxy", .type = spec::Type::boolean, .help = "Obey http_proxy and the like", .fallback = "yes"},
    {.name = "unix_socket", .type = spec::Type::path, .help = "Socket to connect to"},
    {.name = "remote_src", .type = spec::Type::boolean, .help = "src is on the host", .fallback = "no"},
    {.name = "unredirected_headers", .type = spec::Type::list, .help = "Headers that do not follow redirections", .fallback = "[]", .elements = spec::Type::text},
    {.name = "decompress", .type = spec::Type::boolean, .help = "Unpack an answer that the server has packed with gzip", .fallback = "yes"},
    {.name = "ciphers", .type = spec::Type::list, .help = "Has no effect here", .elements = spec::Type::text},
    {.name = "use_netrc", .type = spec::Type::boolean, .help = "Without a user of the task, take the one that ~/.netrc has for the host", .fallback = "yes"},
    {.name = "use_gssapi", .type = spec::Type::boolean, .help = "Not supported", .fallback = "no"},
};
constexpr Rule rules[] = {{.kind = Rule::Kind::mutually_exclusive, .names = "body,src"}};

std::string form(const Value& body) {
    std::vector<std::string> parts;
    auto add = [&](const Value& key, const Value& value) {
        parts.push_back(url_encode(values::str(key), true) + "=" + url_encode(value.is_none() ? "" : values::str(value), true));
    };
    auto pair = [&](const Value& key, const Value& value) {
        if (value.is_sequence())
            for (const auto& item : value.list()) add(key, item);
        else add(key, value);
    };
    if (body.is_map())
        for (const auto& entry : body.map()) pair(entry.key, entry.value);
    else if (body.is_sequence())
        for (const auto& item : body.list()) {
            if (!item.is_sequence() || item.list().size() != 2) fail("failed to parse body as form_urlencoded: need more than 1 value to unpack");
            pair(item.list()[0], item.list()[1]);
        }
    else return values::str(body);
    return base::join(parts, "&");
}

/// What a file's name tells of its content.
std::string mime_type(const std::string& name) {
    static constexpr struct { std::string_view ending, type; } rows[] = {
        {"txt", "text/plain"}, {"log", "text/plain"}, {"conf", "text/plain"}, {"csv", "text/csv"}, {"htm", "text/html"}, {"html", "text/html"},
        {"css", "text/css"}, {"js", "application/javascript"}, {"json", "application/json"}, {"xml", "application/xml"}, {"md", "text/markdown"},
        {"py", "text/x-python"}, {"sh", "application/x-sh"}, {"pdf", "application/pdf"}, {"zip", "application/zip"}, {"tar", "application/x-tar"},
        {"tgz", "application/x-tar"}, {"jar", "application/java-archive"}, {"png", "image/png"}, {"gif", "image/gif"}, {"jpg", "image/jpeg"},
        {"jpeg", "image/jpeg"}, {"svg", "image/svg+xml"},
    };
    std::string file = base::lower(name);
    for (const char* packed : {".gz", ".bz2", ".xz"})
        if (file.ends_with(packed)) file.resize(file.size() - std::string_view(packed).size());
    const auto dot = file.rfind('.');
    for (const auto& row : rows)
        if (dot != std::string::npos && row.ending == std::string_view(file).substr(dot + 1)) return std::string(row.type);
    return "application/octet-stream";
}

std::string multipart(Context& context, const Value& body, std::string& boundary) {
    if (!body.is_map()) fail("failed to parse body as form-multipart: Mapping is required, cannot be type " + values::type_name(body));
    boundary = "===============" + base::sha1_hex(std::to_string(context.machine.now())).substr(0, 24) + "==";
    std::string out;
    std::map<std::string, const Value*> fields;      // in the order of names
    for (const auto& entry : body.map()) fields[values::str(entry.key)] = &entry.value;
    for (const auto& [key, field] : fields) {
        const Value& value = *field;
        std::string content, filename, encoding, type = "text/plain";
        if (value.is_map()) {
            const Value* text = value.find("content");
            const Value* name = value.find("filename");
            const Value* mime = value.find("mime_type");
            if (name) filename = values::str(*name);
            const Value* sent = value.find("_fprov_file");
            type = mime_type(filename);
            if (text && (text->truthy() || sent)) content = values::str(*text);
            else if (name) content = context.machine.read_file(filename).value();
            else fail("failed to parse body as form-multipart: at least one of filename or content must be provided");
            if (name && (sent || !text || !text->truthy())) {
                encoding = "Content-Transfer-Encoding: base64\r\n";
                const std::string packed = base::base64_encode(content);
                content.clear();
                for (std::size_t at = 0; at < packed.size(); at += 76) content += packed.substr(at, 76) + "\r\n";
            }
            if (mime) type = values::str(*mime);
        } else if (value.is_string()) content = value.string();
        else fail("failed to parse body as form-multipart: value must be a string, or mapping, cannot be type " + values::type_name(value));
        out += "--" + boundary + "\r\n" + encoding + "Content-Type: " + type + "\r\nContent-Disposition: form-data; name=\"" + key + "\"" +
               (filename.empty() ? "" : "; filename=\"" + base::basename(filename) + "\"") + "\r\n\r\n" + content + "\r\n";
    }
    return out + "--" + boundary + "--\r\n";
}

void add_type(HttpRequest& request, std::string type) {
    for (const auto& [name, value] : request.headers)
        if (base::lower(name) == "content-type") return;
    request.headers.emplace_back("Content-Type", std::move(type));
}

void add_cookies(const HttpResponse& response, Outcome& outcome) {
    Map cookies;
    std::vector<std::string> texts;
    for (const auto& [name, value] : response.headers) {
        if (name != "set-cookie") continue;
        std::string pair = value.substr(0, value.find(';'));
        auto equals = pair.find('=');
        if (equals == std::string::npos) continue;
        cookies.set(std::string_view(pair).substr(0, equals), Value(pair.substr(equals + 1)));
        texts.push_back(pair);
    }
    outcome.set("cookies_string", base::join(texts, "; ")).set("cookies", Value(std::move(cookies)));
}

Outcome run(const Args& args, Context& context) {
    auto& machine = context.machine;
    Outcome outcome;
    if (args.given("creates") && machine.exists(args.text("creates"))) return outcome.set("stdout", "skipped, since '" + args.text("creates") + "' exists");
    if (args.given("removes") && !machine.exists(args.text("removes"))) return outcome.set("stdout", "skipped, since '" + args.text("removes") + "' does not exist");
    HttpRequest request = http_request(args);
    request.method = base::upper(args.text("method"));
    for (char c : request.method)
        if (!std::isalpha(static_cast<unsigned char>(c))) fail("Parameter 'method' needs to be a single word in uppercase, like GET or POST.");
    std::string follow = args.text("follow_redirects");
    request.follow = follow == "all" || follow == "yes" ? HttpRequest::Follow::all : follow == "none" || follow == "no" ? HttpRequest::Follow::none : HttpRequest::Follow::safe;

    const Value& body = args["body"];
    std::string format = args.text("body_format");
    if (args.given("_fprov_content")) request.body = args.text("_fprov_content");
    else if (args.given("src")) {
        auto content = machine.read_file(args.text("src"));
        if (!content) fail("Unable to open source file " + args.text("src"), Map{{"elapsed", 0}});
        request.body = *content;
    }
    else if (!body.is_none() || format == "json") {
        if (format == "json") {
            if (!body.is_none()) request.body = body.is_string() ? body.string() : values::write_json(body);
            add_type(request, "application/json");
        } else if (format == "form-urlencoded") {
            request.body = form(body);
            add_type(request, "application/x-www-form-urlencoded");
        } else if (format == "form-multipart") {
            std::string boundary;
            request.body = multipart(context, body, boundary);
            add_type(request, "multipart/form-data; boundary=\"" + boundary + "\"");
        } else request.body = body.is_map() || body.is_sequence() ? values::write_json(body) : values::str(body);
    }
    if (!request.body.empty()) add_type(request, "application/x-www-form-urlencoded");

    std::string dest = args.text("dest");
    if (!dest.empty() && !args.flag("force"))
        if (auto stat = machine.stat(dest); stat && stat->is_file()) request.headers.emplace_back("If-Modified-Since", http_date(stat->mtime));

    double start = machine.monotonic();
    auto response = http_fetch(context, request);
    outcome.set("redirected", response.redirected).set("url", response.url).set("status", response.status);
    outcome.set("elapsed", static_cast<int>(machine.monotonic() - start));
    for (const auto& [name, value] : response.headers) {
        std::string key = base::replace_all(name, "-", "_");
        const Value* before = outcome.fields.find(std::string_view(key));
        outcome.set(key, before && before->is_string() && name == "set-cookie" ? before->string() + ", " + value : value);
    }
    outcome.set("msg", response.message());
    bool success = response.status >= 200 && response.status < 300;
    if (success) add_cookies(response, outcome);

    const Value& codes = args["status_code"];
    bool wanted = std::any_of(codes.list().begin(), codes.list().end(), [&](const Value& code) { return code.int_or(0) == response.status; });
    const std::string* type = response.header("content-type");
    const std::string kind = type ? base::lower(base::trim(type->substr(0, type->find(';')))) : "";
    const bool json = kind.starts_with("application/json") || kind.ends_with("+json") || kind == "application/javascript" || kind == "text/json";
    std::string content = response.status > 0 && (args.flag("return_content") || dest.empty() || json) ? machine.read_file(response.body_file, 256u << 20).value_or("") : "";
    if (auto at = type ? type->find("charset=") : std::string::npos; at != std::string::npos && is_latin(base::trim(std::string_view(*type).substr(at + 8)))) content = from_latin(content);
    if (args.flag("return_content")) outcome.set("content", content);
    if (json)
        if (auto value = values::read_json(content)) outcome.set("json", *value);
    if (!dest.empty() && machine.is_directory(dest)) {
        std::string name = response.file_name();
        if (name.empty()) name = url_file_name(response.url);
        dest = base::join_path(dest, name);
    }
    if (!wanted) {
        std::string list = values::repr(codes);
        Outcome failed = failure("Status code was " + std::to_string(response.status) + " and not " + list + ": " + response.message());
        failed.fields = std::move(outcome.fields);
        failed.fields.erase("msg");
        if (!dest.empty()) failed.set("path", dest);
        (void)machine.remove_file(response.body_file);
        return failed;
    }
    if (response.status >= 300 && !args.flag("return_content")) outcome.set("body", content);
    if (!dest.empty()) {
        outcome.set("path", dest);
        FileWishes wishes = file_wishes(args);
        if (response.status != 304) {
            outcome.changed = true;     // as Ansible, whether the content is another one or not
            auto old = machine.digest_file(dest, "sha1"), fresh = machine.digest_file(response.body_file, "sha1");
            if (!old || *old != *fresh) {
                if (auto placed = machine.install_file(response.body_file, dest, write_options(context, dest, wishes)); !placed) fail(placed.error());
            }
        }
        outcome.changed = apply_wishes(context, dest, wishes) || outcome.changed;
    }
    (void)machine.remove_file(response.body_file);
    return outcome;
}

}  // namespace

extern const Module uri_module{
    .name = "uri",
    .collection = "ansible.builtin",
    .summary = "Talk to web services",
    .args = args,
    .rules = rules,
    .check_mode = CheckMode::none,
    .file_common = true,
    .free_form = false,
    .lookahead = false,
    .run = run,
    .notes = "https needs the program curl on the host. With dest, what came counts as a change.",
    .returns = "status: code\nurl: the last address\nredirected, msg, elapsed\ncontent: body | return_content\njson: body | when it is JSON\ncookies, cookies_string\n"
               "and every header in lower case with underscores",
    .example = "- uri: {url: 'http://127.0.0.1:8080/health', status_code: [200, 204], return_content: yes}\n  register: health\n  until: health.status == 200",
};

}  // namespace fprov::modules
