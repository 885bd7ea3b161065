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

/// Each of them is sure of another value.
bool apart(const PartitionEstimate& a, const PartitionEstimate& b) {
    return std::abs(a.value - b.value) > 3 * std::hypot(a.standard_error, b.standard_error);
}

const char* against_spread(PathBase base) {
    return base == PathBase::data ? "use more betas" : "use more betas, or the data as base";
}

/// What is wrong with the weights of `called` as such, or nothing.
std::vector<std::string> weak_weights(const PartitionEstimate& estimate, const std::string& called,
                                      const std::string& consequence, PathBase base) {
    if (estimate.spread > largest_spread)
        return {
            fmt::format("the log weights of {} spread by {:.2f} nats, above {}: a few chains dominate the mean{}; {}",
                        called, estimate.spread, largest_spread, consequence, against_spread(base))};
    if (rests_on_few(estimate))
        return {fmt::format("{} rests on {:.1f} effective chains of {}; use more chains or betas", called,
                            estimate.effective_samples, estimate.samples)};
    if (estimate.largest_share > largest_share)
        return {
            fmt::format("one chain of {} makes up {:.0f} % of the mean of {}: without it log Z would be {:.2f} nats "
                        "away; use more chains or betas",
                        estimate.samples, 100 * estimate.largest_share, called, -std::log1p(-estimate.largest_share))};
    return {};
}

/// "weak: a few chains dominate the mean (...)", for weights that are weak.
std::string weak_text(const PartitionEstimate& estimate) {
    return fmt::format("weak: {} ({})",
                       rests_on_few(estimate) ? "a few chains dominate the mean" : "one chain weighs much",
                       weights_seen(estimate));
}

std::vector<std::string> warnings_of_forward(const Sandwich& sandwich, PathBase base) {
    const PartitionEstimate& forward = *sandwich.forward;
    // What is above the ways back is not too low, whatever its spread.
    const bool above = forward.value > sandwich.from_tempering.value ||
                       (sandwich.from_data && forward.value > sandwich.from_data->value);
    return weak_weights(forward, "AIS", above ? "" : ", which is probably too low, and its error is meaningless", base);
}

std::string contradiction_text(const Sandwich& sandwich) {
    if (contradiction(sandwich) == Contradiction::tempering_apart)
        return fmt::format(
            "tempering's chains travel, and its interval, {:.3f} to {:.3f}, lies outside of the bounds, which is "
            "impossible if all chains mix: the interval only spans all estimates; use more betas and steps",
            sandwich.tempering.estimate.low, sandwich.tempering.estimate.high);
    return "the forward estimate exceeds a reverse one by more than their errors, which is impossible if the chains "
           "mix: the interval only spans all estimates; use more betas and steps";
}

std::string width_text(const Sandwich& sandwich, bool warned) {
    const double width = sandwich.high - sandwich.low;
    if (!warned) return fmt::format("both directions agree within {:.3f} nats", width);
    if (width <= widest_sandwich)
        return fmt::format("both directions agree within {:.3f} nats, but see the warnings", width);
    if (apart(*sandwich.forward, sandwich.from_tempering) ||
        (sandwich.from_data && apart(*sandwich.forward, *sandwich.from_data)))
        return fmt::format("AIS and reverse AIS disagree by more than their errors: {:.3f} nats remain open", width);
    return fmt::format("the two directions leave a gap of {:.3f} nats", width);
}

}  // namespace

std::string weights_seen(const PartitionEstimate& estimate) {
    return fmt::format("spread {:.2f}, {:.1f} effective of {} chains", estimate.spread, estimate.effective_samples,
                       estimate.samples);
}

std::string overlap_seen(const PartitionEstimate& ratio) {
    return fmt::format("{:.1f} of {} chains overlap", ratio.effective_samples, ratio.samples);
}

Verdict forward_verdict(const PartitionEstimate& estimate, PathBase base) {
    std::vector<std::string> weak =
        weak_weights(estimate, "AIS", ", which is probably too low, and its error is meaningless", base);
    if (estimate.spread > largest_spread)
        return {fmt::format("not to be trusted, probably too low: the chains disagree ({})", weights_seen(estimate)),
                std::move(weak)};
    if (!weak.empty()) return {weak_text(estimate), std::move(weak)};
    return {fmt::format("chains agree ({}); too low on average, and blind to modes that no chain reached",
                        weights_seen(estimate)),
            {}};
}

Verdict reverse_verdict(const PartitionEstimate& estimate, const std::string& samples, PathBase base) {
    std::vector<std::string> weak =
        weak_weights(estimate, "reverse AIS from " + samples, ", and its error is meaningless", base);
    if (estimate.spread > largest_spread)
        return {fmt::format("not to be trusted: the chains from {} disagree ({})", samples, weights_seen(estimate)),
                std::move(weak)};
    if (!weak.empty()) return {weak_text(estimate), std::move(weak)};
    return {fmt::format("chains agree ({}); too high on average, if {} follow the machine", weights_seen(estimate),
                        samples),
            {}};
}

bool found_more(const PartitionEstimate& others, const PartitionEstimate& these) {
    constexpr double seldom_exceeded = 3;  // e^-3 is 1 in 20: see rarely_exceeded
    return exceeds(others, these) || (rests_on_few(others) && others.value - these.high > seldom_exceeded);
}

Verdict repeated_verdict(const PartitionEstimate& estimate, const PartitionEstimate& shorter, PathBase base) {
    Verdict verdict = forward_verdict(estimate, base);
    if (found_more(shorter, estimate)) {
        verdict.text = fmt::format("not to be trusted, too low: other chains with fewer betas found {:.3f} nats more",
                                   shorter.value - estimate.value);
        verdict.warnings.push_back(fmt::format(
            "AIS found log Z = {:.3f}, and other chains with fewer betas {:.3f}: most chains miss where the "
            "machine's weight is; use more chains and betas, or both directions",
            estimate.value, shorter.value));
    } else if (verdict.warnings.empty() && exceeds(estimate, shorter)) {
        verdict.text = fmt::format("still rising: {:.3f} nats above chains with fewer betas ({})",
                                   estimate.value - shorter.value, weights_seen(estimate));
        verdict.warnings.push_back(fmt::format(
            "AIS found log Z = {:.3f}, and other chains with fewer betas {:.3f}: it depends on the number of "
            "betas and is probably too low still; use more betas, or both directions",
            estimate.value, shorter.value));
    } else if (verdict.warnings.empty()) {
        verdict.text = fmt::format(
            "chains agree ({}), and others with fewer betas find the same; too low on average, "
            "and blind to modes that no chain reached",
            weights_seen(estimate));
    }
    return verdict;
}

Verdict tempering_verdict(const TemperingPartition& tempering) {
    const double slowest = slowest_swap_rate(tempering);
    const std::string facts = fmt::format(
        "{} rungs, swap rates from {:.2f}, {:.1f} round trips per ladder, R-hat {:.3f}",
        tempering.swap_rates.size() + 1, slowest, tempering.round_trips_per_ladder, tempering.health.split_r_hat);
    Verdict verdict;
    if (slowest < lowest_swap_rate)
        verdict.warnings.push_back(fmt::format(
            "tempering: two neighbouring rungs swap at a rate of only {:.2f}: the ladder has a gap", slowest));
    if (tempering.round_trips_per_ladder < fewest_round_trips)
        verdict.warnings.push_back(fmt::format(
            "tempering: {:.1f} round trips between base and machine per ladder, expected at least {}; use more steps",
            tempering.round_trips_per_ladder, fewest_round_trips));
    if (!(tempering.health.split_r_hat <= largest_r_hat))
        verdict.warnings.push_back(
            fmt::format("tempering: the ladders disagree (split R-hat {:.2f}, above {}); use more "
                        "steps",
                        tempering.health.split_r_hat, largest_r_hat));
    verdict.text = verdict.warnings.empty() ? fmt::format("chains travel ({})", facts)
                                            : fmt::format("not to be trusted: chains do not travel enough ({})", facts);
    return verdict;
}

Verdict sandwich_verdict(const Sandwich& sandwich, PathBase base) {
    Verdict verdict;
    if (sandwich.forward) verdict.warnings = warnings_of_forward(sandwich, base);
    append(verdict.warnings, reverse_verdict(sandwich.from_tempering, "tempering's samples", base));
    if (sandwich.from_data) append(verdict.warnings, reverse_verdict(*sandwich.from_data, "the data", base));
    append(verdict.warnings, tempering_verdict(sandwich.tempering));
    if (!sandwich.bounds) {
        verdict.text = "chains do not mix: no bound is claimed";
        verdict.warnings.push_back(contradiction_text(sandwich));
        return verdict;
    }
    if (!sandwich.forward) {
        verdict.text = verdict.warnings.empty() ? "high on average, if the samples follow the machine"
                                                : "not to be trusted: see the warnings";
        return verdict;
    }
    if (sandwich.by_ratio && sandwich.ratio && rests_on_few(*sandwich.ratio))
        verdict.warnings.push_back(
            fmt::format("the two directions overlap in {:.1f} chains of {}, and tempering's do not travel: the value "
                        "between the bounds is a guess; use more betas and steps",
                        sandwich.ratio->effective_samples, sandwich.ratio->samples));
    const double width = sandwich.high - sandwich.low;
    if (width > widest_sandwich)
        verdict.warnings.push_back(fmt::format("the sandwich is {:.3f} nats wide, above {}; use more betas or chains",
                                               width, widest_sandwich));
    verdict.text = width_text(sandwich, !verdict.warnings.empty());
    if (sandwich.by_tempering && !sandwich.by_ratio)
        verdict.text += fmt::format("; they overlap in {:.1f} chains of {}, so the value is tempering's",
                                    sandwich.ratio->effective_samples, sandwich.ratio->samples);
    return verdict;
}

}  // namespace rbm
