// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/report/plot.h"
#include "apps/report/sections.h"
#include "rbm/estimate/ais.h"

namespace rbm::app {
namespace {

using enum Weight;

/// "3, 17, 20 and 5 more"
std::string named(const std::vector<std::size_t>& units) {
    constexpr std::size_t most = 12;
    std::string text;
    for (std::size_t i = 0; i < std::min(most, units.size()); ++i)
        text += fmt::format("{}{}", i == 0 ? "" : ", ", units[i]);
    return units.size() > most ? fmt::format("{} and {} more", text, units.size() - most) : text;
}

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

void judge_likelihood(const Metrics& metrics, const std::string& counted, std::vector<Sentence>& told) {
    const bool held_out = metrics.has("held_out_log_likelihood");
    const std::string key = held_out ? "held_out_log_likelihood" : "log_likelihood";
    const auto last = metrics.last(key);
    if (!last) return;
    std::string text =
        fmt::format("{} log-likelihood {} nats per sample", held_out ? "Held-out" : "Training", number_text(*last, 2));
    const auto low = metrics.last(key + "_low"), high = metrics.last(key + "_high");
    if (low && high) text += fmt::format(", from {} to {} by annealing", number_text(*low, 2), number_text(*high, 2));
    told.push_back({good, text + (low ? "." : ", exact.")});
    const auto spread = metrics.last("log_partition_spread");
    if (spread && *spread > largest_spread)
        told.push_back({warning, fmt::format("The chains of that estimate disagree (spread {}): do not trust it; "
                                             "rbm-estimate with more --betas gives a better one.",
                                             number_text(*spread, 1))});
    const auto floor = metrics.last("log_partition_floor"), log_partition = metrics.last("log_partition");
    if (floor && log_partition && *log_partition <= *floor)
        told.push_back({warning,
                        "The estimate of log Z was too low to be possible: the watched samples alone would be "
                        "likelier than 1. It is cut there; do not trust it."});
    const Metrics::Values course = metrics.values(key);
    const auto best = std::max_element(course.value.begin(), course.value.end());
    const double fallen = *best - *last;
    if (held_out && fallen > std::max(0.5, low && high ? *high - *low : 0))
        told.push_back({look, fmt::format("It was best in {} {:.0f} and has fallen by {} nats since: {}.", counted,
                                          course.at[static_cast<std::size_t>(best - course.value.begin())],
                                          number_text(fallen, 2),
                                          metrics.has("best_epoch") ? "shorter training would do"
                                                                    : "--stop-on best keeps the best model")});
}

/// Whether the last of several values is the highest.
bool still_rises(const Metrics::Values& course) {
    return course.value.size() > 1 &&
           *std::max_element(course.value.begin(), course.value.end()) == course.value.back();
}

void judge_gap(const ReportSource& source, std::vector<Sentence>& told) {
    const auto gap = source.metrics.last("free_energy_gap");
    const std::string size = gap ? number_text(*gap, 2) : "";
    if (gap && *gap < 1)
        told.push_back({good, fmt::format("No sign of overfitting: the free-energy gap is {} nats.", size)});
    else if (gap && still_rises(source.metrics.values("held_out_log_likelihood")))
        told.push_back({good, fmt::format("The free-energy gap is {} nats, yet held-out data still become more likely: "
                                          "training may go on.",
                                          size)});
    else if (gap)
        told.push_back({look, fmt::format("The free-energy gap is {} nats: the machine favours what it was trained on. "
                                          "More data, fewer hidden units or an earlier stop would help.",
                                          size)});
    else if (source.metrics.has("free_energy"))
        told.push_back(
            {look, "Nothing was held out, so nothing shows whether it learned by heart: --validation does."});
}

void judge_units(const Measured& measured, std::vector<Sentence>& told) {
    const auto all = measured.activity.size();
    if (!measured.dead.empty())
        told.push_back({measured.dead.size() * 10 > all ? warning : look,
                        fmt::format("{} of {} hidden units are dead, on in less than 1 % of the samples: {} (counted "
                                    "from 0).",
                                    measured.dead.size(), all, named(measured.dead))});
    if (!measured.saturated.empty())
        told.push_back({measured.saturated.size() * 10 > all ? warning : look,
                        fmt::format("{} of {} hidden units are saturated, off in less than 1 % of the samples: {} "
                                    "(counted from 0).",
                                    measured.saturated.size(), all, named(measured.saturated))});
    if (all > 0 && measured.dead.empty() && measured.saturated.empty())
        told.push_back({good, fmt::format("None of the {} hidden units is dead or saturated.", all)});
    if (!measured.filters.faint.empty())
        told.push_back({look, fmt::format("The weights of {} hidden units are less than 1 % of the median: {}.",
                                          measured.filters.faint.size(), named(measured.filters.faint))});
    if (const auto& pairs = measured.filters.duplicates; !pairs.empty())
        told.push_back({look, fmt::format("{} pairs of hidden units have nearly the same weights, such as {} and {}.",
                                          pairs.size(), pairs[0].first, pairs[0].second)});
}

void judge_chains(const ReportSource& source, const Measured& measured, std::vector<Sentence>& told) {
    if (!measured.of_noise.empty() && !measured.of_training.empty()) {
        const double apart = median(measured.of_noise) - median(measured.of_training);
        told.push_back(apart > 1 ? Sentence{good, fmt::format("It tells its data from noise with the same columns: "
                                                              "{} nats lie between their medians.",
                                                              number_text(apart, 1))}
                                 : Sentence{warning, fmt::format("It hardly tells its data from noise with the same "
                                                                 "columns: {} nats lie between their medians.",
                                                                 number_text(apart, 1))});
    }
    if (!measured.health) return;
    const double disagreement = measured.health->split_r_hat;
    if (!(disagreement <= largest_r_hat))
        told.push_back({look, fmt::format("The chains do not agree over {} sweeps (split R-hat {}, above {}): each "
                                          "stays in a mode of its own, and {} sweeps of Gibbs are not enough to leave.",
                                          measured.chain_sweeps, number_text(disagreement, 2),
                                          number_text(largest_r_hat, 1), measured.chain_sweeps)});
    const double away = measured.means.difference();
    if (!is_discrete(source.machine.visible)) return;
    const StateForm form = state_form(source.machine.visible);
    const double off = away / static_cast<double>(form.high - form.low);
    told.push_back({off < 0.05 ? good : look,
                    fmt::format("Chains have the means of the data to {} (root of the mean squared difference){}",
                                number_text(away, 3), off < 0.05 ? "." : ": they are elsewhere than the data.")});
}

}  // namespace

std::vector<Sentence> verdicts(const ReportSource& source, const Measured& measured) {
    std::vector<Sentence> told = source.sentences;
    judge_likelihood(source.metrics, source.counted, told);
    judge_gap(source, told);
    judge_units(measured, told);
    judge_chains(source, measured, told);
    std::stable_sort(told.begin() + static_cast<std::ptrdiff_t>(source.sentences.size()), told.end(),
                     [](const Sentence& a, const Sentence& b) { return a.weight > b.weight; });
    return told;
}

}  // namespace rbm::app
