// SPDX-License-Identifier: MIT
// A page that holds a machine and runs its block Gibbs chains in the browser: rbm-dream --output FILE.html.
#pragma once

#include <optional>
#include <string>

#include "rbm/io/model_file.h"

namespace rbm::app {

struct DreamPage {
    std::string title;
    std::size_t chains = 18;  ///< three rows of six, or six of three
    double beta = 1;
    std::uint64_t seed = 1;
    bool means = true;                 ///< pictures show means, not states
    std::optional<std::size_t> label;  ///< the place of the one that is held at first
    Matrix start;                      ///< [C x V] prepared rows to start at, or none for noise
};

/// Larger machines would make pages that browsers take long to open.
inline constexpr std::size_t most_page_weights = std::size_t{1} << 23;

/// Throws Unsupported for units that the page has no script for and for machines that are too large.
std::string dream_page(const Model& model, const DreamPage& settings);

}  // namespace rbm::app
