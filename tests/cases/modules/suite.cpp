// SPDX-License-Identifier: Apache-2.0
// A module case: `module`, `given` (path → content, or {content, base64, mode, link, hard, mtime}; a path that ends in "/" is a folder), `args`
// ("{tree}" stands for the case's own folder), `expect` (fields of the result; changed and failed are always compared) and `files` (path →
// absent, content or {content, mode, link} afterwards). A check run comes first: it must predict `changed` and leave the tree alone
// (`check: no` leaves it out); a second run must be unchanged and succeed (`twice: no`: it may change again; after a failure it must fail
// again). `source` is what the controller would send for _fprov_source; `then` holds further steps {args, expect, files}. `root: yes`
// needs root.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "cases/suite.hpp"
#include "machine/machine.hpp"
#include "modules/module.hpp"
#include "values/json.hpp"
#include "values/python.hpp"

namespace fprov::cases {

using values::List;
using values::Map;
using values::Value;

namespace {

struct Tree {
    std::string path;
    Tree() {
        char name[] = "/tmp/fprov-case-XXXXXX";
        path = ::mkdtemp(name);
        ::mkdir((path + "/tree").c_str(), 0755);
        ::mkdir((path + "/state").c_str(), 0700);
        ::setenv("FPROV_STATE", (path + "/state").c_str(), 1);
    }
    ~Tree() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    std::string root() const { return path + "/tree"; }
};

Value fill(const Value& value, const std::string& root) {
    if (value.is_string()) return Value(base::replace_all(value.string(), "{tree}", root));
    if (value.is_sequence()) {
        List list;
        for (const auto& item : value.list()) list.push_back(fill(item, root));
        return Value(std::move(list));
    }
    if (value.is_map()) {
        Map map;
        for (const auto& entry : value.map()) map.set(fill(entry.key, root), fill(entry.value, root));
        return Value(std::move(map));
    }
    return value;
}

std::string text_of(const Value& value) { return values::write_json(value, {.sort_keys = true, .ensure_ascii = false}); }

/// A text, or {content: text}, or {base64: text}.
std::string bytes_of(const Value& what) {
    if (const Value* coded = what.find("base64")) return base::base64_decode(coded->text_or("")).value_or("");
    const Value* content = what.is_map() ? what.find("content") : &what;
    return content && !content->is_none() ? values::str(*content) : "";
}

void build(const std::string& root, const Value& given) {
    namespace fs = std::filesystem;
    for (const auto& [key, what] : given.map()) {
        std::string name = values::str(key), path = root + "/" + name;
        bool folder = name.ends_with('/');
        while (path.ends_with('/')) path.pop_back();
        fs::create_directories(fs::path(path).parent_path());
        const Value* link = what.find("link");
        const Value* hard = what.find("hard");
        if (folder) fs::create_directories(path);
        else if (link) fs::create_symlink(base::replace_all(link->text_or(""), "{tree}", root), path);
        else if (hard) fs::create_hard_link(root + "/" + hard->text_or(""), path);
        else {
            (void)base::write_file_atomic(path, base::replace_all(bytes_of(what), "{tree}", root), 0644);
        }
        if (const Value* mode = what.find("mode")) ::chmod(path.c_str(), static_cast<mode_t>(base::parse_int(values::str(*mode), 8).value_or(0644)));
        if (const Value* mtime = what.find("mtime")) {
            timespec times[2] = {{mtime->int_or(0), 0}, {mtime->int_or(0), 0}};
            ::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW);
        }
    }
}

std::string mode_of(const std::string& path) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) < 0) return "absent";
    char buffer[16];
    std::snprintf(buffer, sizeof buffer, "%04o", info.st_mode & 07777);
    return buffer;
}

/// Everything below, a line each: what a check run must not change.
std::string snapshot(const std::string& root) {
    std::vector<std::string> lines;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
        std::string path = entry.path().string(), line = path + " " + mode_of(path);
        if (entry.is_symlink()) line += " -> " + std::filesystem::read_symlink(entry.path()).string();
        else if (entry.is_regular_file()) line += " " + base::read_file(path).value_or("?");
        lines.push_back(line);
    }
    std::sort(lines.begin(), lines.end());
    return base::join(lines, "\n");
}

std::string check_files(const std::string& root, const Value& files) {
    std::string wrong;
    for (const auto& [key, want] : files.map()) {
        std::string name = values::str(key), path = root + "/" + name;
        while (path.ends_with('/')) path.pop_back();
        bool exists = mode_of(path) != "absent";
        if (want.is_string() && want.string() == "absent") {
            if (exists) wrong += "\n    " + name + " should be absent";
            continue;
        }
        if (!exists) { wrong += "\n    " + name + " is missing"; continue; }
        if (name.ends_with('/') && !base::is_directory(path)) wrong += "\n    " + name + " is no folder";
        auto compare = [&](const char* what, const std::string& expected, const std::string& got) {
            if (expected != got) wrong += "\n    " + name + ": " + what + " expected " + text_of(Value(expected)) + "\n      got " + text_of(Value(got));
        };
        const Value* content = want.is_map() ? want.find("content") : &want;
        if (content && !content->is_none())
            compare("content", base::replace_all(values::str(*content), "{tree}", root), base::read_file(path).value_or("(unreadable)"));
        if (const Value* mode = want.find("mode")) compare("mode", values::str(*mode), mode_of(path));
        if (const Value* link = want.find("link")) {
            std::error_code ignored;
            compare("link", base::replace_all(values::str(*link), "{tree}", root), std::filesystem::read_symlink(path, ignored).string());
        }
    }
    return wrong;
}

class Case {
public:
    explicit Case(const Value& one) : one_(one), machine_(machine::real_machine()) {}

    std::string run() {
        if (const Value* root = one_.find("root"); root && root->truthy() && ::geteuid() != 0) return "";
        ::umask(022);
        const Value* name = one_.find("module");
        module_ = modules::find(name ? name->text_or("") : "");
        if (!module_) return "no module '" + (name ? name->text_or("") : "") + "'";
        if (const Value* given = one_.find("given")) build(tree_.root(), *given);
        std::string wrong = step(one_);
        if (const Value* then = one_.find("then"))
            for (std::size_t i = 0; i < then->list().size() && wrong.empty(); ++i)
                if (std::string more = step(then->list()[i]); !more.empty()) wrong = "step " + std::to_string(i + 2) + ": " + more;
        return wrong;
    }

private:
    Value call(const Value& args, bool check, const Value* source) {
        Map given = args.map();
        if (const Value* content = given.find("content"); content && module_->name == "copy" && !content->is_none()) {
            std::string bytes = content->is_map() || content->is_list() ? values::write_json(*content) : values::str(*content);
            given.erase("content");
            given.set("_fprov_content", bytes);
        }
        std::string bytes = source ? base::replace_all(bytes_of(*source), "{tree}", tree_.root()) : "";
        if (source && !given.contains("_fprov_checksum")) given.set("_fprov_checksum", base::sha1_hex(bytes));
        modules::Context context{*machine_, check, true, {}, "", 0, {}};
        auto outcome = modules::run_module(*module_, given, context);
        asked_ = outcome.need_content;
        if (asked_) {
            std::string path = machine_->temp_file("source").value();
            (void)machine_->write_file(path, bytes);
            given.set("_fprov_source", path);
            if (const Value* missing = outcome.fields.find("_fprov_missing")) given.set("_fprov_missing", Value(*missing));
            outcome = modules::run_module(*module_, given, context);
            if (outcome.need_content) return Map{{"failed", true}, {"msg", "asks for content again"}};
        }
        return modules::to_value(outcome);
    }

    static bool flag(const Value& result, const char* name) { const Value* value = result.find(name); return value && value->truthy(); }

    std::string step(const Value& part) {
        auto option = [&](const char* name, bool other) {
            const Value* value = part.find(name);
            if (!value) value = one_.find(name);
            return value ? value->truthy() : other;
        };
        const Value* given = part.find("args");
        Value args = fill(given ? *given : Value(Map()), tree_.root());
        const Value* source = part.find("source");
        const Value* expected = part.find("expect");
        if (!expected) return "nothing is expected";
        Value expect = fill(*expected, tree_.root());
        bool changed = flag(expect, "changed"), failed = flag(expect, "failed");
        std::string wrong;
        if (option("check", true)) {
            std::string before = snapshot(tree_.root());
            Value result = call(args, true, source);
            if (flag(result, "changed") != changed || flag(result, "failed") != failed)
                wrong += "\n    check mode says " + text_of(result) + ", where " + text_of(expect) + " is expected";
            if (snapshot(tree_.root()) != before) wrong += "\n    check mode changed something";
        }
        Value result = call(args, false, source);
        for (const auto& [key, want] : expect.map()) {
            const Value* got = result.find(values::str(key));
            if (key.text_or("") == "asked") { if (want.truthy() != asked_) wrong += "\n    asked for content: " + std::string(asked_ ? "yes" : "no"); continue; }
            bool same = key.text_or("") == "changed" || key.text_or("") == "failed" ? flag(result, key.string().c_str()) == want.truthy()
                        : want.is_none() ? !got || got->is_none() : got && text_of(*got) == text_of(want);
            if (!same) wrong += "\n    " + values::str(key) + ": expected " + text_of(want) + ", got " + (got ? text_of(*got) : "nothing");
        }
        if (!expect.find("changed") && flag(result, "changed")) wrong += "\n    changed, unexpectedly";
        if (!expect.find("failed") && flag(result, "failed")) wrong += "\n    failed: " + text_of(result);
        if (const Value* files = part.find("files")) wrong += check_files(tree_.root(), *files);
        if (!wrong.empty()) return wrong + "\n    result: " + text_of(result);
        if (option("twice", true)) {
            std::string before = snapshot(tree_.root());
            Value again = call(args, false, source);
            if (flag(again, "failed") != failed) wrong += "\n    the second run: " + text_of(again);
            if (flag(again, "changed")) wrong += "\n    the second run changes again: " + text_of(again);
            if (snapshot(tree_.root()) != before) wrong += "\n    the second run changed files";
        }
        return wrong;
    }

    const Value& one_;
    Tree tree_;
    std::unique_ptr<machine::Machine> machine_;
    const modules::Module* module_ = nullptr;
    bool asked_ = false;
};

}  // namespace

std::string run_modules(const Value& one) { return Case(one).run(); }

}  // namespace fprov::cases
