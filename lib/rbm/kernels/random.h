// SPDX-License-Identifier: MIT
// Counter-based random numbers: every draw is a pure function of (seed, purpose, call, row, column), so neither the
// number of threads nor the split into blocks of rows can change one, and a checkpoint stores three integers.
//
// Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011 (Philox4x32-10, from Random123).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace rbm {

/// Names one batch of draws: a matrix of 32-bit words, unlimited in rows and columns.
struct Stream {
    std::uint64_t key = 0;
    std::uint64_t call = 0;
    std::size_t first_row = 0;  ///< the row of the batch that a kernel's row 0 stands for

    Stream rows_from(std::size_t row) const { return {key, call, first_row + row}; }
};

/// Columns come in panels of 64: 16 Philox blocks of 4 words.  Column c of a panel is word c / 16 of block c % 16, so a
/// vector of 16, 8 or 4 lanes finds its words in lane order.
inline constexpr std::size_t panel_columns = 64;
inline constexpr std::size_t panel_blocks = 16;

/// The Philox block `block` of row `row`: four words.
std::array<std::uint32_t, 4> philox_block(const Stream& stream, std::size_t row, std::size_t block);

/// The word at (row, column).
std::uint32_t random_bits(const Stream& stream, std::size_t row, std::size_t column);

/// Uniform on {0, 1, ..., 2^24 - 1} / 2^24: never 1, so that a probability of 1 always succeeds and one of 0 never.
inline float uniform_from_bits(std::uint32_t bits) { return static_cast<float>(bits >> 8) * 0x1p-24f; }

/// One standard normal at (row, column) by Box-Muller: columns c and c + 16 of a panel share a pair of uniforms.
float normal_at(const Stream& stream, std::size_t row, std::size_t column);

/// A generator for the library's draws, and a UniformRandomBitGenerator for Boost.Random's and std's distributions.
class Random {
  public:
    using result_type = std::uint32_t;
    struct State {
        std::uint64_t key = 0;
        std::uint64_t call = 0;
        std::uint64_t word = 0;  ///< how many words of the current block operator() has given out, 0 to 4
        bool operator==(const State&) const = default;
    };

    explicit Random(std::uint64_t seed = 0) : state_{seed, 0, 4} {}
    static Random from_state(const State& state);
    const State& state() const { return state_; }

    /// A generator whose draws are independent of this one's, the same whatever this one has drawn.
    Random fork(std::uint64_t purpose) const;

    /// Names a fresh batch of draws.
    Stream next() { return {state_.key, state_.call++, 0}; }

    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return 0xffffffffU; }
    result_type operator()();

  private:
    State state_;
    std::array<std::uint32_t, 4> block_{};
};

}  // namespace rbm
