// SPDX-License-Identifier: MIT
#include "rbm/model/enumerate.h"

#include <fmt/format.h>

#include <algorithm>

#include "rbm/kernels/error.h"

namespace rbm {
namespace {

/// Which of its states the site at `first` is in; their number when it is in none.
template <class Real>
std::size_t letter_at(const BasicMatrix<Real>& all, std::span<const Real> state, std::size_t first) {
    const auto site = state.subspan(first, all.cols());
    for (std::size_t k = 0; k < all.rows(); ++k)
        if (std::equal(site.begin(), site.end(), all.row(k).begin())) return k;
    return all.rows();
}

}  // namespace

template <class Real>
std::uint64_t state_count(const BasicUnits<Real>& units) {
    const std::size_t letters = site_states(units).rows();
    if (letters == 0) return 0;
    std::uint64_t count = 1;
    for (std::size_t i = 0; i < site_count(units); ++i) {
        count *= letters;
        if (count > std::uint64_t{1} << enumerable_units) return 0;
    }
    return count;
}

template <class Real>
void enumerate_states(const BasicUnits<Real>& units, std::uint64_t first, ViewOf<Real> out) {
    const BasicMatrix<Real> all = site_states(units);
    for (std::size_t row = 0; row < out.rows; ++row) {
        std::uint64_t number = first + row;
        for (std::size_t column = 0; column < out.cols; column += all.cols()) {
            const auto letter = all.row(static_cast<std::size_t>(number % all.rows()));
            std::copy(letter.begin(), letter.end(), out.row(row).begin() + static_cast<std::ptrdiff_t>(column));
            number /= all.rows();
        }
    }
}

template <class Real>
std::uint64_t state_number(const BasicMatrix<Real>& all, std::span<const Real> state) {
    std::uint64_t number = 0;
    for (std::size_t end = state.size(); end > 0; end -= all.cols())
        number = number * all.rows() + letter_at(all, state, end - all.cols());
    return number;
}

template <class Real>
std::size_t find_no_state(const BasicMatrix<Real>& all, std::span<const Real> state) {
    if (all.rows() == 0) return state.size();
    for (std::size_t first = 0; first < state.size(); first += all.cols())
        if (letter_at(all, state, first) == all.rows()) return first;
    return state.size();
}

template <class Real>
IntegrationGrid integration_grid(const BasicUnits<Real>& units, double reach) {
    return std::visit(
        [&](const auto& bank) -> IntegrationGrid {
            if constexpr (requires { bank.integration_grid(reach); })
                return bank.integration_grid(reach);
            else
                throw Unsupported(fmt::format("an integration grid of {} units, which are discrete", bank.name));
        },
        units);
}

#define RBM_INSTANTIATE(Real)                                                                 \
    template std::uint64_t state_count(const BasicUnits<Real>&);                              \
    template void enumerate_states(const BasicUnits<Real>&, std::uint64_t, MatrixView<Real>); \
    template std::uint64_t state_number(const BasicMatrix<Real>&, std::span<const Real>);     \
    template std::size_t find_no_state(const BasicMatrix<Real>&, std::span<const Real>);      \
    template IntegrationGrid integration_grid(const BasicUnits<Real>&, double);
RBM_INSTANTIATE(float)
RBM_INSTANTIATE(double)
#undef RBM_INSTANTIATE

}  // namespace rbm
