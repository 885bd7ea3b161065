// SPDX-License-Identifier: MIT
#include "rbm/io/array_bytes.h"

#include "rbm/io/bytes.h"
#include "rbm/io/hdf5.h"
#include "rbm/io/npz.h"
#include "rbm/io/zip.h"
#include "rbm/kernels/error.h"

namespace rbm {

std::vector<std::byte> read_array_bytes(const std::string& path) {
    if (const auto part = hdf5_in_path(path)) return hdf5_array(*open_hdf5(part->file), part->data_set);
    const auto part = npz_array_in_path(path);
    if (!part) return read_bytes(path);
    const std::vector<std::byte> bytes = read_bytes(part->first);
    if (!is_zip(bytes)) throw DataError(part->first + ": not a zip archive, expected a .npz file");
    return npz_array(bytes, part->first, part->second);
}

}  // namespace rbm
