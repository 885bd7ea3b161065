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
    for (std::size_t row = 0; row < rows_; ++row)
        for (std::size_t col = 0; col < cols_; ++col) {
            const float x = value(row, col);
            const bool good =
                (missing_ && std::isnan(x)) || (std::isfinite(x) && (!form.discrete || (x >= least && x <= most)));
            if (!good && bad++ == 0) bad_row = row, bad_col = col;
        }
    if (bad == 0) return;
    const float x = value(bad_row, bad_col);
    const std::string text = fmt::format(
        "{}: row {}, column {}: found {}, expected {}; {} such value{} in {} rows of {} columns", name, bad_row + 1,
        bad_col + 1, x, form.discrete ? fmt::format("a value in [{}, {}]", least, most) : "a finite number", bad,
        bad == 1 ? "" : "s", rows_, cols_);
    if (std::isnan(x)) throw MissingValue(text);
    if (std::isfinite(x)) throw ValueOutOfRange(text);
    throw DataError(text);
}

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
    if (!preparation.mean.empty()) {
        if (preparation.mean.size() != cols_ || preparation.scale.size() != cols_)
            throw DataError(fmt::format("{}: found {} columns, expected {}, the length of the model's data.mean", name,
                                        cols_, preparation.mean.size()));
        mean_ = preparation.mean;
        scale_ = preparation.scale;
    }
    if (preparation.binarize == Binarize::sample) sampled_ = true;
    if (preparation.binarize != Binarize::none) low_ = form.low, high_ = form.high;
    if (preparation.binarize == Binarize::threshold && missing_) {  // bits have no room for what is neither
        const auto grey = std::get<FloatRows>(storage_).rows.values();
        std::vector<float> values(grey.begin(), grey.end());
        for (float& x : values)
            if (!std::isnan(x)) x = x > preparation.threshold ? 1.0F : 0.0F;
        storage_ = FloatRows{{std::move(values), cols_}};
    } else if (preparation.binarize == Binarize::threshold && !std::holds_alternative<BitRows>(storage_)) {
        const std::size_t per_row = BitRows::words_per_row(cols_);
        std::vector<std::uint64_t> words(rows_ * per_row);
        for (std::size_t row = 0; row < rows_; ++row)
            for (std::size_t col = 0; col < cols_; ++col)
                if (value(row, col) > preparation.threshold)
                    BitRows::set(std::span(words).subspan(row * per_row, per_row), col);
        storage_ = BitRows{{std::move(words), per_row}};
    }
    return std::move(*this);
}

}  // namespace rbm
