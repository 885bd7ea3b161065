// SPDX-License-Identifier: MIT
// From the values of a file to what a machine sees.
#include "rbm/data/preparation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rbm/data/dataset.h"
#include "rbm/data/one_hot.h"
#include "rbm/kernels/error.h"

namespace rbm {

void Dataset::check(const StateForm& form, bool probabilities) const {
    if (const auto* bytes = std::get_if<ByteRows>(&storage_);
        bytes != nullptr && (!form.discrete || bytes->divisor >= 255))
        return;
    if (std::holds_alternative<BitRows>(storage_)) return;
    const float least = probabilities ? 0 : std::min(form.low, 0.0F), most = std::max(form.high, 1.0F);
    std::size_t bad = 0, bad_row = 0, bad_col = 0;
    const auto look_at = [&](std::size_t row, std::size_t col, float x) {
        const bool good =
            (missing_ && std::isnan(x)) || (std::isfinite(x) && (!form.discrete || (x >= least && x <= most)));
        if (!good && bad++ == 0) bad_row = row, bad_col = col;
    };
    const SharedEntries* const entries = sparse();  // 0 is good for all units
    if (entries != nullptr && entries->all_are_one()) return;
    for (std::size_t row = 0; row < rows_; ++row)
        if (entries != nullptr)
            entries->for_each(row, [&](std::size_t col, float x) { look_at(row, col, x); });
        else
            for (std::size_t col = 0; col < cols_; ++col) look_at(row, col, value(row, col));
    if (bad == 0) return;
    const float x = value(bad_row, bad_col);
    const std::string text = fmt::format(
        "{}: row {}, {}: found {}, expected {}; {} such value{} in {} rows of {} columns", name, bad_row + 1,
        column_text(bad_col), x, form.discrete ? fmt::format("a value in [{}, {}]", least, most) : "a finite number",
        bad, bad == 1 ? "" : "s", rows_, cols_);
    if (std::isnan(x)) throw MissingValue(text);
    if (std::isfinite(x)) throw ValueOutOfRange(text);
    throw DataError(text);
}

namespace {

/// A threshold would cut means of spins, and spins written as -0.5 and 0.5, without sense: most would become -1.
void refuse_soft_spins(const Dataset& data) {
    if (const SharedEntries* entries = data.sparse())
        for (std::size_t row = 0; row < data.rows(); ++row)
            entries->for_each(row, [&](std::size_t col, float x) {
                if (x < 0)
                    throw ValueOutOfRange(
                        fmt::format("{}: row {}, column {}: found {}, expected 1: sparse data leave out zeros, which "
                                    "beside negative values are no spins",
                                    data.name, row + 1, col + 1, x));
            });
    const auto* floats = std::get_if<FloatRows>(&data.storage());
    if (floats == nullptr) return;
    const std::size_t rows = data.rows(), cols = data.cols();
    const std::span<const float> values = floats->rows.values();
    std::vector<bool> signed_column(cols);
    bool any = false;
    for (std::size_t i = 0; i < values.size(); ++i)
        if (values[i] < 0) signed_column[i % cols] = any = true;
    if (!any) return;
    std::size_t soft = 0, first = 0;
    std::vector<float> kinds;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const float x = values[i];
        if (!(x > -1 && x < 1) || (x == 0 && !signed_column[i % cols])) continue;
        if (soft++ == 0) first = i;
        constexpr std::size_t most = 4;
        if (kinds.size() <= most && std::ranges::find(kinds, x) == kinds.end()) kinds.push_back(x);
    }
    if (soft == 0) return;
    std::string list;
    for (std::size_t i = 0; i < std::min<std::size_t>(kinds.size(), 4); ++i)
        list += fmt::format("{}{}", i == 0 ? "" : ", ", kinds[i]);
    throw ValueOutOfRange(
        fmt::format("{}: row {}, column {}: found {}, expected -1 or 1, since there are negative values; {} such "
                    "value{} in {} rows "
                    "of {} columns: {}{}",
                    data.name, first / cols + 1, first % cols + 1, values[first], soft, soft == 1 ? "" : "s", rows,
                    cols, list, kinds.size() > 4 ? ", ..." : ""));
}

/// One bit for each value, on where it is above the threshold.
template <class Kind>
BitRows bits_above(const Kind& kind, std::size_t rows, std::size_t cols, float threshold, CutValues& cut) {
    const std::size_t per_row = BitRows::words_per_row(cols);
    std::vector<std::uint64_t> words(rows * per_row);
    for (std::size_t row = 0; row < rows; ++row) {
        const auto bits = std::span(words).subspan(row * per_row, per_row);
        for (std::size_t col = 0; col < cols; ++col) {
            const float x = kind.value(row, col);
            if (x > threshold) BitRows::set(bits, col);
            if (x > 0 && x < 1) ++(x > threshold ? cut.to_one : cut.to_zero);
        }
    }
    return {{std::move(words), per_row}};
}

/// The entries above the threshold, all of them 1; the same memory where these are all there are.
SharedEntries ones_above(float threshold, const SharedEntries& entries, CutValues& cut) {
    if (entries.all_are_one() && threshold < 1) return entries;
    std::vector<std::uint64_t> offsets(1);
    std::vector<std::uint32_t> columns;
    offsets.reserve(entries.rows() + 1);
    for (std::size_t row = 0; row < entries.rows(); ++row) {
        entries.for_each(row, [&](std::size_t col, float x) {
            if (x > threshold) columns.push_back(static_cast<std::uint32_t>(col));
            if (x > 0 && x < 1) ++(x > threshold ? cut.to_one : cut.to_zero);
        });
        offsets.push_back(columns.size());
    }
    return {std::move(offsets), std::move(columns)};
}

}  // namespace

Dataset Dataset::prepared(const Preparation& preparation, const StateForm& form) const& {
    return Dataset(*this).prepared(preparation, form);
}

Dataset Dataset::prepared(const Preparation& preparation, const StateForm& form) && {
    if (preparation.binarize != Binarize::none && !(preparation.mean.empty() && preparation.scale.empty()))
        throw InvalidArgument(
            "Dataset::prepared: both binarize and mean or scale, expected one of them: "
            "standardised values are neither grey nor on or off");
    if (form.states > 0) {
        if (preparation.binarize != Binarize::none || !preparation.mean.empty())
            throw InvalidArgument("Dataset::prepared: one-hot columns are neither binarised nor standardised");
        if (const auto wrong = find_not_one_hot(*this, form.states))
            throw DataError(
                fmt::format("{}: row {}, columns {} to {}: expected one 1 and otherwise 0, a site of {} states{}", name,
                            wrong->row + 1, wrong->first_col + 1, std::min(wrong->first_col + form.states, cols_),
                            form.states, missing_ ? ", or all missing" : ""));
        return std::move(*this);
    }
    check(form, preparation.binarize == Binarize::sample);
    if (preparation.binarize == Binarize::threshold && form.low < 0) refuse_soft_spins(*this);
    if (!preparation.mean.empty()) {
        if (preparation.mean.size() != cols_ || preparation.scale.size() != cols_)
            throw DataError(fmt::format("{}: found {} columns, expected {}, the length of the model's data.mean", name,
                                        cols_, preparation.mean.size()));
        mean_ = preparation.mean;
        scale_ = preparation.scale;
        mean_rest_ = preparation.mean_rest;
    }
    if (precise() && mean_rest_.empty() && (!mean_.empty() || preparation.binarize != Binarize::none))
        std::get<FloatRows>(storage_).rest = {};  // nothing looks at it any more
    if (preparation.binarize == Binarize::sample) sampled_ = true;
    if (preparation.binarize != Binarize::none) low_ = form.low, high_ = form.high;
    if (preparation.binarize == Binarize::threshold && missing_) {  // bits have no room for what is neither
        const auto grey = std::get<FloatRows>(storage_).rows.values();
        std::vector<float> values(grey.begin(), grey.end());
        for (float& x : values) {
            if (std::isnan(x)) continue;
            if (x > 0 && x < 1) ++(x > preparation.threshold ? cut_.to_one : cut_.to_zero);
            x = x > preparation.threshold ? 1.0F : 0.0F;
        }
        storage_ = FloatRows{{std::move(values), cols_}};
    } else if (preparation.binarize == Binarize::threshold && sparse() != nullptr && preparation.threshold >= 0) {
        auto& kind = std::get<SparseRows>(storage_);
        kind.rows = ones_above(preparation.threshold, kind.rows, cut_);
    } else if (preparation.binarize == Binarize::threshold && !std::holds_alternative<BitRows>(storage_)) {
        storage_ = std::visit(
            [&](const auto& kind) { return bits_above(kind, rows_, cols_, preparation.threshold, cut_); }, storage_);
    }
    return std::move(*this);
}

}  // namespace rbm
