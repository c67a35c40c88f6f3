// SPDX-License-Identifier: Apache-2.0
// Builds a value from a stream of "open, key, value, close" events, with a depth limit. Shared by the JSON and MessagePack readers.
#pragma once
#include <utility>
#include <vector>

#include "values/value.hpp"

namespace fprov::values {

class SaxBuilder {
public:
    explicit SaxBuilder(int deepest) : deepest_(deepest) {}
    bool add(Value value) {
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
        Open top = std::move(stack_.back());
        stack_.pop_back();
        return add(top.is_map ? Value(std::move(top.map)) : Value(std::move(top.list)));
    }
    bool complete() const { return complete_ && stack_.empty(); }
    bool too_deep() const { return too_deep_; }
    Value take() { return std::move(root_); }

private:
    struct Open { bool is_map = false; Map map{}; List list{}; Value key{}; };
    bool push(bool is_map) {
        if (static_cast<int>(stack_.size()) >= deepest_) { too_deep_ = true; return false; }
        stack_.push_back(Open{is_map});
        return true;
    }
    int deepest_;
    std::vector<Open> stack_;
    Value root_;
    bool complete_ = false, too_deep_ = false;
};

}  // namespace fprov::values
