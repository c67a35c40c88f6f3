// SPDX-License-Identifier: Apache-2.0
// Tests on text: regular expressions, versions, URLs, vault envelopes.
#include <cmath>

#include "base/text.hpp"
#include "dialect/arguments.hpp"
#include "dialect/pattern.hpp"
#include "dialect/tables.hpp"
#include "dialect/url.hpp"
#include "dialect/versions.hpp"

namespace fprov::dialect {
namespace tests {
namespace {

bool matches(Call& call, const std::string& how, bool ignore_case, bool multiline) {
    const auto text = text_of(call, 0);
    const auto pattern = pattern_of(call.place, text_of(call, 1), {.ignore_case = ignore_case, .multiline = multiline});
    if (how == "search") return pattern.search(text).has_value();
    if (how == "match") return pattern.match(text).has_value();
    if (how == "fullmatch") return pattern.fullmatch(text).has_value();
    fail(call, "type object 're.Pattern' has no attribute '" + how + "'", "match_type is search, match or fullmatch");
}

bool match(Call& call) { return matches(call, "match", flag_of(call, 2), flag_of(call, 3)); }
bool search(Call& call) { return matches(call, "search", flag_of(call, 2), flag_of(call, 3)); }
bool regex(Call& call) { return matches(call, text_of(call, 4), flag_of(call, 2), flag_of(call, 3)); }

struct Operator { std::string_view name; bool (*holds)(int); };
constexpr Operator operators[] = {
    {"!=", [](int c) { return c != 0; }}, {"<", [](int c) { return c < 0; }},   {"<=", [](int c) { return c <= 0; }},
    {"<>", [](int c) { return c != 0; }}, {"=", [](int c) { return c == 0; }},  {"==", [](int c) { return c == 0; }},
    {">", [](int c) { return c > 0; }},   {">=", [](int c) { return c >= 0; }}, {"eq", [](int c) { return c == 0; }},
    {"ge", [](int c) { return c >= 0; }}, {"gt", [](int c) { return c > 0; }},  {"le", [](int c) { return c <= 0; }},
    {"lt", [](int c) { return c < 0; }},  {"ne", [](int c) { return c != 0; }},
};
struct Scheme { std::string_view name; VersionScheme scheme; };
constexpr Scheme schemes[] = {
    {"loose", VersionScheme::loose},   {"pep440", VersionScheme::pep440}, {"semantic", VersionScheme::semver},
    {"semver", VersionScheme::semver}, {"strict", VersionScheme::strict},
};

bool version(Call& call) {
    const auto value = text_of(call, 0), other = text_of(call, 1), wanted = text_of(call, 2);
    if (value.empty()) fail(call, "Input version value cannot be empty");
    if (other.empty()) fail(call, "Version parameter to compare against cannot be empty");
    const bool strict_given = !call[3].is_none(), type_given = !call[4].is_none();
    if (strict_given && type_given) fail(call, "Cannot specify both 'strict' and 'version_type'");
    auto scheme = strict_given && call[3].truthy() ? VersionScheme::strict : VersionScheme::loose;
    if (type_given) {
        const auto name = text_of(call, 4);
        const Scheme* known = nullptr;
        for (const auto& row : schemes)
            if (row.name == name) known = &row;
        if (!known) fail(call, "Invalid version type (" + name + "). Must be one of loose, pep440, semantic, semver, strict");
        scheme = known->scheme;
    }
    for (const auto& row : operators) {
        if (row.name != wanted) continue;
        int order = 0;
        try {
            order = compare_versions(value, other, scheme);
        } catch (base::Failure& failure) {
            fail(call, "Version comparison failed: " + failure.error().what);
        }
        return row.holds(order);
    }
    fail(call, "Invalid operator type (" + wanted + "). Must be one of ==, =, eq, <, lt, <=, le, >, gt, >=, ge, !=, <>, ne");
}

bool vault_encrypted(Call& call) {
    require_defined(call[0], call.place);
    return call[0].object_as<vault::EncryptedText>() != nullptr;
}

// Any text parses as a URI; what counts is the scheme, when one is asked for.
bool scheme_fits(Call& call, const Url& url) {
    if (call[1].is_none()) return true;
    for (const auto& scheme : list_of(call, 1))
        if (values::str(scheme) == url.scheme) return true;
    return false;
}
bool uri(Call& call) {
    require_defined(call[0], call.place);
    return call[0].is_string() && scheme_fits(call, split_url(text_of(call, 0)));
}
bool url(Call& call) {
    require_defined(call[0], call.place);
    if (!call[0].is_string()) return false;
    const auto parts = split_url(text_of(call, 0));
    return (!parts.netloc.empty() || parts.scheme == "file") && scheme_fits(call, parts);
}
bool urn(Call& call) { return split_url(text_of(call, 0)).scheme == "urn"; }

bool nan(Call& call) {
    require_defined(call[0], call.place);
    return call[0].is_real() && std::isnan(call[0].real());
}

constexpr jinja::Test rows[] = {
    {"isnan", "value", nan, false, "Not a number"},
    {"match", "value, pattern='', ignorecase=False, multiline=False", match, false, "A regular expression matches at the start"},
    {"nan", "value", nan, false, "Not a number"},
    {"regex", "value, pattern='', ignorecase=False, multiline=False, match_type='search'", regex, false, "A regular expression matches"},
    {"search", "value, pattern='', ignorecase=False, multiline=False", search, false, "A regular expression matches anywhere"},
    {"uri", "value, schemes=None", uri, false, "A URI"},
    {"url", "value, schemes=None", url, false, "A URL"},
    {"urn", "value", urn, false, "A URN"},
    {"vault_encrypted", "value", vault_encrypted, false, "Encrypted by Ansible Vault"},
    {"version", "value, version, operator='eq', strict=None, version_type=None", version, false, "Versions compared"},
    {"version_compare", "value, version, operator='eq', strict=None, version_type=None", version, false, "Versions compared"},
};

}  // namespace

std::span<const jinja::Test> texts() { return rows; }

}  // namespace tests
}  // namespace fprov::dialect
