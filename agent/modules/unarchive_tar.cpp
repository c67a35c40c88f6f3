// SPDX-License-Identifier: Apache-2.0
// tar archives through the host's GNU tar.
#include <algorithm>

#include "base/text.hpp"
#include "modules/unarchive.hpp"

namespace fprov::modules::archives {
namespace {

/// Undoes tar's --quoting-style=escape.
std::string unescape(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 >= text.size()) { out += text[i]; continue; }
        char c = text[++i];
        static constexpr std::string_view letters = "abfnrtv", meant = "\a\b\f\n\r\t\v";
        if (auto at = letters.find(c); at != std::string_view::npos) out += meant[at];
        else if (c >= '0' && c <= '7') {
            int code = 0;
            for (int digits = 0; digits < 3 && i < text.size() && text[i] >= '0' && text[i] <= '7'; ++digits, ++i) code = code * 8 + (text[i] - '0');
            --i;
            out += static_cast<char>(code);
        } else out += c;
    }
    return out;
}

class Tar final : public Handler {
public:
    Tar(Context& context, const Order& order, const char* name, const char* option) : context_(context), order_(order), name_(name), option_(option) {
        auto program = context.machine.which("gtar");
        if (!program) program = context.machine.which("tar");
        if (!program) fail("Failed to find handler for \"" + order.archive + "\". Make sure the required command to extract the file is installed.\n"
                           "Unable to find required 'gtar' or 'tar' binary in the path");
        program_ = *program;
    }

    const char* name() const override { return name_; }

    std::vector<Member> members() override {
        auto argv = command({"--list", "-P", "-v", "--numeric-owner", "--full-time", "--quoting-style=escape"});
        auto finished = context_.must_run(argv, false);
        if (finished.code != 0) no_handler("Command \"" + program_ + "\" could not handle archive: Unable to list files in the archive: " + finished.error_output);
        if (finished.output.empty()) no_handler("Command \"" + program_ + "\" found no files in archive. Empty archive files are not supported.");
        std::vector<Member> out;
        for (const auto& line : base::split_lines(finished.output)) {
            // "-rw-r--r-- 0/0   12 2023-01-02 03:04:05 path -> target": five columns, then the name
            std::size_t at = 0;
            for (int column = 0; column < 5 && at < line.size(); ++column) {
                while (at < line.size() && line[at] == ' ') ++at;
                while (at < line.size() && line[at] != ' ') ++at;
            }
            if (line.empty() || at + 1 >= line.size()) continue;
            std::string rest = line.substr(at + 1);
            Member member;
            member.is_dir = line[0] == 'd';
            member.is_link = line[0] == 'l';
            if (member.is_link)
                if (auto arrow = rest.find(" -> "); arrow != std::string::npos) {
                    member.link = unescape(rest.substr(arrow + 4));
                    rest.resize(arrow);
                }
            if (line[0] == 'h')
                if (auto words = rest.find(" link to "); words != std::string::npos) rest.resize(words);
            member.path = unescape(rest);
            while (member.path.size() > 1 && member.path.ends_with('/')) member.path.pop_back();
            while (member.path.starts_with("./")) member.path.erase(0, 2);
            if (rest.empty() || rest == "/" || member.path.empty() || member.path == ".") continue;   // --strip-components left nothing
            out.push_back(std::move(member));
        }
        return out;
    }

    /// `tar --diff` says what differs, a line each. What the task sets itself, and owners where we may not change them, do not count.
    bool differs(const std::vector<Member>&) override {
        auto finished = context_.must_run(command({"--diff", "-C", order_.dest}), false);
        if (finished.code == 0) return false;
        bool root = context_.machine.uid() == 0;
        struct Ignored { std::string_view text; bool ignore; };
        const Ignored rows[] = {
            {": Uid differs", order_.owner_given || !root},
            {": Gid differs", order_.group_given || !root},
            {": Mode differs", order_.mode_given},
            {": Mod time differs", order_.keep_newer},
        };
        bool any = false;
        for (const auto& line : base::split_lines(finished.output + finished.error_output)) {
            if (line.empty() || line.find("Exiting with failure status") != std::string::npos || line.find("Removing leading `") != std::string::npos) continue;
            if (line.find(": : Warning: ") != std::string::npos) continue;     // a folder of which --strip-components left no name
            bool ignored = std::any_of(std::begin(rows), std::end(rows), [&](const Ignored& row) { return row.ignore && line.ends_with(row.text); });
            if (!ignored) any = true;
        }
        return any;
    }

    Extraction extract() override {
        auto argv = command({"--extract", "-C", order_.dest}, order_.keep_newer);
        auto finished = context_.must_run(argv, false);
        Extraction out;
        for (const auto& word : argv) out.command.push_back(word);
        out.code = finished.code;
        out.output = finished.output;
        out.error = finished.error_output;
        return out;
    }

private:
    [[noreturn]] void no_handler(const std::string& why) const {
        fail("Failed to find handler for \"" + order_.archive + "\". Make sure the required command to extract the file is installed.\n" + why);
    }

    std::vector<std::string> command(const std::vector<std::string>& start, bool keep_newer = false) const {
        std::vector<std::string> argv{program_};
        argv.insert(argv.end(), start.begin(), start.end());
        if (*option_) argv.push_back(option_);
        if (!order_.extra_opts.empty()) argv.push_back("--show-transformed-names");    // names without their first folders, so that --diff finds them
        argv.insert(argv.end(), order_.extra_opts.begin(), order_.extra_opts.end());
        if (keep_newer) argv.push_back("--keep-newer-files");
        for (const auto& pattern : order_.exclude) argv.push_back("--exclude=" + pattern);
        if (!order_.owner.empty()) argv.push_back("--owner=" + order_.owner);
        if (!order_.group.empty()) argv.push_back("--group=" + order_.group);
        argv.push_back("-f");
        argv.push_back(order_.archive);
        argv.insert(argv.end(), order_.include.begin(), order_.include.end());
        return argv;
    }

    Context& context_;
    Order order_;
    const char* name_;
    const char* option_;
    std::string program_;
};

}  // namespace

std::unique_ptr<Handler> tar_handler(Context& context, const Order& order, const char* name, const char* option) {
    return std::make_unique<Tar>(context, order, name, option);
}

std::unique_ptr<Handler> open_archive(Context& context, const Order& order, const std::string& shown_name) {
    std::string head;
    {
        auto reader = context.machine.open_file(order.archive);
        if (!reader) fail("Source '" + shown_name + "' failed to transfer: " + reader.error().what);
        while (head.size() < 512) {
            auto piece = (*reader)->read(512 - head.size());
            if (!piece || piece->empty()) break;
            head += *piece;
        }
    }
    if (head.starts_with("PK\x03\x04") || head.starts_with("PK\x05\x06")) return zip_handler(context, order);
    if (head.starts_with("\x1f\x8b")) return tar_handler(context, order, "TgzArchive", "-z");
    for (const auto magic : {std::string_view("BZh"), std::string_view("\xfd" "7zXZ\0", 6), std::string_view("\x28\xb5\x2f\xfd")})    // tar finds out for itself
        if (head.starts_with(magic)) return tar_handler(context, order, "TarArchive", "");
    bool tar = head.size() >= 265 && head.compare(257, 5, "ustar") == 0;
    bool old_tar = head.size() == 512 && !head.empty() && head[0] != '\0' && head.find_first_not_of("01234567 \0", 148, 8) != 148;
    if (tar || old_tar) return tar_handler(context, order, "TarArchive", "");
    fail("Failed to find handler for \"" + shown_name + "\". Make sure the required command to extract the file is installed.\n"
         "It is neither a tar (plain, gzip, bzip2, xz, zstd) nor a zip archive.");
}

}  // namespace fprov::modules::archives
