// SPDX-License-Identifier: MIT
// NumPy's .npz files: zip archives of .npy arrays.  One array is read as a .npy file is; the sparse matrices of
// scipy.sparse.save_npz stay sparse: csr, csc and coo.
//
// Errors: DataError naming `name`, the array, the place, what was found and what was expected.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "rbm/data/dataset.h"

namespace rbm {

/// "data.npz:train" as a file and the array in it; nothing for any other path, and where a file has the whole name.
std::optional<std::pair<std::string, std::string>> npz_array_in_path(const std::string& path);

/// Whether this is a zip archive whose first file is an array.
bool is_npz(std::span<const std::byte> bytes);

/// How arrays are read: see parse_npy_dataset().
struct NpzReading {
    std::string array;  ///< its name; none for the sparse matrix, or the only array there is
    bool precise = false;
    std::vector<std::string>* notes = nullptr;
    std::span<const std::size_t> columns{};
};
/// A sparse matrix has the names of its columns where there is an array column_names of text.
Dataset parse_npz(std::span<const std::byte> bytes, const std::string& name, const NpzReading& reading = {});

/// The arrays of the archive.
struct NpzEntry {
    std::string name;
    std::vector<std::size_t> shape;
    std::string type;  ///< as NumPy calls it: "float32"; "other" for what cannot be read
};
std::vector<NpzEntry> npz_arrays(std::span<const std::byte> bytes, const std::string& name);

/// An array of the archive, as the .npy file that it is there.
std::vector<std::byte> npz_array(std::span<const std::byte> bytes, const std::string& name, const std::string& array);

/// What scipy.sparse.load_npz reads as a csr matrix of float32.  Where rows and columns have names, these follow as
/// arrays row_names and column_names, which SciPy passes over.
std::vector<std::byte> encode_npz(const Dataset& data, std::span<const std::string> row_names = {});

}  // namespace rbm
