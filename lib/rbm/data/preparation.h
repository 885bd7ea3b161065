// SPDX-License-Identifier: MIT
// What happens to data between the file and the machine, and what prepared rows hold.
#pragma once

#include <cstddef>
#include <vector>

namespace rbm {

/// How grey values become states of Bernoulli and spin units: a fixed threshold, a coin per pixel and epoch, or not at
/// all.
enum class Binarize { threshold, sample, none };

/// The model file remembers it.
struct Preparation {
    Binarize binarize = Binarize::none;
    float threshold = 0.5F;          ///< values above it are 1
    std::vector<float> mean;         ///< [V] or empty: v = (x - mean) / scale
    std::vector<float> scale;        ///< [V] or empty
    std::vector<float> mean_rest{};  ///< [V] or empty: what floats leave out of the mean, which is mean + mean_rest
    /// The same states from the same data: the threshold counts only where it is used.
    bool operator==(const Preparation& other) const {
        return binarize == other.binarize && (binarize != Binarize::threshold || threshold == other.threshold) &&
               mean == other.mean && scale == other.scale && mean_rest == other.mean_rest;
    }
};

/// What prepared rows hold: the states of a kind of units.
struct StateForm {
    bool discrete = false;   ///< else any finite numbers
    float low = 0;           ///< what a value that is off becomes, and
    float high = 1;          ///< one that is on
    std::size_t states = 0;  ///< of a site of that many columns, one of which is 1 and the others 0; 0: there are none
    static constexpr StateForm bits() { return {.discrete = true}; }
    static constexpr StateForm numbers() { return {}; }
};

}  // namespace rbm
