// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <chrono>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/process.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"

using namespace fprov::base;

TEST_CASE("text: shell words, quoting and patterns") {
    CHECK(*shell_split(R"(a 'b c' "d \"e" f\ g)") == std::vector<std::string>{"a", "b c", "d \"e", "f g"});
    CHECK_FALSE(shell_split("a 'b").has_value());
    CHECK(shell_quote("it's") == "'it'\"'\"'s'");
    CHECK(fnmatch("web01.example", "web[0-9]*.ex?mple"));
    CHECK_FALSE(fnmatch("db", "[!d]b"));
    CHECK(*base64_decode(base64_encode(std::string("\0\xff x", 4))) == std::string("\0\xff x", 4));
    CHECK_FALSE(base64_decode("a").has_value());
}

TEST_CASE("text: bytes that are no UTF-8 survive decoding and encoding") {
    std::string text = "a\xffé\xed\xa0\x80", out;
    for (std::size_t at = 0; at < text.size();) append_utf8(out, next_code_point(text, at));
    CHECK(out == text);
    CHECK_FALSE(is_utf8(text));
}

TEST_CASE("files: paths are normalized as Python does") {
    CHECK(normalize_path("/a/./b/../c//") == "/a/c");
    CHECK(normalize_path("../x/..") == "..");
    CHECK(normalize_path("") == ".");
    CHECK(dirname("/a") == "/");
    CHECK(dirname("a/b/") == "a/b");
    CHECK(basename("/a/b") == "b");
    CHECK(join_path("a", "/b") == "/b");
}

TEST_CASE("hash: known digests") {
    CHECK(sha1_hex("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK(*digest_hex("md5", "") == "d41d8cd98f00b204e9800998ecf8427e");
    CHECK(digest_hex("sha512", "abc")->substr(0, 16) == "ddaf35a193617aba");
    CHECK_FALSE(digest_hex("rot13", "abc").has_value());
}

TEST_CASE("suggest: the nearest name, or none") {
    CHECK(did_you_mean("hostss", {"tasks", "hosts", "roles"}) == "did you mean 'hosts'?");
    CHECK(nearest("nginx_prot", {"nginx_port", "nginx_root"}) == "nginx_port");
    CHECK_FALSE(nearest("abc", {"xyz"}).has_value());
}

TEST_CASE("process: streams, exit code, input and a missing program") {
    auto done = run_process({.argv = {"sh", "-c", "cat; echo err >&2; exit 3"}, .input = "hello"});
    REQUIRE(done.ok());
    CHECK(done->output == "hello");
    CHECK(done->error_output == "err\n");
    CHECK(done->code == 3);
    auto missing = run_process({.argv = {"no-such-program"}});
    REQUIRE_FALSE(missing.ok());
    CHECK(missing.error().what == "[Errno 2] No such file or directory: 'no-such-program'");
}

TEST_CASE("process: a daemon left behind does not hold the caller, a time-out kills the group") {
    auto begin = std::chrono::steady_clock::now();
    auto done = run_process({.argv = {"sh", "-c", "sleep 30 & echo started"}});
    CHECK(done->output == "started\n");
    auto late = run_process({.argv = {"sleep", "30"}, .timeout = std::chrono::milliseconds(100)});
    CHECK(late->timed_out);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
}

TEST_CASE("process: merged streams, working folder, environment") {
    auto done = run_process({.argv = {"sh", "-c", "echo $X; pwd; echo e >&2"}, .environment = {{"X", "1"}}, .directory = "/", .merge_streams = true});
    CHECK(done->output == "1\n/\ne\n");
}
