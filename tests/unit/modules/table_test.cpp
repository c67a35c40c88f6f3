// SPDX-License-Identifier: Apache-2.0
// The table proves itself: every row is complete, every default is valid, every name is found.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "modules/module.hpp"

using namespace fprov;

namespace {

void check_args(const std::string& where, std::span<const spec::Arg> args) {
    std::set<std::string> names;
    for (const auto& arg : args) {
        INFO(where << "." << std::string(arg.name));
        CHECK_FALSE(arg.help.empty());
        CHECK(names.insert(std::string(arg.name)).second);
        if (!arg.aliases.empty())
            for (const auto& alias : base::split(arg.aliases, '|')) CHECK(names.insert(alias).second);
        CHECK_FALSE((arg.required && !arg.fallback.empty()));
        if (!arg.fallback.empty()) {   // the default passes its own check
            spec::Arg alone = arg;
            auto checked = spec::check("x", std::span(&alone, 1), {}, {});
            CHECK_MESSAGE(checked.errors.empty(), (checked.errors.empty() ? "" : checked.errors.front()));
        }
        if (!arg.suboptions.empty()) check_args(where + "." + std::string(arg.name), arg.suboptions);
    }
}

}  // namespace

TEST_CASE("modules: the table is sorted and has no name twice") {
    auto rows = modules::table();
    REQUIRE(!rows.empty());
    for (std::size_t i = 1; i < rows.size(); ++i) CHECK(rows[i - 1]->name < rows[i]->name);
}

TEST_CASE("modules: every row is documented and its arguments are sound") {
    for (const auto* module : modules::table()) {
        INFO(std::string(module->name));
        CHECK_FALSE(module->summary.empty());
        CHECK_FALSE(module->collection.empty());
        if (module->internal()) continue;
        CHECK_FALSE(module->example.empty());
        CHECK((module->run != nullptr));
        auto args = modules::all_args(*module);
        check_args(std::string(module->name), args);
        auto known = [&](const std::string& name) { return std::any_of(args.begin(), args.end(), [&](const auto& arg) { return arg.name == name; }); };
        for (const auto& rule : module->rules) {
            for (const auto& name : base::split(rule.names, ',')) CHECK_MESSAGE(known(std::string(base::trim(name))), name);
            if (!rule.when_name.empty()) CHECK(known(std::string(rule.when_name)));
        }
    }
}

TEST_CASE("modules: names are found with and without their collection") {
    REQUIRE(modules::find("copy"));
    CHECK(modules::find("ansible.builtin.copy") == modules::find("copy"));
    CHECK(modules::find("ansible.legacy.copy") == modules::find("copy"));
    CHECK(modules::find("community.general.pam_limits") == modules::find("pam_limits"));
    CHECK(modules::find("community.general.copy") == nullptr);
    CHECK(modules::find("no_such_module") == nullptr);
}

TEST_CASE("modules: secrets do not come back") {
    const auto* module = modules::find("copy");
    auto machine = machine::real_machine();
    modules::Context context{*machine, true, true, {}, "copy", 0, {}};
    values::Map given{{"content", "hunter2"}, {"dest", "/hunter2/x"}, {"state", "hunter2"}};
    auto outcome = modules::run_module(*module, given, context);
    CHECK(outcome.failed);
    CHECK(outcome.msg.find("hunter2") == std::string::npos);
}
