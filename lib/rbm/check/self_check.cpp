// SPDX-License-Identifier: MIT
#include "rbm/check/self_check.h"

#include <fmt/format.h>

#include <cmath>

#include "rbm/check/parts.h"
#include "rbm/estimate/monitor.h"
#include "rbm/kernels/error.h"
#include "rbm/kernels/ops.h"

namespace rbm {
namespace checks {

std::string size_text(const Machine& machine) {
    return fmt::format("{} x {}", machine.visible_count(), machine.hidden_count());
}

std::string size_text(const Machine& part, const Machine& whole) {
    const bool smaller = part.weights.values().size() < whole.weights.values().size();
    return (smaller ? "strongest " : "") + size_text(part);
}

double larger(double a, double b) { return std::isnan(a) || a > b ? a : b; }

double worst(std::span<const double> found, std::span<const double> expected, std::span<const double> scale) {
    double result = 0;
    for (std::size_t i = 0; i < found.size(); ++i)
        result = larger(result, found[i] == expected[i] && std::isfinite(found[i])
                                    ? 0
                                    : std::abs(found[i] - expected[i]) / scale[i]);
    return result;
}

double worst(std::span<const double> found, std::span<const double> expected) {
    std::vector<double> scale;
    for (const double value : expected) scale.push_back(std::max(1.0, std::abs(value)));
    return worst(found, expected, scale);
}

std::vector<double> magnitudes(const PreciseMachine& machine, const Precise& visible) {
    Precise scratch, states = visible, weights = machine.weights;
    const ConstDoubleView statistics = statistic(machine.visible, visible, scratch);
    states.resize(statistics.rows, statistics.cols);
    for (std::size_t r = 0; r < statistics.rows; ++r)
        for (std::size_t i = 0; i < statistics.cols; ++i) states(r, i) = std::abs(statistics.row(r)[i]);
    for (double& weight : weights.values()) weight = std::abs(weight);
    Precise field(visible.rows(), machine.hidden_count());
    multiply(states, weights, field.view());
    std::vector<double> own(visible.rows()), other(visible.rows());
    add_energy(machine.visible, visible, own);
    add_log_normalizer(machine.hidden, field, BetaOf<double>{}, other);
    for (std::size_t r = 0; r < own.size(); ++r) own[r] = 1 + std::abs(own[r]) + std::abs(other[r]);
    return own;
}

void check_identities(Run& run) {
    const auto& oracle = run.oracle;
    const std::string size = fmt::format("{} states, {}", run.visible.rows(), size_text(run.machine));
    const std::vector<double> scale = magnitudes(oracle, run.precise_visible);
    const std::vector<double> free = run.functions.free_energy(oracle, run.precise_visible);
    const std::vector<double> joint = run.functions.energy(oracle, run.precise_visible, run.precise_hidden);
    const Precise means = oracle.hidden_mean(run.precise_visible);
    std::vector<double> by_chain_rule = joint;
    add_log_probability(oracle.hidden, run.precise_hidden, means, by_chain_rule);
    run.add("chain rule", fmt::format("E(v,h) + log p(h|v) with F(v); {}", size), worst(by_chain_rule, free, scale),
            1e-10);
    run.add("energy, float", fmt::format("E(v,h) in float with double; {}", size),
            worst(run.functions.float_energy(run.machine, run.visible, run.hidden), joint, scale), 1e-6);
    run.add("free energy, float", fmt::format("F(v) in float with double; {}", size),
            worst(run.functions.float_free_energy(run.machine, run.visible), free, scale), 1e-6);
}

}  // namespace checks

namespace {

template <class Sampler>
void take_step(const Machine& machine, Chains& chains, Random& random, const Sampler& sampler) {
    sampler.step(machine, chains, random);
}

std::vector<const Backend*> all_but_reference() {
    std::vector<const Backend*> found;
    for (const std::string_view name : available_backends())
        if (name != reference_backend().name()) found.push_back(&backend_named(name));
    return found;
}

}  // namespace

CheckedFunctions::CheckedFunctions()
    : float_free_energy([](const auto& machine, const auto& v) { return machine.free_energy(v); }),
      float_energy([](const auto& machine, const auto& v, const auto& h) { return machine.energy(v, h); }),
      free_energy([](const auto& machine, const auto& v) { return machine.free_energy(v); }),
      hidden_free_energy([](const auto& machine, const auto& h) { return machine.hidden_free_energy(h); }),
      energy([](const auto& machine, const auto& v, const auto& h) { return machine.energy(v, h); }),
      free_energy_gradient(
          [](const auto& machine, const auto& v, auto weights) { return machine.free_energy_gradient(v, weights); }),
      energy_gradient([](const auto& machine, const auto& v, const auto& h, auto weights) {
          return machine.energy_gradient(v, h, weights);
      }),
      score([](const auto& machine, const auto& v) { return machine.score(v); }),
      log_partition([](const auto& machine, Side side) { return exact_log_partition(machine, side); }),
      sample([](const auto& machine, auto& chains, auto& random, std::size_t sweeps) {
          BlockGibbs{sweeps}.step(machine, chains, random);
      }),
      metropolis(take_step<Metropolis>),
      annealing(take_step<SimulatedAnnealing>),
      gibbs_with_gradients(take_step<GibbsWithGradients>),
      langevin(take_step<Langevin>),
      gibbs_langevin(take_step<GibbsLangevin>),
      temper([](const auto& bridge, auto& chains, auto& random, std::size_t sweeps) {
          Tempering{sweeps}.step(bridge, chains, random);
      }),
      backends(all_but_reference()) {}

std::vector<CheckResult> self_check(const Machine& machine, std::uint64_t seed, const CheckedFunctions& functions,
                                    const Control& control) {
    checks::Run run{machine, precise(machine), functions, seed};
    // States that the machine itself brings forth: elsewhere fields are so strong that errors could hide.
    Random random = Random(seed).fork(1);
    Chains chains = Chains::from_noise(machine, 4, random);
    BlockGibbs{10}.step(machine, chains, random);
    run.visible = chains.visible;
    run.hidden = chains.hidden;
    run.precise_visible = precise(run.visible);
    run.precise_hidden = precise(run.hidden);
    const auto all = {checks::check_identities, checks::check_enumeration, checks::check_gradients, checks::check_score,
                      checks::check_partition,  checks::check_sampler,     checks::check_flips,     checks::check_steps,
                      checks::check_tempering,  checks::check_kernels};
    Work work(control, "checking", all.size());
    for (const auto check : all) {
        check(run);
        work.advance();
    }
    return std::move(run.results);
}

std::vector<CheckResult> self_check_data(const Machine& machine, const Dataset& data, const Stream& stream,
                                         const CheckedFunctions& functions, const Control& control) {
    Work work(control, "checking", 2 * data.rows());
    std::vector<CheckResult> results;
    double bad = 0;
    for (const double value : free_energies(machine, data, stream, 1, work.part())) bad += std::isfinite(value) ? 0 : 1;
    results.push_back(
        {"data, free energies", fmt::format("rows whose F(v) is not finite, of {}", data.rows()), bad, 0});
    const double error = reconstruction_error(machine, data, stream, work.part());
    results.push_back({"data, reconstruction", "mean squared error per unit is finite: 0, else 1",
                       std::isfinite(error) ? 0.0 : 1.0, 0});
    const Dataset sample = data.spread(64);
    Matrix rows(sample.rows(), sample.cols());
    sample.fill(0, stream, rows);
    const checks::Precise precise_rows = precise(rows);
    const PreciseMachine oracle = precise(machine);
    results.push_back(
        {"data, float", fmt::format("F(v) in float with double; {} rows", rows.rows()),
         checks::worst(functions.float_free_energy(machine, rows), functions.free_energy(oracle, precise_rows),
                       checks::magnitudes(oracle, precise_rows)),
         1e-6});
    return results;
}

Machine example_machine(std::string_view visible_kind, std::size_t visible, std::string_view hidden_kind,
                        std::size_t hidden, std::uint64_t seed, double size) {
    constexpr std::size_t states = 3;  // of sites that can have any number
    Machine machine(make_units<float>(visible_kind, visible, states), make_units<float>(hidden_kind, hidden, states));
    const Stream stream = Random(seed).fork(2).next();
    std::size_t parameter = 0;
    machine.each_parameter([&](const Parameter& of, std::span<float> values) {
        // Narrow spread of log sigma: Gaussian units of comparable widths.  Weights as of a trained machine: a unit's
        // field is of order 1 whatever the size of the other side.
        double scale = of.role == Role::log_scale ? 0.3 * size : size;
        if (of.name == "weights") scale *= 4 / std::sqrt(static_cast<double>(visible + hidden));
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = static_cast<float>(scale * static_cast<double>(normal_at(stream, parameter, i)));
        ++parameter;
    });
    return machine;
}

std::vector<std::pair<std::string, std::string>> machine_kinds() {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const UnitRow& visible : unit_rows())
        for (const UnitRow& hidden : unit_rows())
            if (visible.bounded || hidden.bounded) pairs.emplace_back(visible.name, hidden.name);
    return pairs;
}

}  // namespace rbm
