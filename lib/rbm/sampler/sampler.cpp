// SPDX-License-Identifier: MIT
#include "rbm/sampler/sampler.h"

#include <cmath>

namespace rbm {

double log_uniform(std::uint32_t bits) { return std::log((static_cast<double>(bits) + 0.5) * 0x1p-32); }

double acceptance_probability(double log_odds) {
    return std::isnan(log_odds) ? 0.0 : std::exp(std::min(log_odds, 0.0));
}

void draw_thresholds(const Stream& stream, std::span<double> out) {
    for (std::size_t c = 0; c < out.size(); ++c) out[c] = log_uniform(random_bits(stream, c, 0));
}

template <class Real>
void BasicProposals<Real>::resize(std::size_t chains, std::size_t columns) {
    state.resize(chains, columns);
    energy.resize(chains);
    proposed_energy.resize(chains);
    log_odds.resize(chains);
    thresholds.resize(chains);
    taken.resize(chains);
}

template <class Real>
void BasicProposals<Real>::resize_gradients(std::size_t chains, std::size_t columns) {
    gradient.resize(chains, columns);
    proposed_gradient.resize(chains, columns);
}

template <class Real>
double BasicProposals<Real>::decide() {
    double sum = 0;
    for (std::size_t c = 0; c < taken.size(); ++c) {
        taken[c] = thresholds[c] < log_odds[c] ? 1 : 0;
        sum += acceptance_probability(log_odds[c]);
    }
    return taken.empty() ? 1.0 : sum / static_cast<double>(taken.size());
}

template <class Real>
void BasicProposals<Real>::take_states(MatrixView<Real> out) {
    for (std::size_t c = 0; c < taken.size(); ++c) {
        if (taken[c] == 0) continue;
        std::copy(state.row(c).begin(), state.row(c).end(), out.row(c).begin());
        energy[c] = proposed_energy[c];
    }
}

template <class Real>
void BasicProposals<Real>::take_gradients() {
    for (std::size_t c = 0; c < taken.size(); ++c)
        if (taken[c] != 0)
            std::copy(proposed_gradient.row(c).begin(), proposed_gradient.row(c).end(), gradient.row(c).begin());
}

template struct BasicProposals<float>;
template struct BasicProposals<double>;

}  // namespace rbm
