// SPDX-License-Identifier: MIT
#include "rbm/model/units/potts.h"

#include <fmt/format.h>

#include "rbm/kernels/closed_state.h"
#include "rbm/kernels/error.h"
#include "rbm/kernels/ops.h"

namespace rbm {

template <class Real>
BasicPotts<Real>::BasicPotts(std::size_t sites, std::size_t states_of_each)
    : BiasedUnits<Real>(sites * states_of_each), states(states_of_each) {
    if (states < 2)
        throw InvalidArgument(fmt::format("potts units: found {} states of a site, expected at least 2", states));
}

template <class Real>
BasicMatrix<Real> BasicPotts<Real>::site_states() const {
    BasicMatrix<Real> all(states, states);
    for (std::size_t k = 0; k < states; ++k) all(k, k) = 1;
    return all;
}

template <class Real>
void BasicPotts<Real>::mean(MatrixView<const Real> field, BetaOf<Real> beta, MatrixView<Real> out) const {
    softmax(input(field, beta), out);
}

template <class Real>
void BasicPotts<Real>::sample(MatrixView<const Real> field, BetaOf<Real> beta, const Stream& stream,
                              MatrixView<Real> out) const {
    sample_softmax(input(field, beta), stream, out);
}

template <class Real>
void BasicPotts<Real>::add_log_normalizer(MatrixView<const Real> field, BetaOf<Real> beta,
                                          std::span<double> out) const {
    add_log_sum_exps(1.0, input(field, beta), out);
}

template <class Real>
void BasicPotts<Real>::add_log_probability(MatrixView<const Real> state, MatrixView<const Real> mean,
                                           std::span<double> out) const {
    for (std::size_t b = 0; b < state.rows; ++b)
        for (std::size_t n = 0; n < state.cols; ++n)
            if (state.row(b)[n] != 0) out[b] += std::log(static_cast<double>(mean.row(b)[n]));
}

template <class Real>
void BasicPotts<Real>::fit_marginals(std::span<const double> means, std::span<const double>, std::size_t samples) {
    const double others = static_cast<double>((states - 1) * std::max<std::size_t>(samples, 2));
    std::vector<double> logs(states);
    for (std::size_t first = 0; first < bias.size(); first += states) {
        const auto site = means.subspan(first, states);
        const double largest = *std::max_element(site.begin(), site.end());
        double sum = 0, open = 0;
        for (std::size_t k = 0; k < states; ++k) {
            if (closes(bias[first + k])) continue;
            sum += logs[k] = std::log(std::max(site[k], largest / others));
            ++open;
        }
        for (std::size_t k = 0; k < states; ++k)
            if (!closes(bias[first + k])) bias[first + k] = static_cast<Real>(logs[k] - sum / open);
    }
}

template <class Real>
void BasicPotts<Real>::Path::set(const BasicPotts& from, const BasicPotts& to) {
    if (from.states != to.states)
        throw InvalidArgument(
            fmt::format("Bridge: the base has potts units of {} states, the machine of {}", from.states, to.states));
    BiasedPath<BasicPotts, Real>::set(from, to);
}

template <class Real>
void BasicPotts<Real>::Path::sample(MatrixView<const Real> field, BetaOf<Real> beta, const Stream& stream,
                                    MatrixView<Real> out) const {
    sample_softmax(input(field, beta), stream, out);
}

template <class Real>
void BasicPotts<Real>::Path::add_normalizer_change(MatrixView<const Real> field, BetaOf<Real> from, BetaOf<Real> to,
                                                   std::span<double> out) const {
    add_log_sum_exps(1.0, input(field, to), out);
    add_log_sum_exps(-1.0, input(field, from), out);
}

template struct BasicPotts<float>;
template struct BasicPotts<double>;

}  // namespace rbm
