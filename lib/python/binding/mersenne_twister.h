// SPDX-License-Identifier: MIT
// The generator of numpy.random.RandomState, MT19937: the same numbers in the same order as its uniform(), compared
// with probabilities as they come.  A draw takes two words of 32 bits; of these the first 27 bits nearly always decide.
//
// Source: Matsumoto & Nishimura, "Mersenne Twister", ACM TOMACS 8(1), 1998.
#pragma once

#include <array>
#include <cstdint>

#include "binding.h"

namespace rbm::python {

class MersenneTwister {
  public:
    static constexpr std::size_t size = 624;
    using Words = std::array<std::uint32_t, size>;

    /// The state as NumPy has it; throws InvalidArgument for another size or place.
    MersenneTwister(const std::vector<std::uint32_t>& key, std::size_t place);

    /// out = 1 with the probability in mean, else 0, row by row.
    void flip(ConstView mean, View out);

    const Words& key() const { return key_; }
    std::size_t place() const { return place_; }

  private:
    void flip_row(std::span<const float> mean, std::span<float> out);

    Words key_{}, words_{};  ///< words are tempered
    std::size_t place_ = 0;
};

}  // namespace rbm::python
