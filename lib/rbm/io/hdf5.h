// SPDX-License-Identifier: MIT
// HDF5 files: their data sets as arrays, and a few arrays as a file.  libhdf5 is loaded when the first one is opened:
// with OpenSSL and Kerberos behind it, it would double the time that every program takes to start.  It works in
// processes of its own: of files with a few wrong bits, 1 in 300 makes version 1.10.8 crash or go on for ever.  Not
// installed.
//
// Errors: DataError naming file and data set; without libhdf5 each of the functions that open or write one says so.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace rbm {

struct Hdf5DataSet {
    std::string path;  ///< "train/images"
    std::vector<std::size_t> shape;
    std::string type;  ///< "float32", "text"
    bool numeric = false;
};

/// One that is open for reading.  Links to other files are not followed.
class Hdf5File {
  public:
    virtual ~Hdf5File() = default;
    virtual const std::string& name() const = 0;
    /// What lies in the group of this path; the root is "".
    virtual std::vector<std::string> names_in(const std::string& group) const = 0;
    /// In all groups, the first thousand.
    virtual std::vector<Hdf5DataSet> data_sets() const = 0;
    /// The values as a .npy file has them.
    virtual std::vector<std::byte> npy(const std::string& data_set) const = 0;
    /// The one text in this attribute of the root, or in this data set; nothing where neither is there.
    virtual std::optional<std::string> word(const std::string& name) const = 0;
};

/// Whether files with this content are opened here; MATLAB's have the axes of their arrays the other way round.
bool is_hdf5(std::span<const std::byte> bytes);

/// "data.h5:train/images" as a file and the data set in it, which is empty in "data.h5"; nothing where no such file is.
struct Hdf5Path {
    std::string file, data_set;
};
std::optional<Hdf5Path> hdf5_in_path(const std::string& path);

std::unique_ptr<Hdf5File> open_hdf5(const std::string& path);
/// The bytes must stay until the last call.
std::unique_ptr<Hdf5File> open_hdf5(std::span<const std::byte> bytes, const std::string& name);

/// Of this data set, or of the only one that has numbers, the values as a .npy file has them.
std::vector<std::byte> hdf5_array(const Hdf5File& file, const std::string& data_set = "");

/// Values of this shape, or a word.
struct Hdf5Item {
    std::string path;
    std::vector<std::size_t> shape;
    std::span<const float> values;
    std::string word;
};
/// The same bytes for the same items.
std::vector<std::byte> encode_hdf5(std::span<const Hdf5Item> items);

/// What librbm-hdf5.so, the only part that calls libhdf5, has to offer; a changed interface gets another number.
struct Hdf5Module {
    std::unique_ptr<Hdf5File> (*open_path)(const std::string& path);
    std::unique_ptr<Hdf5File> (*open_bytes)(std::span<const std::byte> bytes, const std::string& name);
    std::vector<std::byte> (*encode)(std::span<const Hdf5Item> items);
};
inline constexpr const char* hdf5_module_file = "librbm-hdf5.so";
inline constexpr const char* hdf5_module_entry = "rbm_hdf5_module_1";

}  // namespace rbm
