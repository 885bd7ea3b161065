// SPDX-License-Identifier: MIT
#include "rbm/io/npy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "rbm/io/atomic_file.h"
#include "rbm/io/npy_header.h"
#include "rbm/io/precision.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

/// The same elements with the last index running fastest; `bytes` has the first running fastest.
std::vector<std::byte> to_c_order(std::span<const std::byte> bytes, std::size_t bytes_each,
                                  std::span<const std::size_t> shape) {
    std::vector<std::byte> out(bytes.size());
    std::vector<std::size_t> strides(shape.size()), index(shape.size());
    std::size_t stride = bytes_each;
    for (std::size_t d = 0; d < shape.size(); ++d) {
        strides[d] = stride;
        stride *= shape[d];
    }
    std::size_t from = 0;
    for (std::size_t to = 0; to < out.size(); to += bytes_each) {
        std::memcpy(out.data() + to, bytes.data() + from, bytes_each);
        for (std::size_t d = shape.size(); d-- > 0;) {
            from += strides[d];
            if (++index[d] < shape[d]) break;
            from -= index[d] * strides[d];
            index[d] = 0;
        }
    }
    return out;
}

/// The values of a file in C order: a look at them, or a rearranged copy kept in `storage`.
std::span<const std::byte> payload(std::span<const std::byte> bytes, const NpyHeader& header,
                                   std::vector<std::byte>& storage) {
    bytes = bytes.subspan(header.size);
    if (!header.fortran_order || header.shape.size() < 2) return bytes;
    storage = to_c_order(bytes, element_size(header.element), header.shape);
    return storage;
}

/// Throws InvalidArgument unless there are as many values as the shape says.
template <class Real>
std::vector<std::byte> encode_header(std::span<const std::size_t> shape, std::span<const Real> values) {
    static_assert(std::endian::native == std::endian::little);
    std::size_t count = 1;
    for (const std::size_t length : shape) count *= length;
    if (count != values.size())
        throw InvalidArgument(fmt::format("encode_npy: {} values, the shape says {}", values.size(), count));
    return encode_npy_header(sizeof(Real) == 4 ? "<f4" : "<f8", shape);
}

template <class Real>
std::vector<std::byte> encode(std::span<const std::size_t> shape, std::span<const Real> values) {
    std::vector<std::byte> bytes = encode_header(shape, values);
    const auto more = std::as_bytes(values);
    bytes.insert(bytes.end(), more.begin(), more.end());
    return bytes;
}

template <class Real>
void write(const std::string& path, std::span<const std::size_t> shape, std::span<const Real> values,
           IfExists if_exists) {
    const std::vector<std::byte> header = encode_header(shape, values);
    AtomicFile file(path, if_exists);
    file.write(header);
    file.write(std::as_bytes(values));
    file.commit();
}

/// Calls f(i, value) for each value, in double; only for those of more digits than floats have.
template <class F>
void each_long_value(std::span<const std::byte> values, const NpyHeader& header, F f) {
    with_type_of(header.element, [&](auto zero) {
        using T = decltype(zero);
        if constexpr (sizeof(T) > 2 && !std::is_same_v<T, float>)
            for (std::size_t i = 0; i < values.size() / sizeof(T); ++i)
                f(i, static_cast<double>(read_value<T>(values.data() + i * sizeof(T), header.order)));
    });
}

bool loses_spread(std::span<const std::byte> values, const NpyHeader& header, std::size_t cols) {
    constexpr double far = std::numeric_limits<double>::infinity();
    std::vector<double> low(cols, far), high(cols, -far);
    each_long_value(values, header, [&](std::size_t i, double x) {
        if (!std::isfinite(x)) return;
        low[i % cols] = std::min(low[i % cols], x);
        high[i % cols] = std::max(high[i % cols], x);
    });
    for (std::size_t col = 0; col < cols; ++col)
        if (floats_lose_spread(low[col], high[col])) return true;
    return false;
}

std::vector<float> rest_of(std::span<const float> floats, std::span<const std::byte> values, const NpyHeader& header) {
    std::vector<float> rest(floats.size());
    each_long_value(values, header, [&](std::size_t i, double x) {
        if (std::isfinite(x)) rest[i] = static_cast<float>(x - static_cast<double>(floats[i]));
    });
    return rest;
}

}  // namespace

bool is_npy(std::span<const std::byte> bytes) {
    return bytes.size() >= 6 && std::memcmp(bytes.data(), "\x93NUMPY", 6) == 0;
}

NpyArray parse_npy(std::span<const std::byte> bytes, const std::string& name) {
    const NpyHeader header = parse_npy_header(bytes, name);
    std::vector<std::byte> storage;
    return {header.shape, to_doubles(payload(bytes, header, storage), header.element, header.order)};
}

namespace {

/// What the dimensions of an array are to samples.
struct Arrangement {
    std::size_t rows = 0, cols = 0;
    ImageShape image;
    bool planes_first = false;  ///< [rows, planes, height, width]
    std::string note;
};

/// Of [N, height, width, planes] or [N, planes, height, width].
Arrangement arrange_colour(const std::vector<std::size_t>& shape, const std::string& name) {
    const auto is_planes = [](std::size_t length) { return length == 1 || length == 3; };
    Arrangement found;
    found.rows = shape[0];
    found.planes_first = is_planes(shape[1]) && !is_planes(shape[3]);
    const std::size_t planes = found.planes_first ? shape[1] : shape[3];
    if (!is_planes(planes))
        throw DataError(
            fmt::format("{}: found a shape of {}, expected pictures of 1 or 3 planes: (rows, height, width, 3) or "
                        "(rows, 3, height, "
                        "width){}",
                        name, shape_text(shape), planes == 4 || shape[1] == 4 ? "; leave the alpha plane out" : ""));
    found.image = found.planes_first ? ImageShape{shape[2], shape[3]} : ImageShape{shape[1], shape[2]};
    found.image.channels = planes == 3 ? Channels::rgb : Channels::grey;
    found.cols = shape[1] * shape[2] * shape[3];
    found.note =
        fmt::format("{}: {} {}pictures of height {} and width {}, each flattened to a row of {}{}", name, found.rows,
                    planes == 3 ? "colour " : "", found.image.height, found.image.width, found.cols,
                    found.planes_first && planes == 3 ? ", pixel by pixel: (height, width, 3)" : "");
    return found;
}

/// Throws DataError for a shape that has no rows and columns.
Arrangement arrange(const std::vector<std::size_t>& shape, const std::string& name,
                    std::span<const std::size_t> columns) {
    if (shape.size() == 1)
        throw DataError(
            fmt::format("{}: found shape ({},), which could be one row or one column: save array.reshape(1, -1) "
                        "or array.reshape(-1, 1)",
                        name, shape[0]));
    if (shape.size() < 2 || shape.size() > 4)
        throw DataError(
            fmt::format("{}: found {} dimensions ({}), expected 2 (rows, columns), 3 (rows, height, width) or 4 (rows, "
                        "height, width, 3)",
                        name, shape.size(), shape_text(shape)));
    std::size_t cols = 1;
    bool too_wide = false;
    for (std::size_t d = 1; d < shape.size(); ++d) too_wide = too_wide || __builtin_mul_overflow(cols, shape[d], &cols);
    if (shape[0] == 0 || cols == 0 || too_wide)
        throw DataError(
            fmt::format("{}: found a shape of {}, expected at least one row and one column", name, shape_text(shape)));
    if (shape.size() == 4) return arrange_colour(shape, name);
    Arrangement found{shape[0], cols, {}, false, {}};
    if (shape.size() == 2) return found;
    const auto wanted = [&](std::size_t length) { return std::ranges::find(columns, length) != columns.end(); };
    if (wanted(shape[2]) && !wanted(cols)) {
        found.rows = shape[0] * shape[1];
        found.cols = shape[2];
        found.note =
            fmt::format("{}: an array of {}, read as {} rows of {}", name, shape_text(shape), found.rows, found.cols);
        return found;
    }
    found.image = {shape[1], shape[2]};
    const bool one_in_colour = shape[2] == 3 || shape[2] == 4;
    found.note = fmt::format(
        "{}: {} pictures of height {} and width {}, each flattened to a row of {}{}", name, shape[0], shape[1],
        shape[2], cols,
        one_in_colour   ? fmt::format(" (is this one picture in colour?  Save array.reshape(1, {}, {}, {}))", shape[0],
                                      shape[1], shape[2])
        : shape[0] == 1 ? fmt::format(" (are these rows of {}?  Save array.reshape(-1, {}))", shape[2], shape[2])
                        : "");
    return found;
}

/// [rows, planes, height, width] as [rows, height, width, planes].
std::vector<std::byte> planes_last(std::span<const std::byte> bytes, std::size_t bytes_each, const Arrangement& from) {
    std::vector<std::byte> out(bytes.size());
    const std::size_t planes = from.image.planes(), pixels = from.cols / planes;
    for (std::size_t row = 0; row < from.rows; ++row)
        for (std::size_t plane = 0; plane < planes; ++plane)
            for (std::size_t pixel = 0; pixel < pixels; ++pixel)
                std::memcpy(out.data() + (row * from.cols + pixel * planes + plane) * bytes_each,
                            bytes.data() + (row * from.cols + plane * pixels + pixel) * bytes_each, bytes_each);
    return out;
}

}  // namespace

Dataset parse_npy_dataset(std::span<const std::byte> bytes, const std::string& name, bool precise,
                          std::vector<std::string>* notes, std::span<const std::size_t> columns) {
    const NpyHeader header = parse_npy_header(bytes, name);
    const Arrangement shape = arrange(header.shape, name, columns);
    std::vector<std::byte> storage;
    std::span<const std::byte> values = payload(bytes, header, storage);
    if (shape.planes_first && shape.image.planes() > 1) {
        storage = planes_last(values, element_size(header.element), shape);
        values = storage;
    }
    Dataset data;
    if (header.element == Element::uint8 || header.element == Element::boolean) {
        data = Dataset::from_bytes(shape.rows, shape.cols, to_bytes(values), 1);
        for (std::size_t i = 0; header.element == Element::boolean && i < values.size(); ++i)
            if (values[i] > std::byte{1})
                throw DataError(fmt::format("{}: row {}, column {}: found {}, expected 0 or 1 in an array of bool",
                                            name, i / shape.cols + 1, i % shape.cols + 1,
                                            std::to_integer<unsigned>(values[i])));
    } else {
        std::vector<float> floats = to_floats(values, header.element, header.order, shape.cols, name);
        const bool kept = precise || loses_spread(values, header, shape.cols);
        std::vector<float> rest = kept ? rest_of(floats, values, header) : std::vector<float>();
        data = Dataset::from_floats(shape.rows, shape.cols, std::move(floats), std::move(rest));
    }
    data.image = shape.image;
    data.name = name;
    if (notes != nullptr && !shape.note.empty()) notes->push_back(shape.note);
    return data;
}

std::vector<std::byte> encode_npy(std::span<const std::size_t> shape, std::span<const float> values) {
    return encode(shape, values);
}
std::vector<std::byte> encode_npy(std::span<const std::size_t> shape, std::span<const double> values) {
    return encode(shape, values);
}

void write_npy(const std::string& path, const std::vector<std::size_t>& shape, std::span<const float> values,
               IfExists if_exists) {
    write(path, std::span<const std::size_t>(shape), values, if_exists);
}
void write_npy(const std::string& path, const std::vector<std::size_t>& shape, std::span<const double> values,
               IfExists if_exists) {
    write(path, std::span<const std::size_t>(shape), values, if_exists);
}

}  // namespace rbm
