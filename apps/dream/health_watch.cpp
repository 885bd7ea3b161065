// SPDX-License-Identifier: MIT
#include "apps/dream/health_watch.h"

#include <algorithm>
#include <cmath>

#include "rbm/kernels/error.h"
#include "rbm/kernels/ops.h"

namespace rbm::app {

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

void HealthWatch::look(std::size_t step, const RunningChains& running) {
    if (steps_ < 40 || 2 * step <= steps_ || step % stride_ != 0) return;
    running.states(states_);
    const std::size_t chains = states_.rows();
    draws_.emplace_back((1 + signs_.rows()) * chains);
    const std::span<double> draws(draws_.back());
    machine_.free_energy(states_, beta_, workspace_, draws.first(chains));
    if (!std::ranges::all_of(draws.first(chains), [](double value) { return std::isfinite(value); }))
        throw Diverged(
            fmt::format("after {} steps the chains' free energies have become NaN or infinite: Langevin steps need a "
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
    report.facts["free_energy_autocorrelation_time"] = energy.autocorrelation_time * static_cast<double>(stride_);
    report.facts["free_energy_effective_samples"] = energy.effective_samples;
    report.facts["autocorrelation_time"] = time * static_cast<double>(stride_);
    report.facts["effective_samples"] = draws / time;
    report.facts["split_r_hat"] = worst;
    if (!(worst <= largest_r_hat))
        report.warn(
            "the chains are stuck: over the second half of the steps they disagree (split R-hat {:.2f}, above {}); {}",
            worst, largest_r_hat, advice);
}

}  // namespace rbm::app
