// SPDX-License-Identifier: Apache-2.0
// fprov init ENV: a site to edit, copied from the commented example.
#include <fmt/format.h>
#include <sys/stat.h>

#include <ctime>

#include "base/files.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/installation.hpp"

namespace fprov::cli {
namespace {

std::string today() {
    std::time_t now = std::time(nullptr);
    std::tm local{};
    ::localtime_r(&now, &local);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%d", &local);
    return text;
}

unsigned mode_of(const std::string& path) {
    struct stat info{};
    return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 0777 : 0644;
}

class Copier {
public:
    Copier(bool fresh) : fresh_(fresh) {}
    int written = 0, kept = 0;

    void folder(const std::string& from, const std::string& to) {
        base::make_directories(to).value();
        for (const auto& name : base::list_directory(from)) {
            std::string source = base::join_path(from, name), target = base::join_path(to, name);
            if (base::is_directory(source)) folder(source, target);
            else file(source, target);
        }
    }

private:
    void file(const std::string& source, const std::string& target) {
        std::string content = base::read_file(source).value();
        if (base::exists(target)) {
            std::string present = base::read_file(target).value();
            if (present == content) { say("unchanged", target); ++kept; return; }
            if (!fresh_) { say("edited, left as it is", target); ++kept; return; }
            std::string old = target + ".old-" + today();
            for (int i = 2; base::exists(old); ++i) old = target + ".old-" + today() + "-" + std::to_string(i);
            base::write_file_atomic(old, present, mode_of(target)).value();
            say("written anew, yours is now " + base::basename(old), target);
        } else {
            say("written", target);
        }
        base::write_file_atomic(target, content, mode_of(source)).value();
        ++written;
    }
    static void say(const std::string& what, const std::string& path) { fmt::print("{}: {}\n", path, what); }
    bool fresh_;
};

}  // namespace

int run_init(const Invocation& invocation) {
    std::string name;
    bool fresh = false;
    Arguments arguments(invocation.program, "Writes inventory/ENV: commented files, ready to edit. Files that were edited stay as they are.");
    arguments.flag("--fresh,--force", fresh, "write edited files anew; the old ones are kept as NAME.old-DATE");
    arguments.positional("ENV", name, "name of the site, e.g. prod", true);
    arguments.parse(invocation.words);
    if (name.find('/') != std::string::npos || name.starts_with('.') || name == "example")
        throw base::Failure(base::Kind::usage, "'" + name + "' cannot be the name of a site", {}, "take a plain word such as prod");
    std::string example = base::join_path("inventory", "example");
    if (!base::is_directory(example)) example = share_directory().empty() ? "" : base::join_path(share_directory(), "inventory/example");
    if (example.empty() || !base::is_directory(example))
        throw base::Failure(base::Kind::not_found, "the example site is missing", {}, "it belongs to ./inventory/example or to share/fprov/inventory/example of the installation");
    std::string target = base::join_path("inventory", name);
    Copier copier(fresh);
    copier.folder(example, target);
    bool no_dist = !base::exists("dist");
    if (no_dist) base::make_directories("dist").value();
    if (copier.written)
        fmt::print("\nNext: put your addresses into {0}/hosts and {0}/group_vars, the software into dist/{2} ('fprov dist manifest'),\nthen 'fprov check {1}' and 'fprov boot {1} -D'.\n",
                   target, name, no_dist ? " (made just now)" : "");
    return 0;
}

}  // namespace fprov::cli
