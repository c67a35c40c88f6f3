// SPDX-License-Identifier: Apache-2.0
#include "values/msgpack.hpp"

#include <bit>
#include <cstring>

#include "values/big_integer.hpp"
#include "values/python.hpp"
#include "values/sax_builder.hpp"

namespace fprov::values {
namespace {

void put(std::string& out, unsigned char tag, std::uint64_t number, int bytes) {
    out += static_cast<char>(tag);
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) out += static_cast<char>((number >> shift) & 255);
}

void put_size(std::string& out, std::size_t size, unsigned char fixed, std::size_t fixed_limit, unsigned char tag8, unsigned char tag16) {
    if (size < fixed_limit) out += static_cast<char>(fixed | size);
    else if (tag8 && size < 256) put(out, tag8, size, 1);
    else if (size < 65536) put(out, tag16, size, 2);
    else put(out, static_cast<unsigned char>(tag16 + 1), size, 4);
}

void put_int(std::string& out, std::int64_t number) {
    if (number >= 0 && number < 128) out += static_cast<char>(number);
    else if (number < 0 && number >= -32) out += static_cast<char>(0xe0 | (number & 31));
    else if (number >= INT32_MIN && number <= INT32_MAX) put(out, 0xd2, static_cast<std::uint64_t>(number), 4);
    else put(out, 0xd3, static_cast<std::uint64_t>(number), 8);
}

// Reads without recursion: `pending_` counts what each open container still lacks.
class Reader {
public:
    explicit Reader(std::string_view bytes) : bytes_(bytes), builder_(128) {}

    base::Result<Value> read() {
        do {
            if (!one()) return base::Error{builder_.limit() ? base::Kind::limit : base::Kind::parse, "the message " + std::string(builder_.limit() ? builder_.limit() : "is broken")};
        } while (!pending_.empty());
        if (at_ != bytes_.size() || !builder_.complete()) return base::Error{base::Kind::parse, "the message has trailing bytes"};
        return builder_.take();
    }

private:
    struct Pending { std::uint64_t left; bool map; bool key; };

    bool number(int count, std::uint64_t& value) {
        if (bytes_.size() - at_ < static_cast<std::size_t>(count)) return false;
        value = 0;
        for (int i = 0; i < count; ++i) value = value << 8 | static_cast<unsigned char>(bytes_[at_++]);
        return true;
    }
    bool finish(Value value) {
        if (!pending_.empty() && pending_.back().map && pending_.back().key) {
            if (value.is_list() || value.is_map()) return false;
            builder_.key(std::move(value));
            pending_.back().key = false;
            return true;
        }
        return builder_.add(std::move(value)) && item_done();
    }
    bool item_done() {
        while (!pending_.empty()) {
            Pending& top = pending_.back();
            if (top.map) top.key = true;
            if (--top.left) return true;
            if (!builder_.close()) return false;
            pending_.pop_back();
        }
        return true;
    }
    bool text(std::uint64_t size) {
        if (bytes_.size() - at_ < size) return false;
        std::string content(bytes_.substr(at_, size));
        at_ += size;
        return finish(Value(std::move(content)));
    }
    bool big_integer(std::uint64_t size) {
        if (size == 0 || bytes_.size() - at_ < size + 1 || bytes_[at_] != '\1') return false;
        const std::string_view digits = bytes_.substr(at_ + 1, size);
        const std::string_view bare = digits.substr(digits[0] == '-');
        if (bare.empty() || bare.find_first_not_of("0123456789") != std::string_view::npos) return false;
        at_ += size + 1;
        return finish(whole_number(digits));
    }
    bool open(std::uint64_t size, bool map) {
        if (bytes_.size() - at_ < size) return false;   // each element takes at least a byte
        if (!pending_.empty() && pending_.back().map && pending_.back().key) return false;
        if (!(map ? builder_.open_map() : builder_.open_list())) return false;
        if (size == 0) return builder_.close() && item_done();
        pending_.push_back({size, map, map});
        return true;
    }
    bool one() {
        if (at_ >= bytes_.size()) return false;
        auto tag = static_cast<unsigned char>(bytes_[at_++]);
        std::uint64_t n = 0;
        if (tag < 0x80) return finish(Value(static_cast<int>(tag)));
        if (tag < 0x90) return open(tag & 15, true);
        if (tag < 0xa0) return open(tag & 15, false);
        if (tag < 0xc0) return text(tag & 31);
        if (tag >= 0xe0) return finish(Value(static_cast<int>(static_cast<signed char>(tag))));
        switch (tag) {
            case 0xc0: return finish(Value());
            case 0xc2: return finish(Value(false));
            case 0xc3: return finish(Value(true));
            case 0xc4: case 0xd9: return number(1, n) && text(n);
            case 0xc5: case 0xda: return number(2, n) && text(n);
            case 0xc6: case 0xdb: return number(4, n) && text(n);
            case 0xcb: return number(8, n) && finish(Value(std::bit_cast<double>(n)));
            case 0xcc: return number(1, n) && finish(Value(static_cast<std::int64_t>(n)));
            case 0xcd: return number(2, n) && finish(Value(static_cast<std::int64_t>(n)));
            case 0xce: return number(4, n) && finish(Value(static_cast<std::int64_t>(n)));
            case 0xcf: return number(8, n) && n <= INT64_MAX && finish(Value(static_cast<std::int64_t>(n)));
            case 0xd0: return number(1, n) && finish(Value(static_cast<std::int64_t>(static_cast<std::int8_t>(n))));
            case 0xd1: return number(2, n) && finish(Value(static_cast<std::int64_t>(static_cast<std::int16_t>(n))));
            case 0xd2: return number(4, n) && finish(Value(static_cast<std::int64_t>(static_cast<std::int32_t>(n))));
            case 0xd3: return number(8, n) && finish(Value(static_cast<std::int64_t>(n)));
            case 0xdc: return number(2, n) && open(n, false);
            case 0xdd: return number(4, n) && open(n, false);
            case 0xde: return number(2, n) && open(n, true);
            case 0xdf: return number(4, n) && open(n, true);
            case 0xc8: return number(2, n) && big_integer(n);
            default: return false;
        }
    }

    std::string_view bytes_;
    std::size_t at_ = 0;
    SaxBuilder builder_;
    std::vector<Pending> pending_;
};

void append_at(std::string& out, const Value& value, int depth) {
    if (depth > 120) throw base::Failure(base::Kind::limit, "the value is nested too deeply to be sent");
    if (out.size() > (std::size_t(256) << 20)) throw base::Failure(base::Kind::limit, "the value is too large to be sent");
    switch (value.type()) {
        case Type::none: case Type::undefined: out += '\xc0'; break;
        case Type::boolean: out += value.boolean() ? '\xc3' : '\xc2'; break;
        case Type::integer: put_int(out, value.integer()); break;
        case Type::real: put(out, 0xcb, std::bit_cast<std::uint64_t>(value.real()), 8); break;
        case Type::string:
            put_size(out, value.string().size(), 0xa0, 32, 0xd9, 0xda);
            out += value.string();
            break;
        case Type::list: case Type::tuple:
            put_size(out, value.list().size(), 0x90, 16, 0, 0xdc);
            for (const Value& item : value.list()) append_at(out, item, depth + 1);
            break;
        case Type::map:
            put_size(out, value.map().size(), 0x80, 16, 0, 0xde);
            for (const auto& [key, item] : value.map()) { append_at(out, key.is_sequence() ? Value(str(key)) : key, depth + 1); append_at(out, item, depth + 1); }
            break;
        case Type::object:
            if (value.object_as<BigInteger>() && value.object()->str().size() < 65536) {   // an extension of ours, type 1: the digits
                const std::string digits = value.object()->str();
                put(out, 0xc8, digits.size(), 2);
                out += '\1';
                out += digits;
            } else if (auto items = value.object()->items()) append_at(out, Value(std::move(*items)), depth + 1);
            else append_at(out, Value(value.object()->str()), depth + 1);
            break;
    }
}

}  // namespace

void append_msgpack(std::string& out, const Value& value) { append_at(out, value, 0); }

base::Result<Value> read_msgpack(std::string_view bytes) { return Reader(bytes).read(); }

}  // namespace fprov::values
