// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>

#include "base/files.hpp"
#include "base/text.hpp"
#include "inventory/inventory.hpp"
#include "inventory/names.hpp"
#include "values/python.hpp"

using namespace fprov;
using inventory::Inventory;

namespace {

struct Folder {
    std::filesystem::path path;
    Folder() {
        char name[] = "/tmp/fprov-inventory-XXXXXX";
        path = ::mkdtemp(name);
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::string file(const std::string& name, const std::string& text) {
        const std::string full = path / name;
        REQUIRE(base::make_directories(base::dirname(full)).ok());
        REQUIRE(base::write_file_atomic(full, text).ok());
        return full;
    }
};

Inventory load(const std::string& source, std::vector<std::string>* warnings = nullptr, inventory::LoadOptions options = {}) {
    std::vector<std::string> ignored;
    options.sources = {source};
    return inventory::load(options, warnings ? *warnings : ignored);
}

std::string names(const std::vector<std::string>& list) { return base::join(list, " "); }

}  // namespace

TEST_CASE("inventory: hosts and groups can be added while plays run") {
    Inventory hosts;
    hosts.add_host("a", {"web"});
    hosts.add_host("b");
    hosts.reconcile();
    CHECK(names(hosts.hosts_of("all")) == "b a");
    CHECK(names(hosts.hosts_of("ungrouped")) == "b");
    CHECK(hosts.group("web")->depth == 1);
    hosts.add_group("deep", {"web"});
    hosts.add_to_group("b", "deep");
    hosts.reconcile();
    CHECK(hosts.group("deep")->depth == 2);
    CHECK(names(hosts.hosts_of("ungrouped")).empty());
    CHECK(names(hosts.hosts_of("web")) == "a b");
    std::vector<std::string> groups;
    for (const auto* group : hosts.groups_of(*hosts.host("b"))) groups.push_back(group->name);
    CHECK(names(groups) == "all web deep");
    CHECK_THROWS_AS(hosts.add_child("deep", "web"), base::Failure);
    hosts.add_to_group("b", "deep");   // twice is once
    CHECK(hosts.group("deep")->hosts.size() == 1);
}

TEST_CASE("inventory: groups merge by depth, priority and name") {
    Folder folder;
    auto hosts = load(folder.file("hosts", "[z]\nh\n[a]\nh\n[m]\nh\n[m:vars]\nansible_group_priority=9\n[top:children]\nz\n"));
    std::vector<std::string> groups;
    for (const auto* group : hosts.groups_of(*hosts.host("h"))) groups.push_back(group->name);
    CHECK(names(groups) == "all a top m z");
}

TEST_CASE("inventory: values know where they stand") {
    Folder folder;
    const std::string path = folder.file("hosts", "[web]\n  h1 a=1 b='two words'  c={{x}}\n[web:vars]\nd =  text\ne={{ y }}\n");
    auto hosts = load(path);
    auto place = [&](const values::Value* value) { return base::replace_all(base::describe(value->origin()), path, "hosts"); };
    const auto& host = *hosts.host("h1");
    CHECK(place(host.vars.find("a")) == "hosts:2:8");
    CHECK(place(host.vars.find("b")) == "hosts:2:12");
    CHECK(place(host.vars.find("c")) == "hosts:2:27");
    CHECK(host.vars.find("c")->trust() == values::Trust::template_ok);
    CHECK(place(hosts.group("web")->vars.find("d")) == "hosts:4:6");
    CHECK(host.source == path);
}

TEST_CASE("inventory: a broken source says where, and leaves nothing behind") {
    Folder folder;
    const std::string path = folder.file("hosts", "h0\n[web]\nh1 x\n");
    std::vector<std::string> warnings;
    auto hosts = load(path, &warnings);
    CHECK(hosts.host_names().empty());
    const std::string all = base::join(warnings, "\n");
    CHECK(all.find("with ini plugin: " + path + ":3:4: Expected key=value host variable assignment, got: x (begin a comment with '#'; quote a value that has spaces)") != std::string::npos);
    CHECK(all.find("with yaml plugin") != std::string::npos);
    CHECK(all.find("Unable to parse " + path + " as an inventory source") != std::string::npos);
    CHECK_THROWS_AS(load(path, nullptr, {.any_unparsed_is_failed = true}), base::Failure);
    CHECK_THROWS_AS(load(path, nullptr, {.unparsed_is_failed = true}), base::Failure);
}

TEST_CASE("inventory: invalid characters of group names") {
    Folder folder;
    const std::string path = folder.file("hosts", "[web-1]\nh1\n[2x]\nh2\n");
    CHECK(load(path).group("web-1"));
    CHECK(load(path, nullptr, {.transform_invalid_group_chars = "always"}).group("web_1"));
    CHECK(load(path, nullptr, {.transform_invalid_group_chars = "silently"}).group("_x"));
    std::vector<std::string> warnings;
    load(path, &warnings, {.transform_invalid_group_chars = "ignore"});
    CHECK(warnings.empty());
}

TEST_CASE("inventory: the implicit localhost is there when asked for, and belongs to nobody") {
    Inventory hosts;
    hosts.add_host("h1");
    hosts.reconcile();
    CHECK(hosts.host("localhost") == nullptr);
    const auto& local = hosts.implicit_localhost("127.0.0.1");
    CHECK(local.implicit);
    CHECK(local.vars.find("ansible_connection")->string() == "local");
    CHECK(names(hosts.hosts_of("all")) == "h1");
    hosts.add_host("localhost");
    CHECK_FALSE(hosts.implicit_localhost("127.0.0.1").implicit);
}

TEST_CASE("inventory: a vault password is asked for, never taken for a format error") {
    Folder folder;
    const std::string path = folder.file("hosts.yml", "all:\n  hosts:\n    h1:\n      a: !vault x\n");
    std::vector<std::string> warnings;
    CHECK_THROWS_AS(load(path, &warnings), base::Failure);
    inventory::LoadOptions options;
    options.vault = [](std::string text, base::Place) { return values::Value("opened " + text); };
    CHECK(load(path, nullptr, options).host("h1")->vars.find("a")->string() == "opened x");
}

TEST_CASE("inventory: whole files may be encrypted") {
    Folder folder;
    const std::string path = folder.file("hosts", "$ANSIBLE_VAULT;1.1;AES256\n00\n");
    folder.file("group_vars/all", "$ANSIBLE_VAULT;1.1;AES256\n00\n");
    inventory::LoadOptions options;
    options.decrypt = [](std::string, const std::string& name) { return std::optional<std::string>(name.ends_with("hosts") ? "h1 a=1\n" : "b: 2\n"); };
    CHECK(load(path, nullptr, options).host("h1"));
    const auto files = inventory::read_vars_files(folder.path, "group_vars", "all", options);
    REQUIRE(files.size() == 1);
    CHECK(files[0].vars.find("b")->integer() == 2);
    CHECK_THROWS_AS(inventory::read_vars_files(folder.path, "group_vars", "all", {}), base::Failure);
}

TEST_CASE("inventory: constructed groups and variables") {
    Folder folder;
    folder.file("d/1", "h1 os=linux role=web\nh2 os=bsd\n");
    folder.file("d/2.yml", "plugin: constructed\ncompose:\n  twice: os\n  broken: nope\ngroups:\n  webs: role\nkeyed_groups:\n  - key: os\n    prefix: os\n  - key: os\n    separator: ''\n    parent_group: systems\n");
    inventory::LoadOptions options;
    options.render = [](const std::string& text, const values::Map& vars) {   // templates of one name
        const bool condition = text.starts_with("{% if ");
        const std::string name = condition ? text.substr(6, text.find(" %}") - 6) : text.starts_with("{{") ? text.substr(2, text.size() - 4) : "";
        if (name.empty()) return values::Value(text);
        const auto* value = vars.find(name);
        if (!value) throw base::Failure(base::Kind::undefined, "'" + name + "' is undefined");
        return condition ? values::Value(value->truthy()) : *value;
    };
    auto hosts = load(folder.path / "d", nullptr, options);
    CHECK(hosts.host("h1")->vars.find("twice")->string() == "linux");
    CHECK_FALSE(hosts.host("h1")->vars.contains("broken"));
    CHECK(names(hosts.hosts_of("webs")) == "h1");
    CHECK(names(hosts.hosts_of("os_bsd")) == "h2");
    CHECK(names(hosts.hosts_of("systems")) == "h1 h2");
}

TEST_CASE("inventory: addresses and ranges") {
    CHECK(inventory::parse_address("[fe80::1]:22")->host == "fe80::1");
    CHECK(inventory::parse_address("h.x:22")->port == 22);
    CHECK(inventory::parse_address("2001:db8::1:22")->host == "2001:db8::1:22");
    for (const char* wrong : {"a:b", "a b", "-a", "a-", "a..b", "a.", ".a", "[::1]", "a:", "w[1-3]", "w[", "~a", "a@b"}) {
        CAPTURE(wrong);
        CHECK_FALSE(inventory::parse_address(wrong));
    }
    CHECK(names(inventory::expand_range("w[01:03]-[a:b]")) == "w01-a w01-b w02-a w02-b w03-a w03-b");
    CHECK_THROWS_AS(inventory::expand_range("w[1:99999999]"), base::Failure);
}

TEST_CASE("inventory: thousands of hosts are read in no time") {
    Folder folder;
    std::string text = "[web]\nw[00001:10000] a=1 b='x'\n[db]\n";
    for (int i = 0; i < 5000; ++i) text += "d" + std::to_string(i) + " n=" + std::to_string(i) + "\n";
    text += "[all:children]\n";
    auto hosts = load(folder.file("hosts.x", text));
    CHECK(hosts.hosts_of("all").size() == 15000);
    CHECK(hosts.match("web:!w00001").size() == 9999);
}
