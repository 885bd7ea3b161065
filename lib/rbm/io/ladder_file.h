// SPDX-License-Identifier: MIT
// The ladder of trajectory tempering as a safetensors file: the machines that a run froze, beside its checkpoint.
#pragma once

#include <string>

#include "rbm/model/machine.h"
#include "rbm/sampler/trajectory.h"

namespace rbm {

struct LadderFile {
    MachineLadder machines;              ///< the first without weights
    std::vector<std::uint64_t> updates;  ///< after how many updates each was frozen, rising
};

/// The file beside a model or checkpoint of the same run.
std::string ladder_beside(const std::string& path);

/// Replaces what was there.
void save_ladder(const std::string& path, const LadderFile& ladder);
/// Machines of the shape and kinds of `like`.  Throws FileError when the file cannot be opened, and DataError, naming
/// the tensor, when it holds no ladder of such machines.
LadderFile load_ladder(const std::string& path, const Machine& like);

}  // namespace rbm
