// SPDX-License-Identifier: Apache-2.0
#include "dialect/lookups/options.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "dialect/arguments.hpp"
#include "dialect/search_path.hpp"

namespace fprov::dialect {

TermOptions parse_options(LookupCall&, const std::string& text) {
    std::vector<std::string> words;
    std::string word;
    char quote = 0;
    bool open = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quote) {
            if (c == quote) quote = 0;
            word += c;
        } else if (c == '"' || c == '\'') {
            quote = c;
            word += c;
            open = true;
        } else if (c == ' ' || c == '\t' || c == '\n') {
            if (open) words.push_back(std::move(word));
            word.clear();
            open = false;
        } else {
            word += c;
            open = true;
        }
    }
    if (open) words.push_back(std::move(word));
    auto unquoted = [](std::string value) {
        if (value.size() >= 2 && (value[0] == '"' || value[0] == '\'') && value.back() == value[0]) return value.substr(1, value.size() - 2);
        return value;
    };
    TermOptions out;
    for (auto& part : words) {
        const auto equals = part.find('=');
        if (equals != std::string::npos && equals > 0 && part[0] != '"' && part[0] != '\'')
            out.named.emplace_back(part.substr(0, equals), unquoted(part.substr(equals + 1)));
        else
            out.term += (out.term.empty() ? "" : " ") + unquoted(part);
    }
    return out;
}

const Value* option(const LookupCall& call, std::string_view name) { return call.options.find(name); }

std::string text_option(const LookupCall& call, std::string_view name, std::string otherwise) {
    const Value* given = option(call, name);
    if (!given || given->is_none()) return otherwise;
    require_defined(*given, call.place);
    return values::str(*given);
}

bool flag_option(const LookupCall& call, std::string_view name, bool otherwise) {
    const Value* given = option(call, name);
    return given ? (given->is_string() ? ansible_bool(*given) : given->truthy()) : otherwise;
}

std::int64_t int_option(const LookupCall& call, std::string_view name, std::int64_t otherwise) {
    const Value* given = option(call, name);
    if (!given) return otherwise;
    if (given->is_string()) return python_int(given->string()).value_or(otherwise);
    return given->int_or(otherwise);
}

std::string located(LookupCall& call, const std::string& name, std::string_view subfolder) {
    auto path = find_file(call.templar, call.scope, subfolder, name);
    if (!path) {
        std::string searched = base::join(search_path(call.templar, call.scope), ", ");
        fail(call.place, "could not locate file in lookup: " + name, "looked for it, and for " + std::string(subfolder) + "/" + name + ", in " + searched);
    }
    return *path;
}

std::string content_of(LookupCall& call, const std::string& path) {
    auto content = base::read_file(path);
    if (!content) fail(call.place, content.error().what);
    if (!vault::is_encrypted(*content)) return std::move(*content);
    const auto& secrets = call.templar.options().secrets;
    auto plain = vault::decrypt(*content, secrets ? *secrets : vault::Secrets{});
    if (!plain) throw base::Failure(plain.error());
    return std::move(*plain);
}

}  // namespace fprov::dialect
