// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <bit>

#include "tests/support/io_helpers.h"
#include "rbm/io/idx.h"
#include "rbm/kernels/error.h"

using rbm::DataError;

TEST_SUITE_BEGIN("io_idx");

namespace {

Bytes header(unsigned type, std::initializer_list<std::uint32_t> shape) {
    Bytes bytes = {std::byte{0}, std::byte{0}, static_cast<std::byte>(type), static_cast<std::byte>(shape.size())};
    for (const std::uint32_t length : shape)
        for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::byte>(length >> shift));
    return bytes;
}

Bytes counting(std::size_t size) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i);
    return bytes;
}

std::string idx_refusal(const Bytes& bytes) {
    return thrown<DataError>([&] { rbm::parse_idx(bytes, "f.idx"); });
}

}  // namespace

TEST_CASE("pictures and rows of unsigned bytes are divided by 255") {
    const rbm::Dataset pictures = rbm::parse_idx(header(8, {5, 3, 4}) + counting(60), "f.idx");
    CHECK(pictures.rows() == 5);
    CHECK(pictures.cols() == 12);
    CHECK(pictures.image == rbm::ImageShape{3, 4});
    CHECK(pictures.name == "f.idx");
    CHECK(pictures.value(4, 11) == 59.0F / 255);
    const rbm::Dataset rows = rbm::parse_idx(header(8, {5, 12}) + counting(60), "f.idx");
    CHECK(rows.image == rbm::ImageShape{});
    CHECK(rows.value(4, 11) == 59.0F / 255);
}

TEST_CASE("the other types are taken as they are") {
    CHECK(rbm::parse_idx(header(0x09, {1, 2}) + bytes_of("\xff\x7f"), "f").value(0, 0) == -1.0F);
    CHECK(rbm::parse_idx(header(0x0b, {1, 1}) + bytes_of("\xff\x7f"), "f").value(0, 0) == -129.0F);
    CHECK(rbm::parse_idx(header(0x0c, {1, 1}) + bytes_of(std::string_view("\x00\x01\x00\x02", 4)), "f").value(0, 0) ==
          65538.0F);
    CHECK(rbm::parse_idx(header(0x0d, {1, 1}) + bytes_of(std::string_view("\xc0\x20\x00\x00", 4)), "f").value(0, 0) ==
          -2.5F);
    const Bytes row = bytes_of(std::string_view("\x3f\xf8\x00\x00\x00\x00\x00\x00", 8));
    CHECK(rbm::parse_idx(header(0x0e, {1, 2}) + row + row, "f").value(0, 1) == 1.5F);
    const Bytes huge = bytes_of(std::string_view("\x7f\xe0\x00\x00\x00\x00\x00\x00", 8));
    CHECK(has(idx_refusal(header(0x0e, {2, 2}) + row + row + row + huge), "f.idx: row 2, column 2: found 8.98"));
}

TEST_CASE("labels are read as labels and refused as data") {
    const Bytes labels = header(8, {3}) + bytes_of("\x07\x01\x02");
    CHECK(rbm::parse_idx_labels(labels, "f") == std::vector<std::uint8_t>{7, 1, 2});
    CHECK(has(idx_refusal(labels), "this is a label file (3 labels)"));
    CHECK(has(thrown<DataError>([] { rbm::parse_idx_labels(header(8, {1, 1}) + Bytes(1), "f"); }), "expected labels"));
    CHECK_THROWS_AS(rbm::parse_idx_labels(header(9, {1}) + Bytes(1), "f"), DataError);
}

TEST_CASE("every prefix of a file and every addition to it is refused") {
    const Bytes whole = header(8, {5, 3, 4}) + counting(60);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CAPTURE(size);
        CHECK_THROWS_AS(rbm::parse_idx(prefix(whole, size), "f"), DataError);
    }
    CHECK(has(idx_refusal(prefix(whole, 75)), "header promises 76 bytes"));
    CHECK(has(idx_refusal(prefix(whole, 75)), "file has 75"));
    CHECK(has(idx_refusal(whole + Bytes(1)), "file has 77"));
}

TEST_CASE("malformed headers are refused, with the place") {
    CHECK(has(idx_refusal({}), "file has 0 bytes"));
    CHECK(has(idx_refusal(bytes_of("abcd")), "byte 0: found 61 62"));
    for (unsigned type = 0; type < 256; ++type)
        if (type != 8 && type != 9 && (type < 0x0b || type > 0x0e))
            CHECK(has(idx_refusal(header(type, {1, 1}) + Bytes(1)), "byte 2: found type"));
    CHECK(has(idx_refusal(header(8, {})), "byte 3: found 0 dimensions"));
    CHECK(has(idx_refusal(header(8, {1, 1, 1, 1}) + Bytes(1)), "byte 3: found 4 dimensions"));
    Bytes many = header(8, {1, 1});
    many[3] = std::byte{255};
    CHECK(has(idx_refusal(many + Bytes(2000)), "found 255 dimensions"));
    CHECK(has(idx_refusal(header(8, {0, 3, 4})), "expected at least one row"));
    CHECK(has(idx_refusal(header(8, {4, 0})), "expected at least one row"));
}

TEST_CASE("sizes that wrap around are refused") {
    const std::uint32_t most = 0xffffffff;
    CHECK(has(idx_refusal(header(8, {1U << 24, 16, 16})), "promises 4294967312 bytes"));
    CHECK(has(idx_refusal(header(8, {65536, 65536, 1})), "promises 4294967312 bytes"));
    CHECK(has(idx_refusal(header(8, {most, most, most})), "more than any file has"));
    CHECK(has(idx_refusal(header(0x0e, {1U << 31, 1U << 31, 4}) + Bytes(16)), "more than any file has"));  // 2^67 bytes
    CHECK(has(idx_refusal(header(0x0e, {1U << 31, 1U << 30, 1}) + Bytes(16)),
              "more than any file has"));  // wraps to exactly 0
    CHECK_THROWS_AS(rbm::parse_idx(header(8, {most, most, 0}), "f"), DataError);
}

TEST_CASE("what is written reads back the same") {
    for (const bool pictures : {false, true}) {
        std::vector<std::uint8_t> values(256);
        for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::uint8_t>(i);
        rbm::Dataset data = rbm::Dataset::from_bytes(8, 32, values, 255);
        if (pictures) data.image = {4, 8};
        CHECK(same_values(rbm::parse_idx(rbm::encode_idx(data), "f"), data));
    }
    const rbm::Dataset bits = rbm::Dataset::from_floats(1, 3, {0, 1, 1});
    CHECK(same_values(rbm::parse_idx(rbm::encode_idx(bits), "f"), bits));
    const rbm::Dataset real = rbm::Dataset::from_floats(2, 2, {0, 1, 1, -0.5F});
    CHECK(has(thrown<DataError>([&] { rbm::encode_idx(real); }), "row 2, column 2: found -0.5"));
}

TEST_SUITE_END();
