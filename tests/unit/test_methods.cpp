// SPDX-License-Identifier: MIT
// The tables: every row says all there is to say, its settings make sense, and what it claims is proved.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "rbm/check/self_check.h"
#include "rbm/estimate/exact.h"
#include "rbm/io/checkpoint_file.h"
#include "rbm/io/ladder_file.h"
#include "rbm/kernels/error.h"
#include "rbm/method/objectives.h"
#include "rbm/method/partitions.h"
#include "rbm/method/proofs.h"
#include "rbm/method/recipes.h"
#include "rbm/method/samplers.h"
#include "rbm/method/trajectory_chains.h"
#include "rbm/model/labels.h"
#include "rbm/sampler/block_gibbs.h"
#include "rbm/sampler/gibbs_with_gradients.h"
#include "rbm/sampler/metropolis.h"
#include "tests/support/temporary_file.h"

namespace {

using namespace rbm;

template <class Row>
void check_rows(const std::vector<Row>& rows) {
    std::set<std::string> names;
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CHECK(names.insert(row.name).second);
        CHECK(!row.help.empty());
        CHECK(row.help.size() <= 56);  // beside its name in a line of --help
        CHECK(!row.source.empty());
        if constexpr (requires { row.proof; })
            CHECK((row.proof == Row::Proof::elsewhere) == !row.proof_elsewhere.empty());
        for (const Setting& one : row.settings) {
            CAPTURE(one.name);
            CHECK(!one.help.empty());
            CHECK((one.kind == Setting::Kind::word) == !one.words.empty());
            CHECK((one.fallback.empty()) == !one.shown_default.empty());
            if (one.kind == Setting::Kind::word && !one.fallback.empty())
                CHECK(std::ranges::find(one.words, one.fallback) != one.words.end());
            // One name, one meaning: the same setting in another row has the same range and default.
            for (const Row& other : rows)
                for (const Setting& same : other.settings)
                    if (same.name == one.name) {
                        CHECK(same.help == one.help);
                        CHECK(same.fallback == one.fallback);
                        CHECK(same.least == one.least);
                        CHECK(same.range.low == one.range.low);
                    }
        }
    }
}

std::vector<Machine> machines() {
    std::vector<Machine> all;
    for (const auto& [visible, hidden] : machine_kinds()) all.push_back(example_machine(visible, 5, hidden, 4, 3, 0.4));
    return all;
}

/// Every row with a proof of its own gives results on some kind of machine, and all of them hold.
template <class Row>
void check_proofs(const std::vector<Row>& rows) {
    const std::vector<Machine> all = machines();
    for (const Row& row : rows) {
        CAPTURE(row.name);
        std::size_t count = 0;
        for (const Machine& machine : all)
            for (const CheckResult& result : prove(row, machine, 1)) {
                CAPTURE(kind(machine.visible));
                CAPTURE(kind(machine.hidden));
                ++count;
                CHECK_MESSAGE(result.passed(), result.name, ": ", result.compared, ": ", result.difference);
            }
        CHECK((count > 0) == (row.proof != Row::Proof::elsewhere));
    }
}

Matrix samples_of(const Machine& machine, std::size_t count) {
    Random random(6);
    Chains chains = Chains::from_noise(machine, count, random);
    BlockGibbs{50}.step(machine, chains, random);
    return chains.visible;
}

/// Objectives that keep numbers of their own: here the sum of all first pixels, which scales the gradient.
struct Counting {
    std::size_t negative_rows(std::size_t) const { return 0; }
    void add_gradient(const Machine& machine, std::size_t batch, NegativePhase& phase, Random&,
                      GradientWorkspace& workspace, Machine& gradient) const {
        std::vector<double>& sum = phase.kept["first pixels"];
        sum.resize(1);
        for (std::size_t b = 0; b < batch; ++b) sum[0] += static_cast<double>(workspace.visible(b, 0));
        workspace.hidden_mean.fill(0.5F);
        for (float& slope : gradient.weights.values()) slope += static_cast<float>(0.01 * sum[0]);
        static_cast<void>(machine);
    }
};

Dataset bits_for(const Machine& machine, std::size_t classes) {
    Random random(5);
    std::vector<float> values(24 * machine.visible_count());
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::size_t column = i % machine.visible_count(), row = i / machine.visible_count();
        const bool label = column + classes >= machine.visible_count();
        const bool on = label ? (row % 2 == column % 2) : random() % 2 == 0;
        values[i] = on ? 1.0F : 0.0F;
    }
    return Dataset::from_floats(24, machine.visible_count(), values);
}

/// The run of two epochs in one piece, and by way of a file after each batch.
void check_resume(const Machine& machine, const AnyObjective& objective, const Dataset& data, const std::string& name) {
    TrainSettings settings;
    settings.epochs = 2;
    settings.batch_size = 10;
    const TrainState start = start_training(machine, data, settings, objective.negative_rows(0), 9);
    TrainState whole = start;
    train(whole, objective, data, settings);  // may throw Unsupported

    Checkpoint checkpoint;
    checkpoint.model.machine = machine;
    checkpoint.state = start;
    const rbm::test::TemporaryFolder folder("methods-" + name);
    const std::string path = folder.path() + "/checkpoint.safetensors";
    for (int batches = 0;; ++batches) {
        REQUIRE(batches < 20);
        const std::uint64_t before = checkpoint.state.update.updates;
        Control one_batch;
        one_batch.cancelled = [&] { return checkpoint.state.update.updates > before; };
        try {
            train(checkpoint.state, objective, data, settings, {}, {}, one_batch);
            break;
        } catch (const Cancelled&) {
        }
        if (const Trajectory& ladder = checkpoint.state.chains.trajectory; !ladder.machines.empty())
            save_ladder(ladder_beside(path), {ladder.machines, ladder.updates});
        save_checkpoint(path, checkpoint);
        checkpoint = load_checkpoint(path);
    }
    CHECK(checkpoint.state.machine == whole.machine);
    CHECK(checkpoint.state.chains.kept == whole.chains.kept);
}

/// The row with another way to make its objective.
ObjectiveMethod spoiled(ObjectiveMethod row, std::function<void(Machine&)> spoil) {
    row.make = [make = row.make, spoil](const ObjectiveInputs& inputs) {
        AnyObjective objective = make(inputs);
        const auto right = objective.add_gradient;
        objective.add_gradient = [right, spoil](const Machine& machine, std::size_t batch, NegativePhase& phase,
                                                Random& random, GradientWorkspace& workspace, Machine& gradient) {
            Machine own = machine.zeros_like();
            right(machine, batch, phase, random, workspace, own);
            spoil(own);
            gradient = own;
        };
        return objective;
    };
    return row;
}

bool fails(const ObjectiveMethod& row, const Machine& machine) {
    return std::ranges::any_of(prove(row, machine, 1), [](const CheckResult& result) { return !result.passed(); });
}

}  // namespace

TEST_SUITE("methods") {
    TEST_CASE("every row says all there is to say") {
        check_rows(objective_methods());
        check_rows(sampler_methods());
        check_rows(partition_methods());
    }

    TEST_CASE("values of settings begin at their defaults and are told by type") {
        SettingValues values(objective_method("fpcd").settings);
        CHECK(values.count("steps") == 1);
        CHECK(values.real("fast-rate") == 0.05F);
        CHECK(values.text("steps-schedule") == "constant");
        CHECK(!values.optional_count("chains"));
        values.set("chains", "7");
        CHECK(values.optional_count("chains") == 7);
        CHECK_THROWS_AS(values.count("steps-schedule"), InvalidArgument);
        CHECK_THROWS_AS(values.real("no-such"), InvalidArgument);
        CHECK_THROWS_AS(objective_method("no-such"), InvalidArgument);
        CHECK_THROWS_AS(sampler_method("no-such"), InvalidArgument);
        CHECK_THROWS_AS(partition_method("no-such"), InvalidArgument);
    }

    TEST_CASE("classifiers have defaults of their own: 2.0 % of MNIST's labels are wrong with them, 4.4 % without") {
        for (const ObjectiveMethod& row : objective_methods()) {
            CAPTURE(row.name);
            CHECK(row.initial_weights == (row.learns_labels ? 0.03F : 0.0F));
            if (!row.keeps_ladder) CHECK(row.rate_per_sample == (row.learns_labels ? 0.05F : 0.0F));
        }
    }
    TEST_CASE("recipes name an algorithm and settings that it has") {
        for (const Recipe& recipe : recipes()) {
            CAPTURE(recipe.name);
            const ObjectiveMethod& row = objective_method(recipe.text("algorithm"));
            for (const Setting& one : settings_of(objective_methods()))
                if (!recipe.text(one.name).empty()) CHECK(has_setting(row, one.name));
        }
    }

    TEST_CASE("what the rows of samplers claim holds") { check_proofs(sampler_methods()); }
    TEST_CASE("samplers begin at the states, and move at the beta, that they are given") {
        for (const SamplerMethod& row : sampler_methods()) {
            CAPTURE(row.name);
            for (const char* kind : {"bernoulli", "gaussian"}) {
                CAPTURE(kind);
                Machine machine(make_units<float>(kind, 1, 2), Bernoulli(1));
                std::ranges::fill(location(machine.visible), 1.0F);
                try {
                    require_units(row, machine.visible);
                } catch (const Unsupported&) {
                    continue;
                }
                Matrix start(2000, 1);
                for (std::size_t c = 0; c < start.rows(); ++c) start(c, 0) = c % 3 == 0 ? 1.0F : 0.0F;
                SettingValues settings(row.settings);
                SamplerInputs inputs{.machine = machine, .settings = settings, .chains = start.rows(), .steps = 60};
                inputs.start = start;
                inputs.beta = 2;
                if (row.needs_ladder) inputs.ladder = scaled_ladder(machine);
                Random random(5);
                const auto chains = row.start(inputs, random);
                CHECK(chains->count() == start.rows());
                Matrix states(start.rows(), 1);
                chains->states(states.view());
                CHECK(states == start);
                for (int step = 0; step < 60; ++step) chains->step(random);
                if (!row.stationary) continue;  // annealing ends elsewhere
                chains->states(states.view());
                double mean = 0, square = 0;
                for (const float x : states.values()) {
                    mean += static_cast<double>(x) / 2000;
                    square += static_cast<double>(x) * static_cast<double>(x) / 2000;
                }
                // Five standard errors of what beta 2 gives; beta 1 gives 0.73, or a variance of 1.
                if (std::string_view(kind) == "bernoulli")
                    CHECK(std::abs(mean - 1 / (1 + std::exp(-2.0))) < 5 * 0.0073);
                else
                    CHECK(std::abs(square - mean * mean - 0.5) < 5 * 0.016 + 0.02);
            }
        }
    }
    TEST_CASE("samplers report these facts about themselves") {
        const auto facts_of = [](const char* name, const char* kind) {
            const Machine machine = example_machine(kind, 4, "bernoulli", 3, 3, 0.4);
            const SettingValues settings(sampler_method(name).settings);
            Random random(6);
            const auto chains = sampler_method(name).start(
                {.machine = machine, .settings = settings, .chains = 10, .steps = 50}, random);
            for (int step = 0; step < 50; ++step) chains->step(random);
            std::string names;
            for (const auto& fact : chains->report().facts) names += fact.first + " ";
            return names;
        };
        CHECK(facts_of("gibbs", "bernoulli").empty());
        CHECK(facts_of("metropolis", "bernoulli") == "acceptance ");
        CHECK(facts_of("gibbs-with-gradients", "bernoulli") == "acceptance ");
        CHECK(facts_of("tempering", "bernoulli") ==
              "ladder swap_rates lowest_swap_rate round_trips_per_ladder expected_round_trips_per_ladder "
              "attainable_round_trips_per_ladder communication_barrier rungs_wanted ");
        CHECK(facts_of("mala", "gaussian") == "acceptance acceptance_wanted step_size step_size_sought ");
        CHECK(facts_of("langevin", "gaussian") == "step_size step_size_sought ");
    }
    TEST_CASE("a step is one sweep, or ten proposals by gradients") {
        const Machine machine = example_machine("bernoulli", 6, "bernoulli", 4, 3, 0.4);
        const Matrix start = samples_of(machine, 20);
        const auto check = [&](const char* name, const auto& sampler) {
            CAPTURE(name);
            const SettingValues settings(sampler_method(name).settings);
            SamplerInputs inputs{.machine = machine, .settings = settings, .chains = 20, .steps = 10};
            inputs.start = start;
            Random random(7), same(7);
            const auto running = sampler_method(name).start(inputs, random);
            running->step(random);
            Chains chains = Chains::from_data(machine, start, same);
            sampler.step(machine, chains, same);
            Matrix states(20, 6);
            running->states(states.view());
            CHECK(states == chains.visible);
        };
        check("gibbs", BlockGibbs{.steps = 1});
        check("metropolis", Metropolis{.steps = 1});
        check("gibbs-with-gradients", GibbsWithGradients{.steps = 10});
    }
    TEST_CASE("a batch sees nothing of larger ones before it") {
        for (const Machine& machine : machines())
            for (const ObjectiveMethod& row : objective_methods()) {
                if (!row.make) continue;
                CAPTURE(row.name);
                CAPTURE(kind(machine.visible));
                CAPTURE(kind(machine.hidden));
                constexpr std::size_t classes = 2;
                const Matrix samples = samples_of(machine, 9);
                const auto gradient = [&](std::size_t first, std::size_t rows, GradientWorkspace& workspace) {
                    const SettingValues settings(row.settings);
                    const AnyObjective objective = row.make(
                        {.settings = settings, .chains = 4, .classes = row.learns_labels ? classes : 0, .base = [&] {
                             return machine.visible;
                         }});
                    Random random(8);
                    NegativePhase phase;
                    phase.visible.resize(objective.negative_rows(0), machine.visible_count());
                    phase.hidden = machine.sample_hidden(phase.visible, random);
                    workspace.resize(machine, rows, objective.negative_rows(rows));
                    std::copy_n(samples.row(first).data(), rows * samples.cols(), workspace.visible.data());
                    if (row.learns_labels) {
                        const auto [off, on] = label_values(machine.visible, "test");
                        for (std::size_t r = 0; r < rows; ++r)
                            for (std::size_t c = 0; c < classes; ++c)
                                workspace.visible(r, samples.cols() - classes + c) = r % classes == c ? on : off;
                    }
                    std::fill_n(workspace.row_weights.begin(), rows, 1.0F / static_cast<float>(rows));
                    Machine result = machine.zeros_like();
                    objective.add_gradient(machine, rows, phase, random, workspace, result);
                    return result;
                };
                GradientWorkspace fresh, used;
                try {
                    const Machine expected = gradient(0, 3, fresh);
                    gradient(0, 9, used);
                    CHECK(gradient(0, 3, used) == expected);
                } catch (const Unsupported&) {
                }
            }
    }
    TEST_CASE("proofs are counted one by one") {
        const Machine machine = example_machine("bernoulli", 3, "bernoulli", 2, 3, 0.4);
        struct Enough {};
        const Control control{[](const ProgressReport& report) {
                                  CHECK(report.done == 1);
                                  CHECK(report.total == sampler_methods().size() + objective_methods().size());
                                  throw Enough{};
                              },
                              {}};
        CHECK_THROWS_AS(method_checks(machine, 1, control), Enough);
    }
    TEST_CASE("what the rows of objectives claim holds") { check_proofs(objective_methods()); }

    TEST_CASE("the intervals of log Z hold the exact value, and progress counts to what the row says") {
        for (const Machine& machine : machines()) {
            const Bridge bridge(machine, machine.visible);
            const double exact = exact_log_partition(machine);
            for (const PartitionMethod& row : partition_methods()) {
                if (row.is_exact()) continue;
                for (const bool with_data : {false, true}) {
                    CAPTURE(row.name);
                    CAPTURE(with_data);
                    CAPTURE(kind(machine.visible));
                    CAPTURE(kind(machine.hidden));
                    SettingValues settings(row.settings);
                    settings.set("betas", "200");
                    if (has_setting(row, "steps")) settings.set("steps", "400");
                    std::uint64_t told = 0, of = 0;
                    const PartitionInputs inputs{
                        .bridge = bridge,
                        .settings = settings,
                        .data = with_data ? [&](std::size_t chains) { return samples_of(machine, chains); }
                                          : std::function<Matrix(std::size_t)>{},
                        .ladder = row.needs_ladder ? ladder_to(scaled_ladder(machine), machine, 1) : MachineLadder{},
                        .control = {.progress = [&](const ProgressReport& report) {
                            told = report.done;
                            of = report.total;
                        }}};
                    Random random(5);
                    const PartitionAnswer answer = row.estimate(inputs, random);
                    CHECK(answer.low <= exact);
                    CHECK(exact <= answer.high);
                    CHECK(answer.high - answer.low < 0.5);
                    CHECK(std::abs(answer.value - exact) < 0.1);
                    CHECK(answer.bounds);
                    CHECK(!answer.parts.empty());
                    CHECK(!answer.verdict.text.empty());
                    CHECK(of == row.steps(settings, with_data));
                    CHECK(told == of);
                }
            }
        }
        CHECK(default_partition_method(example_machine("bernoulli", 5, "bernoulli", 4, 3, 0.1)).is_exact());
        CHECK(default_partition_method(example_machine("bernoulli", 60, "bernoulli", 4, 3, 0.1)).is_exact());
        CHECK(default_partition_method(example_machine("bernoulli", 5, "bernoulli", 60, 3, 0.1)).is_exact());
        CHECK(!default_partition_method(example_machine("bernoulli", 60, "bernoulli", 60, 3, 0.1)).is_exact());
    }

    TEST_CASE("a proof elsewhere is a check of rbm-check, or a file that is there") {
        std::set<std::string> names;
        for (const Machine& machine : machines())
            for (const CheckResult& result : self_check(machine)) names.insert(result.name);
        for (const SamplerMethod& row : sampler_methods())
            if (!row.proof_elsewhere.empty()) CHECK_MESSAGE(names.contains(row.proof_elsewhere), row.name);
    }

    TEST_CASE("every algorithm goes on from a checkpoint as if nothing had happened") {
        for (const ObjectiveMethod& row : objective_methods()) {
            if (!row.make) continue;
            CAPTURE(row.name);
            const SettingValues settings(row.settings);
            std::size_t runs = 0;
            for (const char* visible : {"bernoulli", "gaussian"}) {
                const Machine machine = example_machine(visible, 6, "bernoulli", 4, 3, 0.1);
                const Dataset data =
                    bits_for(machine, row.learns_labels ? 2 : 0).prepared(Preparation{}, state_form(machine.visible));
                const AnyObjective objective =
                    row.make({.settings = settings, .chains = 10, .classes = row.learns_labels ? 2U : 0U, .base = [&] {
                                  return machine.visible;
                              }});
                try {
                    check_resume(machine, objective, data, row.name);
                    ++runs;
                } catch (const Unsupported&) {
                }
            }
            CHECK(runs > 0);
        }
        const Machine machine = example_machine("bernoulli", 6, "bernoulli", 4, 3, 0.1);
        check_resume(machine, any_objective(Counting{}),
                     bits_for(machine, 0).prepared(Preparation{}, state_form(machine.visible)), "counting");
    }

    TEST_CASE("the proofs see an objective that is wrong") {
        const Machine bits = example_machine("bernoulli", 5, "bernoulli", 4, 3, 0.4);
        const Machine reals = example_machine("gaussian", 5, "bernoulli", 4, 3, 0.4);
        const auto turned = [](Machine& gradient) {
            gradient.each_parameter([](std::string_view, auto values) {
                for (float& value : values) value = -value;
            });
        };
        const auto nothing = [](Machine& gradient) { gradient = gradient.zeros_like(); };
        const auto shifted = [](Machine& gradient) { gradient.weights(0, 0) += 0.05F; };
        const auto halved = [](Machine& gradient) {
            for (float& value : gradient.weights.values()) value *= 0.5F;
        };
        for (const char* name : {"pcd", "cd", "pseudo-likelihood", "nce"}) {
            CAPTURE(name);
            const ObjectiveMethod& row = objective_method(name);
            CHECK(!fails(row, bits));
            CHECK(fails(spoiled(row, turned), bits));
            CHECK(fails(spoiled(row, nothing), bits));
            CHECK(fails(spoiled(row, shifted), bits));
        }
        CHECK(!fails(objective_method("denoising"), reals));
        CHECK(fails(spoiled(objective_method("denoising"), halved), reals));
        CHECK(fails(spoiled(objective_method("discriminative"), halved), bits));
    }

    TEST_CASE("the proofs see a sampler that is wrong") {
        const Machine bits = example_machine("bernoulli", 5, "bernoulli", 4, 3, 0.4);
        SamplerMethod row = sampler_method("gibbs");
        row.start = [start = row.start](const SamplerInputs& inputs, Random& random) {
            SamplerInputs hotter = inputs;
            hotter.beta = 0.8;
            return start(hotter, random);
        };
        const auto results = prove(row, bits, 1);
        REQUIRE(results.size() == 1);
        CHECK(!results[0].passed());
    }
}
