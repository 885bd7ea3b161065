// SPDX-License-Identifier: MIT
#include "rbm/model/units.h"

#include <fmt/format.h>

#include <stdexcept>

namespace rbm {

template <class Real>
BasicUnits<Real> make_units(std::string_view name, std::size_t sites, std::size_t states) {
    if (name == BasicBernoulli<Real>::name) return BasicBernoulli<Real>(sites);
    if (name == BasicGaussian<Real>::name) return BasicGaussian<Real>(sites);
    if (name == BasicSpin<Real>::name) return BasicSpin<Real>(sites);
    if (name == BasicPotts<Real>::name) return BasicPotts<Real>(sites, states);
    throw std::invalid_argument(fmt::format("unit kind '{}': expected bernoulli, gaussian, spin or potts", name));
}

template <class Real>
std::string name_with_states(const BasicUnits<Real>& units) {
    if (site_width(units) == 1) return std::string(kind(units));
    return fmt::format("{} ({} states)", kind(units), site_width(units));
}

template BasicUnits<float> make_units(std::string_view, std::size_t, std::size_t);
template BasicUnits<double> make_units(std::string_view, std::size_t, std::size_t);
template std::string name_with_states(const BasicUnits<float>&);
template std::string name_with_states(const BasicUnits<double>&);

}  // namespace rbm
