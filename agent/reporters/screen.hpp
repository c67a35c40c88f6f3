// SPDX-License-Identifier: Apache-2.0
// The door to the terminal: colour, wrapping, banners, the progress line and the log file. Everything that people read goes through it.
#pragma once
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

namespace fprov::reporters {

enum class Colour : std::uint8_t { none, ok, changed, skip, error, unreachable, warn, deprecate, verbose, debug, highlight, diff_add, diff_remove, diff_lines };

/// The terminal's code of a colour by Ansible's name ("bright blue", color123, rgb500, gray10); empty for another text.
std::string colour_code(std::string_view name);

struct ScreenOptions {
    std::map<Colour, std::string> codes{};   // instead of the usual ones
    bool colour = false;
    bool terminal = false;         // stdout is one: a progress line may be shown
    int columns = 79;              // where warnings wrap
    std::string log_path;          // empty: no log
    std::string log_name = "fprov";
    bool mute_output = false;      // a machine format owns stdout: what is for people goes to stderr
};

class Screen {
public:
    explicit Screen(ScreenOptions options);
    ~Screen();
    Screen(const Screen&) = delete;

    /// A text for stdout (or stderr); a newline is added when missing.
    void say(std::string_view text, Colour colour = Colour::none, bool to_stderr = false, bool in_log = true);
    /// "\nTEXT ****" up to column 79.
    void banner(std::string_view text, Colour colour = Colour::none);
    /// "[WARNING]: …" wrapped, each text once.
    void warning(std::string_view text);
    void deprecated(std::string_view text);
    /// "ERROR! …" on stderr; no wrapping.
    void error(std::string_view text);
    /// One line at the bottom of a terminal that the next text replaces; empty removes it.
    void progress(std::string_view line);
    std::string paint(std::string_view text, Colour colour) const;      // line by line, as Ansible does
    bool colour() const { return options_.colour; }
    bool terminal() const { return options_.terminal; }
    /// False when the reader of stdout went away.
    bool stdout_alive() const { return stdout_alive_; }
    void log(std::string_view text, std::string_view level = {});
    /// A text that must never be shown or logged (a password).
    void add_secret(const std::string& secret) { if (secret.size() >= 4) secrets_.insert(secret); }

private:
    void put(std::FILE* stream, std::string_view text);
    void clear_progress();
    ScreenOptions options_;
    std::recursive_mutex mutex_;
    std::FILE* log_ = nullptr;
    bool progress_shown_ = false;
    bool stdout_alive_ = true;
    std::string scrubbed(std::string_view text) const;
    std::set<std::string, std::less<>> once_;
    std::set<std::string> secrets_;
};

std::string banner_text(std::string_view text);                 // without the leading newline
int display_width(std::string_view text);                       // columns on a terminal
std::string wrap(std::string_view text, int columns);           // as Python's textwrap.wrap, joined by newlines
std::string strip_controls(std::string_view text);              // what a terminal must not get from a host

}  // namespace fprov::reporters
