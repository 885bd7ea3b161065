// SPDX-License-Identifier: MIT
#include "apps/dream/samplers.h"

#include <algorithm>
#include <cmath>

#include "rbm/kernels/error.h"
#include "rbm/model/sites.h"
#include "rbm/sampler/descent.h"
#include "rbm/sampler/gibbs_langevin.h"
#include "rbm/sampler/gibbs_with_gradients.h"
#include "rbm/sampler/langevin.h"
#include "rbm/sampler/metropolis.h"
#include "rbm/sampler/simulated_annealing.h"
#include "rbm/sampler/step_size.h"

namespace rbm::app {
namespace {

/// Chains that move less often are told of.
constexpr double lowest_acceptance = 0.05;

/// Less than half as many taken or refused as wanted.
bool far(double rate, double wanted) { return 2 * rate < wanted || 2 * (1 - rate) < 1 - wanted; }

/// A step size to begin with, and the acceptance rate that one is sought for; 0: it stays.
struct StepSizePlan {
    double start = 0;
    double wanted = 0;
};

/// `one_step` is called as one_step(machine, chains, random, step size, number of the step).
template <class OneStep>
class ProposingDreamer final : public Dreamer {
  public:
    ProposingDreamer(std::string sampler, const Machine& machine, Chains start, std::size_t steps, StepSizePlan plan,
                     OneStep one_step)
        : sampler_(std::move(sampler)),
          machine_(machine),
          chains_(std::move(start)),
          search_steps_(plan.wanted > 0 ? steps / 2 : 0),
          step_size_(plan.start),
          one_step_(one_step) {
        search_.start = plan.start;
        if (plan.wanted > 0) search_.target = plan.wanted;
    }
    std::size_t count() const override { return chains_.count(); }
    void step(Random& random) override {
        if (done_ < search_steps_) step_size_ = search_.current();
        const double acceptance = one_step_(machine_, chains_, random, step_size_, done_).acceptance;
        if (++done_ > search_steps_) {
            rates_ += acceptance;
            return;
        }
        search_.update(acceptance);
        if (done_ == search_steps_) step_size_ = search_.settled();
    }
    void states(View out) const override {
        check_finite();
        std::copy(chains_.visible.values().begin(), chains_.visible.values().end(), out.data);
    }
    void means(View out) override {
        check_finite();
        visible_means(machine_, chains_, out);
    }
    void report(DreamReport& report) const override {
        const bool refuses = sampler_ != "langevin", sought = search_steps_ > 0;
        const double rate = rates_ / static_cast<double>(std::max<std::size_t>(1, done_ - search_steps_));
        if (refuses) report.facts["acceptance"] = rate;
        if (sought) report.facts["acceptance_wanted"] = search_.target;
        if (step_size_ > 0) {
            report.facts["step_size"] = step_size_;
            report.facts["step_size_sought"] = sought;
        }
        note("{}: {}{}{}", sampler_,
             refuses ? fmt::format("{:.1f} % of the proposals taken", 100 * rate) : "no step is refused",
             step_size_ > 0 ? fmt::format(", step size {:.4g}", step_size_) : "",
             sought ? ", sought during the first half of the steps" : "");
        if (!refuses || sampler_ == "annealing" || done_ < 40) return;  // what has cooled down refuses nearly all
        if (rate < lowest_acceptance)
            report.warn("{}: {:.2f} % of the proposals are taken, fewer than {:.0f} %: the chains hardly move; {}",
                        sampler_, 100 * rate, 100 * lowest_acceptance,
                        step_size_ == 0 ? "take --sampler gibbs or tempering"
                        : sought        ? "take more --steps, or give --step-size"
                                        : "lower --step-size");
        else if (sought && far(rate, search_.target))
            report.warn(
                "{}: {:.1f} % of the proposals are taken, far from the {:.1f} % that a step size was sought for; take "
                "more --steps, or give --step-size",
                sampler_, 100 * rate, 100 * search_.target);
    }

  private:
    void check_finite() const {
        for (const float value : chains_.visible.values())
            if (!std::isfinite(value))
                throw Diverged(
                    fmt::format("after {} steps the chains became NaN or infinite; lower --step-size", done_));
    }

    std::string sampler_;
    const Machine& machine_;
    Chains chains_;
    std::size_t search_steps_, done_ = 0;
    StepSizeSearch search_;
    double step_size_, rates_ = 0;
    OneStep one_step_;
};

}  // namespace

std::unique_ptr<Dreamer> proposing_dreamer(const std::string& sampler, const Machine& machine, Chains start,
                                           std::size_t steps, std::optional<double> step_size) {
    const bool discrete = !sites(machine.visible).empty();
    const bool metropolis = sampler == "metropolis" || sampler == "annealing";
    if (step_size && (sampler == "gibbs-with-gradients" || (metropolis && discrete)))
        throw UsageError(fmt::format("option --step-size: --sampler {} has none on {} visible units", sampler,
                                     kind(machine.visible)));
    if (sampler == "gibbs-with-gradients" && !discrete)
        throw Unsupported(fmt::format("--sampler gibbs-with-gradients: {} visible units are continuous; use mala",
                                      kind(machine.visible)));
    if (sampler != "gibbs-with-gradients" && !metropolis && discrete)
        throw Unsupported(
            fmt::format("--sampler {}: {} visible units are discrete; use metropolis or "
                        "gibbs-with-gradients",
                        sampler, kind(machine.visible)));
    // The best step sizes for many independent units of one width.
    const double units = static_cast<double>(std::max<std::size_t>(1, machine.visible_count()));
    StepSizePlan plan;
    if (metropolis)
        plan = {discrete ? 0 : 2.38 / std::sqrt(units), discrete ? 0 : metropolis_acceptance};
    else if (sampler == "langevin")
        plan = {0.05, 0};
    else if (!discrete)
        plan = {std::min(1.0, 1.36 / std::cbrt(units)), langevin_acceptance};
    if (sampler == "annealing") plan.wanted = 0;
    if (step_size) plan = {*step_size, 0};

    const auto dreamer = [&](auto one_step) -> std::unique_ptr<Dreamer> {
        return std::make_unique<ProposingDreamer<decltype(one_step)>>(sampler, machine, std::move(start), steps, plan,
                                                                      one_step);
    };
    using M = const Machine&;
    if (sampler == "metropolis")
        return dreamer([](M m, Chains& chains, Random& random, double size, std::size_t) {
            return Metropolis{.steps = 1, .step_size = size}.step(m, chains, random);
        });
    if (sampler == "gibbs-with-gradients")
        return dreamer([](M m, Chains& chains, Random& random, double, std::size_t) {
            return GibbsWithGradients{.steps = 10}.step(m, chains, random);
        });
    if (sampler == "gibbs-langevin")
        return dreamer([](M m, Chains& chains, Random& random, double size, std::size_t) {
            return GibbsLangevin{.steps = 1, .inner_steps = 10, .step_size = size}.step(m, chains, random);
        });
    if (sampler == "annealing")
        return dreamer([steps](M m, Chains& chains, Random& random, double size, std::size_t number) {
            return SimulatedAnnealing{.steps = steps, .step_size = size}.sweep(number).step(m, chains, random);
        });
    return dreamer([adjusted = sampler == "mala"](M m, Chains& chains, Random& random, double size, std::size_t) {
        return Langevin{.steps = 1, .step_size = size, .adjusted = adjusted}.step(m, chains, random);
    });
}

void descend_to_modes(const Machine& machine, double beta, Matrix& states, DreamReport& told) {
    Chains chains = Chains::from_states(states);
    if (beta != 1) chains.beta.assign(chains.count(), static_cast<float>(beta));
    const DescentReport report = Descent{}.descend(machine, chains, until_stopped());
    states = chains.visible;
    std::vector<double> energies = machine.free_energy(states, chains.beta);
    std::sort(energies.begin(), energies.end());
    std::size_t different = 1;
    for (std::size_t c = 1; c < energies.size(); ++c)
        if (energies[c] - energies[c - 1] > 1e-3) ++different;
    told.facts["modes"] = {{"different", different},
                           {"lowest_free_energy", energies.front()},
                           {"highest_free_energy", energies.back()},
                           {"settled_chains", report.settled}};
    note("{} chains went down to at least {} different modes, of free energies from {:.3f} to {:.3f} nats",
         chains.count(), different, energies.front(), energies.back());
    if (report.settled < chains.count())
        told.warn("{} of {} chains are not at a local minimum after {} steps of descent",
                  chains.count() - report.settled, chains.count(), report.sweeps);
}

}  // namespace rbm::app
