// SPDX-License-Identifier: Apache-2.0
// The controller's half of the protocol against a scripted agent, an honest one and a lying one.
#include <doctest/doctest.h>

#include <deque>

#include "base/files.hpp"
#include "transport/conversation.hpp"

using namespace fprov;
using transport::Conversation;
using transport::Event;
using transport::TaskRequest;
using values::Map;
using values::Value;
using wire::Frame;
using wire::Type;

namespace {

struct Talk {
    std::deque<Event> events;
    Conversation conversation{[this](Event event) { events.push_back(std::move(event)); }};
    wire::Decoder decoder;
    std::deque<Frame> said() {   // what the controller has to say, all of it
        std::deque<Frame> frames;
        while (!conversation.waiting().empty()) {
            std::string bytes(conversation.waiting());
            conversation.sent(bytes.size());
            decoder.feed(bytes);
            Frame frame;
            while (decoder.next(frame)) frames.push_back(frame);
        }
        return frames;
    }
    void answer(std::uint32_t lane, Type type, Map body) { conversation.received(wire::encode({lane, type, Value(std::move(body))})); }
    Event event() {
        REQUIRE(!events.empty());
        Event first = events.front();
        events.pop_front();
        return first;
    }
};

TaskRequest task(std::uint64_t id, const std::string& module = "file") {
    TaskRequest request;
    request.id = id;
    request.window = 1;
    request.module = module;
    return request;
}

transport::Become root(const std::string& password = "") {
    transport::Become become;
    become.password = password;
    become.has_password = !password.empty();
    return become;
}

}  // namespace

TEST_CASE("conversation: a task and its reply") {
    Talk talk;
    talk.conversation.submit(task(5));
    auto frames = talk.said();
    REQUIRE(frames.size() == 1);
    CHECK(frames[0].lane == 1);
    CHECK(frames[0].type == Type::task);
    talk.answer(1, Type::reply, {{"id", 5}, {"state", "done"}, {"result", Map{{"changed", true}}}});
    Event event = talk.event();
    CHECK(event.kind == Event::Kind::reply);
    CHECK(event.id == 5);
    CHECK(event.state == Event::State::done);
    CHECK(event.value.find("changed")->boolean());
    CHECK(!talk.conversation.has_open());
}

TEST_CASE("conversation: one lane for each user and each delegating host") {
    Talk talk;
    auto with = [&](std::uint64_t id, std::optional<transport::Become> become, std::uint32_t key) {
        auto request = task(id);
        request.become = std::move(become);
        request.lane_key = key;
        talk.conversation.submit(std::move(request));
    };
    with(1, std::nullopt, 0);
    with(2, root(), 0);
    with(3, root(), 0);
    with(4, root("secret"), 0);
    with(5, std::nullopt, 9);
    auto frames = talk.said();
    std::vector<std::pair<Type, std::uint32_t>> seen;
    for (const auto& frame : frames) seen.emplace_back(frame.type, frame.lane);
    using P = std::pair<Type, std::uint32_t>;
    CHECK(seen == std::vector<P>{{Type::task, 1}, {Type::open_lane, 2}, {Type::task, 2}, {Type::task, 2}, {Type::open_lane, 3}, {Type::task, 3}, {Type::open_lane, 4}, {Type::task, 4}});
    CHECK(frames[1].body.find("become")->find("password") == nullptr);
    CHECK(frames[4].body.find("become")->find("password")->string() == "secret");
    CHECK(frames[6].body.find("become") == nullptr);
}

TEST_CASE("conversation: a lane that fails fails its first task and drops the others; the next task opens it anew") {
    Talk talk;
    for (std::uint64_t id : {1, 2}) { auto request = task(id); request.become = root("x"); talk.conversation.submit(std::move(request)); }
    talk.conversation.submit(task(3));
    (void)talk.said();
    talk.answer(2, Type::lane_failed, {{"phase", "become"}, {"reason", "Incorrect sudo password"}});
    Event first = talk.event();
    CHECK(first.state == Event::State::done);
    CHECK(first.phase == "become");
    CHECK(!first.ok);
    CHECK(first.value.find("msg")->string() == "Incorrect sudo password");
    CHECK(first.value.find("failed")->boolean());
    CHECK(talk.event().state == Event::State::dropped);
    CHECK(talk.events.empty());
    auto request = task(4);
    request.become = root("x");
    talk.conversation.submit(std::move(request));
    auto frames = talk.said();
    CHECK(frames[0].type == Type::open_lane);
    CHECK(frames[0].lane == 3);
}

TEST_CASE("conversation: small contents travel along, large ones when asked for and within the window") {
    Talk talk;
    auto small = task(1, "copy");
    small.content = "hello";
    talk.conversation.submit(std::move(small));
    CHECK(talk.said()[0].body.find("content")->string() == "hello");

    std::string big(1 << 20, 'x');
    for (std::size_t i = 0; i < big.size(); i += 1000) big[i] = static_cast<char>('a' + i / 1000 % 26);
    auto large = task(2, "copy");
    large.content = big;
    talk.conversation.submit(std::move(large));
    CHECK(talk.said()[0].body.find("content") == nullptr);
    talk.answer(1, Type::reply, {{"id", 2}, {"state", "waiting"}, {"need_content", true}});
    CHECK(talk.events.empty());
    std::string got;
    bool last = false;
    for (int round = 0; round < 100 && !last; ++round) {
        auto frames = talk.said();
        REQUIRE(!frames.empty());
        for (const auto& frame : frames) {
            CHECK(frame.type == Type::chunk);
            CHECK(frame.body.find("offset")->integer() == static_cast<std::int64_t>(got.size()));
            got += frame.body.find("data")->string();
            last = frame.body.find("last")->boolean();
        }
        CHECK(frames.size() <= 33);   // never more than the largest window
        talk.answer(1, Type::credit, {{"id", 2}, {"received", static_cast<std::int64_t>(got.size())}});
    }
    CHECK(last);
    CHECK(got == big);
}

TEST_CASE("conversation: looking ahead and check mode send no contents") {
    Talk talk;
    auto request = task(1, "copy");
    request.content = "hello";
    request.lookahead = true;
    talk.conversation.submit(std::move(request));
    CHECK(talk.said()[0].body.find("content") == nullptr);
}

TEST_CASE("conversation: a file that is gone is told to the agent") {
    Talk talk;
    auto request = task(1, "copy");
    request.content_file = "/nonexistent/file";
    talk.conversation.submit(std::move(request));
    (void)talk.said();
    talk.answer(1, Type::reply, {{"id", 1}, {"state", "waiting"}, {"need_content", true}});
    auto frames = talk.said();
    REQUIRE(frames.size() == 1);
    CHECK(frames[0].body.find("error")->string().find("/nonexistent/file") != std::string::npos);
}

TEST_CASE("conversation: fetch") {
    Talk talk;
    talk.conversation.fetch(7, "/etc/x", std::nullopt);
    CHECK(talk.said()[0].body.find("path")->string() == "/etc/x");
    talk.answer(1, Type::chunk, {{"id", 7}, {"offset", 0}, {"data", "ab"}, {"last", false}});
    CHECK(talk.events.empty());
    talk.answer(1, Type::chunk, {{"id", 7}, {"offset", 2}, {"data", "c"}, {"last", true}, {"path", "../../etc/passwd"}});
    Event event = talk.event();
    CHECK(event.kind == Event::Kind::file);
    CHECK(event.ok);
    CHECK(event.text == "abc");
    talk.conversation.fetch(8, "/nope", std::nullopt);
    talk.answer(1, Type::chunk, {{"id", 8}, {"error", "[Errno 2] No such file"}, {"last", true}});
    CHECK(!talk.event().ok);
}

TEST_CASE("conversation: a lying agent") {
    Talk talk;
    talk.conversation.submit(task(1));
    (void)talk.said();
    SUBCASE("answers for tasks that it does not have are dropped, and too many end the session") {
        talk.answer(1, Type::reply, {{"id", 99}, {"state", "done"}});
        talk.answer(1, Type::reply, {{"id", -1}, {"state", "done"}});
        talk.answer(1, Type::reply, {{"state", "done"}});
        talk.answer(1, Type::progress, {{"id", 99}, {"text", "x"}});
        CHECK(talk.events.empty());
        auto flood = [&] { for (int i = 0; i < 20000; ++i) talk.answer(1, Type::reply, {{"id", 99}, {"state", "done"}}); };
        CHECK_THROWS_AS(flood(), base::Failure);
    }
    SUBCASE("a second answer to one task changes nothing") {
        talk.answer(1, Type::reply, {{"id", 1}, {"state", "done"}});
        talk.answer(1, Type::reply, {{"id", 1}, {"state", "done"}});
        CHECK(talk.events.size() == 1);
    }
    SUBCASE("results of a wrong type become failures") {
        talk.answer(1, Type::reply, {{"id", 1}, {"state", "done"}, {"result", "pwned"}});
        CHECK(talk.event().value.find("failed")->boolean());
    }
    SUBCASE("bodies of a wrong type, unknown states and controller messages end the session") {
        CHECK_THROWS_AS(talk.conversation.received(wire::encode({1, Type::reply, Value("text")})), base::Failure);
        CHECK_THROWS_AS(talk.answer(1, Type::reply, {{"id", 1}, {"state", "root"}}), base::Failure);
        CHECK_THROWS_AS(talk.answer(1, Type::task, {{"id", 1}}), base::Failure);
        CHECK_THROWS_AS(talk.conversation.received(std::string("\xff\xff\xff\xff", 4)), base::Failure);
    }
    SUBCASE("files that nobody asked for are dropped") {
        talk.answer(1, Type::chunk, {{"id", 1}, {"offset", 0}, {"data", "x"}, {"last", true}});
        CHECK(talk.events.empty());
    }
    SUBCASE("pieces of a file out of order end the session") {
        talk.conversation.fetch(3, "/x", std::nullopt);
        CHECK_THROWS_AS(talk.answer(1, Type::chunk, {{"id", 3}, {"offset", 5}, {"data", "x"}, {"last", false}}), base::Failure);
    }
    SUBCASE("asking for content of a task without any gets an error, not a file") {
        talk.answer(1, Type::reply, {{"id", 1}, {"state", "waiting"}, {"need_content", true}});
        auto frames = talk.said();
        REQUIRE(frames.size() == 1);
        CHECK(frames[0].body.find("error") != nullptr);
    }
    SUBCASE("credit for bytes that were never sent is ignored") {
        talk.answer(1, Type::credit, {{"id", 1}, {"received", 1 << 30}});
        CHECK(talk.said().empty());
    }
}

TEST_CASE("conversation: pings are answered, answers are not") {
    Talk talk;
    talk.answer(0, Type::ping, {});
    auto frames = talk.said();
    REQUIRE(frames.size() == 1);
    CHECK(frames[0].body.find("answer")->boolean());
    talk.answer(0, Type::ping, {{"answer", true}});
    CHECK(talk.said().empty());
}

TEST_CASE("inbox: keeps order, gives up in time") {
    transport::Inbox inbox;
    CHECK(!inbox.take(0.001));
    for (std::uint64_t id : {1, 2}) { Event event; event.id = id; inbox.put(std::move(event)); }
    CHECK(inbox.take(0)->id == 1);
    CHECK(inbox.take(-1)->id == 2);
}
