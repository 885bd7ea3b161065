// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <stdexcept>

#include "rbm/io/bytes.h"
#include "rbm/io/npy.h"
#include "rbm/kernels/error.h"
#include "tests/support/io_helpers.h"

using rbm::DataError;
using rbm::IfExists;
using rbm::StateForm;

TEST_SUITE_BEGIN("io_npy");

namespace {

Bytes file_with(const std::string& dictionary, const Bytes& values, unsigned version = 1) {
    Bytes bytes = bytes_of("\x93NUMPY") + Bytes{static_cast<std::byte>(version), std::byte{0}};
    for (unsigned i = 0; i < (version == 1 ? 2U : 4U); ++i)
        bytes.push_back(static_cast<std::byte>(dictionary.size() >> (8 * i) & 255));
    return bytes + bytes_of(dictionary) + values;
}

std::string dictionary(const std::string& descr, const std::string& shape, bool fortran = false) {
    return "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': " + shape +
           ", }    \n";
}

template <class T>
Bytes raw(std::initializer_list<T> values, bool big_endian = false) {
    Bytes bytes;
    for (const T value : values) {
        Bytes one(sizeof(T));
        std::memcpy(one.data(), &value, sizeof(T));
        if (big_endian) std::reverse(one.begin(), one.end());
        bytes = bytes + one;
    }
    return bytes;
}

std::string npy_refusal(const Bytes& bytes) {
    return thrown<DataError>([&] { rbm::parse_npy_dataset(bytes, "f.npy"); });
}

template <class T>
void check_type(const std::string& letters, std::initializer_list<T> values) {
    for (const bool big : {false, true}) {
        CAPTURE(letters);
        const std::string descr = (sizeof(T) == 1 ? "|" : big ? ">" : "<") + letters;
        const Bytes file = file_with(dictionary(descr, "(2, 2)"), raw(values, big));
        const rbm::Dataset data = rbm::parse_npy_dataset(file, "f.npy");
        const rbm::NpyArray array = rbm::parse_npy(file, "f.npy");
        REQUIRE(array.values.size() == 4);
        for (std::size_t i = 0; i < 4; ++i) {
            CHECK(data.value(i / 2, i % 2) == static_cast<float>(values.begin()[i]));
            CHECK(array.values[i] == static_cast<double>(values.begin()[i]));
        }
    }
}

}  // namespace

TEST_CASE("every type in either byte order") {
    check_type<std::uint8_t>("b1", {0, 1, 1, 0});
    check_type<std::uint8_t>("u1", {0, 1, 128, 255});
    check_type<std::int8_t>("i1", {0, 1, -128, 127});
    check_type<std::uint16_t>("u2", {0, 1, 258, 65535});
    check_type<std::int16_t>("i2", {0, 1, -32768, 258});
    check_type<std::uint32_t>("u4", {0, 1, 16909060, 4294967295U});
    check_type<std::int32_t>("i4", {0, -1, 16909060, -2147483647});
    check_type<std::uint64_t>("u8", {0, 1, 72623859790382856U, ~0ULL});
    check_type<std::int64_t>("i8", {0, -1, 72623859790382856, INT64_MIN});
    check_type<float>("f4", {0, -1.5F, 3.25e38F, 1e-42F});
    check_type<double>("f8", {0, -1.5, 3.25e38, 0.1});
}

TEST_CASE("Fortran order is turned into rows") {
    const Bytes columns = raw<float>({1, 4, 2, 5, 3, 6});
    const rbm::Dataset data = rbm::parse_npy_dataset(file_with(dictionary("<f4", "(2, 3)", true), columns), "f");
    for (std::size_t i = 0; i < 6; ++i) CHECK(data.value(i / 3, i % 3) == static_cast<float>(i + 1));
    Bytes cube(24);  // element (i, j, k) of [2, 3, 4] lies at i + 2 j + 6 k, and holds its number in C order
    for (unsigned i = 0; i < 2; ++i)
        for (unsigned j = 0; j < 3; ++j)
            for (unsigned k = 0; k < 4; ++k) cube[i + 2 * j + 6 * k] = static_cast<std::byte>(12 * i + 4 * j + k);
    const rbm::Dataset pictures = rbm::parse_npy_dataset(file_with(dictionary("|u1", "(2, 3, 4)", true), cube), "f");
    CHECK(pictures.image == rbm::ImageShape{3, 4});
    for (std::size_t i = 0; i < 24; ++i) CHECK(pictures.value(i / 12, i % 12) == static_cast<float>(i));
}

TEST_CASE("one picture in colour is asked for by its three or four planes") {
    for (const std::size_t planes : {2U, 3U, 4U, 5U}) {
        std::vector<std::string> notes;
        const Bytes file = file_with(dictionary("|u1", fmt::format("(6, 7, {})", planes)), Bytes(42 * planes));
        rbm::parse_npy_dataset(file, "f", false, &notes);
        REQUIRE(notes.size() == 1);
        CHECK(has(notes[0], "one picture in colour?") == (planes == 3 || planes == 4));
    }
}

TEST_CASE("all versions, quotes, orders of keys, longs of Python 2") {
    for (const unsigned version : {1U, 2U, 3U})
        CHECK(rbm::parse_npy(file_with(dictionary("<f4", "(1,)"), raw<float>({7}), version), "f").values[0] == 7);
    const std::string other = "{ \"shape\" :(2L,1L) ,\"fortran_order\": False,\"descr\" :\"<i2\"}";
    CHECK(rbm::parse_npy_dataset(file_with(other, raw<std::int16_t>({5, 6})), "f").value(1, 0) == 6);
}

TEST_CASE("shapes") {
    const auto shape_of = [](const std::string& shape, std::size_t count) {
        return rbm::parse_npy(file_with(dictionary("|u1", shape), Bytes(count)), "f").shape;
    };
    CHECK(shape_of("()", 1) == std::vector<std::size_t>{});
    CHECK(shape_of("(0,)", 0) == std::vector<std::size_t>{0});
    CHECK(shape_of("(3,)", 3) == std::vector<std::size_t>{3});
    CHECK(shape_of("(1, 2, 3, 4)", 24) == std::vector<std::size_t>{1, 2, 3, 4});
    CHECK(has(npy_refusal(file_with(dictionary("|u1", "()"), Bytes(1))), "found 0 dimensions"));
    CHECK(has(npy_refusal(file_with(dictionary("|u1", "(3,)"), Bytes(3))), "reshape(1, -1)"));
    CHECK(has(npy_refusal(file_with(dictionary("|u1", "(0, 3)"), {})), "at least one row"));
    CHECK(has(npy_refusal(file_with(dictionary("|u1", "(3, 0)"), {})), "at least one row"));
    CHECK(has(npy_refusal(file_with(dictionary("|u1", "(1, 2, 3, 2, 2)"), Bytes(24))), "found 5 dimensions"));
    CHECK(has(npy_refusal(file_with(dictionary("|u1", "(1, 2, 3, 4)"), Bytes(24))), "leave the alpha plane out"));
    CHECK(has(npy_refusal(file_with(dictionary("|u1", "(1, 2, 2, 5)"), Bytes(20))), "1 or 3 planes"));
    for (const char* const bad : {"(-1, 2)", "(1, 2", "1, 2)", "(1 2)", "(2)", "(1.5, 2)", "(1e3,)", "(,)", "(1,,2)",
                                  "[2, 1]", "(0x2, 1)", "(True, 2)", "None", "(+1, 2)"})
        CHECK_MESSAGE(has(npy_refusal(file_with(dictionary("|u1", bad), Bytes(2))), "expected"), bad);
}

TEST_CASE("colour pictures come pixel by pixel, wherever their planes are") {
    std::vector<std::uint8_t> values(2 * 2 * 4 * 3);  // [2, 2, 4, 3]
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::uint8_t>(i);
    std::vector<std::uint8_t> planes(values.size());  // [2, 3, 2, 4]
    for (std::size_t row = 0; row < 2; ++row)
        for (std::size_t pixel = 0; pixel < 8; ++pixel)
            for (std::size_t c = 0; c < 3; ++c) planes[row * 24 + c * 8 + pixel] = values[row * 24 + pixel * 3 + c];
    std::vector<std::string> notes;
    const auto read = [&](const char* shape, std::span<const std::uint8_t> from) {
        const auto bytes = std::as_bytes(from);
        return rbm::parse_npy_dataset(file_with(dictionary("|u1", shape), {bytes.begin(), bytes.end()}), "f", false,
                                      &notes);
    };
    const rbm::Dataset last = read("(2, 2, 4, 3)", values), first = read("(2, 3, 2, 4)", planes);
    for (const rbm::Dataset& data : {last, first}) {
        CHECK(data.rows() == 2);
        CHECK(data.image == rbm::ImageShape{2, 4, rbm::Channels::rgb});
        for (std::size_t i = 0; i < 48; ++i) CHECK(data.value(i / 24, i % 24) == static_cast<float>(i));
    }
    REQUIRE(notes.size() == 2);
    CHECK(has(notes[0], "2 colour pictures of height 2 and width 4"));
    CHECK(has(notes[1], "pixel by pixel"));
    const std::span<const std::uint8_t> grey = std::span(values).first(16);
    for (const char* const shape : {"(2, 2, 4, 1)", "(2, 1, 2, 4)"}) {
        const rbm::Dataset data = read(shape, grey);
        CHECK(data.image == rbm::ImageShape{2, 4});
        CHECK(data.value(1, 0) == 8);
    }
}

TEST_CASE("states of chains are rows where their length is known") {
    const Bytes file = file_with(dictionary("|u1", "(2, 3, 4)"), Bytes(24));
    std::vector<std::string> notes;
    const std::size_t four[] = {7, 4}, twelve[] = {4, 12};
    const rbm::Dataset rows = rbm::parse_npy_dataset(file, "f", false, &notes, four);
    CHECK(rows.rows() == 6);
    CHECK(rows.cols() == 4);
    CHECK(rows.image == rbm::ImageShape{});
    CHECK(has(notes.at(0), "read as 6 rows of 4"));
    CHECK(rbm::parse_npy_dataset(file, "f", false, nullptr, twelve).image == rbm::ImageShape{3, 4});
    CHECK(rbm::parse_npy_dataset(file, "f").image == rbm::ImageShape{3, 4});
}

TEST_CASE("what is not numbers is refused with its reason") {
    const auto refused = [](const std::string& descr) {
        return npy_refusal(file_with(dictionary(descr, "(1, 1)"), Bytes(8)));
    };
    CHECK(has(refused("|O"), "pickles"));
    CHECK(has(refused("<c8"), "complex"));
    CHECK(has(refused("<U4"), "text"));
    CHECK(has(refused("|S8"), "text"));
    CHECK(has(refused("|V8"), "records"));
    CHECK(has(refused("<M8[ns]"), "dates"));
    CHECK(has(refused("<f2"), "astype('f4')"));
    CHECK(has(refused("<f16"), "astype('f4')"));
    for (const char* const descr : {"", "<", "<<f4", "f", "|f4", "<i3", "<f4 ", "<b8", "x"})
        CHECK_MESSAGE(has(refused(descr), "byte 20: found type"), descr);
    const std::string structured = "{'descr': [('a', '<f4'), ('b', '<f4')], 'fortran_order': False, 'shape': (1,), }";
    CHECK(has(npy_refusal(file_with(structured, Bytes(8))), "structured"));
    CHECK(has(npy_refusal(file_with(dictionary("|b1", "(1, 2)"), bytes_of("\x01\x02"))),
              "row 1, column 2: found 2, expected 0 or 1"));
}

TEST_CASE("dictionaries that are not NumPy's are refused") {
    for (const char* const bad :
         {"", "{", "}", "{}", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': False}",
          "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1, 1)}",
          "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), 'more': 1}",
          "{'descr': '<f4', 'fortran_order': 0, 'shape': (1, 1)}",
          "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1)} x",
          "{'descr: '<f4', 'fortran_order': False, 'shape': (1, 1)}",
          "{'descr': '<f4' 'fortran_order': False, 'shape': (1, 1)}", "__import__('os').system('true')"})
        CHECK_MESSAGE(has(npy_refusal(file_with(bad, Bytes(4))), "f.npy: byte "), bad);
}

TEST_CASE("every prefix, every length that lies and every wrong size is refused") {
    const Bytes whole = file_with(dictionary("<f4", "(2, 3)"), raw<float>({1, 2, 3, 4, 5, 6}));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CAPTURE(size);
        CHECK_THROWS_AS(rbm::parse_npy_dataset(prefix(whole, size), "f"), DataError);
        CHECK_THROWS_AS(rbm::parse_npy(prefix(whole, size), "f"), DataError);
    }
    CHECK(has(npy_refusal(prefix(whole, 7)), "truncated: .npy version expected, file has 7 bytes"));
    CHECK(has(npy_refusal(prefix(whole, 8)), "truncated: .npy header length expected, file has 8 bytes"));
    CHECK(has(npy_refusal(prefix(whole, 10)), "only 0 follow"));
    CHECK(has(npy_refusal(whole + Bytes(1)), "header promises"));
    for (unsigned length = 0; length < 65536; length += 251) {
        Bytes liar = whole;
        liar[8] = static_cast<std::byte>(length & 255);
        liar[9] = static_cast<std::byte>(length >> 8);
        if (liar != whole) CHECK_THROWS_AS(rbm::parse_npy_dataset(liar, "f"), DataError);
    }
    Bytes liar = file_with(dictionary("<f4", "(1, 1)"), Bytes(4), 2);
    for (std::size_t i = 8; i < 12; ++i) liar[i] = std::byte{255};
    CHECK(has(npy_refusal(liar), "found a header of 4294967295 bytes"));
    for (const unsigned version : {0U, 4U, 255U}) {
        Bytes other = whole;
        other[6] = static_cast<std::byte>(version);
        CHECK(has(npy_refusal(other), "expected 1.0, 2.0 or 3.0"));
    }
}

TEST_CASE("sizes that wrap around are refused") {
    for (const char* const shape : {"(4294967296, 4294967296)", "(9223372036854775808, 2)", "(2305843009213693952, 1)",
                                    "(4611686018427387904, 4)", "(18446744073709551615, 18446744073709551615)",
                                    "(4294967296, 0, 4294967296, 4294967296)"})
        CHECK_MESSAGE(has(npy_refusal(file_with(dictionary("<f8", shape), {})), "more than any file has"), shape);
    CHECK(has(npy_refusal(file_with(dictionary("<f8", "(18446744073709551616, 1)"), {})), "below 2^64"));
    CHECK_THROWS_AS(rbm::parse_npy_dataset(file_with(dictionary("|u1", "(0, 4294967296, 4294967295)"), {}), "f"),
                    DataError);
}

TEST_CASE("doubles beyond floats are named, infinities passed on for the check of the values") {
    CHECK(has(npy_refusal(file_with(dictionary("<f8", "(2, 2)"), raw<double>({1, 2, 3e38, -1e39}))),
              "row 2, column 2: found -1e+39"));
    const rbm::Dataset data =
        rbm::parse_npy_dataset(file_with(dictionary("<f8", "(1, 2)"), raw<double>({INFINITY, std::nan("")})), "f");
    CHECK(has(thrown<DataError>([&] { data.prepared({}, StateForm::numbers()); }), "row 1, column 1"));
}

TEST_CASE("what is written reads back the same, aligned to 64 bytes") {
    const std::vector<float> floats = {1, -2, 3.25F, 1e-42F, 3e38F, 0.1F};
    const std::vector<double> doubles = {1, -2, 3.25, 1e-310, 1e308, 0.1};
    for (const std::vector<std::size_t>& shape :
         std::vector<std::vector<std::size_t>>{{6}, {2, 3}, {1, 2, 3}, {6, 1, 1, 1}}) {
        const Bytes file = rbm::encode_npy(shape, std::span(floats));
        CHECK((file.size() - 24) % 64 == 0);
        const rbm::NpyArray array = rbm::parse_npy(file, "f");
        CHECK(array.shape == shape);
        CHECK(array.values == std::vector<double>(floats.begin(), floats.end()));
        CHECK(rbm::parse_npy(rbm::encode_npy(shape, std::span(doubles)), "f").values == doubles);
    }
    const Bytes file = rbm::encode_npy(std::vector<std::size_t>{2, 3}, std::span(floats));
    CHECK(std::memcmp(file.data(),
                      "\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } ",
                      70) == 0);
    CHECK(file[127] == std::byte{'\n'});
    CHECK(rbm::parse_npy(rbm::encode_npy(std::vector<std::size_t>{}, std::span(doubles).first(1)), "f").shape.empty());
    CHECK(
        rbm::parse_npy(rbm::encode_npy(std::vector<std::size_t>{0, 5}, std::span<const float>()), "f").values.empty());
    CHECK_THROWS_AS(rbm::encode_npy(std::vector<std::size_t>{7}, std::span(floats)), rbm::InvalidArgument);
}

TEST_CASE("arrays written from where they lie are the encoded ones") {
    const TemporaryFolder folder;
    const std::vector<float> floats = {1, -2.5F, 0, 3e-20F, 5, 6};
    const std::vector<double> doubles = {0.1, -1e300, 7};
    for (const std::vector<std::size_t>& shape : {std::vector<std::size_t>{6}, {2, 3}, {1, 3, 2}}) {
        rbm::write_npy(folder / "a.npy", shape, floats, IfExists::replace);
        CHECK(rbm::read_bytes(folder / "a.npy") == rbm::encode_npy(shape, std::span(floats)));
    }
    rbm::write_npy(folder / "b.npy", {3}, doubles, IfExists::refuse);
    CHECK(rbm::read_bytes(folder / "b.npy") == rbm::encode_npy(std::vector<std::size_t>{3}, std::span(doubles)));
    rbm::write_npy(folder / "c.npy", {0, 4}, std::span<const float>(), IfExists::refuse);
    CHECK(rbm::parse_npy(rbm::read_bytes(folder / "c.npy"), "c").shape == std::vector<std::size_t>{0, 4});
    CHECK_THROWS_AS(rbm::write_npy(folder / "b.npy", {3}, doubles, IfExists::refuse), rbm::FileError);
    CHECK_THROWS_AS(rbm::write_npy(folder / "d.npy", {4}, doubles, IfExists::refuse), rbm::InvalidArgument);
    CHECK_FALSE(std::filesystem::exists(folder / "d.npy"));
}

TEST_SUITE_END();
