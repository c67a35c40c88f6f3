// SPDX-License-Identifier: Apache-2.0
// zip archives through the host's unzip.
#include <algorithm>
#include <array>

#include "base/files.hpp"
#include "base/text.hpp"
#include "modules/unarchive.hpp"

namespace fprov::modules::archives {
namespace {

std::uint32_t crc32(std::uint32_t crc, std::string_view bytes) {
    static const auto table = [] {
        std::array<std::uint32_t, 256> rows{};
        for (std::uint32_t i = 0; i < 256; ++i) {
            std::uint32_t value = i;
            for (int bit = 0; bit < 8; ++bit) value = (value & 1) ? 0xEDB88320u ^ (value >> 1) : value >> 1;
            rows[i] = value;
        }
        return rows;
    }();
    crc = ~crc;
    for (unsigned char byte : bytes) crc = table[(crc ^ byte) & 0xff] ^ (crc >> 8);
    return ~crc;
}

class Zip final : public Handler {
public:
    Zip(Context& context, const Order& order) : context_(context), order_(order) {
        auto program = context.machine.which("unzip");
        if (!program) fail("Failed to find handler for \"" + order.archive + "\". Make sure the required command to extract the file is installed.\n"
                           "Unable to find required 'unzip' or 'zipinfo' binary in the path.");
        program_ = *program;
    }

    const char* name() const override { return "ZipArchive"; }

    std::vector<Member> members() override {
        // " Length   Method    Size  Cmpr    Date    Time   CRC-32   Name" between two lines of dashes
        auto finished = context_.must_run(argv({"-v"}, false), false);
        if (finished.code > 1) fail("Unable to list files in the archive: " + std::string(base::trim(finished.error_output + finished.output)));
        rows_.clear();
        std::vector<Member> out;
        bool inside = false;
        for (const auto& line : base::split_lines(finished.output)) {
            if (line.starts_with("--------")) { inside = !inside; continue; }
            if (!inside) continue;
            std::vector<std::string> words;
            std::size_t at = 0;
            while (words.size() < 7 && at < line.size()) {
                while (at < line.size() && line[at] == ' ') ++at;
                std::size_t begin = at;
                while (at < line.size() && line[at] != ' ') ++at;
                words.push_back(line.substr(begin, at - begin));
            }
            if (words.size() < 7 || at + 2 > line.size()) continue;
            Member member;
            member.path = line.substr(at + 2);
            member.is_dir = member.path.ends_with('/');
            while (member.path.size() > 1 && member.path.ends_with('/')) member.path.pop_back();
            Row row;
            row.size = static_cast<std::uint64_t>(base::parse_int(words[0]).value_or(0));
            row.crc = static_cast<std::uint32_t>(base::parse_int(words[6], 16).value_or(0));
            rows_.push_back(row);
            out.push_back(std::move(member));
        }
        return out;
    }

    bool differs(const std::vector<Member>& members) override {
        for (std::size_t i = 0; i < members.size() && i < rows_.size(); ++i) {
            std::string path = base::join_path(order_.dest, members[i].path);
            auto stat = context_.machine.lstat(path);
            if (!stat || stat->is_dir() != members[i].is_dir) return true;
            if (stat->is_dir()) continue;
            if (stat->is_link()) {   // stored as a file that holds the target
                std::string target = context_.machine.read_link(path).value_or("");
                if (target.size() != rows_[i].size || crc32(0, target) != rows_[i].crc) return true;
                continue;
            }
            if (stat->size != rows_[i].size) return true;
            auto reader = context_.machine.open_file(path);
            if (!reader) return true;
            std::uint32_t crc = 0;
            for (;;) {
                auto piece = (*reader)->read(1 << 18);
                if (!piece) return true;
                if (piece->empty()) break;
                crc = crc32(crc, *piece);
            }
            if (crc != rows_[i].crc) return true;
        }
        return false;
    }

    Extraction extract() override {
        auto words = argv({order_.keep_newer ? "-uo" : "-o"}, true);
        auto finished = context_.must_run(words, false);
        Extraction out;
        for (const auto& word : words) out.command.push_back(word);
        out.code = finished.code == 1 ? 0 : finished.code;   // 1: only warnings
        out.output = finished.output;
        out.error = finished.error_output;
        return out;
    }

private:
    struct Row { std::uint64_t size = 0; std::uint32_t crc = 0; };

    std::vector<std::string> argv(const std::vector<std::string>& start, bool extracting) const {
        std::vector<std::string> out{program_};
        out.insert(out.end(), start.begin(), start.end());
        if (extracting) out.insert(out.end(), order_.extra_opts.begin(), order_.extra_opts.end());
        out.push_back(order_.archive);
        out.insert(out.end(), order_.include.begin(), order_.include.end());
        if (!order_.exclude.empty()) {
            out.push_back("-x");
            out.insert(out.end(), order_.exclude.begin(), order_.exclude.end());
        }
        if (extracting) {
            out.push_back("-d");
            out.push_back(order_.dest);
        }
        return out;
    }

    Context& context_;
    Order order_;
    std::string program_;
    std::vector<Row> rows_;
};

}  // namespace

std::unique_ptr<Handler> zip_handler(Context& context, const Order& order) { return std::make_unique<Zip>(context, order); }

}  // namespace fprov::modules::archives
