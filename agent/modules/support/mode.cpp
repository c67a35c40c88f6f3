// SPDX-License-Identifier: Apache-2.0
// Modes as Ansible reads them.
#include "base/text.hpp"
#include "modules/support/ownership.hpp"
#include "values/python.hpp"

namespace fprov::modules {
namespace {

[[noreturn]] void bad_mode(const std::string& text) {
    fail("mode must be in octal or symbolic form", Map{{"details", "bad symbolic permission for mode: " + text}});
}

unsigned shift_of(char who) { return who == 'u' ? 6 : who == 'g' ? 3 : 0; }

/// The bits that a permission list means for one class of users.
unsigned bits_of(char who, std::string_view permissions, const machine::Stat& current) {
    bool executable = current.is_dir() || (current.mode & 0111);
    unsigned bits = 0;
    for (char permission : permissions) {
        switch (permission) {
            case 'r': bits |= 4u << shift_of(who); break;
            case 'w': bits |= 2u << shift_of(who); break;
            case 'x': bits |= 1u << shift_of(who); break;
            case 'X': if (executable) bits |= 1u << shift_of(who); break;
            case 's': bits |= who == 'u' ? 04000u : who == 'g' ? 02000u : 0u; break;
            case 't': bits |= who == 'o' ? 01000u : 0u; break;
            case 'u': case 'g': case 'o': bits |= ((current.mode >> shift_of(permission)) & 7u) << shift_of(who); break;
            default: break;
        }
    }
    return bits;
}

unsigned symbolic(const std::string& text, const machine::Stat& current, unsigned umask) {
    unsigned mode = current.mode;
    for (const auto& clause : base::split(text, ',')) {
        std::size_t at = 0;
        while (at < clause.size() && std::string_view("ugoa").find(clause[at]) != std::string_view::npos) ++at;
        std::string who = clause.substr(0, at);
        bool use_umask = who.empty();
        if (who.empty() || who.find('a') != std::string::npos) who = "ugo";
        while (at < clause.size()) {
            char op = clause[at++];
            if (op != '+' && op != '-' && op != '=') bad_mode(text);
            std::size_t begin = at;
            while (at < clause.size() && std::string_view("rwxXstugo").find(clause[at]) != std::string_view::npos) ++at;
            std::string_view permissions = std::string_view(clause).substr(begin, at - begin);
            for (char user : who) {
                unsigned bits = bits_of(user, permissions, current);
                if (use_umask) bits &= ~umask;
                unsigned own = 7u << shift_of(user);
                unsigned special = user == 'u' ? 04000u : user == 'g' ? 02000u : 01000u;
                if (op == '+') mode |= bits;
                else if (op == '-') mode &= ~bits;
                else {
                    mode &= ~(own | special);
                    mode |= bits;
                }
            }
        }
    }
    return mode & 07777;
}

}  // namespace

std::string mode_text(unsigned mode) {
    char buffer[16];
    std::snprintf(buffer, sizeof buffer, "0%03o", mode & 07777);
    return buffer;
}

unsigned parse_mode(const Value& mode, const machine::Stat& current, unsigned umask) {
    std::int64_t number = 0;
    if (mode.is_int()) number = mode.integer();
    else if (mode.is_bool()) number = mode.boolean();
    else {
        std::string text(base::trim(values::str(mode)));
        std::string digits = text.starts_with("0o") || text.starts_with("0O") ? text.substr(2) : text;
        auto octal = base::parse_int(digits, 8);
        if (!octal || digits.empty()) return symbolic(text, current, umask);
        number = *octal;
    }
    return static_cast<unsigned>(number) & 07777;   // what chmod would keep of it
}

}  // namespace fprov::modules
