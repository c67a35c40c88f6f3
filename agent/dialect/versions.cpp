// SPDX-License-Identifier: Apache-2.0
#include "dialect/versions.hpp"

#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dialect/arguments.hpp"
#include "dialect/pattern.hpp"

namespace fprov::dialect {
namespace {

[[noreturn]] void invalid(std::string what) { throw base::Failure(base::Kind::type, std::move(what)); }

int sign(std::int64_t a, std::int64_t b) { return a < b ? -1 : a > b ? 1 : 0; }
int sign(const std::string& a, const std::string& b) { return a < b ? -1 : a > b ? 1 : 0; }

std::int64_t number(std::string_view digits) { return base::parse_int(digits).value_or(INT64_MAX); }

// distutils' LooseVersion: runs of digits and of letters; numbers and words do not compare.
using Piece = std::variant<std::int64_t, std::string>;

std::vector<Piece> loose_pieces(const std::string& text) {
    std::vector<Piece> pieces;
    auto kind = [](char c) { return c >= '0' && c <= '9' ? 0 : c >= 'a' && c <= 'z' ? 1 : c == '.' ? 2 : 3; };
    for (std::size_t at = 0; at < text.size();) {
        const int what = kind(text[at]);
        std::size_t end = at + 1;
        while (end < text.size() && what != 2 && kind(text[end]) == what) ++end;
        const auto piece = text.substr(at, end - at);
        at = end;
        if (what == 2) continue;
        if (what == 0) pieces.emplace_back(number(piece));
        else pieces.emplace_back(piece);
    }
    return pieces;
}

int compare_loose(const std::string& a, const std::string& b) {
    const auto left = loose_pieces(a), right = loose_pieces(b);
    for (std::size_t i = 0; i < left.size() && i < right.size(); ++i) {
        if (left[i].index() != right[i].index()) {
            const bool first = left[i].index() == 0;
            invalid(std::string("'<' not supported between instances of '") + (first ? "int" : "str") + "' and '" + (first ? "str" : "int") + "'");
        }
        const int order = left[i].index() == 0 ? sign(std::get<0>(left[i]), std::get<0>(right[i])) : sign(std::get<1>(left[i]), std::get<1>(right[i]));
        if (order) return order;
    }
    return sign(static_cast<std::int64_t>(left.size()), static_cast<std::int64_t>(right.size()));
}

// distutils' StrictVersion: 1.2[.3][a1|b2].
struct Strict { std::int64_t parts[3]; std::string phase; std::int64_t phase_number = 0; };

Strict strict_of(const std::string& text) {
    const auto pattern = pattern_of({}, "^(\\d+)\\.(\\d+)(?:\\.(\\d+))?(?:([ab])(\\d+))?$", {.ascii = true});
    const auto match = pattern.match(text);
    if (!match) invalid("invalid version number '" + text + "'");
    auto part = [&](std::size_t i) { return match->groups[i].matched() ? number(match->groups[i].of(text)) : 0; };
    return {{part(1), part(2), part(3)}, std::string(match->groups[4].of(text)), part(5)};
}

int compare_strict(const std::string& a, const std::string& b) {
    const auto left = strict_of(a), right = strict_of(b);
    for (int i = 0; i < 3; ++i)
        if (int order = sign(left.parts[i], right.parts[i])) return order;
    if (left.phase.empty() != right.phase.empty()) return left.phase.empty() ? 1 : -1;
    if (int order = sign(left.phase, right.phase)) return order;
    return sign(left.phase_number, right.phase_number);
}

// semver.org 2.0.
struct Semver { std::int64_t parts[3]; std::string prerelease; };

Semver semver_of(const std::string& text) {
    const auto pattern = pattern_of({}, "^(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)"
                                        "(?:-((?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\\.(?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?"
                                        "(?:\\+[0-9a-zA-Z-]+(?:\\.[0-9a-zA-Z-]+)*)?$", {.ascii = true});
    const auto match = pattern.match(text);
    if (!match) invalid("invalid semantic version '" + text + "'");
    auto part = [&](std::size_t i) { return number(match->groups[i].of(text)); };
    return {{part(1), part(2), part(3)}, std::string(match->groups[4].of(text))};
}

int compare_semver(const std::string& a, const std::string& b) {
    const auto left = semver_of(a), right = semver_of(b);
    for (int i = 0; i < 3; ++i)
        if (int order = sign(left.parts[i], right.parts[i])) return order;
    if (left.prerelease.empty() != right.prerelease.empty()) return left.prerelease.empty() ? 1 : -1;
    const auto x = base::split(left.prerelease, '.'), y = base::split(right.prerelease, '.');
    for (std::size_t i = 0; i < x.size() && i < y.size(); ++i) {
        const auto m = base::parse_int(x[i]), n = base::parse_int(y[i]);
        if (m.has_value() != n.has_value()) return m ? -1 : 1;   // numbers before words
        if (int order = m ? sign(*m, *n) : sign(x[i], y[i])) return order;
    }
    return sign(static_cast<std::int64_t>(x.size()), static_cast<std::int64_t>(y.size()));
}

// PEP 440, reduced to a tuple that sorts as packaging's does.
struct Pep440 {
    std::int64_t epoch = 0;
    std::vector<std::int64_t> release;
    std::pair<std::int64_t, std::int64_t> pre, post, dev;   // phase, number
    std::vector<std::pair<int, std::string>> local;
};

Pep440 pep440_of(const std::string& text) {
    const auto pattern = pattern_of({}, "^\\s*v?(?:(\\d+)!)?(\\d+(?:\\.\\d+)*)(?:[-_.]?(a|b|c|rc|alpha|beta|pre|preview)[-_.]?(\\d+)?)?"
                                        "(?:-(\\d+)|[-_.]?(post|rev|r)[-_.]?(\\d+)?)?(?:[-_.]?(dev)[-_.]?(\\d+)?)?(?:\\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?\\s*$",
                                    {.ignore_case = true, .ascii = true});
    const auto match = pattern.match(text);
    if (!match) invalid("Invalid version: '" + text + "'");
    auto group = [&](std::size_t i) { return base::lower(match->groups[i].of(text)); };
    auto count = [&](std::size_t i) { return match->groups[i].matched() ? number(match->groups[i].of(text)) : 0; };
    Pep440 version;
    version.epoch = count(1);
    for (const auto& part : base::split(group(2), '.')) version.release.push_back(number(part));
    while (version.release.size() > 1 && version.release.back() == 0) version.release.pop_back();
    const auto phase = group(3);
    const bool has_post = match->groups[5].matched() || match->groups[6].matched(), has_dev = match->groups[8].matched();
    constexpr std::int64_t low = -1, high = 1000;
    if (phase.empty()) version.pre = {!has_post && has_dev ? low : high, 0};
    else version.pre = {phase[0] == 'a' ? 1 : phase[0] == 'b' ? 2 : 3, count(4)};
    version.post = has_post ? std::pair<std::int64_t, std::int64_t>{1, match->groups[5].matched() ? count(5) : count(7)} : std::pair<std::int64_t, std::int64_t>{low, 0};
    version.dev = has_dev ? std::pair<std::int64_t, std::int64_t>{0, count(9)} : std::pair<std::int64_t, std::int64_t>{high, 0};
    if (match->groups[10].matched())
        for (const auto& part : base::split(base::replace_all(base::replace_all(group(10), "-", "."), "_", "."), '.'))
            version.local.emplace_back(base::parse_int(part) ? 1 : 0, base::parse_int(part) ? std::string(20 - std::min<std::size_t>(20, part.size()), '0') + part : part);
    return version;
}

int compare_pep440(const std::string& a, const std::string& b) {
    const auto x = pep440_of(a), y = pep440_of(b);
    auto key = [](const Pep440& v) { return std::tie(v.epoch, v.release, v.pre, v.post, v.dev, v.local); };
    return key(x) < key(y) ? -1 : key(y) < key(x) ? 1 : 0;
}

}  // namespace

int compare_versions(std::string_view a, std::string_view b, VersionScheme scheme) {
    const std::string left(a), right(b);
    switch (scheme) {
        case VersionScheme::loose: return compare_loose(left, right);
        case VersionScheme::strict: return compare_strict(left, right);
        case VersionScheme::semver: return compare_semver(left, right);
        case VersionScheme::pep440: return compare_pep440(left, right);
    }
    return 0;
}

}  // namespace fprov::dialect
