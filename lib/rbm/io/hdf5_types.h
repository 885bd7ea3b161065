// SPDX-License-Identifier: MIT
// Types of HDF5 as those of arrays.  Part of hdf5_module.cpp.
#pragma once

#include <cstring>
#include <optional>
#include <string>

#include "rbm/io/elements.h"
#include "rbm/io/hdf5_handles.h"

namespace rbm {

/// What a data set is made of.
struct Hdf5Type {
    std::optional<Element> element;  ///< that holds its numbers; none for what are none
    std::string text;
};

/// h5py's bool is a list of two names.
inline bool is_hdf5_boolean(hid_t type) {
    if (H5Tget_nmembers(type) != 2) return false;
    for (const unsigned i : {0U, 1U}) {
        char* const name = H5Tget_member_name(type, i);
        const bool known = name != nullptr && std::strcmp(name, i == 0 ? "FALSE" : "TRUE") == 0;
        H5free_memory(name);
        if (!known) return false;
    }
    return true;
}

inline Hdf5Type hdf5_type_of(hid_t type) {
    const std::size_t size = H5Tget_size(type);
    const H5T_class_t kind = H5Tget_class(type);
    if (kind == H5T_ENUM) {
        const Hdf5Handle base(H5Tget_super(type), H5Tclose);
        if (is_hdf5_boolean(type) && H5Tget_size(base.get()) == 1) return {Element::boolean, "bool"};
        return base.there() && H5Tget_class(base.get()) == H5T_INTEGER ? hdf5_type_of(base.get())
                                                                       : Hdf5Type{std::nullopt, "names"};
    }
    if (kind == H5T_INTEGER && size > 0 && size <= 8) {
        const bool sign = H5Tget_sign(type) != H5T_SGN_NONE;
        if (size == 1) return sign ? Hdf5Type{Element::int8, "int8"} : Hdf5Type{Element::uint8, "uint8"};
        if (size == 2) return sign ? Hdf5Type{Element::int16, "int16"} : Hdf5Type{Element::uint16, "uint16"};
        if (size <= 4) return sign ? Hdf5Type{Element::int32, "int32"} : Hdf5Type{Element::uint32, "uint32"};
        return sign ? Hdf5Type{Element::int64, "int64"} : Hdf5Type{Element::uint64, "uint64"};
    }
    if (kind == H5T_FLOAT && size > 0 && size <= 8)
        return size <= 4 ? Hdf5Type{Element::float32, size == 2 ? "float16" : "float32"}
                         : Hdf5Type{Element::float64, "float64"};
    return {std::nullopt, kind == H5T_STRING     ? "text"
                          : kind == H5T_COMPOUND ? "records or complex numbers"
                          : kind == H5T_VLEN     ? "lists of different lengths"
                                                 : "no numbers"};
}

/// How they lie in memory, and what .npy calls that.
struct Hdf5Memory {
    hid_t type;
    const char* npy;
};
inline Hdf5Memory hdf5_memory_of(Element element) {
    switch (element) {
        case Element::boolean:
            return {H5T_NATIVE_INT8, "|b1"};
        case Element::uint8:
            return {H5T_NATIVE_UINT8, "|u1"};
        case Element::int8:
            return {H5T_NATIVE_INT8, "|i1"};
        case Element::uint16:
            return {H5T_NATIVE_UINT16, "<u2"};
        case Element::int16:
            return {H5T_NATIVE_INT16, "<i2"};
        case Element::uint32:
            return {H5T_NATIVE_UINT32, "<u4"};
        case Element::int32:
            return {H5T_NATIVE_INT32, "<i4"};
        case Element::uint64:
            return {H5T_NATIVE_UINT64, "<u8"};
        case Element::int64:
            return {H5T_NATIVE_INT64, "<i8"};
        case Element::float32:
            return {H5T_NATIVE_FLOAT, "<f4"};
        case Element::float64:
            break;
    }
    return {H5T_NATIVE_DOUBLE, "<f8"};
}

}  // namespace rbm
