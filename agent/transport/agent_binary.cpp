// SPDX-License-Identifier: Apache-2.0
#include "transport/agent_binary.hpp"

#include <zlib.h>

#include <cstdlib>
#include <map>
#include <mutex>

#include "base/files.hpp"
#include "base/hash.hpp"

namespace fprov::transport {

struct AgentBinary::Data {
    std::mutex mutex;
    std::string plain, gzip;
};

namespace {

std::string gzip(const std::string& text) {
    z_stream stream{};
    // The run waits for this once: a fast level costs little in size.
    if (::deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK) return "";
    std::string out(::deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    int code = ::deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    ::deflateEnd(&stream);
    return code == Z_STREAM_END ? out : "";
}

std::string find_agent(const std::string& machine) {
    if (const char* set = std::getenv("FPROV_AGENT"); set && *set) return set;
    const std::string own = base::dirname(base::real_path("/proc/self/exe"));
    for (const std::string& folder : {own, base::join_path(base::dirname(own), "libexec/fprov")}) {
        for (const std::string& name : {"fprov-agent-" + machine, std::string("fprov-agent")}) {
            if (name == "fprov-agent" && machine != "x86_64") continue;
            std::string path = base::join_path(folder, name);
            if (base::is_file(path)) return path;
        }
    }
    return "";
}

}  // namespace

const std::string& AgentBinary::plain() const { return data->plain; }

const std::string& AgentBinary::compressed() const {
    std::lock_guard lock(data->mutex);
    if (data->gzip.empty()) data->gzip = gzip(data->plain);
    return data->gzip;
}

base::Result<AgentBinary> agent_binary(const std::string& machine) {
    static std::mutex mutex;
    static std::map<std::string, AgentBinary> known;
    std::lock_guard lock(mutex);
    if (auto found = known.find(machine); found != known.end()) return found->second;
    std::string path = find_agent(machine);
    if (path.empty())
        return base::Error{base::Kind::not_found, "the agent program for " + machine + " is not there: it belongs beside fprov as fprov-agent" +
                                                      (machine == "x86_64" ? std::string() : "-" + machine) + ", or set FPROV_AGENT to its path"};
    auto bytes = base::read_file(path);
    if (!bytes) return base::Error{base::Kind::not_found, "the agent program cannot be read: " + bytes.error().what};
    AgentBinary agent{path, base::sha256_hex(*bytes), std::make_shared<AgentBinary::Data>()};
    agent.data->plain = std::move(*bytes);
    return known[machine] = agent;
}

}  // namespace fprov::transport
