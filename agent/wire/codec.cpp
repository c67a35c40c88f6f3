// SPDX-License-Identifier: Apache-2.0
#include "values/msgpack.hpp"
#include "wire/message.hpp"

namespace fprov::wire {
namespace {

constexpr std::size_t header = 9;   // length, lane, type

void append_u32(std::string& out, std::uint32_t number) {
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(number >> shift));
}

std::uint32_t read_u32(const char* at) {
    std::uint32_t number = 0;
    for (int i = 0; i < 4; ++i) number = number << 8 | static_cast<unsigned char>(at[i]);
    return number;
}

constexpr auto last_type = static_cast<std::uint8_t>(Type::ping);

}  // namespace

std::string encode(const Frame& frame) {
    std::string out(4, '\0');
    append_u32(out, frame.lane);
    out.push_back(static_cast<char>(frame.type));
    values::append_msgpack(out, frame.body);
    const auto length = out.size() - 4;
    if (length > max_frame)
        throw base::Failure(base::Kind::limit, "a message of " + std::to_string(length) + " bytes is longer than the " + std::to_string(max_frame) + " that a frame may have");
    std::string prefix;
    append_u32(prefix, static_cast<std::uint32_t>(length));
    out.replace(0, 4, prefix);
    return out;
}

Value decode_body(std::string_view body) {
    auto value = values::read_msgpack(body);
    if (!value)
        throw base::Failure(base::Kind::parse, "broken message body: " + value.error().what);
    return std::move(*value);
}

bool Decoder::next_raw(RawFrame& frame) {
    // The bytes before begin_ are given back in one go when they are the larger part, so that many small frames cost no moves.
    if (begin_ == buffer_.size()) {
        buffer_.clear();
        begin_ = 0;
    } else if (begin_ > 65536 && begin_ > buffer_.size() / 2) {
        buffer_.erase(0, begin_);
        begin_ = 0;
    }
    const std::size_t have = buffer_.size() - begin_;
    if (have < 4) return false;
    const char* at = buffer_.data() + begin_;
    const std::uint32_t length = read_u32(at);
    if (length < header - 4 || length > max_frame)
        throw base::Failure(base::Kind::limit, "a frame announces " + std::to_string(length) + " bytes; allowed are " + std::to_string(header - 4) + " to " + std::to_string(max_frame));
    if (have >= header) {   // refused before its body is waited for
        const auto type = static_cast<std::uint8_t>(at[8]);
        if (type == 0 || type > last_type)
            throw base::Failure(base::Kind::parse, "a frame has the unknown type " + std::to_string(type));
    }
    if (have < 4u + length) return false;
    frame.lane = read_u32(at + 4);
    frame.type = static_cast<Type>(at[8]);
    frame.bytes = {at, 4u + length};
    frame.body = {at + header, length - (header - 4)};
    begin_ += 4u + length;
    return true;
}

bool Decoder::next(Frame& frame) {
    RawFrame raw;
    if (!next_raw(raw)) return false;
    frame.lane = raw.lane;
    frame.type = raw.type;
    frame.body = decode_body(raw.body);
    return true;
}

}  // namespace fprov::wire
