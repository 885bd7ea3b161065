// SPDX-License-Identifier: MIT
// Samplers that change single sites of discrete visible units, against exact probabilities: of states, which they have
// to keep, and of pairs (v, next v), which their definitions give from free energies alone.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rbm/check/chains.h"
#include "rbm/check/submachine.h"
#include "rbm/kernels/scalar.h"
#include "rbm/model/enumerate.h"
#include "rbm/model/sites.h"

namespace rbm::checks {
namespace {

constexpr std::size_t flip_chains = 1 << 13, pair_count = 1 << 14;

/// All visible states of a small machine, what separates them, and their free energies.
struct Landscape {
    Precise states;              ///< [n x V]
    std::vector<double> energy;  ///< [n] F
    BasicSites<double> sites;
    BasicMatrix<double> letters;

    Landscape(const Run& run, const PreciseMachine& oracle)
        : states(side_states(oracle, Side::visible).states),
          energy(run.functions.free_energy(oracle, states)),
          sites(rbm::sites(oracle.visible)),
          letters(site_states(oracle.visible)) {}
    std::size_t count() const { return energy.size(); }

    /// visit(number of the state after it, change of each column [V]) of every change of one site of state a.
    template <class Visit>
    void each_change(std::size_t a, Visit visit) const {
        const Precise& all = states;
        std::vector<double> other(all.cols()), change(all.cols());
        for (std::size_t site = 0; site < sites.count(); ++site)
            for (std::size_t letter = 0; letter < sites.letters(); ++letter) {
                if (letter == sites.letter_at(all.row(a), site)) continue;
                std::copy(all.row(a).begin(), all.row(a).end(), other.begin());
                sites.put(other, site, letter);
                for (std::size_t i = 0; i < other.size(); ++i) change[i] = other[i] - all(a, i);
                visit(static_cast<std::size_t>(state_number<double>(letters, other)), change);
            }
    }
};

Precise product(const Precise& a, const Precise& b) {
    Precise out(a.rows(), b.cols());
    for (std::size_t i = 0; i < a.rows(); ++i)
        for (std::size_t k = 0; k < a.cols(); ++k)
            for (std::size_t j = 0; j < b.cols(); ++j) out(i, j) += a(i, k) * b(k, j);
    return out;
}

/// p(next | state) of a sweep of Metropolis flips, of the density to this power.
Precise metropolis_sweep(const Landscape& land, double power) {
    const std::size_t n = land.count();
    const double proposals = static_cast<double>(land.sites.count() * (land.sites.letters() - 1));
    Precise flip(n, n), sweep(n, n);
    for (std::size_t a = 0; a < n; ++a) {
        sweep(a, a) = flip(a, a) = 1;
        land.each_change(a, [&](std::size_t b, const std::vector<double>&) {
            const double taken = std::exp(std::min(0.0, power * (land.energy[a] - land.energy[b]))) / proposals;
            flip(a, b) += taken;
            flip(a, a) -= taken;
        });
    }
    for (std::size_t s = 0; s < land.sites.count(); ++s) sweep = product(sweep, flip);
    return sweep;
}

/// d F / d v of all states by differences of F, whose formula holds between the letters too.
Precise slopes_of(const Run& run, const PreciseMachine& oracle, const Landscape& land) {
    constexpr double distance = 1e-4;
    Precise slopes(land.count(), land.states.cols()), varied = land.states;
    for (std::size_t i = 0; i < slopes.cols(); ++i) {
        for (std::size_t a = 0; a < land.count(); ++a) varied(a, i) += distance;
        const std::vector<double> above = run.functions.free_energy(oracle, varied);
        for (std::size_t a = 0; a < land.count(); ++a) varied(a, i) -= 2 * distance;
        const std::vector<double> below = run.functions.free_energy(oracle, varied);
        for (std::size_t a = 0; a < land.count(); ++a) {
            slopes(a, i) = (above[a] - below[a]) / (2 * distance);
            varied(a, i) = land.states(a, i);
        }
    }
    return slopes;
}

/// p(next | state) of one proposal by gradients.
Precise gradient_proposal(const Run& run, const PreciseMachine& oracle, const Landscape& land) {
    const std::size_t n = land.count();
    const Precise slopes = slopes_of(run, oracle, land);
    Precise log_proposed(n, n), next(n, n);
    log_proposed.fill(-INFINITY);
    for (std::size_t a = 0; a < n; ++a) {
        std::vector<double> preferences;
        land.each_change(a, [&](std::size_t b, const std::vector<double>& change) {
            double slope = 0;
            for (std::size_t i = 0; i < change.size(); ++i) slope += slopes(a, i) * change[i];
            preferences.push_back(log_proposed(a, b) = -0.5 * slope);
        });
        const double total = log_sum_exp(preferences);
        for (double& value : log_proposed.row(a)) value -= total;
    }
    for (std::size_t a = 0; a < n; ++a) {
        next(a, a) = 1;
        land.each_change(a, [&](std::size_t b, const std::vector<double>&) {
            const double odds = land.energy[a] - land.energy[b] + log_proposed(b, a) - log_proposed(a, b);
            const double taken = std::exp(log_proposed(a, b) + std::min(0.0, odds));
            next(a, b) = taken;
            next(a, a) -= taken;
        });
    }
    return next;
}

void check_one(Run& run, const std::string& name, const std::string& how, const Machine& part, const Precise& next,
               const Move& move) {
    const Precise& after = next;
    const PreciseMachine oracle = precise(part);
    const std::vector<double> before =
        probabilities(run.functions.free_energy(oracle, side_states(oracle, Side::visible).states));
    std::vector<double> pairs;
    for (std::size_t a = 0; a < before.size(); ++a)
        for (const double p : after.row(a)) pairs.push_back(before[a] * std::max(0.0, p));
    add_test(run, name + ", transitions",
             fmt::format("pairs (v, next v) of {} with exact p; {}", how, size_text(part, run.machine)),
             [&](Random& random) { return test_pairs(run, part, pairs, pair_count, move, random); });
}

}  // namespace

void check_flips(Run& run) {
    if (!is_discrete(run.machine.visible)) return;
    const auto& f = run.functions;
    const Machine part = strongest_part(run.machine, 10, 10), small = strongest_part(run.machine, 5, 5);
    const PreciseMachine oracle = precise(small);
    const Landscape land(run, oracle);
    const auto with = [](const auto& function, const auto& sampler) {
        return Move([&function, sampler](const Machine& machine, Chains& chains, Random& random) {
            function(machine, chains, random, sampler);
        });
    };
    const auto check_states = [&](const std::string& name, const std::string& after, const Move& move) {
        add_test(run, name + ", states",
                 fmt::format("visible states after {} with exact p; {}", after, size_text(part, run.machine)),
                 [&](Random& random) { return test_stationarity(run, part, flip_chains, move, random); });
    };
    check_states("Metropolis", "3 sweeps", with(f.metropolis, Metropolis{.steps = 3}));
    check_one(run, "Metropolis", "a sweep", small, metropolis_sweep(land, 1), with(f.metropolis, Metropolis{}));
    check_one(run, "annealing", "sweeps at powers 0.5 and 2", small,
              product(metropolis_sweep(land, 0.5), metropolis_sweep(land, 2)),
              with(f.annealing, SimulatedAnnealing{.steps = 2, .first_power = 0.5, .last_power = 2}));
    check_states("Gibbs with gradients", "5 proposals", with(f.gibbs_with_gradients, GibbsWithGradients{.steps = 5}));
    check_one(run, "Gibbs with gradients", "a proposal", small, gradient_proposal(run, oracle, land),
              with(f.gibbs_with_gradients, GibbsWithGradients{}));
}

}  // namespace rbm::checks
