// SPDX-License-Identifier: Apache-2.0
#include "transport/bootstrap.hpp"

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "transport/agent_binary.hpp"
#include "wire/launch.hpp"
#include "wire/message.hpp"

namespace fprov::transport {
namespace {

using wire::LaunchReader;

constexpr double shell_time = 60;   // start files of slow login shells; longer than the time for a handshake
constexpr double stall_time = 60;   // an upload that does not move for so long is dead

enum class Ended : std::uint8_t { running, again_probing, again_fresh, other_machine };

class Launch {
public:
    Launch(Link& link, const Endpoint& endpoint, Wake& wake, AgentBinary agent, bool probe, bool fresh)
        : endpoint_(endpoint), wake_(wake), agent_(std::move(agent)), reader_("") {
        options_.mark = wire::new_mark();
        options_.hash = agent_.hash;
        options_.probe = probe;
        options_.fresh = fresh;
        if (!endpoint.remote_tmp.empty()) options_.folders.push_back(endpoint.remote_tmp);
        reader_ = LaunchReader(options_.mark);
        stream = link.start(wire::launch_command(endpoint.shell_executable.empty() ? "/bin/sh" : endpoint.shell_executable), false);
        outbox_ = wire::launch_line(options_);
    }

    Ended run() {
        double deadline = monotonic() + shell_time;
        for (;;) {
            while (outbox_.size() > begin_) {
                std::size_t put = stream->write(std::string_view(outbox_).substr(begin_));
                if (put == 0) break;
                begin_ += put;
                if (begin_ == outbox_.size()) { outbox_.clear(); begin_ = 0; }
                deadline = monotonic() + (reader_.spoke() ? stall_time : shell_time);
            }
            std::string output;
            Flow flow = stream->read(output, errors_);
            if (errors_.size() > 8000) errors_.erase(0, errors_.size() - 4000);
            switch (reader_.feed(output)) {
                case LaunchReader::State::running: return check_start(flow);
                case LaunchReader::State::need: {
                    const std::string& bytes = reader_.compressed() ? agent_.compressed() : agent_.plain();
                    outbox_ += wire::launch_payload_head(reader_.compressed(), bytes.size()) + bytes;
                    reader_.answered();
                    deadline = monotonic() + stall_time;
                    continue;
                }
                case LaunchReader::State::wrong_machine: machine = reader_.detail(); return Ended::other_machine;
                case LaunchReader::State::failed:
                    throw Unreachable{"agent", "no folder on the host can hold and run the agent: " + reader_.detail() +
                                                   "; name a folder on a file system without noexec and with 10 MB of room in ansible_remote_tmp"};
                case LaunchReader::State::too_noisy: throw Unreachable{"shell", "the login shell prints without end (4 MB and no answer); look at its start files"};
                case LaunchReader::State::waiting: break;
            }
            if (flow == Flow::ended) return ended();
            if (monotonic() > deadline) late();
            std::vector<pollfd> fds;
            stream->watch(fds, outbox_.size() > begin_);
            fds.push_back({wake_.fd(), POLLIN, 0});
            ::poll(fds.data(), fds.size(), outbox_.size() > begin_ ? 20 : 250);
            if (wake_.closed()) throw Closed{};
            wake_.clear();
        }
    }

    std::unique_ptr<Stream> stream;
    std::string rest, machine;

private:
    // The mark was printed; the program may still refuse to start (noexec since it was put there, a damaged file).
    Ended check_start(Flow flow) {
        rest = reader_.take_rest();
        const double deadline = monotonic() + shell_time;
        while (rest.empty()) {
            std::string output;
            if (flow != Flow::ended) flow = stream->read(output, errors_);
            rest += output;
            if (!rest.empty()) break;
            if (flow == Flow::ended) {
                if (!options_.probe) return Ended::again_probing;
                if (!options_.fresh) return Ended::again_fresh;
                throw Unreachable{"agent", "the agent " + stream->exit_text() + " when it was started in " + reader_.detail() + words()};
            }
            if (monotonic() > deadline) throw Unreachable{"agent", "the agent was started but says nothing"};
            std::vector<pollfd> fds;
            stream->watch(fds, false);
            fds.push_back({wake_.fd(), POLLIN, 0});
            ::poll(fds.data(), fds.size(), 250);
            if (wake_.closed()) throw Closed{};
            wake_.clear();
        }
        return damaged() ? Ended::again_fresh : Ended::running;
    }

    // The program's first word may be that it has another hash than its name says.
    bool damaged() const {
        wire::Decoder decoder;
        wire::RawFrame frame;
        decoder.feed(rest);
        return decoder.next_raw(frame) && frame.type == wire::Type::lane_failed && !options_.fresh;
    }

    std::string words() const {
        std::string noise(base::trim(reader_.noise() + (errors_.empty() ? "" : "\n" + errors_)));
        auto lines = base::split_lines(noise);
        if (lines.size() > 4) lines.erase(lines.begin(), lines.end() - 4);
        return lines.empty() ? "" : "; it said: " + base::join(lines, " / ").substr(0, 600);
    }

    [[noreturn]] void late() {
        if (!reader_.spoke())
            throw Unreachable{"shell", "the login shell did not start /bin/sh within " + std::to_string(static_cast<int>(shell_time)) +
                                           " s; do its start files wait for something, or does a ForceCommand stand in between?" + words()};
        throw Unreachable{"agent", "putting the agent in place stopped moving" + words()};
    }

    [[noreturn]] void shell_failed(const std::string& how) {
        std::string all = reader_.noise() + errors_, text = base::lower(all);
        std::string hint;
        struct Sign { std::string_view text, hint; };
        constexpr Sign signs[] = {
            {"not available", "; the account has a shell that lets nobody in (nologin): choose another user"},
            {"restricted", "; the login shell is a restricted one (rbash): fprov needs one that may run /bin/sh"},
            {"sftp", "; the account is for sftp only (ForceCommand or internal-sftp in sshd_config)"},
            {"expired", "; the account or its password has expired"},
        };
        for (const auto& sign : signs) if (text.find(sign.text) != std::string::npos) { hint = sign.hint; break; }
        if (hint.empty()) hint = "; is it a shell (nologin, ForceCommand, sftp-only accounts are not)?";
        throw Unreachable{"shell", "the login shell " + how + " instead of running /bin/sh" + words() + hint};
    }

    Ended ended() {
        std::string how = stream->exit_text();
        if (how.starts_with("is gone")) throw Unreachable{"connect", "the connection was lost while the agent was put in place: " + how};
        if (!reader_.spoke()) shell_failed(how);
        throw Unreachable{"agent", "putting the agent in place ended early: the shell " + how + words()};
    }

    const Endpoint& endpoint_;
    Wake& wake_;
    AgentBinary agent_;
    wire::LaunchOptions options_;
    LaunchReader reader_;
    std::string outbox_, errors_;
    std::size_t begin_ = 0;
};

}  // namespace

Launched launch_agent(Link& link, const Endpoint& endpoint, Wake& wake) {
    std::string machine = "x86_64";
    bool probe = false, fresh = false;
    for (int attempt = 0; attempt < 5; ++attempt) {
        auto agent = agent_binary(machine);
        if (!agent) throw Unreachable{"agent", agent.error().what};
        Launch launch(link, endpoint, wake, *agent, probe, fresh);
        switch (launch.run()) {
            case Ended::running: return {std::move(launch.stream), std::move(launch.rest)};
            case Ended::again_probing: probe = true; break;
            case Ended::again_fresh: fresh = true; break;
            case Ended::other_machine:
                if (launch.machine == machine) throw Unreachable{"agent", "the host calls itself " + machine + " and refuses the agent for it"};
                machine = launch.machine;
                if (auto other = agent_binary(machine); !other)
                    throw Unreachable{"agent", "the host is a " + machine + " machine; " + other.error().what};
                break;
        }
    }
    throw Unreachable{"agent", "the agent does not start on the host"};
}

}  // namespace fprov::transport
