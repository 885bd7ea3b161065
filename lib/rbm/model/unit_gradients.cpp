// SPDX-License-Identifier: MIT
#include "rbm/model/unit_gradients.h"

#include <fmt/format.h>

#include "rbm/kernels/error.h"

namespace rbm {
namespace {

/// Calls use(bank, the same kind of bank in `gradient`).
template <class Real, class Use>
void visit_both(const BasicUnits<Real>& units, BasicUnits<Real>& gradient, const Use& use) {
    std::visit([&](const auto& bank) { use(bank, std::get<std::remove_cvref_t<decltype(bank)>>(gradient)); }, units);
}

}  // namespace

template <class Real>
BasicSites<Real> discrete_sites(const BasicUnits<Real>& units, std::string_view asked_by) {
    if (!is_discrete(units))
        throw Unsupported(fmt::format("{}: {} visible units, expected discrete ones", asked_by, kind(units)));
    return sites(units);
}

template <class Real>
void mean_slopes(const BasicUnits<Real>& units, ConstViewOf<Real> mean, ViewOf<Real> first, ViewOf<Real> second,
                 std::string_view asked_by) {
    std::visit(
        [&](const auto& bank) {
            if constexpr (requires { bank.mean_slopes(mean, first, second); })
                bank.mean_slopes(mean, first, second);
            else
                throw Unsupported(fmt::format(
                    "{}: {} hidden units have no derivative of their mean for each unit alone", asked_by, bank.name));
        },
        units);
}

template <class Real>
void score(const BasicUnits<Real>& units, ConstViewOf<Real> state, ConstViewOf<Real> field, ViewOf<Real> out,
           std::string_view asked_by) {
    std::visit(
        [&](const auto& bank) {
            if constexpr (requires { bank.score(state, field, out); })
                bank.score(state, field, out);
            else
                throw Unsupported(fmt::format("{}: {} visible units, expected continuous ones", asked_by, bank.name));
        },
        units);
}

template <class Real>
void add_score_gradient(const BasicUnits<Real>& units, ConstViewOf<Real> state, ConstViewOf<Real> along,
                        std::span<const double> curvature, BasicUnits<Real>& gradient, std::string_view asked_by) {
    visit_both(units, gradient, [&](const auto& bank, auto& into) {
        if constexpr (requires { bank.add_score_gradient(state, along, curvature, into); })
            bank.add_score_gradient(state, along, curvature, into);
        else
            throw Unsupported(fmt::format("{}: {} visible units, expected continuous ones", asked_by, bank.name));
    });
}

template <class Real>
void add_own_gradient(const BasicUnits<Real>& units, ConstViewOf<Real> state, std::span<const Real> row_weights,
                      BasicUnits<Real>& gradient) {
    visit_both(units, gradient, [&](const auto& bank, auto& into) { bank.add_gradient(state, row_weights, into); });
}

template <class Real>
void add_expected_gradient(const BasicUnits<Real>& units, ConstViewOf<Real> field, ConstViewOf<Real> mean,
                           std::span<const Real> row_weights, BasicUnits<Real>& gradient) {
    visit_both(units, gradient,
               [&](const auto& bank, auto& into) { bank.add_expected_gradient(field, mean, row_weights, into); });
}

#define RBM_INSTANTIATE(Real)                                                                                      \
    template BasicSites<Real> discrete_sites(const BasicUnits<Real>&, std::string_view);                           \
    template void mean_slopes(const BasicUnits<Real>&, MatrixView<const Real>, MatrixView<Real>, MatrixView<Real>, \
                              std::string_view);                                                                   \
    template void score(const BasicUnits<Real>&, MatrixView<const Real>, MatrixView<const Real>, MatrixView<Real>, \
                        std::string_view);                                                                         \
    template void add_score_gradient(const BasicUnits<Real>&, MatrixView<const Real>, MatrixView<const Real>,      \
                                     std::span<const double>, BasicUnits<Real>&, std::string_view);                \
    template void add_own_gradient(const BasicUnits<Real>&, MatrixView<const Real>, std::span<const Real>,         \
                                   BasicUnits<Real>&);                                                             \
    template void add_expected_gradient(const BasicUnits<Real>&, MatrixView<const Real>, MatrixView<const Real>,   \
                                        std::span<const Real>, BasicUnits<Real>&);
RBM_INSTANTIATE(float)
RBM_INSTANTIATE(double)
#undef RBM_INSTANTIATE

}  // namespace rbm
