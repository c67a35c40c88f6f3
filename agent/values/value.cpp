// SPDX-License-Identifier: Apache-2.0
#include "values/value.hpp"

#include "base/error.hpp"

namespace fprov::values {

std::optional<Value> Object::attribute(std::string_view) const { return std::nullopt; }
std::optional<Value> Object::item(const Value&) const { return std::nullopt; }
bool Object::set_attribute(std::string_view, Value) { return false; }
std::optional<Value> Object::arithmetic(std::string_view, const Value&, bool) const { return std::nullopt; }
std::optional<List> Object::items() const { return std::nullopt; }
Value Object::call(CallArguments&) { throw base::Failure(base::Kind::type, "'" + type_name() + "' object is not callable"); }

Value::Value(Map map) : data_(std::make_shared<Map>(std::move(map))) {}

Value Value::tuple(List list) {
    Value value;
    value.data_ = Tuple{std::make_shared<List>(std::move(list))};
    return value;
}

Value Value::strings(const std::vector<std::string>& texts) {
    List list;
    list.reserve(texts.size());
    for (const auto& text : texts) list.emplace_back(text);
    return Value(std::move(list));
}

Value Value::undefined(std::string name, std::string message, Place place, std::string hint) {
    return Value(std::make_shared<const Undefined>(Undefined{std::move(name), std::move(message), place, std::move(hint)}));
}

Type Value::type() const {
    constexpr Type types[] = {Type::none, Type::boolean, Type::integer, Type::real, Type::string,
                              Type::list, Type::tuple, Type::map, Type::undefined, Type::object};
    return types[data_.index()];
}

const List& Value::list() const { return is_tuple() ? *std::get<Tuple>(data_).list : *std::get<std::shared_ptr<List>>(data_); }
List& Value::mutable_list() { return *std::get<std::shared_ptr<List>>(data_); }
const Map& Value::map() const { return *std::get<std::shared_ptr<Map>>(data_); }
Map& Value::mutable_map() { return *std::get<std::shared_ptr<Map>>(data_); }

const void* Value::identity() const {
    if (is_sequence()) return &list();
    if (is_map()) return &map();
    if (is_object()) return object().get();
    return nullptr;
}

const Value* Value::find(std::string_view key) const { return is_map() ? map().find(key) : nullptr; }
std::string Value::text_or(std::string_view other) const { return is_string() ? string() : std::string(other); }
std::int64_t Value::int_or(std::int64_t other) const { return is_int() ? integer() : other; }
bool Value::bool_or(bool other) const { return is_bool() ? boolean() : other; }

bool Value::truthy() const {
    switch (type()) {
        case Type::none: case Type::undefined: return false;
        case Type::boolean: return boolean();
        case Type::integer: return integer() != 0;
        case Type::real: return real() != 0;
        case Type::string: return !string().empty();
        case Type::list: case Type::tuple: return !list().empty();
        case Type::map: return !map().empty();
        case Type::object: return object()->truthy();
    }
    return false;
}

namespace {

constexpr int deepest = 1000;                    // nesting of values that copies follow
constexpr std::size_t most_copies = 10'000'000;   // a value that shares its parts grows when it is copied

void check_copy(int depth, std::size_t& count) {
    if (depth > deepest) throw base::Failure(base::Kind::limit, "a value is nested too deeply");
    if (++count > most_copies) throw base::Failure(base::Kind::limit, "a value has too many parts to be copied");
}

Value deep_copy_at(const Value& value, int depth, std::size_t& count) {
    check_copy(depth, count);
    if (value.is_sequence()) {
        List copy;
        copy.reserve(value.list().size());
        for (const Value& item : value.list()) copy.push_back(deep_copy_at(item, depth + 1, count));
        Value result = value.is_tuple() ? Value::tuple(std::move(copy)) : Value(std::move(copy));
        return result.set_origin(value.origin()).set_trust(value.trust());
    }
    if (value.is_map()) {
        Map copy;
        for (const auto& [key, item] : value.map()) copy.set(key, deep_copy_at(item, depth + 1, count));
        return Value(std::move(copy)).set_origin(value.origin()).set_trust(value.trust());
    }
    return value;
}

Value as_data_at(const Value& value, int depth, std::size_t& count) {
    check_copy(depth, count);
    Value result = value.is_sequence() || value.is_map() ? Value() : value;
    if (value.is_sequence()) {
        List copy;
        copy.reserve(value.list().size());
        for (const Value& item : value.list()) copy.push_back(as_data_at(item, depth + 1, count));
        result = value.is_tuple() ? Value::tuple(std::move(copy)) : Value(std::move(copy));
    } else if (value.is_map()) {
        Map copy;
        for (const auto& [key, item] : value.map()) copy.set(as_data_at(key, depth + 1, count), as_data_at(item, depth + 1, count));
        result = Value(std::move(copy));
    }
    return result.set_origin(value.origin()).set_trust(Trust::data_only);
}

}  // namespace

Value deep_copy(const Value& value) {
    std::size_t count = 0;
    return deep_copy_at(value, 0, count);
}
Value as_data(const Value& value) {
    std::size_t count = 0;
    return as_data_at(value, 0, count);
}

// A list of a list of a list… would end the program when it is dropped: below some levels, values wait for the outermost one.
void Value::release() noexcept {
    constexpr int levels = 100;
    thread_local int depth = 0;
    thread_local std::vector<Data>* waiting = nullptr;
    if (depth >= levels) {
        if (!waiting) waiting = new std::vector<Data>;
        waiting->push_back(std::move(data_));
        data_ = {};
        return;
    }
    ++depth;
    data_ = {};
    --depth;
    if (depth || !waiting) return;
    while (!waiting->empty()) {
        Data next = std::move(waiting->back());
        waiting->pop_back();
        ++depth;
        next = {};
        --depth;
    }
    delete waiting;
    waiting = nullptr;
}

}  // namespace fprov::values
