// SPDX-License-Identifier: Apache-2.0
// synchronize: rsync between the controller (or the host that the task is delegated to) and the host. rsync logs in by itself, with ssh.
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "actions/support.hpp"
#include "base/files.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "inventory/names.hpp"
#include "spec/argument.hpp"

namespace fprov::actions {
namespace {

constexpr std::string_view marker = "<<CHANGED>>";

/// A folder of our own with a program that tells ssh the password: it stands in no argument list and in no environment.
class Password {
public:
    explicit Password(const std::string& password) {
        char name[] = "/tmp/fprov-ssh-XXXXXX";
        if (!::mkdtemp(name)) throw base::Failure(base::Kind::io, "cannot make a folder in /tmp for the ssh password");
        folder_ = name;
        put(folder_ + "/password", password + "\n", 0600);
        put(program(), "#!/bin/sh\nexec cat '" + folder_ + "/password'\n", 0700);
    }
    Password(const Password&) = delete;
    Password& operator=(const Password&) = delete;
    ~Password() { remove(); }
    std::string program() const { return folder_ + "/ask"; }

private:
    void put(const std::string& path, const std::string& text, unsigned mode) {
        auto written = base::write_file_atomic(path, text, mode);
        if (written) return;
        remove();
        throw base::Failure(written.error());
    }
    void remove() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    std::string folder_;
};

struct Job {
    std::vector<std::string> argv;
    std::string password{};
    bool here = true;      // by the controller's own rsync; otherwise on the host that the session leads to
    bool diff = false;
};

std::string told(const std::vector<std::string>& argv) {
    std::vector<std::string> quoted;
    for (const auto& word : argv) {
        auto equals = word.starts_with("--") ? word.find('=') : std::string::npos;   // --rsh='…', as Ansible shows it
        quoted.push_back(equals == std::string::npos ? base::shell_quote(word) : word.substr(0, equals + 1) + base::shell_quote(word.substr(equals + 1)));
    }
    return base::join(quoted, " ");
}

Value judged(const Job& job, int code, const std::string& output, const std::string& errors) {
    Map result{{"cmd", Value(told(job.argv))}, {"rc", Value(code)}};
    if (code != 0) {
        result.set("failed", true);
        result.set("changed", false);
        result.set("msg", errors.empty() ? output : errors);
        return Value(std::move(result));
    }
    bool changed = false;
    List lines;
    for (auto line : base::split_lines(output)) {
        if (line.starts_with(marker)) {
            line.erase(0, marker.size());
            // With -vv (link_dest) what is equal is told, too: ".f" and blanks.
            changed = changed || !line.starts_with('.') || line.size() < 2 || base::trim(std::string_view(line).substr(2, 9)) != "";
        }
        if (!line.empty()) lines.emplace_back(line);
    }
    result.set("changed", changed);
    result.set("stdout_lines", Value(std::move(lines)));
    std::string message = base::replace_all(output, marker, "");
    if (job.diff) result.set("diff", Value(Map{{"prepared", Value(message)}}));
    result.set("msg", std::move(message));
    return Value(std::move(result));
}

Value work(const Job& job, Reach& reach) {
    if (!job.here) {
        List words;
        for (const auto& word : job.argv) words.emplace_back(word);
        Value ran = reach.call("command", Map{{"argv", Value(std::move(words))}, {"strip_empty_ends", false}});
        const Value* code = ran.find("rc");
        if (!code || !ran.find("cmd")) return ran;   // it did not come to run
        return judged(job, static_cast<int>(code->int_or(1)), text(ran.map(), "stdout"), text(ran.map(), "stderr"));
    }
    base::Command command{.argv = job.argv};
    std::optional<Password> password;
    if (!job.password.empty()) {
        password.emplace(job.password);
        command.environment = {{"SSH_ASKPASS", password->program()}, {"SSH_ASKPASS_REQUIRE", "force"}, {"DISPLAY", ":0"}};
    }
    auto ran = base::run_process(command);
    if (!ran) return failed(ran.error().what + " (rsync must be installed on the controller and on the host)");
    return judged(job, ran->code, ran->output, ran->error_output);
}

}  // namespace

Plan plan_synchronize(const Map& given_args, Context& context) {
    if (!given(given_args, "src") || !given(given_args, "dest")) return fail("synchronize requires both src and dest parameters are set");
    auto checked = spec::check("synchronize", describe("synchronize")->args, {}, given_args);
    if (!checked.errors.empty()) return fail(checked.errors.front());
    const auto& args = checked.args;
    const Target target = context.target();
    const auto& endpoint = target.endpoint;
    const bool pull = args.text("mode") == "pull", itself = !target.delegate.empty() && target.delegate == context.host;
    std::string src = args.text("src"), dest = args.text("dest");

    Job job;
    job.diff = context.diff;
    job.here = endpoint.connection == "ssh" && (target.delegate.empty() || (inventory::is_local_name(target.delegate) && !itself));
    const bool daemon = src.find("://") != std::string::npos || dest.find("://") != std::string::npos || src.find("::") != std::string::npos || dest.find("::") != std::string::npos;
    const bool remote = endpoint.connection == "ssh" && !itself && !daemon;
    if (remote && !job.here && !endpoint.password.empty())
        return fail("synchronize cannot hand the ssh password of " + context.host + " to " + target.delegate + "; use a key there");
    if (remote && target.become && target.become->method != "sudo" && !args.given("rsync_path"))
        return fail("synchronize becomes another user through sudo only, not through " + target.become->method);

    // The controller's end: relative names are looked for as those of copy.
    std::string& own = pull ? dest : src;
    if (job.here && !own.empty() && own.find("://") == std::string::npos) {
        own = base::expand_user(own);
        if (own[0] != '/') {
            if (pull) own = base::join_path(context.task->file_directory, own);
            else try { own = context.find_file(own, "files"); } catch (const base::Failure&) {}   // rsync says what it does not find
        }
    }
    if (remote) {
        std::string& far = pull ? src : dest;
        const std::string host = endpoint.host.find(':') == std::string::npos ? endpoint.host : "[" + endpoint.host + "]";
        if (far.find(':') == std::string::npos || far[0] == '/')
            far = (args.flag("set_remote_user") && !endpoint.user.empty() ? endpoint.user + "@" : "") + host + ":" + far;
    }

    auto& argv = job.argv;
    auto add = [&](std::initializer_list<std::string> words) { argv.insert(argv.end(), words.begin(), words.end()); };
    const Value* program = context.raw_variable("ansible_rsync_path");
    add({program ? context.render(*program).text_or("rsync") : "rsync"});
    if (args.flag("delay_updates")) add({"--delay-updates", "-F"});
    if (args.integer("rsync_timeout") > 0) add({"--timeout=" + std::to_string(args.integer("rsync_timeout"))});
    if (args.flag("compress")) add({"--compress"});
    if (context.check) add({"--dry-run"});
    if (args.flag("delete")) add({"--delete-after"});
    if (args.flag("existing_only")) add({"--existing"});
    if (args.flag("checksum")) add({"--checksum"});
    if (args.flag("copy_links")) add({"--copy-links"});
    const bool archive = args.flag("archive");
    if (archive) add({"--archive"});
    for (const char* name : {"recursive", "links", "perms", "times", "owner", "group"}) {   // what archive stands for, one by one
        if (archive && args.given(name) && !args.flag(name)) add({std::string("--no-") + name});
        if (!archive && args.flag(name)) add({std::string("--") + name});
    }
    if (args.flag("dirs")) add({"--dirs"});
    if (remote) {
        std::vector<std::string> ssh{"ssh"};
        auto option = [&](std::initializer_list<std::string> words) { ssh.insert(ssh.end(), words.begin(), words.end()); };
        if (!args.flag("ssh_connection_multiplexing")) option({"-S", "none"});
        if (endpoint.password.empty()) option({"-o", "BatchMode=yes"});   // nobody is there to answer
        else option({"-o", "NumberOfPasswordPrompts=1"});
        if (args.given("private_key")) option({"-i", base::expand_user(args.text("private_key"))});
        else for (const auto& key : endpoint.private_key_files) option({"-i", key});
        const auto port = args.given("dest_port") ? args.integer("dest_port") : endpoint.port;
        if (port > 0) option({"-o", "Port=" + std::to_string(port)});
        if (!args.flag("verify_host")) option({"-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"});
        std::vector<std::string> quoted;
        for (const auto& word : ssh) quoted.push_back(base::shell_quote(word));
        std::string rsh = base::join(quoted, " ");
        if (args.flag("use_ssh_args") && !endpoint.ssh_arguments.empty()) rsh += " " + endpoint.ssh_arguments;
        add({"--rsh=" + rsh});
        job.password = endpoint.password;
    }
    if (args.given("rsync_path")) add({"--rsync-path=" + args.text("rsync_path")});
    else if (remote && target.become) add({"--rsync-path=sudo -u " + base::shell_quote(target.become->user) + " rsync"});
    for (auto& word : args.texts("rsync_opts")) argv.push_back(std::move(word));
    if (args.flag("partial")) add({"--partial"});
    if (auto links = args.texts("link_dest"); !links.empty()) {
        add({"-H", "-vv"});
        for (const auto& link : links) add({"--link-dest=" + link});
    }
    add({"--out-format=" + std::string(marker) + "%i %n%L", src, dest});
    return Threaded{[job](Reach& reach) { return work(job, reach); }};
}

}  // namespace fprov::actions
