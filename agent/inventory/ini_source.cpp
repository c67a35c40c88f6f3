// SPDX-License-Identifier: Apache-2.0
// INI inventories:  [group] hosts, [group:children] groups, [group:vars] key = value. Values are Python literals where they can be.
#include <algorithm>
#include <cctype>
#include <map>

#include "base/text.hpp"
#include "inventory/names.hpp"
#include "inventory/reader.hpp"
#include "values/literal.hpp"

namespace fprov::inventory {

namespace {

using base::Failure;
using base::Kind;
using base::Place;

struct Token { std::string text; std::size_t column = 0, value_column = 0; };   // columns from 1; value: behind the first '='

/// shlex.split(line, comments=True). Throws a plain text for what is never closed.
std::vector<Token> split_line(std::string_view line) {
    std::vector<Token> out;
    Token token;
    bool open = false;
    char quote = 0;
    auto begin = [&](std::size_t at) {
        if (!open) token = {"", at + 1, 0};
        open = true;
    };
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (quote) {
            if (c == quote) {
                quote = 0;
            } else if (c == '\\' && quote == '"') {
                if (i + 1 == line.size()) throw std::string("No escaped character");
                const char next = line[++i];
                if (next != '"' && next != '\\') token.text += '\\';
                token.text += next;
            } else {
                token.text += c;
            }
        } else if (c == '#') {
            break;
        } else if (std::isspace(static_cast<unsigned char>(c))) {
            if (open) out.push_back(token);
            open = false;
        } else {
            begin(i);
            if (c == '"' || c == '\'') {
                quote = c;
            } else if (c == '\\') {
                if (++i == line.size()) throw std::string("No escaped character");
                token.text += line[i];
            } else {
                token.text += c;
                if (c == '=' && !token.value_column) token.value_column = i + 2;
            }
        }
    }
    if (quote) throw std::string("No closing quotation");
    if (open) out.push_back(token);
    return out;
}

Value trusted(Value value, Place place) {
    if (value.is_string()) value.set_trust(values::Trust::template_ok);
    if (value.is_sequence()) {
        values::List items = value.list();
        for (auto& item : items) item = trusted(std::move(item), place);
        value = value.is_tuple() ? Value::tuple(std::move(items)) : Value(std::move(items));
    }
    if (value.is_map())
        for (auto& entry : value.mutable_map()) entry.value = trusted(std::move(entry.value), place);
    return value.set_origin(place), value;
}

Value typed(const std::string& text, Place place) {
    if (auto literal = values::literal_eval(text)) return trusted(std::move(*literal), place);
    return Value(text, values::Trust::template_ok, place);
}

bool word(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || static_cast<unsigned char>(c) >= 0x80; });
}

/// Nothing but a comment may follow.
bool ends(std::string_view rest) {
    rest = base::trim(rest);
    return rest.empty() || rest[0] == '#';
}

enum class State { hosts, children, vars };

struct Pending {
    State state;
    std::uint32_t line;
    std::vector<std::string> parents;
};

class Ini {
public:
    Ini(const std::string& text, Target& target) : target_(target), source_(base::add_source(target.path, text)) {}

    void read(const std::string& text) {
        std::string group = "ungrouped";
        State state = State::hosts;
        for (const auto& raw : base::split(text, '\n')) {
            ++line_;
            const std::string_view line = base::trim(raw);
            if (line.empty() || line[0] == '#' || line[0] == ';') continue;
            indent_ = static_cast<std::size_t>(line.data() - raw.data());
            if (section(line, group, state)) continue;
            if (line[0] == '[' && line.back() == ']')
                throw fail("Invalid section entry: '" + std::string(line) + "'. Please make sure that there are no spaces in the section entry, and that there are no other invalid characters");
            if (state == State::hosts) host_line(line, group);
            else if (state == State::vars) variable_line(line, group);
            else child_line(line, group);
        }
        for (const auto& name : order_) {
            const auto found = pending_.find(name);
            if (found == pending_.end()) continue;
            line_ = found->second.line;
            indent_ = 0;
            if (found->second.state == State::vars) throw fail("Section [" + name + ":vars] not valid for undefined group: " + name);
            throw fail("Section [" + found->second.parents.back() + ":children] includes undefined group: " + name);
        }
    }

private:
    Place place(std::size_t column) const { return {source_, line_, static_cast<std::uint32_t>(indent_ + column)}; }

    Failure fail(std::string what, std::size_t column = 1, std::string hint = {}) const {
        return Failure(Kind::parse, std::move(what), place(column), std::move(hint));
    }

    bool section(std::string_view line, std::string& group, State& state) {
        if (line[0] != '[') return false;
        const std::size_t close = line.find(']');
        if (close == std::string_view::npos || !ends(line.substr(close + 1))) return false;
        const std::string_view inside = line.substr(1, close - 1);
        const std::size_t colon = inside.find(':');
        const std::string_view name = inside.substr(0, colon);
        const std::string_view kind = colon == std::string_view::npos ? std::string_view() : inside.substr(colon + 1);
        if (name.empty() || name.find_first_of(" \t") != std::string_view::npos || (colon != std::string_view::npos && !word(kind))) return false;
        group = target_.group(std::string(name));
        static const std::map<std::string_view, State> kinds = {{"", State::hosts}, {"hosts", State::hosts}, {"children", State::children}, {"vars", State::vars}};
        const auto found = kinds.find(kind);
        if (found == kinds.end())
            throw fail("Section [" + std::string(inside) + "] has unknown type: " + std::string(kind), colon + 3, "sections end with nothing, :children or :vars");
        state = found->second;
        if (state == State::vars) {
            if (!target_.inventory.group(group)) wait(group, State::vars, {});
        } else {
            const auto waiting = pending_.find(group);
            target_.inventory.add_group(group);
            if (waiting != pending_.end()) {
                if (waiting->second.state == State::children)
                    for (const auto& parent : waiting->second.parents) child(parent, group);
                const auto early = early_.find(group);
                if (early != early_.end())
                    for (const auto& [key, value] : early->second) target_.group_variable(group, key, value);
                early_.erase(group);
                pending_.erase(waiting);
            }
        }
        return true;
    }

    void wait(const std::string& group, State state, std::vector<std::string> parents) {
        const auto [found, fresh] = pending_.try_emplace(group, Pending{state, line_, parents});
        if (fresh) {
            order_.push_back(group);
        } else if (state == State::children) {   // being a child is the stronger promise: the group must come
            found->second.state = State::children;
            for (const auto& parent : parents) found->second.parents.push_back(parent);
        }
    }

    void child(const std::string& parent, const std::string& name) {
        try {
            target_.inventory.add_child(parent, name);
        } catch (const Failure& failure) {
            throw fail(failure.what());
        }
    }

    void child_line(std::string_view line, const std::string& group) {
        const std::size_t end = std::min(line.find_first_of(" \t:]"), line.size());
        if (end == 0 || !ends(line.substr(end))) throw fail("Expected group name, got: " + std::string(line));
        const std::string name = target_.group(std::string(line.substr(0, end)));
        if (target_.inventory.group(name)) child(group, name);
        else wait(name, State::children, {group});
    }

    void variable_line(std::string_view line, const std::string& group) {
        const std::size_t equals = line.find('=');
        if (equals == std::string_view::npos) throw fail("Expected key=value, got: " + std::string(line), 1, "lines of a :vars section are name = value");
        std::size_t start = equals + 1;
        while (start < line.size() && (line[start] == ' ' || line[start] == '\t')) ++start;
        const std::string key(base::trim(line.substr(0, equals)));
        Value value = typed(std::string(line.substr(start)), place(start + 1));
        Value name(key, values::Trust::data_only, place(1));
        if (target_.inventory.group(group)) target_.group_variable(group, std::move(name), std::move(value));
        else early_[group].emplace_back(std::move(name), std::move(value));
    }

    void host_line(std::string_view line, const std::string& group) {
        std::vector<Token> tokens;
        try {
            tokens = split_line(line);
        } catch (const std::string& reason) {
            throw fail("Error parsing host definition '" + std::string(line) + "': " + reason);
        }
        if (tokens.empty()) return;
        std::optional<int> port;
        std::vector<std::string> hosts;
        try {
            hosts = expand_hosts(tokens[0].text, port);
        } catch (const Failure& failure) {
            throw fail(failure.what(), tokens[0].column);
        }
        std::vector<std::pair<Value, Value>> vars;
        for (std::size_t i = 1; i < tokens.size(); ++i) {
            const std::size_t equals = tokens[i].text.find('=');
            if (equals == std::string::npos)
                throw fail("Expected key=value host variable assignment, got: " + tokens[i].text, tokens[i].column,
                           "begin a comment with '#'; quote a value that has spaces");
            vars.emplace_back(Value(tokens[i].text.substr(0, equals), values::Trust::data_only, place(tokens[i].column)),
                              typed(tokens[i].text.substr(equals + 1), place(tokens[i].value_column ? tokens[i].value_column : tokens[i].column)));
        }
        for (const auto& host : hosts) {
            target_.host(host, group, port);
            for (const auto& [key, value] : vars) target_.host_variable(host, key, values::deep_copy(value));
        }
    }

    Target& target_;
    std::uint32_t source_;
    std::uint32_t line_ = 0;
    std::size_t indent_ = 0;
    std::map<std::string, Pending> pending_;   // groups that are spoken of before they exist
    std::vector<std::string> order_;
    std::map<std::string, std::vector<std::pair<Value, Value>>> early_;
};

}  // namespace

void read_ini(const std::string& text, Target& target) { Ini(text, target).read(text); }

}  // namespace fprov::inventory
