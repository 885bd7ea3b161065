// SPDX-License-Identifier: MIT
// How a machine looked at some epochs of its training: RUN/history.safetensors, docs/file-format.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rbm/data/dataset.h"
#include "rbm/sampler/chains.h"

namespace rbm::app {

/// V visible units, R samples.
struct Snapshot {
    std::uint64_t epoch = 0;
    Matrix reconstructions;               ///< [R x V] E[v | E[h | sample]]
    Matrix chains;                        ///< [R x V] means of some chains
    std::vector<double> singular_values;  ///< largest first; none where they would take too long
    std::vector<double> weights;          ///< their quantiles at weight_shares
};

inline constexpr double weight_shares[] = {0.001, 0.05, 0.25, 0.5, 0.75, 0.95, 0.999};

struct History {
    Matrix samples;                   ///< [R x V] those that are reconstructed; none where rows are very wide
    std::vector<Snapshot> snapshots;  ///< by epoch

    explicit History(const Dataset& data);
    /// Takes over the snapshots of the first `epochs` epochs, where such a file is there.
    void load(const std::string& path, std::uint64_t epochs);
    void save(const std::string& path) const;

    /// 0, 1, 2, 5, 10, 20, 50, ...
    static bool wants(std::uint64_t epoch);
    /// How the machine looks now.  Without `chains`, new ones run from noise for a while.
    Snapshot taken(const Machine& machine, const Chains& chains, std::uint64_t epoch, std::uint64_t seed) const;
};

}  // namespace rbm::app
