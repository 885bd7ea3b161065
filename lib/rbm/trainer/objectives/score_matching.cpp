// SPDX-License-Identifier: MIT
#include "rbm/trainer/objectives/score_matching.h"

#include <utility>

#include "rbm/kernels/ops.h"
#include "rbm/trainer/objectives/both_phases.h"
#include "rbm/trainer/objectives/score_terms.h"

namespace rbm {
namespace {

using detail::ScoreTerms;

/// sum_b weights[b] |psi_b|^2 / 2, and its slopes.
template <class Real>
double half_squares(ScoreTerms<Real>& terms, std::span<const Real> weights) {
    double loss = 0;
    for (std::size_t b = 0; b < terms.rows(); ++b) {
        const auto score = terms.score().row(b);
        const auto along = terms.along().row(b);
        double squares = 0;
        for (std::size_t i = 0; i < score.size(); ++i) {
            squares += static_cast<double>(score[i]) * static_cast<double>(score[i]);
            along[i] = weights[b] * score[i];
        }
        loss += 0.5 * static_cast<double>(weights[b]) * squares;
    }
    return loss;
}

template <class Real>
double total(std::span<const Real> weights) {
    double sum = 0;
    for (const Real weight : weights) sum += static_cast<double>(weight);
    return sum;
}

}  // namespace

template <class Real>
void ScoreMatching::add_gradient(const BasicMachine<Real>& machine, std::size_t batch, BasicChains<Real>&, Random&,
                                 BasicGradientWorkspace<Real>& workspace, BasicMachine<Real>& gradient) const {
    ScoreTerms<Real> terms(machine, workspace, 0, batch, "score matching", gradient);
    const auto weights = std::span<const Real>(workspace.row_weights).first(batch);
    const double all = total(weights);
    const auto precision = terms.precision();
    double loss = half_squares(terms, weights);
    for (const double value : precision) loss -= all * value;

    // d psi_i / dv_i gains sum_j (W_ij / sigma_i^2)^2 mean'_j: summed over i, hidden unit j counts norms[j] times.
    const std::size_t hidden = machine.hidden_count();
    std::vector<double> norms(hidden), slopes(hidden);
    for (std::size_t i = 0; i < precision.size(); ++i)
        for (std::size_t j = 0; j < hidden; ++j) {
            const double weight = static_cast<double>(machine.weights(i, j)) * precision[i];
            norms[j] += weight * weight;
        }
    for (std::size_t b = 0; b < batch; ++b) {
        const double weight = static_cast<double>(weights[b]);
        const auto first = terms.first_slope().row(b), second = terms.second_slope().row(b);
        const auto back = terms.back().row(b);
        for (std::size_t j = 0; j < hidden; ++j) {
            slopes[j] += weight * static_cast<double>(first[j]);
            back[j] += static_cast<Real>(weight * norms[j] * static_cast<double>(second[j]));
        }
    }
    for (std::size_t j = 0; j < hidden; ++j) loss += slopes[j] * norms[j];
    for (std::size_t i = 0; i < precision.size(); ++i)
        for (std::size_t j = 0; j < hidden; ++j)
            gradient.weights(i, j) += static_cast<Real>(2 * precision[i] * precision[i] * slopes[j] *
                                                        static_cast<double>(machine.weights(i, j)));
    terms.finish(std::vector<double>(precision.size(), all));
    workspace.loss = loss;
}

template <class Real>
void DenoisingScoreMatching::add_gradient(const BasicMachine<Real>& machine, std::size_t batch, BasicChains<Real>&,
                                          Random& random, BasicGradientWorkspace<Real>& workspace,
                                          BasicMachine<Real>& gradient) const {
    const std::size_t visible = machine.visible_count();
    const auto clean = workspace.visible.rows_from(0, batch), noisy = workspace.visible.rows_from(batch, batch);
    const std::vector<Real> deviation(visible, static_cast<Real>(noise));
    sample_normal(clean, std::span<const Real>(deviation), std::span<const Real>{}, random.next(), noisy);
    detail::field_and_mean(machine, workspace, 0, batch);
    ScoreTerms<Real> terms(machine, workspace, batch, batch, "denoising score matching", gradient);
    const double variance = static_cast<double>(noise) * static_cast<double>(noise);
    double loss = 0;
    for (std::size_t b = 0; b < batch; ++b) {
        const double weight = static_cast<double>(workspace.row_weights[b]);
        const auto along = terms.along().row(b);
        for (std::size_t i = 0; i < visible; ++i) {
            const double target =
                (static_cast<double>(clean.row(b)[i]) - static_cast<double>(noisy.row(b)[i])) / variance;
            const double error = static_cast<double>(terms.score().row(b)[i]) - target;
            loss += 0.5 * variance * weight * error * error;
            along[i] = static_cast<Real>(variance * weight * error);
        }
    }
    terms.finish(std::vector<double>(visible, 0.0));
    workspace.loss = loss;
}

template <class Real>
void SlicedScoreMatching::add_gradient(const BasicMachine<Real>& machine, std::size_t batch, BasicChains<Real>&,
                                       Random& random, BasicGradientWorkspace<Real>& workspace,
                                       BasicMachine<Real>& gradient) const {
    ScoreTerms<Real> terms(machine, workspace, 0, batch, "sliced score matching", gradient);
    const auto weights = std::span<const Real>(workspace.row_weights).first(batch);
    const std::size_t visible = machine.visible_count(), hidden = machine.hidden_count();
    // Squares of signs are 1: what the own score adds is the same for all directions.
    const double all = total(weights);
    double loss = half_squares(terms, weights);
    for (const double value : terms.precision()) loss -= all * value;

    auto &direction = terms.scratch(0), &field = terms.scratch(1), &of_direction = terms.scratch(2);
    direction.resize(batch, visible);
    field.resize(batch, hidden);
    for (std::size_t k = 0; k < slices; ++k) {
        const Stream stream = random.next();
        for (std::size_t b = 0; b < batch; ++b)
            for (std::size_t i = 0; i < visible; ++i)
                direction(b, i) = random_bits(stream, b, i) >> 31 != 0 ? Real{1} : Real{-1};
        const MatrixView<const Real> signs = std::as_const(direction).view();
        machine.hidden_field(signs, workspace.machine, field.view());
        for (std::size_t b = 0; b < batch; ++b) {
            const double weight = static_cast<double>(weights[b]) / static_cast<double>(slices);
            const auto first = terms.first_slope().row(b), second = terms.second_slope().row(b);
            const auto back = terms.back().row(b);
            for (std::size_t j = 0; j < hidden; ++j) {
                const double g = static_cast<double>(field(b, j));
                loss += weight * g * g * static_cast<double>(first[j]);
                back[j] += static_cast<Real>(weight * g * g * static_cast<double>(second[j]));
                field(b, j) = static_cast<Real>(2 * weight * g * static_cast<double>(first[j]));
            }
        }
        add_outer(BasicOuterProduct<Real>{Real{1}, statistic(machine.visible, signs, of_direction),
                                          std::as_const(field).view()},
                  gradient.weights.view());
    }
    terms.finish(std::vector<double>(visible, all));
    workspace.loss = loss;
}

#define RBM_INSTANTIATE(Real)                                                                                       \
    template void ScoreMatching::add_gradient(const BasicMachine<Real>&, std::size_t, BasicChains<Real>&, Random&,  \
                                              BasicGradientWorkspace<Real>&, BasicMachine<Real>&) const;            \
    template void DenoisingScoreMatching::add_gradient(const BasicMachine<Real>&, std::size_t, BasicChains<Real>&,  \
                                                       Random&, BasicGradientWorkspace<Real>&, BasicMachine<Real>&) \
        const;                                                                                                      \
    template void SlicedScoreMatching::add_gradient(const BasicMachine<Real>&, std::size_t, BasicChains<Real>&,     \
                                                    Random&, BasicGradientWorkspace<Real>&, BasicMachine<Real>&)    \
        const;
RBM_INSTANTIATE(float)
RBM_INSTANTIATE(double)
#undef RBM_INSTANTIATE

}  // namespace rbm
