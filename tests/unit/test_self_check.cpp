// SPDX-License-Identifier: MIT
// The proofs hold for the library, and see every fault that is planted.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "rbm/check/chi_square.h"
#include "rbm/check/self_check.h"
#include "rbm/check/submachine.h"
#include "rbm/kernels/context.h"
#include "rbm/kernels/error.h"

using namespace rbm;

namespace {

/// The names of the checks that did not pass.
std::vector<std::string> failed(const std::vector<CheckResult>& results) {
    std::vector<std::string> names;
    for (const CheckResult& result : results)
        if (!result.passed()) names.push_back(result.name);
    return names;
}

bool fails(const std::string& name, const Machine& machine, const CheckedFunctions& functions) {
    const auto names = failed(self_check(machine, 1, functions));
    return std::find(names.begin(), names.end(), name) != names.end();
}

/// Many threads on few processors wait for each other longer than they work at these sizes.
struct OneThread {
    ContextScope scope{Context{.threads = 1}};
};

/// Without the kernels, which have a test of their own.
CheckedFunctions library_functions() {
    CheckedFunctions functions;
    functions.backends.clear();
    return functions;
}

/// The reference with one kernel slightly off.
class Faulty : public Backend {
  public:
    explicit Faulty(std::string kernel) : kernel_(std::move(kernel)) {}
    std::string_view name() const override { return "faulty"; }
    void multiply(ConstView a, ConstView w, View out) const override {
        Backend::multiply(a, w, out);
        spoil("multiply", out);
    }
    void add_outer(const OuterProduct& product, View out) const override {
        Backend::add_outer(product, out);
        spoil("add_outer", out);
    }
    WeightUpdateSums update_weights_by_outer(const OuterProduct& slopes, const WeightUpdate& update,
                                             const WeightMemory& memory) const override {
        OuterProduct own = slopes;
        if (kernel_ == "update") own.scale *= 1.01F;
        return Backend::update_weights_by_outer(own, update, memory);
    }
    void scale_rows(float scale, Floats factors, View out) const override {
        Backend::scale_rows(scale, factors, out);
        if (kernel_ == "threads" && threads() == 3) out.row(0)[0] = std::nextafter(out.row(0)[0], 2.0F);
    }
    void logistic(ConstView field, Floats bias, Floats beta, View out) const override {
        Backend::logistic(field, bias, kernel_ == "beta" ? Floats{} : beta, out);
        spoil("logistic", out);
    }
    void sample_logistic(ConstView field, Floats bias, Floats beta, const Stream& stream, View out) const override {
        Backend::sample_logistic(field, bias, beta,
                                 kernel_ == "draws" ? Stream{stream.key, stream.call + 1, 0} : stream, out);
    }
    void sample_tempered_logistic(ConstView field, Floats base, Floats change, Floats beta, const Stream& stream,
                                  View out) const override {
        Backend::sample_tempered_logistic(field, kernel_ == "tempered draws" ? change : base, change, beta, stream,
                                          out);
    }
    void add_softplus_sums(ConstView field, Floats bias, Floats beta, Sums out) const override {
        Backend::add_softplus_sums(field, bias, beta, out);
        if (kernel_ == "softplus") out[0] *= 1 + 1e-5;
    }
    void add_softplus_changes(ConstView field, Floats base, Floats change, Floats from, Floats to,
                              Sums out) const override {
        Backend::add_softplus_changes(field, base, change, from, to, out);
        if (kernel_ == "changes") out[0] *= 1 + 1e-5;
    }
    void softmax(const CategoricalField<float>& input, View out) const override {
        Backend::softmax(input, out);
        spoil("softmax", out);
    }
    void sample_softmax(const CategoricalField<float>& input, const Stream& stream, View out) const override {
        Backend::sample_softmax(input, kernel_ == "sites" ? Stream{stream.key, stream.call + 1, 0} : stream, out);
    }
    void add_log_sum_exps(double scale, const CategoricalField<float>& input, Sums out) const override {
        Backend::add_log_sum_exps(kernel_ == "log sums" ? scale * (1 + 1e-5) : scale, input, out);
    }
    void sample_normal(ConstView mean, Floats deviation, Floats beta, const Stream& stream, View out) const override {
        Backend::sample_normal(mean, deviation, beta, stream, out);
        spoil("sample_normal", out);
    }
    void add_dots(double scale, ConstView a, Floats vector, Sums out) const override {
        Backend::add_dots(scale, a, vector, out);
        if (kernel_ == "nan") out[1] = std::nan("");
    }
    void add_vector(ConstView a, Floats vector, View out) const override {
        Backend::add_vector(a, vector, out);
        spoil("add_vector", out);
    }

  private:
    /// One element in the last row.
    void spoil(const char* kernel, View out) const {
        if (kernel_ == kernel) out.row(out.rows - 1)[0] = out.row(out.rows - 1)[0] * 1.001F + 0.1F;
    }
    std::string kernel_;
};

}  // namespace

TEST_SUITE_BEGIN("self_check");

TEST_CASE_FIXTURE(OneThread,
                  "all proofs hold for every pair of unit kinds, at sizes above and below what can be summed") {
    const auto unbounded = static_cast<std::size_t>(std::ranges::count(unit_rows(), false, &UnitRow::bounded));
    CHECK(unbounded == 1);  // real numbers, which cannot be on both sides
    CHECK(machine_kinds().size() == unit_rows().size() * unit_rows().size() - unbounded * unbounded);
    for (const auto& kinds : machine_kinds()) {
        const std::string visible(kinds.first), hidden(kinds.second);
        CAPTURE(visible);
        CAPTURE(hidden);
        const bool others = visible == "spin" || visible == "potts" || hidden == "spin" || hidden == "potts";
        for (const auto& [v, h] : {std::pair{1, 1}, {3, 2}, others ? std::pair{16, 14} : std::pair{40, 30}}) {
            const auto machine =
                example_machine(visible, static_cast<std::size_t>(v), hidden, static_cast<std::size_t>(h), 7);
            const auto results = self_check(machine, 3);
            CHECK(failed(results) == std::vector<std::string>{});
            CHECK(results.size() >= 20);
            // Residuals where there are real numbers, transitions between states where there are none.
            const auto times = [&](const std::string& name) {
                return std::ranges::count(results, name, &CheckResult::name);
            };
            const bool real = visible == "gaussian" || hidden == "gaussian";
            CHECK(times("Gibbs, states") == 1);
            CHECK(times("Gibbs, residuals") == (real ? 1 : 0));
            CHECK(times("Gibbs, transitions") == (real ? 0 : 1));
            CHECK(times("tempering, states") == 1);
            CHECK(times("tempering, transitions") == (real ? 0 : 1));
            CHECK(times("Metropolis, states") == 1);
            CHECK(times("Metropolis, transitions") == 1);
            CHECK(times("annealing, transitions") == 1);
            CHECK(times("Gibbs with gradients, states") == (visible == "gaussian" ? 0 : 1));
            CHECK(times("MALA, states") == (visible == "gaussian" ? 1 : 0));
        }
    }
}

TEST_CASE_FIXTURE(OneThread, "strong, flat and lopsided machines pass too") {
    CHECK(failed(self_check(example_machine("bernoulli", 40, "bernoulli", 30, 1, 20))) == std::vector<std::string>{});
    CHECK(failed(self_check(example_machine("gaussian", 40, "bernoulli", 30, 1, 3))) == std::vector<std::string>{});
    CHECK(failed(self_check(Machine(Bernoulli(6), Bernoulli(4)))) == std::vector<std::string>{});
    CHECK(failed(self_check(example_machine("bernoulli", 1, "bernoulli", 300, 1))) == std::vector<std::string>{});
}

TEST_CASE_FIXTURE(OneThread, "the same seed gives the same numbers") {
    const Machine machine = example_machine("bernoulli", 9, "bernoulli", 7, 1);
    const auto first = self_check(machine, 5), second = self_check(machine, 5);
    REQUIRE(first.size() == second.size());
    for (std::size_t i = 0; i < first.size(); ++i) CHECK(first[i].difference == second[i].difference);
}

TEST_CASE_FIXTURE(OneThread, "a wrong energy, free energy or log Z is seen") {
    const Machine machine = example_machine("bernoulli", 20, "bernoulli", 15, 1);
    CheckedFunctions wrong = library_functions();
    wrong.energy = [](const PreciseMachine& m, const auto& v, const auto& h) {
        auto values = m.energy(v, h);
        for (std::size_t r = 0; r < values.size(); ++r) values[r] += 1e-6 * h(r, 0);
        return values;
    };
    CHECK(fails("chain rule", machine, wrong));
    CHECK(fails("free energy, summed", machine, wrong));
    CHECK(fails("probabilities", machine, wrong));
    CHECK(fails("gradient of E(v,h), hidden.bias", machine, [&] {
        CheckedFunctions f = library_functions();
        f.energy_gradient = [](const PreciseMachine& m, const auto& v, const auto& h, auto weights) {
            auto gradient = m.energy_gradient(v, h, weights);
            location(gradient.hidden)[3] += 1e-4;
            return gradient;
        };
        return f;
    }()));

    CheckedFunctions imprecise = library_functions();
    imprecise.float_free_energy = [](const Machine& m, const auto& v) {
        auto values = m.free_energy(v);
        values[2] += 0.01;
        return values;
    };
    CHECK(fails("free energy, float", machine, imprecise));
    imprecise.float_free_energy = [](const Machine& m, const auto& v) {
        return std::vector<double>(m.free_energy(v).size(), std::nan(""));
    };
    CHECK(fails("free energy, float", machine, imprecise));

    CheckedFunctions shifted = library_functions();
    shifted.log_partition = [](const Machine& m, Side side) {
        return exact_log_partition(m, side) + (side == Side::visible ? 1e-8 : 0);
    };
    CHECK(fails("log Z", machine, shifted));
}

TEST_CASE_FIXTURE(OneThread, "a wrong gradient or score is seen") {
    const Machine machine = example_machine("gaussian", 12, "bernoulli", 9, 1);
    CheckedFunctions wrong = library_functions();
    wrong.free_energy_gradient = [](const PreciseMachine& m, const auto& v, auto weights) {
        auto gradient = m.free_energy_gradient(v, weights);
        for (double& slope : std::get<BasicGaussian<double>>(gradient.visible).log_sigma) slope *= -1;
        for (double& slope : gradient.weights.values()) slope *= 1.00001;
        return gradient;
    };
    CHECK(fails("gradient of F(v), visible.log_sigma", machine, wrong));
    CHECK(fails("gradient of F(v), weights", machine, wrong));
    CHECK(!fails("gradient of F(v), hidden.bias", machine, wrong));
    wrong.score = [](const PreciseMachine& m, const auto& v) {
        auto score = m.score(v);
        for (double& slope : score.values()) slope *= 1.001;
        return score;
    };
    CHECK(fails("score", machine, wrong));
}

TEST_CASE_FIXTURE(OneThread, "a wrong sampler is seen, one that does nothing too") {
    const auto with = [](auto sample) {
        CheckedFunctions functions = library_functions();
        functions.sample = sample;
        return functions;
    };
    const auto warm = with([](const Machine& m, Chains& chains, Random& random, std::size_t sweeps) {
        chains.beta.assign(chains.count(), 0.9F);
        BlockGibbs{sweeps}.step(m, chains, random);
    });
    const auto lazy = with([](const Machine&, Chains&, Random&, std::size_t) {});
    bool turn = false;  // all proofs run each time, so each pair has one of the faults
    for (const auto& kinds : machine_kinds()) {
        const std::string visible(kinds.first), hidden(kinds.second);
        CAPTURE(visible);
        CAPTURE(hidden);
        const Machine machine = example_machine(visible, 14, hidden, 13, 1);
        const bool discrete = is_discrete(machine.visible) && is_discrete(machine.hidden);
        turn = !turn;
        if (turn)
            CHECK(failed(self_check(machine, 1, warm)) != std::vector<std::string>{});
        else
            CHECK(fails(discrete ? "Gibbs, transitions" : "Gibbs, residuals", machine, lazy));
    }
}

TEST_CASE_FIXTURE(OneThread, "a fault of a sampler that proposes is seen by its own proof, and by no other's") {
    /// The functions with one of them changed, and the names of the proofs that fail.
    const auto names = [](const Machine& machine, auto change) {
        CheckedFunctions functions = library_functions();
        change(functions);
        return failed(self_check(machine, 1, functions));
    };
    using Names = std::vector<std::string>;
    for (const std::string visible : {"bernoulli", "potts"}) {
        const Machine machine = example_machine(visible, 9, "spin", 8, 1, 1.5);
        CAPTURE(visible);
        const auto hot = [](Chains& chains) { chains.beta.assign(chains.count(), 0.9F); };
        const Names metropolis = {"Metropolis, transitions"}, gradients = {"Gibbs with gradients, transitions"};
        const auto holds = [](const Names& found, const Names& expected) {  // and nothing of another sampler
            for (const std::string& name : found)
                if (name.substr(0, 6) != expected[0].substr(0, 6)) return false;
            return std::find(found.begin(), found.end(), expected[0]) != found.end();
        };
        CHECK(holds(names(machine,
                          [&](CheckedFunctions& f) {
                              f.metropolis = [&](const Machine& m, Chains& chains, Random& random,
                                                 const Metropolis& settings) {
                                  hot(chains);
                                  settings.step(m, chains, random);
                              };
                          }),
                    metropolis));
        CHECK(holds(names(machine,
                          [&](CheckedFunctions& f) {
                              f.metropolis = [](const Machine&, Chains&, Random&, const Metropolis&) {};
                          }),
                    metropolis));
        CHECK(holds(names(machine,
                          [&](CheckedFunctions& f) {
                              f.gibbs_with_gradients = [&](const Machine& m, Chains& chains, Random& random,
                                                           const GibbsWithGradients& settings) {
                                  hot(chains);
                                  settings.step(m, chains, random);
                              };
                          }),
                    gradients));
        CHECK(holds(names(machine,
                          [&](CheckedFunctions& f) {
                              f.gibbs_with_gradients = [](const Machine&, Chains&, Random&, const GibbsWithGradients&) {
                              };
                          }),
                    gradients));
        CHECK(names(machine, [&](CheckedFunctions& f) {
                  f.annealing = [](const Machine& m, Chains& chains, Random& random, SimulatedAnnealing settings) {
                      settings.last_power = 1;
                      settings.step(m, chains, random);
                  };
              }) == Names{"annealing, transitions"});
        CHECK(names(machine, [&](CheckedFunctions& f) {
                  f.temper = [](const Bridge& bridge, TemperedChains& chains, Random& random, std::size_t sweeps) {
                      chains.steps = 1;  // the turn of the pairs that two rungs have none of
                      Tempering{sweeps}.step(bridge, chains, random);
                  };
              }) == Names{"tempering, transitions"});
        CHECK(names(machine, [&](CheckedFunctions& f) {
                  f.temper = [](const Bridge& bridge, TemperedChains& chains, Random& random, std::size_t sweeps) {
                      const auto rungs = chains.rung;
                      Tempering{sweeps}.step(bridge, chains, random);
                      chains.rung = rungs;
                  };
              }).size() == 2);
    }
}

TEST_CASE_FIXTURE(OneThread, "a fault of a sampler of real numbers is seen by its own proof") {
    const Machine machine = example_machine("gaussian", 9, "bernoulli", 8, 1);
    const auto names = [&](auto change) {
        CheckedFunctions functions = library_functions();
        change(functions);
        return failed(self_check(machine, 1, functions));
    };
    using Names = std::vector<std::string>;
    const auto has = [](const Names& found, const std::string& name) {
        return std::find(found.begin(), found.end(), name) != found.end();
    };
    const auto warm = names([](CheckedFunctions& f) {
        f.metropolis = [](const Machine& m, Chains& chains, Random& random, const Metropolis& settings) {
            chains.beta.assign(chains.count(), 0.9F);
            settings.step(m, chains, random);
        };
    });
    CHECK(has(warm, "Metropolis, transitions"));
    CHECK(has(warm, "Metropolis, residuals"));
    const auto long_steps = names([](CheckedFunctions& f) {
        f.langevin = [](const Machine& m, Chains& chains, Random& random, Langevin settings) {
            settings.step_size *= 1.1;
            settings.step(m, chains, random);
        };
    });
    CHECK(long_steps == Names{"Langevin, transitions", "MALA, transitions"});  // which keep the distribution still
    const auto unadjusted = names([](CheckedFunctions& f) {
        f.langevin = [](const Machine& m, Chains& chains, Random& random, Langevin settings) {
            settings.adjusted = false;
            settings.step(m, chains, random);
        };
        f.gibbs_langevin = [](const Machine& m, Chains& chains, Random& random, GibbsLangevin settings) {
            settings.adjusted = false;
            settings.step(m, chains, random);
        };
    });
    for (const std::string name :
         {"MALA, residuals", "MALA, transitions", "Gibbs-Langevin, residuals", "Gibbs-Langevin, transitions"})
        CHECK(has(unadjusted, name));
    CHECK(!has(unadjusted, "Langevin, transitions"));
    const auto lazy = names([](CheckedFunctions& f) {
        f.metropolis = [](const Machine&, Chains&, Random&, const Metropolis&) {};
        f.annealing = [](const Machine&, Chains&, Random&, const SimulatedAnnealing&) {};
        f.langevin = [](const Machine&, Chains&, Random&, const Langevin&) {};
        f.gibbs_langevin = [](const Machine&, Chains&, Random&, const GibbsLangevin&) {};
    });
    for (const std::string name : {"Metropolis", "annealing", "Langevin", "MALA", "Gibbs-Langevin"})
        CHECK(has(lazy, name + ", transitions"));
    // Hidden units that are not drawn anew: a step leads elsewhere.
    CHECK(has(names([](CheckedFunctions& f) {
                  f.gibbs_langevin = [](const Machine& m, Chains& chains, Random& random,
                                        const GibbsLangevin& settings) {
                      chains.hidden.fill(0);
                      Langevin{.step_size = settings.step_size}.step(m, chains, random);
                  };
              }),
              "Gibbs-Langevin, transitions"));
    CHECK(has(names([](CheckedFunctions& f) {
                  f.temper = [](const Bridge& bridge, TemperedChains& chains, Random& random, std::size_t sweeps) {
                      const auto rungs = chains.rung;
                      Tempering{sweeps}.step(bridge, chains, random);
                      chains.rung = rungs;
                  };
              }),
              "tempering, states"));
}

TEST_CASE_FIXTURE(OneThread, "a wrong kernel is seen by its family") {
    const Machine machine = example_machine("bernoulli", 20, "bernoulli", 15, 1);
    for (const auto& [kernel, family] :
         std::vector<std::pair<std::string, std::string>>{{"multiply", "products"},
                                                          {"add_outer", "products"},
                                                          {"logistic", "logistic"},
                                                          {"beta", "logistic"},
                                                          {"update", "products"},
                                                          {"threads", "threads"},
                                                          {"draws", "draws"},
                                                          {"tempered draws", "draws"},
                                                          {"sites", "draws"},
                                                          {"softmax", "softmax"},
                                                          {"log sums", "softplus"},
                                                          {"changes", "changes"},
                                                          {"softplus", "softplus"},
                                                          {"sample_normal", "normals"},
                                                          {"nan", "sums"},
                                                          {"add_vector", "elementwise"}}) {
        const Faulty backend(kernel);
        CheckedFunctions functions;
        functions.backends = {&backend};
        const auto names = failed(self_check(machine, 1, functions));
        CHECK(std::find(names.begin(), names.end(), "kernels, " + family) != names.end());
        CHECK(names.size() == (kernel == "nan" ? 2 : 1));  // not a number never has the same bits
    }
}

TEST_CASE_FIXTURE(OneThread, "data with numbers that are too large are seen") {
    const Machine machine = example_machine("gaussian", 3, "bernoulli", 4, 1);
    const Dataset good = Dataset::from_floats(2, 3, {0, 1, -1, 0.5F, 2, 3});
    CHECK(failed(self_check_data(machine, good)) == std::vector<std::string>{});
    const Dataset huge = Dataset::from_floats(2, 3, {0, 1, -1, 3e38F, 3e38F, 3e38F});
    CHECK(failed(self_check_data(machine, huge)) != std::vector<std::string>{});
}

TEST_CASE_FIXTURE(OneThread, "a part of a machine holds the units with the largest weights and their parameters") {
    Machine machine = example_machine("gaussian", 5, "bernoulli", 4, 1, 0.01);
    machine.weights(3, 2) = 5;
    machine.weights(1, 0) = -4;
    const Machine part = strongest_part(machine, 2, 2);
    CHECK(part.visible_count() == 2);
    CHECK(part.weights(0, 0) == -4);
    CHECK(part.weights(1, 1) == 5);
    const auto& bank = std::get<Gaussian>(part.visible);
    const auto& whole = std::get<Gaussian>(machine.visible);
    CHECK(bank.center == std::vector{whole.center[1], whole.center[3]});
    CHECK(bank.log_sigma == std::vector{whole.log_sigma[1], whole.log_sigma[3]});
    CHECK(strongest_part(machine, 100, 100) == machine);
    CHECK_THROWS_AS(side_states(precise(machine), Side::visible), Unsupported);
}

TEST_CASE_FIXTURE(OneThread, "chi-square: known critical values, pooled rare cells, impossible states") {
    CHECK(critical_value(1, 0.05) == doctest::Approx(3.841458820694124));
    CHECK(critical_value(10, 0.001) == doctest::Approx(29.58829844507442));
    CHECK(critical_value(0, 0.5) == 0);
    const std::vector<std::uint64_t> counts = {30, 14, 6};
    const ChiSquare plain = chi_square(counts, std::vector{0.5, 0.3, 0.2});
    CHECK(plain.degrees == 2);
    CHECK(plain.statistic == doctest::Approx(25.0 / 25 + 1.0 / 15 + 16.0 / 10));
    const ChiSquare pooled = chi_square(std::vector<std::uint64_t>{80, 9, 11}, std::vector{0.84, 0.08, 0.08});
    CHECK(pooled.degrees == 1);
    CHECK(pooled.statistic == doctest::Approx(16.0 / 84 + 16.0 / 16));
    CHECK(chi_square(std::vector<std::uint64_t>{100, 0}, std::vector{1 - 1e-9, 1e-9}).statistic == 0);  // frozen
    CHECK(chi_square(std::vector<std::uint64_t>{80, 20}, std::vector{1.0, 0.0}).statistic > 1e6);
}

TEST_SUITE_END();
