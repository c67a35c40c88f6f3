// SPDX-License-Identifier: Apache-2.0
// nlohmann-json's SAX interface fills our values: key order and big texts stay as they are.
#include <nlohmann/json.hpp>

#include <cmath>

#include "values/json.hpp"
#include "values/msgpack.hpp"
#include "values/sax_builder.hpp"

namespace fprov::values {
namespace {

class Handler : public nlohmann::json_sax<nlohmann::json> {
public:
    explicit Handler(int deepest) : builder_(deepest) {}
    bool null() override { return builder_.add(Value()); }
    bool boolean(bool flag) override { return builder_.add(Value(flag)); }
    bool number_integer(number_integer_t number) override { return builder_.add(Value(static_cast<std::int64_t>(number))); }
    bool number_unsigned(number_unsigned_t number) override {
        if (number <= static_cast<number_unsigned_t>(INT64_MAX)) return builder_.add(Value(static_cast<std::int64_t>(number)));
        return builder_.add(Value(static_cast<double>(number)));
    }
    bool number_float(number_float_t number, const string_t&) override { return builder_.add(Value(number)); }
    bool string(string_t& text) override { return builder_.add(Value(std::move(text))); }
    bool binary(binary_t& bytes) override { return builder_.add(Value(std::string(bytes.begin(), bytes.end()))); }
    bool start_object(std::size_t) override { return builder_.open_map(); }
    bool key(string_t& text) override { builder_.key(Value(std::move(text))); return true; }
    bool end_object() override { return builder_.close(); }
    bool start_array(std::size_t) override { return builder_.open_list(); }
    bool end_array() override { return builder_.close(); }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) override {
        std::string text = error.what();
        auto at = text.find("] ");
        error_ = at == std::string::npos ? text : text.substr(at + 2);
        position_ = position;
        return false;
    }
    base::Result<Value> finish(bool ok, const char* what) {
        if (ok && builder_.complete()) return builder_.take();
        if (builder_.limit()) return base::Error{base::Kind::limit, std::string(what) + " " + builder_.limit()};
        return base::Error{base::Kind::parse, error_.empty() ? std::string(what) + " is incomplete" : error_};
    }

private:
    SaxBuilder builder_;
    std::string error_;
    std::size_t position_ = 0;
};

}  // namespace

base::Result<Value> read_json(std::string_view text) {
    Handler handler(512);
    bool ok = nlohmann::json::sax_parse(text.begin(), text.end(), &handler, nlohmann::json::input_format_t::json, true);
    return handler.finish(ok, "the JSON text");
}

}  // namespace fprov::values
