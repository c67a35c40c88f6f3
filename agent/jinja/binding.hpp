// SPDX-License-Identifier: Apache-2.0
// Signatures of filters, tests, globals and methods: read once when a row is registered, then bound at every call.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "jinja/callable.hpp"

namespace fprov::jinja {

class Signature {
public:
    /// "value, attribute=None, *args, **kwargs". Throws Failure for a text it cannot read (a mistake in a table).
    explicit Signature(std::string_view text);
    /// Puts arguments in their places. `name` is for the messages: "batch() missing 1 required positional argument: 'linecount'".
    /// `first` goes before the positional ones (the filtered value). Undefined arguments fail unless `takes_undefined`.
    Call bind(Context& context, Place place, std::string_view name, Value first, bool has_first, CallArguments& arguments,
              bool takes_undefined) const;

private:
    struct Parameter { std::string name; Value otherwise; bool required = true; };
    std::vector<Parameter> parameters_;
    bool rest_ = false, keywords_ = false;
};

template <class Row>
struct Bound {
    explicit Bound(const Row& r) : row(r), signature(r.signature) {}
    Row row;
    Signature signature;
};
using BoundFilter = Bound<Filter>;
using BoundTest = Bound<Test>;
using BoundGlobal = Bound<Global>;

}  // namespace fprov::jinja
