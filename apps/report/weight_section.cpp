// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/report/plot.h"
#include "apps/report/sections.h"

namespace rbm::app {
namespace {

std::string activity_figure(const Measured& measured) {
    if (measured.activity.empty()) return "";
    std::vector<double> sorted = measured.activity;
    std::sort(sorted.begin(), sorted.end());
    Series series{.name = "", .x = {}, .y = {}};
    const std::size_t stride = sorted.size() / 600 + 1;
    for (std::size_t j = 0; j < sorted.size(); j += stride) {
        series.x.push_back(static_cast<double>(j + 1));
        series.y.push_back(100 * sorted[j]);
    }
    const Plot plot{.title = "Activity of hidden units",
                    .x = {"hidden unit, by its activity"},
                    .y = {"% of the samples"},
                    .series = {series}};
    return figure(drawn(plot), plot.title,
                  "How often each unit is on, over samples of the data. Units that are always on or always off tell "
                  "nothing apart.");
}

std::string weights_figure(const Measured& measured) {
    if (measured.weights.size() < 2) return "";
    std::vector<double> sorted = measured.weights;
    std::sort(sorted.begin(), sorted.end());
    const double reach =
        std::max(std::abs(sorted[sorted.size() / 1000]), std::abs(sorted[sorted.size() - 1 - sorted.size() / 1000]));
    if (!(reach > 0)) return "";
    const Plot plot{.title = "Weights",
                    .x = {"weight"},
                    .y = {"share per unit, logarithmic", true},
                    .series = {histogram("", sorted, -reach, reach, 60)}};
    const auto [low, high] = std::minmax_element(measured.weights.begin(), measured.weights.end());
    return figure(
        drawn(plot), plot.title,
        fmt::format("Their distribution, without the outermost tenth of a percent on each side; all lie from {} to {}.",
                    number_text(*low, 0.001), number_text(*high, 0.001)));
}

std::string quantile_figure(const History& history) {
    if (history.snapshots.size() < 3) return "";
    Plot plot{.title = "Weights against epochs", .x = {"epoch"}, .y = {"weight"}, .series = {}};
    constexpr const char* names[] = {"99.8 % within", "90 % within", "half within"};
    for (std::size_t side = 0; side < 3; ++side) {
        Series band{.name = names[side], .x = {}, .y = {}};
        for (const Snapshot& one : history.snapshots) {
            band.x.push_back(static_cast<double>(one.epoch));
            band.y.push_back(one.weights[6 - side]);
            band.low.push_back(one.weights[side]);
            band.high.push_back(one.weights[6 - side]);
        }
        band.dashed = side == 0;
        band.colour = side == 2 ? 1 : 0;
        plot.series.push_back(band);
        band.name = "";
        band.y = band.low;
        band.low.clear(), band.high.clear();
        plot.series.push_back(band);
    }
    return figure(drawn(plot), plot.title, "Bands that hold these shares of all weights.");
}

std::string spectrum_figure(const ReportSource& source, const Measured& measured) {
    const std::vector<Snapshot>* snapshots = source.history == nullptr ? nullptr : &source.history->snapshots;
    if (snapshots == nullptr || snapshots->size() < 3 || snapshots->back().singular_values.empty()) {
        Series series{.name = "", .x = {}, .y = measured.singular_values};
        for (std::size_t k = 0; k < series.y.size(); ++k) series.x.push_back(static_cast<double>(k + 1));
        const Plot plot{.title = "Singular values of the weights",
                        .x = {"rank"},
                        .y = {"value, logarithmic", true},
                        .series = {series}};
        return figure(drawn(plot), plot.title, "Few large ones: the units share few patterns.");
    }
    Plot plot{
        .title = "Singular values of the weights", .x = {"epoch"}, .y = {"value, logarithmic", true}, .series = {}};
    const std::size_t count = snapshots->back().singular_values.size();
    std::size_t colour = 0;
    for (std::size_t rank = 1; rank <= count && colour<plot_colours; rank *= count> 1000 ? 8 : 4, ++colour) {
        Series series{
            .name = fmt::format("rank {}", rank), .x = {}, .y = {}, .colour = colour, .dashed = colour % 2 == 1};
        for (const Snapshot& one : *snapshots) {
            series.x.push_back(static_cast<double>(one.epoch));
            series.y.push_back(one.singular_values[rank - 1]);
        }
        plot.series.push_back(std::move(series));
    }
    return figure(drawn(plot), plot.title,
                  "Each pattern that the weights learn lifts one singular value out of the noise they began with.");
}

}  // namespace

std::string weight_section(const ReportSource& source, const Measured& measured) {
    std::string html = activity_figure(measured) + weights_figure(measured);
    if (source.history != nullptr) html += quantile_figure(*source.history);
    return section("Units and weights", side_by_side(html + spectrum_figure(source, measured)));
}

}  // namespace rbm::app
