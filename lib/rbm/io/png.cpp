// SPDX-License-Identifier: MIT
#include "rbm/io/png.h"

#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <array>
#include <bit>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <exception>
#include <functional>
#include <limits>
#include <new>

#include "rbm/io/memory.h"
#include "rbm/kernels/error.h"

// libpng reports errors by longjmp, which must not leave a scope whose objects have destructors.  So the functions that
// call setjmp hold plain values only; everything that owns memory lives in their callers.

namespace rbm {
namespace {

constexpr png_uint_32 longest_side = 1U << 20;
constexpr std::size_t most_pixels = std::size_t{1} << 28;
constexpr std::size_t best_deflate = 1032;  // no deflate stream unpacks to more than 1032 times its size

struct Reader {
    const unsigned char* bytes = nullptr;
    std::size_t size = 0;
    std::size_t taken = 0;
    png_structp png = nullptr;
    png_infop info = nullptr;
    png_uint_32 width = 0, height = 0;
    std::size_t raw_bytes = 0;  ///< of the unpacked image as the file holds it
    Channels wanted = Channels::grey;
    unsigned channels = 0;  ///< after conversion: grey, grey and alpha, rgb, or rgb and alpha
    unsigned bytes_each = 1;
    bool lost_colour = false;
    std::array<char, 120> message{};

    Reader() = default;
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
};

void keep_message(std::array<char, 120>& message, png_const_charp text) {
    std::snprintf(message.data(), message.size(), "%s", text);
}

[[noreturn]] void on_read_error(png_structp png, png_const_charp text) {
    keep_message(static_cast<Reader*>(png_get_error_ptr(png))->message, text);
    png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

void on_read(png_structp png, png_bytep out, std::size_t count) {
    Reader& reader = *static_cast<Reader*>(png_get_io_ptr(png));
    if (count > reader.size - reader.taken) png_error(png, "truncated");
    std::memcpy(out, reader.bytes + reader.taken, count);
    reader.taken += count;
}

/// Reads up to the image data and asks for whole bytes of what is wanted.  False: see reader.message.
bool read_header(Reader& reader) {
    if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
    png_set_read_fn(reader.png, &reader, on_read);
    png_set_user_limits(reader.png, longest_side, longest_side);
    png_set_chunk_malloc_max(reader.png, 1 << 20);
    png_set_chunk_cache_max(reader.png, 16);
    png_set_crc_action(reader.png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    // Texts, colour profiles and the like say nothing about grey values, and have been libpng's weakest code.
    static const png_byte unwanted[] = "iCCP\0zTXt\0tEXt\0iTXt\0eXIf\0sPLT\0hIST\0pCAL";
    png_set_keep_unknown_chunks(reader.png, PNG_HANDLE_CHUNK_NEVER, unwanted, 8);
    png_read_info(reader.png, reader.info);
    reader.width = png_get_image_width(reader.png, reader.info);
    reader.height = png_get_image_height(reader.png, reader.info);
    reader.raw_bytes = png_get_rowbytes(reader.png, reader.info) * reader.height;
    reader.bytes_each = png_get_bit_depth(reader.png, reader.info) == 16 ? 2 : 1;
    png_set_expand(reader.png);
    const bool colour = (png_get_color_type(reader.png, reader.info) & PNG_COLOR_MASK_COLOR) != 0;
    if (colour && reader.wanted != Channels::rgb) png_set_rgb_to_gray_fixed(reader.png, PNG_ERROR_ACTION_NONE, -1, -1);
    if (!colour && reader.wanted == Channels::rgb) png_set_gray_to_rgb(reader.png);
    if (std::endian::native == std::endian::little) png_set_swap(reader.png);
    png_set_interlace_handling(reader.png);
    png_read_update_info(reader.png, reader.info);
    reader.channels = png_get_channels(reader.png, reader.info);
    return true;
}

/// Reads the rows and all that follows them.  False: see reader.message.
bool read_rows(Reader& reader, png_bytepp rows) {
    if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
    png_read_image(reader.png, rows);
    png_read_end(reader.png, nullptr);
    reader.lost_colour = png_get_rgb_to_gray_status(reader.png) != 0;
    return true;
}

struct Writer {
    png_structp png = nullptr;
    png_infop info = nullptr;
    std::vector<std::byte> bytes;
    std::exception_ptr thrown;
    std::array<char, 120> message{};

    Writer() = default;
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    ~Writer() { png_destroy_write_struct(&png, &info); }
};

[[noreturn]] void on_write_error(png_structp png, png_const_charp text) {
    keep_message(static_cast<Writer*>(png_get_error_ptr(png))->message, text);
    png_longjmp(png, 1);
}

bool append(Writer& writer, const unsigned char* from, std::size_t count) noexcept {
    try {
        const auto* first = reinterpret_cast<const std::byte*>(from);
        writer.bytes.insert(writer.bytes.end(), first, first + count);
        return true;
    } catch (...) {  // an exception must not cross libpng's C code
        writer.thrown = std::current_exception();
        return false;
    }
}

void on_write(png_structp png, png_bytep from, std::size_t count) {
    if (!append(*static_cast<Writer*>(png_get_io_ptr(png)), from, count)) png_error(png, "out of memory");
}

void on_flush(png_structp) {}

bool write_all(Writer& writer, const Picture& picture, png_bytepp rows) {
    if (setjmp(png_jmpbuf(writer.png)) != 0) return false;
    png_set_write_fn(writer.png, &writer, on_write, on_flush);
    png_set_user_limits(writer.png, longest_side, longest_side);
    png_set_IHDR(writer.png, writer.info, static_cast<png_uint_32>(picture.width),
                 static_cast<png_uint_32>(picture.height), 8,
                 picture.channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(writer.png, writer.info);
    png_write_image(writer.png, rows);
    png_write_end(writer.png, nullptr);
    return true;
}

}  // namespace

bool is_png(std::span<const std::byte> bytes) {
    return bytes.size() >= 8 && std::memcmp(bytes.data(), "\x89PNG\r\n\x1a\n", 8) == 0;
}

namespace {

/// x of y in whole steps: what is left of a value behind so much alpha.
template <class Value>
Value share_of(Value x, Value y) {
    constexpr std::uint64_t full = std::numeric_limits<Value>::max();
    return static_cast<Value>((std::uint64_t{x} * y + full / 2) / full);
}

/// Blends what is transparent into black, or keeps only how opaque it is; the alpha plane goes.
template <class Value>
void without_alpha(std::vector<Value>& values, std::size_t planes, Channels wanted, PngValues& told) {
    constexpr Value opaque = std::numeric_limits<Value>::max();
    const std::size_t pixels = values.size() / (planes + 1);
    std::array<Value, 3> colour{};
    bool visible = false, one_colour = true, other_alpha = false;
    const Value first_alpha = values[planes];
    for (std::size_t i = 0; i < pixels; ++i) {
        const Value* const pixel = values.data() + i * (planes + 1);
        const Value alpha = pixel[planes];
        told.has_alpha = told.has_alpha || alpha != opaque;
        other_alpha = other_alpha || alpha != first_alpha;
        if (alpha > 0 && !visible) std::copy_n(pixel, planes, colour.begin());
        visible = visible || alpha > 0;
        one_colour = one_colour && (alpha == 0 || std::equal(pixel, pixel + planes, colour.begin()));
        if (wanted == Channels::alpha)
            values[i] = alpha;
        else
            for (std::size_t c = 0; c < planes; ++c) values[i * planes + c] = share_of(pixel[c], alpha);
    }
    if (wanted == Channels::alpha) told.has_alpha = false;
    const bool dark = std::all_of(colour.begin(), colour.end(), [](Value x) { return x <= opaque / 2; });
    told.drawn_in_alpha = told.has_alpha && one_colour && dark && other_alpha;
    values.resize(pixels * (wanted == Channels::alpha ? 1 : planes));
}

template <class Value>
std::vector<Value> read_values(Reader& reader, const std::string& name, PngValues& told,
                               const std::function<DataError()>& damaged) {
    const std::size_t stride = told.shape.width * reader.channels;
    std::vector<Value> values(told.shape.height * stride);
    std::vector<png_bytep> rows(told.shape.height);
    for (std::size_t y = 0; y < rows.size(); ++y) rows[y] = reinterpret_cast<png_bytep>(values.data() + y * stride);
    if (!read_rows(reader, rows.data())) throw damaged();
    if (reader.taken != reader.size)
        throw DataError(fmt::format("{}: byte {}: {} bytes after the end of the PNG data", name, reader.taken,
                                    reader.size - reader.taken));
    told.lost_colour = reader.wanted == Channels::grey && reader.lost_colour;
    if (reader.channels % 2 == 0) without_alpha(values, reader.channels - 1, reader.wanted, told);
    return values;
}

}  // namespace

PngValues read_png(std::span<const std::byte> bytes, const std::string& name, Channels channels) {
    if (!is_png(bytes)) throw DataError(name + ": byte 0: not a PNG file");
    Reader reader;
    reader.bytes = reinterpret_cast<const unsigned char*>(bytes.data());
    reader.size = bytes.size();
    reader.wanted = channels;
    reader.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader, on_read_error, on_warning);
    if (reader.png == nullptr) throw std::bad_alloc();
    reader.info = png_create_info_struct(reader.png);
    if (reader.info == nullptr) throw std::bad_alloc();
    const auto damaged = [&] {
        return DataError(fmt::format("{}: byte {}: damaged PNG file: {}", name, reader.taken, reader.message.data()));
    };
    if (!read_header(reader)) throw damaged();

    PngValues png{{reader.height, reader.width, channels}, {}};
    const std::size_t width = png.shape.width, height = png.shape.height;
    if (height > most_pixels / width || !fits_in_memory(width * height * reader.channels * reader.bytes_each))
        throw DataError(fmt::format("{}: found a picture of {} x {} pixels, expected at most {}", name, width, height,
                                    most_pixels));
    if (reader.raw_bytes / best_deflate > bytes.size())
        throw DataError(fmt::format("{}: header promises {} x {} pixels, more than {} bytes of file can hold", name,
                                    width, height, bytes.size()));
    if (channels == Channels::alpha && reader.channels % 2 != 0)
        throw DataError(name + ": this picture has no alpha channel");
    if (reader.bytes_each == 2)
        png.values = read_values<std::uint16_t>(reader, name, png, damaged);
    else
        png.values = read_values<std::uint8_t>(reader, name, png, damaged);
    return png;
}

Picture decode_png(std::span<const std::byte> bytes, const std::string& name) {
    PngValues png = read_png(bytes, name);
    Picture picture{png.shape.height, png.shape.width, 1, {}};
    if (png.is_deep())
        for (const std::uint16_t value : std::get<1>(png.values))
            picture.pixels.push_back(static_cast<std::uint8_t>((std::uint32_t{value} * 255 + 32895) >> 16));
    else
        picture.pixels = std::get<0>(std::move(png.values));
    return picture;
}

std::vector<std::byte> encode_png(const Picture& picture) {
    const std::size_t stride = picture.width * picture.channels;
    if (picture.height == 0 || picture.width == 0 || (picture.channels != 1 && picture.channels != 3) ||
        picture.height > longest_side || picture.width > longest_side ||
        picture.pixels.size() != picture.height * stride)
        throw InvalidArgument(fmt::format("encode_png: {} x {} pixels of {} channels in {} bytes", picture.width,
                                          picture.height, picture.channels, picture.pixels.size()));
    Writer writer;
    writer.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &writer, on_write_error, on_warning);
    if (writer.png == nullptr) throw std::bad_alloc();
    writer.info = png_create_info_struct(writer.png);
    if (writer.info == nullptr) throw std::bad_alloc();
    std::vector<png_bytep> rows(picture.height);  // libpng only reads them
    for (std::size_t y = 0; y < picture.height; ++y)
        rows[y] = const_cast<png_bytep>(picture.pixels.data() + y * stride);
    if (!write_all(writer, picture, rows.data())) {
        if (writer.thrown) std::rethrow_exception(writer.thrown);
        throw Error(ErrorCode::failed, fmt::format("encode_png: {}", writer.message.data()));
    }
    return std::move(writer.bytes);
}

}  // namespace rbm
