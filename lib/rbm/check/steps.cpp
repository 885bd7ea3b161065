// SPDX-License-Identifier: MIT
// Samplers that move all continuous visible units at once, against exact probabilities: of hidden states and of
// residuals, which they have to keep, and of where a step leads from a given place, which is an integral over its
// proposals.  Unadjusted Langevin steps keep nothing exactly, but where they lead is known just as well.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rbm/check/chains.h"
#include "rbm/check/submachine.h"
#include "rbm/kernels/scalar.h"

namespace rbm::checks {
namespace {

constexpr std::size_t step_chains = 1 << 13, line_chains = 1 << 16;
constexpr std::size_t starts = 8;  ///< places that chains of a test of transitions start at
constexpr std::size_t grid_points = 2001;
constexpr double grid_reach = 7;  ///< deviations of a proposal

/// A Gaussian proposal from one place to x', with the probability that it is taken.
struct Proposal {
    double weight = 1;  ///< of this one among several
    double mean = 0, deviation = 1;
    std::function<std::vector<double>(const std::vector<double>& to)> log_odds;  ///< none: always taken
};

/// Where such proposals lead: eight cells that are as likely as each other, and staying.
struct Destinations {
    std::vector<double> edges;               ///< [7]
    std::vector<double> probabilities{0.0};  ///< [9]; the first is that of staying
    std::size_t cell(double before, double after) const {
        if (after == before) return 0;
        return 1 + static_cast<std::size_t>(std::upper_bound(edges.begin(), edges.end(), after) - edges.begin());
    }
};

Destinations destinations(const std::vector<Proposal>& proposals) {
    std::vector<std::pair<double, double>> reached;  // place and probability
    const double step = 2 * grid_reach / static_cast<double>(grid_points - 1);
    double moves = 0;
    for (const Proposal& proposal : proposals) {
        if (!(proposal.weight > 1e-9)) continue;
        std::vector<double> places(grid_points), densities(grid_points);
        double sum = 0;
        for (std::size_t k = 0; k < grid_points; ++k) {
            const double z = step * static_cast<double>(k) - grid_reach;
            places[k] = proposal.mean + proposal.deviation * z;
            sum += densities[k] = std::exp(-0.5 * z * z);
        }
        const std::vector<double> log_odds =
            proposal.log_odds ? proposal.log_odds(places) : std::vector<double>(grid_points);
        for (std::size_t k = 0; k < grid_points; ++k) {
            const double taken = proposal.weight * densities[k] / sum * std::exp(std::min(0.0, log_odds[k]));
            reached.emplace_back(places[k], taken);
            moves += taken;
        }
    }
    std::sort(reached.begin(), reached.end());
    Destinations found;
    found.probabilities[0] = std::max(0.0, 1 - moves);
    double sum = 0, cell = 0;
    for (std::size_t k = 0; k < reached.size(); ++k) {
        sum += reached[k].second;
        cell += reached[k].second;
        const double passed = 8 * sum / moves;
        if (found.edges.size() < 7 && k + 1 < reached.size() && passed >= static_cast<double>(found.edges.size() + 1)) {
            found.edges.push_back((reached[k].first + reached[k + 1].first) / 2);
            found.probabilities.push_back(std::exchange(cell, 0.0));
        }
    }
    found.probabilities.push_back(cell);
    found.probabilities.resize(9);
    return found;
}

/// A machine of one visible unit, and the proposals of its samplers.
struct Line {
    const Run& run;
    const PreciseMachine oracle;
    double variance;

    Line(const Run& of, const Machine& part)
        : run(of), oracle(precise(part)), variance(std::pow(deviations(oracle.visible).at(0), 2)) {}

    static Precise column(const std::vector<double>& values) {
        Precise out(values.size(), 1);
        std::copy(values.begin(), values.end(), out.data());
        return out;
    }
    std::vector<double> free_energy(const std::vector<double>& x) const {
        return run.functions.free_energy(oracle, column(x));
    }
    std::vector<double> slope(const std::vector<double>& x) const {
        const Precise score = run.functions.score(oracle, column(x));
        std::vector<double> out(score.values().begin(), score.values().end());
        for (double& value : out) value = -value;
        return out;
    }

    std::vector<Proposal> metropolis(double from, double step_size, double power) const {
        const double energy = free_energy({from})[0];
        return {{1, from, step_size * std::sqrt(variance / power), [this, energy, power](const auto& to) {
                     std::vector<double> odds = free_energy(to);
                     for (double& value : odds) value = power * (energy - value);
                     return odds;
                 }}};
    }
    /// A Langevin step on an energy, of which `energies` and `slopes` are functions of places.
    template <class Energies, class Slopes>
    Proposal langevin(double from, double step_size, bool adjusted, Energies energies, Slopes slopes) const {
        const double pull = step_size * variance;
        const double energy = energies({from})[0], mean = from - pull * slopes({from})[0];
        Proposal proposal{1, mean, std::sqrt(2 * pull), {}};
        if (adjusted)
            proposal.log_odds = [=](const std::vector<double>& to) {
                std::vector<double> odds = energies(to);
                const std::vector<double> there = slopes(to);
                for (std::size_t k = 0; k < to.size(); ++k)
                    odds[k] = energy - odds[k] + std::pow(to[k] - mean, 2) / (4 * pull) -
                              std::pow(from - (to[k] - pull * there[k]), 2) / (4 * pull);
                return odds;
            };
        return proposal;
    }
    std::vector<Proposal> langevin(double from, double step_size, bool adjusted) const {
        return {langevin(
            from, step_size, adjusted, [this](const std::vector<double>& x) { return free_energy(x); },
            [this](const std::vector<double>& x) { return slope(x); })};
    }
    std::vector<Proposal> gibbs_langevin(double from, double step_size) const {
        const Precise hidden = side_states(oracle, Side::hidden).states;
        const std::vector<double> weights =
            probabilities(run.functions.energy(oracle, column(std::vector<double>(hidden.rows(), from)), hidden));
        std::vector<Proposal> all;
        for (std::size_t h = 0; h < hidden.rows(); ++h) {
            double mean = location(oracle.visible)[0];
            for (std::size_t j = 0; j < hidden.cols(); ++j) mean += oracle.weights(0, j) * hidden(h, j);
            const double width = variance;
            const auto energies = [=](std::vector<double> x) {
                for (double& value : x) value = std::pow(value - mean, 2) / (2 * width);
                return x;
            };
            const auto slopes = [=](std::vector<double> x) {
                for (double& value : x) value = (value - mean) / width;
                return x;
            };
            all.push_back(langevin(from, step_size, true, energies, slopes));
            all.back().weight = weights[h];
        }
        return all;
    }
};

using Proposals = std::function<std::vector<Proposal>(const Line&, double from)>;

ChiSquare test_destinations(const Run& run, const Machine& part, const Proposals& proposals, const Move& move,
                            Random& random) {
    const Line line(run, part);
    Chains chains = exact_start(run, part, Side::hidden, line_chains, random).chains;
    std::vector<Destinations> from;
    for (std::size_t s = 0; s < starts; ++s)
        from.push_back(destinations(proposals(line, static_cast<double>(chains.visible(s, 0)))));
    for (std::size_t c = starts; c < line_chains; ++c) chains.visible(c, 0) = chains.visible(c % starts, 0);
    const Matrix before = chains.visible;
    move(part, chains, random);
    std::vector<std::uint64_t> counts(9 * starts);
    std::vector<double> expected;
    for (std::size_t c = 0; c < line_chains; ++c)
        ++counts[9 * (c % starts) +
                 from[c % starts].cell(static_cast<double>(before(c, 0)), static_cast<double>(chains.visible(c, 0)))];
    for (const Destinations& one : from)
        for (const double p : one.probabilities) expected.push_back(p / static_cast<double>(starts));
    return chi_square(counts, expected);
}

ChiSquare test_residuals(const Run& run, const Machine& part, const Move& move, Random& random) {
    Chains chains = exact_start(run, part, Side::hidden, step_chains, random).chains;
    move(part, chains, random);
    std::vector<std::uint64_t> counts(8);
    for (const double residual : residuals(precise(part), Side::visible, chains.visible, chains.hidden))
        ++counts[eighth(residual)];
    return chi_square(counts, std::vector<double>(8, 1.0 / 8));
}

}  // namespace

void check_steps(Run& run) {
    if (is_discrete(run.machine.visible)) return;
    const auto& f = run.functions;
    const Machine part = strongest_part(run.machine, 10, 10), small = strongest_part(run.machine, 1, 5);
    const auto with = [](const auto& function, const auto& sampler) {
        return Move([&function, sampler](const Machine& machine, Chains& chains, Random& random) {
            function(machine, chains, random, sampler);
        });
    };
    const auto check_kept = [&](const std::string& name, const Move& move) {
        const std::string size = size_text(part, run.machine);
        add_test(run, name + ", states", fmt::format("hidden states after 5 steps with exact p; {}", size),
                 [&](Random& random) { return test_stationarity(run, part, step_chains, move, random); });
        add_test(run, name + ", residuals",
                 fmt::format("visible residuals after 5 steps with a standard normal; {}", size),
                 [&](Random& random) { return test_residuals(run, part, move, random); });
    };
    const auto check_step = [&](const std::string& name, const Move& move, const Proposals& proposals) {
        add_test(
            run, name + ", transitions",
            fmt::format("where a step leads from {} places with exact p; {}", starts, size_text(small, run.machine)),
            [&](Random& random) { return test_destinations(run, small, proposals, move, random); });
    };
    check_kept("Metropolis", with(f.metropolis, Metropolis{.steps = 5, .step_size = 0.5}));
    check_step("Metropolis", with(f.metropolis, Metropolis{.step_size = 2}),
               [](const Line& line, double from) { return line.metropolis(from, 2, 1); });
    check_step("annealing",
               with(f.annealing, SimulatedAnnealing{.steps = 1, .first_power = 3, .last_power = 3, .step_size = 2}),
               [](const Line& line, double from) { return line.metropolis(from, 2, 3); });
    check_step("Langevin", with(f.langevin, Langevin{.step_size = 0.5, .adjusted = false}),
               [](const Line& line, double from) { return line.langevin(from, 0.5, false); });
    check_kept("MALA", with(f.langevin, Langevin{.steps = 5, .step_size = 0.5}));
    check_step("MALA", with(f.langevin, Langevin{.step_size = 1.2}),
               [](const Line& line, double from) { return line.langevin(from, 1.2, true); });
    check_kept("Gibbs-Langevin", with(f.gibbs_langevin, GibbsLangevin{.steps = 5, .inner_steps = 1, .step_size = 0.5}));
    check_step("Gibbs-Langevin", with(f.gibbs_langevin, GibbsLangevin{.inner_steps = 1, .step_size = 1.2}),
               [](const Line& line, double from) { return line.gibbs_langevin(from, 1.2); });
}

}  // namespace rbm::checks
