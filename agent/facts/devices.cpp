// SPDX-License-Identifier: Apache-2.0
// Block devices from /sys/block, their names under /dev/disk, and LVM.
#include <algorithm>

#include "base/files.hpp"
#include "base/text.hpp"
#include "facts/collector.hpp"
#include "facts/reading.hpp"

namespace fprov::facts {
namespace {

using Links = std::map<std::string, std::vector<std::string>>;   // device → names

Links links_of(Machine& machine, const std::string& directory) {
    Links found;
    if (auto names = machine.list(directory))
        for (const auto& name : *names)
            if (auto target = machine.read_link(base::join_path(directory, name))) found[base::basename(*target)].push_back(name);
    return found;
}

Value as_value(const Links& links) {
    Map out;
    for (const auto& [device, names] : links) out.set(device, Value::strings(names));
    return out;
}

struct Names { Links ids, uuids, labels, masters; };

Value names_of(const Names& all, const std::string& device) {
    auto pick = [&](const Links& links) {
        auto at = links.find(device);
        return Value::strings(at == links.end() ? std::vector<std::string>{} : at->second);
    };
    return Map{{"ids", pick(all.ids)}, {"uuids", pick(all.uuids)}, {"labels", pick(all.labels)}, {"masters", pick(all.masters)}};
}

std::string size_text(const std::string& sectors) {   // /sys counts in units of 512 bytes whatever the device's sector is
    return human_size(static_cast<double>(base::parse_int(sectors).value_or(0)) * 512.0);
}

List holders(Machine& machine, const std::string& folder) {
    List found;
    if (auto names = machine.list(folder + "/holders"))
        for (const auto& name : *names) {
            const auto dm = file_word(machine, folder + "/holders/" + name + "/dm/name");
            found.emplace_back(name.starts_with("dm-") && !dm.empty() ? dm : name);
        }
    return found;
}

Value word_or_null(Machine& machine, const std::string& path) {
    auto text = machine.read_file(path, 4096);
    return text ? Value(std::string(base::trim(*text))) : Value();
}

Map partitions(Machine& machine, const std::string& folder, const std::string& device, const Names& names) {
    Map found;
    auto entries = machine.list(folder);
    if (!entries) return found;
    for (const auto& entry : *entries) {
        if (!entry.starts_with(device)) continue;
        const auto part = folder + "/" + entry;
        if (!machine.exists(part + "/partition") && !machine.exists(part + "/start")) continue;
        Map one;
        one.set("links", names_of(names, entry));
        one.set("start", file_word(machine, part + "/start"));
        const auto sectors = file_word(machine, part + "/size");
        one.set("sectors", sectors);
        auto sector_size = file_word(machine, part + "/queue/logical_block_size");
        if (sector_size.empty()) sector_size = file_word(machine, part + "/queue/hw_sector_size");
        if (sector_size.empty()) one.set("sectorsize", 512);
        else one.set("sectorsize", sector_size);
        one.set("size", size_text(sectors));
        auto uuid = names.uuids.find(entry);
        one.set("uuid", uuid == names.uuids.end() || uuid->second.empty() ? Value() : Value(uuid->second.front()));
        one.set("holders", holders(machine, part));
        found.set(entry, std::move(one));
    }
    return found;
}

std::string scheduler(const std::string& text) {   // "noop [deadline] cfq" → "deadline"
    const auto open = text.find('['), close = text.find(']');
    return open == std::string::npos || close == std::string::npos ? "" : text.substr(open + 1, close - open - 1);
}

/// The PCI line of the controller as lspci prints it: asked once, and only of hosts that have PCI storage and lspci.
std::map<std::string, std::string> pci_lines(Machine& machine) {
    std::map<std::string, std::string> found;
    auto devices = machine.list("/sys/bus/pci/devices");
    if (!devices || devices->empty() || !machine.which("lspci")) return found;
    machine::Command command{.argv = {"lspci", "-D"}};
    command.timeout = std::chrono::milliseconds(3000);
    auto done = machine.run(command);
    if (!done || done->code != 0) return found;
    for (const auto& line : base::split_lines(done->output))
        if (auto space = line.find(' '); space != std::string::npos) found[line.substr(0, space)] = line.substr(space + 1);
    return found;
}

std::string pci_address(const std::string& real) {   // last "0000:00:1f.2" of a /sys/devices path
    std::string found;
    for (const auto& part : base::split(real, '/'))
        if (part.size() >= 12 && part[4] == ':' && part[7] == ':' && part[10] == '.') found = part;
    return found;
}

}  // namespace

void add_devices(Inquiry& inquiry) {
    auto& machine = inquiry.machine;
    Names names{links_of(machine, "/dev/disk/by-id"), links_of(machine, "/dev/disk/by-uuid"), links_of(machine, "/dev/disk/by-label"), {}};
    auto blocks = machine.list("/sys/block");
    if (!blocks) { inquiry.found.set("devices", Map{}); return; }
    for (const auto& block : *blocks)
        if (auto slaves = machine.list("/sys/block/" + block + "/slaves"))
            for (const auto& slave : *slaves) names.masters[slave].push_back(block);
    const auto pci = pci_lines(machine);
    Map devices;
    for (const auto& block : *blocks) {
        const std::string folder = "/sys/block/" + block;
        const auto real = machine.real_path(folder).value_or(folder);
        Map one;
        // 1 for what hangs below /sys/devices/virtual too: Ansible asks whether the link says "virtual"
        one.set("virtual", 1);
        one.set("links", names_of(names, block));
        for (const char* key : {"vendor", "model", "sas_address", "sas_device_handle"}) one.set(key, word_or_null(machine, folder + "/device/" + key));
        for (const char* key : {"serial", "wwid"})
            if (auto text = file_word(machine, folder + "/device/" + key); !text.empty() && key == std::string_view("serial")) one.set("serial", text);
        for (const auto& [key, file] : {std::pair<const char*, const char*>{"removable", "removable"}, {"rotational", "queue/rotational"},
                                        {"support_discard", "queue/discard_granularity"}})
            if (auto text = machine.read_file(folder + "/" + file, 4096)) one.set(key, std::string(base::trim(*text)));
        one.set("partitions", partitions(machine, folder, block, names));
        one.set("scheduler_mode", scheduler(file_word(machine, folder + "/queue/scheduler")));
        const auto sectors = file_word(machine, folder + "/size");
        one.set("sectors", sectors.empty() ? "0" : sectors);
        auto sector_size = file_word(machine, folder + "/queue/logical_block_size");
        if (sector_size.empty()) sector_size = file_word(machine, folder + "/queue/hw_sector_size");
        one.set("sectorsize", sector_size.empty() ? "512" : sector_size);
        one.set("size", size_text(sectors));
        std::string host;
        if (auto at = pci.find(pci_address(real)); at != pci.end()) host = at->second;
        one.set("host", host);
        one.set("holders", holders(machine, folder));
        std::string name = block;
        if (block.starts_with("dm-"))
            if (auto dm = file_word(machine, folder + "/dm/name"); !dm.empty() && machine.exists("/dev/mapper/" + dm)) name = block;
        devices.set(name, std::move(one));
    }
    inquiry.found.set("devices", std::move(devices));
    inquiry.found.set("device_links", Map{{"ids", as_value(names.ids)}, {"uuids", as_value(names.uuids)},
                                          {"labels", as_value(names.labels)}, {"masters", as_value(names.masters)}});
}

/// LVM's own programs are asked only where LVM left something: a device-mapper volume or its backup of metadata.
void add_lvm(Inquiry& inquiry) {
    auto& machine = inquiry.machine;
    if (machine.uid() != 0 || !machine.which("vgs")) {
        inquiry.found.set("lvm", "N/A");
        return;
    }
    auto backups = machine.list("/etc/lvm/backup");
    bool used = backups && !backups->empty();
    if (auto blocks = machine.list("/sys/block"); blocks && !used)
        for (const auto& block : *blocks) used = used || file_word(machine, "/sys/block/" + block + "/dm/uuid").starts_with("LVM-");
    Map vgs, lvs, pvs;
    auto rows = [&](std::vector<std::string> argv) {
        argv.insert(argv.begin() + 1, {"--noheadings", "--nosuffix", "--units", "g", "--separator", ","});
        machine::Command command{.argv = argv, .environment = {{"LC_ALL", "C"}}};
        command.timeout = std::chrono::milliseconds(10000);
        std::vector<std::vector<std::string>> found;
        if (auto done = machine.run(command); done && done->code == 0)
            for (const auto& line : base::split_lines(done->output)) found.push_back(base::split(std::string(base::trim(line)), ','));
        return found;
    };
    if (used) {
        for (const auto& row : rows({"vgs"}))
            if (row.size() >= 7) vgs.set(row[0], Map{{"size_g", row[row.size() - 2]}, {"free_g", row[row.size() - 1]}, {"num_lvs", row[2]}, {"num_pvs", row[1]}});
        for (const auto& row : rows({"lvs"}))
            if (row.size() >= 4) lvs.set(row[0], Map{{"size_g", row[3]}, {"vg", row[1]}});
        for (const auto& row : rows({"pvs"}))
            if (row.size() >= 6) pvs.set(row[0], Map{{"size_g", row[4]}, {"free_g", row[5]}, {"vg", row[1]}});
    }
    inquiry.found.set("lvm", Map{{"lvs", std::move(lvs)}, {"vgs", std::move(vgs)}, {"pvs", std::move(pvs)}});
}

}  // namespace fprov::facts
