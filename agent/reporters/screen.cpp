// SPDX-License-Identifier: Apache-2.0
#include "reporters/screen.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>

#include "base/files.hpp"
#include "base/text.hpp"

namespace fprov::reporters {
namespace {

struct Row { Colour colour; const char* code; };
constexpr std::array codes{
    Row{Colour::none, ""},          Row{Colour::ok, "0;32"},         Row{Colour::changed, "0;33"},   Row{Colour::skip, "0;36"},
    Row{Colour::error, "0;31"},     Row{Colour::unreachable, "1;31"}, Row{Colour::warn, "1;35"},      Row{Colour::deprecate, "0;35"},
    Row{Colour::verbose, "0;34"},   Row{Colour::debug, "1;30"},       Row{Colour::highlight, "1;37"}, Row{Colour::diff_add, "0;32"},
    Row{Colour::diff_remove, "0;31"}, Row{Colour::diff_lines, "0;36"},
};

constexpr std::pair<std::string_view, const char*> names[] = {
    {"black", "0;30"},     {"blue", "0;34"},      {"bright blue", "1;34"},    {"bright cyan", "1;36"}, {"bright gray", "0;37"},   {"bright green", "1;32"}, {"bright magenta", "1;35"},
    {"bright purple", "1;35"}, {"bright red", "1;31"}, {"bright yellow", "1;33"}, {"cyan", "0;36"},    {"dark gray", "1;30"},     {"green", "0;32"},        {"magenta", "0;35"},
    {"normal", "0"},       {"purple", "0;35"},    {"red", "0;31"},            {"white", "1;37"},       {"yellow", "0;33"},
};

std::string login_name() {
    const passwd* entry = ::getpwuid(::geteuid());
    return entry ? entry->pw_name : std::to_string(::geteuid());
}

}  // namespace

std::string colour_code(std::string_view name) {
    for (const auto& [known, code] : names) if (known == name) return code;
    for (std::string_view kind : {"color", "gray", "rgb"}) {
        auto number = name.starts_with(kind) ? base::parse_int(name.substr(kind.size())) : std::nullopt;
        if (!number || *number < 0 || *number > 555) continue;
        int n = static_cast<int>(*number);
        if (kind == "rgb") n = 16 + 36 * (n / 100) + 6 * (n / 10 % 10) + n % 10;
        if (kind == "gray") n += 232;
        return "38;5;" + std::to_string(n);
    }
    return {};
}

Screen::Screen(ScreenOptions options) : options_(std::move(options)) {
    std::setvbuf(stdout, nullptr, options_.terminal ? _IOFBF : _IOLBF, 1 << 16);   // a terminal is flushed after each text
    if (options_.log_path.empty()) return;
    std::string directory = base::dirname(options_.log_path);
    if (!directory.empty() && !base::is_directory(directory)) (void)base::make_directories(directory);
    int file = ::open(options_.log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file >= 0) log_ = ::fdopen(file, "a");
    if (log_) std::setvbuf(log_, nullptr, _IOLBF, 1 << 14);
    else warning("log file at " + options_.log_path + " is not writeable and we cannot create it, aborting\n");
}

Screen::~Screen() {
    progress("");
    std::fflush(stdout);
    if (log_) std::fclose(log_);
}

std::string Screen::paint(std::string_view text, Colour colour) const {
    if (!options_.colour || colour == Colour::none) return std::string(text);
    std::string out;
    bool first = true;
    auto own = options_.codes.find(colour);
    std::string code = own != options_.codes.end() ? own->second : codes[static_cast<std::size_t>(colour)].code;
    for (const auto& line : base::split(text, '\n')) {
        if (!first) out += '\n';
        first = false;
        out += "\033[" + code + "m" + line + "\033[0m";
    }
    return out;
}

void Screen::put(std::FILE* stream, std::string_view text) {
    if (stream == stdout && !stdout_alive_) return;
    if (std::fwrite(text.data(), 1, text.size(), stream) != text.size() || std::fflush(stream) != 0)
        if (stream == stdout && errno == EPIPE) stdout_alive_ = false;   // the reader left; the run goes on
}

void Screen::clear_progress() {
    if (!progress_shown_) return;
    put(stderr, "\r\033[K");
    progress_shown_ = false;
}

std::string Screen::scrubbed(std::string_view text) const {
    std::string out(text);
    for (const auto& secret : secrets_)
        if (out.find(secret) != std::string::npos) out = base::replace_all(std::move(out), secret, "********");
    return out;
}

void Screen::say(std::string_view given, Colour colour, bool to_stderr, bool in_log) {
    std::lock_guard lock(mutex_);
    std::string clean;
    if (!secrets_.empty()) clean = scrubbed(given);
    std::string_view text = secrets_.empty() ? given : std::string_view(clean);
    clear_progress();
    bool ended = text.ends_with('\n');
    std::string shown;
    if (ended && colour != Colour::none && options_.colour) shown = paint(text, colour);
    else shown = paint(text, colour) + (ended ? "" : "\n");
    put(to_stderr || options_.mute_output ? stderr : stdout, shown);
    if (in_log) log(text);
}

void Screen::banner(std::string_view text, Colour colour) {
    std::lock_guard lock(mutex_);
    say("\n" + banner_text(text), colour);
}

void Screen::warning(std::string_view text) {
    std::lock_guard lock(mutex_);
    std::string shown = wrap("[WARNING]: " + std::string(text), options_.columns) + "\n";
    if (once_.insert(shown).second) say(shown, Colour::warn, true);
}

void Screen::deprecated(std::string_view text) {
    std::lock_guard lock(mutex_);
    std::string shown = wrap("[DEPRECATION WARNING]: " + std::string(text), options_.columns) + "\n";
    if (once_.insert(shown).second) say(shown, Colour::deprecate, true);
}

void Screen::error(std::string_view text) {
    std::lock_guard lock(mutex_);
    std::string shown = "ERROR! " + std::string(text);
    if (once_.insert(shown).second) say(shown, Colour::error, true);
}

void Screen::progress(std::string_view line) {
    std::lock_guard lock(mutex_);
    if (!options_.terminal) return;
    clear_progress();
    if (line.empty()) return;
    std::string text = strip_controls(line);
    std::size_t at = 0;
    int columns = 0;
    while (at < text.size() && columns < options_.columns - 2) { base::next_code_point(text, at); ++columns; }
    put(stderr, paint(text.substr(0, at), Colour::skip));
    progress_shown_ = true;
}

void Screen::log(std::string_view text, std::string_view level) {
    std::lock_guard lock(mutex_);
    if (!log_) return;
    while (text.starts_with('\n')) text.remove_prefix(1);
    if (text.empty()) return;
    timeval now{};
    ::gettimeofday(&now, nullptr);
    std::tm local{};
    ::localtime_r(&now.tv_sec, &local);
    char stamp[40];
    std::strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &local);
    static const std::string user = login_name();
    std::fprintf(log_, "%s,%03d p=%d u=%s n=%s | %s%.*s\n", stamp, static_cast<int>(now.tv_usec / 1000), static_cast<int>(::getpid()), user.c_str(),
                 options_.log_name.c_str(), level.empty() ? "" : (std::string(level) + " ").c_str(), static_cast<int>(text.size()), text.data());
    std::fflush(log_);
}

}  // namespace fprov::reporters
