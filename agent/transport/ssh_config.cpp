// SPDX-License-Identifier: Apache-2.0
#include "transport/ssh_config.hpp"

#include <glob.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/files.hpp"
#include "base/process.hpp"
#include "base/text.hpp"

namespace fprov::transport {
namespace {

using base::lower;

// Keywords that are taken over; the others of ssh_config(5) concern things that fprov does not do.
constexpr std::array known_keywords = {
    "addressfamily", "bindaddress", "ciphers", "connecttimeout", "globalknownhostsfile", "host", "hostkeyalgorithms", "hostkeyalias", "hostname",
    "identitiesonly", "identityagent", "identityfile", "kbdinteractiveauthentication", "kexalgorithms", "macs", "passwordauthentication", "port",
    "preferredauthentications", "proxycommand", "proxyjump", "pubkeyacceptedalgorithms", "pubkeyauthentication", "serveralivecountmax",
    "serveraliveinterval", "stricthostkeychecking", "user", "userknownhostsfile",
};

struct Alias { std::string_view old, now; };
constexpr Alias aliases[] = {
    {"challengeresponseauthentication", "kbdinteractiveauthentication"},
    {"pubkeyacceptedkeytypes", "pubkeyacceptedalgorithms"},
};

// Flags of ssh(1): those with a value, and which keyword it is.
struct Flag { char letter; const char* keyword; };   // keyword null = no meaning here
constexpr Flag valued_flags[] = {
    {'B', nullptr}, {'b', "bindaddress"}, {'c', "ciphers"}, {'D', nullptr}, {'E', nullptr}, {'e', nullptr}, {'I', nullptr}, {'i', "identityfile"},
    {'J', "proxyjump"}, {'L', nullptr}, {'l', "user"}, {'m', "macs"}, {'O', nullptr}, {'P', nullptr}, {'p', "port"}, {'Q', nullptr}, {'R', nullptr},
    {'S', nullptr}, {'W', nullptr}, {'w', nullptr},
};

std::string login_name() {
    static const std::string name = [] {   // once: getpwuid is not made for threads
        const passwd* entry = ::getpwuid(::getuid());
        return std::string(entry ? entry->pw_name : "root");
    }();
    return name;
}

// One line into keyword and arguments: "Key value", "Key=value", with double quotes.
bool split_line(std::string_view line, std::string& keyword, std::string& rest) {
    line = base::trim(line);
    if (line.empty() || line[0] == '#') return false;
    auto end = line.find_first_of(" \t=");
    keyword = lower(line.substr(0, end));
    if (end == std::string_view::npos) { rest.clear(); return true; }
    std::string_view value = base::trim(line.substr(end));
    if (!value.empty() && value[0] == '=') value = base::trim(value.substr(1));
    rest = std::string(value);
    return true;
}

std::string unquoted(std::string text) {
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
    return text;
}

std::string now_named(std::string keyword) {
    for (const auto& [old, now] : aliases) if (keyword == old) return std::string(now);
    return keyword;
}

// "a,b" or several words: one matches, and no negated one does.
bool matches_list(const std::string& name, const std::vector<std::string>& patterns) {
    bool found = false;
    for (const auto& pattern : patterns) {
        bool negated = pattern.starts_with('!');
        if (!base::fnmatch(lower(name), lower(negated ? std::string_view(pattern).substr(1) : std::string_view(pattern)))) continue;
        if (negated) return false;
        found = true;
    }
    return found;
}

bool match_holds(const std::string& rest, const std::string& host, const std::string& login, const SshOptions& options) {
    auto words = base::shell_split(rest).value_or(std::vector<std::string>{});
    const std::string final_host = options.first("hostname").value_or(host), user = options.first("user").value_or(login);
    for (std::size_t i = 0; i < words.size(); ++i) {
        std::string criterion = lower(words[i]);
        bool negated = criterion.starts_with('!');
        if (negated) criterion.erase(0, 1);
        bool holds = false;
        if (criterion == "all") holds = true;
        else if (criterion == "final" || criterion == "canonical") holds = false;   // there is one pass only
        else if (++i >= words.size()) return false;
        else if (criterion == "host") holds = matches_list(final_host, base::split(words[i], ','));
        else if (criterion == "originalhost") holds = matches_list(host, base::split(words[i], ','));
        else if (criterion == "user") holds = matches_list(user, base::split(words[i], ','));
        else if (criterion == "localuser") holds = matches_list(login, base::split(words[i], ','));
        else if (criterion == "exec") {
            SshSettings settings;
            settings.name = host;
            settings.host = final_host;
            settings.user = user;
            auto done = base::run_process({.argv = {"/bin/sh", "-c", expand_tokens(words[i], settings)}, .timeout = std::chrono::seconds(10)});
            holds = done && done->code == 0;
        }
        if (holds == negated) return false;
    }
    return !words.empty();
}

std::vector<std::string> expand_all(const std::vector<std::string>& paths, const SshSettings& settings) {
    std::vector<std::string> out;
    for (const auto& path : paths) out.push_back(base::expand_user(base::expand_variables(expand_tokens(path, settings))));
    return out;
}

bool is_yes(const std::optional<std::string>& value, bool other) { return value ? lower(*value) == "yes" || lower(*value) == "true" : other; }

int number(const std::optional<std::string>& value, int other) {
    if (!value) return other;
    auto parsed = base::parse_int(*value);
    return parsed && *parsed >= 0 && *parsed < 1000000 ? static_cast<int>(*parsed) : other;
}

}  // namespace

void SshOptions::add(const std::string& keyword, const std::string& value) { values_[keyword].push_back(value); }

std::optional<std::string> SshOptions::first(const std::string& keyword) const {
    auto found = values_.find(keyword);
    return found == values_.end() ? std::nullopt : std::optional(found->second.front());
}

std::vector<std::string> SshOptions::all(const std::string& keyword) const {
    auto found = values_.find(keyword);
    return found == values_.end() ? std::vector<std::string>{} : found->second;
}

void read_ssh_arguments(const std::string& text, SshOptions& options, std::string& config_file, std::vector<std::string>& ignored) {
    auto words = base::shell_split(text);
    if (!words) throw base::Failure(base::Kind::usage, "the ssh arguments have an unclosed quote: " + text);
    for (std::size_t i = 0; i < words->size(); ++i) {
        const std::string& word = (*words)[i];
        if (word.size() < 2 || word[0] != '-') { ignored.push_back(word); continue; }
        char letter = word[1];
        auto value = [&]() -> std::string {
            if (word.size() > 2) return word.substr(2);
            if (++i >= words->size()) throw base::Failure(base::Kind::usage, "the ssh argument " + word + " lacks its value");
            return (*words)[i];
        };
        if (letter == 'o') {
            std::string keyword, rest;
            if (!split_line(value(), keyword, rest)) continue;
            keyword = now_named(keyword);
            if (std::find(known_keywords.begin(), known_keywords.end(), keyword) == known_keywords.end()) ignored.push_back("-o " + keyword);
            else options.add(keyword, unquoted(rest));
        } else if (letter == 'F') {
            config_file = value();
        } else if (auto flag = std::find_if(std::begin(valued_flags), std::end(valued_flags), [&](const Flag& f) { return f.letter == letter; }); flag != std::end(valued_flags)) {
            std::string given = value();
            if (flag->keyword) options.add(flag->keyword, given);
            else ignored.push_back(std::string("-") + letter);
        } else if (letter == '4' || letter == '6') {
            options.add("addressfamily", letter == '4' ? "inet" : "inet6");
        } else {
            ignored.push_back(word);
        }
    }
}

void read_ssh_config(const std::string& path, const std::string& host, const std::string& login, SshOptions& options, int depth) {
    auto text = base::read_file(path, 16u << 20);
    if (!text || depth > 16) return;
    bool active = true;
    for (const auto& line : base::split_lines(*text)) {
        std::string keyword, rest;
        if (!split_line(line, keyword, rest)) continue;
        keyword = now_named(keyword);
        if (keyword == "host") {
            active = matches_list(host, base::shell_split(rest).value_or(std::vector<std::string>{}));
        } else if (keyword == "match") {
            active = match_holds(rest, host, login, options);
        } else if (!active) {
            continue;
        } else if (keyword == "include") {
            for (const auto& pattern : base::shell_split(rest).value_or(std::vector<std::string>{})) {
                std::string full = base::expand_user(pattern);
                if (!full.starts_with('/')) full = base::join_path(base::dirname(path), full);
                glob_t found{};
                if (::glob(full.c_str(), 0, nullptr, &found) == 0)
                    for (std::size_t i = 0; i < found.gl_pathc; ++i) read_ssh_config(found.gl_pathv[i], host, login, options, depth + 1);
                ::globfree(&found);
            }
        } else if (std::find(known_keywords.begin(), known_keywords.end(), keyword) != known_keywords.end()) {
            options.add(keyword, unquoted(rest));
        }
    }
}

std::string expand_tokens(const std::string& text, const SshSettings& settings) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%' || i + 1 == text.size()) { out += text[i]; continue; }
        switch (text[++i]) {
            case '%': out += '%'; break;
            case 'h': out += settings.host; break;
            case 'n': out += settings.name; break;
            case 'p': out += std::to_string(settings.port); break;
            case 'r': out += settings.user; break;
            case 'u': out += login_name(); break;
            case 'd': out += base::home_directory(); break;
            case 'i': out += std::to_string(::getuid()); break;
            case 'l': case 'L': {
                char name[256] = {};
                ::gethostname(name, sizeof name - 1);
                std::string own = name;
                out += text[i] == 'L' ? own.substr(0, own.find('.')) : own;
                break;
            }
            default: out += '%'; out += text[i];
        }
    }
    return out;
}

std::vector<JumpHop> parse_jump(const std::string& text) {
    std::vector<JumpHop> hops;
    if (lower(text) == "none") return hops;
    for (auto part : base::split(text, ',')) {
        std::string spec(base::trim(part));
        if (spec.starts_with("ssh://")) spec = spec.substr(6);
        while (spec.ends_with('/')) spec.pop_back();
        JumpHop hop;
        if (auto at = spec.rfind('@'); at != std::string::npos) { hop.user = spec.substr(0, at); spec = spec.substr(at + 1); }
        auto colon = spec.rfind(':');
        if (spec.starts_with('[')) {
            auto close = spec.find(']');
            if (close != std::string::npos) {
                hop.host = spec.substr(1, close - 1);
                if (close + 1 < spec.size() && spec[close + 1] == ':') hop.port = static_cast<int>(base::parse_int(spec.substr(close + 2)).value_or(0));
            }
        } else if (colon != std::string::npos && spec.find(':') == colon) {
            hop.host = spec.substr(0, colon);
            hop.port = static_cast<int>(base::parse_int(spec.substr(colon + 1)).value_or(0));
        } else {
            hop.host = spec;
        }
        if (hop.host.empty() || hop.host[0] == '-' || hop.port < 0 || hop.port > 65535)
            throw base::Failure(base::Kind::usage, "'" + text + "' is not a list of jump hosts (user@host:port, separated by commas)");
        hops.push_back(std::move(hop));
    }
    return hops;
}

SshSettings resolve(const Endpoint& endpoint) {
    SshSettings settings;
    SshOptions options;
    settings.name = endpoint.host;
    if (endpoint.host.empty() || endpoint.host[0] == '-')
        throw base::Failure(base::Kind::usage, "'" + endpoint.host + "' is not a host name");
    // What the inventory says goes first, then the arguments, then the files.
    if (endpoint.port) options.add("port", std::to_string(endpoint.port));
    if (!endpoint.user.empty()) options.add("user", endpoint.user);
    for (const auto& file : endpoint.private_key_files) options.add("identityfile", file);
    if (!endpoint.host_key_checking) options.add("stricthostkeychecking", "no");
    read_ssh_arguments(endpoint.ssh_arguments, options, settings.config_file, settings.ignored);
    const std::string login = login_name();
    if (settings.config_file.empty()) {
        read_ssh_config(base::expand_user("~/.ssh/config"), endpoint.host, login, options);
        read_ssh_config("/etc/ssh/ssh_config", endpoint.host, login, options);
    } else if (lower(settings.config_file) != "none") {
        std::string path = base::expand_user(settings.config_file);
        if (!base::exists(path)) throw base::Failure(base::Kind::not_found, "the ssh configuration file '" + settings.config_file + "' (-F) is not there");
        read_ssh_config(path, endpoint.host, login, options);
    }

    settings.host = endpoint.host;
    if (auto name = options.first("hostname")) settings.host = expand_tokens(*name, settings);
    settings.port = number(options.first("port"), 22);
    if (settings.port < 1 || settings.port > 65535) throw base::Failure(base::Kind::usage, "port " + std::to_string(settings.port) + " of host '" + endpoint.host + "' is not a port");
    settings.user = options.first("user").value_or(login);
    settings.password = endpoint.password;
    settings.key_files = expand_all(options.all("identityfile"), settings);
    std::erase_if(settings.key_files, [](const std::string& file) { return lower(file) == "none"; });
    if (settings.key_files.empty())
        for (const char* name : {"id_ed25519", "id_ecdsa", "id_rsa", "id_dsa"}) settings.default_key_files.push_back(base::expand_user("~/.ssh/" + std::string(name)));
    settings.identities_only = is_yes(options.first("identitiesonly"), false);
    settings.identity_agent = options.first("identityagent").value_or("");
    if (lower(settings.identity_agent) == "ssh_auth_sock") settings.identity_agent.clear();
    else if (!settings.identity_agent.empty() && lower(settings.identity_agent) != "none")
        settings.identity_agent = base::expand_user(base::expand_variables(expand_tokens(settings.identity_agent, settings)));
    // ProxyJump and ProxyCommand exclude each other; in OpenSSH the first one seen wins. Both in one place is a mistake, jump wins then.
    settings.proxy_jump = options.first("proxyjump").value_or("");
    settings.proxy_command = settings.proxy_jump.empty() ? options.first("proxycommand").value_or("") : "";
    if (lower(settings.proxy_jump) == "none") settings.proxy_jump.clear();
    if (lower(settings.proxy_command) == "none") settings.proxy_command.clear();
    if (auto strict = options.first("stricthostkeychecking")) {
        std::string value = lower(*strict);
        settings.strict = value == "no" || value == "off" || value == "false" ? "no" : value == "accept-new" ? "accept-new" : value == "yes" || value == "true" ? "yes" : "ask";
    }
    auto files = [&](const char* keyword, std::string_view other) {
        auto words = base::shell_split(options.first(keyword).value_or(std::string(other))).value_or(std::vector<std::string>{});
        std::erase_if(words, [](const std::string& word) { return lower(word) == "none"; });
        return expand_all(words, settings);
    };
    settings.known_hosts = files("userknownhostsfile", "~/.ssh/known_hosts ~/.ssh/known_hosts2");
    settings.global_known_hosts = files("globalknownhostsfile", "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2");
    settings.host_key_alias = options.first("hostkeyalias").value_or("");
    settings.connect_timeout = std::max(1, number(options.first("connecttimeout"), std::max(1, endpoint.connect_timeout)));
    settings.alive_interval = std::clamp(number(options.first("serveraliveinterval"), 10), 1, 3600);
    if (options.first("serveraliveinterval") == "0") settings.alive_interval = 10;
    settings.alive_count = std::clamp(number(options.first("serveralivecountmax"), 3), 1, 1000);
    settings.public_key = is_yes(options.first("pubkeyauthentication"), true);
    settings.password_auth = is_yes(options.first("passwordauthentication"), true);
    settings.keyboard_interactive = is_yes(options.first("kbdinteractiveauthentication"), true);
    settings.preferred = options.first("preferredauthentications").value_or("");
    settings.kex = options.first("kexalgorithms").value_or("");
    settings.ciphers = options.first("ciphers").value_or("");
    settings.macs = options.first("macs").value_or("");
    settings.host_key_algorithms = options.first("hostkeyalgorithms").value_or("");
    settings.accepted_keys = options.first("pubkeyacceptedalgorithms").value_or("");
    settings.address_family = lower(options.first("addressfamily").value_or(""));
    settings.bind_address = options.first("bindaddress").value_or("");
    return settings;
}

}  // namespace fprov::transport
