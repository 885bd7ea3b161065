// SPDX-License-Identifier: MIT
#include "apps/files/output_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/files/labels.h"
#include "apps/files/prepare.h"
#include "rbm/io/csv.h"

namespace rbm::app {
namespace {

/// The columns as they are written: sites, then one for the label.
std::vector<Column> written_columns(const Model& model) {
    const Units& visible = model.machine.visible;
    const std::size_t sites = site_count(visible) - model.labels.size();
    std::vector<Column> columns = model.columns;
    columns.resize(sites);
    for (std::size_t i = 0; i < sites; ++i)
        if (columns[i].name.empty()) columns[i].name = fmt::format("v{}", i + 1);
    if (model.labels.empty()) return columns;
    Column label{model.label_column.empty() ? "label" : model.label_column, {}};
    for (const std::uint32_t one : model.labels) label.words.push_back(label_text(model, one));
    columns.push_back(std::move(label));
    return columns;
}

double most_probable(std::span<const float> states) {
    return static_cast<double>(std::ranges::max_element(states) - states.begin());
}

/// A number with about as many digits as the float that it came from had, a part in 10^7 of the column's scale.
double rounded(double x, float scale) {
    const double step = std::pow(10.0, std::floor(std::log10(static_cast<double>(scale))) - 6);
    return step >= 1 ? std::round(x / step) * step : std::round(x * std::round(1 / step)) / std::round(1 / step);
}

template <class Restore>
std::vector<std::byte> written_table(const Model& model, ConstView states, Restore restore) {
    const Units& visible = model.machine.visible;
    const std::vector<Column> columns = written_columns(model);
    const std::size_t width = site_width(visible), sites = site_count(visible) - model.labels.size();
    const StateForm form = state_form(visible);
    std::vector<float> values;
    std::vector<double> precise;
    const bool in_double = !model.preparation.mean_rest.empty();
    const auto add = [&](double value) {
        if (in_double)
            precise.push_back(value);
        else
            values.push_back(static_cast<float>(value));
    };
    for (std::size_t row = 0; row < states.rows; ++row) {
        const std::span<const float> state = states.row(row);
        for (std::size_t site = 0; site < sites; ++site) {
            const std::size_t words = columns[site].words.size();
            if (width > 1) {
                const auto one = state.subspan(site * width, width);
                add(most_probable(words == 0 ? one : one.first(std::min(words, width))));
            } else if (words == 2 && form.discrete) {
                add(state[site] > (form.low + form.high) / 2 ? 1 : 0);
            } else if (words > 0) {  // real numbers that were words: the nearest
                add(std::clamp(std::round(restore(site, state[site])), 0.0, static_cast<double>(words - 1)));
            } else {
                add(restore(site, state[site]));
            }
        }
        if (!model.labels.empty()) add(most_probable(state.subspan(sites)));
    }
    return in_double ? encode_table(columns, precise) : encode_table(columns, values);
}

}  // namespace

std::vector<std::byte> visible_table(const Model& model, ConstView states) {
    const Preparation& preparation = model.preparation;
    const bool precise = !preparation.mean_rest.empty();
    return written_table(model, states, [&](std::size_t unit, float value) {
        if (precise) return rounded(restored(preparation, unit, value), preparation.scale[unit]);
        if (preparation.mean.empty()) return static_cast<double>(value);
        return static_cast<double>(preparation.mean[unit] + preparation.scale[unit] * value);
    });
}

std::vector<std::byte> restored_table(const Model& model, ConstView states) {
    return written_table(model, states, [](std::size_t, float value) { return static_cast<double>(value); });
}

std::vector<std::byte> feature_table(ConstView features) {
    std::vector<std::string> names;
    for (std::size_t i = 1; i <= features.cols; ++i) names.push_back(fmt::format("h{}", i));
    std::vector<float> values;
    for (std::size_t row = 0; row < features.rows; ++row)
        values.insert(values.end(), features.row(row).begin(), features.row(row).end());
    return encode_float_csv(names, values);
}

}  // namespace rbm::app
