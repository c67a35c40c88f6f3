// SPDX-License-Identifier: Apache-2.0
// Runs the case files of tests/cases. Usage: case_runner [--root FOLDER] [--only TEXT] [SUITE | FILE.yml]...
// A case file is a list of cases, or a mapping with `cases:`. Every case has a name; the rest is up to its suite.
#include <cstdio>
#include <cstring>
#include <set>

#include "base/files.hpp"
#include "base/place.hpp"
#include "cases/suite.hpp"
#include "values/python.hpp"
#include "values/yaml.hpp"

namespace {

using namespace fprov;

constexpr cases::Suite suites[] = {
    {"dialect", cases::run_dialect},
    {"inventory", cases::run_inventory},
    {"jinja", cases::run_jinja},
    {"modules", cases::run_modules},
    {"yaml", cases::run_yaml},
};

struct Totals { int passed = 0, failed = 0; };

void run_file(const cases::Suite& suite, const std::string& path, const std::string& only, Totals& totals) {
    auto fail = [&](const std::string& name, const std::string& what) {
        ++totals.failed;
        std::printf("FAILED %s: %s\n    %s\n", path.c_str(), name.c_str(), what.c_str());
    };
    auto text = base::read_file(path);
    if (!text) return fail("reading", text.error().what);
    values::Value file;
    try {
        file = values::read_yaml(*text, base::add_source(path, *text));
    } catch (const base::Failure& failure) {
        return fail("reading", failure.error().what + " at " + base::describe(failure.error().where));
    }
    const values::Value* list = file.is_map() ? file.find("cases") : &file;
    if (!list || !list->is_list() || list->list().empty()) return fail("reading", "no cases");
    std::set<std::string> names;
    for (const auto& one : list->list()) {
        const auto* given = one.find("name");
        if (!given) { fail("?", "a case without a name"); continue; }
        std::string name = values::str(*given), wrong;
        if (!names.insert(name).second) fail(name, "two cases have this name");
        if (!only.empty() && name.find(only) == std::string::npos) continue;
        try {
            wrong = suite.run(one);
        } catch (const std::exception& exception) {
            wrong = std::string("unexpected: ") + exception.what();
        }
        if (wrong.empty()) ++totals.passed;
        else fail(name, wrong);
    }
}

/// Case files of a folder and of those below; answers how many there were.
int run_folder(const cases::Suite& suite, const std::string& folder, const std::string& only, Totals& totals) {
    int files = 0;
    for (const auto& name : base::list_directory(folder)) {
        std::string path = base::join_path(folder, name);
        if (base::is_directory(path)) files += run_folder(suite, path, only, totals);
        else if (name.ends_with(".yml")) {
            ++files;
            run_file(suite, path, only, totals);
        }
    }
    return files;
}

}  // namespace

int main(int argc, char** argv) {
    std::string root = "tests/cases", only;
    std::vector<std::string> wanted;
    for (int i = 1; i < argc; ++i) {
        if (!std::strcmp(argv[i], "--root") && i + 1 < argc) root = argv[++i];
        else if (!std::strcmp(argv[i], "--only") && i + 1 < argc) only = argv[++i];
        else wanted.emplace_back(argv[i]);
    }
    Totals totals;
    for (const auto& suite : suites) {
        std::string folder = base::join_path(root, suite.folder);
        bool whole = wanted.empty();
        for (const auto& one : wanted) whole = whole || one == suite.folder;
        if (whole) {
            int files = run_folder(suite, folder, only, totals);
            if (!files) { ++totals.failed; std::printf("FAILED %s: no case files\n", folder.c_str()); }
        } else {
            for (const auto& one : wanted)
                if (one.ends_with(".yml") && one.find(std::string("/") + suite.folder + "/") != std::string::npos) run_file(suite, one, only, totals);
        }
    }
    std::printf("%d cases passed, %d failed\n", totals.passed, totals.failed);
    return totals.failed || !totals.passed ? 1 : 0;
}
