// SPDX-License-Identifier: Apache-2.0
#include "transport/conversation.hpp"

#include <algorithm>
#include <sys/stat.h>

#include <cstdio>

#include "base/files.hpp"
#include "base/text.hpp"
#include "transport/link.hpp"

namespace fprov::transport {
namespace {

using wire::Type;

constexpr std::size_t inline_limit = 64u << 10;        // content that travels with its task
constexpr std::size_t job_inline_limit = 32u << 20;    // a job in the background cannot ask for it later
constexpr std::size_t piece = 128u << 10;
constexpr std::size_t first_window = 128u << 10, largest_window = 4u << 20;
constexpr std::size_t queue_limit = 1u << 20;          // files wait while this much is unsent
constexpr std::size_t read_limit = 1u << 30;           // of one fetched file
constexpr int stray_limit = 10000;

std::string lane_key(const std::optional<Become>& become, std::uint32_t key) {
    std::string text = std::to_string(key);
    if (become) {
        for (const std::string* part : {&become->method, &become->user, &become->exe, &become->flags, &become->password}) text += '\0' + *part;
        text += become->has_password ? "\1" : "";
    }
    return text;
}

std::uint64_t id_of(const Value& body) {
    const Value* id = body.find("id");
    return id && id->is_int() && id->integer() >= 0 ? static_cast<std::uint64_t>(id->integer()) : 0;
}

struct FileCloser { void operator()(std::FILE* file) const { std::fclose(file); } };

}  // namespace

struct Conversation::Source {
    std::unique_ptr<std::FILE, FileCloser> file{};
    std::string text{};               // instead of a file
    bool from_text = false, ended = false;
    std::int64_t offset = 0, credited = 0;
    std::size_t window = first_window;
    double stalled_since = 0;         // when the window was used up
};

void Conversation::say(std::uint32_t lane, Type type, Map body) { outbox_ += wire::encode({lane, type, Value(std::move(body))}); }

std::uint32_t Conversation::lane_of(const std::optional<Become>& become, std::uint32_t key) {
    if (!become && key == 0) return 1;
    std::string name = lane_key(become, key);
    if (auto found = lanes_.find(name); found != lanes_.end()) return found->second;
    std::uint32_t number = next_lane_++;
    Map body;
    if (become) {
        Map how{{"method", become->method}, {"exe", become->exe}, {"flags", become->flags}, {"user", become->user}};
        if (become->has_password) how.set("password", become->password);
        body.set("become", std::move(how));
    }
    say(number, Type::open_lane, std::move(body));
    lanes_[std::move(name)] = number;
    return number;
}

void Conversation::submit(TaskRequest request) {
    Task task;
    task.lane = lane_of(request.become, request.lane_key);
    Map body{{"id", static_cast<std::int64_t>(request.id)},
             {"window", static_cast<std::int64_t>(request.window)},
             {"group", static_cast<std::int64_t>(request.group)},
             {"module", request.module},
             {"args", std::move(request.args)}};
    if (request.check) body.set("check", true);
    if (request.diff) body.set("diff", true);
    if (request.lookahead) body.set("lookahead", true);
    if (!request.stop_on_failure) body.set("stop_on_failure", false);
    if (!request.environment.empty()) body.set("environment", std::move(request.environment));
    if (request.timeout > 0) body.set("timeout", request.timeout);
    if (request.verbosity > 0) body.set("verbosity", request.verbosity);
    if (request.async_seconds > 0) body.set("async", Map{{"seconds", request.async_seconds}});
    const bool job = request.async_seconds > 0;
    if (!request.lookahead && !request.check) {
        const std::size_t limit = job ? job_inline_limit : inline_limit;
        if (request.content && request.content->size() <= limit) body.set("content", std::move(*request.content));
        else if (request.content) task.content = std::move(request.content);
        else if (!request.content_file.empty()) {
            struct stat state{};
            bool small = ::stat(request.content_file.c_str(), &state) == 0 && static_cast<std::size_t>(state.st_size) <= limit;
            auto text = small ? base::read_file(request.content_file) : base::Result<std::string>(base::Error{});
            if (text.ok() && text->size() <= limit) body.set("content", std::move(*text));
            else task.content_file = request.content_file;
        }
    }
    say(task.lane, Type::task, std::move(body));
    task.group = request.group;
    tasks_[request.id] = std::move(task);
}

void Conversation::fetch(std::uint64_t id, const std::string& path, const std::optional<Become>& become) {
    std::uint32_t lane = lane_of(become, 0);
    say(lane, Type::read_file, {{"id", static_cast<std::int64_t>(id)}, {"path", path}});
    reads_[id] = {lane, ""};
}

void Conversation::cancel(std::uint64_t id) {
    if (auto found = tasks_.find(id); found != tasks_.end()) say(found->second.lane, Type::cancel, {});
}

void Conversation::ping() { say(0, Type::ping, {}); }
void Conversation::bye() { say(0, Type::bye, {}); }

void Conversation::sent(std::size_t count) {
    begin_ += count;
    if (begin_ == outbox_.size()) { outbox_.clear(); begin_ = 0; }
    else if (begin_ > (1u << 20)) { outbox_.erase(0, begin_); begin_ = 0; }
    pump();
}

void Conversation::received(std::string_view bytes) {
    decoder_.feed(bytes);
    wire::Frame frame;
    while (decoder_.next(frame)) handle(frame);
}

void Conversation::handle(const wire::Frame& frame) {
    if (!frame.body.is_map()) throw base::Failure(base::Kind::parse, "a message of the agent is not a map");
    switch (frame.type) {
        case Type::hello:
            if (frame.lane == 1) { Event event; event.kind = Event::Kind::ready; event.value = frame.body; deliver_(std::move(event)); }
            break;
        case Type::lane_failed: lane_failed(frame.lane, frame.body); break;
        case Type::reply: reply(frame.body); break;
        case Type::chunk: chunk(frame.body); break;
        case Type::credit: credit(frame.body); break;
        case Type::progress: {
            auto id = id_of(frame.body);
            const Value* text = frame.body.find("text");
            if (!tasks_.contains(id) || !text) break;
            Event event;
            event.kind = Event::Kind::progress;
            event.id = id;
            event.text = text->text_or("");
            deliver_(std::move(event));
            break;
        }
        case Type::ping: {
            const Value* answer = frame.body.find("answer");
            if (!answer || !answer->bool_or(false)) say(0, Type::ping, {{"answer", true}});
            break;
        }
        case Type::log:
            if (const Value* text = frame.body.find("text"); text && on_log) on_log(text->text_or(""));
            break;
        default: throw base::Failure(base::Kind::parse, "the agent sent a message that only controllers send");
    }
}

void Conversation::finish(std::uint64_t id, Event::State state, Value result, const std::string& phase) {
    tasks_.erase(id);
    Event event;
    event.kind = Event::Kind::reply;
    event.id = id;
    event.state = state;
    event.value = std::move(result);
    event.phase = phase;
    event.ok = phase.empty();
    deliver_(std::move(event));
}

void Conversation::reply(const Value& body) {
    const std::uint64_t id = id_of(body);
    auto found = tasks_.find(id);
    if (found == tasks_.end()) {   // answered already (cancelled, lane failed) or made up
        if (++strays_ > stray_limit) throw base::Failure(base::Kind::limit, "the agent answers tasks that it was not given");
        return;
    }
    if (const Value* need = body.find("need_content"); need && need->bool_or(false)) { begin_content(id, found->second); return; }
    const Value* state = body.find("state");
    const std::string name = state ? state->text_or("") : "";
    const Value* given = body.find("result");
    Value result = given ? *given : Value(Map{});
    if (!result.is_map()) result = Map{{"failed", true}, {"msg", "the agent's result is not a dictionary"}};
    if (name == "done") finish(id, Event::State::done, std::move(result));
    else if (name == "held") finish(id, Event::State::held, std::move(result));
    else if (name == "dropped") finish(id, Event::State::dropped, std::move(result));
    else if (name == "lost") finish(id, Event::State::lost, std::move(result));
    else throw base::Failure(base::Kind::parse, "the agent answered with the unknown state '" + name.substr(0, 40) + "'");
}

void Conversation::chunk(const Value& body) {
    const std::uint64_t id = id_of(body);
    auto found = reads_.find(id);
    if (found == reads_.end()) {
        if (++strays_ > stray_limit) throw base::Failure(base::Kind::limit, "the agent sends files that nobody asked for");
        return;
    }
    Event event;
    event.kind = Event::Kind::file;
    event.id = id;
    std::string& text = found->second.text;
    const Value* data = body.find("data");
    const Value* offset = body.find("offset");
    const Value* last = body.find("last");
    if (const Value* error = body.find("error")) {
        event.ok = false;
        event.text = error->text_or("the file cannot be read");
    } else if (!data || !data->is_string() || !offset || offset->int_or(-1) != static_cast<std::int64_t>(text.size())) {
        throw base::Failure(base::Kind::parse, "the pieces of a fetched file came out of order");
    } else if (text.size() + data->string().size() > read_limit) {
        event.ok = false;
        event.text = "the file is larger than " + std::to_string(read_limit >> 20) + " MiB";
    } else {
        text += data->string();
        if (!last || !last->bool_or(false)) return;
        event.text = std::move(text);
    }
    reads_.erase(found);
    deliver_(std::move(event));
}

void Conversation::lane_failed(std::uint32_t lane, const Value& body) {
    const Value* reason = body.find("reason");
    const Value* phase = body.find("phase");
    std::string why = reason ? reason->text_or("") : "", where = phase ? phase->text_or("agent") : "agent";
    if (where != "become") where = "agent";
    if (why.empty()) why = "the other user's agent could not be started";
    if (lane == 1) { refusal_ = why; return; }
    std::erase_if(lanes_, [&](const auto& entry) { return entry.second == lane; });
    std::vector<std::pair<std::uint64_t, std::uint64_t>> open;   // id, group
    for (const auto& [id, task] : tasks_) if (task.lane == lane) open.emplace_back(id, task.group);
    std::sort(open.begin(), open.end());
    for (const auto& [id, group] : open) {
        // As Ansible: the task fails, with all items of its loop, and the host stays. What followed in the lane has not begun.
        bool fails = id == open.front().first || (group != 0 && group == open.front().second);
        if (fails) finish(id, Event::State::done, Map{{"failed", true}, {"changed", false}, {"msg", why}}, where);
        else finish(id, Event::State::dropped, Map{});
    }
    std::vector<std::uint64_t> reads;
    for (const auto& [id, read] : reads_) if (read.lane == lane) reads.push_back(id);
    for (std::uint64_t id : reads) {
        reads_.erase(id);
        Event event;
        event.kind = Event::Kind::file;
        event.id = id;
        event.ok = false;
        event.text = why;
        event.phase = where;
        deliver_(std::move(event));
    }
}

void Conversation::begin_content(std::uint64_t id, Task& task) {
    auto source = std::make_shared<Source>();
    if (task.content) {
        source->text = std::move(*task.content);
        source->from_text = true;
    } else if (!task.content_file.empty()) {
        source->file.reset(std::fopen(task.content_file.c_str(), "rbe"));
    }
    if (!source->from_text && !source->file) {
        say(task.lane, Type::chunk, {{"id", static_cast<std::int64_t>(id)}, {"error", task.content_file.empty() ? std::string("the controller has no content for this task") : "'" + task.content_file + "' cannot be read on the controller"}, {"last", true}});
        return;
    }
    task.source = std::move(source);
    pump();
}

void Conversation::credit(const Value& body) {
    auto found = tasks_.find(id_of(body));
    const Value* received = body.find("received");
    if (found == tasks_.end() || !found->second.source || !received) return;
    Source& source = *found->second.source;
    std::int64_t count = received->int_or(0);
    if (count <= source.credited || count > source.offset) return;
    source.credited = count;
    // A line that answers quickly may carry more at once.
    if (source.stalled_since > 0 && monotonic() - source.stalled_since < 0.5) source.window = std::min(source.window * 2, largest_window);
    source.stalled_since = 0;
    pump();
}

void Conversation::pump() {
    if (pumping_) return;
    pumping_ = true;
    std::string buffer;
    for (auto& [id, task] : tasks_) {
        if (!task.source || task.source->ended) continue;
        Source& source = *task.source;
        while (!source.ended && outbox_.size() - begin_ < queue_limit) {
            if (source.offset - source.credited >= static_cast<std::int64_t>(source.window)) {
                if (source.stalled_since == 0) source.stalled_since = monotonic();
                break;
            }
            bool broken = false;
            if (source.from_text) {
                buffer = source.text.substr(static_cast<std::size_t>(source.offset), piece);
                source.ended = static_cast<std::size_t>(source.offset) + buffer.size() == source.text.size();
            } else {
                buffer.resize(piece);
                buffer.resize(std::fread(buffer.data(), 1, piece, source.file.get()));
                source.ended = buffer.size() < piece;
                broken = std::ferror(source.file.get()) != 0;
            }
            Map body{{"id", static_cast<std::int64_t>(id)}, {"offset", source.offset}, {"data", buffer}, {"last", source.ended}};
            if (broken) body = Map{{"id", static_cast<std::int64_t>(id)}, {"error", "'" + task.content_file + "' cannot be read on the controller"}, {"last", true}};
            say(task.lane, Type::chunk, std::move(body));
            source.offset += static_cast<std::int64_t>(buffer.size());
        }
        if (source.ended) { source.file.reset(); source.text.clear(); }
    }
    pumping_ = false;
}

}  // namespace fprov::transport
