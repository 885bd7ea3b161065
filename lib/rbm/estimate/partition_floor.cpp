// SPDX-License-Identifier: MIT
#include "rbm/estimate/partition_floor.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <unordered_set>
#include <vector>

#include "rbm/kernels/error.h"
#include "rbm/kernels/scalar.h"
#include "rbm/model/enumerate.h"

namespace rbm {
namespace {

/// FNV-1a.  Two states with one hash count once: that leaves a bound a bound.
std::uint64_t hash_of(std::span<const float> state) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const float value : state) hash = (hash ^ std::bit_cast<std::uint32_t>(value + 0.0F)) * 0x100000001b3;
    return hash;
}

}  // namespace

PartitionFloor partition_floor(const Units& visible, const Dataset& data, const Stream& stream,
                               std::span<const double> free_energy, const Control& control) {
    if (free_energy.size() != data.rows())
        throw InvalidArgument(
            fmt::format("partition_floor: {} free energies for {} rows", free_energy.size(), data.rows()));
    PartitionFloor floor;
    if (!is_discrete(visible)) return floor;
    Work work(control, "comparing states", data.rows());
    constexpr std::size_t block = 1024;
    const Matrix states = site_states(visible);
    std::unordered_set<std::uint64_t> seen;
    std::vector<double> logs;
    Matrix rows;
    for (std::size_t first = 0; first < data.rows(); first += block) {
        rows.resize(std::min(block, data.rows() - first), data.cols());
        data.fill(first, stream, rows);
        for (std::size_t r = 0; r < rows.rows(); ++r) {
            const std::span<const float> row = std::as_const(rows).row(r);
            if (find_no_state(states, row) == row.size() && seen.insert(hash_of(row)).second)
                logs.push_back(-free_energy[first + r]);
        }
        work.advance(rows.rows());
    }
    floor.log_partition = log_sum_exp(logs);
    floor.states = logs.size();
    return floor;
}

}  // namespace rbm
