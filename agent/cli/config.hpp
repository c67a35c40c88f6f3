// SPDX-License-Identifier: Apache-2.0
// Configuration: one table of settings; values come from FPROV_* and ANSIBLE_* variables, then the configuration file, then defaults.
#pragma once
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "values/value.hpp"

namespace fprov::cli {

using values::List;
using values::Map;
using values::Value;

enum class SettingType : std::uint8_t { text, flag, integer, real, list, path, path_list, path_spec };

struct Setting {
    std::string_view key;             // Ansible's name: "DEFAULT_FORKS"
    std::string_view environment;     // "ANSIBLE_FORKS"; several separated by '|', later ones win; FPROV_FORKS is accepted too
    std::string_view places;          // "defaults:forks|inventory:x": sections and keys of ansible.cfg
    SettingType type;
    std::string_view fallback;        // as text; empty = none
    std::string_view help;
    std::string_view choices{};
};
std::span<const Setting> settings_table();        // sorted by key
const Setting* find_setting(std::string_view key);

/// The sections of a configuration file, keys in lower case, as Python's configparser reads them (inline comments with ';').
using Ini = std::map<std::string, std::map<std::string, std::string>>;
Ini parse_ini(const std::string& text, std::uint32_t source);

class Config {
public:
    /// Search order: ANSIBLE_CONFIG, ./ansible.cfg (not in a directory that everyone may write), ~/.ansible.cfg, /etc/ansible/ansible.cfg.
    static Config load(std::vector<std::string>& warnings);

    const std::string& file() const { return file_; }              // empty: none found
    Value value(std::string_view key) const;                       // typed; none when unset without a default
    std::string origin(std::string_view key) const;                // "default", a file, "env: ANSIBLE_FORKS"
    std::string text(std::string_view key, std::string_view other = "") const;
    bool flag(std::string_view key) const;
    int integer(std::string_view key, int other = 0) const;
    std::vector<std::string> list(std::string_view key) const;
    Map all() const;
    /// Reads every setting once, so that mistakes show before anything runs. Throws Failure.
    void check() const;

private:
    struct Found { std::string text, origin, base; };
    std::optional<Found> raw(const Setting& setting) const;
    std::string file_;
    Ini ini_;
};

}  // namespace fprov::cli
