// SPDX-License-Identifier: Apache-2.0
// regex_search, regex_replace and their like.
#include <unordered_map>

#include "dialect/arguments.hpp"
#include "dialect/pattern.hpp"
#include "dialect/tables.hpp"
#include "regex/regex.hpp"

namespace fprov::dialect {

regex::Regex pattern_of(base::Place place, const std::string& pattern, regex::Flags flags) {
    static thread_local std::unordered_map<std::string, regex::Regex> known;
    std::string key = pattern;
    key += static_cast<char>('0' + flags.ignore_case + 2 * flags.multiline + 4 * flags.dotall);
    if (auto it = known.find(key); it != known.end()) return it->second;
    auto compiled = regex::Regex::compile(pattern, flags);
    if (!compiled) fail(place, "Invalid regular expression '" + pattern + "': " + compiled.error().what);
    if (known.size() > 1000) known.clear();
    return known.emplace(std::move(key), *compiled).first->second;
}

namespace filters {
namespace {

regex::Regex compile(Call& call, std::size_t pattern, bool ignore_case, bool multiline) {
    return pattern_of(call.place, text_of(call, pattern), {.ignore_case = ignore_case, .multiline = multiline});
}

Value regex_search(Call& call) {
    const auto text = text_of(call, 0);
    const auto pattern = compile(call, 1, keyword_flag(call, "ignorecase", false), keyword_flag(call, "multiline", false));
    // Which groups are wanted: "\1" or "\g<name>" each.
    std::vector<std::size_t> wanted;
    for (const auto& argument : call.rest) {
        require_defined(argument, call.place);
        const auto name = values::str(argument);
        if (name.rfind("\\g<", 0) == 0 && name.size() > 4 && name.back() == '>') {
            const auto inner = name.substr(3, name.size() - 4);
            auto number = pattern.group_number(inner);
            if (!number)
                if (auto index = python_int(inner); index && *index >= 0 && static_cast<std::size_t>(*index) <= pattern.group_count()) number = static_cast<std::size_t>(*index);
            if (!number) fail(call, "no such group: " + inner);
            wanted.push_back(*number);
        } else if (name.size() > 1 && name[0] == '\\' && python_int(name.substr(1))) {
            const auto index = *python_int(name.substr(1));
            if (index < 0 || static_cast<std::size_t>(index) > pattern.group_count()) fail(call, "no such group: " + std::to_string(index));
            wanted.push_back(static_cast<std::size_t>(index));
        } else {
            fail(call, "Unknown argument", "regex_search takes groups as '\\1' or '\\g<name>'");
        }
    }
    const auto match = pattern.search(text);
    if (!match) return Value();
    if (wanted.empty()) return Value(std::string(match->groups[0].of(text)));
    List groups;
    for (auto number : wanted) groups.push_back(match->groups[number].matched() ? Value(std::string(match->groups[number].of(text))) : Value());
    return Value(std::move(groups));
}

Value regex_findall(Call& call) {
    const auto text = text_of(call, 0);
    const auto pattern = compile(call, 1, flag_of(call, 3), flag_of(call, 2));
    List found;
    for (const auto& match : pattern.find_all(text)) {
        if (match.groups.size() == 1) found.push_back(Value(std::string(match.groups[0].of(text))));
        else if (match.groups.size() == 2) found.push_back(Value(std::string(match.groups[1].of(text))));
        else {
            List groups;
            for (std::size_t i = 1; i < match.groups.size(); ++i) groups.push_back(Value(std::string(match.groups[i].of(text))));
            found.push_back(Value::tuple(std::move(groups)));
        }
    }
    return Value(std::move(found));
}

Value regex_replace(Call& call) {
    const auto text = text_of(call, 0);
    const auto pattern = compile(call, 1, flag_of(call, 3), flag_of(call, 4));
    const auto count = call[5].int_or(0);
    auto replaced = pattern.replace(text, text_of(call, 2), count > 0 ? static_cast<std::size_t>(count) : 0);
    if (!replaced) fail(call, replaced.error().what);
    return Value(*replaced);
}

Value regex_escape(Call& call) {
    const auto text = text_of(call, 0);
    const auto kind = text_of(call, 1);
    if (kind == "python") return Value(regex::escape(text));
    if (kind == "posix_basic") {
        std::string out;
        for (char c : text) {
            if (std::string_view("[].^$*\\").find(c) != std::string_view::npos) out += '\\';
            out += c;
        }
        return Value(out);
    }
    if (kind == "posix_extended") fail(call, "Regex type (posix_extended) not yet implemented");
    fail(call, "Invalid regex type (" + kind + ")");
}

constexpr jinja::Filter rows[] = {
    {"regex_escape", "string, re_type='python'", regex_escape, false, "Escapes what means something in a regular expression"},
    {"regex_findall", "value, regex, multiline=False, ignorecase=False", regex_findall, false, "All matches of a regular expression"},
    {"regex_replace", "value='', pattern='', replacement='', ignorecase=False, multiline=False, count=0", regex_replace, false, "Replaces all matches of a regular expression"},
    {"regex_search", "value, regex, *args, **kwargs", regex_search, false, "First match of a regular expression, or groups of it"},
};

}  // namespace

std::span<const jinja::Filter> regexes() { return rows; }

}  // namespace filters
}  // namespace fprov::dialect
