// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <functional>

#include "base/error.hpp"
#include "values/python.hpp"
#include "values/value.hpp"

namespace fprov::values {
namespace {

constexpr std::size_t none = static_cast<std::size_t>(-1);
constexpr std::size_t indexed_from = 12;   // smaller maps are searched in order

bool same_key(const Value& a, const Value& b) {
    if (a.is_string() && b.is_string()) return a.string() == b.string();
    return equal(a, b);
}

std::size_t hash_at(const Value& value, int depth) {
    switch (value.type()) {
        case Type::boolean: return std::hash<double>{}(value.boolean() ? 1.0 : 0.0);
        case Type::integer: return std::hash<double>{}(static_cast<double>(value.integer()));
        case Type::real: return std::hash<double>{}(value.real());
        case Type::string: return std::hash<std::string_view>{}(value.string());
        case Type::tuple: {
            std::size_t h = 7;
            if (depth < 50)   // deeper ones are told apart by comparing
                for (const Value& item : value.list()) h = h * 31 + hash_at(item, depth + 1);
            return h;
        }
        case Type::list: case Type::map:
            throw base::Failure(base::Kind::type, "unhashable type: '" + type_name(value) + "'");
        case Type::object: return std::hash<std::string>{}(value.object()->str());
        default: return 11;
    }
}

}  // namespace

std::size_t hash(const Value& value) { return hash_at(value, 0); }

Map::Map(std::initializer_list<std::pair<std::string_view, Value>> entries) {
    for (const auto& [key, value] : entries) set(key, value);
}

std::size_t Map::locate_text(std::string_view key) const {
    if (slots_.empty()) {
        for (std::size_t i = 0; i < entries_.size(); ++i)
            if (entries_[i].key.is_string() && entries_[i].key.string() == key) return i;
        return none;
    }
    std::size_t mask = slots_.size() - 1;
    for (std::size_t at = std::hash<std::string_view>{}(key) & mask; slots_[at]; at = (at + 1) & mask) {
        const Value& other = entries_[slots_[at] - 1].key;
        if (other.is_string() && other.string() == key) return slots_[at] - 1;
    }
    return none;
}

std::size_t Map::locate(const Value& key, std::size_t h) const {
    if (slots_.empty()) {
        for (std::size_t i = 0; i < entries_.size(); ++i) if (same_key(entries_[i].key, key)) return i;
        return none;
    }
    std::size_t mask = slots_.size() - 1;
    for (std::size_t at = h & mask; slots_[at]; at = (at + 1) & mask)
        if (same_key(entries_[slots_[at] - 1].key, key)) return slots_[at] - 1;
    return none;
}

void Map::rebuild() {
    slots_.clear();
    if (entries_.size() < indexed_from) return;
    std::size_t size = 32;
    while (size < entries_.size() * 2) size *= 2;
    slots_.assign(size, 0);
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        std::size_t at = hash(entries_[i].key) & (size - 1);
        while (slots_[at]) at = (at + 1) & (size - 1);
        slots_[at] = static_cast<std::uint32_t>(i + 1);
    }
}

void Map::index_last() {
    if (slots_.size() < entries_.size() * 2) return rebuild();
    std::size_t mask = slots_.size() - 1, at = hash(entries_.back().key) & mask;
    while (slots_[at]) at = (at + 1) & mask;
    slots_[at] = static_cast<std::uint32_t>(entries_.size());
}

const Value* Map::find(std::string_view key) const {
    auto i = locate_text(key);
    return i == none ? nullptr : &entries_[i].value;
}
const Value* Map::find_value(const Value& key) const {
    if (key.is_string()) return find(std::string_view(key.string()));
    auto i = locate(key, hash(key));
    return i == none ? nullptr : &entries_[i].value;
}
Value* Map::find(std::string_view key) { return const_cast<Value*>(std::as_const(*this).find(key)); }

void Map::set(std::string_view key, Value value) {
    auto i = locate_text(key);
    if (i != none) { entries_[i].value = std::move(value); return; }
    entries_.push_back({Value(key), std::move(value)});
    if (entries_.size() >= indexed_from) index_last();
}

void Map::set_value(Value key, Value value) {
    auto i = key.is_string() ? locate_text(key.string()) : locate(key, hash(key));
    if (i != none) { entries_[i].value = std::move(value); return; }
    entries_.push_back({std::move(key), std::move(value)});
    if (entries_.size() >= indexed_from) index_last();
}

bool Map::erase(std::string_view key) { return erase_value(Value(key)); }

bool Map::erase_value(const Value& key) {
    auto i = key.is_string() ? locate_text(key.string()) : locate(key, hash(key));
    if (i == none) return false;
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(i));
    rebuild();
    return true;
}

Value& Map::operator[](std::string_view key) {
    auto i = locate_text(key);
    if (i != none) return entries_[i].value;
    entries_.push_back({Value(key), Value()});
    if (entries_.size() >= indexed_from) index_last();
    return entries_.back().value;
}

}  // namespace fprov::values
