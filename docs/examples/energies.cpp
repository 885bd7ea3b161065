// SPDX-License-Identifier: MIT
// Samplers on your own energies: a double well and an Ising ring.  Nothing to derive from, nothing to register.
#include <rbm/rbm.h>

#include <cstdio>

using namespace rbm;

struct DoubleWell {  // E(x) = (x^2 - 1)^2, summed over columns
    void energy(ConstView state, std::span<double> out) const {
        for (std::size_t b = 0; b < state.rows; ++b) {
            out[b] = 0;
            for (const double x : state.row(b)) out[b] += (x * x - 1) * (x * x - 1);
        }
    }
    void energy_and_gradient(ConstView state, std::span<double> out, View gradient) const {
        energy(state, out);
        for (std::size_t b = 0; b < state.rows; ++b)
            for (std::size_t i = 0; i < state.cols; ++i) {
                const float x = state.row(b)[i];
                gradient.row(b)[i] = 4 * x * (x * x - 1);
            }
    }
};

struct IsingRing {  // E(x) = -coupling sum of x_i x_(i+1), x_i = -1 or 1
    double coupling = 0.8;
    std::vector<float> alphabet() const { return {-1, 1}; }
    void energy(ConstView state, std::span<double> out) const {
        for (std::size_t b = 0; b < state.rows; ++b) {
            out[b] = 0;
            for (std::size_t i = 0; i < state.cols; ++i)
                out[b] -= coupling * static_cast<double>(state.row(b)[i] * state.row(b)[(i + 1) % state.cols]);
        }
    }
};

int main() {
    Random random(1);

    // 1000 chains in the right well, at two temperatures.
    Matrix ones(1000, 1);
    ones.fill(1);
    Chains chains = Chains::from_states(ones);
    for (std::size_t c = 0; c < 1000; ++c) chains.beta.push_back(c < 500 ? 1.0F : 3.0F);
    const StepReport mala = Langevin{.steps = 2000, .step_size = 0.2}.step(DoubleWell{}, chains, random);
    double squares[2] = {0, 0};
    for (std::size_t c = 0; c < 1000; ++c) squares[c / 500] += chains.visible(c, 0) * chains.visible(c, 0) / 500;
    std::printf("double well: %.0f %% taken, E[x^2] = %.2f at beta 1, %.2f at beta 3\n", 100 * mala.acceptance,
                squares[0], squares[1]);

    // 500 rings of 20 spins.
    Chains rings = Chains::from_states(Matrix(500, 20));  // zeros become the nearest spins
    const StepReport flips = Metropolis{.steps = 200}.step(IsingRing{}, rings, random);
    std::vector<double> energies(500);
    IsingRing{}.energy(rings.visible, energies);
    double mean = 0;
    for (const double energy : energies) mean += energy / 500;
    std::printf("Ising ring: %.0f %% taken, energy %.3f per spin\n", 100 * flips.acceptance, mean / 20);

    // Down to the ground state: all spins alike.
    SimulatedAnnealing{.steps = 200}.step(IsingRing{}, rings, random);
    Descent{}.descend(IsingRing{}, rings);
    IsingRing{}.energy(rings.visible, energies);
    std::printf("lowest energy found: %.1f\n", *std::min_element(energies.begin(), energies.end()));
}
