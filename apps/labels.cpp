// SPDX-License-Identifier: MIT
#include "apps/labels.h"

#include <fmt/format.h>

#include <cmath>

#include "rbm/io/bytes.h"
#include "rbm/io/data.h"
#include "rbm/io/gzip.h"
#include "rbm/io/idx.h"
#include "rbm/io/npy.h"
#include "rbm/kernels/error.h"

namespace rbm::app {

std::vector<std::uint32_t> load_labels(const std::string& path, std::size_t rows) {
    const std::string name = path == "-" ? "standard input" : path;
    std::vector<std::byte> bytes = read_bytes(path);
    if (is_gzip(bytes)) bytes = gunzip(bytes, name);
    std::vector<double> values;
    if (is_npy(bytes)) {
        NpyArray array = parse_npy(bytes, name);
        if (array.shape.size() != 1 && !(array.shape.size() == 2 && array.shape[1] == 1))
            throw DataError(fmt::format("{}: found an array of {} dimensions, expected labels: [{}]", name,
                                        array.shape.size(), rows));
        values = std::move(array.values);
    } else if (!bytes.empty() && bytes[0] == std::byte{0}) {
        for (const std::uint8_t label : parse_idx_labels(bytes, name)) values.push_back(label);
    } else {
        const Dataset table = parse_data(bytes, name);
        if (table.cols() != 1)
            throw DataError(fmt::format("{}: found {} columns, expected labels: one", name, table.cols()));
        for (std::size_t r = 0; r < table.rows(); ++r) values.push_back(static_cast<double>(table.value(r, 0)));
    }
    if (values.size() != rows)
        throw DataError(
            fmt::format("{}: found {} labels, expected one for each of the {} samples", name, values.size(), rows));
    std::vector<std::uint32_t> labels(rows);
    for (std::size_t r = 0; r < rows; ++r) {
        if (!(values[r] >= 0 && values[r] <= 4294967295.0) || values[r] != std::floor(values[r]))
            throw DataError(
                fmt::format("{}: label {}: found {}, expected a whole number of at least 0", name, r + 1, values[r]));
        labels[r] = static_cast<std::uint32_t>(values[r]);
    }
    return labels;
}

}  // namespace rbm::app
