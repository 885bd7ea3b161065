// SPDX-License-Identifier: MIT
#include "rbm/model/sites.h"

#include <fmt/format.h>

#include <limits>

#include "rbm/kernels/error.h"

namespace rbm {

template <class Real>
BasicSites<Real>::BasicSites(std::span<const Real> values, std::size_t count) : letters_(values.size(), 1) {
    if (values.empty()) return;
    if (values.size() == 1) throw InvalidArgument("Sites: an alphabet of one value; expected two or more");
    std::copy(values.begin(), values.end(), letters_.data());
    count_ = count;
}

template <class Real>
BasicSites<Real>::BasicSites(BasicMatrix<Real> letters, std::size_t count)
    : letters_(std::move(letters)), count_(count) {
    if (letters_.rows() < 2 || letters_.cols() == 0)
        throw InvalidArgument(fmt::format("Sites: letters are [{} x {}]; expected at least two, of a column each",
                                          letters_.rows(), letters_.cols()));
}

template <class Real>
std::size_t BasicSites<Real>::letter_at(std::span<const Real> row, std::size_t site) const {
    const auto found = row.subspan(site * columns(), columns());
    std::size_t nearest = 0;
    Real least = std::numeric_limits<Real>::infinity();
    for (std::size_t k = 0; k < letters(); ++k) {
        Real distance = 0;
        for (std::size_t c = 0; c < found.size(); ++c) {
            const Real difference = found[c] - letters_(k, c);
            distance += difference * difference;
        }
        if (distance == 0) return k;
        if (distance < least) least = distance, nearest = k;
    }
    return nearest;
}

template <class Real>
void BasicSites<Real>::put(std::span<Real> row, std::size_t site, std::size_t which) const {
    const auto from = letter(which);
    for (std::size_t c = 0; c < from.size(); ++c) row[site * columns() + c] = from[c];
}

template <class Real>
void BasicSites<Real>::settle(MatrixView<Real> state) const {
    for (std::size_t b = 0; b < state.rows; ++b)
        for (std::size_t s = 0; s < count_; ++s) put(state.row(b), s, letter_at(state.row(b), s));
}

template <class Real>
void BasicSites<Real>::step(std::size_t from, std::size_t to, std::span<Real> out) const {
    for (std::size_t c = 0; c < out.size(); ++c) out[c] = letters_(to, c) - letters_(from, c);
}

template class BasicSites<float>;
template class BasicSites<double>;

template <class Real>
BasicSites<Real> sites(const BasicUnits<Real>& units) {
    BasicMatrix<Real> letters = site_states(units);
    if (letters.rows() == 0) return {};
    return {std::move(letters), site_count(units)};
}
template BasicSites<float> sites(const BasicUnits<float>&);
template BasicSites<double> sites(const BasicUnits<double>&);

}  // namespace rbm
