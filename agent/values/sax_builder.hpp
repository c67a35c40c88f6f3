// SPDX-License-Identifier: Apache-2.0
// Builds a value from a stream of "open, key, value, close" events, with limits of depth and number. Shared by the JSON and MessagePack readers.
#pragma once
#include <utility>
#include <vector>

#include "values/value.hpp"

namespace fprov::values {

class SaxBuilder {
public:
    explicit SaxBuilder(int deepest) : deepest_(deepest) {}
    bool add(Value value) {
        if (++count_ > most) { limit_ = "holds too many values"; return false; }
        if (stack_.empty()) { root_ = std::move(value); complete_ = true; return true; }
        Open& top = stack_.back();
        if (top.is_map) top.map.set(std::move(top.key), std::move(value));
        else top.list.push_back(std::move(value));
        return true;
    }
    void key(Value key) { stack_.back().key = std::move(key); }
    bool open_map() { return push(true); }
    bool open_list() { return push(false); }
    bool close() {
        Value made = stack_.back().is_map ? Value(std::move(stack_.back().map)) : Value(std::move(stack_.back().list));
        stack_.pop_back();
        return add(std::move(made));
    }
    bool complete() const { return complete_ && stack_.empty(); }
    const char* limit() const { return limit_; }      // which limit was reached, for "the text …"; null: none
    Value take() { return std::move(root_); }

private:
    struct Open { bool is_map = false; Map map{}; List list{}; Value key{}; };
    bool push(bool is_map) {
        if (static_cast<int>(stack_.size()) >= deepest_) { limit_ = "is nested too deeply"; return false; }
        stack_.emplace_back();
        stack_.back().is_map = is_map;
        return true;
    }
    int deepest_;
    std::vector<Open> stack_;
    Value root_;
    static constexpr std::size_t most = 5'000'000;    // a byte of text becomes a value of fifty
    std::size_t count_ = 0;
    const char* limit_ = nullptr;
    bool complete_ = false;
};

}  // namespace fprov::values
