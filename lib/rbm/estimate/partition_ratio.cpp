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

/// What the statistic multiplies states by.
std::vector<float> statistic_factors(const Units& units) {
    Matrix ones(1, width(units)), scratch;
    ones.fill(1);
    const auto found = statistic(units, std::as_const(ones).view(), scratch).row(0);
    return {found.begin(), found.end()};
}

/// The bank of (1 - beta) E_from + beta E_to, and what its units feel of the fields of both.
class BankBetween {
  public:
    BankBetween(const Units& from, const Units& to)
        : from_(from), to_(to), from_factors_(statistic_factors(from)), to_factors_(statistic_factors(to)) {}

    void set(float beta) {
        beta_ = beta;
        const auto scaled = [](const Units& units, float share) {
            return tempered(Machine(units, Bernoulli(1)), static_cast<double>(share)).visible;
        };
        bank_ = beta <= 0 ? from_ : beta >= 1 ? to_ : sum_of_energies(scaled(from_, 1 - beta), scaled(to_, beta));
        factors_ = statistic_factors(bank_);
    }
    const Units& bank() const { return bank_; }
    void mix(const Matrix& from_field, const Matrix& to_field, Matrix& out) const {
        for (std::size_t c = 0; c < out.rows(); ++c)
            for (std::size_t i = 0; i < out.cols(); ++i)
                out(c, i) =
                    ((1 - beta_) * from_factors_[i] * from_field(c, i) + beta_ * to_factors_[i] * to_field(c, i)) /
                    factors_[i];
    }

  private:
    const Units &from_, &to_;
    std::vector<float> from_factors_, to_factors_, factors_;
    Units bank_;
    float beta_ = 0;
};

/// The machine with free hidden units behind its own, so that there are `count`.
Machine padded(const Machine& machine, std::size_t count) {
    if (machine.hidden_count() == count) return machine;
    Machine result(machine.visible, similar_units<float>(machine.hidden, count / site_width(machine.hidden)));
    for (std::size_t i = 0; i < machine.visible_count(); ++i)
        std::copy(machine.weights.row(i).begin(), machine.weights.row(i).end(), result.weights.row(i).begin());
    each_pair(result, machine, [](std::string_view name, std::span<float> to, std::span<const float> from) {
        if (name.starts_with("hidden.")) std::copy(from.begin(), from.end(), to.begin());
    });
    return result;
}

/// One of both machines, with memory for its side of the fields.
struct End {
    Machine machine;
    Workspace workspace{};
    Packed<float> packed;
    Matrix hidden_field, visible_field;  ///< [C x H], [C x V]

    End(Machine of, std::size_t chains)
        : machine(std::move(of)),
          packed(machine, workspace, Packed<float>::worthwhile_rows),
          hidden_field(chains, machine.hidden_count()),
          visible_field(chains, machine.visible_count()) {}
    End(const End&) = delete;
    End& operator=(const End&) = delete;
};

/// log Z of the free units that padding adds.
double log_free_units(const Machine& machine, std::size_t count) {
    const Units units =
        similar_units<float>(machine.hidden, (count - machine.hidden_count()) / site_width(machine.hidden));
    const Matrix no_field(1, width(units));
    double out = 0;
    if (width(units) > 0) add_log_normalizer(units, no_field.view(), Beta{}, std::span(&out, 1));
    return out;
}

/// What the path adds to log Z_to - log Z_from.
double log_free_units(const Machine& from, const Machine& to) {
    const std::size_t count = std::max(from.hidden_count(), to.hidden_count());
    return log_free_units(from, count) - log_free_units(to, count);
}

void check(const Machine& from, const Machine& to) {
    if (!alike(from.visible, to.visible) || width(from.visible) != width(to.visible))
        throw std::invalid_argument(fmt::format("partition_ratio: {} {} visible units against {} {} ones",
                                                width(from.visible), name_with_states(from.visible), width(to.visible),
                                                name_with_states(to.visible)));
    if (!alike(from.hidden, to.hidden) || !is_discrete(from.hidden))
        throw Unsupported(fmt::format("partition_ratio: {} and {} hidden units, expected discrete ones of one kind",
                                      name_with_states(from.hidden), name_with_states(to.hidden)));
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
    const std::size_t hidden_count = std::max(from.hidden_count(), to.hidden_count());
    End first(padded(from, hidden_count), chains), last(padded(to, hidden_count), chains);
    BankBetween visible_bank(first.machine.visible, last.machine.visible);
    BankBetween hidden_bank(first.machine.hidden, last.machine.hidden);
    Matrix hidden(chains, hidden_count), visible_field(chains, samples.cols);
    std::vector<double> weights(chains), from_own(chains), to_own(chains), normalizer(chains);
    const auto betas = linear_betas(steps);
    for (std::size_t step = 0; step < steps; ++step) {
        for (End* end : {&first, &last}) end->machine.hidden_field(visible, end->workspace, end->hidden_field);
        std::fill(from_own.begin(), from_own.end(), 0.0);
        std::fill(to_own.begin(), to_own.end(), 0.0);
        add_energy(from.visible, std::as_const(visible).view(), from_own);
        add_energy(to.visible, std::as_const(visible).view(), to_own);
        const double change = static_cast<double>(betas[step + 1]) - static_cast<double>(betas[step]);
        for (const double sign : {-1.0, 1.0}) {  // hidden ends as the field at the later beta
            hidden_bank.set(betas[sign < 0 ? step : step + 1]);
            hidden_bank.mix(first.hidden_field, last.hidden_field, hidden);
            std::fill(normalizer.begin(), normalizer.end(), 0.0);
            add_log_normalizer(hidden_bank.bank(), std::as_const(hidden).view(), Beta{}, normalizer);
            for (std::size_t c = 0; c < chains; ++c) weights[c] += sign * normalizer[c];
        }
        for (std::size_t c = 0; c < chains; ++c) weights[c] += change * (from_own[c] - to_own[c]);
        if (step + 1 < steps) {  // where the last sweep would lead is of no interest
            sample(hidden_bank.bank(), std::as_const(hidden).view(), Beta{}, random.next(), hidden.view());
            for (End* end : {&first, &last}) end->machine.visible_field(hidden, end->workspace, end->visible_field);
            visible_bank.set(betas[step + 1]);
            visible_bank.mix(first.visible_field, last.visible_field, visible_field);
            sample(visible_bank.bank(), std::as_const(visible_field).view(), Beta{}, random.next(), visible.view());
        }
        if (on_step) on_step(step + 1);
    }
    PartitionEstimate result = mean_of_weights(weights);
    const double free_units = log_free_units(from, to);
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
    const double free_units = log_free_units(from, to);
    result.value = std::clamp(acceptance_ratio(up, down) + free_units, result.low, result.high);
    return result;
}

}  // namespace rbm
