// SPDX-License-Identifier: MIT
#include "rbm/io/data.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cstring>
#include <string_view>
#include <utility>

#include "rbm/io/bytes.h"
#include "rbm/io/csv.h"
#include "rbm/io/gzip.h"
#include "rbm/io/idx.h"
#include "rbm/io/npy.h"
#include "rbm/io/png.h"
#include "rbm/io/png_folder.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

void note(std::vector<std::string>* notes, std::string text) {
    if (notes != nullptr) notes->push_back(std::move(text));
}

/// Names the formats that people try and that are not read, with the way out.
void refuse_known_others(std::span<const std::byte> bytes, const std::string& name) {
    constexpr std::pair<std::string_view, const char*> others[] = {
        {"PK\x03\x04", "a zip archive (.npz?); save one array with numpy.save"},
        {"\x89HDF", "an HDF5 file; save the array with numpy.save"},
        {"\xff\xd8\xff", "a JPEG picture; convert it to PNG"},
        {"GIF8", "a GIF picture; convert it to PNG"},
        {"BZh", "a bzip2 file; unpack it"},
        {"\xfd"
         "7zXZ",
         "an xz file; unpack it"},
        {"(\xb5/\xfd", "a zstd file; unpack it"},
        {"\x80\x04\x95", "a pickle, which can run code; save the array with numpy.save"}};
    for (const auto& [magic, what] : others)
        if (bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0)
            throw DataError(fmt::format("{}: this is {}; expected IDX, .npy, CSV or PNG", name, what));
}

Dataset parse_unpacked(std::span<const std::byte> bytes, const std::string& name, std::vector<std::string>* notes,
                       TableGaps gaps) {
    if (bytes.empty()) throw DataError(name + ": is empty, expected IDX, .npy, CSV or PNG");
    if (is_gzip(bytes)) throw DataError(name + ": gzip inside gzip; unpack it once");
    if (is_npy(bytes)) {
        Dataset data = parse_npy_dataset(bytes, name);
        if (data.image != ImageShape{})
            note(notes, fmt::format("{}: {} pictures of height {} and width {}, each flattened to a row of {}", name,
                                    data.rows(), data.image.height, data.image.width, data.cols()));
        return data;
    }
    if (is_png(bytes)) {
        Picture picture = decode_png(bytes, name);
        Dataset data = Dataset::from_bytes(1, picture.height * picture.width, std::move(picture.pixels), 255);
        data.image = {picture.height, picture.width};
        data.name = name;
        return data;
    }
    if (bytes[0] == std::byte{0}) return parse_idx(bytes, name);
    // The first bytes of a cut or damaged file still tell what it was meant to be.
    if (bytes[0] == std::byte{0x93})
        throw DataError(name + ": byte 0: damaged or truncated .npy file, expected \\x93NUMPY");
    if (bytes[0] == std::byte{0x89} && (bytes.size() < 2 || bytes[1] == std::byte{'P'}))
        throw DataError(name + ": byte 0: damaged or truncated PNG file");
    refuse_known_others(bytes, name);
    return parse_csv(bytes, name, gaps);
}

}  // namespace

Dataset parse_data(std::span<const std::byte> bytes, const std::string& name, std::vector<std::string>* notes,
                   TableGaps gaps) {
    if (is_gzip(bytes)) return parse_unpacked(gunzip(bytes, name), name, notes, gaps);
    Dataset data = parse_unpacked(bytes, name, notes, gaps);
    if (name.ends_with(".gz")) note(notes, name + ": is not gzip despite its name; reading it uncompressed");
    return data;
}

Dataset load_data(const std::string& path, std::vector<std::string>* notes, TableGaps gaps) {
    struct stat status {};
    if (path != "-" && ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode))
        return load_png_folder(path, notes);
    return parse_data(read_bytes(path), path == "-" ? "standard input" : path, notes, gaps);
}

}  // namespace rbm
