// SPDX-License-Identifier: MIT
#include "rbm/data/generate.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/random/laplace_distribution.hpp>
#include <boost/random/uniform_01.hpp>
#include <cmath>
#include <cstdint>
#include <map>
#include <numbers>
#include <span>
#include <utility>
#include <vector>

#include "rbm/kernels/error.h"

namespace rbm {
namespace {

using Bits = std::vector<std::uint8_t>;

void check(const char* set, const char* argument, std::size_t value, std::size_t low, std::size_t high) {
    if (value < low || value > high)
        throw InvalidArgument(fmt::format("{}: {} is {}, expected {} to {}", set, argument, value, low, high));
}

std::uint8_t bit(std::size_t pattern, std::size_t position) {
    return static_cast<std::uint8_t>(pattern >> position & 1U);
}

/// Sum of p log p over the distinct rows, each as likely as it is frequent.
double minus_entropy(const Bits& bits, std::size_t cols) {
    std::map<std::vector<bool>, std::size_t> counts;  // bytes as keys: GCC 12 warns of its own memcmp at -O3
    const auto width = static_cast<std::ptrdiff_t>(cols);
    for (auto row = bits.begin(); row != bits.end(); row += width) ++counts[std::vector<bool>(row, row + width)];
    const double draws = static_cast<double>(bits.size() / cols);
    double sum = 0;
    for (const auto& [row, count] : counts) {
        const double p = static_cast<double>(count) / draws;
        sum += p * std::log(p);
    }
    return sum;
}

ToySet bit_set(std::string name, std::size_t cols, Bits bits, double bound, std::string description) {
    const std::size_t rows = bits.size() / cols;
    ToySet set{Dataset::from_bytes(rows, cols, std::move(bits), 1.0F), bound, std::move(description)};
    set.data.name = std::move(name);
    return set;
}

ToySet enumerated(std::string name, std::size_t cols, Bits bits, std::string description) {
    const double bound = minus_entropy(bits, cols);
    return bit_set(std::move(name), cols, std::move(bits), bound, std::move(description));
}

Bits shifter_bits(std::size_t width, bool labelled) {
    Bits bits;
    for (std::size_t pattern = 0; pattern < std::size_t{1} << width; ++pattern)
        for (std::size_t shift = 0; shift < 3; ++shift) {
            for (std::size_t i = 0; i < width; ++i) bits.push_back(bit(pattern, i));
            // shift 0 moves the pattern left: place i shows what stood at i + 1
            for (std::size_t i = 0; i < width; ++i) bits.push_back(bit(pattern, (i + 1 + width - shift) % width));
            for (std::size_t label = 0; labelled && label < 3; ++label) bits.push_back(label == shift);
        }
    return bits;
}

/// The chance that the next of `left` bonds of a ring is satisfied, when the product of them all has to be `sign`.
double next_bond_up(std::size_t left, int sign, double coupling) {
    const double t = std::tanh(coupling);
    const double up = 1 / (1 + std::exp(-2 * coupling));
    const auto mass = [&](std::size_t bonds) { return 1 + sign * std::pow(t, static_cast<double>(bonds)); };
    return up * mass(left - 1) / mass(left);
}

}  // namespace

ToySet bars_and_stripes(std::size_t side) {
    check("bars-and-stripes", "side", side, 1, 12);
    Bits bits;
    for (const bool bars : {true, false})
        for (std::size_t pattern = 0; pattern < std::size_t{1} << side; ++pattern)
            for (std::size_t row = 0; row < side; ++row)
                for (std::size_t col = 0; col < side; ++col) bits.push_back(bit(pattern, bars ? row : col));
    ToySet set = enumerated("bars-and-stripes", side * side, std::move(bits),
                            fmt::format("bars and stripes of {0} x {0} pixels, every draw once", side));
    set.data.image = {side, side};
    return set;
}

ToySet shifter(std::size_t width) {
    check("shifter", "width", width, 2, 16);
    ToySet set = enumerated("shifter", 2 * width, shifter_bits(width, false),
                            fmt::format("{} random bits and their copy shifted left, not at all or right", width));
    set.data.image = {2, width};
    return set;
}

ToySet labelled_shifter(std::size_t width) {
    check("labelled-shifter", "width", width, 2, 16);
    return enumerated(
        "labelled-shifter", 2 * width + 3, shifter_bits(width, true),
        fmt::format("{} random bits, their copy shifted left, not at all or right, and the direction", width));
}

ToySet shifting_bar(std::size_t cells, std::size_t bar) {
    check("shifting-bar", "cells", cells, 2, 4096);
    check("shifting-bar", "bar", bar, 1, cells - 1);
    Bits bits(cells * cells);
    for (std::size_t place = 0; place < cells; ++place)
        for (std::size_t i = 0; i < bar; ++i) bits[place * cells + (place + i) % cells] = 1;
    ToySet set = enumerated("shifting-bar", cells, std::move(bits),
                            fmt::format("a bar of length {} at every position of a ring of {} cells", bar, cells));
    set.data.image = {1, cells};
    return set;
}

ToySet independent_bits(std::size_t rows, std::size_t cols, Random& random) {
    check("independent-bits", "cols", cols, 1, std::size_t{1} << 20);
    Bits bits(rows * cols);
    const double span = static_cast<double>(cols + 1);
    boost::random::uniform_01<double> uniform;
    for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = uniform(random) < static_cast<double>(i % cols + 1) / span;
    double bound = 0;
    for (std::size_t col = 0; col < cols; ++col) {
        const double p = static_cast<double>(col + 1) / span;
        bound += p * std::log(p) + (1 - p) * std::log1p(-p);
    }
    return bit_set("independent-bits", cols, std::move(bits), bound,
                   fmt::format("{0} independent bits, bit i is 1 with probability i / {1}", cols, cols + 1));
}

ToySet laplace_sources(std::size_t rows, Random& random) {
    // Unit variance: scale 1 / sqrt(2).  The entropy of one source is 1 + log(2 scale); a rotation leaves it alone.
    boost::random::laplace_distribution<double> source(0, 1 / std::numbers::sqrt2);
    const double cosine = std::sqrt(3.0) / 2, sine = 0.5;
    std::vector<float> values;
    values.reserve(2 * rows);
    for (std::size_t row = 0; row < rows; ++row) {
        const double first = source(random), second = source(random);
        values.push_back(static_cast<float>(cosine * first - sine * second));
        values.push_back(static_cast<float>(sine * first + cosine * second));
    }
    ToySet set{Dataset::from_floats(rows, 2, std::move(values)), -2 - std::numbers::ln2,
               "two Laplace sources of unit variance, rotated by 30 degrees"};
    set.data.name = "laplace";
    return set;
}

ToySet ising_ring(std::size_t rows, std::size_t spins, double coupling, Random& random) {
    check("ising-ring", "spins", spins, 3, std::size_t{1} << 20);
    if (!(std::abs(coupling) <= 10))
        throw InvalidArgument(fmt::format("ising-ring: coupling is {}, expected -10 to 10", coupling));
    // The bonds b_i = s_i s_{i+1} are independent but for their product, which is 1 around the ring: Markov, so exact.
    boost::random::uniform_01<double> uniform;
    Bits bits;
    bits.reserve(rows * spins);
    for (std::size_t row = 0; row < rows; ++row) {
        bool up = uniform(random) < 0.5;
        int sign = 1;
        for (std::size_t left = spins; left > 0; --left) {
            bits.push_back(up);
            if (uniform(random) >= next_bond_up(left, sign, coupling)) {
                up = !up;
                sign = -sign;
            }
        }
    }
    // log Z = N log(2 cosh K) + log(1 + t^N), t = tanh K; minus the entropy is K d(log Z)/dK - log Z.
    const double n = static_cast<double>(spins), t = std::tanh(coupling), power = std::pow(t, n - 1);
    const double log_partition =
        n * (std::abs(coupling) + std::log1p(std::exp(-2 * std::abs(coupling)))) + std::log1p(power * t);
    const double slope = n * t + n * power * (1 - t * t) / (1 + power * t);
    ToySet set = bit_set("ising-ring", spins, std::move(bits), coupling * slope - log_partition,
                         fmt::format("a ring of {} Ising spins with coupling {}", spins, coupling));
    set.data.image = {1, spins};
    return set;
}

}  // namespace rbm
