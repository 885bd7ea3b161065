// SPDX-License-Identifier: MIT
#include "apps/files/table.h"

#include <fmt/format.h>

#include <algorithm>

namespace rbm::app {
namespace {

/// Characters of UTF-8, each taken to be one column wide.
std::size_t width(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

}  // namespace

std::string table(const std::vector<Align>& columns, const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths(columns.size());
    for (const auto& row : rows)
        for (std::size_t c = 0; c < row.size() && row.size() > 1; ++c) widths[c] = std::max(widths[c], width(row[c]));
    std::string text;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t c = 0; c < row.size(); ++c) {
            const std::size_t used = width(row[c]), blanks = widths[c] > used ? widths[c] - used : 0;
            if (c > 0) line.append(2, ' ');
            if (columns[c] == Align::right && row.size() > 1) line.append(blanks, ' ');
            line += row[c];
            if (columns[c] == Align::left) line.append(blanks, ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text.append(line).append(1, '\n');
    }
    return text;
}

std::string grouped(std::size_t count) {
    std::string digits = fmt::format("{}", count);
    for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
    return digits;
}

}  // namespace rbm::app
