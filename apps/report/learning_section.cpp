// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "apps/report/plot.h"
#include "apps/report/sections.h"

namespace rbm::app {
namespace {

struct Curve {
    const char* key;
    const char* name;
    double factor = 1;
};

Series series_of(const Metrics& metrics, const Curve& curve, std::size_t colour) {
    const Metrics::Values values = metrics.values(curve.key);
    Series series{.name = curve.name, .x = values.at, .y = values.value, .colour = colour};
    for (double& y : series.y) y *= curve.factor;
    const Metrics::Values low = metrics.values(std::string(curve.key) + "_low"),
                          high = metrics.values(std::string(curve.key) + "_high");
    if (low.value.size() == series.y.size() && high.value.size() == series.y.size()) {
        series.low = low.value;
        series.high = high.value;
    }
    const Metrics::Values error = metrics.values(std::string(curve.key) + "_error");
    if (error.value.size() == series.y.size())
        for (std::size_t i = 0; i < series.y.size(); ++i) {
            series.low.push_back(series.y[i] - 3 * error.value[i]);
            series.high.push_back(series.y[i] + 3 * error.value[i]);
        }
    return series;
}

std::string curves(const Metrics& metrics, const std::string& counted, const std::string& title,
                   const std::string& label, const std::vector<Curve>& wanted, const std::string& caption,
                   std::optional<double> level = {}, bool logarithmic = false) {
    Plot plot{.title = title, .x = {counted}, .y = {label, logarithmic}, .series = {}, .level = level};
    for (std::size_t c = 0; c < wanted.size(); ++c)
        if (metrics.has(wanted[c].key)) plot.series.push_back(series_of(metrics, wanted[c], c));
    if (plot.series.empty()) return "";
    if (plot.series.size() == 1) plot.series[0].name = "";  // the title says it
    // A long run does most of its learning in the first epochs.
    const std::vector<double>& at = plot.series[0].x;
    if (!at.empty() && at.front() > 0 && at.back() / at.front() >= 50) {
        plot.x.logarithmic = true;
        plot.x.label += ", logarithmic";
    }
    return figure(drawn(plot), title, caption);
}

}  // namespace

std::string learning_section(const Metrics& metrics, const std::string& counted) {
    const bool estimated = metrics.has("log_partition_low");
    std::string html =
        curves(metrics, counted, "Log-likelihood", "nats per sample",
               {{"log_likelihood", "training"}, {"held_out_log_likelihood", "held out"}},
               estimated ? "Higher is better. The band is the 3-sigma interval of the estimate of log Z by annealing."
                         : "Higher is better. Log Z is exact.");
    html += curves(metrics, counted, "Free-energy gap", "nats", {{"free_energy_gap", "held out minus training"}},
                   "Mean free energy of held-out data minus that of training data. It grows when the machine learns "
                   "its samples by heart.",
                   0.0);
    html += curves(metrics, counted, "Pseudo-likelihood", "nats per sample",
                   {{"pseudo_likelihood", "training"}, {"held_out_pseudo_likelihood", "held out"}},
                   "Of each unit given all others: higher is better, but it says little about what units do together. "
                   "Other rows and units are looked at in each epoch; the band is three standard errors.");
    html += curves(metrics, counted, "Wrong labels", "% of samples",
                   {{"error", "training", 100}, {"held_out_error", "held out", 100}},
                   "Samples whose most probable label, given the data, is not theirs.");
    html += curves(metrics, counted, "Loss", "of the algorithm", {{"loss", "mean of the epoch"}},
                   "What this algorithm makes smaller; comparable only with itself.");
    html += curves(metrics, counted, "Reconstruction error", "squared difference per unit",
                   {{"reconstruction_error", "training"}, {"held_out_reconstruction_error", "held out"}},
                   "From v to h and back. It can fall while the machine gets worse: it is not what training follows.");
    html += curves(
        metrics, counted, "Step", "of the weights' norm, logarithmic", {{"step_to_weights", "step over weights"}},
        "How far an update moves the weights, as a share of them. About 0.001 is healthy at the start.", {}, true);
    html += curves(metrics, counted, "Mean free energy", "nats",
                   {{"free_energy", "training"}, {"held_out_free_energy", "held out"}},
                   "It has no meaning by itself, since log Z moves too; compare the two lines.");
    return section("How it learned", side_by_side(html));
}

}  // namespace rbm::app
