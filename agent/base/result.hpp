// SPDX-License-Identifier: Apache-2.0
// A value or an Error, for calls where the world may say no and the caller decides.
#pragma once
#include <utility>
#include <variant>

#include "base/error.hpp"

namespace fprov::base {

struct Done {};  // success without a value

template <class T>
class [[nodiscard]] Result {
public:
    Result(T value) : data_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : data_(std::in_place_index<1>, std::move(error)) {}
    explicit operator bool() const { return data_.index() == 0; }
    bool ok() const { return data_.index() == 0; }
    T& operator*() { return value(); }
    const T& operator*() const { return value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }
    /// The value; throws Failure with the error otherwise.
    T& value() { if (!ok()) throw Failure(std::get<1>(data_)); return std::get<0>(data_); }
    const T& value() const { if (!ok()) throw Failure(std::get<1>(data_)); return std::get<0>(data_); }
    T value_or(T other) const { return ok() ? std::get<0>(data_) : std::move(other); }
    const Error& error() const { return std::get<1>(data_); }
    Error& error() { return std::get<1>(data_); }

private:
    std::variant<T, Error> data_;
};

}  // namespace fprov::base
