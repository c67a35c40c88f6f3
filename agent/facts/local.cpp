// SPDX-License-Identifier: Apache-2.0
// Facts that an operator put on the host: facts.d/*.fact as JSON, INI, or programs that print either.
#include <optional>

#include "base/files.hpp"
#include "base/text.hpp"
#include "facts/collector.hpp"
#include "facts/reading.hpp"
#include "values/json.hpp"

namespace fprov::facts {
namespace {

using Section = std::vector<std::pair<std::string, std::string>>;

/// Python's configparser: sections, DEFAULT, continuation lines, %(name)s. Nothing for a text that is not INI.
class Ini {
public:
    static std::optional<Map> read(std::string_view text) {
        Ini ini;
        if (!ini.parse(text)) return std::nullopt;
        Map out;
        for (const auto& [name, section] : ini.sections_) {
            if (name == "DEFAULT") continue;
            Map options;
            for (const auto& [key, value] : section) {
                auto filled = ini.interpolate(value, section, 0);
                if (!filled) return std::nullopt;
                options.set(key, *filled);
            }
            for (const auto& [key, value] : ini.defaults()) {
                if (options.contains(key)) continue;
                auto filled = ini.interpolate(value, section, 0);
                if (!filled) return std::nullopt;
                options.set(key, *filled);
            }
            out.set(name, std::move(options));
        }
        return out;
    }

private:
    std::vector<std::pair<std::string, Section>> sections_;

    const Section& defaults() const {
        static const Section none;
        for (const auto& [name, section] : sections_)
            if (name == "DEFAULT") return section;
        return none;
    }

    Section& section(const std::string& name, bool& fresh) {
        for (auto& [known, section] : sections_)
            if (known == name) { fresh = false; return section; }
        fresh = true;
        sections_.emplace_back(name, Section{});
        return sections_.back().second;
    }

    bool parse(std::string_view text) {
        std::string current;
        std::string* open = nullptr;     // value that indented lines continue
        std::size_t indent = 0;
        for (const auto& line : base::split_lines(text)) {
            const auto trimmed = base::trim(line);
            if (!trimmed.empty() && (trimmed[0] == '#' || trimmed[0] == ';')) continue;
            if (trimmed.empty()) { if (open) *open += "\n"; continue; }
            const auto depth = line.find_first_not_of(" \t");
            if (open && depth > indent) { *open += "\n" + std::string(trimmed); continue; }
            indent = depth;
            open = nullptr;
            if (trimmed.front() == '[' && trimmed.find(']') != std::string_view::npos) {
                current = trimmed.substr(1, trimmed.find(']') - 1);
                bool fresh = true;
                section(current, fresh);
                if (!fresh && current != "DEFAULT") return false;   // a section twice is an error there
                continue;
            }
            const auto at = trimmed.find_first_of("=:");
            if (current.empty() || at == std::string_view::npos || at == 0) return false;
            bool fresh = false;
            auto& options = section(current, fresh);
            const auto key = base::lower(base::trim(trimmed.substr(0, at)));
            for (const auto& [known, value] : options)
                if (known == key) return false;
            options.emplace_back(key, std::string(base::trim(trimmed.substr(at + 1))));
            open = &options.back().second;
        }
        for (auto& [name, section] : sections_)
            for (auto& [key, value] : section)
                while (!value.empty() && value.back() == '\n') value.pop_back();
        return true;
    }

    std::optional<std::string> interpolate(const std::string& text, const Section& own, int depth) const {
        if (depth > 10) return std::nullopt;
        std::string out;
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] != '%') { out += text[i]; continue; }
            if (i + 1 < text.size() && text[i + 1] == '%') { out += '%'; ++i; continue; }
            const auto close = text.find(")s", i);
            if (i + 1 >= text.size() || text[i + 1] != '(' || close == std::string::npos) return std::nullopt;
            const auto name = base::lower(text.substr(i + 2, close - i - 2));
            const std::string* found = nullptr;
            for (const Section* where : {&defaults(), &own})
                for (const auto& [key, value] : *where)
                    if (key == name) found = &value;
            if (!found) return std::nullopt;
            auto filled = interpolate(*found, own, depth + 1);
            if (!filled) return std::nullopt;
            out += *filled;
            i = close + 1;
        }
        return out;
    }
};

}  // namespace

void collect_local(Inquiry& inquiry) {
    auto& machine = inquiry.machine;
    Map local;
    auto names = machine.list(inquiry.fact_path);
    for (const auto& file : names ? *names : std::vector<std::string>{}) {
        if (!file.ends_with(".fact") || file.starts_with(".")) continue;
        const auto path = base::join_path(inquiry.fact_path, file);
        const auto name = file.substr(0, file.size() - 5);
        const auto stat = machine.stat(path);
        std::string text, problem;
        if (!stat) {
            problem = "Could not stat fact (" + path + "): " + stat.error().what;
        } else if (stat->mode & 0111) {
            machine::Command command{.argv = {path}, .environment = inquiry.environment};
            if (inquiry.timeout > 0) command.timeout = std::chrono::milliseconds(static_cast<long>(inquiry.timeout * 1000));
            auto done = machine.run(command);
            if (!done) problem = "Could not execute fact script (" + path + "): " + done.error().what;
            else if (done->timed_out) problem = "Failure executing fact script (" + path + "), rc: " + std::to_string(done->code) + ", err: timed out";
            else if (done->code != 0) problem = "Failure executing fact script (" + path + "), rc: " + std::to_string(done->code) + ", err: " + done->error_output;
            else text = done->output;
        } else {
            auto content = machine.read_file(path, 16u << 20);
            if (content) text = *content;
            else problem = "Could not read fact file (" + path + "): " + content.error().what;
        }
        Value value;
        if (problem.empty()) {
            if (auto json = values::read_json(text)) value = *json;
            else if (auto ini = Ini::read(text)) value = *ini;
            else problem = "error loading facts as JSON or ini - please check content: " + path;
        }
        if (!problem.empty()) {
            value = problem;
            inquiry.warnings.push_back(problem);
        }
        local.set(name, std::move(value));
    }
    inquiry.found.set("local", std::move(local));
}

}  // namespace fprov::facts
