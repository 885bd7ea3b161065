// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>

#include "apps/files/pictures.h"
#include "apps/files/prepare.h"
#include "apps/report/assets.h"
#include "apps/report/base64.h"
#include "apps/report/sections.h"

namespace rbm::app {
namespace {

constexpr std::size_t shown_filters = 100, shown_chains = 100, most_pixels = std::size_t{1} << 20;

struct Strip {
    std::string name;
    const Matrix* rows;
};

/// Rows of pictures below each other, named on the left.  Greys are those of the samples.
std::string strips(const ReportSource& source, const std::vector<Strip>& list) {
    std::string html = "<div class=\"wide\"><table class=\"strips\"><tbody>\n";
    Greys greys;
    for (std::size_t k = 0; k < list.size(); ++k) {
        Matrix rows = *list[k].rows;
        restore_units(source.model, rows.view());
        if (k == 0) greys = Greys::of(source.machine.visible, rows);
        greys.apply(rows.view());
        const Picture drawing = sheet(rows, source.model.image, {.columns = rows.rows(), .border = 1, .scale = 1});
        html += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", escaped(list[k].name),
                            picture(png_address(drawing), list[k].name, 640));
    }
    return html + "</tbody></table></div>\n";
}

/// The filters with the largest norms, in this order.
Matrix largest_filters(const Matrix& weights, std::size_t count) {
    std::vector<std::pair<double, std::size_t>> order(weights.cols());
    for (std::size_t j = 0; j < weights.cols(); ++j) order[j] = {0, j};
    for (std::size_t i = 0; i < weights.rows(); ++i)
        for (std::size_t j = 0; j < weights.cols(); ++j)
            order[j].first -= static_cast<double>(weights(i, j)) * static_cast<double>(weights(i, j));
    std::sort(order.begin(), order.end());
    Matrix filters(std::min(count, order.size()), weights.rows());
    for (std::size_t f = 0; f < filters.rows(); ++f)
        for (std::size_t i = 0; i < weights.rows(); ++i) filters(f, i) = weights(i, order[f].second);
    return filters;
}

}  // namespace

std::string picture_section(const ReportSource& source, const Measured& measured) {
    const std::size_t visible = source.machine.visible_count();
    if (source.model.image == ImageShape{} && visible < 16) return "";  // a table, not a picture
    const std::size_t fitting = most_pixels / visible;
    if (fitting == 0) return "";

    const Matrix filters = largest_filters(source.machine.weights, std::min(shown_filters, fitting));
    const Picture drawing = sheet(filters, source.model.image,
                                  {.columns = filters.rows() < shown_filters ? 0 : std::size_t{10},
                                   .border = 1,
                                   .scale = 1,
                                   .shades = Shades::diverging});
    std::string html = figure(
        picture(png_address(drawing), "filters", 560), "Filters",
        fmt::format("What the weights of each hidden unit look for{}: blue is negative, white zero, red positive. "
                    "Those with the largest norms come first.",
                    filters.rows() < source.machine.hidden_count()
                        ? fmt::format(", {} of {}", filters.rows(), source.machine.hidden_count())
                        : ""));
    Matrix dreams(std::min({shown_chains, fitting, measured.chain_means.rows()}), visible);
    for (std::size_t c = 0; c < dreams.rows(); ++c)
        std::copy(measured.chain_means.row(c).begin(), measured.chain_means.row(c).end(), dreams.row(c).begin());
    if (dreams.rows() > 0) {
        restore_units(source.model, dreams.view());
        Greys::of(source.machine.visible, dreams).apply(dreams.view());
        html += figure(picture(png_address(sheet(dreams, source.model.image, {.columns = 10, .border = 1, .scale = 1})),
                               "chains", 560),
                       "Dreams",
                       fmt::format("Means of the visible units of {} chains, {} sweeps further.", dreams.rows(),
                                   measured.chain_sweeps));
    }
    html = side_by_side(html, true);
    if (source.history != nullptr && source.history->samples.rows() > 0) {
        const History& history = *source.history;
        std::vector<Strip> again = {{"samples", &history.samples}}, chains = again;
        const auto add = [&](const Snapshot& one) {
            again.push_back({fmt::format("epoch {}", one.epoch), &one.reconstructions});
            chains.push_back({fmt::format("epoch {}", one.epoch), &one.chains});
        };
        for (const Snapshot& one : history.snapshots) add(one);
        html += side_by_side(
            figure(strips(source, again), "Reconstructions", "Samples, and what comes back from v to h to v.") +
                figure(strips(source, chains), "Chains", "Samples to compare with, and chains of the same epochs."),
            true);
    }
    return section("What it sees", html);
}

}  // namespace rbm::app
