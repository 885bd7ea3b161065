// SPDX-License-Identifier: MIT
#include "rbm/model/units.h"

#include <fmt/format.h>

#include <stdexcept>

namespace rbm {

template <class Real>
BasicUnits<Real> make_units(std::string_view name, std::size_t count) {
    if (name == BasicBernoulli<Real>::name) return BasicBernoulli<Real>(count);
    if (name == BasicGaussian<Real>::name) return BasicGaussian<Real>(count);
    throw std::invalid_argument(fmt::format("unit kind '{}': expected bernoulli or gaussian", name));
}

template BasicUnits<float> make_units(std::string_view, std::size_t);
template BasicUnits<double> make_units(std::string_view, std::size_t);

}  // namespace rbm
