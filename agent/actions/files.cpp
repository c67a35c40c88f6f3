// SPDX-License-Identifier: Apache-2.0
// copy, template, fetch, script, unarchive, assemble, uri: what needs files of the controller.
#include <iconv.h>
#include <sys/stat.h>
#include <pwd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <unistd.h>

#include "actions/support.hpp"
#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "values/json.hpp"
#include "values/python.hpp"
#include "vault/vault.hpp"

namespace fprov::actions {
namespace {

constexpr std::size_t inline_tree = 128 * 1024;   // bytes of a folder whose contents travel with the first call
constexpr std::size_t read_limit = 16u << 20;   // files up to this size are read at once (vault, inline); larger ones are streamed

bool looks_encrypted(const std::string& path) {
    auto head = base::read_file(path, read_limit);
    return head && vault::is_encrypted(*head);
}

std::string octal(unsigned mode) {
    char text_mode[8];
    std::snprintf(text_mode, sizeof text_mode, "%04o", mode & 07777u);
    return text_mode;
}

// A file for one call: decrypted where it is a vault, attached by name where it is big.
void attach_from_controller(Remote& remote, Context& context, const std::string& path, bool decrypt) {
    struct stat info {};
    if (::stat(path.c_str(), &info) == 0 && static_cast<std::size_t>(info.st_size) <= read_limit) {
        auto content = context.read_file(path, decrypt && looks_encrypted(path));
        attach_file(remote, path, content.value(), true);
    } else {
        attach_file(remote, path, {}, false);
    }
}

// Files below a folder as the copy module wants them: relative path, kind, mode, checksum.
void list_tree(const std::string& root, const std::string& relative, bool follow, List& entries, int depth) {
    if (depth > 200) throw base::Failure(base::Kind::limit, "'" + root + "' is nested more than 200 folders deep");
    std::string folder = relative.empty() ? root : base::join_path(root, relative);
    for (const auto& name : base::list_directory(folder)) {
        std::string below = relative.empty() ? name : relative + "/" + name;
        std::string full = base::join_path(root, below);
        struct stat info {};
        if (::lstat(full.c_str(), &info) < 0) continue;
        if (S_ISLNK(info.st_mode) && !follow) {
            char target[4096];
            ssize_t size = ::readlink(full.c_str(), target, sizeof target);
            if (size > 0) entries.emplace_back(Map{{"path", Value(below)}, {"kind", "link"}, {"link", Value(std::string(target, static_cast<std::size_t>(size)))}});
            continue;
        }
        if (::stat(full.c_str(), &info) < 0) continue;
        if (S_ISDIR(info.st_mode)) {
            entries.emplace_back(Map{{"path", Value(below)}, {"kind", "directory"}, {"mode", Value(octal(info.st_mode))}});
            list_tree(root, below, follow, entries, depth + 1);
        } else if (S_ISREG(info.st_mode)) {
            auto content = base::read_file(full);
            if (!content) throw base::Failure(content.error());
            entries.emplace_back(Map{{"path", Value(below)}, {"kind", "file"}, {"mode", Value(octal(info.st_mode))},
                                     {"size", Value(content->size())}, {"checksum", Value(base::sha1_hex(*content))}});
        }
    }
}

// A folder: first the list with checksums; the host says what it lacks; then the contents, a few megabytes at a time.
Plan copy_directory(Map args, const std::string& source, bool contents_only) {
    List entries;
    std::string prefix = contents_only ? "" : base::basename(source);
    list_tree(source, "", flag(args, "local_follow", true), entries, 0);
    if (!prefix.empty()) {
        List moved{Value(Map{{"path", Value(prefix)}, {"kind", "directory"}, {"mode", Value(octal(0755))}})};
        struct stat info {};
        if (::stat(source.c_str(), &info) == 0) moved[0].mutable_map().set("mode", Value(octal(info.st_mode)));
        for (Value& entry : entries) {
            Map fields = entry.map();
            fields.set("path", Value(prefix + "/" + fields.find("path")->string()));
            moved.emplace_back(std::move(fields));
        }
        entries = std::move(moved);
    }
    // Small trees carry their contents along; of larger ones the host names what it lacks.
    std::uint64_t total = 0;
    for (const Value& entry : entries) if (const Value* size = entry.find("size")) total += static_cast<std::uint64_t>(size->integer());
    auto full_path = [source, prefix](const std::string& path) {
        return base::join_path(source, !prefix.empty() && path.starts_with(prefix + "/") ? path.substr(prefix.size() + 1) : path);
    };
    bool carry = total <= inline_tree;
    if (carry)
        for (Value& entry : entries)
            if (entry.find("size")) entry.mutable_map().set("content", Value(base::read_file(full_path(entry.find("path")->string())).value()));
    args.set("_fprov_entries", Value(std::move(entries)));
    args.set("src", Value(contents_only ? source + "/" : source));
    Remote remote{"copy", args};
    if (carry) return remote;
    remote.args.set("_fprov_ask", true);
    remote.follow = [args, full_path](const Value& result) -> std::shared_ptr<Remote> {
        const Value* missing = result.find("_fprov_missing");
        if (!missing || !missing->is_list()) return nullptr;
        auto second = std::make_shared<Remote>(Remote{"copy", args});
        second->args.set("_fprov_missing", *missing);
        std::string content;
        for (const Value& one : missing->list()) content += base::read_file(full_path(one.string())).value();
        second->content = std::move(content);
        return second;
    };
    return remote;
}

// A file's contents are compared by the action, which lists what differs (nothing without --diff); attributes by the module.
Value with_diff_list(Value result) {
    const Value* changed = result.find("changed");
    if (changed && !changed->truthy() && result.find("dest") && !result.find("checksum") && !result.find("failed")) {   // force: no, and something is there
        Map fields = result.map();
        for (const char* detail : {"uid", "gid", "owner", "group", "mode", "size", "state", "secontext"}) fields.erase(detail);
        return Value(std::move(fields));
    }
    const Value* diff = result.find("diff");
    const Value* before = diff ? diff->find("before") : nullptr;
    if (!changed || !changed->truthy() || (before && before->is_map()) || (diff && diff->is_list())) return result;
    Map fields = result.map();
    fields.set("diff", diff ? Value(List{*diff}) : Value(List{}));
    return Value(std::move(fields));
}

base::Result<std::string> encoded(const std::string& text, const std::string& encoding) {
    std::string name = base::replace_all(base::lower(encoding), "_", "-");     // Python's names
    const bool marked = name == "utf-8-sig";
    if (marked) name = "utf-8";
    if (name == "latin-1") name = "iso-8859-1";
    if (name.starts_with("utf-16-") || name.starts_with("utf-32-")) name.erase(6, 1);
    iconv_t converter = ::iconv_open(name.c_str(), "UTF-8");
    if (converter == reinterpret_cast<iconv_t>(-1)) return base::Error{base::Kind::generic, "Unexpected failure during module execution: unknown encoding: " + encoding};
    std::string out(text.size() * 4 + 8, '\0');
    char* from = const_cast<char*>(text.data());
    char* to = out.data();
    std::size_t left = text.size(), room = out.size();
    bool good = ::iconv(converter, &from, &left, &to, &room) != static_cast<std::size_t>(-1) && left == 0;
    ::iconv_close(converter);
    if (!good) {
        const auto at = text.size() - left;
        std::size_t length = 1;
        while (at + length < text.size() && (text[at + length] & 0xc0) == 0x80) ++length;
        char32_t code = static_cast<unsigned char>(text[at]) & (0xff >> (length + 1));
        for (std::size_t i = 1; i < length; ++i) code = code << 6 | (text[at + i] & 0x3f);
        char shown[16];
        std::snprintf(shown, sizeof shown, code < 0x100 ? "\\x%02x" : code < 0x10000 ? "\\u%04x" : "\\U%08x", static_cast<unsigned>(code));
        const bool ascii = name == "ascii" || name == "us-ascii";
        return base::Error{base::Kind::generic, "Unexpected failure during module execution: '" + encoding + "' codec can't encode character '" + shown + "' in position " +
                                                    std::to_string(base::utf8_length(text.substr(0, at))) +
                                                    (ascii ? ": ordinal not in range(128)" : name == "iso-8859-1" ? ": ordinal not in range(256)" : ": character maps to <undefined>")};
    }
    out.resize(out.size() - room);
    if (marked) out.insert(0, "\xef\xbb\xbf");
    return out;
}

std::string file_time(double when) {
    std::time_t seconds = static_cast<std::time_t>(when);
    std::tm parts{};
    ::localtime_r(&seconds, &parts);
    char buffer[32];
    std::strftime(buffer, sizeof buffer, "%Y-%m-%d %H:%M:%S", &parts);
    return buffer;
}

}  // namespace

Plan plan_copy(const Map& given_args, Context& context) {
    Map args = given_args;
    if (const Value* sum = args.find("checksum"); sum && !sum->truthy()) args.erase("checksum");
    bool has_src = given(args, "src"), has_content = args.find("content") && !args.find("content")->is_none();
    if (has_src && has_content) return fail("src and content are mutually exclusive");
    if (!has_src && !has_content) return fail("src (or content) is required");
    if (!given(args, "dest")) return fail("dest is required");
    if (flag(args, "remote_src", false) && has_src) return Remote{"copy", std::move(args)};
    Remote remote{"copy", {}};
    if (has_content) {
        const Value& content = *args.find("content");
        std::string dest = text(args, "dest");
        if (dest.ends_with("/")) return fail("can not use content with a dir as dest");
        std::string bytes = content.is_map() || content.is_sequence() ? values::write_json(content) : values::str(content);
        args.erase("content");
        remote.args = std::move(args);
        remote.args.set("_fprov_inline", true);
        remote.args.set("_fprov_mode", "0600");   // mode: preserve is then that of a private file, as in Ansible
        attach_file(remote, "", std::move(bytes), true);
        remote.finish = with_diff_list;
        return remote;
    }
    std::string source = text(args, "src");
    bool trailing = source.ends_with("/");
    std::string path = context.find_file(source, "files");
    if (base::is_directory(path)) return copy_directory(std::move(args), path.ends_with("/") ? path.substr(0, path.size() - 1) : path, trailing);
    remote.args = std::move(args);
    remote.args.set("_original_basename", Value(base::basename(source)));
    attach_from_controller(remote, context, path, flag(remote.args, "decrypt", true));
    remote.args.set("src", Value(path));
    remote.finish = with_diff_list;
    return remote;
}

Plan plan_template(const Map& given_args, Context& context) {
    Map args = given_args;
    if (!given(args, "src") || !given(args, "dest")) return refuse("src and dest are required");
    if (given(args, "content")) return fail("src and content are mutually exclusive");
    std::string state = text(args, "state");
    if (!state.empty()) return refuse("'state' cannot be specified on a template");
    static constexpr std::string_view syntax_names[] = {"block_start_string", "block_end_string", "variable_start_string", "variable_end_string", "comment_start_string",
                                                        "comment_end_string", "newline_sequence", "trim_blocks", "lstrip_blocks"};
    Map syntax;
    for (auto name : syntax_names)
        if (const Value* value = args.find(name); value && !value->is_none()) {
            if (name == "trim_blocks" || name == "lstrip_blocks") syntax.set(name, flag(args, name, true));
            else if (name == "newline_sequence") {
                std::string sequence = values::str(*value);
                sequence = base::replace_all(base::replace_all(sequence, "\\n", "\n"), "\\r", "\r");
                if (sequence != "\n" && sequence != "\r" && sequence != "\r\n") return refuse("newline_sequence needs to be one of: \n, \r or \r\n");
                syntax.set(name, Value(sequence));
            } else syntax.set(name, Value(values::str(*value)));
        }
    std::string source = text(args, "src");
    std::string path = context.find_file(source, "templates");
    auto content = context.read_file(path, true);
    if (!content) return fail("Unable to load template '" + path + "': " + content.error().what);
    struct stat info {};
    ::stat(path.c_str(), &info);
    std::string full = base::absolute_path(path);
    char machine[256] = {};
    ::gethostname(machine, sizeof machine - 1);
    std::string owner = std::to_string(info.st_uid);
    if (auto accounts = base::read_file("/etc/passwd"))
        for (const auto& line : base::split_lines(*accounts))
            if (auto fields = base::split(line, ':'); fields.size() > 2 && fields[2] == owner) { owner = fields[0]; break; }
    Map extra{{"template_host", Value(machine)}, {"template_path", Value(path)}, {"template_fullpath", Value(full)}, {"template_uid", Value(owner)},
              {"template_mtime", Value(file_time(static_cast<double>(info.st_mtime)))}, {"template_run_date", Value(file_time(static_cast<double>(::time(nullptr))))},
              {"template_destpath", Value(text(args, "dest"))}, {"ansible_managed", "Ansible managed"}};
    if (const Value* managed = context.raw_variable("ansible_managed")) extra.set("ansible_managed", context.render(*managed));
    std::string rendered;
    try {
        rendered = context.render_template(*content, path, extra, syntax);
    } catch (const base::Failure& failure) {   // Ansible says what, we also say where
        base::Error error = failure.error();
        if (error.kind == base::Kind::undefined) error.what = "AnsibleUndefinedVariable: " + error.what + ". " + error.what;
        else if (error.kind == base::Kind::parse) error.what = "AnsibleError: template error while templating string: " + error.what + ". String: " + *content + ". " + error.what;
        else if (error.what == "division by zero") error.what = "ZeroDivisionError: " + error.what;
        else throw;
        error.kind = base::Kind::generic;
        throw base::Failure(std::move(error));
    }
    for (auto name : syntax_names) args.erase(name);
    if (std::string encoding = text(args, "output_encoding", "utf-8"); base::lower(encoding) != "utf-8" && base::lower(encoding) != "utf8") {
        auto bytes = encoded(rendered, encoding);
        if (!bytes) return fail(bytes.error().what);
        rendered = std::move(*bytes);
    }
    args.erase("output_encoding");
    std::string mode = text(args, "mode");
    Remote remote{"copy", std::move(args)};
    remote.args.set("_original_basename", Value(base::basename(source)));
    remote.args.set("src", Value(path));
    remote.args.set("_fprov_template", true);
    attach_file(remote, path, std::move(rendered), true);
    remote.finish = with_diff_list;
    return remote;
}

Plan plan_unarchive(const Map& given_args, Context& context) {
    Map args = given_args;
    bool remote_src = flag(args, "remote_src", false);
    if (const Value* copy = args.find("copy"); copy && !copy->is_none()) {
        if (given(given_args, "remote_src")) return refuse("parameters are mutually exclusive: ('copy', 'remote_src')");
        remote_src = !flag(args, "copy", true);
        args.erase("copy");
        if (remote_src) args.set("remote_src", true);
    }
    if (!given(args, "src") || !given(args, "dest")) return refuse("src (or content) and dest are required");
    std::string source = text(args, "src");
    if (remote_src || source.find("://") != std::string::npos) return Remote{"unarchive", std::move(args)};
    std::string path = context.find_file(source, "files");
    Remote remote{"unarchive", std::move(args)};
    if (looks_encrypted(path) && flag(remote.args, "decrypt", true)) {
        auto content = context.read_file(path, true);
        attach_file(remote, path, content.value(), true);
    } else {
        attach_file(remote, path, {}, false);
    }
    remote.args.set("_original_basename", Value(base::basename(path)));
    remote.args.set("src", Value(path));
    return remote;
}

Plan plan_script(const Map& given_args, Context& context) {
    Map args = given_args;
    std::string line = text(args, "_raw_params", text(args, "cmd"));
    auto words = base::shell_split(line);
    if (!words || words->empty()) return fail("no command given");
    std::string path = context.find_file((*words)[0], "files");
    auto at = line.find((*words)[0]);
    std::string rest = at == std::string::npos ? "" : line.substr(at + (*words)[0].size());
    if (!rest.empty() && (rest[0] == '"' || rest[0] == '\'')) rest = rest.substr(1);
    auto content = context.read_file(path, true);
    if (!content) return fail(content.error().what);
    Remote remote{"script", std::move(args)};
    remote.args.set("_raw_params", Value(line));
    remote.args.set("_fprov_arguments", Value(std::string(base::trim(rest))));
    remote.args.set("_fprov_content", Value(std::move(*content)));
    remote.lookahead = false;
    return remote;
}

Plan plan_assemble(const Map& given_args, Context& context) {
    Map args = given_args;
    if (context.check) return skip("check mode is not supported for this task.");
    if (!given(args, "src") || !given(args, "dest")) return refuse("src and dest are required");
    if (flag(args, "remote_src", true)) return Remote{"assemble", std::move(args)};
    std::string folder = context.find_file(text(args, "src"), "files");
    if (!base::is_directory(folder)) return refuse("Source (" + folder + ") is not a directory");
    List parts;
    for (const auto& name : base::list_directory(folder)) {
        std::string path = base::join_path(folder, name);
        if (!base::is_file(path)) continue;
        auto content = context.read_file(path, flag(args, "decrypt", true));
        parts.emplace_back(Map{{"name", Value(name)}, {"content", Value(content.value())}});
    }
    args.set("_fprov_fragments", Value(std::move(parts)));
    return Remote{"assemble", std::move(args)};
}

Plan plan_uri(const Map& given_args, Context& context) {
    Map args = given_args;
    const Value* body = args.find("body");
    if (text(args, "body_format") == "form-multipart" && body && !flag(args, "remote_src", false)) {
        if (!body->is_map()) return refuse("body must be mapping, cannot be type " + (body->is_string() ? "AnsibleUnicode" : values::type_name(*body)));
        Map fields;      // with the contents of the controller's files
        for (const auto& [key, value] : body->map()) {
            const Value *name = value.is_map() ? value.find("filename") : nullptr, *content = value.is_map() ? value.find("content") : nullptr;
            Value field = value;
            if (name && !(content && content->truthy())) {
                Map with = value.map();
                with.set("content", Value(context.read_file(context.find_file(values::str(*name), "files"), true).value()));
                with.set("_fprov_file", true);
                field = Value(std::move(with));
            }
            fields.set(key, std::move(field));
        }
        args.set("body", Value(std::move(fields)));
    }
    Remote remote{"uri", std::move(args)};
    if (given(remote.args, "src") && !flag(remote.args, "remote_src", false)) {
        std::string path = context.find_file(text(remote.args, "src"), "files");
        auto content = context.read_file(path, true);
        remote.args.erase("src");
        remote.args.set("_fprov_content", Value(content.value()));
    }
    remote.lookahead = false;
    return remote;
}

// The place of a fetched file stays below dest, whatever the host answers.
Plan plan_fetch(const Map& args, Context& context) {
    if (context.check) return skip("check mode not (yet) supported for this module");   // the file may be one that this run would make
    if (const Value* src = args.find("src"); src && !src->is_none() && !src->is_string()) return refuse("Invalid type supplied for source option, it must be a string");
    if (!given(args, "src") || !given(args, "dest")) return refuse("src and dest are required");
    std::string source = text(args, "src"), dest = base::expand_user(text(args, "dest"));
    bool flat = flag(args, "flat", false), fail_on_missing = flag(args, "fail_on_missing", true), validate = flag(args, "validate_checksum", true);
    if (flat) {
        if (base::is_directory(dest) && !dest.ends_with("/")) return refuse("dest is an existing directory, use a trailing slash if you want to fetch src into that directory");
    } else {
        dest = base::join_path(dest, context.host);
    }
    auto target_of = [flat, dest, folder = context.task->play ? context.task->play->directory : "."](const std::string& path) {
        std::string target = dest;
        if (flat) {
            if (dest.ends_with("/")) target += base::basename(path);
        } else {
            for (auto& part : base::split(base::normalize_path(base::replace_all(path, "\\", "/")), '/'))
                if (!part.empty() && part != "." && part != "..") target = base::join_path(target, part);
        }
        return base::normalize_path(target[0] == '/' ? target : base::join_path(folder, target));
    };
    return Threaded{[source, target_of, fail_on_missing, validate](Reach& reach) mutable -> Value {
        Value info = reach.call("stat", Map{{"path", Value(source)}, {"follow", true}, {"get_checksum", true}, {"checksum_algorithm", "sha1"}}, false);
        const Value* stat = info.find("stat");
        if (const Value* wrong = info.find("failed"); wrong && wrong->truthy()) return info;
        auto problem = [&](const std::string& msg) {
            Map result{{"changed", false}, {"file", Value(source)}, {"msg", Value(msg)}};
            if (fail_on_missing) { result.set("failed", true); result.erase("file"); }
            if (!fail_on_missing || msg.ends_with("does not exist")) result.set("msg", Value(msg + ", not transferring, ignored"));   // Ansible's words
            return Value(result);
        };
        if (!stat || !stat->find("exists") || !stat->find("exists")->truthy()) return problem("the remote file does not exist");
        if (stat->find("isdir") && stat->find("isdir")->truthy()) {
            Value folder = problem("remote file is a directory, fetch cannot work on directories");
            folder.mutable_map().erase("file");
            return folder;
        }
        if (const Value* path = stat->find("path"); path && source[0] == '~') source = path->text_or(source);
        const std::string target = target_of(source);
        std::string remote_sum = stat->find("checksum") ? stat->find("checksum")->text_or("") : "";
        if (remote_sum.empty()) return fail_on_missing ? failed("file is not readable: " + source) : Value(Map{{"changed", false}, {"file", Value(source)}});
        auto old = base::read_file(target);
        std::string local_sum = old ? base::sha1_hex(*old) : "";
        if (local_sum == remote_sum)
            return Value(Map{{"changed", false}, {"checksum", Value(local_sum)}, {"dest", Value(target)}, {"file", Value(source)}, {"md5sum", Value(base::digest_hex("md5", *old).value_or(""))}});
        auto content = reach.fetch(source);
        if (!content) return failed(content.error().what);
        std::string sum = base::sha1_hex(*content);
        if (validate && sum != remote_sum) return failed("checksum mismatch");
        if (auto made = base::make_directories(base::dirname(target)); !made) return failed(made.error().what);
        if (auto written = base::write_file_atomic(target, *content, 0644); !written) return failed(written.error().what);
        return Value(Map{{"changed", true}, {"checksum", Value(sum)}, {"remote_checksum", Value(remote_sum)}, {"dest", Value(target)}, {"remote_md5sum", Value()},
                         {"md5sum", Value(base::digest_hex("md5", *content).value_or(""))}});
    }};
}

}  // namespace fprov::actions
