// SPDX-License-Identifier: MIT
#include "rbm/method/proposing_chains.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rbm/kernels/error.h"
#include "rbm/sampler/block_gibbs.h"
#include "rbm/sampler/step_size.h"

namespace rbm {
namespace {

/// Chains that move less often trigger a warning.
constexpr double lowest_acceptance = 0.05;
constexpr std::size_t steps_to_judge_proposals = 40;

/// Less than half as many taken or refused as wanted.
bool far(double rate, double wanted) { return 2 * rate < wanted || 2 * (1 - rate) < 1 - wanted; }

class ProposingChains final : public RunningChains {
  public:
    ProposingChains(ProposingSampler sampler, const SamplerInputs& inputs, Random& random)
        : sampler_(std::move(sampler)),
          machine_(inputs.machine),
          chains_(start_chains(inputs, random)),
          steps_(inputs.steps),
          search_steps_(sampler_.wanted_acceptance > 0 ? inputs.steps / 2 : 0),
          step_size_(sampler_.step_size) {
        search_.start = sampler_.step_size;
        if (sampler_.wanted_acceptance > 0) search_.target = sampler_.wanted_acceptance;
    }
    std::size_t count() const override { return chains_.count(); }
    void step(Random& random) override {
        if (done_ < search_steps_) step_size_ = search_.current();
        const double acceptance = sampler_.step(machine_, chains_, random, {done_, steps_, step_size_}).acceptance;
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
    SamplerReport report() const override {
        const bool sought = search_steps_ > 0;
        const double rate = rates_ / static_cast<double>(std::max<std::size_t>(1, done_ - search_steps_));
        SamplerReport report;
        if (sampler_.refuses) report.facts.emplace_back("acceptance", rate);
        if (sought) report.facts.emplace_back("acceptance_wanted", search_.target);
        if (step_size_ > 0) {
            report.facts.emplace_back("step_size", step_size_);
            report.facts.emplace_back("step_size_sought", sought);
        }
        report.summary = fmt::format(
            "{}: {}{}{}", sampler_.name,
            sampler_.refuses ? fmt::format("{:.1f} % of the proposals taken", 100 * rate) : "no step is refused",
            step_size_ > 0 ? fmt::format(", step size {:.4g}", step_size_) : "",
            sought ? ", sought during the first half of the steps" : "");
        if (sampler_.refuses && sampler_.judged && done_ >= steps_to_judge_proposals) judge(rate, sought, report);
        return report;
    }

  private:
    void judge(double rate, bool sought, SamplerReport& report) const {
        if (rate < lowest_acceptance)
            report.warnings.push_back(
                fmt::format("{}: {:.2f} % of the proposals are taken, fewer than {:.0f} %: the chains hardly move; {}",
                            sampler_.name, 100 * rate, 100 * lowest_acceptance,
                            step_size_ == 0 ? "take the sampler gibbs or tempering"
                            : sought        ? "take more steps, or give a step size"
                                            : "lower the step size"));
        else if (sought && far(rate, search_.target))
            report.warnings.push_back(fmt::format(
                "{}: {:.1f} % of the proposals are taken, far from the {:.1f} % that a step size was sought for; take "
                "more steps, or give a step size",
                sampler_.name, 100 * rate, 100 * search_.target));
    }
    void check_finite() const {
        for (const float value : chains_.visible.values())
            if (!std::isfinite(value))
                throw Diverged(
                    fmt::format("after {} steps the chains have become NaN or infinite; lower the step size", done_));
    }

    ProposingSampler sampler_;
    const Machine& machine_;
    Chains chains_;
    std::size_t steps_, search_steps_, done_ = 0;
    StepSizeSearch search_;
    double step_size_, rates_ = 0;
};

}  // namespace

std::unique_ptr<RunningChains> proposing_chains(ProposingSampler sampler, const SamplerInputs& inputs, Random& random) {
    return std::make_unique<ProposingChains>(std::move(sampler), inputs, random);
}

}  // namespace rbm
