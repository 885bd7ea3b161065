// SPDX-License-Identifier: MIT
// HDF5 files read by libhdf5: part of hdf5_module.cpp's library.  All that a file promises is checked before anything
// of its size is allocated; what lies in other files, or needs filters from there, is refused.
#pragma once

#include <memory>
#include <string>

#include "rbm/io/hdf5.h"
#include "rbm/io/hdf5_handles.h"

namespace rbm {

/// Throws DataError when `file`, just opened under this name, is not there.
std::unique_ptr<Hdf5File> hdf5_reader(Hdf5Handle file, const std::string& name);

}  // namespace rbm
