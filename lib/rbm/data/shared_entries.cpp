// SPDX-License-Identifier: MIT
#include "rbm/data/shared_entries.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "rbm/kernels/error.h"

namespace rbm {
namespace {

struct Entries {
    std::vector<std::uint64_t> offsets;
    std::vector<std::uint32_t> columns;
    std::vector<float> values;
};

void check_entries(const Entries& all) {
    const auto& [offsets, columns, values] = all;
    const auto refuse = [](const char* what) { throw InvalidArgument(fmt::format("SharedEntries: {}", what)); };
    if (offsets.empty() || offsets.front() != 0 || offsets.back() != columns.size() ||
        !std::is_sorted(offsets.begin(), offsets.end()))
        refuse("offsets do not ascend from 0 to the number of columns");
    if (!values.empty() && values.size() != columns.size()) refuse("there are not as many values as columns");
    for (std::size_t row = 0; row + 1 < offsets.size(); ++row)
        for (std::size_t i = offsets[row] + 1; i < offsets[row + 1]; ++i)
            if (columns[i - 1] >= columns[i]) refuse("columns do not ascend within a row");
}

void drop_zeros(Entries& all) {
    if (std::ranges::find(all.values, 0.0F) == all.values.end()) return;
    std::size_t kept = 0, at = 0;
    for (std::size_t row = 0; row + 1 < all.offsets.size(); ++row) {
        for (; at < all.offsets[row + 1]; ++at)
            if (all.values[at] != 0) {
                all.columns[kept] = all.columns[at];
                all.values[kept++] = all.values[at];
            }
        all.offsets[row + 1] = kept;
    }
    all.columns.resize(kept);
    all.values.resize(kept);
}

}  // namespace

SharedEntries::SharedEntries(std::vector<std::uint64_t> offsets, std::vector<std::uint32_t> columns,
                             std::vector<float> values) {
    auto all = std::make_shared<Entries>(Entries{std::move(offsets), std::move(columns), std::move(values)});
    check_entries(*all);
    drop_zeros(*all);
    all_ones_ = std::ranges::all_of(all->values, [](float value) { return value == 1; });
    if (all_ones_) all->values = {};
    offsets_ = all->offsets;
    columns_ = all->columns;
    values_ = all->values;
    owner_ = std::move(all);
}

std::size_t SharedEntries::width() const {
    std::size_t width = 0;
    for (std::size_t row = 0; row < rows(); ++row)
        if (const auto own = columns(row); !own.empty()) width = std::max(width, std::size_t{own.back()} + 1);
    return width;
}

SharedEntries SharedEntries::slice(std::size_t first, std::size_t count) const {
    SharedEntries part = *this;
    if (!offsets_.empty()) part.offsets_ = offsets_.subspan(first, count + 1);
    return part;
}

SharedEntries SharedEntries::with_columns(std::span<const std::size_t> columns, std::size_t count) const {
    std::vector<std::vector<std::uint32_t>> places(count);  // a column may be chosen more than once
    for (std::size_t i = 0; i < columns.size(); ++i) places[columns[i]].push_back(static_cast<std::uint32_t>(i));
    Entries copy;
    copy.offsets.push_back(0);
    std::vector<std::pair<std::uint32_t, float>> own;
    for (std::size_t r = 0; r < rows(); ++r) {
        own.clear();
        for_each(r, [&](std::size_t col, float value) {
            for (const std::uint32_t place : places[col]) own.emplace_back(place, value);
        });
        std::ranges::sort(own, {}, &std::pair<std::uint32_t, float>::first);
        for (const auto& [place, value] : own) {
            copy.columns.push_back(place);
            copy.values.push_back(value);
        }
        copy.offsets.push_back(copy.columns.size());
    }
    return {std::move(copy.offsets), std::move(copy.columns), std::move(copy.values)};
}

SharedEntries SharedEntries::chosen(std::span<const std::uint32_t> rows) const {
    Entries copy;
    copy.offsets.reserve(rows.size() + 1);
    copy.offsets.push_back(0);
    for (const std::uint32_t row : rows) {
        copy.columns.insert(copy.columns.end(), columns(row).begin(), columns(row).end());
        copy.values.insert(copy.values.end(), values(row).begin(), values(row).end());
        copy.offsets.push_back(copy.columns.size());
    }
    return {std::move(copy.offsets), std::move(copy.columns), std::move(copy.values)};
}

}  // namespace rbm
