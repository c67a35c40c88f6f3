// SPDX-License-Identifier: Apache-2.0
#include "values/big_integer.hpp"

#include <charconv>
#include <cstdlib>

#include "base/error.hpp"

namespace fprov::values {

std::optional<int> BigInteger::compare(const Value& other) const {
    const int sign = digits_[0] == '-' ? -1 : 1;
    if (other.is_int() || other.is_bool()) return sign;   // those are all nearer to zero
    if (other.is_real()) {
        const double mine = std::strtod(digits_.c_str(), nullptr);
        return mine < other.real() ? -1 : mine > other.real() ? 1 : 0;
    }
    const auto* big = other.is_object() ? dynamic_cast<const BigInteger*>(other.object().get()) : nullptr;
    if (!big) return std::nullopt;
    if ((big->digits_[0] == '-' ? -1 : 1) != sign) return sign;
    if (digits_.size() != big->digits_.size()) return digits_.size() < big->digits_.size() ? -sign : sign;
    const int order = digits_.compare(big->digits_);
    return order == 0 ? 0 : order < 0 ? -sign : sign;
}

std::optional<Value> BigInteger::arithmetic(std::string_view, const Value& other, bool) const {
    if (!other.is_number() && !other.is_bool() && !(other.is_object() && other.object()->type_name() == "int")) return std::nullopt;
    throw base::Failure(base::Kind::limit, digits_ + " is too large to calculate with", {}, "integers are calculated with 64 bits; the filter 'float' gives an approximation");
}

Value whole_number(std::string_view digits) {
    const bool negative = digits.starts_with('-');
    std::string_view bare = digits.substr(negative);
    while (bare.size() > 1 && bare[0] == '0') bare.remove_prefix(1);
    std::string text = (negative ? "-" : "") + std::string(bare);
    std::int64_t number = 0;
    auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (wrong == std::errc() && end == text.data() + text.size()) return Value(number);
    return Value(std::shared_ptr<Object>(std::make_shared<BigInteger>(std::move(text))));
}

}  // namespace fprov::values
