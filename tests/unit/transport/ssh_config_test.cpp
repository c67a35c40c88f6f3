// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstdlib>

#include "base/files.hpp"
#include "base/process.hpp"
#include "transport/ssh_config.hpp"

using namespace fprov;
using transport::Endpoint;

namespace {

struct Config {
    std::string path = "/tmp/fprov-config-XXXXXX";
    explicit Config(const std::string& text) {
        REQUIRE(::mkdtemp(path.data()) != nullptr);
        REQUIRE(base::write_file_atomic(file(), text).ok());
    }
    ~Config() { (void)base::run_process({.argv = {"rm", "-rf", path}}); }
    std::string file() const { return path + "/config"; }
    transport::SshSettings resolve(Endpoint endpoint) const {
        endpoint.ssh_arguments += " -F " + file();
        return transport::resolve(endpoint);
    }
};

}  // namespace

TEST_CASE("ssh config: the first value wins, identity files gather") {
    Config config("IdentityFile /first\n"
                  "Host web*\n  HostName 10.0.0.1\n  User=deploy\n  Port 2201\n  IdentityFile \"/second key\"\n"
                  "Host *\n  User nobody\n  Port 22\n  StrictHostKeyChecking accept-new\n");
    auto settings = config.resolve({.host = "web1"});
    CHECK(settings.host == "10.0.0.1");
    CHECK(settings.user == "deploy");
    CHECK(settings.port == 2201);
    CHECK(settings.key_files == std::vector<std::string>{"/first", "/second key"});
    CHECK(settings.strict == "accept-new");
    CHECK(config.resolve({.host = "db1"}).user == "nobody");
}

TEST_CASE("ssh config: the inventory goes before the arguments, and those before the file") {
    Config config("User file\nPort 1\nHostName file.example\n");
    Endpoint endpoint{.host = "web1", .port = 3};
    endpoint.ssh_arguments = "-o User=argument -p 2 -o 'HostName other' -C -q";
    auto settings = config.resolve(endpoint);
    CHECK(settings.user == "argument");
    CHECK(settings.port == 3);
    CHECK(settings.host == "other");
    CHECK(settings.ignored == std::vector<std::string>{"-C", "-q"});
}

TEST_CASE("ssh config: negated patterns, Match and Include") {
    Config config("Host *.example !bad.example\n  User example\nMatch host special user example\n  Port 7\nMatch originalhost special !user x\n  Port 8\n"
                  "Host *\nInclude more*\n");
    REQUIRE(base::write_file_atomic(config.path + "/more.conf", "Host special\n  User included\n").ok());
    CHECK(config.resolve({.host = "good.example"}).user == "example");
    CHECK(config.resolve({.host = "bad.example"}).user != "example");
    CHECK(config.resolve({.host = "special"}).port == 8);
    CHECK(config.resolve({.host = "special"}).user == "included");
    CHECK(config.resolve({.host = "special", .user = "x"}).port == 22);
}

TEST_CASE("ssh config: an Include inside a Host block counts only there") {
    Config config("Host one\n  Include more.conf\nHost *\n  Port 5\n");
    REQUIRE(base::write_file_atomic(config.path + "/more.conf", "User included\n").ok());
    CHECK(config.resolve({.host = "one"}).user == "included");
    CHECK(config.resolve({.host = "two"}).user != "included");
    CHECK(config.resolve({.host = "two"}).port == 5);
}

TEST_CASE("ssh arguments: jump, identity, known hosts") {
    Config config("");
    Endpoint endpoint{.host = "web1"};
    endpoint.ssh_arguments = "-J ops@gw:2222,inner -i ~/k -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -o ControlMaster=auto -o ControlPersist=60s";
    auto settings = config.resolve(endpoint);
    CHECK(settings.proxy_jump == "ops@gw:2222,inner");
    CHECK(settings.key_files == std::vector<std::string>{base::expand_user("~/k")});
    CHECK(settings.known_hosts == std::vector<std::string>{"/dev/null"});
    CHECK(settings.strict == "no");
    CHECK(settings.ignored == std::vector<std::string>{"-o controlmaster", "-o controlpersist"});
}

TEST_CASE("ssh arguments: checking switched off in the inventory") {
    Config config("StrictHostKeyChecking yes\n");
    CHECK(config.resolve({.host = "a", .host_key_checking = false}).strict == "no");
    CHECK(config.resolve({.host = "a"}).strict == "yes");
}

TEST_CASE("ssh arguments: mistakes are errors") {
    Config config("");
    for (const char* words : {"-o 'User=x", "-p"}) {
        Endpoint endpoint{.host = "a"};
        endpoint.ssh_arguments = words;
        CHECK_THROWS_AS(transport::resolve(endpoint), base::Failure);
    }
    CHECK_THROWS_AS(transport::resolve({.host = "-oProxyCommand=touch /tmp/x"}), base::Failure);
    CHECK_THROWS_AS(transport::resolve({.host = ""}), base::Failure);
}

TEST_CASE("jump hosts") {
    auto hops = transport::parse_jump("ops@gw:2222,[::1]:23, ssh://u@h/");
    REQUIRE(hops.size() == 3);
    CHECK(hops[0].user == "ops");
    CHECK(hops[0].host == "gw");
    CHECK(hops[0].port == 2222);
    CHECK(hops[1].host == "::1");
    CHECK(hops[1].port == 23);
    CHECK(hops[2].user == "u");
    CHECK(hops[2].host == "h");
    CHECK(transport::parse_jump("none").empty());
    CHECK_THROWS_AS(transport::parse_jump("-oProxyCommand=x"), base::Failure);
    CHECK_THROWS_AS(transport::parse_jump("a,,b"), base::Failure);
}

TEST_CASE("tokens") {
    transport::SshSettings settings;
    settings.name = "alias";
    settings.host = "h";
    settings.port = 23;
    settings.user = "u";
    CHECK(transport::expand_tokens("nc %h %p as %r for %n 100%% %z %", settings) == "nc h 23 as u for alias 100% %z %");
}
