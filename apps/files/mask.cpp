// SPDX-License-Identifier: MIT
#include "apps/files/mask.h"

#include <fmt/format.h>

#include <cmath>

#include "rbm/io/array_bytes.h"
#include "rbm/io/npy.h"
#include "rbm/io/png.h"
#include "rbm/kernels/error.h"

namespace rbm::app {
namespace {

/// A PNG as an array of 0 and 1, with other greys left as they are: they are refused below.  The grey 1 of 255 is what
/// programs write that save an array of bits.
NpyArray array_of(const Picture& picture) {
    NpyArray array{{picture.height, picture.width}, {}};
    array.values.reserve(picture.pixels.size());
    for (const std::uint8_t grey : picture.pixels) array.values.push_back(grey == 255 ? 1.0 : grey);
    return array;
}

std::string text_of_shape(const std::vector<std::size_t>& shape) {
    std::string text;
    for (const std::size_t length : shape) text += fmt::format("{}{}", text.empty() ? "" : ", ", length);
    return "[" + text + "]";
}

}  // namespace

Matrix load_mask(const std::string& path, std::size_t rows, std::size_t cols, ImageShape image) {
    using Shape = std::vector<std::size_t>;
    const std::vector<std::byte> bytes = read_array_bytes(path);
    const bool picture = is_png(bytes);
    if (!picture && !is_npy(bytes))
        throw DataError(
            fmt::format("{}: found neither .npy nor PNG, expected an array or a picture as the mask", path));
    const NpyArray array = picture ? array_of(decode_png(bytes, path)) : parse_npy(bytes, path);

    const std::size_t pixels = image.height * image.width;
    const std::size_t planes = image.planes();
    const bool shaped = pixels > 0 && image.values() <= cols;  // behind the picture is the label, which is known
    const bool one = array.shape == Shape{cols} || array.shape == Shape{1, cols} ||
                     (shaped && array.shape == Shape{image.height, image.width});
    const bool each =
        array.shape == Shape{rows, cols} || (shaped && array.shape == Shape{rows, image.height, image.width});
    const std::size_t copies = shaped && array.shape.size() > 1 && array.shape.back() == image.width &&
                                       array.values.size() == pixels * (each ? rows : 1)
                                   ? planes
                                   : 1;  // pixels are known in all their colours
    if (picture && !(one && shaped))
        throw DataError(fmt::format("{}: found a picture of {} x {} pixels, expected {}", path, array.shape[0],
                                    array.shape[1],
                                    shaped ? fmt::format("{} x {}", image.height, image.width)
                                           : "an array, because the model's samples are not pictures"));
    if (!one && !each)
        throw DataError(fmt::format("{}: found an array of shape {}, expected [{}] or [{}, {}]", path,
                                    text_of_shape(array.shape), cols, rows, cols));
    Matrix mask(one ? 1 : rows, cols);
    mask.fill(1);
    const std::size_t given = array.values.size() / mask.rows();
    for (std::size_t i = 0; i < array.values.size(); ++i) {
        const double value = array.values[i];
        if (value != 0 && value != 1)
            throw DataError(
                fmt::format("{}: row {}, column {}: found {}, expected {}", path, i / given + 1, i % given + 1, value,
                            picture ? "white (known) or black (to be filled in)" : "1 (known) or 0 (to be filled in)"));
        for (std::size_t plane = 0; plane < copies; ++plane)
            mask(i / given, i % given * copies + plane) = static_cast<float>(value);
    }
    return mask;
}

Matrix mask_of_known(const Dataset& data) {
    Matrix mask(data.rows(), data.cols());
    for (std::size_t r = 0; r < mask.rows(); ++r)
        for (std::size_t i = 0; i < mask.cols(); ++i) mask(r, i) = std::isnan(data.value(r, i)) ? 0.0F : 1.0F;
    return mask;
}

Matrix by_sites(const Matrix& mask, const std::string& path, std::size_t columns, bool codes) {
    if (columns == 1) return mask;
    Matrix result(mask.rows(), codes ? mask.cols() * columns : mask.cols());
    for (std::size_t r = 0; r < result.rows(); ++r)
        for (std::size_t i = 0; i < result.cols(); ++i) {
            result(r, i) = mask(r, codes ? i / columns : i);
            if (result(r, i) != result(r, i / columns * columns))
                throw DataError(
                    fmt::format("{}: row {}, column {}: found {}, expected {} as in column {}: a site of {} states is "
                                "either known or missing as a whole",
                                path, r + 1, i + 1, result(r, i), result(r, i / columns * columns),
                                i / columns * columns + 1, columns));
        }
    return result;
}

Dataset without_unknown(const Dataset& data, const Matrix& mask, const std::vector<float>& fill) {
    std::vector<float> values(data.rows() * data.cols());
    data.fill(0, Stream{}, View(values.data(), data.rows(), data.cols()));
    bool holes = false;
    for (std::size_t i = 0; i < values.size(); ++i)
        if (std::isnan(values[i]) && mask.values()[i % mask.values().size()] == 0)
            values[i] = fill[i % data.cols()], holes = true;
    if (!holes) return data;
    Dataset result = Dataset::from_floats(data.rows(), data.cols(), std::move(values));
    result.image = data.image;
    result.name = data.name;
    return result;
}

}  // namespace rbm::app
