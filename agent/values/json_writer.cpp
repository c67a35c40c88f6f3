// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/error.hpp"
#include "base/text.hpp"
#include "values/big_integer.hpp"
#include "values/json.hpp"
#include "values/python.hpp"

namespace fprov::values {
namespace {

void append_text(std::string& out, std::string_view text, bool ascii) {
    out += '"';
    char buffer[16];
    for (std::size_t at = 0; at < text.size();) {
        std::size_t begin = at;
        char32_t c = base::next_code_point(text, at);
        switch (c) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            case '\b': out += "\\b"; break;
            case '\f': out += "\\f"; break;
            default:
                // Bytes that are no UTF-8 are always escaped (as lone surrogates, like Python), so that the JSON stays valid.
                if (c < 0x20 || (c >= 0xdc80 && c <= 0xdcff) || (ascii && (c >= 0x80 && c < 0x10000))) {
                    std::snprintf(buffer, sizeof buffer, "\\u%04x", static_cast<unsigned>(c));
                    out += buffer;
                } else if (ascii && c >= 0x10000) {
                    std::snprintf(buffer, sizeof buffer, "\\u%04x\\u%04x", 0xd800u + ((static_cast<unsigned>(c) - 0x10000u) >> 10),
                                  0xdc00u + ((static_cast<unsigned>(c) - 0x10000u) & 0x3ffu));
                    out += buffer;
                } else {
                    out.append(text.substr(begin, at - begin));
                }
        }
    }
    out += '"';
}

class Writer {
public:
    Writer(std::string& out, const JsonStyle& style) : out_(out), style_(style) {}

    void write(const Value& value, int depth) {
        if (depth > 400) throw base::Failure(base::Kind::limit, "maximum recursion depth exceeded");
        if (out_.size() > largest) throw base::Failure(base::Kind::limit, "the value is larger than " + std::to_string(largest >> 20) + " MiB as JSON");
        switch (value.type()) {
            case Type::none: out_ += "null"; break;
            case Type::boolean: out_ += value.boolean() ? "true" : "false"; break;
            case Type::integer: out_ += std::to_string(value.integer()); break;
            case Type::real:
                out_ += std::isnan(value.real()) ? "NaN" : std::isinf(value.real()) ? (value.real() < 0 ? "-Infinity" : "Infinity") : repr_float(value.real());
                break;
            case Type::string: append_text(out_, value.string(), style_.ensure_ascii); break;
            case Type::list: case Type::tuple: list(value.list(), depth); break;
            case Type::map: map(value.map(), depth); break;
            case Type::undefined: {
                const auto& info = value.undefined_info();
                throw base::Failure(base::Kind::undefined, info.message, info.place, info.hint);
            }
            case Type::object:
                if (value.object_as<BigInteger>()) out_ += value.object()->str();
                else if (auto items = value.object()->items()) list(*items, depth);
                else append_text(out_, value.object()->str(), style_.ensure_ascii);
                break;
        }
    }

private:
    static constexpr std::size_t largest = std::size_t(256) << 20;   // a value that shares its parts may stand for a text without end

    void line(int depth) {
        if (style_.indent < 0) return;
        out_ += '\n';
        out_.append(static_cast<std::size_t>(depth * style_.indent), ' ');
    }
    void comma(int depth) {
        if (!style_.item_separator.empty()) out_ += style_.item_separator;
        else out_ += style_.indent >= 0 || style_.compact ? "," : ", ";
        line(depth);
    }
    void list(const List& items, int depth) {
        if (items.empty()) { out_ += "[]"; return; }
        out_ += '[';
        line(depth + 1);
        for (std::size_t i = 0; i < items.size(); ++i) {
            if (i) comma(depth + 1);
            write(items[i], depth + 1);
        }
        line(depth);
        out_ += ']';
    }
    static std::string key_text(const Value& key) {
        switch (key.type()) {
            case Type::none: return "null";
            case Type::boolean: return key.boolean() ? "true" : "false";
            default: return str(key);
        }
    }
    void map(const Map& map, int depth) {
        if (map.empty()) { out_ += "{}"; return; }
        std::vector<const Map::Entry*> entries;
        entries.reserve(map.size());
        for (const auto& entry : map) entries.push_back(&entry);
        if (style_.sort_keys)
            std::stable_sort(entries.begin(), entries.end(), [](auto* a, auto* b) {
                if (a->key.is_string() && b->key.is_string()) return a->key.string() < b->key.string();
                return compare(a->key, b->key) < 0;
            });
        out_ += '{';
        line(depth + 1);
        bool first = true;
        for (const auto* entry : entries) {
            if (!first) comma(depth + 1);
            first = false;
            append_text(out_, key_text(entry->key), style_.ensure_ascii);
            if (!style_.key_separator.empty()) out_ += style_.key_separator;
            else out_ += style_.compact && style_.indent < 0 ? ":" : ": ";
            write(entry->value, depth + 1);
        }
        line(depth);
        out_ += '}';
    }
    std::string& out_;
    const JsonStyle& style_;
};

}  // namespace

std::string write_json(const Value& value, const JsonStyle& style) {
    std::string out;
    Writer(out, style).write(value, 0);
    return out;
}

}  // namespace fprov::values
