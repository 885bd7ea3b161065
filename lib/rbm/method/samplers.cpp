// SPDX-License-Identifier: MIT
#include "rbm/method/samplers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rbm/kernels/error.h"
#include "rbm/method/gibbs_chains.h"
#include "rbm/method/proposing_chains.h"
#include "rbm/method/trajectory_chains.h"
#include "rbm/sampler/gibbs_langevin.h"
#include "rbm/sampler/gibbs_with_gradients.h"
#include "rbm/sampler/langevin.h"
#include "rbm/sampler/metropolis.h"
#include "rbm/sampler/simulated_annealing.h"
#include "rbm/sampler/step_size.h"

namespace rbm {
namespace {

using At = ProposingSampler::Place;

const Setting step_size_setting = {.name = "step-size",
                                   .help = "size of Gaussian and Langevin steps",
                                   .kind = Setting::Kind::real,
                                   .shown_default = "sought during the first half of the steps",
                                   .range = {.low = 0, .without_low = true},
                                   .precise = true};
Setting fixed_step_size(const char* text) {
    Setting setting = step_size_setting;
    setting.shown_default = text;
    return setting;
}

double units_of(const SamplerInputs& in) {
    return static_cast<double>(std::max<std::size_t>(1, in.machine.visible_count()));
}

/// With the step size that was given, if any; else `size`, to be adapted until `acceptance` of the steps are taken.
ProposingSampler with_step_size(const char* name, const SamplerInputs& in, double size, double acceptance) {
    ProposingSampler sampler{.name = name, .step_size = size, .wanted_acceptance = acceptance};
    if (in.settings.text(step_size_setting.name).empty()) return sampler;
    sampler.step_size = in.settings.precise(step_size_setting.name);
    sampler.wanted_acceptance = 0;
    return sampler;
}

/// Flips of discrete units have no size; Gaussian steps of many independent units do best at 2.38 / sqrt(units).
ProposingSampler flips_or_steps(const char* name, const SamplerInputs& in) {
    if (!is_discrete(in.machine.visible))
        return with_step_size(name, in, 2.38 / std::sqrt(units_of(in)), metropolis_acceptance);
    if (!in.settings.text(step_size_setting.name).empty())
        throw InvalidArgument(
            fmt::format("the sampler {} has no step size on {} visible units", name, kind(in.machine.visible)));
    return {.name = name};
}

/// Langevin steps of many independent units do best at 1.36 / cbrt(units).
ProposingSampler adjusted_langevin(const char* name, const SamplerInputs& in) {
    return with_step_size(name, in, std::min(1.0, 1.36 / std::cbrt(units_of(in))), langevin_acceptance);
}

std::vector<SamplerMethod> sampler_rows() {
    return {
        {.name = "gibbs",
         .help = "all hidden units, then all visible ones",
         .source = "Geman & Geman, PAMI 1984; Smolensky 1986",
         .holds_units = true,
         .start = gibbs_chains},
        {.name = "tempering",
         .help = "chains at the top of ladders of temperatures",
         .source = "Swendsen & Wang, Physical Review Letters 1986",
         .when_stuck = "take more steps",
         .proof_chains = 512,
         .start = tempering_chains},
        {.name = "trajectory",
         .help = "chains at the top of the ladder that training kept",
         .source = "Bereux, Decelle, Furtlehner, Rosset & Seoane, arXiv 2405.15376",
         .needs_ladder = true,
         .when_stuck = "take more steps",
         .proof_chains = 2048,
         .start = trajectory_chains},
        {.name = "metropolis",
         .help = "flips of single units, or one Gaussian step of all",
         .source = "Metropolis et al., J. Chem. Phys. 1953",
         .settings = {step_size_setting},
         .start =
             [](const SamplerInputs& in, Random& random) {
                 ProposingSampler sampler = flips_or_steps("metropolis", in);
                 sampler.step = [](const Machine& machine, Chains& chains, Random& draws, const At& at) {
                     return Metropolis{.steps = 1, .step_size = at.step_size}.step(machine, chains, draws);
                 };
                 return proposing_chains(std::move(sampler), in, random);
             }},
        {.name = "gibbs-with-gradients",
         .help = "ten flips per step that the gradient suggests",
         .source = "Grathwohl et al., ICML 2021",
         .units = SamplerMethod::VisibleUnits::discrete,
         .instead = "mala",
         .start =
             [](const SamplerInputs& in, Random& random) {
                 ProposingSampler sampler{.name = "gibbs-with-gradients"};
                 sampler.step = [](const Machine& machine, Chains& chains, Random& draws, const At&) {
                     return GibbsWithGradients{.steps = 10}.step(machine, chains, draws);
                 };
                 return proposing_chains(std::move(sampler), in, random);
             }},
        {.name = "langevin",
         .help = "down the gradient, with noise; off by O(step size)",
         .source = "Rossky, Doll & Friedman, J. Chem. Phys. 1978",
         .settings = {fixed_step_size("0.05")},
         .units = SamplerMethod::VisibleUnits::continuous,
         .instead = "metropolis or gibbs-with-gradients",
         .proof = SamplerMethod::Proof::elsewhere,
         .proof_elsewhere = "Langevin, transitions",
         .start =
             [](const SamplerInputs& in, Random& random) {
                 ProposingSampler sampler = with_step_size("langevin", in, 0.05, 0);
                 sampler.refuses = false;
                 sampler.step = [](const Machine& machine, Chains& chains, Random& draws, const At& at) {
                     return Langevin{.steps = 1, .step_size = at.step_size, .adjusted = false}.step(machine, chains,
                                                                                                    draws);
                 };
                 return proposing_chains(std::move(sampler), in, random);
             }},
        {.name = "mala",
         .help = "Langevin steps that are taken or refused: exact",
         .source = "Roberts & Tweedie, Bernoulli 1996",
         .settings = {step_size_setting},
         .units = SamplerMethod::VisibleUnits::continuous,
         .instead = "metropolis or gibbs-with-gradients",
         .start =
             [](const SamplerInputs& in, Random& random) {
                 ProposingSampler sampler = adjusted_langevin("mala", in);
                 sampler.step = [](const Machine& machine, Chains& chains, Random& draws, const At& at) {
                     return Langevin{.steps = 1, .step_size = at.step_size, .adjusted = true}.step(machine, chains,
                                                                                                   draws);
                 };
                 return proposing_chains(std::move(sampler), in, random);
             }},
        {.name = "gibbs-langevin",
         .help = "hidden units, then ten Langevin steps given them",
         .source = "Liao, Kornblith, Ren, Fleet & Hinton, Gaussian-Bernoulli RBMs without tears, 2022",
         .settings = {step_size_setting},
         .units = SamplerMethod::VisibleUnits::continuous,
         .instead = "metropolis or gibbs-with-gradients",
         .start =
             [](const SamplerInputs& in, Random& random) {
                 ProposingSampler sampler = adjusted_langevin("gibbs-langevin", in);
                 sampler.step = [](const Machine& machine, Chains& chains, Random& draws, const At& at) {
                     return GibbsLangevin{.steps = 1, .inner_steps = 10, .step_size = at.step_size}.step(machine,
                                                                                                         chains, draws);
                 };
                 return proposing_chains(std::move(sampler), in, random);
             }},
        {.name = "annealing",
         .help = "metropolis that cools down towards low free energies",
         .source = "Kirkpatrick, Gelatt & Vecchi, Science 1983",
         .settings = {fixed_step_size("2.38 / sqrt(visible units)")},
         .stationary = false,
         .proof = SamplerMethod::Proof::elsewhere,
         .proof_elsewhere = "annealing, transitions",
         .start =
             [](const SamplerInputs& in, Random& random) {
                 ProposingSampler sampler = flips_or_steps("annealing", in);
                 sampler.wanted_acceptance = 0;
                 sampler.judged = false;  // what has cooled down refuses nearly all
                 sampler.step = [](const Machine& machine, Chains& chains, Random& draws, const At& at) {
                     return SimulatedAnnealing{.steps = at.steps, .step_size = at.step_size}.sweep(at.number).step(
                         machine, chains, draws);
                 };
                 return proposing_chains(std::move(sampler), in, random);
             }},
    };
}

}  // namespace

const std::vector<SamplerMethod>& sampler_methods() {
    static const std::vector<SamplerMethod> all = sampler_rows();
    return all;
}

const SamplerMethod& sampler_method(std::string_view name) { return row_named(sampler_methods(), name, "sampler"); }

void require_units(const SamplerMethod& method, const Units& visible) {
    const bool discrete = is_discrete(visible);
    if (method.units == (discrete ? SamplerMethod::VisibleUnits::continuous : SamplerMethod::VisibleUnits::discrete))
        throw Unsupported(fmt::format("sampler {}: {} visible units are {}; use {}", method.name, kind(visible),
                                      discrete ? "discrete" : "continuous", method.instead));
}

}  // namespace rbm
