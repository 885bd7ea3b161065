// SPDX-License-Identifier: MIT
// The only library that calls libhdf5 (hdf5.h says why): what it offers, and files written in memory.
#include <new>

#include "rbm/io/hdf5_reader.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

/// Nothing of it touches the disk.
Hdf5Handle in_memory() {
    Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    if (!access.there() || H5Pset_fapl_core(access.get(), std::size_t{1} << 16, 0) < 0) throw std::bad_alloc();
    return access;
}

std::unique_ptr<Hdf5File> open_path(const std::string& path) {
    silence_hdf5();
    return hdf5_reader(Hdf5Handle(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose), path);
}

std::unique_ptr<Hdf5File> open_bytes(std::span<const std::byte> bytes, const std::string& name) {
    silence_hdf5();
    const Hdf5Handle access = in_memory();
    if (H5Pset_file_image(access.get(), const_cast<std::byte*>(bytes.data()), bytes.size()) < 0) throw std::bad_alloc();
    return hdf5_reader(Hdf5Handle(H5Fopen("memory", H5F_ACC_RDONLY, access.get()), H5Fclose), name);
}

void check_written(bool good) {
    if (!good) throw Error(ErrorCode::failed, "libhdf5 could not put the file together");
}

std::vector<std::byte> encode(std::span<const Hdf5Item> items) {
    silence_hdf5();
    const Hdf5Handle access = in_memory();
    const Hdf5Handle groups(H5Pcreate(H5P_LINK_CREATE), H5Pclose), timeless(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    const Hdf5Handle file(H5Fcreate("memory", H5F_ACC_TRUNC, H5P_DEFAULT, access.get()), H5Fclose);
    check_written(file.there() && H5Pset_create_intermediate_group(groups.get(), 1) >= 0 &&
                  H5Pset_obj_track_times(timeless.get(), false) >= 0);
    for (const Hdf5Item& item : items) {
        const bool word = !item.word.empty();
        const std::vector<hsize_t> shape(item.shape.begin(), item.shape.end());
        const Hdf5Handle type(H5Tcopy(word ? H5T_C_S1 : H5T_IEEE_F32LE), H5Tclose);
        const Hdf5Handle space(
            word ? H5Screate(H5S_SCALAR) : H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr),
            H5Sclose);
        check_written(!word || H5Tset_size(type.get(), item.word.size()) >= 0);
        const Hdf5Handle data(H5Dcreate2(file.get(), item.path.c_str(), type.get(), space.get(), groups.get(),
                                         timeless.get(), H5P_DEFAULT),
                              H5Dclose);
        const void* const values = word ? static_cast<const void*>(item.word.data()) : item.values.data();
        check_written(data.there() && H5Dwrite(data.get(), word ? type.get() : H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL,
                                               H5P_DEFAULT, values) >= 0);
    }
    check_written(H5Fflush(file.get(), H5F_SCOPE_GLOBAL) >= 0);
    const ssize_t size = H5Fget_file_image(file.get(), nullptr, 0);
    check_written(size > 0);
    std::vector<std::byte> bytes(static_cast<std::size_t>(size));
    check_written(H5Fget_file_image(file.get(), bytes.data(), bytes.size()) == size);
    return bytes;
}

}  // namespace
}  // namespace rbm

extern "C" __attribute__((visibility("default"))) const rbm::Hdf5Module* rbm_hdf5_module_1();
const rbm::Hdf5Module* rbm_hdf5_module_1() {
    static constexpr rbm::Hdf5Module module{rbm::open_path, rbm::open_bytes, rbm::encode};
    return &module;
}
