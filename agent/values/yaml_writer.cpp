// SPDX-License-Identifier: Apache-2.0
// YAML out, laid out as libyaml's emitter does it for PyYAML: the same quoting, folding and indentation, byte for byte.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "values/big_integer.hpp"
#include "values/date.hpp"
#include "values/python.hpp"
#include "values/yaml.hpp"
#include "values/yaml_scalars.hpp"

namespace fprov::values {

namespace {

using base::Failure;
using base::Kind;

constexpr int depth_limit = 500;
constexpr std::size_t size_limit = std::size_t(256) << 20;   // a value that shares its parts may stand for a text without end
constexpr std::size_t simple_key_length = 128;

/// A scalar as it will be written, and a collection by pointer.
struct Node {
    enum Type { scalar, sequence, mapping } type = scalar;
    std::string text{};
    std::string tag{};                  // "!vault"
    bool plain_ok = true;               // read back, the plain text gives this value
    bool literal = false;
    const Value* value = nullptr;
};

bool printable(char32_t c, bool unicode) {
    if (c == '\n' || (c >= 0x20 && c <= 0x7E)) return true;
    if (c < 0xA0 || !unicode) return false;
    return c <= 0xFFFD && c != 0xFEFF && !(c >= 0xD800 && c <= 0xDFFF);   // libyaml escapes what needs four bytes
}

bool is_break(char32_t c) { return c == '\n' || c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029; }
bool is_blank_or_end(char32_t c) { return c == 0 || c == ' ' || c == '\t' || is_break(c); }

std::u32string decode(std::string_view text) {
    std::u32string out;
    for (std::size_t at = 0; at < text.size();) out += base::next_code_point(text, at);
    return out;
}

struct Analysis {
    bool multiline = false, flow_plain = true, block_plain = true, single_quoted = true, block = true;
};

Analysis analyze(const std::u32string& text, bool unicode) {
    Analysis out;
    if (text.empty()) {
        out.flow_plain = false;
        out.block = false;
        return out;
    }
    bool flow_signs = false, block_signs = false, breaks = false, special = false;
    bool leading_space = false, leading_break = false, trailing_space = false, trailing_break = false, break_space = false, space_break = false;
    bool previous_space = false, previous_break = false, after_blank = true;
    if (text.starts_with(U"---") || text.starts_with(U"...")) flow_signs = block_signs = true;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char32_t c = text[i];
        const bool before_blank = i + 1 == text.size() || is_blank_or_end(text[i + 1]);
        if (i == 0) {
            if (std::u32string_view(U"#,[]{}&*!|>'\"%@`").find(c) != std::u32string_view::npos) flow_signs = block_signs = true;
            if (c == '?' || c == ':') {
                flow_signs = true;
                block_signs |= before_blank;
            }
            if (c == '-' && before_blank) flow_signs = block_signs = true;
        } else {
            if (std::u32string_view(U",?[]{}").find(c) != std::u32string_view::npos) flow_signs = true;
            if (c == ':') {
                flow_signs = true;
                block_signs |= before_blank;
            }
            if (c == '#' && after_blank) flow_signs = block_signs = true;
        }
        if (!printable(c, unicode)) special = true;
        if (is_break(c)) breaks = true;
        if (c == ' ') {
            leading_space |= i == 0;
            trailing_space |= i + 1 == text.size();
            break_space |= previous_break;
            previous_space = true;
            previous_break = false;
        } else if (is_break(c)) {
            leading_break |= i == 0;
            trailing_break |= i + 1 == text.size();
            space_break |= previous_space;
            previous_break = true;
            previous_space = false;
        } else {
            previous_space = previous_break = false;
        }
        after_blank = is_blank_or_end(c);
    }
    out.multiline = breaks;
    if (leading_space || leading_break || trailing_space || trailing_break) out.flow_plain = out.block_plain = false;
    if (trailing_space) out.block = false;
    if (break_space) out.flow_plain = out.block_plain = out.single_quoted = false;
    if (space_break || special) out.flow_plain = out.block_plain = out.single_quoted = out.block = false;
    if (breaks) out.flow_plain = out.block_plain = false;
    if (flow_signs) out.flow_plain = false;
    if (block_signs) out.block_plain = false;
    return out;
}

class Writer {
public:
    explicit Writer(const YamlStyle& style) : style_(style) {
        step_ = style.indent < 2 || style.indent > 9 ? 2 : style.indent;
        width_ = style.width < 0 ? 1 << 30 : style.width <= step_ * 2 ? 80 : style.width;
    }

    std::string document(const Value& value) {
        if (style_.aliases) find_aliases(value, 0);
        if (style_.explicit_start) indicator("---", true, false, false);
        node(value, false, false);
        indent_line();
        return std::move(out_);
    }

private:
    // --- the stream -------------------------------------------------------------------------------------------------
    void put(char32_t c) {
        base::append_utf8(out_, c);
        ++column_;
    }
    void newline() {
        out_ += '\n';
        column_ = 0;
    }
    void indent_line() {
        const int indent = std::max(indent_, 0);
        if (!indention_ || column_ > indent || (column_ == indent && !whitespace_)) newline();
        while (column_ < indent) put(' ');
        whitespace_ = indention_ = true;
    }
    void indicator(std::string_view sign, bool needs_blank, bool is_blank, bool is_indention) {
        if (needs_blank && !whitespace_) put(' ');
        for (const char c : sign) put(static_cast<char32_t>(c));
        whitespace_ = is_blank;
        indention_ = indention_ && is_indention;
    }
    struct Indent {   // increases for a collection, and back
        Indent(Writer& writer, bool flow, bool indentless) : writer(writer), old(writer.indent_) {
            if (writer.indent_ < 0) writer.indent_ = flow ? writer.step_ : 0;
            else if (!indentless) writer.indent_ += writer.step_;
        }
        ~Indent() { writer.indent_ = old; }
        Writer& writer;
        int old;
    };

    // --- aliases ----------------------------------------------------------------------------------------------------
    struct Anchor { int number = 0; bool written = false; };

    /// Numbers follow the order in which second occurrences are met, as in PyYAML's serializer.
    void find_aliases(const Value& value, int depth) {
        const void* identity = value.identity();
        if (!identity || value.is_undefined() || depth > depth_limit || (value.is_tuple() && value.list().empty())) return;
        if (!seen_.insert(identity).second) {
            anchors_.try_emplace(identity, Anchor{static_cast<int>(anchors_.size()) + 1});
            return;
        }
        if (value.is_sequence())
            for (const auto& item : value.list()) find_aliases(item, depth + 1);
        if (value.is_map())
            for (const auto& [key, item] : entries(value.map())) {
                find_aliases(key, depth + 1);
                find_aliases(item, depth + 1);
            }
    }

    // --- values -----------------------------------------------------------------------------------------------------
    Node represent(const Value& value) const {
        Node out;
        auto plain = [&out](std::string text) { out.text = std::move(text); };
        switch (value.type()) {
        case Type::none: plain("null"); break;
        case Type::boolean: plain(value.boolean() ? "true" : "false"); break;
        case Type::integer: plain(std::to_string(value.integer())); break;
        case Type::real: plain(real(value.real())); break;
        case Type::string:
            plain(value.string());
            out.plain_ok = yaml_plain_tag(out.text) == PlainTag::text;
            break;
        case Type::list: case Type::tuple:
            out.type = Node::sequence;
            out.value = &value;
            break;
        case Type::map:
            out.type = Node::mapping;
            out.value = &value;
            break;
        case Type::undefined:
            throw Failure(Kind::undefined, value.undefined_info().message, value.undefined_info().place, value.undefined_info().hint);
        case Type::object: object(value, out); break;
        }
        return out;
    }

    void object(const Value& value, Node& out) const {
        const std::string type = value.object()->type_name();
        if (type == "AnsibleVaultEncryptedUnicode") {
            const auto envelope = value.object()->attribute("_ciphertext");
            out.text = envelope ? std::string(envelope->text_or("")) : "";
            out.tag = "!vault";
            out.literal = true;
        } else if (value.object_as<Date>() || value.object_as<BigInteger>()) {
            out.text = value.object()->str();
        } else if (const auto items = value.object()->items(); items && (type == "range" || type == "set" || type == "generator" || type.starts_with("dict_"))) {
            throw Failure(Kind::type, "cannot represent an object of type '" + type + "' in YAML", {}, "pass it through the filter 'list' first");
        } else {
            out.text = value.object()->str();   // markers such as omit are texts in Ansible, too
            out.plain_ok = yaml_plain_tag(out.text) == PlainTag::text;
        }
    }

    static std::string real(double number) {
        std::string text = repr_float(number);
        if (text == "inf") return ".inf";
        if (text == "-inf") return "-.inf";
        if (text == "nan") return ".nan";
        const std::size_t exponent = text.find('e');
        if (exponent != std::string::npos && text.find('.') == std::string::npos) text.insert(exponent, ".0");
        return text;
    }

    bool is_scalar(const Value& value) const {   // one that default_flow_style=None counts as a leaf
        return !value.is_sequence() && !value.is_map() && !(value.is_object() && value.object()->type_name() == "AnsibleVaultEncryptedUnicode");
    }

    bool wants_flow(const Value& value) const {
        if (!style_.leaf_flow) return style_.default_flow;
        if (value.is_map())
            return std::all_of(value.map().begin(), value.map().end(), [this](const Map::Entry& e) { return is_scalar(e.key) && is_scalar(e.value); });
        return std::all_of(value.list().begin(), value.list().end(), [this](const Value& v) { return is_scalar(v); });
    }

    std::vector<Map::Entry> entries(const Map& map) const {
        std::vector<Map::Entry> out(map.begin(), map.end());
        if (!style_.sort_keys) return out;
        std::vector<Map::Entry> sorted = out;
        try {
            std::stable_sort(sorted.begin(), sorted.end(), [](const Map::Entry& a, const Map::Entry& b) { return compare(a.key, b.key) < 0; });
        } catch (const Failure&) {
            return out;   // keys that cannot be compared stay in their order, as in PyYAML
        }
        return sorted;
    }

    void node(const Value& value, bool in_mapping, bool simple_key) {
        if (++depth_ > depth_limit) throw Failure(Kind::limit, "the value is nested more than " + std::to_string(depth_limit) + " deep");
        if (out_.size() > size_limit) throw Failure(Kind::limit, "the value is larger than " + std::to_string(size_limit >> 20) + " MiB as YAML");
        if (const auto named = style_.aliases ? anchors_.find(value.identity()) : anchors_.end(); named != anchors_.end()) {
            const std::string digits = std::to_string(named->second.number);
            const std::string name = "id" + std::string(digits.size() < 3 ? 3 - digits.size() : 0, '0') + digits;
            indicator((named->second.written ? "*" : "&") + name, true, false, false);
            if (std::exchange(named->second.written, true)) {
                --depth_;
                return;
            }
        }
        const Node made = represent(value);
        switch (made.type) {
        case Node::scalar: scalar(made, simple_key); break;
        case Node::sequence:
            if (flow_ > 0 || value.list().empty() || wants_flow(value)) flow_sequence(value.list());
            else block_sequence(value.list(), in_mapping);
            break;
        case Node::mapping:
            if (flow_ > 0 || value.map().empty() || wants_flow(value)) flow_mapping(value.map());
            else block_mapping(value.map());
            break;
        }
        --depth_;
    }

    void block_sequence(const List& list, bool in_mapping) {
        const Indent indent(*this, false, in_mapping && !indention_);
        for (const auto& item : list) {
            indent_line();
            indicator("-", true, false, true);
            node(item, false, false);
        }
    }

    void flow_sequence(const List& list) {
        indicator("[", true, true, false);
        const Indent indent(*this, true, false);
        ++flow_;
        bool first = true;
        for (const auto& item : list) {
            if (!first) indicator(",", false, false, false);
            first = false;
            if (column_ > width_) indent_line();
            node(item, false, false);
        }
        --flow_;
        indicator("]", false, false, false);
    }

    bool is_simple_key(const Value& key) const {
        const Node made = represent(key);
        if (made.type == Node::sequence) return key.list().empty();
        if (made.type == Node::mapping) return key.map().empty();
        return made.text.size() <= simple_key_length && !analyze(decode(made.text), style_.allow_unicode).multiline;
    }

    void block_mapping(const Map& map) {
        const Indent indent(*this, false, false);
        for (const auto& [key, value] : entries(map)) {
            indent_line();
            if (is_simple_key(key)) {
                node(key, true, true);
                indicator(":", false, false, false);
            } else {
                indicator("?", true, false, true);
                node(key, true, false);
                indent_line();
                indicator(":", true, false, true);
            }
            node(value, true, false);
        }
    }

    void flow_mapping(const Map& map) {
        indicator("{", true, true, false);
        const Indent indent(*this, true, false);
        ++flow_;
        bool first = true;
        for (const auto& [key, value] : entries(map)) {
            if (!first) indicator(",", false, false, false);
            first = false;
            if (column_ > width_) indent_line();
            if (is_simple_key(key)) {
                node(key, true, true);
                indicator(":", false, false, false);
            } else {
                indicator("?", true, false, false);
                node(key, true, false);
                if (column_ > width_) indent_line();
                indicator(":", true, false, false);
            }
            node(value, true, false);
        }
        --flow_;
        indicator("}", false, false, false);
    }

    // --- scalars ----------------------------------------------------------------------------------------------------
    void scalar(const Node& made, bool simple_key) {
        const std::u32string text = decode(made.text);
        const Analysis found = analyze(text, style_.allow_unicode);
        if (!made.tag.empty()) indicator(made.tag, true, false, false);
        int saved = indent_;   // a scalar is written one level deeper, for its continuation lines
        if (indent_ < 0) indent_ = step_;
        else indent_ += step_;
        const bool breaks = !simple_key;
        if (made.literal && found.block && flow_ == 0 && !simple_key) {
            literal(text);
        } else if (!made.literal && plain_allowed(made, found, simple_key)) {
            plain(text, breaks);
        } else if (found.single_quoted && !made.literal && !(simple_key && found.multiline)) {
            single_quoted(text, breaks);
        } else {
            double_quoted(text, breaks);
        }
        indent_ = saved;
    }

    bool plain_allowed(const Node& made, const Analysis& found, bool simple_key) const {
        if (simple_key && found.multiline) return false;
        if (flow_ > 0 ? !found.flow_plain : !found.block_plain) return false;
        if (made.text.empty() && (flow_ > 0 || simple_key)) return false;
        return made.plain_ok;
    }

    bool space_at(const std::u32string& text, std::size_t i) const { return i < text.size() && text[i] == ' '; }

    void plain(const std::u32string& text, bool breaks) {
        if (!whitespace_ && (!text.empty() || flow_ > 0)) put(' ');
        bool spaces = false;
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] == ' ') {
                if (breaks && !spaces && column_ > width_ && !space_at(text, i + 1)) indent_line();
                else put(' ');
                spaces = true;
            } else {
                put(text[i]);
                indention_ = spaces = false;
            }
        }
        whitespace_ = indention_ = false;
    }

    void write_break(char32_t c) {
        if (c == '\n') {
            newline();
        } else {
            put(c);
            column_ = 0;
        }
    }

    void single_quoted(const std::u32string& text, bool breaks) {
        indicator("'", true, false, false);
        bool spaces = false, in_breaks = false;
        for (std::size_t i = 0; i < text.size(); ++i) {
            const char32_t c = text[i];
            if (c == ' ') {
                if (breaks && !spaces && column_ > width_ && i != 0 && i + 1 != text.size() && !space_at(text, i + 1)) indent_line();
                else put(' ');
                spaces = true;
            } else if (is_break(c)) {
                if (!in_breaks && c == '\n') newline();
                write_break(c);
                indention_ = in_breaks = true;
            } else {
                if (in_breaks) indent_line();
                if (c == '\'') put('\'');
                put(c);
                indention_ = spaces = in_breaks = false;
            }
        }
        if (in_breaks) indent_line();
        indicator("'", false, false, false);
        whitespace_ = indention_ = false;
    }

    void double_quoted(const std::u32string& text, bool breaks) {
        indicator("\"", true, false, false);
        bool spaces = false;
        for (std::size_t i = 0; i < text.size(); ++i) {
            const char32_t c = text[i];
            if (!printable(c, style_.allow_unicode) || is_break(c) || c == '"' || c == '\\') {
                escape(c);
                spaces = false;
            } else if (c == ' ') {
                if (breaks && !spaces && column_ > width_ && i != 0 && i + 1 != text.size()) {
                    indent_line();
                    if (space_at(text, i + 1)) put('\\');
                } else {
                    put(' ');
                }
                spaces = true;
            } else {
                put(c);
                spaces = false;
            }
        }
        indicator("\"", false, false, false);
        whitespace_ = indention_ = false;
    }

    void escape(char32_t c) {
        static const struct { char32_t code; char name; } names[] = {
            {0x00, '0'}, {0x07, 'a'}, {0x08, 'b'}, {0x09, 't'}, {0x0A, 'n'}, {0x0B, 'v'}, {0x0C, 'f'}, {0x0D, 'r'},
            {0x1B, 'e'}, {0x22, '"'}, {0x5C, '\\'}, {0x85, 'N'}, {0xA0, '_'}, {0x2028, 'L'}, {0x2029, 'P'},
        };
        put('\\');
        for (const auto& row : names)
            if (row.code == c) return put(static_cast<char32_t>(row.name));
        const int digits = c <= 0xFF ? 2 : c <= 0xFFFF ? 4 : 8;
        put(digits == 2 ? 'x' : digits == 4 ? 'u' : 'U');
        for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) put(static_cast<char32_t>("0123456789ABCDEF"[(c >> shift) & 15]));
    }

    void literal(const std::u32string& text) {
        indicator("|", true, false, false);
        if (!text.empty() && (text[0] == ' ' || is_break(text[0]))) indicator(std::to_string(step_), false, false, false);
        if (text.empty() || !is_break(text.back())) indicator("-", false, false, false);
        else if (text.size() == 1 || is_break(text[text.size() - 2])) indicator("+", false, false, false);
        newline();
        whitespace_ = indention_ = true;
        bool in_breaks = true;
        for (const char32_t c : text) {
            if (is_break(c)) {
                write_break(c);
                indention_ = in_breaks = true;
            } else {
                if (in_breaks) indent_line();
                put(c);
                indention_ = in_breaks = false;
            }
        }
    }

    const YamlStyle& style_;
    std::string out_;
    std::unordered_set<const void*> seen_;
    std::unordered_map<const void*, Anchor> anchors_;
    int step_ = 2, width_ = 80, indent_ = -1, column_ = 0, flow_ = 0, depth_ = 0;
    bool whitespace_ = true, indention_ = true;
};

}  // namespace

std::string write_yaml(const Value& value, const YamlStyle& style) { return Writer(style).document(value); }

}  // namespace fprov::values
