// SPDX-License-Identifier: MIT
// NumPy's .npy files, versions 1 to 3: bool, integers of 1 to 8 bytes, float32 and float64, either byte order, C or
// Fortran order.  Objects (pickles, which can run code), complex numbers, records and text are refused.
//
// Errors: DataError naming `name`, the place, what was found and what was expected.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "rbm/data/dataset.h"
#include "rbm/io/if_exists.h"

namespace rbm {

/// An array of any shape, in C order.
struct NpyArray {
    std::vector<std::size_t> shape;
    std::vector<double> values;
};

bool is_npy(std::span<const std::byte> bytes);

/// For weights, masks, scores.
NpyArray parse_npy(std::span<const std::byte> bytes, const std::string& name);

/// Samples from [N, cols]; pictures from [N, height, width], [N, height, width, 3] and [N, 3, height, width], which
/// come pixel by pixel, and what was made of them is appended to `notes`; values as they are.  [M, N, cols] with one of
/// `columns` in the place of cols, which height * width is not, are M * N samples: the states of N chains.  [n] alone
/// could be one row or one column, and is refused.  What floats leave out of float64 and of long integers is kept if
/// `precise`, or if the spread of a column is so small beside its values that floats would lose some of it.
Dataset parse_npy_dataset(std::span<const std::byte> bytes, const std::string& name, bool precise = false,
                          std::vector<std::string>* notes = nullptr, std::span<const std::size_t> columns = {});

/// Version 1, C order, little endian.  values has as many elements as the shape says.
std::vector<std::byte> encode_npy(std::span<const std::size_t> shape, std::span<const float> values);
std::vector<std::byte> encode_npy(std::span<const std::size_t> shape, std::span<const double> values);

/// The same bytes as the file `path` (AtomicFile), from where the values lie: no second copy of them.
void write_npy(const std::string& path, const std::vector<std::size_t>& shape, std::span<const float> values,
               IfExists if_exists);
void write_npy(const std::string& path, const std::vector<std::size_t>& shape, std::span<const double> values,
               IfExists if_exists);

}  // namespace rbm
