// SPDX-License-Identifier: Apache-2.0
// Lookups that read files of the controller: file, template, fileglob, first_found, ini, csvfile, unvault, password.
#include <glob.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/files.hpp"
#include "base/text.hpp"
#include "dialect/arguments.hpp"
#include "dialect/lookups/options.hpp"
#include "dialect/passwords.hpp"
#include "dialect/pattern.hpp"
#include "dialect/python_random.hpp"
#include "dialect/scope.hpp"
#include "dialect/search_path.hpp"
#include "dialect/text.hpp"

namespace fprov::dialect {
namespace {

std::string term_text(LookupCall& call, const Value& term) {
    require_defined(term, call.place);
    if (!term.is_string()) fail(call.place, "a file name is needed, got " + values::repr(term) + ", a " + values::type_name(term));
    return term.string();
}

List file(LookupCall& call) {
    List out;
    for (const auto& term : call.terms) {
        auto content = content_of(call, located(call, term_text(call, term)));
        if (flag_option(call, "lstrip", false)) content.erase(0, std::min(content.find_first_not_of(" \t\r\n\v\f"), content.size()));
        if (flag_option(call, "rstrip", true)) content.erase(content.find_last_not_of(" \t\r\n\v\f") + 1);
        out.push_back(Value(std::move(content)));
    }
    return out;
}

List unvault(LookupCall& call) {
    List out;
    for (const auto& term : call.terms) {
        const auto name = term_text(call, term);
        const auto path = find_file(call.templar, call.scope, "files", name);
        if (!path) fail(call.place, "Unable to find file matching \"" + name + "\" ");
        out.push_back(Value(content_of(call, *path)));
    }
    return out;
}

List template_lookup(LookupCall& call) {
    List out;
    for (const auto& term : call.terms) {
        const auto name = term_text(call, term);
        const auto path = find_file(call.templar, call.scope, "templates", name);
        if (!path) fail(call.place, "the template file " + name + " could not be found for the lookup");
        const auto text = content_of(call, *path);
        FileSyntax file;
        for (std::string_view setting : {"variable_start_string", "variable_end_string", "block_start_string", "block_end_string",
                                         "comment_start_string", "comment_end_string", "trim_blocks", "lstrip_blocks", "newline_sequence"})
            if (const Value* given = option(call, setting); given && !given->is_none()) apply_setting(file.syntax, setting, *given);
        Map names;
        names.set("template_path", Value(*path));
        names.set("template_fullpath", Value(base::absolute_path(*path)));
        if (auto managed = call.templar.options().hooks.config ? call.templar.options().hooks.config("DEFAULT_MANAGED_STR") : std::nullopt)
            names.set("ansible_managed", *managed);
        else if (!call.scope.lookup("ansible_managed"))
            names.set("ansible_managed", Value("Ansible managed"));
        // Included templates are looked for beside this one first.
        List folders{Value(base::dirname(*path))};
        for (const auto& folder : search_path(call.templar, call.scope)) folders.push_back(Value(folder));
        names.set("ansible_search_path", Value(std::move(folders)));
        if (const Value* extra = option(call, "template_vars"); extra && extra->is_map())
            for (const auto& entry : extra->map()) names.set(Value(entry.key), entry.value);
        LayeredScope scope(call.scope, std::move(names));
        const auto source = base::add_source(*path, text);
        auto printed = call.templar.render_file(text, *path, scope, file, Place{source, 1, 1});
        const bool convert = flag_option(call, "convert_data", true) && !flag_option(call, "jinja2_native", false);
        Value value = convert ? call.templar.native(std::move(printed), Trust::data_only) : Value(std::move(printed)).set_keeps_text();
        out.push_back(std::move(value));
    }
    return out;
}

List fileglob(LookupCall& call) {
    List out;
    for (const auto& term : call.terms) {
        const auto pattern = base::expand_user(term_text(call, term));
        std::vector<std::string> starts;
        if (!pattern.empty() && pattern[0] == '/') starts.emplace_back();
        else
            for (const auto& folder : search_path(call.templar, call.scope)) {
                starts.push_back(base::join_path(folder, "files"));
                starts.push_back(folder);
            }
        for (const auto& start : starts) {
            glob_t found{};
            const auto full = start.empty() ? pattern : base::join_path(start, pattern);
            const bool any = ::glob(full.c_str(), 0, nullptr, &found) == 0;
            for (std::size_t i = 0; any && i < found.gl_pathc; ++i)
                if (base::is_file(found.gl_pathv[i])) out.push_back(Value(found.gl_pathv[i]));
            const bool stop = any && found.gl_pathc > 0;
            ::globfree(&found);
            if (stop) break;   // the first folder that has some
        }
    }
    return out;
}

/// Words of an option that may be a list or text with commas, semicolons or colons.
std::vector<std::string> names_of(const Value* value, std::string_view separators) {
    std::vector<std::string> names;
    if (!value || value->is_none()) return names;
    auto add = [&](const Value& part) {
        std::string word;
        for (char c : values::str(part)) {
            if (separators.find(c) == std::string_view::npos) { word += c; continue; }
            if (!word.empty()) names.push_back(std::string(base::trim(word)));
            word.clear();
        }
        if (!base::trim(word).empty()) names.push_back(std::string(base::trim(word)));
    };
    if (value->is_sequence()) for (const auto& part : value->list()) add(part);
    else add(*value);
    return names;
}

List first_found(LookupCall& call) {
    // `files` and `paths` as keywords stand in for terms that are text. Whether nothing may be found is for the last term to say.
    const bool skip_option = flag_option(call, "skip", false), ignore = text_option(call, "errors", "") == "ignore";
    const Value *files_option = option(call, "files"), *paths_option = option(call, "paths");
    bool skip = false;
    std::vector<std::string> candidates;
    auto add_files = [&](const Value* files_given, const Value* paths_given) {
        const auto files = names_of(files_given, ",;"), paths = names_of(paths_given, ",:;");
        for (const auto& path : paths)
            for (const auto& name : files) candidates.push_back(base::join_path(path, name));
        if (paths.empty()) candidates.insert(candidates.end(), files.begin(), files.end());
    };
    auto add = [&](auto&& self, const Value& term) -> void {
        if (term.is_undefined()) return;   // a name that needs an undefined variable is passed over
        if (term.is_map()) {
            add_files(term.find("files"), term.find("paths"));
            const Value* given = term.find("skip");
            skip = given && ansible_bool(*given);
        } else if (term.is_sequence()) {
            for (const auto& part : term.list()) self(self, part);
        } else if (term.is_string()) {
            if (files_option || paths_option) add_files(files_option, paths_option);
            else candidates.push_back(term.string());
            skip = skip_option;
        } else {
            fail(call.place, "Invalid term supplied, can handle string, mapping or list of strings but got: <class '" + values::type_name(term) + "'> for " + values::str(term));
        }
    };
    for (const auto& term : call.terms) add(add, term);
    const std::string own = text_option(call, "_folder", "files");
    for (const auto& name : candidates)
        for (std::string_view subfolder : {std::string_view(own), std::string_view("files"), std::string_view("templates"), std::string_view("vars"), std::string_view("tasks")})
            if (auto path = find_file(call.templar, call.scope, subfolder, name)) return {Value(*path)};
    if (skip || ignore) return {};
    fail(call.place, "No file was found when using first_found.", candidates.empty() ? "" : "looked for " + base::join(candidates, ", "));
}

// --- ini: as Python's ConfigParser reads it -------------------------------------------------------------------------------------------

struct IniOption { std::string key, value; bool alone = false; };   // alone: without = or :
using IniSections = std::vector<std::pair<std::string, std::vector<IniOption>>>;

template <class Rows> auto* named_row(Rows& rows, std::string_view name) {
    auto at = std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.first == name; });
    return at == rows.end() ? nullptr : &at->second;
}

IniSections ini_sections(LookupCall& call, const std::string& text, const std::string& name, bool sensitive, bool allow_alone) {
    IniSections sections;
    std::vector<IniOption>* current = nullptr;
    std::vector<std::string> value;      // lines of the option that is being read
    std::size_t indent = 0, number = 0;
    auto close = [&] {
        while (!value.empty() && value.back().empty()) value.pop_back();
        if (current && !current->empty() && !current->back().alone) current->back().value = base::join(value, "\n");
        value.clear();
    };
    auto where = [&] { return "While reading from '<?\?\?>' [line " + std::string(number < 10 ? " " : "") + std::to_string(number) + "]: "; };
    bool open = false;                   // an option that may go on
    for (const auto& raw : base::split_lines(text)) {
        ++number;
        const auto line = base::trim(raw);
        const bool comment = !line.empty() && (line[0] == '#' || line[0] == ';');
        if (line.empty() || comment) {
            if (!comment && open) value.emplace_back();
            continue;
        }
        const auto depth = raw.find_first_not_of(" \t");
        if (open && depth > indent) {
            value.emplace_back(line);
            continue;
        }
        indent = depth;
        if (const auto end = line.rfind(']'); line[0] == '[' && end != std::string_view::npos && end > 1) {
            close();
            open = false;
            const std::string section(line.substr(1, end - 1));
            if (named_row(sections, section) && section != "DEFAULT") fail(call.place, "Duplicate section in '" + name + "': " + where() + "section '" + section + "' already exists");
            if (!named_row(sections, section)) sections.push_back({section, {}});
            current = named_row(sections, section);
            continue;
        }
        if (!current) fail(call.place, "Error reading config file: File contains no section headers.\nfile: '<?\?\?>', line: " + std::to_string(number) + "\n" + values::repr(Value(std::string(raw) + "\n")));
        const auto at = line.find_first_of("=:");
        auto key = std::string(base::trim(line.substr(0, at)));
        if (at == 0 || (at == std::string_view::npos && !allow_alone))
            fail(call.place, "Source contains parsing errors: '<?\?\?>'\n\t[line " + std::string(number < 10 ? " " : "") + std::to_string(number) + "]: " + values::repr(Value(std::string(raw) + "\n")));
        if (!sensitive) key = base::lower(key);
        close();
        if (std::any_of(current->begin(), current->end(), [&](const IniOption& known) { return known.key == key; }))
            fail(call.place, "Duplicate option in '" + name + "': " + where() + "option '" + key + "' in section '" +
                             std::find_if(sections.begin(), sections.end(), [&](const auto& row) { return &row.second == current; })->first + "' already exists");
        current->push_back({key, "", at == std::string_view::npos});
        open = at != std::string_view::npos;
        if (open) value.emplace_back(base::trim(line.substr(at + 1)));
    }
    close();
    return sections;
}

const IniOption* ini_option(const IniSections& sections, std::string_view section, std::string_view key) {
    for (std::string_view place : {section, std::string_view("DEFAULT")})
        if (const auto* options = named_row(sections, place))
            for (const auto& option : *options) if (option.key == key) return &option;
    return nullptr;
}

// %(name)s and %%
std::string ini_interpolated(LookupCall& call, const IniSections& sections, const std::string& section, const IniOption& option, bool sensitive, int depth = 0) {
    if (depth > 10) fail(call.place, "Recursion limit exceeded in value substitution: option '" + option.key + "' in section '" + section + "' contains an interpolation key which cannot be substituted in 10 steps");
    std::string out;
    const std::string& text = option.value;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') { out += text[i]; continue; }
        if (text.compare(i, 2, "%%") == 0) { out += '%'; ++i; continue; }
        const auto end = text.compare(i, 2, "%(") == 0 ? text.find(")s", i) : std::string::npos;
        if (text.compare(i, 2, "%(") != 0) fail(call.place, "'%' must be followed by '%' or '(', found: " + values::repr(Value(text.substr(i))));
        if (end == std::string::npos) fail(call.place, "bad interpolation variable reference " + values::repr(Value(text.substr(i))));
        std::string name = text.substr(i + 2, end - i - 2);
        if (!sensitive) name = base::lower(name);
        const auto* other = ini_option(sections, section, name);
        if (!other) fail(call.place, "Bad value substitution: option '" + option.key + "' in section '" + section + "' contains an interpolation key '" + name +
                                     "' which is not a valid option name. Raw value: " + values::repr(Value(text)));
        out += ini_interpolated(call, sections, section, *other, sensitive, depth + 1);
        i = end + 1;
    }
    return out;
}

List ini(LookupCall& call) {
    List out;
    for (const auto& term : call.terms) {
        auto given = parse_options(call, term_text(call, term));
        auto setting = [&](const char* name, std::string otherwise) {
            for (const auto& [known, value] : given.named)
                if (known == name) return value;
            return text_option(call, name, std::move(otherwise));
        };
        auto flag = [&](const char* name) { return ansible_bool(Value(setting(name, "False"))); };
        const auto name = setting("file", "ansible.ini");
        const auto path = located(call, name);
        const bool properties = setting("type", "ini") == "properties", regular = flag("re"), sensitive = flag("case_sensitive");
        const auto section = properties ? std::string("java_properties") : setting("section", "global");
        const auto sections = ini_sections(call, (properties ? "[java_properties]\n" : "") + content_of(call, path), name, sensitive, flag("allow_no_value") || flag("allow_none"));
        if (!named_row(sections, section) && section != "DEFAULT") fail(call.place, "No section '" + section + "' in " + name);
        auto take = [&](const IniOption& option) { if (!option.alone || regular) out.push_back(Value(ini_interpolated(call, sections, section, option, sensitive))); };
        if (regular) {
            auto pattern = pattern_of(call.place, given.term);
            const auto* own = named_row(sections, section);
            for (const auto* place : {own, named_row(sections, "DEFAULT")})
                if (place && (place == own || section != "DEFAULT"))
                    for (const auto& option : *place)
                        if (pattern.match(option.key) && (place == own || ini_option(sections, section, option.key) == &option)) take(option);
        } else if (const auto* option = ini_option(sections, section, sensitive ? given.term : base::lower(given.term))) {
            take(*option);
        } else {
            out.push_back(Value(setting("default", "")));
        }
    }
    return out;
}

// Rows of a CSV file as Python's csv module reads them: quotes at the beginning of a cell, doubled ones inside, lines may go on within.
std::vector<std::vector<std::string>> csv_rows(const std::string& text, char delimiter) {
    std::vector<std::vector<std::string>> rows;
    std::vector<std::string> row;
    std::string cell;
    bool quoted = false, fresh = true, any = false;
    auto end_row = [&] {
        if (any) { row.push_back(std::move(cell)); rows.push_back(std::move(row)); }
        row.clear();
        cell.clear();
        fresh = true;
        any = false;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            if (c != '"') cell += c;
            else if (i + 1 < text.size() && text[i + 1] == '"') cell += text[++i];
            else quoted = false;
        } else if (c == '\n' || c == '\r') {
            end_row();
        } else if (c == delimiter) {
            row.push_back(std::move(cell));
            cell.clear();
            fresh = any = true;
        } else if (c == '"' && fresh) {
            quoted = any = true;
            fresh = false;
        } else {
            cell += c;
            any = true;
            fresh = false;
        }
    }
    end_row();
    return rows;
}

List csvfile(LookupCall& call) {
    List out;
    for (const auto& term : call.terms) {
        auto given = parse_options(call, term_text(call, term));
        auto setting = [&](const char* name, std::string otherwise) {
            for (const auto& [known, value] : given.named)
                if (known == name) return value;
            return text_option(call, name, std::move(otherwise));
        };
        if (given.term.empty()) fail(call.place, "Search key is required but was not found");
        const auto path = located(call, setting("file", "ansible.csv"));
        auto delimiter = setting("delimiter", "TAB");
        if (delimiter == "TAB" || delimiter == "t" || delimiter == "\\t") delimiter = "\t";
        const auto column = python_int(setting("col", "1")).value_or(1), key_column = python_int(setting("keycol", "0")).value_or(0);
        bool found = false;
        for (const auto& cells : csv_rows(content_of(call, path), delimiter[0])) {
            if (key_column >= static_cast<std::int64_t>(cells.size()) || cells[static_cast<std::size_t>(key_column)] != given.term) continue;
            const auto at = column < 0 ? column + static_cast<std::int64_t>(cells.size()) : column;
            if (at < 0 || at >= static_cast<std::int64_t>(cells.size())) fail(call.place, "csvfile: list index out of range");
            out.push_back(Value(cells[static_cast<std::size_t>(at)]));
            found = true;
            break;
        }
        const auto otherwise = setting("default", "");
        if (!found && !otherwise.empty()) out.push_back(Value(otherwise));
    }
    return out;
}

std::string password_characters(const std::vector<std::string>& kinds) {
    static constexpr std::pair<std::string_view, std::string_view> known[] = {
        {"ascii_letters", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"}, {"ascii_lowercase", "abcdefghijklmnopqrstuvwxyz"},
        {"ascii_uppercase", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}, {"digits", "0123456789"}, {"hexdigits", "0123456789abcdefABCDEF"},
        {"octdigits", "01234567"}, {"punctuation", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"}, {"whitespace", " \t\n\r\v\f"},
    };
    std::string all;
    for (const auto& kind : kinds) {
        const auto row = std::find_if(std::begin(known), std::end(known), [&](const auto& entry) { return entry.first == kind; });
        all += row == std::end(known) ? std::string_view(kind) : row->second;
    }
    return base::replace_all(base::replace_all(all, "\"", ""), "'", "");
}

List password(LookupCall& call) {
    List out;
    for (const auto& term : call.terms) {
        auto given = parse_options(call, term_text(call, term));
        auto setting = [&](const char* name, std::string otherwise) {
            for (const auto& [known, value] : given.named)
                if (known == name) return value;
            return text_option(call, name, std::move(otherwise));
        };
        std::vector<std::string> unknown;
        for (const auto& [known, value] : given.named)
            if (known != "length" && known != "encrypt" && known != "chars" && known != "ident" && known != "seed") unknown.push_back(known);
        std::sort(unknown.begin(), unknown.end());
        if (!unknown.empty()) fail(call.place, "Unrecognized parameter(s) given to password lookup: " + base::join(unknown, ", "));
        const auto wanted = python_int(setting("length", "20"));
        if (!wanted) fail(call.place, "invalid literal for int() with base 10: " + values::repr(Value(setting("length", "20"))));
        const auto length = *wanted;
        if (length > 1'000'000) fail(call.place, "a password of " + std::to_string(length) + " characters is too long");
        std::vector<std::string> kinds{"ascii_letters", "digits", ".,:-_"};
        bool from_term = false;
        for (const auto& [known, value] : given.named)
            if (known == "chars") {
                from_term = true;
                kinds = base::split(base::replace_all(value, ",,", "\x01"), ',');
                std::erase(kinds, "");
                for (auto& kind : kinds) kind = base::replace_all(kind, "\x01", ",");
            }
        if (const Value* chars = option(call, "chars"); chars && !from_term) kinds = names_of(chars, "");
        const auto characters = password_characters(kinds);
        if (characters.empty()) fail(call.place, "the password lookup has no characters to choose from");
        const auto encrypt = setting("encrypt", ""), ident = setting("ident", "");
        auto seed = option(call, "seed") ? *option(call, "seed") : Value();
        for (const auto& [known, value] : given.named)
            if (known == "seed") seed = Value(value);

        const auto path = given.term == "/dev/null" ? given.term
                          : base::normalize_path(base::join_path(call.templar.options().base_dir.empty() ? base::absolute_path(".") : call.templar.options().base_dir, base::expand_user(given.term)));
        std::string plain, salt, kept_ident;
        bool changed = false;
        if (path != "/dev/null" && base::exists(path)) {
            auto content = content_of(call, path);
            content.erase(content.find_last_not_of(" \t\r\n") + 1);
            plain = content;
            if (auto at = content.rfind(" ident="); at != std::string::npos) { kept_ident = content.substr(at + 7); content.erase(at); plain = content; }
            if (auto at = content.rfind(" salt="); at != std::string::npos) { salt = content.substr(at + 6); plain = content.substr(0, at); }
        } else {
            auto source = seed.is_none() ? PythonRandom() : PythonRandom(seed);
            for (std::int64_t i = 0; i < length; ++i) plain += characters[source.below(characters.size())];
            changed = true;
        }
        if (!encrypt.empty() && salt.empty()) {
            salt = random_salt(encrypt == "bcrypt" ? 22 : encrypt.rfind("md5", 0) == 0 ? 8 : 16);
            changed = true;
        }
        if (changed && path != "/dev/null") {
            std::string content = plain;
            if (!salt.empty()) content += " salt=" + salt;
            if (!ident.empty()) content += " ident=" + ident;
            auto made = base::make_directories(base::dirname(path), 0700);
            if (!made) fail(call.place, "cannot make the folder of " + path + ": " + made.error().what);
            auto written = base::write_file_atomic(path, content + "\n", 0600);
            if (!written) fail(call.place, "cannot write " + path + ": " + written.error().what);
        }
        out.push_back(Value(encrypt.empty() ? plain : hash_password(call.place, plain, encrypt, salt, {}, ident.empty() ? kept_ident : ident)));
    }
    return out;
}

constexpr Lookup rows[] = {
    {"csvfile", csvfile, "A cell of a CSV file, by the row's first cell"},
    {"file", file, "Content of a file of the controller"},
    {"fileglob", fileglob, "Files of the controller that match a shell pattern"},
    {"first_found", first_found, "The first file of several that exists"},
    {"ini", ini, "A value of an INI or properties file"},
    {"password", password, "A random password, kept in a file of the controller"},
    {"template", template_lookup, "A rendered template file of the controller"},
    {"unvault", unvault, "Content of an encrypted file of the controller"},
};

}  // namespace

std::span<const Lookup> file_lookups() { return rows; }

}  // namespace fprov::dialect
