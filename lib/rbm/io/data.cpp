// SPDX-License-Identifier: MIT
#include "rbm/io/data.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "rbm/data/column_choice.h"
#include "rbm/io/bytes.h"
#include "rbm/io/csv.h"
#include "rbm/io/fasta.h"
#include "rbm/io/gzip.h"
#include "rbm/io/hdf5.h"
#include "rbm/io/idx.h"
#include "rbm/io/matrix_market.h"
#include "rbm/io/npy.h"
#include "rbm/io/npz.h"
#include "rbm/io/other_formats.h"
#include "rbm/io/png.h"
#include "rbm/io/png_folder.h"
#include "rbm/io/png_rows.h"
#include "rbm/io/svmlight.h"
#include "rbm/io/zip.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

void note(std::vector<std::string>* notes, std::string text) {
    if (notes != nullptr) notes->push_back(std::move(text));
}

/// Of arrays; tables have chosen while they were read.
Dataset with_chosen_columns(Dataset data, const TableOptions& table) {
    if (table.keep.empty() && table.drop.empty()) return data;
    const std::vector<bool> chosen = chosen_columns(data.cols(), {}, table.keep, table.drop, data.name);
    std::vector<std::size_t> columns;
    for (std::size_t col = 0; col < chosen.size(); ++col)
        if (chosen[col]) columns.push_back(col);
    return with_columns(data, columns);
}

Dataset read_svmlight(std::span<const std::byte> bytes, const std::string& name, std::vector<std::string>* notes) {
    SvmlightRows rows = parse_svmlight(bytes, name);
    const auto [least, most] = std::ranges::minmax_element(rows.labels);
    note(notes, fmt::format("{}: svmlight rows, columns counted from {} to {}{}", name, rows.from_zero ? 0 : 1,
                            rows.data.cols() - (rows.from_zero ? 1 : 0),
                            *least == *most
                                ? ""
                                : fmt::format("; the labels, from {} to {}, are not part of the data", *least, *most)));
    return std::move(rows.data);
}

Dataset read_hdf5(const Hdf5File& file, const std::string& data_set, const std::string& name,
                  std::vector<std::string>* notes, const TableOptions& table, const PictureReading& pictures) {
    return with_chosen_columns(
        parse_npy_dataset(hdf5_array(file, data_set), name, table.precise, notes, pictures.columns), table);
}

Dataset parse_unpacked(std::span<const std::byte> bytes, const std::string& name, std::vector<std::string>* notes,
                       const TableOptions& table, const PictureReading& pictures) {
    if (bytes.empty()) throw DataError(name + ": is empty, expected IDX, .npy, CSV or PNG");
    if (is_gzip(bytes)) throw DataError(name + ": gzip inside gzip; unpack it once");
    if (is_npy(bytes))
        return with_chosen_columns(parse_npy_dataset(bytes, name, table.precise, notes, pictures.columns), table);
    if (is_png(bytes)) {
        PngRows rows(name, pictures);
        rows.add(bytes, name, 1);
        return with_chosen_columns(rows.finish(), table);
    }
    if (is_fasta(bytes))
        return with_chosen_columns(
            parse_fasta(bytes, name, notes, {.unknown_are_nan = table.gaps == TableGaps::are_nan}), table);
    if (is_npz(bytes))
        return with_chosen_columns(parse_npz(bytes, name, {{}, table.precise, notes, pictures.columns}), table);
    if (is_hdf5(bytes)) return read_hdf5(*open_hdf5(bytes, name), "", name, notes, table, pictures);
    refuse_other_formats(bytes, name);
    if (bytes[0] == std::byte{0}) return with_chosen_columns(parse_idx(bytes, name), table);
    // The first bytes of a cut or damaged file still tell what it was meant to be.
    if (bytes[0] == std::byte{0x93})
        throw DataError(name + ": byte 0: damaged or truncated .npy file, expected \\x93NUMPY");
    if (bytes[0] == std::byte{0x89} && (bytes.size() < 2 || bytes[1] == std::byte{'P'}))
        throw DataError(name + ": byte 0: damaged or truncated PNG file");
    if (is_matrix_market(bytes)) return with_chosen_columns(parse_matrix_market(bytes, name), table);
    if (is_svmlight(bytes)) return with_chosen_columns(read_svmlight(bytes, name, notes), table);
    return parse_csv(bytes, name, table, notes);
}

}  // namespace

Dataset parse_data(std::span<const std::byte> bytes, const std::string& name, std::vector<std::string>* notes,
                   const TableOptions& table, const PictureReading& pictures) {
    if (is_gzip(bytes)) return parse_unpacked(gunzip(bytes, name), name, notes, table, pictures);
    Dataset data = parse_unpacked(bytes, name, notes, table, pictures);
    if (name.ends_with(".gz")) note(notes, name + ": is not gzip despite its name; reading it uncompressed");
    return data;
}

Dataset load_data(const std::string& path, std::vector<std::string>* notes, const TableOptions& table,
                  const PictureReading& pictures) {
    struct stat status {};
    if (path != "-" && ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode))
        return with_chosen_columns(load_png_folder(path, notes, pictures), table);
    if (const auto part = hdf5_in_path(path))
        return read_hdf5(*open_hdf5(part->file), part->data_set, path, notes, table, pictures);
    if (const auto part = npz_array_in_path(path)) {
        const std::vector<std::byte> bytes = read_bytes(part->first);
        if (!is_zip(bytes)) throw DataError(part->first + ": not a zip archive, expected a .npz file");
        return with_chosen_columns(
            parse_npz(bytes, part->first, {part->second, table.precise, notes, pictures.columns}), table);
    }
    const std::string name = path == "-" ? "standard input" : path;
    std::vector<std::byte> bytes = read_bytes(path);
    if (!is_gzip(bytes)) return parse_data(bytes, name, notes, table, pictures);
    bytes = gunzip(bytes, name);  // what was packed is gone before the data are laid out: a tenth of the peak for MNIST
    return parse_unpacked(bytes, name, notes, table, pictures);
}

}  // namespace rbm
