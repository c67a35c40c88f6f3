// SPDX-License-Identifier: Apache-2.0
// The launch line is run by the shells of this machine, with a shell script in the agent's place.
#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "wire/launch.hpp"

using namespace fprov;
using wire::LaunchReader;

namespace {

const std::string agent = "#!/bin/sh\necho \"agent in $1 umask $(umask)\"\n";

struct Home {
    std::string path = "/tmp/fprov-launch-XXXXXX";
    Home() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
    ~Home() { (void)base::run_process({.argv = {"rm", "-rf", path}}); }
};

wire::LaunchOptions options(const std::string& hash = base::sha256_hex(agent)) {
    wire::LaunchOptions options;
    options.hash = hash;
    options.mark = "FPROV-test";
    options.directory = "/work here";
    return options;
}

std::string run(const Home& home, const std::string& input, const std::string& shell = "/bin/sh", const std::string& login_shell = "/bin/sh") {
    base::Command command;
    command.argv = {login_shell, "-c", wire::launch_command(shell)};
    command.input = input;
    command.environment = {{"HOME", home.path}, {"PATH", "/usr/bin:/bin"}};
    command.clear_environment = true;
    command.umask = 022;
    auto done = base::run_process(command);
    REQUIRE(done.ok());
    return done->output;
}

}  // namespace

TEST_CASE("launch: uploads, verifies, installs and starts; the second time it only starts") {
    Home home;
    std::string first = run(home, wire::launch_line(options()) + wire::launch_payload_head(false, agent.size()) + agent);
    CHECK(first.find("FPROV-test NEED gz " + home.path + "/.cache/fprov\n") == 0);
    CHECK(first.find("FPROV-test RUN " + home.path + "/.cache/fprov\nagent in /work here umask 0022\n") != std::string::npos);
    struct stat state{};
    REQUIRE(::stat((home.path + "/.cache/fprov").c_str(), &state) == 0);
    CHECK((state.st_mode & 0777) == 0700);
    CHECK(base::list_directory(home.path + "/.cache/fprov") == std::vector<std::string>{base::sha256_hex(agent)});
    CHECK(run(home, wire::launch_line(options())) == "FPROV-test RUN " + home.path + "/.cache/fprov\nagent in /work here umask 0022\n");
}

TEST_CASE("launch: every login shell of this machine understands the command") {
    Home home;
    (void)run(home, wire::launch_line(options()) + wire::launch_payload_head(false, agent.size()) + agent);
    for (const char* shell : {"/bin/sh", "/bin/bash", "/bin/dash", "/bin/zsh", "/usr/bin/fish", "/bin/tcsh", "/bin/ksh"}) {
        if (!base::exists(shell)) continue;
        CAPTURE(shell);
        CHECK(run(home, wire::launch_line(options()), "/bin/sh", shell).find("agent in") != std::string::npos);
    }
    CHECK(wire::launch_command().find_first_of("!\\\n") == std::string::npos);
}

TEST_CASE("launch: what has another hash is not started and does not stay") {
    Home home;
    std::string output = run(home, wire::launch_line(options()) + wire::launch_payload_head(false, agent.size()) + std::string(agent.size(), 'x'));
    CHECK(output.find("agent in") == std::string::npos);
    CHECK(output.find("FPROV-test RUN") == std::string::npos);
    CHECK(base::list_directory(home.path + "/.cache/fprov").empty());
}

TEST_CASE("launch: folders of others and links are refused") {
    Home home, other;
    REQUIRE(::mkdir((home.path + "/.cache").c_str(), 0700) == 0);
    REQUIRE(::symlink(other.path.c_str(), (home.path + "/.cache/fprov").c_str()) == 0);
    std::string output = run(home, wire::launch_line(options()) + wire::launch_payload_head(false, agent.size()) + agent);
    CHECK(output.find("RUN " + home.path + "/.fprov\n") != std::string::npos);
    CHECK(base::list_directory(other.path).empty());
}

TEST_CASE("launch: a folder that is named goes first; a tilde is the home") {
    Home home;
    auto wanted = options();
    wanted.folders = {"~/my place", "/nonexistent/x"};
    std::string output = run(home, wire::launch_line(wanted) + wire::launch_payload_head(false, agent.size()) + agent);
    CHECK(output.find("RUN " + home.path + "/my place\n") != std::string::npos);
}

TEST_CASE("launch: fresh puts the agent in place again") {
    Home home;
    (void)run(home, wire::launch_line(options()) + wire::launch_payload_head(false, agent.size()) + agent);
    auto again = options();
    again.fresh = true;
    CHECK(run(home, wire::launch_line(again) + wire::launch_payload_head(false, agent.size()) + agent).find("NEED") != std::string::npos);
}

TEST_CASE("launch reader: noise before the mark is skipped, also when it comes in pieces") {
    const std::string text = "Welcome!\n\x1b[31mlecture FPROV-tes no\nFPROV-test;h=echoed\nFPROV-test RUN /x y\nframes";
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        LaunchReader reader("FPROV-test");
        reader.feed(text.substr(0, cut));
        CHECK(reader.feed(text.substr(cut)) == LaunchReader::State::running);
        CHECK(reader.detail() == "/x y");
        CHECK(reader.take_rest() == "frames");
        CHECK(reader.noise().find("Welcome") != std::string::npos);
    }
}

TEST_CASE("launch reader: states") {
    LaunchReader reader("M");
    CHECK(reader.feed("M NEED gz /d\n") == LaunchReader::State::need);
    CHECK(reader.compressed());
    reader.answered();
    CHECK(reader.feed("M FAIL /a: mounted noexec; /b: No space left on device\n") == LaunchReader::State::failed);
    CHECK(reader.detail() == "/a: mounted noexec; /b: No space left on device");
    LaunchReader arm("M");
    CHECK(arm.feed("M ARCH aarch64\n") == LaunchReader::State::wrong_machine);
    LaunchReader noisy("FPROV");
    std::string page(1 << 20, 'x');
    for (int i = 0; i < 4; ++i) noisy.feed(page);
    CHECK(noisy.feed(page) == LaunchReader::State::too_noisy);
}
