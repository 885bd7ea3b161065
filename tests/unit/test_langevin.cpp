// SPDX-License-Identifier: MIT
// Langevin samplers against exact moments; the bias of unadjusted steps against its formula.
#include <doctest/doctest.h>

#include <numbers>

#include "rbm/kernels/context.h"
#include "rbm/kernels/error.h"
#include "rbm/sampler/gibbs_langevin.h"
#include "rbm/sampler/langevin.h"
#include "rbm/sampler/step_size.h"
#include "tests/support/sampled.h"

using namespace rbm;
using namespace rbm::test;

namespace {

/// A Gaussian machine without weights, whose units are independent.
Machine free_units(std::size_t count, float log_sigma) {
    Machine machine(make_units<float>("gaussian", count), Bernoulli(2));
    machine.each_parameter([&](std::string_view name, std::span<float> values) {
        if (name == "visible.log_sigma") std::fill(values.begin(), values.end(), log_sigma);
    });
    return machine;
}

double pooled_variance(const Chains& chains) {
    Moments moments;
    for (const float value : chains.visible.values()) moments.add(static_cast<double>(value));
    return moments.variance();
}

/// Two wells at +-1: E = (x^2 - 1)^2 / width.
struct DoubleWell {
    double height = 1.5;
    void energy(MatrixView<const double> state, std::span<double> out) const {
        for (std::size_t b = 0; b < state.rows; ++b) {
            out[b] = 0;
            for (const double x : state.row(b)) out[b] += height * (x * x - 1) * (x * x - 1);
        }
    }
    void energy_and_gradient(MatrixView<const double> state, std::span<double> out, MatrixView<double> gradient) const {
        energy(state, out);
        for (std::size_t b = 0; b < state.rows; ++b)
            for (std::size_t i = 0; i < state.cols; ++i) {
                const double x = state.row(b)[i];
                gradient.row(b)[i] = 4 * height * x * (x * x - 1);
            }
    }
    double mean_square(double beta) const {
        double sum = 0, squares = 0;
        for (double x = -4; x <= 4; x += 1e-3) {
            const double p = std::exp(-beta * height * (x * x - 1) * (x * x - 1));
            sum += p;
            squares += p * x * x;
        }
        return squares / sum;
    }
};
static_assert(DifferentiableEnergy<DoubleWell, double>);

/// Student's t with 5 degrees of freedom, as a Gaussian whose precision is hidden: variance 5 / 3.
struct HeavyTails {
    static constexpr double freedom = 5;
    struct Given {
        MatrixView<const double> precision;
        void energy(MatrixView<const double> state, std::span<double> out) const {
            for (std::size_t b = 0; b < state.rows; ++b)
                out[b] = 0.5 * precision.row(b)[0] * state.row(b)[0] * state.row(b)[0];
        }
        void energy_and_gradient(MatrixView<const double> state, std::span<double> out,
                                 MatrixView<double> gradient) const {
            energy(state, out);
            for (std::size_t b = 0; b < state.rows; ++b) gradient.row(b)[0] = precision.row(b)[0] * state.row(b)[0];
        }
    };
    Given given_hidden(MatrixView<const double> hidden) const { return {hidden}; }
    /// precision | v ~ Gamma((freedom + 1) / 2 = 3, rate (freedom + v^2) / 2): the sum of three exponentials.
    void sample_hidden(MatrixView<const double> visible, BetaOf<double>, const Stream& stream,
                       MatrixView<double> out) const {
        for (std::size_t b = 0; b < visible.rows; ++b) {
            double sum = 0;
            for (std::size_t e = 0; e < 3; ++e) sum -= log_uniform(random_bits(stream, b, e));
            const double v = visible.row(b)[0];
            out.row(b)[0] = sum / (0.5 * (freedom + v * v));
        }
    }
};
static_assert(LatentEnergy<HeavyTails, double>);

}  // namespace

TEST_SUITE_BEGIN("langevin");

TEST_CASE("adjusted Langevin chains have the moments of the exact mixture, whatever the step size and temperature") {
    const auto machine = random_machine<float>("gaussian", 3, "bernoulli", 4, 231);
    for (const double beta : {1.0, 0.5})
        for (const double step_size : {0.2, 0.9}) {
            CAPTURE(beta);
            CAPTURE(step_size);
            Random random(232);
            Chains chains = Chains::from_noise(machine, 4000, random);
            if (beta != 1) chains.beta.assign(chains.count(), static_cast<float>(beta));
            const StepReport report =
                Langevin{.steps = step_size < 0.5 ? 150U : 100U, .step_size = step_size}.step(machine, chains, random);
            CHECK(report.acceptance > 0.3);
            CHECK(report.acceptance < 1);
            check_moments(chains, exact_mixture(precise(machine), beta));
        }
}

TEST_CASE("unadjusted steps widen a Gaussian by 1 / (1 - eta / 2), adjusted ones do not") {
    for (const float log_sigma : {0.0F, -1.5F})
        for (const float beta : {1.0F, 2.0F})
            for (const double step_size : {0.1, 0.4, 0.8}) {
                const Machine machine = free_units(4, log_sigma);
                const double exact = std::exp(2 * static_cast<double>(log_sigma)) / static_cast<double>(beta);
                const auto variance = [&](bool adjusted) {
                    Random random(233);
                    Chains chains = Chains::from_noise(machine, 10000, random);
                    chains.beta.assign(chains.count(), beta);
                    const StepReport report = Langevin{.steps = 40, .step_size = step_size, .adjusted = adjusted}.step(
                        machine, chains, random);
                    CHECK((report.acceptance == 1) == !adjusted);
                    return pooled_variance(chains);
                };
                // 40,000 draws: the variance is known to 0.7 %.
                CHECK(variance(true) == doctest::Approx(exact).epsilon(0.025));
                CHECK(variance(false) == doctest::Approx(exact / (1 - step_size / 2)).epsilon(0.025));
            }
}

TEST_CASE("on a machine with weights the bias of unadjusted steps is of the order of eta, and gone when adjusted") {
    const auto machine = random_machine<float>("gaussian", 2, "bernoulli", 3, 234);
    const Mixture exact = exact_mixture(precise(machine), 1);
    const auto excess = [&](double step_size, bool adjusted) {
        Random random(235);
        Chains chains = Chains::from_noise(machine, 20000, random);
        Langevin{.steps = static_cast<std::size_t>(12 / step_size), .step_size = step_size, .adjusted = adjusted}.step(
            machine, chains, random);
        Moments square;
        for (std::size_t c = 0; c < chains.count(); ++c)
            square.add(std::pow(static_cast<double>(chains.visible(c, 0)) - exact.mean[0], 2));
        return std::pair(square.mean() / exact.variance[0] - 1, square.standard_error() / exact.variance[0]);
    };
    const auto large = excess(0.6, false), small = excess(0.2, false), none = excess(0.6, true);
    CHECK(large.first > 8 * large.second);
    CHECK(small.first > 4 * small.second);
    CHECK(large.first / small.first > 2);
    CHECK(large.first / small.first < 6);
    CHECK(std::abs(none.first) < 4 * none.second);
}

TEST_CASE("the stationary variance does not depend on the batch size") {
    // The reference implementation of Gibbs-Langevin divides gradients by the batch size but not the noise, and finds
    // variances of 4.3, 65 and 521 where 1 is right.
    for (const std::size_t batch : std::initializer_list<std::size_t>{4, 64, 512}) {
        const std::size_t steps = 40;
        const Machine machine = free_units(batch == 4 ? 2000 : 20000 / batch, 0);
        const auto variance = [&](const auto& sampler) {
            Random random(236);
            Chains chains = Chains::from_noise(machine, batch, random);
            sampler.step(machine, chains, random);
            return pooled_variance(chains);
        };
        CAPTURE(batch);
        CHECK(variance(Langevin{.steps = steps, .step_size = 0.2, .adjusted = false}) ==
              doctest::Approx(1 / 0.9).epsilon(0.05));
        CHECK(variance(GibbsLangevin{.steps = 4, .inner_steps = 10, .step_size = 0.2, .adjusted = false}) ==
              doctest::Approx(1 / 0.9).epsilon(0.05));
        CHECK(variance(Langevin{.steps = steps, .step_size = 0.02}) == doctest::Approx(1).epsilon(0.05));
    }
    // A chain is the same among others as alone.
    const auto weighted = random_machine<float>("gaussian", 5, "bernoulli", 4, 237);
    const Matrix starts = random_states(weighted.visible, 64, 238);
    const auto run = [&](std::size_t count) {
        Random random(239);
        Chains chains = Chains::from_states(starts.rows_from(0, count));
        chains.hidden.resize(count, 4);
        Langevin{.steps = 10, .step_size = 0.3}.step(weighted, chains, random);
        return chains.visible;
    };
    const Matrix many = run(64), few = run(3);
    for (std::size_t c = 0; c < 3; ++c)
        for (std::size_t i = 0; i < 5; ++i) CHECK(few(c, i) == doctest::Approx(many(c, i)).epsilon(1e-4));
}

TEST_CASE("Gibbs-Langevin chains have the exact moments when adjusted, and O(eta) too much variance when not") {
    const auto machine = random_machine<float>("gaussian", 3, "bernoulli", 4, 240);
    for (const double beta : {1.0, 0.5}) {
        const Mixture exact = exact_mixture(precise(machine), beta);
        const auto run = [&](const GibbsLangevin& sampler) {
            Random random(241);
            Chains chains = Chains::from_noise(machine, 5000, random);
            if (beta != 1) chains.beta.assign(chains.count(), static_cast<float>(beta));
            const StepReport report = sampler.step(machine, chains, random);
            CHECK(report.sweeps == sampler.steps);
            CHECK((report.acceptance < 1) == sampler.adjusted);
            return chains;
        };
        check_moments(run({.steps = 30, .inner_steps = 4, .step_size = 0.5}), exact);
        const auto biased =
            moment_scores(run({.steps = 30, .inner_steps = 4, .step_size = 0.5, .adjusted = false}), exact);
        double sum = 0;
        for (const double z : biased.variance) sum += z;
        CHECK(sum > 12);
    }
}

TEST_CASE("a double well of one's own has its exact second moment, by Langevin at any temperature") {
    const DoubleWell well;
    for (const double beta : {1.0, 0.4}) {
        Random random(242);
        auto chains = BasicChains<double>::from_states(BasicMatrix<double>(2000, 3));
        chains.beta.assign(2000, beta);
        const StepReport report = Langevin{.steps = 200, .step_size = 0.08}.step(well, chains, random);
        CHECK(report.acceptance > 0.5);
        CHECK(report.acceptance < 1);
        Moments square, value;
        for (const double x : chains.visible.values()) square.add(x * x), value.add(x);
        CHECK(std::abs(square.z(well.mean_square(beta))) < 4);
        CHECK(std::abs(square.z(well.mean_square(beta) + 0.05)) > 4);
        CHECK(std::abs(value.z(0)) < 4);
    }
}

TEST_CASE("Gibbs-Langevin runs on hidden units of one's own: heavy tails from a hidden precision") {
    Random random(243);
    auto chains = BasicChains<double>::from_states(BasicMatrix<double>(20000, 1));
    chains.hidden.resize(20000, 1);
    const StepReport report =
        GibbsLangevin{.steps = 40, .inner_steps = 5, .step_size = 0.6}.step(HeavyTails{}, chains, random);
    CHECK(report.acceptance > 0.5);
    // |t| has mean 2 sqrt(5) Gamma(3) / (sqrt(pi) Gamma(5/2) 4), and a variance, unlike the estimate of t^2's.
    const double expected = 2 * std::sqrt(5.0) * 2 / (std::sqrt(std::numbers::pi) * std::tgamma(2.5) * 4);
    Moments size;
    for (const double v : chains.visible.values()) size.add(std::abs(v));
    CHECK(std::abs(size.z(expected)) < 4);
}

TEST_CASE("a search finds the step size at which as many steps are taken as wanted") {
    const auto machine = random_machine<float>("gaussian", 20, "bernoulli", 6, 244);
    for (const double start : {0.001, 1.5}) {
        Random random(245);
        Chains chains = Chains::from_noise(machine, 100, random);
        StepSizeSearch search{.target = langevin_acceptance, .start = start};
        Langevin sampler;
        for (std::size_t step = 0; step < 300; ++step) {
            sampler.step_size = search.current();
            search.update(sampler.step(machine, chains, random).acceptance);
        }
        CHECK(search.updates == 300);
        sampler.step_size = search.settled();
        sampler.steps = 100;
        CHECK(sampler.step(machine, chains, random).acceptance == doctest::Approx(langevin_acceptance).epsilon(0.1));
    }
}

TEST_CASE("chains are the same bytes for any number of threads, and one call of three steps is three of one") {
    const auto machine = random_machine<float>("gaussian", 150, "bernoulli", 140, 246, 0.1);
    const auto run = [&](std::size_t count, const auto& sampler) {
        const ContextScope scope({.threads = count});
        Random random(247);
        auto chains = Chains::from_noise(machine, 130, random);
        sampler.step(machine, chains, random);
        return chains.visible;
    };
    for (const bool adjusted : {true, false}) {
        const Langevin langevin{.steps = 3, .step_size = 0.1, .adjusted = adjusted};
        const GibbsLangevin gibbs{.steps = 2, .inner_steps = 3, .adjusted = adjusted};
        for (const std::size_t count : std::initializer_list<std::size_t>{2, 3}) {
            CHECK(run(count, langevin) == run(1, langevin));
            CHECK(run(count, gibbs) == run(1, gibbs));
        }
    }
}

TEST_CASE("discrete visible units are refused, with both names") {
    const auto machine = random_machine<float>("bernoulli", 3, "bernoulli", 2, 248);
    Random random(249);
    Chains chains = Chains::from_noise(machine, 2, random);
    CHECK_THROWS_WITH_AS(
        Langevin{}.step(machine, chains, random),
        "Langevin sampling of bernoulli visible units: they are discrete; use Metropolis or Gibbs with "
        "gradients",
        Unsupported);
    CHECK_THROWS_WITH_AS(GibbsLangevin{}.step(machine, chains, random), doctest::Contains("Gibbs-Langevin"),
                         Unsupported);
}

TEST_SUITE_END();
