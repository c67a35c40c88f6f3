// SPDX-License-Identifier: Apache-2.0
// Requests against a server of our own on the loopback interface, which answers from a list.
#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "modules/support/http.hpp"

using namespace fprov;
using modules::HttpRequest;

namespace {

/// Gives one answer to each connection, in order, and keeps what was asked.
class Server {
public:
    explicit Server(std::vector<std::string> answers) : answers_(std::move(answers)) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(::listen(listener_, 8) == 0);
        socklen_t size = sizeof address;
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~Server() {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }
    std::string url(const std::string& path) const { return "http://127.0.0.1:" + std::to_string(port_) + path; }
    std::vector<std::string> asked;

private:
    void serve() {
        for (const auto& answer : answers_) {
            int fd = ::accept(listener_, nullptr, nullptr);
            if (fd < 0) return;
            std::string request;
            char buffer[4096];
            while (request.find("\r\n\r\n") == std::string::npos) {
                ssize_t got = ::read(fd, buffer, sizeof buffer);
                if (got <= 0) break;
                request.append(buffer, static_cast<std::size_t>(got));
            }
            asked.push_back(request);
            (void)!::write(fd, answer.data(), answer.size());
            ::close(fd);
        }
    }
    std::vector<std::string> answers_;
    int listener_ = -1, port_ = 0;
    std::thread thread_;
};

struct World {
    std::unique_ptr<machine::Machine> machine = machine::real_machine();
    modules::Context context{*machine, false, false, {}, "uri", 0, {}};
    std::string body(const modules::HttpResponse& response) { return machine->read_file(response.body_file).value_or("(none)"); }
};

}  // namespace

TEST_CASE("http: a body with a length, and one in chunks") {
    World world;
    Server server({"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Y: z\r\n\r\nhello",
                   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n"});
    auto first = modules::http_fetch(world.context, HttpRequest{.url = server.url("/a?b=c#d")});
    CHECK(first.status == 200);
    CHECK(first.message() == "OK (5 bytes)");
    CHECK(*first.header("x-y") == "z");
    CHECK(world.body(first) == "hello");
    auto second = modules::http_fetch(world.context, HttpRequest{.url = server.url("/")});
    CHECK(world.body(second) == "abcdefg");
    CHECK(second.message() == "OK (unknown bytes)");
    CHECK(server.asked[0].starts_with("GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:"));
}

TEST_CASE("http: an answer that comes short is an error") {
    World world;
    Server server({"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"});
    auto response = modules::http_fetch(world.context, HttpRequest{.url = server.url("/")});
    CHECK(response.status == -1);
    CHECK(response.message() == "Request failed: the answer came short");
}

TEST_CASE("http: redirections are followed for GET, and not for POST unless asked") {
    World world;
    const std::string moved = "HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n", ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    {
        Server server({moved, ok});
        auto response = modules::http_fetch(world.context, HttpRequest{.url = server.url("/x")});
        CHECK(response.status == 200);
        CHECK(response.redirected);
        CHECK(response.url == server.url("/there"));
    }
    {
        Server server({moved});
        auto response = modules::http_fetch(world.context, HttpRequest{.method = "POST", .url = server.url("/x"), .body = "b"});
        CHECK(response.status == 302);
        CHECK_FALSE(response.redirected);
        CHECK(*response.header("location") == server.url("/there"));
    }
    {
        Server server({moved, ok});
        auto response = modules::http_fetch(world.context, HttpRequest{.method = "POST", .url = server.url("/x"), .body = "b", .follow = HttpRequest::Follow::all});
        CHECK(response.status == 200);
        CHECK(server.asked[1].starts_with("GET /there "));
    }
}

TEST_CASE("http: a login is sent when it is asked for, and at once when told so") {
    World world;
    const std::string no = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n", ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    {
        Server server({no, ok});
        auto response = modules::http_fetch(world.context, HttpRequest{.url = server.url("/"), .user = "u", .password = "p"});
        CHECK(response.status == 200);
        CHECK(server.asked[0].find("Authorization") == std::string::npos);
        CHECK(server.asked[1].find("Authorization: Basic dTpw\r\n") != std::string::npos);
    }
    {
        Server server({ok});
        auto response = modules::http_fetch(world.context, HttpRequest{.url = server.url("/"), .user = "u", .password = "p", .force_basic = true});
        CHECK(response.status == 200);
        CHECK(server.asked[0].find("Authorization: Basic dTpw\r\n") != std::string::npos);
    }
}

TEST_CASE("http: headers cannot smuggle lines") {
    World world;
    HttpRequest request{.url = "http://127.0.0.1:9/"};
    request.headers.emplace_back("X", "a\r\nY: b");
    CHECK_THROWS_AS(modules::http_fetch(world.context, request), modules::ModuleFailure);
}

TEST_CASE("http: names of files in addresses") {
    CHECK(modules::url_file_name("http://h/a/b.tgz?x=/y#z") == "b.tgz");
    CHECK(modules::url_file_name("http://h") == "index.html");
    CHECK(modules::http_date(0) == "Thu, 01 Jan 1970 00:00:00 +0000");
    CHECK(modules::url_encode("a b&ä", true) == "a+b%26%C3%A4");
}
