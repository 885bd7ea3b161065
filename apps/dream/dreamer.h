// SPDX-License-Identifier: MIT
// The chains of rbm-dream, by Gibbs sampling and tempering, and how well chains mix.
#pragma once

#include <memory>
#include <optional>

#include "apps/cli/command.h"
#include "apps/dream/dream_report.h"
#include "rbm/estimate/chain_health.h"
#include "rbm/io/model_file.h"
#include "rbm/sampler/block_gibbs.h"
#include "rbm/sampler/tempering.h"

namespace rbm::app {

class Dreamer {
  public:
    virtual ~Dreamer() = default;
    virtual std::size_t count() const = 0;
    virtual void step(Random& random) = 0;
    /// out [C x V] = where the chains are, or the means that the units were drawn from.
    virtual void states(View out) const = 0;
    virtual void means(View out) = 0;
    /// Says what there is to say of the sampler itself, at the end.
    virtual void report(DreamReport&) const {}
};

/// Block Gibbs chains; `start` as it is.
std::unique_ptr<Dreamer> gibbs_dreamer(const Machine& machine, Chains start);

/// The same with the label held, of a model that has it: what the machine believes samples of this class look like.
std::unique_ptr<Dreamer> labelled_dreamer(const Model& model, Chains start, std::uint32_t label);

/// One ladder per chain, whose top rung is the chain.  `start` [C x V] is where the tops start, or has no rows: then at
/// the base.  rates: the data's means, or none.
std::unique_ptr<Dreamer> tempering_dreamer(const Model& model, double beta, std::size_t chains, ConstView start,
                                           Random& random);

/// Watches the chains' free energies, and a few sums of their units with fixed random signs, over the second half of a
/// run of `steps`, at 200 moments at most: modes of equal free energy still differ in their units.
class HealthWatch {
  public:
    HealthWatch(const Machine& machine, std::size_t chains, std::size_t steps, double beta);
    /// After each step, numbered from 1.
    void look(std::size_t step, const Dreamer& dreamer);
    /// A warning when chains are stuck, with this advice; the numbers with --verbose, and in the report.  Nothing for
    /// runs of fewer than 40 steps.
    void report(const std::string& advice, DreamReport& report) const;

  private:
    const Machine& machine_;
    std::size_t steps_, stride_;
    std::vector<float> beta_;
    Matrix states_;
    Workspace workspace_;
    Matrix signs_;                            ///< [sums x V]
    std::vector<std::vector<double>> draws_;  ///< [moments][(1 + sums) C]
};

}  // namespace rbm::app
