// SPDX-License-Identifier: MIT
// What chains are compared with: exact draws, histograms of states, and moments of Gaussian mixtures.
#pragma once

#include <doctest/doctest.h>

#include "rbm/model/sites.h"
#include "rbm/sampler/chains.h"
#include "tests/support/small_machines.h"
#include "tests/support/statistics.h"

namespace rbm::test {

/// The number of a state among all_states().
template <class Real>
std::size_t state_number(const BasicUnits<Real>& units, std::span<const Real> row) {
    const auto found = sites(units);
    std::size_t number = 0;
    for (std::size_t site = found.count(); site-- > 0;) number = number * found.letters() + found.letter_at(row, site);
    return number;
}
template <class Real>
std::size_t state_number(const BasicUnits<Real>& units, std::span<Real> row) {
    return state_number(units, std::span<const Real>(row));
}

/// `count` independent draws of the states.
inline Matrix exact_draws(const Matrix& states, const std::vector<double>& probabilities, std::size_t count) {
    Matrix rows(count, states.cols());
    const Stream stream{9001, 0, 0};
    for (std::size_t r = 0; r < count; ++r) {
        double left = static_cast<double>(uniform_from_bits(random_bits(stream, r, 0)));
        std::size_t s = 0;
        while (s + 1 < probabilities.size() && (left -= probabilities[s]) >= 0) ++s;
        std::copy(states.row(s).begin(), states.row(s).end(), rows.row(r).begin());
    }
    return rows;
}

struct Mixture {
    std::vector<double> mean, variance, hidden;  ///< E[v], Var[v], E[h]
};

/// A machine of Gaussian visible and discrete hidden units is a mixture of one Gaussian per hidden state.
inline Mixture exact_mixture(const PreciseMachine& machine, double beta) {
    const auto states = all_states(machine.hidden);
    auto probabilities = machine.hidden_free_energy(states, std::vector<double>(states.rows(), beta));
    for (double& p : probabilities) p = -p;
    const double log_partition = log_sum_exp(probabilities);
    for (double& p : probabilities) p = std::exp(p - log_partition);
    const auto means = machine.visible_mean(states);
    std::vector<double> variances;
    location_variance(machine.visible, variances);
    Mixture result{std::vector<double>(means.cols()), std::vector<double>(means.cols()),
                   std::vector<double>(states.cols())};
    for (std::size_t s = 0; s < states.rows(); ++s) {
        for (std::size_t i = 0; i < means.cols(); ++i) result.mean[i] += probabilities[s] * means(s, i);
        for (std::size_t j = 0; j < states.cols(); ++j) result.hidden[j] += probabilities[s] * states(s, j);
    }
    for (std::size_t i = 0; i < means.cols(); ++i) {
        result.variance[i] = variances[i] / beta;
        for (std::size_t s = 0; s < states.rows(); ++s)
            result.variance[i] += probabilities[s] * std::pow(means(s, i) - result.mean[i], 2);
    }
    return result;
}

/// z of the chains' moments, each chain counted once.
struct MomentScores {
    std::vector<double> mean, variance, hidden;
};
inline MomentScores moment_scores(const Chains& chains, const Mixture& expected) {
    MomentScores scores;
    for (std::size_t i = 0; i < expected.mean.size(); ++i) {
        Moments value, square;
        for (std::size_t c = 0; c < chains.count(); ++c) {
            const double v = static_cast<double>(chains.visible(c, i));
            value.add(v);
            square.add(std::pow(v - expected.mean[i], 2));
        }
        scores.mean.push_back(value.z(expected.mean[i]));
        scores.variance.push_back(square.z(expected.variance[i]));
    }
    for (std::size_t j = 0; j < expected.hidden.size(); ++j) {
        Moments value;
        for (std::size_t c = 0; c < chains.count(); ++c) value.add(static_cast<double>(chains.hidden(c, j)));
        scores.hidden.push_back(value.z(expected.hidden[j]));
    }
    return scores;
}

inline void check_moments(const Chains& chains, const Mixture& expected) {
    const MomentScores scores = moment_scores(chains, expected);
    for (const auto* list : {&scores.mean, &scores.variance, &scores.hidden})
        for (const double z : *list) CHECK(std::abs(z) < 4);
}

}  // namespace rbm::test
