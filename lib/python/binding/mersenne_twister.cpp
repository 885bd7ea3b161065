// SPDX-License-Identifier: MIT
#include "mersenne_twister.h"

#include <algorithm>
#include <cstring>

namespace rbm::python {
namespace {

// Loops of constant length over plain arrays become vectors, of the best instructions that the CPU has.
#define RBM_VECTORS [[gnu::target_clones("avx512f", "avx2", "default")]]

constexpr std::size_t size = MersenneTwister::size, shift = 397, block = 16;
constexpr float to_27_bits = 0x1p27F;

std::uint32_t twisted(std::uint32_t high, std::uint32_t low, std::uint32_t far) {
    const std::uint32_t both = (high & 0x80000000U) | (low & 0x7fffffffU);
    return far ^ (both >> 1U) ^ ((0U - (both & 1U)) & 0x9908b0dfU);
}

RBM_VECTORS void twist(std::uint32_t* key) {
    constexpr std::size_t first = size - shift, vectors = first / block * block;
    for (std::size_t i = 0; i < vectors; ++i) key[i] = twisted(key[i], key[i + 1], key[i + shift]);
    for (std::size_t i = vectors; i < first; ++i) key[i] = twisted(key[i], key[i + 1], key[i + shift]);
    constexpr std::size_t rest = first + (size - 1 - first) / block * block;
    for (std::size_t i = first; i < rest; ++i) key[i] = twisted(key[i], key[i + 1], key[i - first]);
    for (std::size_t i = rest; i + 1 < size; ++i) key[i] = twisted(key[i], key[i + 1], key[i - first]);
    key[size - 1] = twisted(key[size - 1], key[0], key[shift - 1]);
}

RBM_VECTORS void temper(const std::uint32_t* __restrict key, std::uint32_t* __restrict words) {
    for (std::size_t i = 0; i < size; ++i) {
        std::uint32_t word = key[i];
        word ^= word >> 11U;
        word ^= (word << 7U) & 0x9d2c5680U;
        word ^= (word << 15U) & 0xefc60000U;
        words[i] = word ^ (word >> 18U);
    }
}

float drawn(std::uint32_t first, std::uint32_t second, float mean) {
    const double uniform = (static_cast<double>(first >> 5U) * 0x1p26 + static_cast<double>(second >> 6U)) * 0x1p-53;
    return uniform < static_cast<double>(mean) ? 1.0F : 0.0F;
}

using Floats16 = float __attribute__((vector_size(64)));
using Signed16 = std::int32_t __attribute__((vector_size(64)));
using Unsigned16 = std::uint32_t __attribute__((vector_size(64)));

/// blocks * block draws from twice as many words; true where for one the first 27 bits do not decide.
RBM_VECTORS bool flip_blocks(std::size_t blocks, const std::uint32_t* words, const float* mean, float* out) {
    const Floats16 zero{}, one = zero + 1.0F;
    Signed16 ties{};
    for (std::size_t b = 0; b < blocks; ++b, words += 2 * block, mean += block, out += block) {
        Unsigned16 low, high;
        Floats16 bounded;
        std::memcpy(&low, words, sizeof low);
        std::memcpy(&high, words + block, sizeof high);
        std::memcpy(&bounded, mean, sizeof bounded);
        bounded = bounded > zero ? bounded : zero;  // 0 for what is no number
        bounded = bounded < one ? bounded : one;
        const auto threshold = __builtin_convertvector(bounded * to_27_bits, Signed16);
        const Unsigned16 firsts =
            __builtin_shufflevector(low, high, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
        const auto bits = reinterpret_cast<Signed16>(firsts >> 5U);
        const Floats16 result = bits < threshold ? one : zero;
        ties |= bits == threshold;
        std::memcpy(out, &result, sizeof result);
    }
    std::int32_t any = 0;
    for (std::size_t i = 0; i < block; ++i) any |= ties[i];
    return any != 0;
}

}  // namespace

MersenneTwister::MersenneTwister(const std::vector<std::uint32_t>& key, std::size_t place) : place_(place) {
    if (key.size() != size || place > size) throw InvalidArgument("MersenneTwister: this is no state of MT19937");
    std::ranges::copy(key, key_.begin());
    temper(key_.data(), words_.data());
}

void MersenneTwister::flip_row(std::span<const float> mean, std::span<float> out) {
    const auto next = [this] {
        if (place_ == size) {
            twist(key_.data());
            temper(key_.data(), words_.data());
            place_ = 0;
        }
        return words_[place_++];
    };
    for (std::size_t c = 0; c < out.size();) {
        const std::size_t blocks = std::min((out.size() - c) / block, (size - place_) / (2 * block));
        if (blocks > 0) {
            const std::uint32_t* const words = words_.data() + place_;
            if (flip_blocks(blocks, words, mean.data() + c, out.data() + c))
                for (std::size_t i = 0; i < blocks * block; ++i)
                    out[c + i] = drawn(words[2 * i], words[2 * i + 1], mean[c + i]);
            place_ += 2 * blocks * block;
            c += blocks * block;
        } else {
            const std::uint32_t first = next(), second = next();
            out[c] = drawn(first, second, mean[c]);
            ++c;
        }
    }
}

void MersenneTwister::flip(ConstView mean, View out) {
    for (std::size_t r = 0; r < mean.rows; ++r) flip_row(mean.row(r), out.row(r));
}

}  // namespace rbm::python
