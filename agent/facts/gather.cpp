// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "facts/collector.hpp"

namespace fprov::facts {
namespace {

using Names = std::set<std::string_view>;

bool selects(const Collector& collector, std::string_view word) {
    if (collector.name == word) return true;
    for (const auto& name : base::split(collector.also, '|'))
        if (name == word) return true;
    return false;
}

[[noreturn]] void bad_subset(const std::string& word) {
    std::set<std::string> known{"all"};   // as Ansible's sentence: `min` is allowed and not named
    for (const auto& collector : table()) {
        known.emplace(collector.name);
        for (const auto& name : base::split(collector.also, '|'))
            if (!name.empty()) known.insert(name);
    }
    throw base::Failure(base::Kind::usage, "Bad subset '" + word + "' given to Ansible. gather_subset options allowed: " +
                                               base::join({known.begin(), known.end()}, ", "));
}

/// Which collectors run: named ones always, `all` and the minimal set unless taken out with '!'.
Names choose(const std::vector<std::string>& subset) {
    Names all, minimal, wanted, named, unwanted;
    for (const auto& collector : table()) {
        all.insert(collector.name);
        if (collector.minimal) minimal.insert(collector.name);
    }
    wanted = minimal;
    for (const auto& word : subset) {
        if (word == "all") wanted.insert(all.begin(), all.end());
        else if (word == "min") named.insert(minimal.begin(), minimal.end());
        else if (word == "!all") { Names rest; std::set_difference(all.begin(), all.end(), minimal.begin(), minimal.end(), std::inserter(rest, rest.end())); unwanted.merge(rest); }
        else if (word == "!min") unwanted.insert(minimal.begin(), minimal.end());
        else {
            const bool take_out = !word.empty() && word[0] == '!';
            const auto name = std::string_view(word).substr(take_out ? 1 : 0);
            bool known = false;
            for (const auto& collector : table())
                if (selects(collector, name)) { (take_out ? unwanted : named).insert(collector.name); known = true; }
            if (!known && !take_out) bad_subset(std::string(name));
        }
    }
    if (subset.empty()) wanted = all;
    for (auto name : unwanted) wanted.erase(name);
    wanted.insert(named.begin(), named.end());
    for (const auto& collector : table())
        if (wanted.contains(collector.name))
            for (const auto& need : base::split(collector.needs, '|'))
                for (const auto& other : table())
                    if (other.name == need) wanted.insert(other.name);
    return wanted;
}

bool passes(const std::string& name, const std::vector<std::string>& filter, bool prefixed = true) {
    if (filter.empty()) return true;
    for (const auto& pattern : filter)
        if (pattern.empty() || (prefixed && base::fnmatch("ansible_" + name, pattern)) || base::fnmatch(name, pattern)) return true;
    return false;
}

}  // namespace

Map gather(Machine& machine, const std::vector<std::string>& subset, const std::vector<std::string>& filter,
           const std::string& fact_path, double timeout, const std::map<std::string, std::string>& environment,
           std::vector<std::string>* warnings) {
    Inquiry inquiry{machine, fact_path, timeout, environment};
    const auto chosen = choose(subset);
    for (const auto& collector : table())
        if (chosen.contains(collector.name)) collector.collect(inquiry);
    Map facts;
    for (const auto& [key, value] : inquiry.found)
        if (const auto& name = key.string(); passes(name, filter)) facts.set("ansible_" + base::replace_all(name, "-", "_"), value);
    const bool whole = filter.empty();
    if (whole || passes("gather_subset", filter, false)) facts.set("gather_subset", Value::strings(subset.empty() ? std::vector<std::string>{"all"} : subset));
    if (whole || passes("module_setup", filter, false)) facts.set("module_setup", true);
    if (warnings) *warnings = std::move(inquiry.warnings);
    return facts;
}

}  // namespace fprov::facts
