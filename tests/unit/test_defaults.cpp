// SPDX-License-Identifier: MIT
// What a caller gets who sets nothing.  Programs have recipes of their own; these are the library's, and part of what
// it promises.
#include <doctest/doctest.h>

#include "rbm/estimate/incomplete.h"
#include "rbm/estimate/partition_ratio.h"
#include "rbm/estimate/sandwich.h"
#include "rbm/sampler/descent.h"
#include "rbm/sampler/gibbs_langevin.h"
#include "rbm/sampler/gibbs_with_gradients.h"
#include "rbm/sampler/langevin.h"
#include "rbm/sampler/metropolis.h"
#include "rbm/sampler/simulated_annealing.h"
#include "rbm/trainer/exact_training.h"
#include "rbm/trainer/objectives/contrastive_divergence.h"
#include "rbm/trainer/objectives/discriminative.h"
#include "rbm/trainer/objectives/fast_persistent.h"
#include "rbm/trainer/objectives/noise_contrastive.h"
#include "rbm/trainer/objectives/pseudo_likelihood.h"
#include "rbm/trainer/objectives/score_matching.h"
#include "rbm/trainer/objectives/tempered_divergence.h"
#include "rbm/trainer/train.h"

using namespace rbm;

TEST_SUITE_BEGIN("defaults");

TEST_CASE("training") {
    const TrainSettings settings;
    CHECK(settings.epochs == 20);
    CHECK(settings.batch_size == 100);
    CHECK(settings.optimizer == Optimizer::sgd);
    CHECK(settings.learning_rate == 0.1F);
    CHECK(settings.schedule == Schedule::linear);
    CHECK(settings.momentum == 0);
    CHECK(settings.momentum_ramp == 5);
    CHECK(settings.weight_decay == 0);
    CHECK(settings.weight_decay_l1 == 0);
    CHECK(settings.sparsity_target == 0);
    CHECK(settings.sparsity_cost == 0);
    CHECK(settings.gradient_norm_limit == 0);
    CHECK(settings.centering);
    CHECK(settings.offset_rate == 0.01F);
    CHECK(settings.log_sigma_rate == 0.3F);
    CHECK(settings.minimum_sigma == std::vector<float>{0.05F});
    CHECK(settings.maximum_sigma == 100);
    CHECK(settings.averaging == 0);
    const ExactSettings exact;
    CHECK(exact.restarts == 1);
    CHECK(exact.iterations == 1000);
    CHECK(exact.maximum_sigma == 100);
}

TEST_CASE("objectives") {
    CHECK(ContrastiveDivergence{}.steps == 1);
    CHECK(PersistentContrastiveDivergence{}.steps == 1);
    CHECK(PersistentContrastiveDivergence{}.chains == 100);
    CHECK(FastPersistentContrastiveDivergence{}.steps == 1);
    CHECK(FastPersistentContrastiveDivergence{}.chains == 100);
    CHECK(FastPersistentContrastiveDivergence{}.fast_rate == 0.05F);
    CHECK(FastPersistentContrastiveDivergence{}.fast_decay == 0.95F);
    CHECK(Hybrid<ContrastiveDivergence>{}.generative_weight == 0.01);
    CHECK(PseudoLikelihood{}.sites == 0);
    CHECK(NoiseContrastive{}.samples == 10);
    CHECK(DenoisingScoreMatching{}.noise == 0.3F);
    CHECK(SlicedScoreMatching{}.slices == 1);
    CHECK(TemperedDivergence{}.steps == 1);
    CHECK(TemperedDivergence{}.chains == 25);
    CHECK(TemperedDivergence{}.rungs == 10);
}

TEST_CASE("samplers") {
    CHECK(Metropolis{}.steps == 1);
    CHECK(Metropolis{}.step_size == 0.5);
    CHECK(Metropolis{}.power == 1);
    CHECK(Langevin{}.steps == 1);
    CHECK(Langevin{}.step_size == 0.1);
    CHECK(GibbsLangevin{}.steps == 1);
    CHECK(GibbsLangevin{}.inner_steps == 10);
    CHECK(GibbsLangevin{}.step_size == 0.1);
    CHECK(GibbsWithGradients{}.steps == 1);
    CHECK(SimulatedAnnealing{}.steps == 1000);
    CHECK(SimulatedAnnealing{}.first_power == 0.1);
    CHECK(SimulatedAnnealing{}.last_power == 10);
    CHECK(SimulatedAnnealing{}.step_size == 0.5);
    CHECK(Descent{}.steps == 1000);
    CHECK(Tempering{}.steps == 1);
    const LadderSettings ladder;
    CHECK(ladder.swap_rate == 0.4);
    CHECK(ladder.rounds == 4);
    CHECK(ladder.sweeps == 50);
    CHECK(ladder.largest == 400);
}

TEST_CASE("estimates") {
    const AisSettings annealing;
    CHECK(annealing.chains == 100);
    CHECK(annealing.betas == 10000);
    CHECK(annealing.spacing == BetaSpacing::adaptive);
    const TemperingSettings tempering;
    CHECK(tempering.ladders == 10);
    CHECK(tempering.steps == 2000);
    CHECK(tempering.settling == 500);
    CHECK(tempering.swap_rate == 0.4);
    CHECK(SandwichSettings{}.forward);
    CHECK(PartitionRatioSettings{}.chains == 100);
    CHECK(PartitionRatioSettings{}.betas == 1000);
    CHECK(MarginalSettings{}.chains == 100);
    CHECK(MarginalSettings{}.betas == 1000);
}

TEST_SUITE_END();
