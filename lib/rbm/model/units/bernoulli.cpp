// SPDX-License-Identifier: MIT
#include "rbm/model/units/bernoulli.h"

#include "rbm/kernels/ops.h"

namespace rbm {

template <class Real>
void BasicBernoulli<Real>::mean(MatrixView<const Real> field, BetaOf<Real> beta, MatrixView<Real> out) const {
    logistic(field, std::span<const Real>(bias), beta, out);
}

template <class Real>
void BasicBernoulli<Real>::sample(MatrixView<const Real> field, BetaOf<Real> beta, const Stream& stream,
                                  MatrixView<Real> out) const {
    sample_logistic(field, std::span<const Real>(bias), beta, stream, out);
}

template <class Real>
void BasicBernoulli<Real>::add_log_normalizer(MatrixView<const Real> field, BetaOf<Real> beta,
                                              std::span<double> out) const {
    add_softplus_sums(field, std::span<const Real>(bias), beta, out);
}

template <class Real>
void BasicBernoulli<Real>::add_log_probability(MatrixView<const Real> state, MatrixView<const Real> mean,
                                               std::span<double> out) const {
    for (std::size_t b = 0; b < state.rows; ++b)
        for (std::size_t i = 0; i < state.cols; ++i) {
            const double on = static_cast<double>(mean.row(b)[i]);
            out[b] += state.row(b)[i] != 0 ? std::log(on) : std::log1p(-on);
        }
}

template <class Real>
void BasicBernoulli<Real>::mean_slopes(MatrixView<const Real> mean, MatrixView<Real> first,
                                       MatrixView<Real> second) const {
    for (std::size_t b = 0; b < mean.rows; ++b)
        for (std::size_t j = 0; j < mean.cols; ++j) {
            const Real p = mean.row(b)[j];
            first.row(b)[j] = p * (1 - p);
            second.row(b)[j] = p * (1 - p) * (1 - 2 * p);
        }
}

template <class Real>
void BasicBernoulli<Real>::fit_marginals(std::span<const double> means, std::span<const double>, std::size_t samples) {
    const double limit = std::log(static_cast<double>(std::max<std::size_t>(samples, 2)));
    for (std::size_t i = 0; i < bias.size(); ++i) {
        const double odds = std::log(means[i]) - std::log1p(-means[i]);
        bias[i] = static_cast<Real>(std::clamp(odds, -limit, limit));
    }
}

template <class Real>
void BasicBernoulli<Real>::Path::sample(MatrixView<const Real> field, BetaOf<Real> beta, const Stream& stream,
                                        MatrixView<Real> out) const {
    sample_tempered_logistic(field, this->base.location(), this->change.location(), beta, stream, out);
}

template <class Real>
void BasicBernoulli<Real>::Path::add_normalizer_change(MatrixView<const Real> field, BetaOf<Real> from, BetaOf<Real> to,
                                                       std::span<double> out) const {
    add_softplus_changes(field, this->base.location(), this->change.location(), from, to, out);
}

template struct BasicBernoulli<float>;
template struct BasicBernoulli<double>;

}  // namespace rbm
