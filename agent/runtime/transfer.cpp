// SPDX-License-Identifier: Apache-2.0
#include "runtime/transfer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "runtime/io.hpp"

namespace fprov::runtime {
namespace {

using values::Map;
using values::Value;
using wire::Type;

base::Error io_error(const std::string& path) {
    return {base::Kind::io, "[Errno " + std::to_string(errno) + "] " + std::strerror(errno) + ": '" + path + "'"};
}

base::Result<Descriptor> new_file(const std::string& folder, std::string& path) {
    if (folder.empty()) return base::Error{base::Kind::io, "no folder on this host can take a temporary file"};
    ::mkdir(folder.c_str(), 0700);
    path = folder + "/content.XXXXXX";
    Descriptor file(::mkostemp(path.data(), O_CLOEXEC));
    if (!file) return io_error(path);
    return file;
}

}  // namespace

base::Result<std::string> store_text(std::string_view text, const std::string& folder) {
    std::string path;
    auto file = new_file(folder, path);
    if (!file) return file.error();
    if (!write_all(file->get(), text)) {
        auto error = io_error(path);
        ::unlink(path.c_str());
        return error;
    }
    return path;
}

base::Result<std::string> receive_file(Line& line, std::uint64_t id, const std::string& folder) {
    std::string path;
    base::Error error;
    auto file = new_file(folder, path);
    bool good = file.ok();
    if (!good) error = file.error();
    std::int64_t received = 0;
    for (;;) {
        wire::Frame frame = line.next_chunk(id);
        if (const Value* reason = frame.body.find("error")) {
            good = false;
            error = {base::Kind::io, reason->text_or("the content could not be read")};
            break;
        }
        const Value* data = frame.body.find("data");
        const Value* offset = frame.body.find("offset");
        if (good && (!data || !data->is_string() || !offset || offset->int_or(-1) != received)) {
            good = false;
            error = {base::Kind::io, "the pieces of the content came out of order"};
        }
        if (good && !write_all(file->get(), data->string())) { good = false; error = io_error(path); }
        if (data && data->is_string()) received += static_cast<std::int64_t>(data->string().size());
        const Value* last = frame.body.find("last");
        if (last && last->bool_or(false)) break;
        line.say(Type::credit, {{"id", static_cast<std::int64_t>(id)}, {"received", received}});
    }
    if (good) return path;
    if (!path.empty()) ::unlink(path.c_str());
    return error;
}

void send_file(machine::Machine& machine, Line& line, const Value& request) {
    const Value* id = request.find("id");
    const Value* path = request.find("path");
    auto number = id ? id->int_or(0) : 0;
    auto refuse = [&](const std::string& text) { line.say(Type::chunk, {{"id", number}, {"error", text}, {"last", true}}); };
    if (!path || !path->is_string()) { refuse("no path was given"); return; }
    auto reader = machine.open_file(path->string());
    if (!reader) { refuse(reader.error().what); return; }
    std::int64_t offset = 0;
    for (;;) {
        auto data = (*reader)->read(piece);
        if (!data) { refuse(data.error().what); return; }
        auto size = static_cast<std::int64_t>(data->size());
        bool last = size == 0;
        line.say(Type::chunk, {{"id", number}, {"offset", offset}, {"data", std::move(*data)}, {"last", last}});
        if (last) return;
        offset += size;
    }
}

}  // namespace fprov::runtime
