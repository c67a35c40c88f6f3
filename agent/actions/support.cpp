// SPDX-License-Identifier: Apache-2.0
#include "actions/support.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "spec/argument.hpp"
#include "values/python.hpp"

namespace fprov::actions {

namespace { constexpr std::size_t inline_limit = 104448; }   // what may be shown as a difference goes along; larger contents wait until the host asks for them

std::string text(const Map& args, std::string_view name, std::string_view other) {
    const Value* value = args.find(name);
    return value && !value->is_none() ? values::str(*value) : std::string(other);
}
bool given(const Map& args, std::string_view name) {
    const Value* value = args.find(name);
    return value && !value->is_none();
}
bool flag(const Map& args, std::string_view name, bool other) {
    const Value* value = args.find(name);
    return value && !value->is_none() ? spec::coerce(*value, spec::Type::boolean).bool_or(other) : other;
}
std::vector<std::string> texts(const Map& args, std::string_view name) {
    std::vector<std::string> out;
    const Value* value = args.find(name);
    if (!value || value->is_none()) return out;
    if (value->is_sequence()) for (const Value& one : value->list()) out.push_back(values::str(one));
    else for (auto& part : base::split(values::str(*value), ',')) out.emplace_back(base::trim(part));
    return out;
}
Value failed(std::string msg) { return Value(Map{{"failed", true}, {"msg", Value(std::move(msg))}, {"changed", false}}); }
Immediate skip(std::string msg) { return {Value(Map{{"changed", false}, {"skipped", true}, {"msg", Value(std::move(msg))}})}; }
Immediate fail(std::string msg) { return {failed(std::move(msg))}; }
Immediate refuse(std::string msg) {
    Immediate out = fail(std::move(msg));
    out.result.mutable_map().set("exception", "NoneType: None\n");
    return out;
}
void raise(std::string msg) { throw Raised{base::Error{base::Kind::generic, std::move(msg)}}; }

std::string invalid_name(const std::string& name) {
    return "The variable name '" + name + "' is not valid. Variables must start with a letter or underscore character, and contain only letters, numbers and underscores.";
}

std::optional<Immediate> check_names(std::string_view action, const Map& args) {
    auto described = all_args(*describe(action));
    auto known = [&](const std::string& name) {
        for (const auto& arg : described) {
            if (arg.name == name) return true;
            if (auto aliases = base::split(arg.aliases, '|'); std::find(aliases.begin(), aliases.end(), name) != aliases.end()) return true;
        }
        return false;
    };
    std::vector<std::string> unknown;
    for (const auto& [key, value] : args)
        if (std::string name = key.text_or(""); !known(name)) unknown.push_back(name);
    if (unknown.empty()) return std::nullopt;
    std::sort(unknown.begin(), unknown.end());
    return refuse("Invalid options for " + std::string(action) + ": " + base::join(unknown, ","));
}

void attach_file(Remote& remote, const std::string& path, std::string content, bool have_content) {
    struct stat info {};
    bool on_disk = ::stat(path.c_str(), &info) == 0;
    if (have_content) {
        remote.args.set("_fprov_checksum", base::sha1_hex(content));
        remote.args.set("_fprov_size", content.size());
    } else {
        base::Digest digest("sha1");
        std::ifstream in(path, std::ios::binary);
        char buffer[1 << 16];
        std::size_t size = 0;
        while (in.read(buffer, sizeof buffer) || in.gcount()) {
            digest.update({buffer, static_cast<std::size_t>(in.gcount())});
            size += static_cast<std::size_t>(in.gcount());
        }
        remote.args.set("_fprov_checksum", digest.hex());
        remote.args.set("_fprov_size", size);
    }
    if (on_disk) {
        char mode[8];
        std::snprintf(mode, sizeof mode, "%04o", static_cast<unsigned>(info.st_mode & 07777));
        remote.args.set("_fprov_mode", mode);
    }
    if (have_content && content.size() <= inline_limit) remote.args.set("_fprov_content", Value(std::move(content)));
    else if (have_content) remote.content = std::move(content);
    else remote.content_file = path;
}

}  // namespace fprov::actions
