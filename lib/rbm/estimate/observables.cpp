// SPDX-License-Identifier: MIT
#include "rbm/estimate/observables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rbm/kernels/error.h"
#include "rbm/model/sites.h"

namespace rbm {
namespace {

using Series = BasicMatrix<double>;  // [ladders x draws]

/// How alike states are, and how aligned each is.
class OrderParameters {
  public:
    explicit OrderParameters(const Units& units) : sites_(sites(units)), count_(site_count(units)) {
        if (!sites_.empty()) return;
        center_ = location(units);
        std::vector<float> variance;
        widths_.assign(count_, 1);
        if (location_variance(units, variance))
            for (std::size_t i = 0; i < count_; ++i) widths_[i] = std::sqrt(static_cast<double>(variance[i]));
    }

    double lowest_overlap() const { return sites_.empty() ? -1 : -1 / (static_cast<double>(sites_.letters()) - 1); }

    void look(ConstView states) {
        letters_.resize(states.rows * count_);
        values_.resize(states.rows, sites_.empty() ? count_ : 0);
        for (std::size_t r = 0; r < states.rows; ++r)
            for (std::size_t i = 0; i < count_; ++i) {
                if (sites_.empty())
                    values_(r, i) =
                        (static_cast<double>(states.row(r)[i]) - static_cast<double>(center_[i])) / widths_[i];
                else
                    letters_[r * count_ + i] = static_cast<std::uint32_t>(sites_.letter_at(states.row(r), i));
            }
    }

    double magnetisation(std::span<const float> state, std::size_t row) {
        if (sites_.empty() || sites_.columns() == 1) {
            double sum = 0;
            for (const float value : state) sum += static_cast<double>(value);
            return sum / static_cast<double>(count_);
        }
        counts_.assign(sites_.letters(), 0);
        for (std::size_t i = 0; i < count_; ++i) ++counts_[letters_[row * count_ + i]];
        return aligned(static_cast<double>(*std::ranges::max_element(counts_)) / static_cast<double>(count_));
    }

    /// Of two rows that were looked at.
    double overlap(std::size_t first, std::size_t second) const {
        if (sites_.empty()) {
            double product = 0, one = 0, other = 0;
            for (std::size_t i = 0; i < count_; ++i) {
                const double x = values_(first, i), y = values_(second, i);
                product += x * y, one += x * x, other += y * y;
            }
            return one * other > 0 ? product / std::sqrt(one * other) : 0;
        }
        std::size_t same = 0;
        for (std::size_t i = 0; i < count_; ++i)
            same += letters_[first * count_ + i] == letters_[second * count_ + i] ? 1 : 0;
        return aligned(static_cast<double>(same) / static_cast<double>(count_));
    }

  private:
    /// 1 where the share is 1, 0 where it is that of chance.
    double aligned(double share) const {
        const double letters = static_cast<double>(sites_.letters());
        return (letters * share - 1) / (letters - 1);
    }

    BasicSites<float> sites_;
    std::size_t count_;
    std::span<const float> center_;
    std::vector<double> widths_;
    std::vector<std::uint32_t> letters_;  // [rows x sites]
    std::vector<std::size_t> counts_;
    BasicMatrix<double> values_;  // [rows x sites] of continuous units
};

/// Each ladder is compared with this many that follow it: all pairs of many ladders would cost more than the chains.
constexpr std::size_t most_neighbours = 4;

/// What is seen at the machine's end of the ladders, look by look.
class Record {
  public:
    Record(const Machine& machine, const TemperingSettings& settings)
        : machine_(machine),
          stride_((settings.steps + most_observable_looks - 1) / most_observable_looks),
          neighbours_(std::clamp<std::size_t>((settings.ladders - 1) / 2, 1, most_neighbours)),
          visible_(settings.ladders, machine.visible_count()),
          hidden_(settings.ladders, machine.hidden_count()),
          order_(machine.visible),
          counts_(overlap_bins) {
        for (Series* series : {&energy, &magnetisation, &absolute, &overlap, &overlap_square})
            series->resize(settings.ladders, settings.steps / stride_);
    }

    void look(const TemperedChains& chains) {
        if (chains.steps % stride_ != 0 || draw_ == energy.cols()) return;
        chains.copy_visible(visible_);
        chains.copy_hidden(hidden_);
        order_.look(visible_);
        const std::vector<double> energies = machine_.energy(visible_, hidden_);
        const std::size_t ladders = energies.size();
        for (std::size_t l = 0; l < ladders; ++l) {
            energy(l, draw_) = energies[l];
            magnetisation(l, draw_) = order_.magnetisation(visible_.row(l), l);
            absolute(l, draw_) = std::abs(magnetisation(l, draw_));
        }
        const double share = 1 / static_cast<double>(2 * neighbours_);  // of a ladder's mean that one pair has
        for (std::size_t l = 0; l < ladders; ++l)
            for (std::size_t step = 1; step <= neighbours_; ++step) {
                const std::size_t other = (l + step) % ladders;
                const double value = order_.overlap(l, other);
                for (const std::size_t one : {l, other}) {
                    overlap(one, draw_) += share * value;
                    overlap_square(one, draw_) += share * value * value;
                }
                const double low = order_.lowest_overlap();
                // Where a value lies on the edge of two parts, rounding must not choose.
                const double part = (value - low) / (1 - low) * static_cast<double>(overlap_bins) + 1e-9;
                ++counts_[std::min(static_cast<std::size_t>(std::max(part, 0.0)), overlap_bins - 1)];
            }
        ++draw_;
    }

    std::size_t stride() const { return stride_; }
    double lowest_overlap() const { return order_.lowest_overlap(); }
    std::vector<double> overlap_shares() const {
        double total = 0;
        for (const double count : counts_) total += count;
        std::vector<double> shares = counts_;
        for (double& share : shares) share /= total;
        return shares;
    }

    Series energy, magnetisation, absolute, overlap, overlap_square;

  private:
    const Machine& machine_;
    std::size_t stride_, neighbours_, draw_ = 0;
    Matrix visible_, hidden_;
    OrderParameters order_;
    std::vector<double> counts_;
};

Measured multiplied(const Measured& measured, double factor) {
    return {factor * measured.value, std::abs(factor) * measured.standard_error};
}

/// The variance of a series around the mean that was measured of it.  The mean's own error is a part of it, which
/// squares around a mean of the same draws leave out.
Measured variance_of(const Series& series, const Measured& mean) {
    Series squares = series;
    for (double& value : squares.values()) value = (value - mean.value) * (value - mean.value);
    Measured result = measured_mean(squares.view());
    result.value += mean.standard_error * mean.standard_error;
    return result;
}

/// A pair of ladders counts for both of them: the mean over ladders has up to twice the error that it would have if
/// they were independent.
Measured mean_over_pairs(const Series& series) {
    Measured result = measured_mean(series.view());
    result.standard_error *= 2;
    return result;
}

OverlapDistribution overlaps_of(const Record& record) {
    OverlapDistribution result;
    result.mean = mean_over_pairs(record.overlap);
    const double mean = result.mean.value;
    Series squares = record.overlap_square;  // (q - mean)^2, averaged over the pairs of a ladder
    for (std::size_t i = 0; i < squares.values().size(); ++i)
        squares.values()[i] += mean * mean - 2 * mean * record.overlap.values()[i];
    result.variance = mean_over_pairs(squares);
    result.low = record.lowest_overlap();
    result.shares = record.overlap_shares();
    return result;
}

}  // namespace

Measured measured_mean(MatrixView<const double> series) {
    const ChainHealth health = chain_health(series);
    Measured result{health.mean, health.standard_error};
    // A slow part that is small beside the noise hides from autocorrelations, but not from the means of whole chains.
    if (series.rows >= 8) result.standard_error = std::max(result.standard_error, error_of_stretches(series, 1));
    return result;
}

Observables observables(const Machine& machine, double beta, const Units& base, const TemperingSettings& settings,
                        Random& random, std::optional<double> log_partition, const Control& control) {
    if (settings.ladders < 2)
        throw InvalidArgument(
            fmt::format("observables: found {} ladders, expected at least 2: overlaps are of two", settings.ladders));
    const Machine at_beta = tempered(machine, beta);
    const Units start = tempered(Machine(base, machine.hidden), beta).visible;
    const Bridge bridge(at_beta, start);
    Record record(machine, settings);
    Observables result;
    result.beta = beta;
    result.tempering = tempering_log_partition(bridge, settings, random, 0, control,
                                               [&](const TemperedChains& chains) { record.look(chains); });
    const PartitionEstimate& estimate = result.tempering.estimate;
    result.log_partition =
        log_partition ? Measured{*log_partition, 0} : Measured{estimate.value, estimate.standard_error};

    const ChainHealth energy = chain_health(record.energy.view());
    result.energy = measured_mean(record.energy.view());
    result.heat_capacity = multiplied(variance_of(record.energy, result.energy), beta * beta);
    result.free_energy = multiplied(result.log_partition, -1 / beta);
    // The same chains may have given both, whose errors then add up at worst.
    const Measured part = multiplied(result.energy, beta);
    result.entropy = {part.value + result.log_partition.value,
                      part.standard_error + result.log_partition.standard_error};
    result.magnetisation = measured_mean(record.magnetisation.view());
    result.absolute_magnetisation = measured_mean(record.absolute.view());
    result.susceptibility = multiplied(variance_of(record.magnetisation, result.magnetisation),
                                       beta * static_cast<double>(site_count(machine.visible)));
    result.overlap = overlaps_of(record);
    result.autocorrelation_time = energy.autocorrelation_time * static_cast<double>(record.stride());
    result.effective_samples = energy.effective_samples;
    result.split_r_hat = energy.split_r_hat;
    for (const Series* series : {&record.absolute, &record.overlap})
        result.split_r_hat = std::max(result.split_r_hat, chain_health(series->view()).split_r_hat);
    return result;
}

}  // namespace rbm
