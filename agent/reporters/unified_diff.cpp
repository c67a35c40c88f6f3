// SPDX-License-Identifier: Apache-2.0
#include "reporters/unified_diff.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "base/text.hpp"

namespace fprov::reporters {
namespace {

struct Match { std::size_t a, b, size; };
struct Change { char tag; std::size_t a1, a2, b1, b2; };   // 'e'qual, 'r'eplace, 'd'elete, 'i'nsert

// Longest blocks first, then left and right of them; in long texts lines that occur in more than 1 % of the places do not start
// a block (Python's "autojunk").
class Matcher {
public:
    Matcher(const std::vector<std::string>& a, const std::vector<std::string>& b) : a_(a), b_(b) {
        for (std::size_t i = 0; i < b.size(); ++i) places_[b[i]].push_back(i);
        if (b.size() >= 200) {
            std::size_t popular = b.size() / 100 + 1;
            std::erase_if(places_, [&](const auto& entry) { return entry.second.size() > popular; });
        }
    }
    std::vector<Match> blocks() const {
        struct Part { std::size_t alo, ahi, blo, bhi; };
        std::vector<Part> queue{{0, a_.size(), 0, b_.size()}};
        std::vector<Match> found;
        while (!queue.empty()) {
            Part part = queue.back();
            queue.pop_back();
            Match match = longest(part.alo, part.ahi, part.blo, part.bhi);
            if (!match.size) continue;
            found.push_back(match);
            if (part.alo < match.a && part.blo < match.b) queue.push_back({part.alo, match.a, part.blo, match.b});
            if (match.a + match.size < part.ahi && match.b + match.size < part.bhi) queue.push_back({match.a + match.size, part.ahi, match.b + match.size, part.bhi});
        }
        std::sort(found.begin(), found.end(), [](const Match& x, const Match& y) { return std::tie(x.a, x.b) < std::tie(y.a, y.b); });
        std::vector<Match> merged;
        for (const Match& match : found) {
            if (!merged.empty() && merged.back().a + merged.back().size == match.a && merged.back().b + merged.back().size == match.b) merged.back().size += match.size;
            else merged.push_back(match);
        }
        merged.push_back({a_.size(), b_.size(), 0});
        return merged;
    }

private:
    Match longest(std::size_t alo, std::size_t ahi, std::size_t blo, std::size_t bhi) const {
        Match best{alo, blo, 0};
        std::unordered_map<std::size_t, std::size_t> lengths, next;
        for (std::size_t i = alo; i < ahi; ++i) {
            next.clear();
            if (auto at = places_.find(a_[i]); at != places_.end())
                for (std::size_t j : at->second) {
                    if (j < blo) continue;
                    if (j >= bhi) break;
                    auto before = j ? lengths.find(j - 1) : lengths.end();
                    std::size_t k = next[j] = (before == lengths.end() ? 0 : before->second) + 1;
                    if (k > best.size) best = {i + 1 - k, j + 1 - k, k};
                }
            std::swap(lengths, next);
        }
        while (best.a > alo && best.b > blo && a_[best.a - 1] == b_[best.b - 1]) { --best.a; --best.b; ++best.size; }
        while (best.a + best.size < ahi && best.b + best.size < bhi && a_[best.a + best.size] == b_[best.b + best.size]) ++best.size;
        return best;
    }
    const std::vector<std::string>& a_;
    const std::vector<std::string>& b_;
    std::unordered_map<std::string, std::vector<std::size_t>> places_;
};

std::vector<Change> changes(const std::vector<std::string>& a, const std::vector<std::string>& b) {
    std::vector<Change> out;
    std::size_t i = 0, j = 0;
    for (const Match& match : Matcher(a, b).blocks()) {
        char tag = i < match.a && j < match.b ? 'r' : i < match.a ? 'd' : j < match.b ? 'i' : 0;
        if (tag) out.push_back({tag, i, match.a, j, match.b});
        i = match.a + match.size;
        j = match.b + match.size;
        if (match.size) out.push_back({'e', match.a, i, match.b, j});
    }
    return out;
}

std::vector<std::vector<Change>> groups(std::vector<Change> codes, std::size_t n) {
    if (codes.empty()) codes.push_back({'e', 0, 1, 0, 1});
    auto back_off = [n](std::size_t from, std::size_t to) { return to - from > n ? to - n : from; };
    if (Change& first = codes.front(); first.tag == 'e') { first.a1 = back_off(first.a1, first.a2); first.b1 = back_off(first.b1, first.b2); }
    if (Change& last = codes.back(); last.tag == 'e') { last.a2 = std::min(last.a2, last.a1 + n); last.b2 = std::min(last.b2, last.b1 + n); }
    std::vector<std::vector<Change>> out;
    std::vector<Change> group;
    for (Change code : codes) {
        if (code.tag == 'e' && code.a2 - code.a1 > 2 * n) {
            group.push_back({'e', code.a1, std::min(code.a2, code.a1 + n), code.b1, std::min(code.b2, code.b1 + n)});
            out.push_back(std::move(group));
            group.clear();
            code.a1 = back_off(code.a1, code.a2);
            code.b1 = back_off(code.b1, code.b2);
        }
        group.push_back(code);
    }
    if (!group.empty() && !(group.size() == 1 && group[0].tag == 'e')) out.push_back(std::move(group));
    return out;
}

std::string span(std::size_t from, std::size_t to) {
    std::size_t first = from + 1, length = to - from;
    if (length == 1) return std::to_string(first);
    if (!length) --first;
    return std::to_string(first) + "," + std::to_string(length);
}

}  // namespace

std::vector<std::string> lines_with_ends(std::string_view text) {
    std::vector<std::string> lines;
    std::size_t from = 0;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t here = at;
        char32_t code = base::next_code_point(text, at);
        bool ends = code == '\n' || code == '\r' || code == '\v' || code == '\f' || (code >= 0x1c && code <= 0x1e) || code == 0x85 || code == 0x2028 || code == 0x2029;
        if (!ends) continue;
        if (code == '\r' && at < text.size() && text[here + 1] == '\n') at = here + 2;
        lines.emplace_back(text.substr(from, at - from));
        from = at;
    }
    if (from < text.size()) lines.emplace_back(text.substr(from));
    return lines;
}

std::vector<std::string> unified_diff(const std::vector<std::string>& before, const std::vector<std::string>& after, const std::string& before_name,
                                      const std::string& after_name, int context) {
    std::vector<std::string> out;
    for (const auto& group : groups(changes(before, after), static_cast<std::size_t>(std::max(0, context)))) {
        if (out.empty()) { out.push_back("--- " + before_name + "\n"); out.push_back("+++ " + after_name + "\n"); }
        out.push_back("@@ -" + span(group.front().a1, group.back().a2) + " +" + span(group.front().b1, group.back().b2) + " @@\n");
        for (const Change& code : group) {
            if (code.tag == 'e') { for (std::size_t i = code.a1; i < code.a2; ++i) out.push_back(" " + before[i]); continue; }
            if (code.tag != 'i') for (std::size_t i = code.a1; i < code.a2; ++i) out.push_back("-" + before[i]);
            if (code.tag != 'd') for (std::size_t j = code.b1; j < code.b2; ++j) out.push_back("+" + after[j]);
        }
    }
    return out;
}

}  // namespace fprov::reporters
