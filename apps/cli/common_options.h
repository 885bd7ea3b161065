// SPDX-License-Identifier: MIT
// The options that several programs share: one name, one meaning, one help text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "apps/cli/option_types.h"
#include "apps/cli/resources.h"
#include "rbm/data/dataset.h"
#include "rbm/io/csv.h"
#include "rbm/io/if_exists.h"

namespace rbm::app {

struct CommonSettings {
    std::uint64_t seed = 1;
    std::size_t threads = default_threads();
    double beta = 1;
    Binarize binarize = Binarize::threshold;
    float threshold = 0.5F;
    TableHeader header = TableHeader::automatic;
    std::string keep, drop;  ///< names of columns, with commas between
    bool decimal_comma = false;
    Channels channels = Channels::grey;
    bool json = false;
    bool force = false;
    /// What --force says of output that exists.
    IfExists if_exists() const { return force ? IfExists::replace : IfExists::refuse; }
    std::string config;
    bool quiet = false;
    bool verbose = false;
    bool no_progress = false;
};

struct CommonOption {
    Value value;
    char letter = 0;
    std::string help;
};

/// Throws std::logic_error for a name that is none of theirs.
CommonOption common_option(std::string_view name, CommonSettings& settings);

}  // namespace rbm::app
