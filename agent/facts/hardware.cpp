// SPDX-License-Identifier: Apache-2.0
// Processors, memory, firmware names.
#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "facts/collector.hpp"
#include "facts/reading.hpp"

namespace fprov::facts {

void add_processors(Inquiry& inquiry) {
    auto& machine = inquiry.machine;
    const auto kernel = machine.system_name();
    List processor;
    std::map<std::string, std::int64_t> sockets;          // physical id → cpu cores
    std::map<std::string, std::int64_t> siblings;
    std::int64_t vcpus = 0, model_count = 0, processor_count = 0;
    std::string physical = "0";
    bool xen = false, have_sockets = false;
    for (const auto& line : file_lines(machine, "/proc/cpuinfo")) {
        const auto colon = line.find(':');
        const std::string key(base::trim(line.substr(0, colon)));
        const std::string value(colon == std::string::npos ? std::string_view() : base::trim(std::string_view(line).substr(colon + 1)));
        if (key == "flags" && !xen) xen = (" " + value + " ").find(" hypervisor ") != std::string::npos && machine.exists("/proc/xen");
        static const std::set<std::string> names = {"model name", "Processor", "vendor_id", "cpu", "Vendor"};
        if (names.contains(key)) {
            processor.emplace_back(value);
            if (key == "vendor_id") ++vcpus;
            if (key == "model name" || key == "Processor" || key == "cpu") ++model_count;
        } else if (key == "physical id") {
            physical = value;
            have_sockets = true;
            sockets.try_emplace(physical, 1);
            siblings.try_emplace(physical, 1);
        } else if (key == "cpu cores") {
            sockets[physical] = base::parse_int(value).value_or(1);
        } else if (key == "siblings") {
            siblings[physical] = base::parse_int(value).value_or(1);
        } else if (key == "processor") {
            processor.emplace_back(value);
            ++processor_count;
        } else if (key == "# processors") {
            processor_count = base::parse_int(value).value_or(1);
        }
    }
    // Architectures without "vendor_id" count by "processor" or model lines.
    const std::int64_t count = std::max<std::int64_t>(1, vcpus ? vcpus : processor_count ? processor_count : model_count);
    auto& out = inquiry.found;
    out.set("processor", std::move(processor));
    const std::int64_t socket_count = have_sockets ? static_cast<std::int64_t>(sockets.size()) : count;
    const std::int64_t cores = have_sockets ? sockets.begin()->second : 1;
    const std::int64_t threads = have_sockets ? std::max<std::int64_t>(1, siblings.begin()->second / std::max<std::int64_t>(1, cores)) : 1;
    out.set("processor_count", socket_count);
    out.set("processor_cores", cores);
    out.set("processor_threads_per_core", threads);
    out.set("processor_vcpus", threads * socket_count * cores);
    out.set("processor_nproc", machine.usable_processors());
}

void add_memory(Inquiry& inquiry) {
    std::map<std::string, std::int64_t> mb;
    for (const auto& line : file_lines(inquiry.machine, "/proc/meminfo")) {
        const auto parts = words(line);
        if (parts.size() >= 2) mb[parts[0]] = base::parse_int(parts[1]).value_or(0) / 1024;
    }
    auto& out = inquiry.found;
    out.set("memtotal_mb", mb["MemTotal:"]);
    out.set("memfree_mb", mb["MemFree:"]);
    out.set("swaptotal_mb", mb["SwapTotal:"]);
    out.set("swapfree_mb", mb["SwapFree:"]);
    const auto free = mb["MemFree:"] + mb["Cached:"] + mb["Buffers:"];
    out.set("memory_mb", Map{
        {"real", Map{{"total", mb["MemTotal:"]}, {"used", mb["MemTotal:"] - mb["MemFree:"]}, {"free", mb["MemFree:"]}}},
        {"nocache", Map{{"free", free}, {"used", mb["MemTotal:"] - free}}},
        {"swap", Map{{"total", mb["SwapTotal:"]}, {"free", mb["SwapFree:"]}, {"used", mb["SwapTotal:"] - mb["SwapFree:"]},
                     {"cached", mb["SwapCached:"]}}}});
    const auto uptime = words(file_text(inquiry.machine, "/proc/uptime"));
    if (!uptime.empty()) out.set("uptime_seconds", static_cast<std::int64_t>(base::parse_double(uptime[0]).value_or(0)));
}

namespace {
constexpr const char* form_factors[] = {"Unknown", "Other", "Unknown", "Desktop", "Low Profile Desktop", "Pizza Box", "Mini Tower",
    "Tower", "Portable", "Laptop", "Notebook", "Hand Held", "Docking Station", "All In One", "Sub Notebook", "Space-saving", "Lunch Box",
    "Main Server Chassis", "Expansion Chassis", "Sub Chassis", "Bus Expansion Chassis", "Peripheral Chassis", "RAID Chassis",
    "Rack Mount Chassis", "Sealed-case PC", "Multi-system", "CompactPCI", "AdvancedTCA", "Blade", "Blade Enclosure", "Tablet",
    "Convertible", "Detachable", "IoT Gateway", "Embedded PC", "Mini PC", "Stick PC"};
}

void add_dmi(Inquiry& inquiry) {
    static constexpr std::pair<const char*, const char*> rows[] = {
        {"bios_date", "bios_date"}, {"bios_vendor", "bios_vendor"}, {"bios_version", "bios_version"},
        {"board_asset_tag", "board_asset_tag"}, {"board_name", "board_name"}, {"board_serial", "board_serial"},
        {"board_vendor", "board_vendor"}, {"board_version", "board_version"}, {"chassis_asset_tag", "chassis_asset_tag"},
        {"chassis_serial", "chassis_serial"}, {"chassis_vendor", "chassis_vendor"}, {"chassis_version", "chassis_version"},
        {"form_factor", "chassis_type"}, {"product_name", "product_name"}, {"product_serial", "product_serial"},
        {"product_uuid", "product_uuid"}, {"product_version", "product_version"}, {"system_vendor", "sys_vendor"}};
    for (const auto& [fact, file] : rows) {
        auto text = inquiry.machine.read_file(std::string("/sys/devices/virtual/dmi/id/") + file, 4096);
        std::string value = text ? std::string(base::trim(*text)) : "NA";
        if (text && fact == std::string_view("form_factor")) {
            const auto number = base::parse_int(value);
            if (number && *number >= 0 && *number < static_cast<std::int64_t>(std::size(form_factors))) value = form_factors[*number];
        }
        inquiry.found.set(fact, value);
    }
}

void collect_hardware(Inquiry& inquiry) {
    add_processors(inquiry);
    add_memory(inquiry);
    add_dmi(inquiry);
    add_devices(inquiry);
    add_mounts(inquiry);
    add_lvm(inquiry);
}

}  // namespace fprov::facts
