// SPDX-License-Identifier: MIT
#include "rbm/estimate/partition_ratio.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "rbm/estimate/acceptance_ratio.h"
#include "rbm/kernels/error.h"
#include "rbm/model/compose.h"

namespace rbm {
namespace {

/// A machine's hidden units on the path, at their own inverse temperature.
struct End {
    const Machine& machine;
    Workspace workspace{};
    Packed<float> packed;
    Matrix hidden{}, field{};  ///< [C x H] states, and the fields of the present v
    Matrix visible_field{};    ///< [C x V]
    std::vector<float> factors{};

    End(const Machine& of, std::size_t chains)
        : machine(of),
          packed(machine, workspace, Packed<float>::worthwhile_rows),
          hidden(chains, of.hidden_count()),
          field(chains, of.hidden_count()),
          visible_field(chains, of.visible_count()) {
        factors = statistic_factors(machine.visible);
    }
    static std::vector<float> statistic_factors(const Units& units) {
        Matrix ones(1, width(units)), scratch;
        ones.fill(1);
        const auto found = statistic(units, std::as_const(ones).view(), scratch).row(0);
        return {found.begin(), found.end()};
    }
    /// sign * -F(v) at beta, given v's field, is added to out.
    void add_log(ConstView visible, std::span<const float> beta, double sign, std::span<double> out) const {
        std::vector<double> own(out.size()), normalizer(out.size());
        add_energy(machine.visible, visible, own);
        add_log_normalizer(machine.hidden, field.view(), beta, normalizer);
        for (std::size_t c = 0; c < out.size(); ++c)
            out[c] += sign * (normalizer[c] - static_cast<double>(beta[c]) * own[c]);
    }
};

/// The visible bank of (1 - beta) E_from + beta E_to.
Units bank_between(const Machine& from, const Machine& to, double beta) {
    const auto scaled = [](const Machine& machine, double share) {
        return tempered(Machine(machine.visible, Bernoulli(1)), share).visible;
    };
    if (beta <= 0) return from.visible;
    if (beta >= 1) return to.visible;
    return sum_of_energies(scaled(from, 1 - beta), scaled(to, beta));
}

double free_hidden(const Machine& machine) {
    const Matrix no_field(1, machine.hidden_count());
    const float zero = 0;
    double out = 0;
    add_log_normalizer(machine.hidden, no_field.view(), Beta(&zero, 1), std::span(&out, 1));
    return out;
}

void check(const Machine& from, const Machine& to) {
    if (kind(from.visible) != kind(to.visible) || width(from.visible) != width(to.visible))
        throw std::invalid_argument(fmt::format("partition_ratio: {} {} visible units against {} {} ones",
                                                width(from.visible), kind(from.visible), width(to.visible),
                                                kind(to.visible)));
    for (const Machine* machine : {&from, &to})
        if (alphabet(machine->hidden).empty())
            throw Unsupported(
                fmt::format("partition_ratio: {} hidden units have no distribution at beta 0", kind(machine->hidden)));
}

bool differ(const PartitionEstimate& forth, const PartitionEstimate& back) {
    return std::abs(forth.value - back.value) > 3 * std::hypot(forth.standard_error, back.standard_error);
}

}  // namespace

std::size_t partition_ratio_steps(const PartitionRatioSettings& settings) {
    return 2 * (tempering_steps(settings.tempering) + settings.betas);
}

PartitionEstimate annealed_ratio(const Machine& from, const Machine& to, ConstView samples, std::size_t steps,
                                 Random& random, const OnStep& on_step, std::vector<double>* log_weights) {
    check(from, to);
    if (samples.rows < 2)
        throw std::invalid_argument(fmt::format("annealed_ratio: {} samples, expected at least 2", samples.rows));
    const std::size_t chains = samples.rows;
    Matrix visible(chains, samples.cols);
    for (std::size_t c = 0; c < chains; ++c)
        std::copy(samples.row(c).begin(), samples.row(c).end(), visible.row(c).begin());
    End first(from, chains), last(to, chains);
    std::vector<double> weights(chains);
    std::vector<float> share(chains), rest(chains);
    const auto set_beta = [&](float beta) {
        std::fill(share.begin(), share.end(), beta);
        std::fill(rest.begin(), rest.end(), 1 - beta);
    };
    const auto betas = linear_betas(steps);
    for (std::size_t step = 0; step < steps; ++step) {
        for (End* end : {&first, &last}) end->machine.hidden_field(visible, end->workspace, end->field);
        for (const double sign : {-1.0, 1.0}) {
            set_beta(betas[sign < 0 ? step : step + 1]);
            first.add_log(visible, rest, sign, weights);
            last.add_log(visible, share, sign, weights);
        }
        if (step + 1 < steps) {  // where the last sweep would lead is of no interest
            sample(from.hidden, std::as_const(first.field).view(), Beta(rest), random.next(), first.hidden.view());
            sample(to.hidden, std::as_const(last.field).view(), Beta(share), random.next(), last.hidden.view());
            for (End* end : {&first, &last})
                end->machine.visible_field(end->hidden, end->workspace, end->visible_field);
            const float beta = betas[step + 1];
            const Units bank = bank_between(from, to, static_cast<double>(beta));
            const std::vector<float> factors = End::statistic_factors(bank);
            for (std::size_t c = 0; c < chains; ++c)
                for (std::size_t i = 0; i < factors.size(); ++i)
                    first.visible_field(c, i) = ((1 - beta) * first.factors[i] * first.visible_field(c, i) +
                                                 beta * last.factors[i] * last.visible_field(c, i)) /
                                                factors[i];
            sample(bank, std::as_const(first.visible_field).view(), Beta{}, random.next(), visible.view());
        }
        if (on_step) on_step(step + 1);
    }
    PartitionEstimate result = mean_of_weights(weights);
    const double free_units = free_hidden(to) - free_hidden(from);
    for (double* number : {&result.value, &result.low, &result.high}) *number += free_units;
    if (log_weights != nullptr) *log_weights = std::move(weights);
    return result;
}

PartitionRatio partition_ratio(const Machine& from, const Units& base_from, const Machine& to, const Units& base_to,
                               const PartitionRatioSettings& settings, Random& random) {
    check(from, to);
    std::size_t before = 0;
    const OnStep on_step = [&](std::size_t step) {
        if (settings.on_step) settings.on_step(before + step);
    };
    TemperingSettings tempering = settings.tempering;
    tempering.on_step = on_step;
    std::vector<double> up, down;
    const auto go = [&](const Machine& start, const Units& base, const Machine& end, std::vector<double>& weights) {
        const Bridge bridge(start, base);
        const auto samples = tempering_log_partition(bridge, tempering, random, settings.chains).samples;
        before += tempering_steps(tempering);
        const auto estimate = annealed_ratio(start, end, samples, settings.betas, random, on_step, &weights);
        before += settings.betas;
        return estimate;
    };
    PartitionRatio result;
    result.forth = go(from, base_from, to, up);
    result.back = go(to, base_to, from, down);
    for (double* number : {&result.back.value, &result.back.low, &result.back.high}) *number = -*number;
    std::swap(result.back.low, result.back.high);
    result.agrees = !differ(result.forth, result.back);
    result.low = std::min(result.forth.low, result.back.low);
    result.high = std::max(result.forth.high, result.back.high);
    // The weights leave out the free hidden units: so does their ratio.
    const double free_units = free_hidden(to) - free_hidden(from);
    result.value = std::clamp(acceptance_ratio(up, down) + free_units, result.low, result.high);
    return result;
}

}  // namespace rbm
