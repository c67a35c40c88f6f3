// SPDX-License-Identifier: Apache-2.0
// What one evaluation needs besides its scope: frames of names, running templates and their blocks, loaded templates.
#pragma once
#include <deque>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "jinja/template.hpp"

namespace fprov::jinja {

/// Names of one scope while it runs. Names are views into the tree.
struct Frame {
    Frame* parent = nullptr;
    const ast::Names* reads = nullptr;
    bool captured = false;    // a macro may come back to it: not to be reused
    bool isolated = false;    // an imported template: only globals behind it
    std::vector<std::pair<std::string_view, Value>> names;

    Value* find(std::string_view name) {
        for (auto& entry : names) if (entry.first == name) return &entry.second;
        return nullptr;
    }
    void set(std::string_view name, Value value) {
        if (Value* known = find(name)) *known = std::move(value);
        else names.emplace_back(name, std::move(value));
    }
};

/// A template that runs, together with the templates that it extends: they share names and blocks.
struct Instance {
    Frame* root = nullptr;
    std::unordered_map<std::string_view, std::vector<const ast::Block*>> blocks;   // most derived first
    std::shared_ptr<const Template> parent;    // after {% extends %}, until this template's own body has ended
    std::size_t output_kept = 0;               // text written before {% extends %}
    const Template* current = nullptr;
    std::weak_ptr<int> alive;                  // of the Runtime
};

class Runtime {
public:
    Frame* frame = nullptr;
    Instance* instance = nullptr;
    bool mutating = false;     // some template here changes containers in place: variables are copied when first read
    std::shared_ptr<int> alive = std::make_shared<int>(0);   // macros hold a weak reference: they must not outlive this
    std::vector<std::shared_ptr<const Template>> kept;
    std::deque<Instance> instances;
    std::unordered_map<std::string, std::shared_ptr<const Template>> loaded;
    std::uint64_t random_state = 0;

    Frame* acquire(Frame* parent, const ast::Names* reads) {
        Frame* result;
        if (free_.empty()) {
            result = &frames_.emplace_back();
        } else {
            result = free_.back();
            free_.pop_back();
        }
        result->parent = parent;
        result->reads = reads;
        result->isolated = false;
        return result;
    }
    void release(Frame* frame) {
        if (frame->captured) return;
        frame->names.clear();
        free_.push_back(frame);
    }

private:
    std::deque<Frame> frames_;
    std::vector<Frame*> free_;
};

/// A frame for the time of a C++ scope; becomes the current one.
class FrameScope {
public:
    FrameScope(Runtime& runtime, Frame* parent, const ast::Names* reads) : runtime_(runtime), before_(runtime.frame) {
        frame_ = runtime.acquire(parent, reads);
        runtime.frame = frame_;
    }
    ~FrameScope() {
        runtime_.frame = before_;
        runtime_.release(frame_);
    }
    FrameScope(const FrameScope&) = delete;
    Frame* operator->() { return frame_; }
    Frame* get() { return frame_; }
    /// An empty frame for the next round of a loop.
    void renew() {
        if (!frame_->captured) { frame_->names.clear(); return; }
        Frame* fresh = runtime_.acquire(frame_->parent, frame_->reads);
        frame_ = fresh;
        runtime_.frame = fresh;
    }

private:
    Runtime& runtime_;
    Frame* before_;
    Frame* frame_;
};

/// Puts a value back at the end of a C++ scope.
template <class T>
class Restore {
public:
    Restore(T& place, T value) : place_(place), before_(std::move(place)) { place_ = std::move(value); }
    ~Restore() { place_ = std::move(before_); }
    Restore(const Restore&) = delete;
private:
    T& place_;
    T before_;
};

/// Counts the depth of macro calls, includes and blocks against the limits.
class DepthGuard {
public:
    DepthGuard(Context& context, Place place, const char* what);
    ~DepthGuard() { --context_.depth; }
    DepthGuard(const DepthGuard&) = delete;
private:
    Context& context_;
};

}  // namespace fprov::jinja
