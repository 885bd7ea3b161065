// SPDX-License-Identifier: MIT
// Uniform numbers of a NumPy generator, one at a time, without the lock on Python: whoever draws holds the generator's
// own lock.  numpy.random.RandomState.uniform() gives the same numbers in the same order.
#pragma once

#include <numpy/random/bitgen.h>

#include "binding.h"

namespace rbm::python {

class NumpyDraws {
  public:
    /// `capsule` is the attribute of that name of a NumPy bit generator, which is to outlive this.
    explicit NumpyDraws(const py::handle& capsule)
        : generator_(static_cast<bitgen_t*>(PyCapsule_GetPointer(capsule.ptr(), "BitGenerator"))) {
        if (generator_ == nullptr) throw py::error_already_set();
    }

    /// out = 1 with probability mean, else 0, row by row.
    void flip(ConstView mean, View out) const {
        for (std::size_t r = 0; r < mean.rows; ++r)
            for (std::size_t c = 0; c < mean.cols; ++c)
                out.row(r)[c] =
                    generator_->next_double(generator_->state) < static_cast<double>(mean.row(r)[c]) ? 1.0F : 0.0F;
    }

  private:
    bitgen_t* generator_;
};

}  // namespace rbm::python
