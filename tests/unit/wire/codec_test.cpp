// SPDX-License-Identifier: Apache-2.0
// Goldens: golden/NAME.json describes a frame, golden/NAME.bin holds its bytes; FPROV_ACCEPT=1 writes the bytes anew.
#include <doctest/doctest.h>

#include <cstdlib>
#include <random>

#include "base/files.hpp"
#include "base/text.hpp"
#include "values/json.hpp"
#include "wire/message.hpp"

using namespace fprov;
using values::Map;
using values::Value;
using wire::Frame;
using wire::Type;

namespace {

const std::string folder = "tests/unit/wire/golden";

Frame sample() { return {7, Type::task, Map{{"id", 5}, {"module", "file"}, {"args", Map{{"path", "/x"}}}}}; }

std::string with_length(std::string frame, std::uint32_t length) {
    for (int i = 0; i < 4; ++i) frame[static_cast<std::size_t>(i)] = static_cast<char>(length >> (24 - 8 * i));
    return frame;
}

std::vector<std::string> golden_names() {
    std::vector<std::string> names;
    for (const auto& file : base::list_directory(folder)) if (file.ends_with(".json")) names.push_back(file.substr(0, file.size() - 5));
    return names;
}

}  // namespace

TEST_CASE("codec: a frame survives the way, however it is cut") {
    const std::string bytes = wire::encode(sample()) + wire::encode({1, Type::bye, Map{}});
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        wire::Decoder decoder;
        Frame frame;
        int count = 0;
        for (auto part : {bytes.substr(0, cut), bytes.substr(cut)}) {
            decoder.feed(part);
            while (decoder.next(frame)) {
                if (count++ == 0) {
                    CHECK(frame.lane == 7);
                    CHECK(frame.type == Type::task);
                    CHECK(frame.body.find("module")->string() == "file");
                }
            }
        }
        CHECK(count == 2);
        CHECK(decoder.pending() == 0);
    }
}

TEST_CASE("codec: lengths beyond the limit are refused before anything is allocated or waited for") {
    for (std::uint32_t length : {0u, 4u, wire::max_frame + 1, 0x7fffffffu, 0xffffffffu}) {
        wire::Decoder decoder;
        decoder.feed(with_length(std::string(4, '\0'), length));
        Frame frame;
        CHECK_THROWS_AS(decoder.next(frame), base::Failure);
    }
}

TEST_CASE("codec: unknown types are refused") {
    for (int type : {0, 14, 255}) {
        std::string bytes = wire::encode(sample());
        bytes[8] = static_cast<char>(type);
        wire::Decoder decoder;
        decoder.feed(bytes);
        Frame frame;
        CHECK_THROWS_AS(decoder.next(frame), base::Failure);
    }
}

TEST_CASE("codec: a broken or trailing body is refused") {
    std::string bytes = wire::encode(sample());
    for (const std::string& broken : {with_length(bytes.substr(0, bytes.size() - 1), static_cast<std::uint32_t>(bytes.size() - 5)),
                                      with_length(bytes + "x", static_cast<std::uint32_t>(bytes.size() - 3))}) {
        wire::Decoder decoder;
        decoder.feed(broken);
        Frame frame;
        CHECK_THROWS_AS(decoder.next(frame), base::Failure);
    }
}

TEST_CASE("codec: a million nested arrays are refused") {
    wire::Decoder decoder;
    std::string body(1000000, '\x91');
    std::string bytes = with_length(std::string(4, '\0') + std::string(4, '\0') + "\x05" + body, static_cast<std::uint32_t>(body.size() + 5));
    decoder.feed(bytes);
    Frame frame;
    CHECK_THROWS_AS(decoder.next(frame), base::Failure);
}

TEST_CASE("codec: what is too long to be a frame cannot be encoded") {
    CHECK_THROWS_AS(wire::encode({1, Type::reply, Value(std::string(wire::max_frame, 'x'))}), base::Failure);
}

TEST_CASE("codec: many small frames use bounded memory") {
    wire::Decoder decoder;
    const std::string bytes = wire::encode(sample());
    wire::RawFrame raw;
    for (int i = 0; i < 50000; ++i) {
        decoder.feed(bytes);
        decoder.feed(bytes.substr(0, 3));
        CHECK(decoder.next_raw(raw));
        CHECK(raw.bytes == bytes);
        decoder.feed(bytes.substr(3));
        CHECK(decoder.next_raw(raw));
    }
    CHECK(decoder.pending() == 0);
}

TEST_CASE("codec: goldens") {
    auto names = golden_names();
    REQUIRE(names.size() >= 10);
    for (const auto& name : names) {
        CAPTURE(name);
        auto text = base::read_file(folder + "/" + name + ".json");
        REQUIRE(text.ok());
        auto description = values::read_json(*text);
        REQUIRE(description.ok());
        Frame frame{static_cast<std::uint32_t>(description->find("lane")->integer()), static_cast<Type>(description->find("type")->integer()), *description->find("body")};
        std::string bytes = wire::encode(frame);
        if (const char* accept = std::getenv("FPROV_ACCEPT"); accept && *accept == '1') {
            REQUIRE(base::write_file_atomic(folder + "/" + name + ".bin", bytes).ok());
            MESSAGE("accepted, not checked: " << name);
            continue;
        }
        auto golden = base::read_file(folder + "/" + name + ".bin");
        REQUIRE(golden.ok());
        CHECK(base::hex(bytes) == base::hex(*golden));
        wire::Decoder decoder;
        decoder.feed(*golden);
        Frame back;
        REQUIRE(decoder.next(back));
        CHECK(values::write_json(back.body) == values::write_json(*description->find("body")));
        CHECK(back.lane == frame.lane);
    }
}

TEST_CASE("codec: damaged frames are refused or read, never more") {
    std::string all;
    for (const auto& name : golden_names()) all += base::read_file(folder + "/" + name + ".bin").value_or("");
    std::mt19937 random(20260101);
    int refused = 0;
    for (int round = 0; round < 20000; ++round) {
        std::string bytes = all;
        for (unsigned hits = 1 + random() % 4; hits > 0; --hits) bytes[random() % bytes.size()] = static_cast<char>(random());
        if (random() % 4 == 0) bytes.resize(random() % bytes.size());
        wire::Decoder decoder;
        decoder.feed(bytes);
        Frame frame;
        try {
            while (decoder.next(frame)) {}
        } catch (const base::Failure&) {
            ++refused;
        }
    }
    CHECK(refused > 1000);
}
