// SPDX-License-Identifier: MIT
#include "apps/dream/dreamer.h"

#include <algorithm>
#include <cmath>

#include "apps/files/labels.h"
#include "apps/files/prepare.h"
#include "rbm/kernels/error.h"
#include "rbm/kernels/ops.h"
#include "rbm/model/labels.h"
#include "rbm/sampler/clamped_gibbs.h"

namespace rbm::app {
namespace {

class GibbsDreamer final : public Dreamer {
  public:
    GibbsDreamer(const Machine& machine, Chains start, Matrix known, Matrix values)
        : machine_(machine), chains_(std::move(start)), known_(std::move(known)), values_(std::move(values)) {
        if (holds()) clamp().restore(chains_.visible.view());
    }
    std::size_t count() const override { return chains_.count(); }
    void step(Random& random) override {
        if (holds())
            ClampedGibbs{.steps = 1}.step(machine_, clamp(), chains_, random);
        else
            BlockGibbs{.steps = 1}.step(machine_, chains_, random);
    }
    void states(View out) const override {
        std::copy(chains_.visible.values().begin(), chains_.visible.values().end(), out.data);
    }
    void means(View out) override {
        visible_means(machine_, chains_, out);
        if (holds()) clamp().restore(out);
    }

  private:
    bool holds() const { return known_.rows() > 0; }
    Clamp clamp() const { return {known_, values_}; }

    const Machine& machine_;
    Chains chains_;
    Matrix known_;   ///< [1 x V], or no rows
    Matrix values_;  ///< [C x V]
};

class TemperingDreamer final : public Dreamer {
  public:
    TemperingDreamer(const Model& model, double beta, std::size_t chains, ConstView start, Random& random)
        : machine_(beta == 1 ? model.machine : tempered(model.machine, beta)),
          bridge_(machine_, model.rates.empty() ? machine_.visible : base_of_rates(model, machine_)) {
        chains_ = start_tempering(bridge_, chains, {}, random, until_stopped());
        tops_.hidden.resize(chains, machine_.hidden_count());
        for (std::size_t c = 0; c < start.rows; ++c) {
            const auto from = start.row(c);
            const auto to = chains_.visible.row(chains_.state_at(c, chains_.rungs() - 1));
            std::copy(from.begin(), from.end(), to.begin());
        }
    }
    std::size_t count() const override { return chains_.ladders(); }
    void step(Random& random) override { Tempering{.steps = 1}.step(bridge_, chains_, random); }
    void states(View out) const override { chains_.copy_visible(out); }
    void means(View out) override {
        chains_.copy_hidden(tops_.hidden);
        visible_means(machine_, tops_, out);
    }
    void report(DreamReport& report) const override {
        const double lowest = *std::min_element(chains_.swap_rates.begin(), chains_.swap_rates.end());
        const double trips = static_cast<double>(chains_.round_trips) / static_cast<double>(count());
        report.facts["ladder"] = chains_.betas;
        report.facts["swap_rates"] = chains_.swap_rates;
        report.facts["lowest_swap_rate"] = lowest;
        report.facts["round_trips_per_ladder"] = trips;
        note("tempering: {} rungs per chain, swap rates from {:.2f}, {:.1f} round trips per chain", chains_.rungs(),
             lowest, trips);
        if (chains_.steps >= 40 && lowest < 0.05)
            report.warn(
                "two neighbouring temperatures swap at a rate of {:.3f} only: little reaches the machine from the base",
                lowest);
    }

  private:
    Machine machine_;
    Bridge bridge_;
    TemperedChains chains_;
    Chains tops_;
};

}  // namespace

std::unique_ptr<Dreamer> gibbs_dreamer(const Machine& machine, Chains start) {
    return std::make_unique<GibbsDreamer>(machine, std::move(start), Matrix(), Matrix());
}

std::unique_ptr<Dreamer> labelled_dreamer(const Model& model, Chains start, std::uint32_t label) {
    const auto [off, on] = label_values(model.machine.visible, "--label");
    const std::size_t classes = model.labels.size(), data = model.machine.visible_count() - classes;
    const std::vector<std::uint32_t> labels = {label};
    const std::size_t place = places_of(labels, model.labels, "--label")[0];
    Matrix known(1, model.machine.visible_count()), values(start.count(), model.machine.visible_count());
    for (std::size_t c = 0; c < classes; ++c) {
        known(0, data + c) = 1;
        for (std::size_t chain = 0; chain < start.count(); ++chain) values(chain, data + c) = c == place ? on : off;
    }
    return std::make_unique<GibbsDreamer>(model.machine, std::move(start), std::move(known), std::move(values));
}

std::unique_ptr<Dreamer> tempering_dreamer(const Model& model, double beta, std::size_t chains, ConstView start,
                                           Random& random) {
    return std::make_unique<TemperingDreamer>(model, beta, chains, start, random);
}

HealthWatch::HealthWatch(const Machine& machine, std::size_t chains, std::size_t steps, double beta)
    : machine_(machine),
      steps_(steps),
      stride_(std::max<std::size_t>(1, steps / 200)),
      beta_(beta == 1 ? 0 : chains, static_cast<float>(beta)),
      states_(chains, machine.visible_count()),
      signs_(4, machine.visible_count()) {
    for (std::size_t i = 0; i < signs_.values().size(); ++i)
        signs_.values()[i] = random_bits(Stream{0x7369676e, 0, 0}, 0, i) % 2 == 0 ? 1.0F : -1.0F;
}

void HealthWatch::look(std::size_t step, const Dreamer& dreamer) {
    if (steps_ < 40 || 2 * step <= steps_ || step % stride_ != 0) return;
    dreamer.states(states_);
    const std::size_t chains = states_.rows();
    draws_.emplace_back((1 + signs_.rows()) * chains);
    const std::span<double> draws(draws_.back());
    machine_.free_energy(states_, beta_, workspace_, draws.first(chains));
    if (!std::ranges::all_of(draws.first(chains), [](double value) { return std::isfinite(value); }))
        throw Diverged(
            fmt::format("after {} steps the chains' free energies became NaN or infinite: Langevin steps want a "
                        "--step-size well below 2",
                        step));
    for (std::size_t s = 0; s < signs_.rows(); ++s)
        add_dots(1.0, states_.view(), signs_.row(s), draws.subspan((1 + s) * chains, chains));
}

void HealthWatch::report(const std::string& advice, DreamReport& report) const {
    if (draws_.size() < 4) return;
    const std::size_t chains = states_.rows();
    const auto health_of = [&](std::size_t quantity) {
        BasicMatrix<double> series(chains, draws_.size());
        for (std::size_t t = 0; t < draws_.size(); ++t)
            for (std::size_t c = 0; c < chains; ++c) series(c, t) = draws_[t][quantity * chains + c];
        const BasicMatrix<double>& watched = series;
        return chain_health(watched.view());
    };
    const ChainHealth energy = health_of(0);
    double time = energy.autocorrelation_time, worst = energy.split_r_hat;
    for (std::size_t s = 1; s <= signs_.rows(); ++s) {
        const ChainHealth health = health_of(s);
        time = std::max(time, health.autocorrelation_time);
        worst = std::max(worst, health.split_r_hat);
    }
    const double draws = static_cast<double>(draws_.size() * chains);
    detail(
        "chains, over the second half of the steps: free energy {:.3f} +- {:.3f} nats, autocorrelation time {:.1f} "
        "steps, {:.0f} effective samples, split R-hat {:.3f}, the worst of free energy and {} random sums of units",
        energy.mean, energy.standard_error, time * static_cast<double>(stride_), draws / time, worst, signs_.rows());
    report.facts["free_energy"] = energy.mean;
    report.facts["free_energy_standard_error"] = energy.standard_error;
    report.facts["autocorrelation_time"] = time * static_cast<double>(stride_);
    report.facts["effective_samples"] = draws / time;
    report.facts["split_r_hat"] = worst;
    if (!(worst <= largest_r_hat))
        report.warn(
            "the chains are stuck: over the second half of the steps they disagree (split R-hat {:.2f}, above {}); {}",
            worst, largest_r_hat, advice);
}

}  // namespace rbm::app
