// SPDX-License-Identifier: Apache-2.0
#define PCRE2_CODE_UNIT_WIDTH 8
#include "regex/regex.hpp"

#include <pcre2.h>

#include <algorithm>

#include "regex/translate.hpp"

namespace fprov::regex {
namespace {

using base::Error;
using base::Failure;
using base::Kind;
using base::Result;

// A pattern such as (a+)+$ would run for ages in Python; here it is an error after this many steps.
constexpr std::uint32_t match_limit = 10'000'000;
constexpr std::uint32_t heap_limit_kib = 256 * 1024;

struct Sentence { int code; const char* text; };
constexpr Sentence sentences[] = {   // Python's words for what PCRE2 finds
    {PCRE2_ERROR_END_BACKSLASH, "bad escape (end of pattern)"},
    {PCRE2_ERROR_QUANTIFIER_OUT_OF_ORDER, "min repeat greater than max repeat"},
    {PCRE2_ERROR_QUANTIFIER_TOO_BIG, "the repetition number is too large"},
    {PCRE2_ERROR_MISSING_SQUARE_BRACKET, "unterminated character set"},
    {PCRE2_ERROR_CLASS_RANGE_ORDER, "bad character range"},
    {PCRE2_ERROR_CLASS_INVALID_RANGE, "bad character range"},
    {PCRE2_ERROR_QUANTIFIER_INVALID, "nothing to repeat"},
    {PCRE2_ERROR_MISSING_CLOSING_PARENTHESIS, "missing ), unterminated subpattern"},
    {PCRE2_ERROR_UNMATCHED_CLOSING_PARENTHESIS, "unbalanced parenthesis"},
    {PCRE2_ERROR_BAD_SUBPATTERN_REFERENCE, "invalid group reference"},
    {PCRE2_ERROR_LOOKBEHIND_NOT_FIXED_LENGTH, "look-behind requires fixed-width pattern"},
    {PCRE2_ERROR_DUPLICATE_SUBPATTERN_NAME, "redefinition of group name"},
    {PCRE2_ERROR_TOO_MANY_CONDITION_BRANCHES, "conditional backref with more than two branches"},
};

std::string sentence(int code) {
    for (const auto& row : sentences)
        if (row.code == code) return row.text;
    PCRE2_UCHAR text[256];
    pcre2_get_error_message(code, text, sizeof text);
    return reinterpret_cast<const char*>(text);
}

/// Where the parenthesis that is never closed opens: Python names this one, PCRE2 the end.
std::size_t unclosed_parenthesis(std::string_view pattern) {
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == '\\') ++i;
        else if (pattern[i] == '[') {
            std::size_t j = i + 1;
            if (j < pattern.size() && pattern[j] == '^') ++j;
            if (j < pattern.size() && pattern[j] == ']') ++j;
            while (j < pattern.size() && pattern[j] != ']') j += pattern[j] == '\\' ? 2 : 1;
            i = j;
        } else if (pattern[i] == '(') open.push_back(i);
        else if (pattern[i] == ')' && !open.empty()) open.pop_back();
    }
    return open.empty() ? 0 : open.back();
}

struct FreeCode { void operator()(pcre2_code* code) const { pcre2_code_free(code); } };
struct FreeContext { void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); } };
struct FreeData { void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); } };
struct FreeCompile { void operator()(pcre2_compile_context* context) const { pcre2_compile_context_free(context); } };

}  // namespace

struct Regex::State {
    std::string pattern;
    Flags flags;
    std::unique_ptr<pcre2_code, FreeCode> code;
    std::unique_ptr<pcre2_match_context, FreeContext> context;
    std::size_t groups = 0;
    std::vector<std::pair<std::string, std::size_t>> names;
};

Result<Regex> Regex::compile(std::string_view pattern, Flags flags) {
    auto translated = translate(pattern, flags);
    if (!translated) return translated.error();
    flags = translated->flags;
    std::uint32_t options = 0;
    if (!flags.bytes) options |= PCRE2_UTF | PCRE2_MATCH_INVALID_UTF;
    if (!flags.bytes && !flags.ascii) options |= PCRE2_UCP;
    if (flags.ignore_case) options |= PCRE2_CASELESS;
    if (flags.multiline) options |= PCRE2_MULTILINE | PCRE2_ALT_CIRCUMFLEX;   // ^ also behind a newline that ends the text
    if (flags.dotall) options |= PCRE2_DOTALL;
    if (flags.verbose) options |= PCRE2_EXTENDED;

    std::unique_ptr<pcre2_compile_context, FreeCompile> settings(pcre2_compile_context_create(nullptr));
    pcre2_set_newline(settings.get(), PCRE2_NEWLINE_LF);
    auto state = std::make_shared<State>();
    int code = 0;
    PCRE2_SIZE offset = 0;
    state->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated->pattern.data()), translated->pattern.size(), options,
                                    &code, &offset, settings.get()));
    if (!state->code) {
        std::size_t at = offset < translated->origin.size() ? translated->origin[offset] : pattern.size();
        if (code == PCRE2_ERROR_MISSING_CLOSING_PARENTHESIS) at = unclosed_parenthesis(pattern);
        else if (code == PCRE2_ERROR_QUANTIFIER_INVALID && offset > 0)
            at = translated->origin[offset - 1];
        return Error{Kind::parse, sentence(code) + " at position " + std::to_string(at)};
    }
    state->context.reset(pcre2_match_context_create(nullptr));
    pcre2_set_match_limit(state->context.get(), match_limit);
    pcre2_set_heap_limit(state->context.get(), heap_limit_kib);

    state->pattern = pattern;
    state->flags = flags;
    std::uint32_t count = 0, names = 0, size = 0;
    PCRE2_SPTR table = nullptr;
    pcre2_pattern_info(state->code.get(), PCRE2_INFO_CAPTURECOUNT, &count);
    pcre2_pattern_info(state->code.get(), PCRE2_INFO_NAMECOUNT, &names);
    pcre2_pattern_info(state->code.get(), PCRE2_INFO_NAMEENTRYSIZE, &size);
    pcre2_pattern_info(state->code.get(), PCRE2_INFO_NAMETABLE, &table);
    state->groups = count;
    for (std::uint32_t i = 0; i < names; ++i, table += size)
        state->names.emplace_back(reinterpret_cast<const char*>(table + 2), (std::size_t{table[0]} << 8) | table[1]);
    return Regex(std::move(state));
}

std::optional<Match> Regex::run(std::string_view text, std::size_t from, unsigned options) const {
    if (from > text.size()) return std::nullopt;
    std::unique_ptr<pcre2_match_data, FreeData> data(pcre2_match_data_create_from_pattern(state_->code.get(), nullptr));
    const char* bytes = text.data() ? text.data() : "";
    const int rc = pcre2_match(state_->code.get(), reinterpret_cast<PCRE2_SPTR>(bytes), text.size(), from, options, data.get(),
                               state_->context.get());
    if (rc == PCRE2_ERROR_NOMATCH) return std::nullopt;
    if (rc < 0) {
        const bool limit = rc == PCRE2_ERROR_MATCHLIMIT || rc == PCRE2_ERROR_HEAPLIMIT || rc == PCRE2_ERROR_DEPTHLIMIT;
        throw Failure(limit ? Kind::limit : Kind::generic,
                      limit ? "the regular expression '" + state_->pattern + "' needs too many steps on this text" : sentence(rc), {},
                      limit ? "nested repetitions such as (a+)+ are slow: make the pattern more exact" : "");
    }
    const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(data.get());
    Match match;
    match.groups.resize(state_->groups + 1);
    for (std::size_t i = 0; i < match.groups.size(); ++i)
        if (static_cast<int>(i) < rc && ends[2 * i] != PCRE2_UNSET) match.groups[i] = {ends[2 * i], ends[2 * i + 1]};
    return match;
}

std::optional<Match> Regex::search(std::string_view text, std::size_t from) const { return run(text, from, 0); }
std::optional<Match> Regex::match(std::string_view text, std::size_t from) const { return run(text, from, PCRE2_ANCHORED); }
std::optional<Match> Regex::fullmatch(std::string_view text, std::size_t from) const {
    return run(text, from, PCRE2_ANCHORED | PCRE2_ENDANCHORED);
}

std::vector<Match> Regex::find_all(std::string_view text, std::size_t count) const {
    std::vector<Match> found;
    std::size_t from = 0;
    unsigned options = 0;
    while (count == 0 || found.size() < count) {
        auto match = run(text, from, options);
        if (!match) break;
        // After an empty match the next one must move on; after any other an empty one may follow at once.
        options = match->begin() == match->end() ? PCRE2_NOTEMPTY_ATSTART : 0;
        from = match->end();
        found.push_back(std::move(*match));
    }
    return found;
}

std::vector<std::string> Regex::split(std::string_view text, std::size_t maxsplit) const {
    std::vector<std::string> parts;
    std::size_t from = 0;
    for (const auto& match : find_all(text, maxsplit)) {
        parts.emplace_back(text.substr(from, match.begin() - from));
        for (std::size_t i = 1; i < match.groups.size(); ++i) parts.emplace_back(match.groups[i].of(text));
        from = match.end();
    }
    parts.emplace_back(text.substr(from));
    return parts;
}

namespace {
void append_expanded(std::string& out, const std::vector<ReplacementPart>& parts, const Match& match, std::string_view text) {
    for (const auto& part : parts) out += part.group < 0 ? std::string_view(part.text) : match.groups[static_cast<std::size_t>(part.group)].of(text);
}
}  // namespace

Result<std::string> Regex::replace(std::string_view text, std::string_view replacement, std::size_t count, std::size_t* made) const {
    auto parts = parse_replacement(replacement, state_->groups, state_->names);
    if (!parts) return parts.error();
    const auto matches = find_all(text, count);
    std::string out;
    std::size_t from = 0;
    for (const auto& match : matches) {
        out += text.substr(from, match.begin() - from);
        append_expanded(out, *parts, match, text);
        from = match.end();
    }
    out += text.substr(from);
    if (made) *made = matches.size();
    return out;
}

Result<std::string> Regex::expand(const Match& match, std::string_view text, std::string_view replacement) const {
    auto parts = parse_replacement(replacement, state_->groups, state_->names);
    if (!parts) return parts.error();
    std::string out;
    append_expanded(out, *parts, match, text);
    return out;
}

std::size_t Regex::group_count() const { return state_->groups; }
const std::vector<std::pair<std::string, std::size_t>>& Regex::group_names() const { return state_->names; }
const std::string& Regex::pattern() const { return state_->pattern; }

std::optional<std::size_t> Regex::group_number(std::string_view name) const {
    for (const auto& [known, number] : state_->names)
        if (known == name) return number;
    return std::nullopt;
}

std::string escape(std::string_view text) {
    static constexpr std::string_view special = "()[]{}?*+-|^$\\.&~# \t\n\r\v\f";
    std::string out;
    for (char c : text) {
        if (special.find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

std::string from_shell_pattern(std::string_view pattern) {
    std::string out = "(?s:";
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const char c = pattern[i];
        if (c == '*') out += ".*";
        else if (c == '?') out += '.';
        else if (c == '[') {
            std::size_t j = i + 1;
            if (j < pattern.size() && pattern[j] == '!') ++j;
            if (j < pattern.size() && pattern[j] == ']') ++j;
            while (j < pattern.size() && pattern[j] != ']') ++j;
            if (j >= pattern.size()) { out += "\\["; continue; }
            out += '[';
            std::size_t k = i + 1;
            if (pattern[k] == '!') { out += '^'; ++k; }
            else if (pattern[k] == '^') { out += "\\^"; ++k; }
            for (; k < j; ++k) {
                if (pattern[k] == '\\' || pattern[k] == '[') out += '\\';
                out += pattern[k];
            }
            out += ']';
            i = j;
        } else out += escape(pattern.substr(i, 1));
    }
    return out + ")\\Z";
}

}  // namespace fprov::regex
