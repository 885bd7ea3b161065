// SPDX-License-Identifier: MIT
#include "rbm/method/proofs.h"

#include <fmt/format.h>

#include <cmath>

#include "rbm/check/chains.h"
#include "rbm/check/submachine.h"
#include "rbm/kernels/error.h"
#include "rbm/model/bridge.h"
#include "rbm/model/labels.h"
#include "rbm/trainer/exact_likelihood.h"

namespace rbm {
namespace {

using checks::Run;

constexpr std::size_t sampler_steps = 3;
/// Mean gradients are of blocks of batches of rows; blocks are nearly independent of each other.
constexpr std::size_t block_count = 64, block_batches = 4, batch_rows = 64, warm_up = 64;
constexpr std::size_t batch_count_of_trial = warm_up + block_count * block_batches;
/// In standard errors of 64 blocks; of 50 values one is beyond 8 once in 10^9 runs.
constexpr double largest_deviation = 8;
/// Labels of objectives that learn them.
constexpr std::size_t proof_classes = 2;

/// Settings of a sampler, with a step size that needs no search: chains that adapt do not keep the distribution.
SettingValues settings_of_proof(const SamplerMethod& method, const Machine& part) {
    SettingValues values(method.settings);
    if (has_setting(method, "step-size") && !is_discrete(part.visible)) values.set("step-size", "0.5");
    return values;
}

Matrix exact_draws(const Machine& source, std::size_t count, std::uint64_t seed) {
    const CheckedFunctions functions;
    const Run run{source, precise(source), functions, seed};
    Random random = Random(seed).fork(11);
    return checks::exact_start(run, source, checks::discrete_side(source), count, random).chains.visible;
}

void set_labels(const Machine& machine, Matrix& rows) {
    const auto [off, on] = label_values(machine.visible, "proof");
    for (std::size_t r = 0; r < rows.rows(); ++r)
        for (std::size_t c = 0; c < proof_classes; ++c)
            rows(r, rows.cols() - proof_classes + c) = r % proof_classes == c ? on : off;
}

Units base_of_draws(const Machine& machine, const Matrix& draws) {
    return base_of_data(machine, Dataset::view_floats(draws.rows(), draws.cols(), draws.values()));
}

std::vector<double> values_of(const Machine& machine) {
    std::vector<double> values;
    machine.each_parameter([&](std::string_view, auto part) { values.insert(values.end(), part.begin(), part.end()); });
    return values;
}

/// An objective at a machine, on batches of draws, from its first update on.
class Trial {
  public:
    Trial(const ObjectiveMethod& method, const Machine& machine, const Matrix& draws, std::uint64_t seed)
        : machine_(machine), draws_(draws), settings_(method.settings), random_(Random(seed).fork(7)) {
        objective_ = method.make({.settings = settings_,
                                  .chains = batch_rows,
                                  .classes = method.learns_labels ? proof_classes : 0,
                                  .base = [&] { return base_of_draws(machine, draws); }});
        const std::size_t chains = objective_.negative_rows(0);
        phase_.visible.resize(chains, machine.visible_count());
        std::copy_n(draws.data(), phase_.visible.values().size(), phase_.visible.data());
        phase_.hidden = machine.sample_hidden(phase_.visible, random_);
    }

    std::vector<double> next_gradient() {
        workspace_.resize(machine_, batch_rows, objective_.negative_rows(batch_rows));
        const std::size_t size = batch_rows * draws_.cols();
        std::copy_n(draws_.data() + size * (batch_++ % (draws_.rows() / batch_rows)), size, workspace_.visible.data());
        std::fill_n(workspace_.row_weights.begin(), batch_rows, 1.0F / batch_rows);
        Machine gradient = machine_.zeros_like();
        objective_.add_gradient(machine_, batch_rows, phase_, random_, workspace_, gradient);
        return values_of(gradient);
    }
    double loss() const { return workspace_.loss.value_or(std::nan("")); }

  private:
    const Machine& machine_;
    const Matrix& draws_;
    SettingValues settings_;
    Random random_;
    AnyObjective objective_;
    NegativePhase phase_;
    GradientWorkspace workspace_;
    std::size_t batch_ = 0;
};

/// Mean gradient, and how many standard errors each of its values is from 0.
struct MeanGradient {
    std::vector<double> mean, deviations;
    double largest() const {
        double result = 0;
        for (const double one : deviations) result = checks::larger(result, one);
        return result;
    }
};

MeanGradient mean_gradient(Trial& trial, std::size_t values) {
    for (std::size_t b = 0; b < warm_up; ++b) trial.next_gradient();
    MeanGradient result{std::vector<double>(values), std::vector<double>(values)};
    std::vector<double> squares(values);
    for (std::size_t block = 0; block < block_count; ++block) {
        std::vector<double> sum(values);
        for (std::size_t b = 0; b < block_batches; ++b) {
            const std::vector<double> one = trial.next_gradient();
            for (std::size_t i = 0; i < values; ++i) sum[i] += one[i] / block_batches;
        }
        for (std::size_t i = 0; i < values; ++i) {
            result.mean[i] += sum[i] / block_count;
            squares[i] += sum[i] * sum[i] / block_count;
        }
    }
    for (std::size_t i = 0; i < values; ++i) {
        const double variance = std::max(0.0, squares[i] - result.mean[i] * result.mean[i]) / (block_count - 1);
        result.deviations[i] = result.mean[i] == 0 ? 0 : std::abs(result.mean[i]) / std::sqrt(variance);
    }
    return result;
}

/// The cosine between two directions.
double cosine(const std::vector<double>& a, const std::vector<double>& b) {
    double product = 0, first = 0, second = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        product += a[i] * b[i];
        first += a[i] * a[i];
        second += b[i] * b[i];
    }
    return product / std::sqrt(first * second);
}

void add_consistency(const ObjectiveMethod& method, const Machine& part, std::uint64_t seed, const std::string& size,
                     std::vector<CheckResult>& results) {
    constexpr std::size_t count = batch_rows * batch_count_of_trial;
    const std::size_t values = values_of(part).size();
    const Matrix own = exact_draws(part, count, seed);
    Trial at_rest(method, part, own, seed);
    results.push_back({method.name + ", own data",
                       fmt::format("mean gradient on draws of the machine with 0, in standard errors; {}", size),
                       mean_gradient(at_rest, values).largest(), largest_deviation});

    Machine other = part;
    Random random = Random(seed).fork(13);
    other.each_parameter([&](std::string_view, auto part_values) {
        for (float& value : part_values) value += static_cast<float>(checks::uniform(random) - 0.5);
    });
    const Matrix others = exact_draws(other, count, seed + 1);
    Trial moved(method, part, others, seed);
    const MeanGradient gradient = mean_gradient(moved, values);
    PreciseMachine slope = precise(part);
    const Dataset data = Dataset::from_floats(others.rows(), others.cols(),
                                              std::vector<float>(others.values().begin(), others.values().end()));
    ExactLikelihood(part, data)(precise(part), &slope);
    std::vector<double> uphill;
    slope.each_parameter([&](std::string_view, auto one) { uphill.insert(uphill.end(), one.begin(), one.end()); });
    // Losses are to fall and likelihoods to rise: opposite directions, at an angle of less than 84 degrees.
    results.push_back({method.name + ", other data",
                       fmt::format("angle to the exact gradient of the likelihood: cosine, with -1; {}", size),
                       1 + cosine(gradient.mean, uphill), 0.9});
    results.push_back(
        {method.name + ", other data differ",
         fmt::format("how surely the gradient is not 0: {} standard errors over theirs; {}", largest_deviation, size),
         largest_deviation / gradient.largest(), 1});
}

void add_slope(const ObjectiveMethod& method, const Machine& part, std::uint64_t seed, const std::string& size,
               std::vector<CheckResult>& results) {
    constexpr float step = 0.02F;
    Matrix draws = exact_draws(part, batch_rows, seed);
    if (method.learns_labels) set_labels(part, draws);
    const std::vector<double> found = Trial(method, part, draws, seed).next_gradient();
    Machine varied = part;
    const auto loss = [&] {
        Trial trial(method, varied, draws, seed);
        trial.next_gradient();
        return trial.loss();
    };
    double largest = 0, difference = 0;
    std::size_t i = 0;
    varied.each_parameter([&](std::string_view, auto values) {
        for (float& value : values) {
            const float before = value;
            value = before + step;
            const double above = loss();
            value = before - step;
            const double below = loss();
            value = before;
            difference = checks::larger(difference, std::abs((above - below) / (2 * step) - found[i]));
            largest = std::max(largest, std::abs(found[i++]));
        }
    });
    results.push_back({method.name + ", slope",
                       fmt::format("gradient with differences of its loss, over the largest value; {}", size),
                       difference / largest, 0.02});
}

}  // namespace

std::vector<CheckResult> prove(const SamplerMethod& method, const Machine& machine, std::uint64_t seed) {
    if (method.proof != SamplerMethod::Proof::keeps_distribution) return {};
    const Machine part = strongest_part(machine, 6, 6);
    const CheckedFunctions functions;
    Run run{machine, precise(machine), functions, seed};
    const SettingValues settings = settings_of_proof(method, part);
    const checks::Move move = [&](const Machine& of, Chains& chains, Random& random) {
        const auto running = method.start({.machine = of,
                                           .settings = settings,
                                           .chains = chains.count(),
                                           .steps = sampler_steps,
                                           .start = chains.visible,
                                           .ladder = method.needs_ladder ? scaled_ladder(of) : MachineLadder{}},
                                          random);
        for (std::size_t step = 0; step < sampler_steps; ++step) running->step(random);
        running->states(chains.visible);
        draw_hidden(of, chains, random);
    };
    try {
        require_units(method, part.visible);
        checks::add_test(
            run, method.name + " keeps p",
            fmt::format("states after {} steps from exact draws with exact p; {}", sampler_steps,
                        checks::size_text(part, machine)),
            [&](Random& random) { return checks::test_stationarity(run, part, method.proof_chains, move, random); });
    } catch (const Unsupported&) {
        return {};
    }
    return run.results;
}

std::vector<CheckResult> prove(const ObjectiveMethod& method, const Machine& machine, std::uint64_t seed) {
    if (!method.make || method.proof == ObjectiveMethod::Proof::elsewhere) return {};
    const Machine part = strongest_part(machine, 4, 3);
    const std::string size = checks::size_text(part, machine);
    std::vector<CheckResult> results;
    try {
        if (method.proof == ObjectiveMethod::Proof::consistent)
            add_consistency(method, part, seed, size, results);
        else
            add_slope(method, part, seed, size, results);
    } catch (const Unsupported&) {
        return {};
    }
    return results;
}

MachineLadder scaled_ladder(const Machine& machine) {
    MachineLadder ladder;
    for (const float scale : {0.0F, 0.5F}) {
        Machine scaled = machine;
        for (float& weight : scaled.weights.values()) weight *= scale;
        ladder.push_back(std::make_shared<const Machine>(std::move(scaled)));
    }
    return ladder;
}

std::vector<CheckResult> method_checks(const Machine& machine, std::uint64_t seed, const Control& control) {
    std::vector<CheckResult> all;
    Work work(control, "methods", sampler_methods().size() + objective_methods().size());
    const auto add = [&](std::vector<CheckResult> results) {
        for (CheckResult& one : results) all.push_back(std::move(one));
        work.advance();
    };
    for (const SamplerMethod& row : sampler_methods()) add(prove(row, machine, seed));
    for (const ObjectiveMethod& row : objective_methods()) add(prove(row, machine, seed));
    return all;
}

}  // namespace rbm
