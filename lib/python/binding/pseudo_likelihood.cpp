// SPDX-License-Identifier: MIT
// The log pseudo-likelihood of each row from one of its sites: sites * log p(site | rest).
//
// Which site a row is asked for follows from the row itself and the seed, so that its score does not depend on the
// other rows nor on their order.  Grey values are taken as scikit-learn does: the other state of v is 1 - v.
#include <bit>
#include <cmath>

#include "binding.h"
#include "rbm/kernels/scalar.h"
#include "rbm/model/units.h"

namespace rbm::python {
namespace {

/// The last step of SplitMix64 (Steele, Lea & Flood 2014).
std::uint64_t mixed(std::uint64_t x) {
    x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31U);
}

std::uint64_t hash_of(std::span<const float> row, std::uint64_t seed) {
    std::uint64_t hash = seed + 0x9e3779b97f4a7c15U;
    for (std::size_t i = 0; i < row.size(); ++i)
        if (row[i] != 0) hash += mixed((std::uint64_t{i} << 32U | std::bit_cast<std::uint32_t>(row[i])) ^ seed);
    return mixed(hash);
}

/// The k-th other state of a site: of two letters low + high - x, of one-hot columns moved on by k.
void change(std::span<float> site, const Matrix& states, std::size_t k) {
    if (states.cols() == 1)
        site[0] = states(0, 0) + states(1, 0) - site[0];
    else
        std::rotate(site.begin(), site.end() - static_cast<std::ptrdiff_t>(k), site.end());
}

DoubleArray pseudo_likelihood(const PyMachine& self, const py::object& visible, std::uint64_t seed) {
    const Machine& machine = self.machine;
    if (!is_discrete(machine.visible))
        throw Unsupported("pseudo_likelihood: visible units are continuous, expected discrete ones");
    const Rows rows = rows_from(visible, "visible", machine.visible_count());
    const Matrix states = site_states(machine.visible);
    const std::size_t sites = site_count(machine.visible), columns = states.cols();
    DoubleArray out(static_cast<py::ssize_t>(rows.rows));
    const std::span<double> values(out.mutable_data(), rows.rows);
    unlocked(py::none(), [&](const Control& control) {
        Work work(control, "scoring", rows.rows);
        Workspace workspace;
        const PreparedMachine prepared(machine, workspace, states.rows() * rows.rows);
        Matrix changed;
        std::vector<std::size_t> chosen;
        std::vector<double> own, other;
        std::vector<std::vector<double>> terms;
        rows.each_block(block_of(machine), [&](std::size_t first, ConstView block) {
            changed.resize(block.rows, block.cols);
            chosen.resize(block.rows);
            own.resize(block.rows);
            other.resize(block.rows);
            terms.assign(block.rows, {0.0});
            machine.free_energy(block, {}, workspace, own);
            for (std::size_t r = 0; r < block.rows; ++r) chosen[r] = columns * (hash_of(block.row(r), seed) % sites);
            for (std::size_t k = 1; k < states.rows(); ++k) {
                for (std::size_t r = 0; r < block.rows; ++r) {
                    std::ranges::copy(block.row(r), changed.row(r).begin());
                    change(changed.row(r).subspan(chosen[r], columns), states, k);
                }
                machine.free_energy(changed, {}, workspace, other);
                for (std::size_t r = 0; r < block.rows; ++r) terms[r].push_back(own[r] - other[r]);
            }
            for (std::size_t r = 0; r < block.rows; ++r)
                values[first + r] = -static_cast<double>(sites) * log_sum_exp(terms[r]);
            work.advance(block.rows);
        });
    });
    return out;
}

}  // namespace

void add_pseudo_likelihood(py::module_& module) {
    auto machine = py::reinterpret_borrow<py::class_<PyMachine>>(module.attr("Machine"));
    machine.def("pseudo_likelihood", &pseudo_likelihood, py::arg("visible"), py::arg("seed") = 0,
                R"(The log pseudo-likelihood of each row, estimated from one of its sites.

Parameters
----------
visible : array-like or CSR matrix of shape (n_samples, n_visible)
seed : int, default=0
    Which site is taken follows from it and the row.

Returns
-------
ndarray of shape (n_samples,), float64
    In nats: sites * log p(site | rest).)");
}

}  // namespace rbm::python
