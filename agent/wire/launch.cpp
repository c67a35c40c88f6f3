// SPDX-License-Identifier: Apache-2.0
#include "wire/launch.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "base/text.hpp"

namespace fprov::wire {
namespace {

using base::shell_quote;

// Runs under any POSIX /bin/sh (dash, bash, busybox). One line, no newlines. $h hash, $m mark, $d folder, $f new file, $w what went wrong, $c the umask
// that modules shall see.
// A folder counts only when it is a real directory of our own; mkdir -p alone would also be content with somebody else's.
constexpr std::string_view functions =
    "own(){ [ -d \"$1\" ]&&[ ! -L \"$1\" ]&&[ -O \"$1\" ];};"
    "has(){ [ -f \"$1/$h\" ]&&[ -x \"$1/$h\" ]&&[ -O \"$1/$h\" ];};"
    "go(){ echo \"$m RUN $1\";cd \"$1\";[ \"$c\" ]&&umask $c;exec \"./$h\" \"$p\";};"
    "sum(){ if command -v sha256sum >/dev/null 2>&1;then s=$(sha256sum <\"$1\");echo \"${s%% *}\";"
    "elif command -v openssl >/dev/null 2>&1;then s=$(openssl dgst -sha256 <\"$1\");echo \"${s##* }\";"
    "else \"$1\" --hash;fi;};";

constexpr std::string_view install =
    "a=$(uname -m);[ \"$a\" = x86_64 ]||{ echo \"$m ARCH $a\";exit 3;};"
    "z=raw;command -v gzip >/dev/null 2>&1&&z=gz;"
    "for d in \"$@\";do [ -n \"$d\" ]||continue;"
    "e=$(mkdir -p \"$d\" 2>&1);"
    "own \"$d\"||{ if [ -e \"$d\" ];then e='belongs to somebody else';fi;w=\"$w; $d: ${e##*: }\";continue;};"
    "chmod 700 \"$d\" 2>/dev/null;f=\"$d/.new$$\";rm -f \"$f\" 2>/dev/null;"
    "e=$({ printf '%s\\n' '#!/bin/sh' 'exit 0' >\"$f\";} 2>&1)&&[ -s \"$f\" ]||{ w=\"$w; $d: ${e##*: }\";rm -f \"$f\" 2>/dev/null;continue;};"
    "chmod 700 \"$f\";\"$f\" 2>/dev/null||{ w=\"$w; $d: mounted noexec\";rm -f \"$f\";continue;};"
    "echo \"$m NEED $z $d\";IFS=' ' read -r k n||exit 5;"
    // Exactly n bytes are taken from the stream also when the disk is full: the next folder's copy follows them.
    "if [ \"$k\" = gz ];then g='gzip -dc';else g=cat;fi;e=$({ head -c \"$n\"|{ $g >\"$f\";cat >/dev/null;};} 2>&1);"
    "chmod 700 \"$f\";[ \"$(sum \"$f\")\" = \"$h\" ]||{ w=\"$w; $d: ${e:-the copy does not have the right hash}\";rm -f \"$f\";continue;};"
    "mv -f \"$f\" \"$d/$h\"||{ rm -f \"$f\";w=\"$w; $d: cannot rename\";continue;};"
    "go \"$d\";done;echo \"$m FAIL ${w#; }\";exit 4";

}  // namespace

std::string new_mark() {
    unsigned char bytes[12] = {};
    int fd = ::open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    bool good = fd >= 0 && ::read(fd, bytes, sizeof bytes) == static_cast<ssize_t>(sizeof bytes);
    if (fd >= 0) ::close(fd);
    if (!good) {   // only uniqueness is needed, not secrecy
        auto now = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()) ^ static_cast<std::uint64_t>(::getpid()) << 40;
        for (auto& byte : bytes) { byte = static_cast<unsigned char>(now); now = now * 6364136223846793005u + 1442695040888963407u; now ^= now >> 29; }
    }
    return "FPROV-" + base::hex({reinterpret_cast<const char*>(bytes), sizeof bytes});
}

std::vector<std::string> launch_argv(const std::string& shell) { return {shell, "-c", "IFS= read -r s;eval \"$s\""}; }

std::string launch_command(const std::string& shell) {
    // Single quotes with neither quote, backslash, newline nor exclamation mark inside mean the same in sh, csh and fish.
    return "exec " + shell_quote(shell) + " -c '" + launch_argv(shell)[2] + "'";
}

std::string launch_line(const LaunchOptions& options) {
    std::string line;
    if (!options.prelude.empty()) line += options.prelude + ";";
    line += "m=" + options.mark + ";h=" + options.hash + ";w=;";
    line += options.directory.empty() ? "p=$PWD;" : "p=" + shell_quote(options.directory) + ";";
    line += functions;
    // The usual case must not start a single process: what needs id or umask comes after it.
    line += "c=;set --";
    for (const auto& folder : options.folders)
        line += " " + (folder.starts_with("~/") ? "\"$HOME\"/" + shell_quote(folder.substr(2)) : shell_quote(folder));
    line += " \"${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/fprov\" \"${HOME:-/nonexistent}/.fprov\";";
    const std::string usable = options.probe ? "&&\"$d/$h\" --hash >/dev/null 2>&1" : "";
    const std::string look = "for d in \"$@\";do own \"$d\"&&has \"$d\"" + usable + "&&go \"$d\";done;";
    if (!options.fresh) {
        if (!options.trusted_folder.empty()) line += "d=" + shell_quote(options.trusted_folder) + ";[ -x \"$d/$h\" ]" + usable + "&&go \"$d\";";
        line += look;
    }
    line += "u=$(id -u);set -- \"$@\" \"/var/tmp/.fprov-$u\" \"/tmp/.fprov-$u\" \"/run/user/$u/fprov\" \"/dev/shm/.fprov-$u\" \"/run/.fprov-$u\";";
    if (!options.fresh) line += look;
    line += "c=$(umask);umask 077;";
    line += install;
    std::replace(line.begin(), line.end(), '\n', ' ');   // a path with a newline would end the line early; it will not be found
    return line + "\n";
}

std::string launch_payload_head(bool compressed, std::size_t size) { return (compressed ? "gz " : "raw ") + std::to_string(size) + "\n"; }

LaunchReader::State LaunchReader::feed(std::string_view bytes) {
    if (state_ == State::running) { buffer_.append(bytes); return state_; }
    buffer_.append(bytes);
    seen_ += bytes.size();
    while (state_ == State::waiting) {
        auto at = buffer_.find(mark_);
        if (at == std::string::npos) {
            // Keep as much as could be the beginning of the mark.
            if (buffer_.size() > mark_.size()) {
                noise_.append(buffer_, 0, buffer_.size() - mark_.size());
                buffer_.erase(0, buffer_.size() - mark_.size());
                if (noise_.size() > 2000) noise_.erase(0, noise_.size() - 2000);
            }
            if (seen_ > (4u << 20)) state_ = State::too_noisy;
            return state_;
        }
        auto end = buffer_.find('\n', at);
        if (end == std::string::npos) {
            if (buffer_.size() > (1u << 20)) state_ = State::too_noisy;
            return state_;
        }
        noise_.append(buffer_, 0, at);
        spoke_ = true;
        std::string text = buffer_.substr(at + mark_.size(), end - at - mark_.size());
        buffer_.erase(0, end + 1);
        std::string_view rest = base::trim(text);
        auto space = rest.find(' ');
        std::string_view word = rest.substr(0, space);
        detail_ = space == std::string_view::npos ? "" : std::string(rest.substr(space + 1));
        if (word == "RUN") state_ = State::running;
        else if (word == "NEED") { compressed_ = detail_.starts_with("gz"); state_ = State::need; }
        else if (word == "ARCH") state_ = State::wrong_machine;
        else if (word == "FAIL") state_ = State::failed;
    }
    return state_;
}

}  // namespace fprov::wire
