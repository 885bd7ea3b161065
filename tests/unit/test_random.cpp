// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <boost/random/uniform_int_distribution.hpp>
#include <cmath>

#include "rbm/kernels/random.h"

TEST_SUITE_BEGIN("random");

TEST_CASE("Philox4x32-10 gives Random123's known answers") {
    // Counter and key all ones, from Random123's kat_vectors; row and block are the counter's first words.
    const auto zero = rbm::philox_block(rbm::Stream{0, 0, 0}, 0, 0);
    CHECK(zero == std::array<std::uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    const auto ones = rbm::philox_block(rbm::Stream{~0ULL, ~0ULL, 0}, 0xffffffff, 0xffffffff);
    CHECK(ones == std::array<std::uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    const auto pi = rbm::philox_block(rbm::Stream{0x299f31d0a4093822, 0x0370734413198a2e, 0}, 0x85a308d3, 0x243f6a88);
    CHECK(pi == std::array<std::uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("words are laid out in panels of 64 columns") {
    const rbm::Stream stream{7, 9, 0};
    CHECK(rbm::random_bits(stream, 3, 0) == rbm::philox_block(stream, 3, 0)[0]);
    CHECK(rbm::random_bits(stream, 3, 17) == rbm::philox_block(stream, 3, 1)[1]);
    CHECK(rbm::random_bits(stream, 3, 63) == rbm::philox_block(stream, 3, 15)[3]);
    CHECK(rbm::random_bits(stream, 3, 64) == rbm::philox_block(stream, 3, 16)[0]);
    CHECK(rbm::random_bits(stream.rows_from(3), 0, 5) == rbm::random_bits(stream, 3, 5));
}

TEST_CASE("uniforms lie in [0, 1) and normals have mean 0, variance 1 and fourth moment 3") {
    CHECK(rbm::uniform_from_bits(0) == 0.0F);
    CHECK(rbm::uniform_from_bits(0xffffffff) < 1.0F);
    double sum = 0, squares = 0, fourths = 0;
    const std::size_t rows = 500, cols = 400;
    for (std::size_t row = 0; row < rows; ++row)
        for (std::size_t col = 0; col < cols; ++col) {
            const double z = static_cast<double>(rbm::normal_at(rbm::Stream{1, 2, 0}, row, col));
            sum += z;
            squares += z * z;
            fourths += z * z * z * z;
        }
    const double n = static_cast<double>(rows * cols);
    CHECK(std::abs(sum / n) < 4 / std::sqrt(n));
    CHECK(std::abs(squares / n - 1) < 4 * std::sqrt(2 / n));
    CHECK(std::abs(fourths / n - 3) < 4 * std::sqrt(96 / n));
}

TEST_CASE("a generator goes on from its saved state, in the middle of a block too") {
    for (int drawn = 0; drawn < 9; ++drawn) {
        rbm::Random random(11);
        for (int i = 0; i < drawn; ++i) random();
        rbm::Random restored = rbm::Random::from_state(random.state());
        for (int i = 0; i < 9; ++i) CHECK(random() == restored());
        CHECK(random.next().call == restored.next().call);
    }
}

TEST_CASE("forks differ from one another and serve Boost's distributions") {
    const rbm::Random random(5);
    rbm::Random one = random.fork(1), two = random.fork(2);
    CHECK(one() != two());
    boost::random::uniform_int_distribution<int> die(1, 6);
    std::array<int, 7> counts{};
    for (int i = 0; i < 6000; ++i) ++counts[static_cast<std::size_t>(die(one))];
    double chi_square = 0;
    for (std::size_t face = 1; face <= 6; ++face) chi_square += std::pow(counts[face] - 1000.0, 2) / 1000.0;
    CHECK(chi_square < 20.5);  // 5 degrees of freedom, p = 0.001
}

TEST_SUITE_END();
