// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <climits>
#include <cstdio>

#include "base/suggest.hpp"
#include "base/text.hpp"
#include "reporters/screen.hpp"
#include "values/json.hpp"

namespace fprov::cli {
namespace {

// "-f/--forks" of "-f,--forks".
std::string slashes(const std::string& names) { return base::replace_all(names, ",", "/"); }

std::string placeholder(const CLI::Option* option) {
    std::string shown = option->get_type_name();
    if (!shown.empty() && shown != "TEXT") return shown;
    std::string name = option->get_lnames().empty() ? option->get_single_name() : option->get_lnames().front();
    return base::upper(base::replace_all(name, "-", "_"));
}

class Layout : public CLI::Formatter {
public:
    std::string make_option_opts(const CLI::Option* option) const override {
        if (option->get_expected_max() == 0 || option->get_positional()) return "";
        return " " + placeholder(option);
    }
};

}  // namespace

Arguments::Arguments(std::string program, std::string description) : app_(std::make_unique<CLI::App>(std::move(description))), program_(std::move(program)) {
    app_->name(program_);
    app_->set_help_flag();
    app_->set_help_flag("-h,--help", "show this help message and exit");
    app_->get_help_ptr()->group(group_);
    auto layout = std::make_shared<Layout>();
    layout->column_width(34);
    app_->formatter(layout);
    app_->option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}
Arguments::~Arguments() = default;

CLI::Option* Arguments::add(CLI::Option* option, const std::string& shown) {
    option->group(group_);
    if (!shown.empty()) option->type_name(shown);
    return option;
}
CLI::Option* Arguments::value(const std::string& names, std::string& target, const std::string& help, const std::string& shown) {
    return add(app_->add_option(names, target, help)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast), shown);
}
CLI::Option* Arguments::number(const std::string& names, std::optional<int>& target, const std::string& help, const std::string& shown, const std::string& below_one) {
    numbers_.push_back(std::make_unique<Number>(Number{"", slashes(names), &target, below_one}));
    return add(app_->add_option(names, numbers_.back()->text, help)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast), shown);
}
CLI::Option* Arguments::values(const std::string& names, std::vector<std::string>& target, const std::string& help, const std::string& shown) {
    return add(app_->add_option(names, target, help)->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll), shown);
}
CLI::Option* Arguments::flag(const std::string& names, bool& target, const std::string& help) { return add(app_->add_flag(names, target, help), ""); }
CLI::Option* Arguments::count(const std::string& names, int& target, const std::string& help) {
    return add(app_->add_flag(names, target, help)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll), "");
}
CLI::Option* Arguments::positional(const std::string& name, std::string& target, const std::string& help, bool required) {
    required_.emplace_back(name, required);
    return app_->add_option(name, target, help)->group("positional arguments");
}
CLI::Option* Arguments::positionals(const std::string& name, std::vector<std::string>& target, const std::string& help, bool required) {
    required_.emplace_back(name, required);
    return app_->add_option(name, target, help)->group("positional arguments")->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}
void Arguments::epilog(const std::string& text) { app_->footer("\n" + text); }

std::string Arguments::usage() const {
    std::string text = "usage: " + program_;
    std::string indent(text.size() + 1, ' ');
    std::size_t column = text.size();
    auto word = [&](const std::string& piece) {
        if (column + 1 + piece.size() > 79) { text += "\n" + indent; column = indent.size(); }
        else { text += " "; ++column; }
        text += piece;
        column += piece.size();
    };
    std::vector<std::string> positionals;
    for (const CLI::Option* option : app_->get_options()) {
        if (option->get_positional()) {
            bool many = option->get_expected_max() > 1, needed = false;
            for (const auto& [name, required] : required_) if (name == option->get_single_name()) needed = required;
            std::string name = option->get_single_name();
            positionals.push_back(many ? name + " [" + name + " ...]" : needed ? name : "[" + name + "]");
            continue;
        }
        std::string name = option->get_snames().empty() ? "--" + option->get_lnames().front() : "-" + option->get_snames().front();
        word("[" + name + (option->get_expected_max() == 0 ? "" : " " + placeholder(option)) + "]");
    }
    for (const auto& piece : positionals) word(piece);
    return text + "\n";
}

void Arguments::print_json() const {
    values::List options;
    for (const CLI::Option* option : app_->get_options()) {
        if (option->get_positional()) continue;
        std::vector<std::string> names;
        for (const auto& name : option->get_snames()) names.push_back("-" + name);
        for (const auto& name : option->get_lnames()) names.push_back("--" + name);
        options.emplace_back(values::Map{{"names", values::Value::strings(names)}, {"help", values::Value(option->get_description())}, {"takes_value", option->get_expected_max() != 0}});
    }
    std::fputs((values::write_json(values::Value(values::Map{{"program", values::Value(program_)}, {"options", values::Value(std::move(options))}}), {.indent = 4, .ensure_ascii = false}) + "\n").c_str(), stdout);
}

void Arguments::mistake(const std::string& text) const {
    std::fputs((usage() + program_ + ": error: " + text + "\n").c_str(), stderr);
    throw Exit{2};
}

void Arguments::parse(const std::vector<std::string>& words, const std::function<std::string()>& version) {
    if (version) app_->add_flag("--version", version_, "show the program's version and exit")->group("options");
    if (std::find(words.begin(), words.end(), "--help=json") != words.end()) {
        print_json();
        throw Exit{0};
    }
    std::vector<std::string> known;
    for (const CLI::Option* option : app_->get_options())
        for (const auto& name : option->get_lnames()) known.push_back("--" + name);
    std::vector<std::string> given;
    bool options_end = false;
    for (const std::string& word : words) {   // abbreviations of long options, where only one fits
        std::string full = word;
        if (word == "--") options_end = true;
        if (!options_end && word.size() > 2 && word.starts_with("--")) {
            auto equals = word.find('=');
            std::string name = word.substr(0, equals);
            std::vector<std::string> fits;
            for (const auto& candidate : known) {
                if (candidate == name) { fits = {candidate}; break; }
                if (candidate.starts_with(name)) fits.push_back(candidate);
            }
            if (fits.size() > 1) mistake("ambiguous option: " + name + " could match " + base::join(fits, ", "));
            if (fits.size() == 1) full = fits[0] + (equals == std::string::npos ? "" : word.substr(equals));
        }
        given.push_back(full);
    }
    std::vector<std::string> reversed(given.rbegin(), given.rend());
    try {
        app_->parse(reversed);
    } catch (const CLI::CallForHelp&) {
        std::string text = app_->help();
        if (auto from = text.find("Usage:"); from != std::string::npos) text.replace(from, text.find('\n', from) - from + 1, usage());
        text = base::replace_all(std::move(text), "Positionals:", "positional arguments:");
        std::fputs(text.c_str(), stdout);
        throw Exit{0};
    } catch (const CLI::ExtrasError&) {
        auto rest = app_->remaining();
        std::string text = "unrecognized arguments: " + base::join(rest, " ");
        if (!rest.empty())
            if (std::string hint = base::did_you_mean(rest.front().substr(0, rest.front().find('=')), known); !hint.empty()) text += " (" + hint + ")";
        mistake(text);
    } catch (const CLI::ArgumentMismatch& error) {
        std::string text = error.what();
        std::string name = text.substr(0, text.find(':'));
        for (const CLI::Option* option : app_->get_options())
            for (const auto& long_name : option->get_lnames())
                if (name == "--" + long_name && !option->get_snames().empty()) { name = "-" + option->get_snames().front() + "/" + name; break; }
        mistake("argument " + name + ": expected one argument");
    } catch (const CLI::ParseError& error) {
        mistake(error.what());
    }
    if (version_) {
        std::fputs(version().c_str(), stdout);
        throw Exit{0};
    }
    std::vector<std::string> missing;
    for (const auto& [name, required] : required_)
        if (required && app_->get_option(name)->count() == 0) missing.push_back(name);
    if (!missing.empty()) mistake("the following arguments are required: " + base::join(missing, ", "));
    for (const auto& number : numbers_) {
        if (number->text.empty()) continue;
        auto value = base::parse_int(number->text);
        if (!value) mistake("argument " + number->names + ": invalid int value: '" + number->text + "'");
        if (*value < 1 && !number->below_one.empty()) mistake(number->below_one);
        *number->target = static_cast<int>(std::clamp<std::int64_t>(*value, INT_MIN, INT_MAX));
    }
}

}  // namespace fprov::cli
