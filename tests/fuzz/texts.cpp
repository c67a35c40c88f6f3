// SPDX-License-Identifier: Apache-2.0
// Inventories, host patterns, k=v arguments, regular expressions.
#include "base/place.hpp"
#include "fuzz/fuzz.hpp"
#include "inventory/reader.hpp"
#include "playbook/loader.hpp"
#include "regex/regex.hpp"

namespace fprov::fuzz {

void inventory(std::string_view input) {
    auto attempt = [&](void (*read)(const std::string&, inventory::Target&)) {
        inventory::Inventory read_into;
        inventory::LoadOptions options;
        std::vector<std::string> warnings;
        try {
            inventory::Target target(read_into, options, warnings, "input");
            read(std::string(input), target);
            read_into.reconcile();
            for (const auto& name : read_into.host_names()) read_into.groups_of(*read_into.host(name));
        } catch (const base::Failure&) {
        }
    };
    attempt(inventory::read_ini);
    attempt(inventory::read_yaml_source);
    static inventory::Inventory some = [] {
        inventory::Inventory made;
        for (const char* name : {"web1", "web2", "db1", "10.0.0.1", "::1", "a-b.example"}) made.add_host(name, {"all", name[0] == 'w' ? "web" : "other"});
        made.reconcile();
        return made;
    }();
    std::vector<std::string> warnings;
    some.match(std::string(input), &warnings);
}

void key_values(std::string_view input) {
    for (bool free_form : {false, true}) {
        try {
            playbook::parse_key_values(std::string(input), free_form, {});
        } catch (const base::Failure&) {
        }
    }
}

void regex(std::string_view input) {
    auto line = input.find('\n');
    std::string_view pattern = input.substr(0, line), text = (line == std::string_view::npos ? input : input.substr(line + 1)).substr(0, 300);
    for (bool bytes : {false, true}) {
        auto compiled = regex::Regex::compile(pattern, {.bytes = bytes});
        if (!compiled) continue;
        try {
            std::size_t at = 0;
            for (const auto& match : compiled->find_all(text, 1000)) {
                check(match.begin() >= at && match.end() >= match.begin() && match.end() <= text.size(), "matches stand one behind another, inside the text");
                at = match.end();
            }
            compiled->split(text, 100);
            (void)compiled->replace(text.substr(0, 1000), "<\\g<0>>", 100);
            (void)compiled->replace(text.substr(0, 1000), pattern, 100);
        } catch (const base::Failure&) {
        }
    }
    check(bool(regex::Regex::compile(regex::escape(text), {.bytes = true})), "an escaped text is a pattern");
    (void)regex::Regex::compile(regex::from_shell_pattern(pattern));
}

}  // namespace fprov::fuzz
