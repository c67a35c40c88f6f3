// SPDX-License-Identifier: Apache-2.0
// Which hosts a pattern means. The order of the answer is the order in which the pattern names them.
#include <algorithm>
#include <unordered_set>

#include "base/files.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"
#include "inventory/inventory.hpp"
#include "inventory/names.hpp"
#include "regex/regex.hpp"

namespace fprov::inventory {

namespace {

using base::Failure;
using base::Kind;

struct Subscript {
    std::string expression;
    bool range = false, open_end = false;
    std::int64_t from = 0, to = 0;
};

/// "web[0]", "web[-1]", "web[1:3]", "web[1:]"; everything else is a plain expression.
std::optional<Subscript> subscript_of(const std::string& pattern) {
    if (pattern.empty() || pattern[0] == '~' || pattern.back() != ']') return std::nullopt;
    const std::size_t open = pattern.rfind('[');
    if (open == std::string::npos || open == 0) return std::nullopt;
    const std::string inside = pattern.substr(open + 1, pattern.size() - open - 2);
    Subscript out{pattern.substr(0, open)};
    auto digits = [](std::string_view text) { return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos; };
    if (digits(inside) || (inside.starts_with('-') && digits(std::string_view(inside).substr(1)))) {
        out.from = base::parse_int(inside).value_or(0);
        return out;
    }
    const std::size_t middle = inside.find_first_of(":-", 1);
    if (middle == std::string::npos || !digits(inside.substr(0, middle))) return std::nullopt;
    const std::string end = inside.substr(middle + 1);
    if (!end.empty() && !digits(end)) return std::nullopt;
    out.range = true;
    out.from = base::parse_int(inside.substr(0, middle)).value_or(0);
    out.open_end = end.empty();
    out.to = base::parse_int(end).value_or(0);
    return out;
}

/// "~regex" matches from the start of a name; everything else is a shell pattern for the whole name.
class Matcher {
public:
    explicit Matcher(const std::string& pattern) : pattern_(pattern) {
        if (pattern[0] != '~') return;
        auto compiled = regex::Regex::compile(pattern.substr(1));
        if (!compiled) throw Failure(Kind::parse, "invalid host list pattern: " + pattern + ": " + compiled.error().what);
        regex_ = std::move(*compiled);
    }
    bool operator()(const std::string& name) const { return regex_ ? regex_->match(name).has_value() : base::fnmatch(name, pattern_); }

private:
    std::string pattern_;
    std::optional<regex::Regex> regex_;
};

class Chooser {
public:
    Chooser(Inventory& inventory, std::vector<std::string>* warnings) : inventory_(inventory), warnings_(warnings) {}

    std::vector<std::string> choose(const std::vector<std::string>& patterns) {
        std::vector<std::string> regular, both, without;
        for (const auto& pattern : patterns) {
            auto& kind = pattern[0] == '!' ? without : pattern[0] == '&' ? both : regular;
            const std::string bare = &kind == &regular ? pattern : std::string(base::trim(std::string_view(pattern).substr(1)));
            if (bare.empty()) throw Failure(Kind::parse, "the host pattern '" + pattern + "' has no name behind its sign", {}, "write '" + pattern + "' and the group together, as in 'web:" + pattern + "db'");
            kind.push_back(bare);
        }
        if (regular.empty()) regular.push_back("all");
        std::vector<std::string> out;
        std::unordered_set<std::string> seen;
        for (const auto& pattern : regular)
            for (auto& host : inventory_.host(pattern) ? std::vector<std::string>{pattern} : named(pattern))
                if (seen.insert(host).second) out.push_back(std::move(host));
        auto keep = [&out, this](const std::vector<std::string>& list, bool inside) {
            for (const auto& pattern : list) {
                const std::vector<std::string> hosts = named(pattern);
                const std::unordered_set<std::string> set(hosts.begin(), hosts.end());
                std::erase_if(out, [&](const std::string& host) { return set.contains(host) != inside; });
            }
        };
        keep(both, true);
        keep(without, false);
        return out;
    }

private:
    std::vector<std::string> named(const std::string& pattern) {
        if (const auto subscript = subscript_of(pattern)) return part_of(enumerate(subscript->expression), *subscript, pattern);
        return enumerate(pattern);
    }

    static std::vector<std::string> part_of(const std::vector<std::string>& hosts, const Subscript& subscript, const std::string& pattern) {
        if (hosts.empty()) return hosts;
        const auto size = static_cast<std::int64_t>(hosts.size());
        if (!subscript.range) {
            const std::int64_t at = subscript.from < 0 ? subscript.from + size : subscript.from;
            if (at < 0 || at >= size) throw Failure(Kind::parse, "No hosts matched the subscripted pattern '" + pattern + "'");
            return {hosts[static_cast<std::size_t>(at)]};
        }
        const std::int64_t end = subscript.open_end ? size : std::min(size, subscript.to + 1);
        std::vector<std::string> out;
        for (std::int64_t i = subscript.from; i < end; ++i) out.push_back(hosts[static_cast<std::size_t>(i)]);
        return out;
    }

    std::vector<std::string> enumerate(const std::string& pattern) {
        std::vector<std::string> out;
        std::unordered_set<std::string> seen;
        const Matcher matches(pattern);
        bool any_group = false;
        for (const auto& group : inventory_.group_names()) {
            if (!matches(group)) continue;
            any_group = true;
            for (auto& host : inventory_.hosts_of(group))
                if (seen.insert(host).second) out.push_back(std::move(host));
        }
        if (!any_group || pattern[0] == '~' || pattern.find_first_of(".?*[") != std::string::npos)
            for (const auto& host : inventory_.host_names())
                if (matches(host) && seen.insert(host).second) out.push_back(host);
        if (out.empty() && is_local_name(pattern))
            out.push_back(inventory_.implicit_localhost(pattern).name);
        if (out.empty() && !any_group && pattern != "all" && inventory_.mismatch != Mismatch::ignore && (warnings_ || inventory_.mismatch == Mismatch::error)) {
            if (inventory_.mismatch == Mismatch::error) throw Failure(Kind::generic, "Could not match supplied host pattern, ignoring: " + pattern);
            std::string text = "Could not match supplied host pattern, ignoring: " + pattern;
            if (std::find(warnings_->begin(), warnings_->end(), text) == warnings_->end()) warnings_->push_back(std::move(text));
        }
        return out;
    }

    Inventory& inventory_;
    std::vector<std::string>* warnings_;
};

}  // namespace

std::vector<std::string> Inventory::match(const std::string& pattern, std::vector<std::string>* warnings) {
    return Chooser(*this, warnings).choose(split_patterns(pattern));   // an empty pattern means all, as in Ansible
}

std::vector<std::string> Inventory::limited(const std::vector<std::string>& hosts, const std::string& limit, std::vector<std::string>* warnings) {
    std::vector<std::string> patterns;
    for (const auto& part : split_patterns(limit)) {
        if (part[0] != '@') {
            patterns.push_back(part);
            continue;
        }
        const std::string path = base::expand_user(std::string_view(part).substr(1));
        if (!base::exists(path)) throw Failure(Kind::not_found, "Unable to find limit file " + path);
        if (!base::is_file(path)) throw Failure(Kind::not_found, "Limit starting with \"@\" must be a file, not a directory: " + path);
        for (const auto& line : base::split_lines(base::read_file(path).value()))
            if (const auto name = base::trim(line); !name.empty()) patterns.emplace_back(name);
    }
    if (patterns.empty()) return hosts;
    const std::vector<std::string> chosen = Chooser(*this, warnings).choose(patterns);
    const std::unordered_set<std::string> set(chosen.begin(), chosen.end());
    std::vector<std::string> out;
    for (const auto& host : hosts)
        if (set.contains(host)) out.push_back(host);
    return out;
}

}  // namespace fprov::inventory
