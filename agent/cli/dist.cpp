// SPDX-License-Identifier: Apache-2.0
// fprov dist verify: is the software of a site there, and is it what the manifest says?
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <algorithm>
#include <fstream>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/installation.hpp"
#include "values/python.hpp"
#include "values/yaml.hpp"

namespace fprov::cli {
namespace {

using values::Value;

std::string field(const Value& row, const char* name) {
    const Value* value = row.find(name);
    return !value || value->is_none() ? std::string() : values::str(*value);
}

base::Result<std::string> sha256_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return base::Error{base::Kind::io, "it cannot be read", {}, {}, {}};
    base::Digest digest("sha256");
    std::vector<char> block(1 << 20);
    while (file) {
        file.read(block.data(), static_cast<std::streamsize>(block.size()));
        digest.update({block.data(), static_cast<std::size_t>(file.gcount())});
    }
    if (file.bad()) return base::Error{base::Kind::io, "reading it failed", {}, {}, {}};
    return digest.hex();
}

int verify(const std::string& folder) {
    std::string path = base::join_path(folder, "manifest.yml");
    auto text = base::read_file(path);
    if (!text)
        throw base::Failure(base::Kind::not_found, "the manifest " + path + " cannot be read: " + text.error().what, {},
                            "put the tarballs into " + folder + "/ and run: fprov dist manifest " + folder);
    Value manifest = values::read_yaml(*text, base::add_source(path, *text));
    const Value* rows = manifest.find("components");
    if (!rows || !rows->is_list())
        throw base::Failure(base::Kind::parse, "the manifest has no list 'components'", {base::add_source(path), 1, 1}, "each entry has component, version, file, sha256 and source");
    int wrong = 0;
    std::vector<std::string> named{"manifest.yml"};
    for (const Value& row : rows->list()) {
        std::string component = field(row, "component"), file = field(row, "file"), expected = base::lower(field(row, "sha256"));
        std::string place = base::join_path(folder, file), found, note;
        if (component.empty() || file.empty()) {
            base::Error error{base::Kind::parse, "an entry of the manifest lacks 'component' or 'file'", row.origin(), {}, {}};
            throw base::Failure(std::move(error));
        }
        named.push_back(file);
        const char* verdict = "ok";
        if (file.find('/') != std::string::npos) { verdict = "bad name"; note = "a file of the manifest lies directly in " + folder; }
        else if (!base::is_file(place)) {
            verdict = "missing";
            std::string source = field(row, "source");
            note = source.empty() ? "put it into " + folder + "/" : "get it from " + source;
        } else {
            auto digest = sha256_of(place);
            if (!digest) { verdict = "unreadable"; note = digest.error().what; }
            else if (expected.empty()) { verdict = "no digest"; note = "it is " + *digest; }
            else if (*digest != expected) { verdict = "wrong digest"; note = "expected " + expected + ", is " + *digest; }
        }
        if (std::string_view(verdict) != "ok") ++wrong;
        fmt::print("{:<13} {:<14} {:<12} {}{}\n", verdict, component, field(row, "version"), file, note.empty() ? "" : ": " + note);
    }
    for (const auto& name : base::list_directory(folder))
        if (!name.starts_with('.') && base::is_file(base::join_path(folder, name)) && std::find(named.begin(), named.end(), name) == named.end())
            fmt::print("{:<13} {:<14} {:<12} {}\n", "not listed", "-", "-", name);
    fmt::print("{} of {} files are as the manifest says\n", rows->list().size() - static_cast<std::size_t>(wrong), rows->list().size());
    return wrong ? 1 : 0;
}

// The script knows upstream's names; it needs nothing but tar and awk.
int write_manifest(const std::string& folder) {
    std::string script = "scripts/dist-manifest";
    if (std::string share = share_directory(); !base::exists(script) && !share.empty()) script = base::join_path(share, script);
    if (!base::exists(script))
        throw base::Failure(base::Kind::not_found, "the script dist-manifest is missing", {}, "it belongs to share/fprov/scripts of the installation");
    std::vector<char*> words;
    std::string program = script, argument = folder;
    for (auto* word : {&program, &argument}) words.push_back(word->data());
    words.push_back(nullptr);
    std::fflush(nullptr);
    ::execv(program.c_str(), words.data());
    throw base::Failure(base::Kind::generic, program + " cannot be run: " + std::strerror(errno));
}

}  // namespace

int run_dist(const Invocation& invocation) {
    std::string action, folder = "dist";
    Arguments arguments(invocation.program, "The software of a site: 'manifest' writes dist/manifest.yml from the tarballs that are there, 'verify' compares every file of it with its sha256.");
    arguments.positional("action", action, "manifest or verify", true);
    arguments.positional("folder", folder, "default: dist", false);
    arguments.parse(invocation.words);
    if (action == "manifest") return write_manifest(folder);
    if (action != "verify") arguments.mistake("argument action: invalid choice: '" + action + "' (choose from 'manifest', 'verify')");
    return verify(folder);
}

}  // namespace fprov::cli
