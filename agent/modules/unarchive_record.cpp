// SPDX-License-Identifier: Apache-2.0
#include "base/files.hpp"
#include "base/hash.hpp"
#include "modules/unarchive.hpp"
#include "values/json.hpp"

namespace fprov::modules::archives {
namespace {

std::string state_folder(Context& context) {
    auto& machine = context.machine;
    std::string state = machine.variable("FPROV_STATE");
    if (!state.empty()) return base::join_path(state, "unarchive");
    std::string home = machine.variable("HOME");
    if (home.empty())
        if (auto user = machine.user_by_id(machine.uid())) home = user->home;
    return base::join_path(home.empty() ? "/" : home, ".cache/fprov/unarchive");
}

void make_private_folders(Context& context, const std::string& folder) {
    if (folder.empty() || folder == "/" || context.machine.is_directory(folder)) return;
    make_private_folders(context, base::dirname(folder));
    (void)context.machine.make_directory(folder, 0700);
}

/// [path, kind, mode, size, mtime, uid, gid, link]; folders have neither size nor time, both change with what others put there.
Value row_of(Context& context, const std::string& dest, const std::string& path) {
    std::string full = base::join_path(dest, path);
    auto stat = context.machine.lstat(full);
    if (!stat) return Value(List{Value(path)});
    bool plain = stat->is_file();
    List row{Value(path), Value(static_cast<int>(stat->kind)), Value(static_cast<int>(stat->mode)), plain ? Value(stat->size) : Value(0),
             plain ? Value(stat->mtime_ns) : Value(0), Value(stat->uid), Value(stat->gid),
             stat->is_link() ? Value(context.machine.read_link(full).value_or("")) : Value("")};
    return Value(std::move(row));
}

bool same(const List& a, const List& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i].is_string() != b[i].is_string()) return false;
        if (a[i].is_string() ? a[i].string() != b[i].string() : a[i].int_or(-1) != b[i].int_or(-2)) return false;
    }
    return true;
}

}  // namespace

Record::Record(Context& context, const std::string& key) : file_(base::join_path(state_folder(context), base::sha256_hex(key) + ".json")) {
    auto text = context.machine.read_file(file_);
    if (!text) return;
    auto content = values::read_json(*text);
    if (!content) return;
    const Value *handler = content->find("handler"), *rows = content->find("members");
    if (!handler || !handler->is_string() || !rows || !rows->is_list()) return;
    handler_ = handler->string();
    rows_ = *rows;
}

bool Record::holds(Context& context, const std::string& dest) const {
    if (!rows_) return false;
    for (const auto& row : rows_->list()) {
        if (!row.is_list() || row.list().empty() || !row.list()[0].is_string()) return false;
        Value now = row_of(context, dest, row.list()[0].string());
        if (!same(row.list(), now.list())) return false;
    }
    return true;
}

std::vector<std::string> Record::paths() const {
    std::vector<std::string> out;
    if (rows_)
        for (const auto& row : rows_->list())
            if (row.is_list() && row.list().size() > 1)
                out.push_back(row.list()[0].text_or("") + (row.list()[1].int_or(0) == static_cast<int>(machine::Kind::directory) ? "/" : ""));
    return out;
}

void Record::write(Context& context, const std::string& dest, const std::string& handler, const std::vector<Member>& members) const {
    List rows;
    rows.reserve(members.size());
    for (const auto& member : members) {
        Value row = row_of(context, dest, member.path);
        if (row.list().size() > 1) rows.push_back(std::move(row));   // a member that is not there must not count as found next time
        else { forget(context); return; }
    }
    make_private_folders(context, base::dirname(file_));
    machine::WriteOptions options;
    options.mode = 0600;
    // Without a record the next run only asks for the archive again: no reason to fail.
    (void)context.machine.write_file(file_, values::write_json(Value(Map{{"handler", handler}, {"members", Value(std::move(rows))}}), {.ensure_ascii = false, .compact = true}), options);
}

void Record::forget(Context& context) const { (void)context.machine.remove_file(file_); }

}  // namespace fprov::modules::archives
