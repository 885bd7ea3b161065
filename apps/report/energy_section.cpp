// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>

#include "apps/report/plot.h"
#include "apps/report/sections.h"

namespace rbm::app {
namespace {

std::string energies(const ReportSource& source, const Measured& measured) {
    std::vector<double> all;
    struct Kind {
        std::string name;
        const std::vector<double>* values;
        std::size_t colour;
    };
    const Kind kinds[] = {{source.data_name, &measured.of_training, 0},
                          {"held out", &measured.of_held_out, 3},
                          {"chains", &measured.of_chains, 2},
                          {"noise", &measured.of_noise, 1}};
    for (const Kind& kind : kinds) all.insert(all.end(), kind.values->begin(), kind.values->end());
    if (all.empty()) return "";
    std::sort(all.begin(), all.end());
    const double low = all[all.size() / 500], high = all[all.size() - 1 - all.size() / 500];
    if (!(high > low)) return "";
    Plot plot{.title = "Free energies", .x = {"F(v), nats"}, .y = {"share per nat"}, .series = {}};
    for (const Kind& kind : kinds) {
        if (kind.values->empty()) continue;
        plot.series.push_back(histogram(kind.name, *kind.values, low, high, 50));
        plot.series.back().colour = kind.colour;
        plot.series.back().dashed = kind.colour == 3;
    }
    return figure(drawn(plot), plot.title,
                  "The lower, the more the machine expects such a sample. Noise has the columns of the data, each "
                  "shuffled by itself. A good machine keeps noise apart, and held-out data and its own chains where "
                  "the data are.");
}

std::string moments(const Measured::Moments& both, const std::string& title, const std::string& of,
                    const std::string& caption) {
    if (both.data.size() < 2) return "";
    const Plot plot{.title = title,
                    .x = {of + ", data"},
                    .y = {of + ", chains"},
                    .series = {{.name = "", .x = both.data, .y = both.chains, .form = Series::Form::points}},
                    .level = {},
                    .diagonal = true};
    return figure(drawn(plot), title, caption);
}

}  // namespace

std::string energy_section(const ReportSource& source, const Measured& measured) {
    std::string html = energies(source, measured);
    const std::string from = fmt::format("{} chains over {} sweeps", measured.chain_count, measured.chain_sweeps);
    html += moments(measured.means, "Means of units", "mean",
                    fmt::format("A point for each visible unit; {}. A perfect machine has all on the line.", from));
    html += moments(measured.covariances, "Covariances of units", "covariance",
                    fmt::format("A point for each of {} random pairs of units that vary. Chains scatter by chance too.",
                                measured.covariances.data.size()));
    return section("Data, noise and dreams", side_by_side(html));
}

}  // namespace rbm::app
