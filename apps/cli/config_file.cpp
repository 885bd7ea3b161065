// SPDX-License-Identifier: MIT
#include "apps/cli/config_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>

#include "apps/cli/program.h"
#include "rbm/io/utf8.h"
#include "rbm/kernels/error.h"

namespace rbm::app {
namespace {

constexpr std::size_t longest = 1 << 20;
constexpr std::string_view blanks = " \t\r\f\v";

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string_view without_comment(std::string_view line) {
    for (std::size_t i = 0; i < line.size(); ++i)
        if (line[i] == '#' && (i == 0 || blanks.find(line[i - 1]) != std::string_view::npos)) return line.substr(0, i);
    return line;
}

ConfigLine parse_line(std::string_view line, std::size_t number, const std::string& file) {
    const auto fault = [&](const std::string& text) { throw UsageError(fmt::format("{}:{}: {}", file, number, text)); };
    if (line.front() == '[')
        fault(fmt::format("found the section {}, expected lines NAME = VALUE without sections", in_quotes(line)));
    const auto equals = line.find('=');
    ConfigLine result{number, std::string(trimmed(line.substr(0, equals))), {}};
    if (equals == std::string_view::npos || result.name.empty() || line.find('\0') != std::string_view::npos)
        fault(fmt::format("found {}, expected NAME = VALUE", in_quotes(line)));
    result.text = trimmed(line.substr(equals + 1));
    std::ranges::replace(result.name, '_', '-');
    return result;
}

}  // namespace

std::vector<ConfigLine> parse_config(std::string_view content, const std::string& name) {
    std::vector<ConfigLine> lines;
    std::map<std::string, std::size_t> seen;
    if (content.starts_with("\xef\xbb\xbf")) content.remove_prefix(3);
    for (std::size_t number = 1; !content.empty(); ++number) {
        const auto end = std::min(content.find('\n'), content.size());
        const std::string_view line = trimmed(without_comment(content.substr(0, end)));
        content.remove_prefix(std::min(end + 1, content.size()));
        if (line.empty()) continue;
        lines.push_back(parse_line(line, number, name));
        const auto [first, fresh] = seen.emplace(lines.back().name, number);
        if (!fresh)
            throw UsageError(fmt::format("{}:{}: {} is given twice, first in line {}", name, number,
                                         in_quotes(lines.back().name), first->second));
    }
    return lines;
}

std::string read_config(const std::string& path) {
    const bool standard_input = path == "-";
    if (standard_input && isatty(STDIN_FILENO) != 0)
        throw UsageError("--config is -, but standard input is a terminal: pipe a file into it");
    const int file = standard_input ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) throw FileError(fmt::format("{}: cannot open the configuration: {}", path, std::strerror(errno)));
    std::string content;
    std::array<char, 4096> block{};
    ssize_t count = 0;
    while (content.size() <= longest) {
        count = read(file, block.data(), block.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        content.append(block.data(), static_cast<std::size_t>(count));
    }
    const int reason = errno;
    if (!standard_input) close(file);
    if (count < 0 && reason == EISDIR)
        throw UsageError(fmt::format("--config: {} is a folder, expected a file of lines NAME = VALUE", path));
    if (count < 0) throw FileError(fmt::format("{}: cannot read the configuration: {}", path, std::strerror(reason)));
    if (content.size() > longest)
        throw UsageError(fmt::format("--config: {} is longer than 1 MiB, expected lines NAME = VALUE", path));
    return content;
}

}  // namespace rbm::app
