// SPDX-License-Identifier: Apache-2.0
// A session's thread: connects, brings the agent to life, and then passes frames until the end. What the executor asks for is put in a
// queue; the bell wakes the thread's poll.
#include <algorithm>
#include <cmath>
#include <thread>

#include "base/text.hpp"
#include "transport/bootstrap.hpp"
#include "transport/conversation.hpp"
#include "transport/link.hpp"
#include "transport/raw.hpp"

namespace fprov::transport {
namespace {

struct FetchRequest { std::uint64_t id; std::string path; std::optional<Become> become; };

struct Request {
    enum class Kind : std::uint8_t { task, fetch, raw, cancel, reset } kind = Kind::task;
    TaskRequest task{};
    FetchRequest fetch{};
    RawRequest raw{};
    std::uint64_t id = 0;
};

/// Everything the thread needs; it may outlive the Session object for a moment.
class Worker {
public:
    Worker(std::uint32_t number, Endpoint endpoint, std::shared_ptr<Inbox> inbox, HostKeyGate* gate)
        : number_(number), endpoint_(std::move(endpoint)), inbox_(std::move(inbox)), gate_(gate) {}

    void ask(Request request) {
        {
            std::lock_guard lock(mutex_);
            queue_.push_back(std::move(request));
        }
        wake.ring();
    }

    void run() {
        bool connect = true;   // at once; later when there is something to do
        try {
            for (;;) {
                if (!connect) wait_for_work();
                connect = false;
                try {
                    serve();
                } catch (const Unreachable& failure) {
                    lose(failure);
                } catch (const base::Failure& failure) {
                    lose({"agent", failure.error().what});
                }
            }
        } catch (const Closed&) {
        }
        try { say_goodbye(); } catch (...) {}
        disconnect();
        finished = true;
    }

    Wake wake;
    std::atomic<bool> finished{false};

private:
    void deliver(Event event) {
        event.session = number_;
        inbox_->put(std::move(event));
    }

    bool nothing_to_do() {
        std::lock_guard lock(mutex_);
        return queue_.empty();
    }

    void wait_for_work() {
        while (nothing_to_do()) {   // not Wake::wait, which takes a bell for no end of its wait
            pollfd bell{wake.fd(), POLLIN, 0};
            ::poll(&bell, 1, 60000);
            wake.clear();
            if (wake.closed()) throw Closed{};
        }
    }

    // Only raw commands are asked for: the host may be one on which no agent can run.
    bool only_raw() {
        std::lock_guard lock(mutex_);
        return !queue_.empty() && std::all_of(queue_.begin(), queue_.end(), [](const Request& r) { return r.kind == Request::Kind::raw; });
    }

    void connect() {
        if (link_) return;
        if (endpoint_.connection == "local") link_ = connect_local(endpoint_);
        else if (endpoint_.connection == "ssh") link_ = connect_ssh(resolve(endpoint_), wake, gate_);
        else throw Unreachable{"connect", "connection '" + endpoint_.connection + "' is not supported; use ssh or local"};
        last_heard_ = last_moved_ = monotonic();
    }

    void start_agent() {
        if (agent_) return;
        auto started = launch_agent(*link_, endpoint_, wake);
        agent_ = std::move(started.stream);
        conversation_ = std::make_unique<Conversation>([this](Event event) { deliver(std::move(event)); });
        last_heard_ = last_moved_ = monotonic();
        agent_input(started.rest);
    }

    // Until the link is lost or reset.
    void serve() {
        if (std::optional<Request> first = reset_first(); first) return;
        connect();
        if (!only_raw()) start_agent();
        for (;;) {
            if (!take_requests()) return;
            if (link_ == nullptr) return;
            move_bytes();
            wait();
        }
    }

    // Resets that stand at the front of the queue while nothing is connected need no connection.
    std::optional<Request> reset_first() {
        std::lock_guard lock(mutex_);
        if (link_ || queue_.empty() || queue_.front().kind != Request::Kind::reset) return std::nullopt;
        Request request = std::move(queue_.front());
        queue_.pop_front();
        return request;
    }

    // False when a reset came: the connection is gone then.
    bool take_requests() {
        for (;;) {
            Request request;
            {
                std::lock_guard lock(mutex_);
                if (queue_.empty()) return true;
                request = std::move(queue_.front());
                queue_.pop_front();
            }
            switch (request.kind) {
                case Request::Kind::task: start_agent(); conversation_->submit(std::move(request.task)); break;
                case Request::Kind::fetch: start_agent(); conversation_->fetch(request.fetch.id, request.fetch.path, request.fetch.become); break;
                case Request::Kind::raw: start_raw(std::move(request.raw)); break;
                case Request::Kind::cancel: cancel(request.id); break;
                case Request::Kind::reset: say_goodbye(); disconnect(); return false;
            }
        }
    }

    void start_raw(RawRequest request) {
        try {
            raws_.push_back(std::make_unique<RawRun>(*link_, std::move(request)));
        } catch (const Unreachable& failure) {
            if (failure.phase != "shell" || endpoint_.connection != "ssh") throw;
            // One session per connection (MaxSessions 1): the command gets a connection of its own.
            extra_links_.push_back(connect_ssh(resolve(endpoint_), wake, gate_));
            raws_.push_back(std::make_unique<RawRun>(*extra_links_.back(), std::move(request)));
        }
    }

    void cancel(std::uint64_t id) {
        if (conversation_) conversation_->cancel(id);
        for (auto at = raws_.begin(); at != raws_.end(); ++at) {
            if ((*at)->id() != id) continue;
            raws_.erase(at);   // closing its channel hangs up on it
            Event event;
            event.kind = Event::Kind::raw_done;
            event.id = id;
            event.ok = false;
            event.text = "cancelled";
            event.value = Map{{"rc", -1}, {"stdout", ""}, {"stderr", ""}};
            deliver(std::move(event));
            break;
        }
    }

    void agent_input(std::string_view bytes) {
        if (bytes.empty()) return;
        conversation_->received(bytes);
        if (!conversation_->refusal().empty()) throw Unreachable{"agent", conversation_->refusal()};
    }

    void move_bytes() {
        std::string output, ignored;
        if (agent_) {
            // Reading goes first: it is what tells the library that the other side takes more.
            Flow flow = agent_->read(output, ignored);
            if (!output.empty()) {
                last_heard_ = monotonic();
                agent_input(output);
            }
            agent_said_ += ignored;
            if (agent_said_.size() > 4000) agent_said_.erase(0, agent_said_.size() - 2000);
            if (flow == Flow::ended) agent_ended();
            for (int round = 0; round < 64; ++round) {
                std::string_view bytes = conversation_->waiting();
                if (bytes.empty()) break;
                std::size_t put = agent_->write(bytes);
                if (put == 0) break;
                conversation_->sent(put);
            }
        }
        for (std::size_t i = 0; i < raws_.size();) {
            auto event = raws_[i]->step();
            if (raws_[i]->heard()) last_heard_ = monotonic();
            if (!event) { ++i; continue; }
            raws_.erase(raws_.begin() + static_cast<std::ptrdiff_t>(i));
            if (raws_.empty()) extra_links_.clear();
            deliver(std::move(*event));
        }
    }

    [[noreturn]] void agent_ended() {
        std::string how = agent_->exit_text();
        std::string said(base::trim(agent_said_));
        throw Unreachable{how.starts_with("is gone") ? "connect" : "agent",
                          "the agent on the host " + how + (conversation_->has_open() ? " in the middle of a task" : "") + (said.empty() ? "" : "; it said: " + said.substr(0, 500))};
    }

    void wait() {
        std::vector<pollfd> fds{{wake.fd(), POLLIN, 0}};
        if (agent_) agent_->watch(fds, !conversation_->waiting().empty());
        for (auto& raw : raws_) raw->watch(fds);
        const double now = monotonic(), interval = link_->alive_interval(), patience = interval * link_->alive_count();
        // Bytes that leave our kernel for good are a sign of life, too: a thin line may be busy with an upload for minutes.
        const long unacknowledged = link_->unacknowledged();
        if (unacknowledged >= 0 && unacknowledged < last_unacknowledged_) last_moved_ = now;
        last_unacknowledged_ = unacknowledged;
        const double quiet = now - std::max(last_heard_, last_moved_);
        if (agent_ && quiet > patience)
            throw Unreachable{"connect", "the host has not answered for " + std::to_string(static_cast<int>(quiet)) + " s: the network or the host is down"};
        if (agent_ && now - last_heard_ > interval && now - last_ping_ > interval) {
            conversation_->ping();
            last_ping_ = now;
            return;
        }
        double next = std::min(interval, std::max(0.01, patience - quiet));
        for (auto& raw : raws_) next = std::min(next, raw->patience());
        // Any call of the library may take packets from the socket that are for another stream, or that open the way for writing; the
        // socket then says nothing more about them.
        if ((agent_ && !conversation_->waiting().empty()) || !raws_.empty()) next = std::min(next, 0.02);
        if (agent_ && agent_->ready(!conversation_->waiting().empty())) return;
        ::poll(fds.data(), fds.size(), static_cast<int>(std::ceil(next * 1000)));
        wake.clear();
        if (wake.closed()) throw Closed{};
    }

    void say_goodbye() {
        if (!agent_) return;
        conversation_->bye();
        for (int i = 0; i < 10 && !conversation_->waiting().empty(); ++i) {
            std::size_t put = agent_->write(conversation_->waiting());
            if (put == 0) break;
            conversation_->sent(put);
        }
    }

    void disconnect() {
        conversation_.reset();
        agent_.reset();
        raws_.clear();
        extra_links_.clear();
        link_.reset();
        agent_said_.clear();
    }

    void lose(const Unreachable& failure) {
        // A host without an agent may still take raw commands; its ssh connection is kept for them.
        const bool keep_link = !agent_ && link_ && (failure.phase == "agent" || failure.phase == "shell");
        if (!keep_link) disconnect();
        {
            // What waited for the connection gets no further event.
            std::lock_guard lock(mutex_);
            std::erase_if(queue_, [&](const Request& request) { return request.kind != Request::Kind::reset && !(keep_link && request.kind == Request::Kind::raw); });
        }
        Event event;
        event.kind = Event::Kind::unreachable;
        event.ok = false;
        event.phase = failure.phase;
        event.text = failure.reason;
        deliver(std::move(event));
    }

    std::uint32_t number_;
    Endpoint endpoint_;
    std::shared_ptr<Inbox> inbox_;
    HostKeyGate* gate_;
    std::mutex mutex_;
    std::deque<Request> queue_;
    // Order of destruction matters: streams before their links.
    std::unique_ptr<Link> link_;
    std::vector<std::unique_ptr<Link>> extra_links_;
    std::unique_ptr<Stream> agent_;
    std::vector<std::unique_ptr<RawRun>> raws_;
    std::unique_ptr<Conversation> conversation_;
    std::string agent_said_;
    double last_heard_ = 0, last_moved_ = 0, last_ping_ = 0;
    long last_unacknowledged_ = 0;
};

class ThreadedSession : public Session {
public:
    ThreadedSession(std::uint32_t number, Endpoint endpoint, std::shared_ptr<Inbox> inbox, HostKeyGate* gate)
        : name_(endpoint.connection == "local" ? "local" : "ssh " + (endpoint.user.empty() ? "" : endpoint.user + "@") + endpoint.host + (endpoint.port ? ":" + std::to_string(endpoint.port) : "")),
          worker_(std::make_shared<Worker>(number, std::move(endpoint), std::move(inbox), gate)) {
        thread_ = std::thread([worker = worker_] { worker->run(); });
    }
    ~ThreadedSession() override {
        worker_->wake.close();
        const double until = monotonic() + 0.9;
        while (!worker_->finished && monotonic() < until) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        if (worker_->finished) thread_.join();
        else thread_.detach();   // it hangs in a name lookup, say; it owns all that it uses
    }
    void submit(TaskRequest task) override { Request request; request.kind = Request::Kind::task; request.task = std::move(task); worker_->ask(std::move(request)); }
    void fetch(std::uint64_t id, const std::string& path, const std::optional<Become>& become) override {
        Request request;
        request.kind = Request::Kind::fetch;
        request.fetch = {id, path, become};
        worker_->ask(std::move(request));
    }
    void raw(std::uint64_t id, const std::string& command, const std::optional<Become>& become, bool tty) override {
        Request request;
        request.kind = Request::Kind::raw;
        request.raw = {id, command, become, tty};
        worker_->ask(std::move(request));
    }
    void cancel(std::uint64_t id) override { Request request; request.kind = Request::Kind::cancel; request.id = id; worker_->ask(std::move(request)); }
    void reset() override { Request request; request.kind = Request::Kind::reset; worker_->ask(std::move(request)); }
    std::string describe() const override { return name_; }

private:
    std::string name_;
    std::shared_ptr<Worker> worker_;
    std::thread thread_;
};

}  // namespace

std::shared_ptr<Session> open(std::uint32_t number, Endpoint endpoint, std::shared_ptr<Inbox> inbox, HostKeyGate* gate) {
    return std::make_shared<ThreadedSession>(number, std::move(endpoint), std::move(inbox), gate);
}

}  // namespace fprov::transport
