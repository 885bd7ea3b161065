// SPDX-License-Identifier: MIT
// Machines of the Python package rbms (github.com/DsysDML/rbms) in HDF5: model_type, and in each update_N/params the
// weight_matrix, vbias and hbias.  BBRBM, IIRBM and PBRBM have the energies of Bernoulli, spin and Potts visible units
// here.  Not installed.
#pragma once

#include <cstdint>

#include "rbm/io/hdf5.h"
#include "rbm/io/model_file.h"

namespace rbm {

struct RbmsMachine {
    Model model;
    std::string type;  ///< "BBRBM"
    std::uint64_t update = 0;
    std::size_t updates = 0;  ///< how many the file has; this is the last of them
};

bool is_rbms(const Hdf5File& file);

/// Throws DataError for other types, and for parameters that are missing or of other shapes.
RbmsMachine read_rbms(const Hdf5File& file);

/// As update_1.  Throws Unsupported for unit kinds that rbms does not have.
std::vector<std::byte> encode_rbms(const Machine& machine);

}  // namespace rbm
