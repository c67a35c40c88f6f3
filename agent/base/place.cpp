// SPDX-License-Identifier: Apache-2.0
#include "base/place.hpp"

#include <deque>
#include <mutex>

#include "base/files.hpp"

namespace fprov::base {
namespace {
struct Source { std::string name, text; bool loaded = false; };
constexpr std::size_t most_texts = 1000;
std::mutex guard;
std::deque<Source>& sources() { static std::deque<Source> all; return all; }
}  // namespace

std::uint32_t add_source(std::string name, std::string text) {
    std::lock_guard lock(guard);
    auto& all = sources();
    bool loaded = !text.empty();
    // Texts that stand in no file ("<from_yaml>") come without end in a long run; their lines are kept for the first ones.
    const bool forget = loaded && all.size() >= most_texts && name.starts_with('<');
    if (forget) text.clear();
    for (std::size_t i = 0; i < all.size(); ++i)
        if (all[i].name == name && (forget ? all[i].loaded && all[i].text.empty() : text.empty() || all[i].text == text)) return static_cast<std::uint32_t>(i + 1);
    all.push_back({std::move(name), std::move(text), loaded});
    return static_cast<std::uint32_t>(all.size());
}

std::string source_name(std::uint32_t source) {
    std::lock_guard lock(guard);
    return source && source <= sources().size() ? sources()[source - 1].name : std::string();
}

std::string source_line(std::uint32_t source, std::uint32_t line) {
    std::lock_guard lock(guard);
    if (!source || source > sources().size() || !line) return {};
    Source& s = sources()[source - 1];
    if (!s.loaded) {
        s.text = read_file(s.name).value_or("");   // no streams: they would make the agent a tenth larger
        s.loaded = true;
    }
    std::size_t at = 0;
    for (std::uint32_t i = 1; i < line; ++i) {
        at = s.text.find('\n', at);
        if (at == std::string::npos) return {};
        ++at;
    }
    auto end = s.text.find('\n', at);
    std::string result = s.text.substr(at, end == std::string::npos ? end : end - at);
    if (!result.empty() && result.back() == '\r') result.pop_back();
    return result;
}

std::string describe(Place place) {
    std::string text = source_name(place.source);
    if (place.line) text += ":" + std::to_string(place.line);
    if (place.line && place.column) text += ":" + std::to_string(place.column);
    return text;
}

}  // namespace fprov::base
