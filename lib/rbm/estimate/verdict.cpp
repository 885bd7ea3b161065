// SPDX-License-Identifier: MIT
#include "rbm/estimate/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace rbm {
namespace {

void append(std::vector<std::string>& to, const Verdict& verdict) {
    to.insert(to.end(), verdict.warnings.begin(), verdict.warnings.end());
}

/// Few effective chains though the spread is small: one chain found what the others did not.
bool rests_on_few(const PartitionEstimate& estimate) {
    return estimate.effective_samples < std::min(5.0, 0.5 * static_cast<double>(estimate.samples));
}

/// Each of them is sure of another value.
bool apart(const PartitionEstimate& a, const PartitionEstimate& b) {
    return std::abs(a.value - b.value) > 3 * std::hypot(a.standard_error, b.standard_error);
}

}  // namespace

std::string weights_seen(const PartitionEstimate& estimate) {
    return fmt::format("spread {:.2f}, {:.1f} effective of {} chains", estimate.spread, estimate.effective_samples,
                       estimate.samples);
}

Verdict forward_verdict(const PartitionEstimate& estimate) {
    if (estimate.spread > largest_spread)
        return {
            fmt::format("not to be trusted, probably too low: the chains disagree ({})", weights_seen(estimate)),
            {fmt::format("the log weights of AIS spread by {:.2f} nats, above {}: a few chains dominate the mean, "
                         "which is probably too low, and its error is meaningless; use more betas, or the data as base",
                         estimate.spread, largest_spread)}};
    if (rests_on_few(estimate))
        return {fmt::format("weak: a few chains dominate the mean ({})", weights_seen(estimate)),
                {fmt::format("AIS rests on {:.1f} effective chains of {}; use more chains or betas",
                             estimate.effective_samples, estimate.samples)}};
    return {fmt::format("chains agree ({}); too low on average, and blind to modes that no chain reached",
                        weights_seen(estimate)),
            {}};
}

Verdict reverse_verdict(const PartitionEstimate& estimate, const std::string& samples) {
    if (estimate.spread > largest_spread)
        return {fmt::format("not to be trusted: the chains from {} disagree ({})", samples, weights_seen(estimate)),
                {fmt::format("the log weights of reverse AIS from {} spread by {:.2f} nats, above {}: a few chains "
                             "dominate the mean, and its error is meaningless; use more betas, or the data as base",
                             samples, estimate.spread, largest_spread)}};
    if (rests_on_few(estimate))
        return {fmt::format("weak: a few chains from {} dominate the mean ({})", samples, weights_seen(estimate)),
                {fmt::format("reverse AIS from {} rests on {:.1f} effective chains of {}; use more chains or betas",
                             samples, estimate.effective_samples, estimate.samples)}};
    return {fmt::format("chains agree ({}); too high on average, if {} follow the machine", weights_seen(estimate),
                        samples),
            {}};
}

Verdict tempering_verdict(const TemperingPartition& tempering) {
    const double lowest =
        tempering.swap_rates.empty() ? 1 : *std::min_element(tempering.swap_rates.begin(), tempering.swap_rates.end());
    const std::string facts = fmt::format(
        "{} rungs, swap rates from {:.2f}, {:.1f} round trips per ladder, R-hat {:.3f}",
        tempering.swap_rates.size() + 1, lowest, tempering.round_trips_per_ladder, tempering.health.split_r_hat);
    Verdict verdict;
    if (lowest < 0.1)
        verdict.warnings.push_back(fmt::format(
            "tempering: two neighbouring rungs swap at a rate of only {:.2f}: the ladder has a gap", lowest));
    if (tempering.round_trips_per_ladder < 5)
        verdict.warnings.push_back(fmt::format(
            "tempering: {:.1f} round trips between base and machine per ladder, expected at least 5; use more steps",
            tempering.round_trips_per_ladder));
    if (!(tempering.health.split_r_hat <= largest_r_hat))
        verdict.warnings.push_back(
            fmt::format("tempering: the ladders disagree (split R-hat {:.2f}, above {}); use more "
                        "steps",
                        tempering.health.split_r_hat, largest_r_hat));
    verdict.text = verdict.warnings.empty() ? fmt::format("chains travel ({})", facts)
                                            : fmt::format("not to be trusted: chains do not travel enough ({})", facts);
    return verdict;
}

Verdict sandwich_verdict(const Sandwich& sandwich) {
    Verdict verdict;
    if (sandwich.forward) append(verdict.warnings, forward_verdict(*sandwich.forward));
    append(verdict.warnings, reverse_verdict(sandwich.from_tempering, "tempering's samples"));
    if (sandwich.from_data) append(verdict.warnings, reverse_verdict(*sandwich.from_data, "the data"));
    append(verdict.warnings, tempering_verdict(sandwich.tempering));
    const double width = sandwich.high - sandwich.low;
    if (!sandwich.bounds) {
        verdict.text = "chains do not mix: no bound is claimed";
        verdict.warnings.push_back(
            "the forward estimate exceeds a reverse one by more than their errors, which is impossible if the chains "
            "mix: the interval only spans all estimates; use more betas and steps");
        return verdict;
    }
    if (!sandwich.forward) {
        verdict.text = verdict.warnings.empty() ? "high on average, if the samples follow the machine"
                                                : "not to be trusted: see the warnings";
        return verdict;
    }
    if (width > widest_sandwich)
        verdict.warnings.push_back(fmt::format("the sandwich is {:.3f} nats wide, above {}; use more betas or chains",
                                               width, widest_sandwich));
    if (verdict.warnings.empty())
        verdict.text = fmt::format("both directions agree within {:.3f} nats", width);
    else if (width <= widest_sandwich)
        verdict.text = fmt::format("both directions agree within {:.3f} nats, but see the warnings", width);
    else if (apart(*sandwich.forward, sandwich.from_tempering) ||
             (sandwich.from_data && apart(*sandwich.forward, *sandwich.from_data)))
        verdict.text =
            fmt::format("AIS and reverse AIS disagree by more than their errors: {:.3f} nats remain open", width);
    else
        verdict.text = fmt::format("the two directions leave a gap of {:.3f} nats", width);
    return verdict;
}

}  // namespace rbm
