// SPDX-License-Identifier: MIT
// What follows from the letters of a unit, the few values that it takes, when it has a bias and no other parameter:
//
//   E_own(x)       =  -sum_i bias_i x_i,   x_i one of the letters
//   p(x | field)   =  exp(t x) / sum over letters l of exp(t l),   t = beta (bias + field)
//
// A kind declares `letters`, an array of doubles in ascending order, and is complete.  These are plain loops on the
// calling thread; a kind that has faster formulas, as Bernoulli and spin units have, puts its own in their place.
// Shapes: B rows of a batch, N units of a bank.
#pragma once

#include <algorithm>
#include <cmath>

#include "rbm/model/units/biased_units.h"

namespace rbm {

template <class Kind, class Real>
struct LetterUnits : BiasedUnits<Real> {
    static constexpr bool discrete = true;
    using BiasedUnits<Real>::BiasedUnits;

    BasicMatrix<Real> site_states() const {
        BasicMatrix<Real> states(Kind::letters.size(), 1);
        for (std::size_t k = 0; k < states.rows(); ++k) states(k, 0) = static_cast<Real>(Kind::letters[k]);
        return states;
    }

    /// out = the mean letter; out may be the field.
    void mean(MatrixView<const Real> field, BetaOf<Real> beta, MatrixView<Real> out) const {
        each_input(field, {}, this->bias, beta, [&](std::size_t b, std::size_t i, double t) {
            out.row(b)[i] = static_cast<Real>(cumulants(t).mean);
        });
    }
    /// out ~ p(x | field); out may be the field.
    void sample(MatrixView<const Real> field, BetaOf<Real> beta, const Stream& stream, MatrixView<Real> out) const {
        each_input(field, {}, this->bias, beta, [&](std::size_t b, std::size_t i, double t) {
            out.row(b)[i] = static_cast<Real>(drawn(t, random_bits(stream, b, i)));
        });
    }
    /// out[b] += sum over units of log sum over letters of exp(t l).
    void add_log_normalizer(MatrixView<const Real> field, BetaOf<Real> beta, std::span<double> out) const {
        each_input(field, {}, this->bias, beta,
                   [&](std::size_t b, std::size_t, double t) { out[b] += log_normalizer(t); });
    }
    /// out[b] += sum over units of the log probability of its letter, where this is the mean.
    void add_log_probability(MatrixView<const Real> state, MatrixView<const Real> mean, std::span<double> out) const {
        for (std::size_t b = 0; b < state.rows; ++b)
            for (std::size_t i = 0; i < state.cols; ++i) {
                const double t = input_of(static_cast<double>(mean.row(b)[i]));
                out[b] += t * static_cast<double>(state.row(b)[i]) - log_normalizer(t);
            }
    }
    /// The first two derivatives of the mean in the field, unit by unit: the second and third cumulant.
    void mean_slopes(MatrixView<const Real> mean, MatrixView<Real> first, MatrixView<Real> second) const {
        for (std::size_t b = 0; b < mean.rows; ++b)
            for (std::size_t j = 0; j < mean.cols; ++j) {
                const Cumulants found = cumulants(input_of(static_cast<double>(mean.row(b)[j])));
                first.row(b)[j] = static_cast<Real>(found.variance);
                second.row(b)[j] = static_cast<Real>(found.third);
            }
    }
    /// bias = that of the means; the odds of the last letter to the first are held within the samples and one over
    /// them.
    void fit_marginals(std::span<const double> means, std::span<const double>, std::size_t samples) {
        const double limit = std::log(static_cast<double>(std::max<std::size_t>(samples, 2))) /
                             (Kind::letters.back() - Kind::letters.front());
        for (std::size_t i = 0; i < means.size(); ++i)
            this->bias[i] = static_cast<Real>(std::clamp(input_of(means[i]), -limit, limit));
    }

    struct Path : BiasedPath<Kind, Real> {
        void sample(MatrixView<const Real> field, BetaOf<Real> beta, const Stream& stream, MatrixView<Real> out) const {
            each_input(field, this->base.bias, this->change.bias, beta, [&](std::size_t b, std::size_t i, double t) {
                out.row(b)[i] = static_cast<Real>(drawn(t, random_bits(stream, b, i)));
            });
        }
        void add_normalizer_change(MatrixView<const Real> field, BetaOf<Real> from, BetaOf<Real> to,
                                   std::span<double> out) const {
            each_input(field, this->base.bias, this->change.bias, to,
                       [&](std::size_t b, std::size_t, double t) { out[b] += log_normalizer(t); });
            each_input(field, this->base.bias, this->change.bias, from,
                       [&](std::size_t b, std::size_t, double t) { out[b] -= log_normalizer(t); });
        }
    };
    bool operator==(const LetterUnits&) const = default;

  private:
    struct Cumulants {
        double mean = 0, variance = 0, third = 0;
    };

    /// use(row, unit, t = base + beta (change + field)); no base is 0, no beta 1.
    template <class Use>
    static void each_input(MatrixView<const Real> field, std::span<const Real> base, std::span<const Real> change,
                           BetaOf<Real> beta, const Use& use) {
        for (std::size_t b = 0; b < field.rows; ++b)
            for (std::size_t i = 0; i < field.cols; ++i) {
                const double scale = beta.empty() ? 1 : static_cast<double>(beta[b]);
                const double slope = static_cast<double>(change[i]) + static_cast<double>(field.row(b)[i]);
                use(b, i, (base.empty() ? 0 : static_cast<double>(base[i])) + scale * slope);
            }
    }
    static double largest_exponent(double t) { return std::max(t * Kind::letters.front(), t * Kind::letters.back()); }
    static double log_normalizer(double t) {
        const double largest = largest_exponent(t);
        double sum = 0;
        for (const double letter : Kind::letters) sum += std::exp(t * letter - largest);
        return largest + std::log(sum);
    }
    static Cumulants cumulants(double t) {
        const double level = log_normalizer(t);
        Cumulants found;
        for (const double letter : Kind::letters) found.mean += letter * std::exp(t * letter - level);
        for (const double letter : Kind::letters) {
            const double distance = letter - found.mean, probability = std::exp(t * letter - level);
            found.variance += probability * distance * distance;
            found.third += probability * distance * distance * distance;
        }
        return found;
    }
    /// NaN where t is.
    static double drawn(double t, std::uint32_t bits) {
        const double level = log_normalizer(t);
        double left = static_cast<double>(uniform_from_bits(bits));
        if (std::isnan(level)) return level;
        for (const double letter : Kind::letters) {
            left -= std::exp(t * letter - level);
            if (left < 0) return letter;
        }
        return t > 0 ? Kind::letters.back() : Kind::letters.front();  // rounding left nothing for anyone
    }
    /// The t whose mean that is, by bisection: the mean grows with t.
    static double input_of(double mean) {
        double high = 64 / (Kind::letters.back() - Kind::letters.front()) * static_cast<double>(Kind::letters.size()),
               low = -high;
        for (int halving = 0; halving < 64; ++halving) {
            const double middle = 0.5 * (low + high);
            (cumulants(middle).mean < mean ? low : high) = middle;
        }
        return 0.5 * (low + high);
    }
};

}  // namespace rbm
