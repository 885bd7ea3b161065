// SPDX-License-Identifier: MIT
// Observables against enumeration, and their error bars against their errors; how chains relax; how ladders carry.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <string>

#include "rbm/estimate/exact.h"
#include "rbm/estimate/observables.h"
#include "rbm/estimate/relaxation.h"
#include "rbm/kernels/error.h"
#include "rbm/sampler/communication.h"
#include "tests/support/small_machines.h"
#include "tests/support/statistics.h"

using namespace rbm;
using namespace rbm::test;

namespace observables_test {
namespace {

struct Exact {
    double log_partition = 0, energy = 0, energy_variance = 0;
    double m = 0, absolute_m = 0, m_variance = 0, overlap = 0, overlap_variance = 0;
    std::vector<double> shares = std::vector<double>(overlap_bins);
};

double order_of(const Units& units, std::span<const float> state) {
    const std::size_t states = site_width(units), sites = state.size() / states;
    double result = 0;
    if (states == 1) {
        for (const float value : state) result += static_cast<double>(value) / static_cast<double>(sites);
        return result;
    }
    for (std::size_t a = 0; a < states; ++a) {
        double share = 0;
        for (std::size_t i = 0; i < sites; ++i)
            share += static_cast<double>(state[i * states + a]) / static_cast<double>(sites);
        result = std::max(result, share);
    }
    const double q = static_cast<double>(states);
    return (q * result - 1) / (q - 1);
}

double overlap_of(const Units& units, std::span<const float> one, std::span<const float> other) {
    const std::size_t states = site_width(units), sites = one.size() / states;
    double same = 0;
    for (std::size_t i = 0; i < sites; ++i)
        same += std::equal(one.begin() + static_cast<std::ptrdiff_t>(i * states),
                           one.begin() + static_cast<std::ptrdiff_t>((i + 1) * states),
                           other.begin() + static_cast<std::ptrdiff_t>(i * states))
                    ? 1
                    : 0;
    const double k = static_cast<double>(site_states(units).rows());
    return (k * same / static_cast<double>(sites) - 1) / (k - 1);
}

Exact enumerated(const Machine& machine, double beta) {
    const PreciseMachine exact = precise(machine);
    const auto visible = all_states(machine.visible);
    const auto hidden = all_states(exact.hidden);
    const auto states = precise(visible);
    std::vector<double> energies, logs;
    for (std::size_t v = 0; v < visible.rows(); ++v)
        for (const double energy : exact.energy(repeated(states, v, hidden.rows()), hidden)) {
            energies.push_back(energy);
            logs.push_back(-beta * energy);
        }
    Exact result;
    result.log_partition = log_sum_exp(logs);
    std::vector<double> p(visible.rows());
    for (std::size_t s = 0; s < logs.size(); ++s) {
        const double weight = std::exp(logs[s] - result.log_partition);
        p[s / hidden.rows()] += weight;
        result.energy += weight * energies[s];
    }
    for (std::size_t s = 0; s < logs.size(); ++s)
        result.energy_variance += std::exp(logs[s] - result.log_partition) * std::pow(energies[s] - result.energy, 2);
    const double low = -1 / (static_cast<double>(site_states(machine.visible).rows()) - 1);
    double square = 0;
    for (std::size_t v = 0; v < p.size(); ++v) {
        const double m = order_of(machine.visible, visible.row(v));
        result.m += p[v] * m;
        result.absolute_m += p[v] * std::abs(m);
        result.m_variance += p[v] * m * m;
        for (std::size_t w = 0; w < p.size(); ++w) {
            const double q = overlap_of(machine.visible, visible.row(v), visible.row(w));
            result.overlap += p[v] * p[w] * q;
            square += p[v] * p[w] * q * q;
            const auto bin = static_cast<std::size_t>((q - low) / (1 - low) * overlap_bins + 1e-9);
            result.shares[std::min(bin, overlap_bins - 1)] += p[v] * p[w];
        }
    }
    result.m_variance -= result.m * result.m;
    result.overlap_variance = square - result.overlap * result.overlap;
    return result;
}

TemperingSettings settings_of(std::size_t ladders, std::size_t steps) {
    return {.ladders = ladders, .steps = steps, .settling = 50};
}

Observables observed(const Machine& machine, double beta, std::uint64_t seed, std::size_t steps = 1500,
                     std::optional<double> log_partition = {}) {
    Random random(seed);
    const Units base = is_bounded(machine.visible) ? uniform_base(machine) : machine.visible;
    return observables(machine, beta, base, settings_of(10, steps), random, log_partition);
}

double z(const Measured& found, double exact) {
    // What rounding alone leaves: a magnetisation that is the same in all states has no spread.
    return (found.value - exact) / std::max(found.standard_error, 1e-6);
}

struct Comparison {
    const char* name;
    double z;
};

std::vector<Comparison> compared(const Observables& found, const Exact& exact, std::size_t sites) {
    const double beta = found.beta;
    return {{"log Z", z(found.log_partition, exact.log_partition)},
            {"energy", z(found.energy, exact.energy)},
            {"free energy", z(found.free_energy, -exact.log_partition / beta)},
            {"entropy", z(found.entropy, beta * exact.energy + exact.log_partition)},
            {"heat capacity", z(found.heat_capacity, beta * beta * exact.energy_variance)},
            {"m", z(found.magnetisation, exact.m)},
            {"|m|", z(found.absolute_magnetisation, exact.absolute_m)},
            {"susceptibility", z(found.susceptibility, beta * static_cast<double>(sites) * exact.m_variance)},
            {"overlap", z(found.overlap.mean, exact.overlap)},
            {"its variance", z(found.overlap.variance, exact.overlap_variance)}};
}

}  // namespace

TEST_SUITE_BEGIN("observables");

TEST_CASE("discrete machines of all kinds at several temperatures: within the error bars of enumeration") {
    std::size_t machines = 0;
    for (const auto& pair : unit_pairs) {
        const std::string visible = pair.first, hidden = pair.second;  // clang 14 captures no bindings
        const Machine machine = random_machine<float>(visible, 4, hidden, 3, 17 + machines++, 0.6);
        if (!is_discrete(machine.visible) || !is_discrete(machine.hidden)) continue;
        CAPTURE(visible);
        CAPTURE(hidden);
        for (const double beta : {0.3, 1.0, 1.8}) {
            CAPTURE(beta);
            const Exact exact = enumerated(machine, beta);
            CHECK(exact.log_partition == doctest::Approx(exact_log_partition(machine, beta)));
            const Observables found = observed(machine, beta, 5);
            for (const Comparison& one : compared(found, exact, 4)) {
                CAPTURE(std::string(one.name));
                CHECK(std::abs(one.z) < 4);
            }
            // Error bars that say something.
            CHECK(found.energy.standard_error < 0.05 * std::sqrt(exact.energy_variance));
            CHECK(found.heat_capacity.standard_error < 0.15 * found.heat_capacity.value);
            CHECK(found.overlap.mean.standard_error < 0.05);
            CHECK(found.split_r_hat < 1.05);
            double total = 0;
            for (std::size_t bin = 0; bin < overlap_bins; ++bin) {
                total += found.overlap.shares[bin];
                CHECK(std::abs(found.overlap.shares[bin] - exact.shares[bin]) < 0.03);
            }
            CHECK(total == doctest::Approx(1));
            // Another temperature is told from this one.
            CHECK(std::abs(z(found.energy, enumerated(machine, 1.5 * beta).energy)) > 4);
        }
    }
    CHECK(machines > 9);
}

TEST_CASE("continuous units: energy and heat capacity are the slopes of the exact log Z") {
    for (const std::string visible : {"gaussian", "bernoulli"}) {
        const std::string hidden = visible == "gaussian" ? "bernoulli" : "gaussian";
        CAPTURE(visible);
        const Machine machine = random_machine<float>(visible, 3, hidden, 3, 4, 0.5);
        for (const double beta : {0.5, 1.0}) {
            const double step = 1e-3 * beta;
            const auto at = [&](double b) { return exact_log_partition(machine, b); };
            const Observables found = observed(machine, beta, 3, 3000);
            CHECK(std::abs(z(found.log_partition, at(beta))) < 4);
            CHECK(std::abs(z(found.energy, -(at(beta + step) - at(beta - step)) / (2 * step))) < 4);
            const double curvature = (at(beta + step) - 2 * at(beta) + at(beta - step)) / (step * step);
            CHECK(std::abs(z(found.heat_capacity, beta * beta * curvature)) < 4);
            CHECK(found.overlap.mean.value > -1);
            CHECK(found.overlap.mean.value < 1);
        }
    }
}

TEST_CASE("error bars are as wide as errors, of chains that hardly move by themselves too") {
    for (const bool slow : {false, true}) {
        CAPTURE(slow);
        const Machine machine = slow ? two_modes() : random_machine<float>("spin", 5, "spin", 3, 8, 0.4);
        const Exact exact = enumerated(machine, 1);
        const auto names = compared(observed(machine, 1, 1, 100), exact, 5);
        std::vector<Moments> all(names.size());
        constexpr std::uint64_t seeds = 40;
        for (std::uint64_t seed = 0; seed < seeds; ++seed) {
            const auto row = compared(observed(machine, 1, 100 + seed, slow ? 1000 : 400), exact, slow ? 6 : 5);
            for (std::size_t i = 0; i < row.size(); ++i) all[i].add(row[i].z * row[i].z);
        }
        for (std::size_t i = 0; i < all.size(); ++i) {
            CAPTURE(std::string(names[i].name));
            CHECK(all[i].mean() < 2);
            CHECK(all[i].mean() > 0.1);  // overlaps count each ladder twice, entropies add errors
        }
    }
}

TEST_CASE("a log Z that is known is taken as it is") {
    const Machine machine = random_machine<float>("bernoulli", 4, "bernoulli", 3, 2);
    const double exact = exact_log_partition(machine, 0.5);
    const Observables found = observed(machine, 0.5, 1, 200, exact);
    CHECK(found.log_partition.value == exact);
    CHECK(found.log_partition.standard_error == 0);
    CHECK(found.free_energy.value == doctest::Approx(-2 * exact));
    CHECK(found.entropy.standard_error == doctest::Approx(0.5 * found.energy.standard_error));
}

TEST_CASE("what cannot be measured is refused") {
    const Machine machine = random_machine<float>("bernoulli", 4, "bernoulli", 3, 2);
    Random random(1);
    CHECK_THROWS_AS(observables(machine, 1, machine.visible, settings_of(1, 100), random), InvalidArgument);
    CHECK_THROWS_AS(observables(machine, 1, machine.visible, settings_of(2, 7), random), InvalidArgument);
    CHECK_NOTHROW(observables(machine, 1, machine.visible, settings_of(2, 8), random));
    const Machine real = random_machine<float>("gaussian", 3, "bernoulli", 3, 2);
    CHECK_THROWS_AS(observables(real, -1, real.visible, settings_of(2, 100), random), InvalidArgument);
}

TEST_CASE("distances of moments: without bias, and their errors hold for rows of one distribution") {
    const auto rows_of = [](double rate, std::uint64_t seed) {
        Matrix rows(60, 5);
        for (std::size_t r = 0; r < rows.rows(); ++r)
            for (std::size_t i = 0; i < rows.cols(); ++i)
                rows(r, i) = uniform_from_bits(random_bits(Stream{seed, 0, 0}, r, i)) < rate ? 1.0F : 0.0F;
        return rows;
    };
    Moments same, same_z, apart;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        const MomentDistance one = moment_distance(rows_of(0.5, 3 * seed), rows_of(0.5, 3 * seed + 1));
        same.add(one.value);
        same_z.add(one.value / one.standard_error);
        apart.add(moment_distance(rows_of(0.5, 3 * seed), rows_of(0.8, 3 * seed + 2)).value);
    }
    CHECK(std::abs(same.z(0)) < 4);
    CHECK(same_z.variance() > 0.5);
    CHECK(same_z.variance() < 2);
    // <x x> differs by 0.8 - 0.5 on the diagonal, by 0.64 - 0.25 elsewhere.
    CHECK(std::abs(apart.z(5 * 0.3 * 0.3 + 20 * 0.39 * 0.39)) < 4);
    CHECK_THROWS_AS(moment_distance(Matrix(4, 3), Matrix(5, 3)), InvalidArgument);
    CHECK_THROWS_AS(moment_distance(Matrix(3, 3), Matrix(3, 3)), InvalidArgument);
}

TEST_CASE("chains from data and from noise meet where they mix, and do not where they are stuck") {
    Random random(3);
    Matrix ones(100, 6);
    ones.fill(1);
    // Without weights noise is the machine itself, and data are forgotten in one sweep.
    const Machine free = random_machine<float>("bernoulli", 6, "bernoulli", 2, 4, 0.0);
    const Relaxation at_once = relaxation(free, 1, ones, 20, random);
    CHECK(at_once.met == std::uint64_t{1});
    std::vector<std::uint64_t> sweeps;
    for (const RelaxationRow& row : at_once.rows) sweeps.push_back(row.sweeps);
    CHECK(sweeps == std::vector<std::uint64_t>{0, 1, 2, 3, 4, 6, 8, 12, 16, 20});
    CHECK_FALSE(at_once.rows[0].agrees());
    CHECK(at_once.rows[0].data_to_data.value == doctest::Approx(0));

    const Relaxation stuck = relaxation(two_modes(), 1, ones, 100, random);
    CHECK_FALSE(stuck.met);
    CHECK(stuck.rows.back().apart.value > 10 * stuck.rows.back().apart.standard_error);
    // Warm chains cross, after a while.
    const Relaxation warm = relaxation(two_modes(), 0.25, ones, 200, random);
    REQUIRE(warm.met);
    CHECK(*warm.met > 1);
    CHECK(*warm.met < 200);
    const double exact = enumerated(two_modes(), 0.25).energy;
    const RelaxationRow& last = warm.rows.back();
    CHECK(std::abs(last.energy_from_data - exact) < 4 * last.error_from_data);
    CHECK(std::abs(last.energy_from_noise - exact) < 4 * last.error_from_noise);

    CHECK_THROWS_AS(relaxation(free, 1, Matrix(7, 6), 5, random), InvalidArgument);
}

TEST_CASE("the communication barrier, by hand") {
    const auto of = [](std::vector<double> rates) { return communication(rates); };
    CHECK(of({1, 1}).barrier == 0);
    CHECK(of({1, 1}).rungs == 2);
    CHECK(of({1, 1}).expected == 0.5);
    const Communication half = of({0.5, 0.5});
    CHECK(half.barrier == doctest::Approx(1));
    CHECK(half.rungs == 3);
    CHECK(half.expected == doctest::Approx(1.0 / 6));
    CHECK(half.attainable == doctest::Approx(0.25));
    CHECK(of({0.75, 0.45, 1}).barrier == doctest::Approx(0.8));
    CHECK(of({0.75, 0.45, 1}).rungs == 3);
    CHECK(of({0.9, 0}).expected == 0);
}

TEST_CASE("round trips come as often as the barrier says where each sweep forgets the state before") {
    Machine machine(Spin(20), Spin(1));
    std::get<Spin>(machine.visible).bias.assign(20, 1.0F);
    const Bridge bridge(machine, uniform_base(machine));
    Random random(11);
    TemperedChains chains =
        TemperedChains::start(bridge, std::vector<float>{0, 0.15F, 0.3F, 0.5F, 0.7F, 1}, 20, random);
    Tempering{.steps = 100}.step(bridge, chains, random);
    chains.reset_counts();
    Tempering{.steps = 2000}.step(bridge, chains, random);
    const Communication seen = communication(chains.swap_rates);
    const double found = static_cast<double>(chains.round_trips) / 20 / 2000;
    CHECK(seen.barrier > 0.5);
    CHECK(found == doctest::Approx(seen.expected).epsilon(0.06));
    CHECK(found < seen.attainable);
}

TEST_SUITE_END();

}  // namespace observables_test
