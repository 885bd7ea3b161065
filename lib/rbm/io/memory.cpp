// SPDX-License-Identifier: MIT
#include "rbm/io/memory.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string_view>

namespace rbm {
namespace {

/// The first kilobytes of a file of the kernel's, empty when there is none.
std::string kernel_text(const std::string& path) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), std::fclose);
    std::array<char, 8192> text;
    return file ? std::string(text.data(), std::fread(text.data(), 1, text.size(), file.get())) : std::string();
}

/// The number after `key`, SIZE_MAX when there is none ("max" in a cgroup).
std::size_t number_after(std::string_view text, std::string_view key) {
    const std::size_t at = text.find(key);
    if (at == std::string_view::npos) return SIZE_MAX;
    text.remove_prefix(std::min(text.find_first_not_of(" \t", at + key.size()), text.size()));
    std::size_t number = SIZE_MAX;
    return std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc() ? number : SIZE_MAX;
}

/// What a cgroup leaves: its limit less what it uses already (its page cache, which would yield, not counted as used).
std::size_t cgroup_room(const std::string& folder, const char* limit_file, const char* usage_file) {
    const std::size_t limit = number_after(kernel_text(folder + limit_file), "");
    const std::size_t usage = number_after(kernel_text(folder + usage_file), "");
    if (limit == SIZE_MAX || usage == SIZE_MAX) return limit;
    const std::size_t cache = number_after(kernel_text(folder + "/memory.stat"), "inactive_file ");
    const std::size_t used = cache == SIZE_MAX ? usage : usage - std::min(usage, cache);
    return limit - std::min(limit, used);
}

std::size_t cgroups_room() {
    // Lines of /proc/self/cgroup: "0::/path" (version 2) or "4:memory:/path" (version 1).
    const std::string groups = kernel_text("/proc/self/cgroup");
    std::size_t room =
        std::min(cgroup_room("/sys/fs/cgroup", "/memory.max", "/memory.current"),
                 cgroup_room("/sys/fs/cgroup/memory", "/memory.limit_in_bytes", "/memory.usage_in_bytes"));
    for (std::string_view rest = groups; !rest.empty();) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        const std::size_t memory = line.find(":memory:");
        if (line.starts_with("0::/"))
            room = std::min(
                room, cgroup_room("/sys/fs/cgroup" + std::string(line.substr(3)), "/memory.max", "/memory.current"));
        else if (memory != std::string_view::npos)
            room = std::min(room, cgroup_room("/sys/fs/cgroup/memory" + std::string(line.substr(memory + 8)),
                                              "/memory.limit_in_bytes", "/memory.usage_in_bytes"));
    }
    return room;
}

}  // namespace

std::size_t available_memory() {
    constexpr std::size_t kibibyte = 1024;
    const std::size_t kilobytes = number_after(kernel_text("/proc/meminfo"), "MemAvailable:");
    std::size_t room = kilobytes > SIZE_MAX / kibibyte ? SIZE_MAX : kilobytes * kibibyte;
    room = std::min(room, cgroups_room());
    rlimit limit{};
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        const std::size_t pages = number_after(kernel_text("/proc/self/statm"), "");
        const std::size_t used = pages == SIZE_MAX ? 0 : pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
        room = std::min(room, static_cast<std::size_t>(limit.rlim_cur) - std::min<std::size_t>(limit.rlim_cur, used));
    }
    return room;
}

std::size_t memory_limit() { return available_memory() / 5 * 4; }

bool fits_in_memory(std::size_t bytes) { return bytes <= std::size_t{64} << 20 || bytes <= memory_limit(); }

std::string readable_size(std::size_t bytes) {
    constexpr std::array<const char*, 7> units = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double size = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; size >= 1024 && unit + 1 < units.size(); ++unit) size /= 1024;
    return unit == 0 ? fmt::format("{} bytes", bytes) : fmt::format("{:.1f} {}", size, units[unit]);
}

}  // namespace rbm
