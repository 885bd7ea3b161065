// SPDX-License-Identifier: MIT
#include "rbm/model/enumerate.h"

namespace rbm {

template <class Real>
std::uint64_t state_count(const BasicUnits<Real>& units) {
    const std::size_t letters = alphabet(units).size();
    if (letters == 0) return 0;
    std::uint64_t count = 1;
    for (std::size_t i = 0; i < width(units); ++i) {
        count *= letters;
        if (count > std::uint64_t{1} << enumerable_units) return 0;
    }
    return count;
}

template <class Real>
void enumerate_states(const BasicUnits<Real>& units, std::uint64_t first, MatrixView<Real> out) {
    const std::vector<Real> letters = alphabet(units);
    for (std::size_t row = 0; row < out.rows; ++row) {
        std::uint64_t number = first + row;
        for (Real& unit : out.row(row)) {
            unit = letters[number % letters.size()];
            number /= letters.size();
        }
    }
}

template std::uint64_t state_count(const BasicUnits<float>&);
template std::uint64_t state_count(const BasicUnits<double>&);
template void enumerate_states(const BasicUnits<float>&, std::uint64_t, MatrixView<float>);
template void enumerate_states(const BasicUnits<double>&, std::uint64_t, MatrixView<double>);

}  // namespace rbm
