// SPDX-License-Identifier: Apache-2.0
// A Pratt parser that builds closures: one per node of the expression. Projections are closures that apply their right side to
// every element; what stands right of a projection is parsed as part of it until a token binds weaker than 10.
#include "dialect/jmespath.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <unordered_map>

#include "base/error.hpp"
#include "base/text.hpp"
#include "values/json.hpp"
#include "values/python.hpp"

namespace fprov::dialect {
namespace {

using base::Failure;
using base::Kind;
using values::List;
using values::Map;
using values::Value;

using Node = std::function<Value(const Value&)>;

[[noreturn]] void bad(std::string what) { throw Failure(Kind::parse, std::move(what)); }
[[noreturn]] void wrong(std::string what) { throw Failure(Kind::type, std::move(what)); }

// ----------------------------------------------------------------------------------------------- tokens

enum class T : std::uint8_t {
    end, rbracket, rparen, comma, rbrace, colon, number, current, expref, literal, name, pipe, or_, and_,
    eq, ne, lt, le, gt, ge, flatten, star, filter, dot, not_, lbrace, lbracket, lparen,
};

int power(T type) {
    switch (type) {
        case T::pipe: return 1;
        case T::or_: return 2;
        case T::and_: return 3;
        case T::eq: case T::ne: case T::lt: case T::le: case T::gt: case T::ge: return 5;
        case T::flatten: return 9;
        case T::star: return 20;
        case T::filter: return 21;
        case T::dot: return 40;
        case T::not_: return 45;
        case T::lbrace: return 50;
        case T::lbracket: return 55;
        case T::lparen: return 60;
        default: return 0;
    }
}

struct Token {
    T type;
    Value value{};        // number, literal, name
    bool quoted = false;  // "a name in quotes" calls no function
    std::size_t at = 0;
};

std::vector<Token> tokens_of(std::string_view text) {
    std::vector<Token> tokens;
    std::size_t i = 0;
    auto word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
    auto until = [&](char quote) {   // content up to the closing quote; backslashes keep what follows
        std::string content;
        const std::size_t start = i++;
        while (i < text.size() && text[i] != quote) {
            if (text[i] == '\\' && i + 1 < text.size()) {
                if (text[i + 1] != quote || quote == '"') content += '\\';
                ++i;
            }
            content += text[i++];
        }
        if (i++ >= text.size()) bad("Bad jmespath expression: Unclosed " + std::string(1, quote) + " delimiter at column " + std::to_string(start));
        return content;
    };
    while (i < text.size()) {
        const std::size_t at = i;
        const char c = text[i];
        auto push = [&](T type, std::size_t length) { tokens.push_back({type, {}, false, at}); i += length; };
        auto next = [&](char wanted) { return i + 1 < text.size() && text[i + 1] == wanted; };
        if (std::isspace(static_cast<unsigned char>(c))) { ++i; continue; }
        if (std::isalpha(static_cast<unsigned char>(c)) || c == '_') {
            while (i < text.size() && word(text[i])) ++i;
            tokens.push_back({T::name, Value(text.substr(at, i - at)), false, at});
            continue;
        }
        if (std::isdigit(static_cast<unsigned char>(c)) || (c == '-' && i + 1 < text.size() && std::isdigit(static_cast<unsigned char>(text[i + 1])))) {
            ++i;
            while (i < text.size() && std::isdigit(static_cast<unsigned char>(text[i]))) ++i;
            tokens.push_back({T::number, Value(base::parse_int(text.substr(at, i - at)).value_or(0)), false, at});
            continue;
        }
        switch (c) {
            case '.': push(T::dot, 1); break;
            case '*': push(T::star, 1); break;
            case ']': push(T::rbracket, 1); break;
            case ',': push(T::comma, 1); break;
            case ':': push(T::colon, 1); break;
            case '@': push(T::current, 1); break;
            case '(': push(T::lparen, 1); break;
            case ')': push(T::rparen, 1); break;
            case '{': push(T::lbrace, 1); break;
            case '}': push(T::rbrace, 1); break;
            case '[': next(']') ? push(T::flatten, 2) : next('?') ? push(T::filter, 2) : push(T::lbracket, 1); break;
            case '|': next('|') ? push(T::or_, 2) : push(T::pipe, 1); break;
            case '&': next('&') ? push(T::and_, 2) : push(T::expref, 1); break;
            case '!': next('=') ? push(T::ne, 2) : push(T::not_, 1); break;
            case '<': next('=') ? push(T::le, 2) : push(T::lt, 1); break;
            case '>': next('=') ? push(T::ge, 2) : push(T::gt, 1); break;
            case '=':
                if (!next('=')) bad("Bad jmespath expression: Unknown token = at column " + std::to_string(at));
                push(T::eq, 2);
                break;
            case '\'': tokens.push_back({T::literal, Value(until('\'')), false, at}); break;
            case '"': {
                auto content = values::read_json("\"" + until('"') + "\"");
                if (!content) bad("Bad jmespath expression: " + content.error().what);
                tokens.push_back({T::name, *content, true, at});
                break;
            }
            case '`': {
                const auto content = until('`');
                auto value = values::read_json(content);
                tokens.push_back({T::literal, value ? *value : Value(std::string(base::trim(content))), false, at});   // the old form without quotes
                break;
            }
            default: bad("Bad jmespath expression: Unknown token " + std::string(1, c) + " at column " + std::to_string(at));
        }
    }
    tokens.push_back({T::end, {}, false, text.size()});
    return tokens;
}

// ----------------------------------------------------------------------------------------------- evaluation helpers

bool truth(const Value& value) {
    if (value.is_bool()) return value.boolean();
    if (value.is_none() || value.is_undefined()) return false;
    if (value.is_string()) return !value.string().empty();
    if (value.is_sequence()) return !value.list().empty();
    if (value.is_map()) return value.map().size() > 0;
    return true;   // numbers, 0 included
}

bool same(const Value& a, const Value& b) { return a.is_bool() == b.is_bool() && values::equal(a, b); }

Value field(const Value& value, const std::string& name) {
    const Value* found = value.is_map() ? value.map().find(name) : nullptr;
    return found ? *found : Value();
}

std::string type_of(const Value& value) {
    if (value.is_none()) return "null";
    if (value.is_bool()) return "boolean";
    if (value.is_number()) return "number";
    if (value.is_string()) return "string";
    if (value.is_sequence()) return "array";
    return "object";
}

Value project(const Value& list, const Node& right) {
    if (!list.is_sequence()) return {};
    List out;
    for (const auto& element : list.list())
        if (auto value = right(element); !value.is_none()) out.push_back(std::move(value));
    return Value(std::move(out));
}

Value slice(const Value& value, std::optional<std::int64_t> start, std::optional<std::int64_t> stop, std::int64_t step) {
    if (!value.is_sequence()) return {};
    const auto& list = value.list();
    const auto size = static_cast<std::int64_t>(list.size());
    auto bound = [&](std::optional<std::int64_t> given, std::int64_t otherwise) {
        if (!given) return otherwise;
        auto at = *given < 0 ? *given + size : *given;
        return step > 0 ? std::clamp<std::int64_t>(at, 0, size) : std::clamp<std::int64_t>(at, -1, size - 1);
    };
    List out;
    const auto from = bound(start, step > 0 ? 0 : size - 1), to = bound(stop, step > 0 ? size : -1);
    for (auto i = from; step > 0 ? i < to : i > to; i += step) out.push_back(list[static_cast<std::size_t>(i)]);
    return Value(std::move(out));
}

// ----------------------------------------------------------------------------------------------- functions

struct Argument { Value value; Node expression; };   // one of both
using Arguments = std::vector<Argument>;

const List& array(const Arguments& arguments, std::size_t i, const char* function) {
    if (!arguments[i].value.is_sequence()) wrong(std::string("In function ") + function + "(), invalid type for value: " + values::str(arguments[i].value) + ", expected one of: ['array'], received: \"" + type_of(arguments[i].value) + "\"");
    return arguments[i].value.list();
}
double number(const Value& value, const char* function) {
    if (!value.is_number()) wrong(std::string("In function ") + function + "(), invalid type for value: " + values::str(value) + ", expected one of: ['number'], received: \"" + type_of(value) + "\"");
    return value.is_int() ? static_cast<double>(value.integer()) : value.real();
}
const std::string& text(const Value& value, const char* function) {
    if (!value.is_string()) wrong(std::string("In function ") + function + "(), invalid type for value: " + values::str(value) + ", expected one of: ['string'], received: \"" + type_of(value) + "\"");
    return value.string();
}

Value sorted(List list, const Node* key) {
    std::stable_sort(list.begin(), list.end(), [&](const Value& a, const Value& b) {
        return values::compare(key ? (*key)(a) : a, key ? (*key)(b) : b) < 0;
    });
    return Value(std::move(list));
}
Value extreme(const List& list, const Node* key, int sign) {
    const Value* best = nullptr;
    Value best_key;
    for (const auto& element : list) {
        Value own = key ? (*key)(element) : element;
        if (!best || values::compare(own, best_key) * sign > 0) { best = &element; best_key = std::move(own); }
    }
    return best ? *best : Value();
}
const Node& expression(const Arguments& arguments, std::size_t i, const char* function) {
    if (!arguments[i].expression) wrong(std::string("In function ") + function + "(), an expression such as &name is needed");
    return arguments[i].expression;
}

struct Function { std::string_view name; int least, most; Value (*run)(const Arguments&); };
const Function functions[] = {
    {"abs", 1, 1, [](const Arguments& a) { return a[0].value.is_int() ? Value(std::abs(a[0].value.integer())) : Value(std::fabs(number(a[0].value, "abs"))); }},
    {"avg", 1, 1, [](const Arguments& a) {
         double total = 0;
         for (const auto& v : array(a, 0, "avg")) total += number(v, "avg");
         return a[0].value.list().empty() ? Value() : Value(total / static_cast<double>(a[0].value.list().size()));
     }},
    {"ceil", 1, 1, [](const Arguments& a) { return Value(static_cast<std::int64_t>(std::ceil(number(a[0].value, "ceil")))); }},
    {"contains", 2, 2, [](const Arguments& a) {
         if (a[0].value.is_string()) return Value(a[1].value.is_string() && a[0].value.string().find(a[1].value.string()) != std::string::npos);
         const auto& list = array(a, 0, "contains");
         return Value(std::any_of(list.begin(), list.end(), [&](const Value& v) { return same(v, a[1].value); }));
     }},
    {"ends_with", 2, 2, [](const Arguments& a) { return Value(text(a[0].value, "ends_with").ends_with(text(a[1].value, "ends_with"))); }},
    {"floor", 1, 1, [](const Arguments& a) { return Value(static_cast<std::int64_t>(std::floor(number(a[0].value, "floor")))); }},
    {"join", 2, 2, [](const Arguments& a) {
         std::vector<std::string> parts;
         for (const auto& v : array(a, 1, "join")) parts.push_back(text(v, "join"));
         return Value(base::join(parts, text(a[0].value, "join")));
     }},
    {"keys", 1, 1, [](const Arguments& a) {
         if (!a[0].value.is_map()) wrong("In function keys(), invalid type for value: " + values::str(a[0].value) + ", expected one of: ['object'], received: \"" + type_of(a[0].value) + "\"");
         List out;
         for (const auto& entry : a[0].value.map()) out.push_back(entry.key);
         return Value(std::move(out));
     }},
    {"length", 1, 1, [](const Arguments& a) {
         auto size = values::length(a[0].value);
         if (!size) wrong("In function length(), invalid type for value: " + values::str(a[0].value) + ", expected one of: ['string', 'array', 'object'], received: \"" + type_of(a[0].value) + "\"");
         return Value(*size);
     }},
    {"map", 2, 2, [](const Arguments& a) {
         List out;
         for (const auto& v : array(a, 1, "map")) out.push_back(expression(a, 0, "map")(v));
         return Value(std::move(out));
     }},
    {"max", 1, 1, [](const Arguments& a) { return extreme(array(a, 0, "max"), nullptr, 1); }},
    {"max_by", 2, 2, [](const Arguments& a) { return extreme(array(a, 0, "max_by"), &expression(a, 1, "max_by"), 1); }},
    {"merge", 1, 99, [](const Arguments& a) {
         Map out;
         for (const auto& one : a) {
             if (!one.value.is_map()) wrong("In function merge(), an object is needed");
             for (const auto& entry : one.value.map()) out.set(Value(entry.key), entry.value);
         }
         return Value(std::move(out));
     }},
    {"min", 1, 1, [](const Arguments& a) { return extreme(array(a, 0, "min"), nullptr, -1); }},
    {"min_by", 2, 2, [](const Arguments& a) { return extreme(array(a, 0, "min_by"), &expression(a, 1, "min_by"), -1); }},
    {"not_null", 1, 99, [](const Arguments& a) {
         for (const auto& one : a) if (!one.value.is_none()) return one.value;
         return Value();
     }},
    {"reverse", 1, 1, [](const Arguments& a) {
         if (a[0].value.is_string()) return Value(std::string(a[0].value.string().rbegin(), a[0].value.string().rend()));
         List list = array(a, 0, "reverse");
         std::reverse(list.begin(), list.end());
         return Value(std::move(list));
     }},
    {"sort", 1, 1, [](const Arguments& a) { return sorted(array(a, 0, "sort"), nullptr); }},
    {"sort_by", 2, 2, [](const Arguments& a) { return sorted(array(a, 0, "sort_by"), &expression(a, 1, "sort_by")); }},
    {"starts_with", 2, 2, [](const Arguments& a) { return Value(text(a[0].value, "starts_with").starts_with(text(a[1].value, "starts_with"))); }},
    {"sum", 1, 1, [](const Arguments& a) {
         double total = 0;
         bool whole = true;
         for (const auto& v : array(a, 0, "sum")) { total += number(v, "sum"); whole = whole && v.is_int(); }
         return whole ? Value(static_cast<std::int64_t>(total)) : Value(total);
     }},
    {"to_array", 1, 1, [](const Arguments& a) { return a[0].value.is_sequence() ? a[0].value : Value(List{a[0].value}); }},
    {"to_number", 1, 1, [](const Arguments& a) {
         if (a[0].value.is_number()) return a[0].value;
         if (!a[0].value.is_string()) return Value();
         if (auto whole = base::parse_int(a[0].value.string())) return Value(*whole);
         auto real = base::parse_double(a[0].value.string());
         return real ? Value(*real) : Value();
     }},
    {"to_string", 1, 1, [](const Arguments& a) { return a[0].value.is_string() ? a[0].value : Value(values::write_json(a[0].value, {.ensure_ascii = true, .compact = true})); }},
    {"type", 1, 1, [](const Arguments& a) { return Value(type_of(a[0].value)); }},
    {"values", 1, 1, [](const Arguments& a) {
         if (!a[0].value.is_map()) wrong("In function values(), invalid type for value: " + values::str(a[0].value) + ", expected one of: ['object'], received: \"" + type_of(a[0].value) + "\"");
         List out;
         for (const auto& entry : a[0].value.map()) out.push_back(entry.value);
         return Value(std::move(out));
     }},
};

// ----------------------------------------------------------------------------------------------- parser

class Parser {
public:
    explicit Parser(std::string_view text) : tokens_(tokens_of(text)) {}

    Node parse() {
        Node node = expression_of(0);
        if (peek().type != T::end) unexpected(peek());
        return node;
    }

private:
    const Token& peek(std::size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
    const Token& take() { return tokens_[std::min(at_++, tokens_.size() - 1)]; }
    void expect(T type) {
        if (take().type != type) unexpected(tokens_[at_ - 1]);
    }
    [[noreturn]] void unexpected(const Token& token) const {
        if (token.type == T::end) bad("Incomplete jmespath expression");
        bad("Bad jmespath expression: unexpected token at column " + std::to_string(token.at));
    }
    struct Deeper {
        int& depth;
        explicit Deeper(int& d) : depth(d) { if (++depth > 200) bad("the jmespath expression is nested too deeply"); }
        ~Deeper() { --depth; }
    };

    Node expression_of(int strength) {
        Deeper deeper(depth_);
        Node left = prefix(take());
        while (strength < power(peek().type)) left = infix(take(), std::move(left));
        return left;
    }

    static Node field_node(std::string name) {
        return [name = std::move(name)](const Value& value) { return field(value, name); };
    }
    static Node identity() {
        return [](const Value& value) { return value; };
    }
    static Node list_projection(Node left, Node right) {
        return [left = std::move(left), right = std::move(right)](const Value& value) { return project(left(value), right); };
    }
    static Node value_projection(Node left, Node right) {
        return [left = std::move(left), right = std::move(right)](const Value& value) -> Value {
            const Value map = left(value);
            if (!map.is_map()) return {};
            List out;
            for (const auto& entry : map.map())
                if (auto found = right(entry.value); !found.is_none()) out.push_back(std::move(found));
            return Value(std::move(out));
        };
    }
    static Node flattened(Node left) {
        return [left = std::move(left)](const Value& value) -> Value {
            const Value list = left(value);
            if (!list.is_sequence()) return {};
            List out;
            for (const auto& element : list.list()) {
                if (element.is_sequence()) out.insert(out.end(), element.list().begin(), element.list().end());
                else out.push_back(element);
            }
            return Value(std::move(out));
        };
    }
    Node filtered(Node left) {
        Node condition = expression_of(0);
        expect(T::rbracket);
        Node right = peek().type == T::flatten ? identity() : projection_right(power(T::filter));
        return [left = std::move(left), condition = std::move(condition), right = std::move(right)](const Value& value) -> Value {
            const Value list = left(value);
            if (!list.is_sequence()) return {};
            List out;
            for (const auto& element : list.list()) {
                if (!truth(condition(element))) continue;
                if (auto found = right(element); !found.is_none()) out.push_back(std::move(found));
            }
            return Value(std::move(out));
        };
    }
    static Node chained(Node left, Node right) {
        return [left = std::move(left), right = std::move(right)](const Value& value) { return right(left(value)); };
    }

    Node projection_right(int strength) {
        const T next = peek().type;
        if (power(next) < 10) return identity();
        if (next == T::lbracket || next == T::filter) return expression_of(strength);
        if (next == T::dot) { take(); return dot_right(strength); }
        unexpected(peek());
    }
    Node dot_right(int strength) {
        const T next = peek().type;
        if (next == T::name || next == T::star) return expression_of(strength);
        if (next == T::lbracket) { take(); return multi_list(); }
        if (next == T::lbrace) { take(); return multi_hash(); }
        unexpected(peek());
    }

    Node multi_list() {
        std::vector<Node> parts;
        while (true) {
            parts.push_back(expression_of(0));
            if (peek().type != T::comma) break;
            take();
        }
        expect(T::rbracket);
        return [parts = std::move(parts)](const Value& value) -> Value {
            if (value.is_none()) return {};
            List out;
            for (const auto& part : parts) out.push_back(part(value));
            return Value(std::move(out));
        };
    }
    Node multi_hash() {
        std::vector<std::pair<std::string, Node>> parts;
        while (true) {
            const Token& key = take();
            if (key.type != T::name) unexpected(key);
            const auto name = key.value.string();
            expect(T::colon);
            parts.emplace_back(name, expression_of(0));
            if (peek().type != T::comma) break;
            take();
        }
        expect(T::rbrace);
        return [parts = std::move(parts)](const Value& value) -> Value {
            if (value.is_none()) return {};
            Map out;
            for (const auto& [name, part] : parts) out.set(name, part(value));
            return Value(std::move(out));
        };
    }

    /// After "[": an index, a slice or a star.
    Node bracket(Node left) {
        if (peek().type == T::number && peek(1).type == T::rbracket) {
            const auto index = take().value.integer();
            take();
            return [left = std::move(left), index](const Value& value) -> Value {
                const Value list = left(value);
                if (!list.is_sequence()) return {};
                const auto size = static_cast<std::int64_t>(list.list().size());
                const auto at = index < 0 ? index + size : index;
                return at >= 0 && at < size ? list.list()[static_cast<std::size_t>(at)] : Value();
            };
        }
        if (peek().type == T::number || peek().type == T::colon) {
            std::optional<std::int64_t> parts[3];
            for (int i = 0; i < 3 && peek().type != T::rbracket;) {
                if (peek().type == T::colon) { take(); ++i; }
                else if (peek().type == T::number) parts[i] = take().value.integer();
                else unexpected(peek());
            }
            expect(T::rbracket);
            const auto step = parts[2].value_or(1);
            if (step == 0) bad("Bad jmespath expression: slice step cannot be 0");
            Node sliced = [left = std::move(left), start = parts[0], stop = parts[1], step](const Value& value) { return slice(left(value), start, stop, step); };
            return list_projection(std::move(sliced), projection_right(power(T::star)));
        }
        if (peek().type == T::star) {
            take();
            expect(T::rbracket);
            return list_projection(std::move(left), projection_right(power(T::star)));
        }
        unexpected(peek());
    }

    Node prefix(const Token& token) {
        switch (token.type) {
            case T::literal: return [value = token.value](const Value&) { return value; };
            case T::name: return field_node(token.value.string());
            case T::current: return identity();
            case T::star: return value_projection(identity(), peek().type == T::rbracket ? identity() : projection_right(power(T::star)));
            case T::filter: return filtered(identity());
            case T::flatten: {
                Node flat = flattened(identity());
                return list_projection(std::move(flat), projection_right(power(T::flatten)));
            }
            case T::lbrace: return multi_hash();
            case T::lbracket: {
                const T next = peek().type;
                if (next == T::number || next == T::colon || (next == T::star && peek(1).type == T::rbracket)) return bracket(identity());
                return multi_list();
            }
            case T::lparen: {
                Node inner = expression_of(0);
                expect(T::rparen);
                return inner;
            }
            case T::not_: {
                Node inner = expression_of(power(T::not_));
                return [inner = std::move(inner)](const Value& value) { return Value(!truth(inner(value))); };
            }
            default: unexpected(token);
        }
    }

    Node infix(const Token& token, Node left) {
        switch (token.type) {
            case T::dot:
                if (peek().type == T::star) {
                    take();
                    return value_projection(std::move(left), projection_right(power(T::star)));
                }
                return chained(std::move(left), dot_right(power(T::dot)));
            case T::pipe: return chained(std::move(left), expression_of(power(T::pipe)));
            case T::or_: {
                Node right = expression_of(power(T::or_));
                return [left = std::move(left), right = std::move(right)](const Value& value) {
                    Value first = left(value);
                    return truth(first) ? first : right(value);
                };
            }
            case T::and_: {
                Node right = expression_of(power(T::and_));
                return [left = std::move(left), right = std::move(right)](const Value& value) {
                    Value first = left(value);
                    return truth(first) ? right(value) : first;
                };
            }
            case T::lbracket: return bracket(std::move(left));
            case T::filter: return filtered(std::move(left));
            case T::flatten: {
                Node flat = flattened(std::move(left));
                return list_projection(std::move(flat), projection_right(power(T::flatten)));
            }
            case T::lparen: return call(tokens_[at_ - 2]);
            case T::eq: case T::ne: case T::lt: case T::le: case T::gt: case T::ge: {
                Node right = expression_of(power(token.type));
                return [left = std::move(left), right = std::move(right), type = token.type](const Value& value) -> Value {
                    const Value a = left(value), b = right(value);
                    if (type == T::eq) return Value(same(a, b));
                    if (type == T::ne) return Value(!same(a, b));
                    const bool comparable = (a.is_number() && b.is_number()) || (a.is_string() && b.is_string());
                    if (!comparable) return {};
                    const int order = values::compare(a, b);
                    return Value(type == T::lt ? order < 0 : type == T::le ? order <= 0 : type == T::gt ? order > 0 : order >= 0);
                };
            }
            default: unexpected(token);
        }
    }

    Node call(const Token& name) {
        if (name.type != T::name || name.quoted) unexpected(name);
        const auto function = std::find_if(std::begin(functions), std::end(functions), [&](const Function& row) { return row.name == name.value.string(); });
        if (function == std::end(functions)) bad("Unknown function: " + name.value.string() + "()");
        struct Part { Node node; bool reference; };
        std::vector<Part> parts;
        while (peek().type != T::rparen) {
            const bool reference = peek().type == T::expref;
            if (reference) take();
            parts.push_back({expression_of(0), reference});
            if (peek().type == T::comma) take();
            else if (peek().type != T::rparen) unexpected(peek());
        }
        take();
        const auto count = static_cast<int>(parts.size());
        if (count < function->least || count > function->most)
            bad("Expected " + std::to_string(function->least) + " argument" + (function->least == 1 ? "" : "s") + " for function " + name.value.string() + "(), received " + std::to_string(count));
        return [parts = std::move(parts), run = function->run](const Value& value) {
            Arguments arguments;
            for (const auto& part : parts) {
                if (part.reference) arguments.push_back({Value(), part.node});
                else arguments.push_back({part.node(value), nullptr});
            }
            return run(arguments);
        };
    }

    std::vector<Token> tokens_;
    std::size_t at_ = 0;
    int depth_ = 0;
};

}  // namespace

Value jmespath(std::string_view expression, const Value& data) {
    static thread_local std::unordered_map<std::string, Node> known;
    std::string key(expression);
    auto found = known.find(key);
    if (found == known.end()) {
        if (known.size() > 500) known.clear();
        found = known.emplace(key, Parser(expression).parse()).first;
    }
    return found->second(data);
}

}  // namespace fprov::dialect
