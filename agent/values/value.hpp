// SPDX-License-Identifier: Apache-2.0
// The one value type: what YAML holds, Jinja computes, modules take and give. Python's semantics.
// Lists and maps are shared by reference, as in Python. Convention: who stores a value never changes it in place;
// only Jinja's mutating methods do, on containers that the template engine has copied for them.
#pragma once
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/place.hpp"

namespace fprov::values {

using base::Place;

class Value;
class Map;
using List = std::vector<Value>;

/// May this text be compiled as a template? Only what a user wrote may (template_ok); what came from hosts, lookups or
/// !unsafe is data_only and stays so through every filter, concatenation and assignment.
enum class Trust : std::uint8_t { template_ok, data_only };

enum class Type : std::uint8_t { none, boolean, integer, real, string, list, tuple, map, undefined, object };

/// A name that has no value. Attribute access on it gives another one; printing or comparing it is an error.
struct Undefined {
    std::string name;      // what the template asked for
    std::string message;   // "'x' is undefined", "'dict object' has no attribute 'y'"
    Place place{};         // where it was asked
    std::string hint{};
    bool lenient = false;  // the missing else of `x if y`: prints as nothing, false, empty; only using it further is an error
};

struct CallArguments {
    std::vector<Value> positional;
    std::vector<std::pair<std::string, Value>> named;
};

/// Values with behaviour: dates, ranges, macros, loop, namespace, omit, encrypted texts, lookups...
class Object {
public:
    virtual ~Object() = default;
    virtual std::string type_name() const = 0;                                        // Python's name: "datetime", "range"
    virtual std::string str() const = 0;                                              // what {{ x }} prints
    virtual std::string repr() const { return str(); }                                // inside a list
    virtual bool truthy() const { return true; }
    virtual std::optional<Value> attribute(std::string_view) const;                   // x.name
    virtual std::optional<Value> item(const Value&) const;                            // x[key]
    virtual bool set_attribute(std::string_view, Value);                              // {% set ns.name = … %}
    virtual std::optional<List> items() const;                                        // iteration; nothing = not iterable
    virtual std::optional<std::int64_t> length() const { return std::nullopt; }
    virtual bool callable() const { return false; }
    virtual Value call(CallArguments&);                                               // throws Failure when not callable
    virtual std::optional<int> compare(const Value&) const { return std::nullopt; }   // <0, 0, >0; nothing = not comparable
    /// `this op other`, or `other op this` when reflected; op is Python's ("+", "-", "//"…); nothing = not supported.
    virtual std::optional<Value> arithmetic(std::string_view op, const Value& other, bool reflected) const;
};

struct Tuple { std::shared_ptr<List> list; };

class Value {
public:
    using Data = std::variant<std::monostate, bool, std::int64_t, double, std::string, std::shared_ptr<List>, Tuple,
                              std::shared_ptr<Map>, std::shared_ptr<const Undefined>, std::shared_ptr<Object>>;

    Value() = default;   // none
    Value(const Value&) = default;
    Value(Value&&) noexcept = default;
    Value& operator=(const Value&) = default;
    Value& operator=(Value&&) noexcept = default;
    ~Value() { if (data_.index() >= 5) release(); }   // what holds other values is given back without deep recursion
    Value(std::nullptr_t) {}
    Value(bool flag) : data_(flag) {}
    Value(int number) : data_(std::int64_t{number}) {}
    Value(unsigned number) : data_(std::int64_t{number}) {}
    Value(long number) : data_(std::int64_t{number}) {}
    Value(long long number) : data_(std::int64_t{number}) {}
    Value(unsigned long number) : data_(static_cast<std::int64_t>(number)) {}
    Value(unsigned long long number) : data_(static_cast<std::int64_t>(number)) {}
    Value(double number) : data_(number) {}
    Value(const char* text) : data_(std::string(text)) {}
    Value(std::string_view text) : data_(std::string(text)) {}
    Value(std::string text, Trust trust = Trust::data_only, Place origin = {})
        : data_(std::move(text)), origin_(origin), trust_(trust) {}
    Value(List list) : data_(std::make_shared<List>(std::move(list))) {}
    Value(std::shared_ptr<List> list) : data_(std::move(list)) {}
    Value(Map map);
    Value(std::shared_ptr<Map> map) : data_(std::move(map)) {}
    Value(std::shared_ptr<const Undefined> u) : data_(std::move(u)) {}
    Value(std::shared_ptr<Object> object) : data_(std::move(object)) {}
    static Value tuple(List list);
    static Value strings(const std::vector<std::string>& texts);
    static Value undefined(std::string name, std::string message, Place place = {}, std::string hint = {});

    Type type() const;
    bool is_none() const { return data_.index() == 0; }
    bool is_bool() const { return data_.index() == 1; }
    bool is_int() const { return data_.index() == 2; }
    bool is_real() const { return data_.index() == 3; }
    bool is_number() const { return is_int() || is_real(); }
    bool is_string() const { return data_.index() == 4; }
    bool is_list() const { return data_.index() == 5; }
    bool is_tuple() const { return data_.index() == 6; }
    bool is_sequence() const { return is_list() || is_tuple(); }   // strings not included
    bool is_map() const { return data_.index() == 7; }
    bool is_undefined() const { return data_.index() == 8; }
    bool is_object() const { return data_.index() == 9; }

    // Unchecked accessors: the caller has asked the type (std::bad_variant_access otherwise).
    bool boolean() const { return std::get<bool>(data_); }
    std::int64_t integer() const { return std::get<std::int64_t>(data_); }
    double real() const { return std::get<double>(data_); }
    const std::string& string() const { return std::get<std::string>(data_); }
    const List& list() const;            // list or tuple
    List& mutable_list();
    const Map& map() const;
    Map& mutable_map();
    const Undefined& undefined_info() const { return *std::get<std::shared_ptr<const Undefined>>(data_); }
    const std::shared_ptr<Object>& object() const { return std::get<std::shared_ptr<Object>>(data_); }
    template <class T> std::shared_ptr<T> object_as() const {
        return is_object() ? std::dynamic_pointer_cast<T>(object()) : nullptr;
    }
    const void* identity() const;        // address of a container or object; null for plain values

    // Convenience for callers that know the shape loosely.
    const Value* find(std::string_view key) const;                       // in a map; null otherwise
    std::string text_or(std::string_view other) const;                   // string content or `other`
    std::int64_t int_or(std::int64_t other) const;
    bool bool_or(bool other) const;

    Place origin() const { return origin_; }
    Trust trust() const { return trust_; }
    Value& set_origin(Place place) { origin_ = place; return *this; }
    Value& set_trust(Trust trust) { trust_ = trust; return *this; }
    /// Text that is never read back as a literal: what to_json, to_yaml and string gave, as long as nothing is done with it.
    bool keeps_text() const { return keeps_text_; }
    Value& set_keeps_text(bool keeps = true) { keeps_text_ = keeps; return *this; }
    /// Text as it stands in a YAML file of the user (Ansible's AnsibleUnicode), as long as nothing is done with it.
    bool as_written() const { return as_written_; }
    Value& set_as_written(bool written = true) { as_written_ = written; return *this; }
    bool truthy() const;                 // Python's bool(); undefined is false

private:
    void release() noexcept;
    Data data_;
    Place origin_{};
    Trust trust_ = Trust::data_only;     // matters for strings (and encrypted objects)
    bool keeps_text_ = false;
    bool as_written_ = false;
};

/// Insertion-ordered map. Keys are values (strings nearly always) with Python's equality: 1 == True == 1.0.
class Map {
public:
    struct Entry { Value key; Value value; };
    Map() = default;
    Map(std::initializer_list<std::pair<std::string_view, Value>> entries);

    std::size_t size() const { return entries_.size(); }
    bool empty() const { return entries_.empty(); }
    auto begin() const { return entries_.begin(); }
    auto end() const { return entries_.end(); }
    auto begin() { return entries_.begin(); }   // change values only, never keys
    auto end() { return entries_.end(); }
    const Value* find(std::string_view key) const;
    Value* find(std::string_view key);
    // Keys of any type; templates so that a literal text picks the overload above.
    template <std::same_as<Value> T> const Value* find(const T& key) const { return find_value(key); }
    template <std::same_as<Value> T> Value* find(const T& key) { return const_cast<Value*>(find_value(key)); }
    bool contains(std::string_view key) const { return find(key) != nullptr; }
    /// Sets or replaces; a replaced key keeps its position (as in Python) and its first spelling.
    void set(std::string_view key, Value value);
    template <std::same_as<Value> T> void set(T key, Value value) { set_value(std::move(key), std::move(value)); }
    bool erase(std::string_view key);
    template <std::same_as<Value> T> bool erase(const T& key) { return erase_value(key); }
    void clear() { entries_.clear(); slots_.clear(); }
    Value& operator[](std::string_view key);   // inserts none when missing

private:
    const Value* find_value(const Value& key) const;
    void set_value(Value key, Value value);
    bool erase_value(const Value& key);
    std::size_t locate(const Value& key, std::size_t hash) const;
    std::size_t locate_text(std::string_view key) const;
    void index_last();
    void rebuild();
    std::vector<Entry> entries_;
    std::vector<std::uint32_t> slots_;   // open addressing, entry number + 1; empty for small maps
};

std::size_t hash(const Value& value);      // Python-equal keys have equal hashes

/// Deep copy of lists and maps (plain values and objects are shared).
Value deep_copy(const Value& value);
/// Marks every string below as data_only (copies containers that change). What comes from a host goes through this.
Value as_data(const Value& value);

}  // namespace fprov::values
