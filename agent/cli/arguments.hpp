// SPDX-License-Identifier: Apache-2.0
// Command lines through CLI11, with the manners that users of argparse know: abbreviated long options, "usage: … error: …", exit code 2.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace CLI { class App; class Option; }

namespace fprov::cli {

/// Thrown to end the program with this exit code; what is to say has been said.
struct Exit { int code; };

struct UsageError { std::string text; };

class Arguments {
public:
    Arguments(std::string program, std::string description);
    ~Arguments();
    CLI::App& app() { return *app_; }
    /// A value, given at most once (the last one counts).
    CLI::Option* value(const std::string& names, std::string& target, const std::string& help, const std::string& shown = "");
    CLI::Option* number(const std::string& names, std::optional<int>& target, const std::string& help, const std::string& shown = "N",
                        const std::string& below_one = "");   // what is said of numbers below 1; nothing: they are taken
    /// A value that may be given several times, one value each.
    CLI::Option* values(const std::string& names, std::vector<std::string>& target, const std::string& help, const std::string& shown = "");
    CLI::Option* flag(const std::string& names, bool& target, const std::string& help);
    CLI::Option* count(const std::string& names, int& target, const std::string& help);
    CLI::Option* positional(const std::string& name, std::string& target, const std::string& help, bool required);
    CLI::Option* positionals(const std::string& name, std::vector<std::string>& target, const std::string& help, bool required);
    void group(const std::string& title) { group_ = title; }
    void epilog(const std::string& text);

    /// Throws Exit (0 after --help and --version, 2 after a mistake, which is printed). --help=json is for programs (scripts/compatibility).
    void parse(const std::vector<std::string>& words, const std::function<std::string()>& version = {});
    [[noreturn]] void mistake(const std::string& text) const;      // usage and "PROGRAM: error: TEXT", exit code 2
    std::string usage() const;
    const std::string& program() const { return program_; }

private:
    void print_json() const;
    CLI::Option* add(CLI::Option* option, const std::string& shown);
    std::unique_ptr<CLI::App> app_;
    std::string program_, group_ = "options";
    bool version_ = false;
    struct Number { std::string text, names; std::optional<int>* target; std::string below_one; };
    std::vector<std::unique_ptr<Number>> numbers_;
    std::vector<std::pair<std::string, bool>> required_;    // positionals by name
};

}  // namespace fprov::cli
