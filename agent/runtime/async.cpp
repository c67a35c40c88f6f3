// SPDX-License-Identifier: Apache-2.0
#include "runtime/async.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/files.hpp"
#include "base/text.hpp"
#include "runtime/dispatch.hpp"
#include "runtime/io.hpp"
#include "runtime/lanes.hpp"
#include "runtime/processes.hpp"
#include "runtime/transfer.hpp"
#include "values/json.hpp"
#include "values/msgpack.hpp"

namespace fprov::runtime {
namespace {

using values::Map;
using values::Value;

Value refused(const std::string& what) { return Map{{"failed", true}, {"changed", false}, {"msg", what}}; }

std::string new_job_id() {
    std::uint64_t number = 0;
    int fd = ::open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        if (::read(fd, &number, sizeof number) < 0) number = 0;
        ::close(fd);
    }
    return "j" + std::to_string(number % 1000000000000u) + "." + std::to_string(::getpid());
}

void write_state(const std::string& file, const Value& value) {
    auto done = base::write_file_atomic(file, values::write_json(value), 0600);
    if (!done) ::_exit(1);
}

}  // namespace

Value start_job(const Value& task, const Value& async, const Identity& identity) {
    std::string folder;
    auto environment = read_environment(task.find("environment"));
    if (const Value* given = async.find("dir"); given && given->is_string()) folder = given->string();
    else if (auto set = environment.find("ANSIBLE_ASYNC_DIR"); set != environment.end()) folder = set->second;
    if (folder.empty()) folder = "~/.ansible_async";
    if (folder.starts_with("~/")) folder = identity.home + folder.substr(1);
    if (auto made = base::make_directories(folder, 0700); !made) return refused("could not create directory: " + folder + ": " + made.error().what);
    const std::string job = new_job_id(), file = base::join_path(folder, job);
    Map request{{"task", task}, {"job", job}, {"file", file}};
    if (const Value* seconds = async.find("seconds")) request.set("seconds", *seconds);
    std::string bytes;
    values::append_msgpack(bytes, Value(std::move(request)));

    int pair[2];
    if (::pipe2(pair, O_CLOEXEC) != 0) return refused(std::string("cannot start the job: ") + std::strerror(errno));
    pid_t pid = ::fork();
    if (pid == 0) {
        ::dup2(pair[0], 0);
        const char* const words[] = {"fprov-agent", "--job", nullptr};
        ::execv("/proc/self/exe", const_cast<char* const*>(words));
        ::_exit(127);
    }
    ::close(pair[0]);
    bool sent = pid > 0 && write_all(pair[1], bytes);
    ::close(pair[1]);
    int status = 0;
    if (pid > 0) ::waitpid(pid, &status, 0);   // it detaches itself at once, after its first state is written
    if (pid < 0 || !sent || status != 0) return refused("cannot start the job in the background");
    return Map{{"changed", true}, {"ansible_job_id", job}, {"started", 1}, {"finished", 0}, {"results_file", file}};
}

int run_job() {
    std::string bytes;
    while (read_some(0, bytes) == ReadState::some) {}
    auto request = values::read_msgpack(bytes);
    if (!request || !request->find("task") || !request->find("file") || !request->find("job")) return 2;
    const std::string file = request->find("file")->text_or(""), job = request->find("job")->text_or("");
    double seconds = 0;
    if (const Value* given = request->find("seconds")) seconds = given->is_real() ? given->real() : static_cast<double>(given->int_or(0));
    write_state(file, Map{{"started", 1}, {"finished", 0}, {"ansible_job_id", job}});

    pid_t watcher = ::fork();
    if (watcher < 0) return 1;
    if (watcher > 0) ::_exit(0);
    ::setsid();
    int null = ::open("/dev/null", O_RDWR);
    for (int fd : {0, 1, 2}) ::dup2(null, fd);
    for (int fd = 3; fd < 256; ++fd) ::close(fd);
    ::signal(SIGHUP, SIG_IGN);

    pid_t worker = ::fork();
    if (worker < 0) { write_state(file, Map{{"failed", true}, {"msg", "cannot start a process for the job"}, {"finished", 1}, {"ansible_job_id", job}}); return 1; }
    if (worker == 0) {
        auto machine = machine::real_machine();
        bool need = false;
        const Value& task = *request->find("task");
        std::string source;
        std::string temp;
        const Value* check = task.find("check");
        if (const Value* content = task.find("content"); content && content->is_string()) {
            temp = file + ".files";
            if (auto stored = store_text(content->string(), temp)) source = *stored;
        }
        Value result = run_once(*machine, task, check && check->bool_or(false), {}, need, source);
        if (!temp.empty()) remove_folder(temp);
        if (need) result = refused("a task in the background cannot ask the controller for a file this large; copy it first");
        Map done = result.is_map() ? result.map() : Map{{"failed", true}, {"msg", "no result"}};
        done.set("ansible_job_id", job);
        done.set("finished", 1);
        done.set("started", 1);
        write_state(file, done);
        ::_exit(0);
    }
    // Who polls looks for the last time when the time is over, and must not find that out by chance. (Ansible's wrapper waits up to five seconds more.)
    constexpr double grace = 2;
    const double begin = monotonic();
    int status = 0;
    while (::waitpid(worker, &status, WNOHANG) == 0) {
        if (seconds > 0 && monotonic() - begin > seconds + grace) {
            kill_family(worker, true);
            write_state(file, Map{{"msg", "Timeout exceeded"}, {"failed", true}, {"child_pid", static_cast<std::int64_t>(worker)}, {"ansible_job_id", job}, {"finished", 1}, {"started", 1}});
            ::_exit(0);
        }
        ::usleep(monotonic() - begin < 2 ? 20000 : 200000);
    }
    if (status != 0)
        write_state(file, Map{{"failed", true}, {"msg", "the process of the job " + describe_end(status)}, {"ansible_job_id", job}, {"finished", 1}, {"started", 1}});
    return 0;
}

}  // namespace fprov::runtime
