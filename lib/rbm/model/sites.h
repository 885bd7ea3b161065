// SPDX-License-Identifier: MIT
// What a sampler may change in a discrete state: its sites, and the letters that each site can be.
//
// A letter is a row of `columns` numbers: {0}, {1} for a bit, {-1}, {1} for a spin, and one-hot rows of q numbers for a
// site of q states.  Shapes: N columns of a state = S sites of `columns` columns; K letters.
#pragma once

#include "rbm/model/units.h"

namespace rbm {

template <class Real>
class BasicSites {
  public:
    /// No sites: continuous states.
    BasicSites() = default;
    /// Sites of one column that take these values, at least two; no values: no sites.
    BasicSites(std::span<const Real> values, std::size_t count);
    BasicSites(const std::vector<Real>& values, std::size_t count) : BasicSites(std::span<const Real>(values), count) {}
    /// letters [K x columns], K at least 2.  Throws InvalidArgument when there are fewer.
    BasicSites(BasicMatrix<Real> letters, std::size_t count);

    bool empty() const { return count_ == 0; }
    std::size_t count() const { return count_; }
    std::size_t columns() const { return letters_.cols(); }
    std::size_t letters() const { return letters_.rows(); }
    std::span<const Real> letter(std::size_t k) const { return letters_.row(k); }

    /// The letter of a site in a row of a state: the nearest, for values that are none.
    std::size_t letter_at(std::span<const Real> row, std::size_t site) const;
    void put(std::span<Real> row, std::size_t site, std::size_t letter) const;
    /// Turns every site of every row into its nearest letter.
    void settle(MatrixView<Real> state) const;
    /// out [columns] = letter(to) - letter(from).
    void step(std::size_t from, std::size_t to, std::span<Real> out) const;

  private:
    BasicMatrix<Real> letters_;
    std::size_t count_ = 0;
};

/// The sites of a bank; none when it is continuous.
template <class Real>
BasicSites<Real> sites(const BasicUnits<Real>& units);

}  // namespace rbm
