// SPDX-License-Identifier: MIT
// PNG files of every kind, for the tests of the reader.
#pragma once

#include <png.h>

#include <vector>

#include "tests/support/io_helpers.h"

struct PngKind {
    int colour_type = PNG_COLOR_TYPE_GRAY;
    int bit_depth = 8;
    bool interlaced = false;
    bool transparent_zero = false;  ///< tRNS: palette entry or grey 0 is transparent
    std::vector<png_color> palette = {};
};

/// rows: raw rows as PNG stores them.
inline Bytes make_png(std::size_t height, std::size_t width, const PngKind& kind,
                      std::vector<std::vector<unsigned char>> rows) {
    Bytes bytes;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    png_infop info = png_create_info_struct(png);
    png_set_write_fn(
        png, &bytes,
        [](png_structp writer, png_bytep from, std::size_t count) {
            auto& out = *static_cast<Bytes*>(png_get_io_ptr(writer));
            const auto* first = reinterpret_cast<const std::byte*>(from);
            out.insert(out.end(), first, first + count);
        },
        [](png_structp) {});
    png_set_IHDR(png, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height), kind.bit_depth,
                 kind.colour_type, kind.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (!kind.palette.empty()) png_set_PLTE(png, info, kind.palette.data(), static_cast<int>(kind.palette.size()));
    const png_byte nothing = 0;
    const png_color_16 zero{};
    if (kind.transparent_zero) png_set_tRNS(png, info, &nothing, 1, &zero);
    png_text text{};
    char key[] = "Title", value[] = "made by a test";
    text.compression = PNG_TEXT_COMPRESSION_NONE;
    text.key = key;
    text.text = value;
    png_set_text(png, info, &text, 1);
    std::vector<png_bytep> pointers;
    for (std::vector<unsigned char>& row : rows) pointers.push_back(row.data());
    png_write_info(png, info);
    png_write_image(png, pointers.data());
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return bytes;
}

inline Bytes small_grey_png(unsigned char first = 0) { return make_png(2, 3, {}, {{first, 128, 255}, {1, 2, 3}}); }
