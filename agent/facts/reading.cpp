// SPDX-License-Identifier: Apache-2.0
#include "facts/reading.hpp"

#include <cstdio>

#include "base/text.hpp"

namespace fprov::facts {

std::string file_text(machine::Machine& machine, const std::string& path) {
    auto text = machine.read_file(path, 16u << 20);
    return text ? std::move(*text) : std::string();
}

std::string file_word(machine::Machine& machine, const std::string& path) {
    return std::string(base::trim(file_text(machine, path)));
}

std::vector<std::string> file_lines(machine::Machine& machine, const std::string& path) {
    return base::split_lines(file_text(machine, path));
}

std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> found;
    std::size_t at = 0;
    while (at < text.size()) {
        const auto begin = text.find_first_not_of(" \t\n\r\f\v", at);
        if (begin == std::string_view::npos) break;
        const auto end = text.find_first_of(" \t\n\r\f\v", begin);
        found.emplace_back(text.substr(begin, end == std::string_view::npos ? end : end - begin));
        if (end == std::string_view::npos) break;
        at = end;
    }
    return found;
}

std::map<std::string, std::string> shell_assignments(std::string_view text) {
    std::map<std::string, std::string> found;
    for (const auto& raw : base::split_lines(text)) {
        const auto line = base::trim(raw);
        const auto equals = line.find('=');
        if (line.empty() || line[0] == '#' || equals == std::string_view::npos) continue;
        auto parts = base::shell_split(line.substr(equals + 1));
        found[std::string(line.substr(0, equals))] = !parts || parts->empty() ? "" : base::join(*parts, " ");
    }
    return found;
}

std::string human_size(double bytes) {
    auto text = [](double number, const char* unit) {
        char buffer[64];
        std::snprintf(buffer, sizeof buffer, "%.2f %s", number, unit);
        return std::string(buffer);
    };
    static constexpr const char* units[] = {"YB", "ZB", "EB", "PB", "TB", "GB", "MB", "KB"};
    double limit = 1208925819614629174706176.0;
    for (const char* unit : units) {
        if (bytes >= limit) return text(bytes / limit, unit);
        limit /= 1024;
    }
    return text(bytes, "Bytes");
}

}  // namespace fprov::facts
