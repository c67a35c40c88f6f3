// SPDX-License-Identifier: Apache-2.0
// The questions about a system that have one plain system call each.
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "machine/machine.hpp"

extern char** environ;

namespace fprov::machine {
namespace {

std::string address_text(const sockaddr* address) {
    if (!address || address->sa_family != AF_INET) return {};
    char text[INET_ADDRSTRLEN] = {};
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, text, sizeof text);
    return text;
}

}  // namespace

SystemName Machine::system_name() {
    utsname name{};
    if (uname(&name) != 0) return {};
    return {name.sysname, name.nodename, name.release, name.version, name.machine};
}

Result<FileSystem> Machine::file_system(const std::string& path) {
    struct statvfs found {};
    if (statvfs(path.c_str(), &found) != 0)
        return base::Error{base::Kind::io, "[Errno " + std::to_string(errno) + "] " + std::strerror(errno) + ": '" + path + "'"};
    return FileSystem{found.f_frsize, found.f_blocks, found.f_bavail, found.f_files, found.f_favail};
}

std::vector<InterfaceAddress> Machine::ipv4_addresses() {
    std::vector<InterfaceAddress> found;
    ifaddrs* list = nullptr;
    if (getifaddrs(&list) != 0) return found;
    for (ifaddrs* one = list; one; one = one->ifa_next) {
        if (!one->ifa_addr || one->ifa_addr->sa_family != AF_INET) continue;
        InterfaceAddress address{one->ifa_name, address_text(one->ifa_addr), address_text(one->ifa_netmask), {}};
        if (one->ifa_flags & IFF_BROADCAST) address.broadcast = address_text(one->ifa_broadaddr);
        if (address.broadcast == address.address) address.broadcast.clear();   // none is set
        found.push_back(std::move(address));
    }
    freeifaddrs(list);
    return found;
}

std::vector<InterfaceAddress> Machine::ipv6_addresses() {
    std::vector<InterfaceAddress> found;
    ifaddrs* list = nullptr;
    if (getifaddrs(&list) != 0) return found;
    for (ifaddrs* one = list; one; one = one->ifa_next) {
        if (!one->ifa_addr || one->ifa_addr->sa_family != AF_INET6) continue;
        char text[INET6_ADDRSTRLEN] = {};
        inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(one->ifa_addr)->sin6_addr, text, sizeof text);
        found.push_back({one->ifa_name, text, {}, {}});
    }
    freeifaddrs(list);
    return found;
}

std::string Machine::source_address(const std::string& to) {
    const bool six = to.find(':') != std::string::npos;
    sockaddr_storage target{};
    socklen_t size = 0;
    if (six) {
        auto& address = reinterpret_cast<sockaddr_in6&>(target);
        address.sin6_family = AF_INET6;
        address.sin6_port = htons(53);
        if (inet_pton(AF_INET6, to.c_str(), &address.sin6_addr) != 1) return {};
        size = sizeof address;
    } else {
        auto& address = reinterpret_cast<sockaddr_in&>(target);
        address.sin_family = AF_INET;
        address.sin_port = htons(53);
        if (inet_pton(AF_INET, to.c_str(), &address.sin_addr) != 1) return {};
        size = sizeof address;
    }
    const int fd = socket(six ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return {};
    std::string found;
    sockaddr_storage own{};
    socklen_t own_size = sizeof own;
    if (::connect(fd, reinterpret_cast<sockaddr*>(&target), size) == 0 &&
        getsockname(fd, reinterpret_cast<sockaddr*>(&own), &own_size) == 0) {
        char text[INET6_ADDRSTRLEN] = {};
        const void* bytes = six ? static_cast<const void*>(&reinterpret_cast<sockaddr_in6&>(own).sin6_addr)
                                : &reinterpret_cast<sockaddr_in&>(own).sin_addr;
        if (inet_ntop(own.ss_family, bytes, text, sizeof text)) found = text;
    }
    close(fd);
    return found;
}

std::map<std::string, std::string> Machine::environment() {
    std::map<std::string, std::string> found;
    for (char** entry = environ; entry && *entry; ++entry)
        if (const char* equals = std::strchr(*entry, '='); equals && equals != *entry)
            found.emplace(std::string(*entry, static_cast<std::size_t>(equals - *entry)), equals + 1);
    return found;
}

std::uint32_t Machine::real_uid() { return ::getuid(); }
std::uint32_t Machine::real_gid() { return ::getgid(); }

int Machine::usable_processors() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
    return static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
}

}  // namespace fprov::machine
