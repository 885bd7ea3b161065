// SPDX-License-Identifier: MIT
#include "apps/cli/resources.h"

#include <fmt/format.h>
#include <omp.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <vector>

namespace rbm::app {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// The number at the start of a text, infinity for "max" and anything else.
double number_in(std::string_view text) {
    std::uint64_t number = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    return result.ec == std::errc() ? static_cast<double>(number) : infinity;
}

std::string first_line(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

/// Folders of this process's control group and of those around it, for a controller of version 1 or (name "") 2.
std::vector<std::string> control_groups(std::string_view controller) {
    std::ifstream file("/proc/self/cgroup");
    std::string line;
    std::string group;
    while (std::getline(file, line)) {  // 4:memory:/user/1000 or 0::/user/1000
        const auto first = line.find(':'), second = line.find(':', first + 1);
        if (second == std::string::npos) continue;
        const std::string names = fmt::format(",{},", line.substr(first + 1, second - first - 1));
        // Without names, version 2 has an empty list, and only that is it.
        if (names.find(fmt::format(",{},", controller)) != std::string::npos) group = line.substr(second + 1);
    }
    const std::string root = fmt::format("/sys/fs/cgroup{}{}", controller.empty() ? "" : "/", controller);
    std::vector<std::string> folders;
    while (group.size() > 1) {
        folders.push_back(root + group);
        group.erase(group.rfind('/'));
    }
    folders.push_back(root);
    return folders;
}

double control_group_memory() {
    double limit = infinity;
    for (const std::string& folder : control_groups(""))
        limit = std::min(limit, number_in(first_line(folder + "/memory.max")));
    for (const std::string& folder : control_groups("memory"))
        limit = std::min(limit, number_in(first_line(folder + "/memory.limit_in_bytes")));
    return limit;
}

double control_group_processors() {
    double limit = infinity;
    for (const std::string& folder : control_groups("")) {  // "200000 100000": quota and period in microseconds
        const std::string line = first_line(folder + "/cpu.max");
        const auto blank = line.find(' ');
        if (blank != std::string::npos)
            limit = std::min(limit, number_in(line) / number_in(std::string_view(line).substr(blank + 1)));
    }
    for (const std::string& folder : control_groups("cpu"))
        limit = std::min(limit, number_in(first_line(folder + "/cpu.cfs_quota_us")) /
                                    number_in(first_line(folder + "/cpu.cfs_period_us")));
    return std::isnan(limit) ? infinity : limit;
}

double memory_available() {
    std::ifstream file("/proc/meminfo");
    std::string line;
    constexpr std::string_view key = "MemAvailable:";
    while (std::getline(file, line))
        if (line.starts_with(key)) {
            const auto digit = line.find_first_of("0123456789");
            return digit == std::string::npos ? infinity : number_in(std::string_view(line).substr(digit)) * 1024;
        }
    return infinity;
}

double address_space() {
    rlimit limit{};
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return infinity;
    return static_cast<double>(limit.rlim_cur);
}

}  // namespace

std::size_t default_threads() {
    const double processors =
        std::min(static_cast<double>(omp_get_max_threads()), std::ceil(control_group_processors()));
    return static_cast<std::size_t>(std::clamp(processors, 1.0, static_cast<double>(most_threads)));
}

double memory_limit() { return 0.8 * std::min({memory_available(), control_group_memory(), address_space()}); }

void require_memory(double bytes, const std::string& what) {
    const double limit = memory_limit();
    if (!(bytes <= limit))
        throw std::runtime_error(
            fmt::format("{} needs {} of memory, but the limit is {} (80 % of what this process may use)", what,
                        bytes_text(bytes), bytes_text(limit)));
}

std::string bytes_text(double bytes) {
    constexpr std::array units{"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    std::size_t unit = 0;
    while (bytes >= 1024 && unit + 1 < units.size()) bytes /= 1024, ++unit;
    return unit == 0 || bytes >= 10 ? fmt::format("{:.0f} {}", bytes, units[unit])
                                    : fmt::format("{:.1f} {}", bytes, units[unit]);
}

}  // namespace rbm::app
