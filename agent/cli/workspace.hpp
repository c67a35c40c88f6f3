// SPDX-License-Identifier: Apache-2.0
// Everything a run needs, put together from configuration and command line: secrets, inventory, variables, loader, templar, reporters.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "cli/config.hpp"
#include "cli/flags.hpp"
#include "cli/host_keys.hpp"
#include "dialect/templar.hpp"
#include "executor/run.hpp"
#include "inventory/inventory.hpp"
#include "playbook/loader.hpp"
#include "reporters/reporter.hpp"
#include "variables/store.hpp"
#include "vault/vault.hpp"

namespace fprov::cli {

struct WorkspaceOptions {
    std::string program = "fprov";            // for the log
    std::string default_output = "default";
    std::vector<std::string> extra_reporters;
    bool adhoc = false;
    bool localhost_meant = false;             // no word about an empty inventory
    std::string playbook_directory;           // base of relative paths; empty = working directory
    std::vector<std::string> own_roles;       // searched after the configured ones
    std::string default_log;                  // when neither option nor configuration names one
};

/// Folders that hold the Python packages ansible and ansible_collections; `collections` are searched first.
std::vector<std::string> python_packages(const std::vector<std::string>& collections);

class Workspace {
public:
    Workspace(Config config, Flags flags, WorkspaceOptions options);
    ~Workspace();

    Config config;
    Flags flags;
    WorkspaceOptions options;
    std::unique_ptr<reporters::Screen> screen;
    reporters::Settings report_settings;
    std::shared_ptr<const vault::Secrets> secrets;
    Map extra_vars;
    std::vector<std::string> sources;         // inventory sources

    void load_secrets();
    void load_inventory();                    // and the store
    std::optional<variables::FactCache> fact_cache();
    void load_playbooks(const std::vector<std::string>& paths);   // throws Mistakes
    /// Module parameters that are wrong whatever the variables hold.
    std::vector<base::Error> parameter_mistakes() const;
    std::vector<std::string> limited(const std::vector<std::string>& hosts);
    void check_limit();                       // Failure when -l matches nothing
    executor::Options run_options();
    /// Runs what load_playbooks or `books` holds and returns the exit code.
    int run();

    inventory::Inventory& inventory() { return *inventory_; }
    variables::Store& store() { return *store_; }
    playbook::Loader& loader() { return *loader_; }
    dialect::Templar& templar() { return *templar_; }
    std::vector<playbook::Playbook> books;
    std::vector<std::string> book_names;
    void warn(const std::string& text) { screen->warning(text); }
    inventory::LoadOptions inventory_options();
    Value vault_scalar(std::string text, base::Place place) const;
    std::optional<std::string> decrypt_file(const std::string& text, const std::string& path) const;
    std::vector<std::string> roles_path() const;

private:
    void make_screen();
    void make_templar();
    void make_loader();
    void read_extra_vars();
    void read_passwords(executor::Options& run);
    std::vector<std::string> given_books_;    // collections/ beside them is searched, too
    void write_retry_file(const executor::Run& run);
    inventory::Inventory read_inventory();
    std::unique_ptr<inventory::Inventory> inventory_;
    std::unique_ptr<variables::Store> store_;
    std::unique_ptr<playbook::Loader> loader_;
    std::unique_ptr<dialect::Templar> templar_;
    std::unique_ptr<HostKeys> keys_;
    std::vector<std::string> loader_warnings_;
};

/// Colour: never with NO_COLOR or ANSIBLE_NOCOLOR, always with FORCE_COLOR or ANSIBLE_FORCE_COLOR, else on a terminal.
bool wants_colour(const Config& config);

}  // namespace fprov::cli
