// SPDX-License-Identifier: MIT
#include "rbm/kernels/random.h"

#include <Random123/philox.h>

#include <cmath>
#include <numbers>

namespace rbm {
namespace {

std::uint32_t low(std::uint64_t value) { return static_cast<std::uint32_t>(value); }
std::uint32_t high(std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32); }

std::array<std::uint32_t, 4> philox(std::uint64_t key, std::array<std::uint32_t, 4> counter) {
    const r123::Philox4x32 generate;
    const r123::Philox4x32::ctr_type words =
        generate({{counter[0], counter[1], counter[2], counter[3]}}, {{low(key), high(key)}});
    return {words[0], words[1], words[2], words[3]};
}

std::size_t block_of(std::size_t column) { return column / panel_columns * panel_blocks + column % panel_blocks; }
std::size_t word_of(std::size_t column) { return column % panel_columns / panel_blocks; }

}  // namespace

std::array<std::uint32_t, 4> philox_block(const Stream& stream, std::size_t row, std::size_t block) {
    return philox(stream.key, {low(block), low(stream.first_row + row), low(stream.call), high(stream.call)});
}

std::uint32_t random_bits(const Stream& stream, std::size_t row, std::size_t column) {
    return philox_block(stream, row, block_of(column))[word_of(column)];
}

float normal_at(const Stream& stream, std::size_t row, std::size_t column) {
    const auto words = philox_block(stream, row, block_of(column));
    const std::size_t word = word_of(column);
    const float first = static_cast<float>(words[word & ~std::size_t{1}]) * 0x1p-32F + 0x1p-33F;  // in (0, 1]
    const float second = static_cast<float>(words[word | 1]) * 0x1p-32F;
    const float radius = std::sqrt(-2.0F * std::log(first));
    const float angle = 2.0F * std::numbers::pi_v<float> * second;
    return radius * (word % 2 == 0 ? std::cos(angle) : std::sin(angle));
}

Random Random::from_state(const State& state) {
    Random random;
    random.state_ = state;
    if (state.word < 4) random.block_ = philox(state.key, {0, ~0U, low(state.call - 1), high(state.call - 1)});
    return random;
}

Random Random::fork(std::uint64_t purpose) const {
    // Row ~0 and block ~0 belong to no batch.
    const auto words = philox(state_.key, {~0U, ~0U, low(purpose), high(purpose)});
    return Random(std::uint64_t{words[1]} << 32 | words[0]);
}

Random::result_type Random::operator()() {
    if (state_.word == 4) {
        const Stream stream = next();
        block_ = philox(stream.key, {0, ~0U, low(stream.call), high(stream.call)});
        state_.word = 0;
    }
    return block_[state_.word++];
}

}  // namespace rbm
