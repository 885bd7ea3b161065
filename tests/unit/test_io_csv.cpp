// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <clocale>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "rbm/io/csv.h"
#include "rbm/kernels/error.h"
#include "tests/support/io_helpers.h"

using rbm::DataError;

TEST_SUITE_BEGIN("io_csv");

namespace {

rbm::Dataset parse(std::string_view text) { return rbm::parse_csv(bytes_of(text), "f.csv"); }
std::string csv_refusal(std::string_view text) {
    return thrown<DataError>([&] { parse(text); });
}
const rbm::Dataset table = rbm::Dataset::from_floats(2, 3, {0, 0.5F, -1, 1, 2e-3F, 4});

/// Sixteen good lines, then this one.
std::string seventeenth(const std::string& line) {
    std::string text;
    for (int i = 0; i < 16; ++i) text += "0,1,0.5\n";
    return text + line + "\n1,2,3\n";
}

}  // namespace

TEST_CASE("all the ways to write one table") {
    for (const char* const text :
         {"0,0.5,-1\n1,2e-3,4\n", "0,0.5,-1\n1,2e-3,4", "0,0.5,-1\r\n1,2e-3,4\r\n",
          "\xef\xbb\xbf"
          "0,0.5,-1\n1,2e-3,4\n",
          "0;0.5;-1\n1;2e-3;4\n", "0\t0.5\t-1\n1\t2e-3\t4\n", "0 0.5 -1\n1 2e-3 4\n", "  0   0.5  -1  \n 1 2e-3   4\n",
          "0 , 0.5 , -1\n1,  2e-3,4  \n", "# made by hand\n0,0.5,-1\n\n# more\n1,2e-3,4\n\n",
          "a,b,c\n0,0.5,-1\n1,2e-3,4\n", "\"a\",\"b\",\"c\"\n0,0.5,-1\n1,2e-3,4\n", "a b c\n0 0.5 -1\n1 2e-3 4\n",
          "+0,.5,-1.\n1e0,2E-03,+4\n", "# x\n\xc3\xa9t\xc3\xa9,b,c\r\n0,0.5,-1\r\n1,2e-3,4"})
        CHECK_MESSAGE(same_values(parse(text), table), text);
    CHECK(parse("1\n2\n3\n").rows() == 3);
    CHECK(parse("7").value(0, 0) == 7);
    CHECK(parse("x\n7\n").rows() == 1);
    CHECK(parse("1,2\n").name == "f.csv");
}

TEST_CASE("numbers are the nearest floats") {
    rbm::Random random(23);
    std::string text;
    std::vector<float> expected;
    for (int i = 0; i < 300; ++i) {
        const std::uint32_t bits = random();
        float value = 0;
        std::memcpy(&value, &bits, sizeof value);
        if (!std::isfinite(value)) continue;
        char digits[64];
        std::snprintf(digits, sizeof digits, "%.*g", i % 2 == 0 ? 9 : 17, static_cast<double>(value));
        text += std::string(digits) + "\n";
        expected.push_back(value);
    }
    const rbm::Dataset data = parse(text);
    REQUIRE(data.rows() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) CHECK(data.value(i, 0) == expected[i]);
}

TEST_CASE("mistakes are named with line and column") {
    CHECK(has(csv_refusal(seventeenth("0,1")), "f.csv:17: found 2 columns, expected 3"));
    CHECK(has(csv_refusal(seventeenth("0,1,2,3")), "f.csv:17: found 4 columns, expected 3"));
    CHECK(has(csv_refusal(seventeenth("0,,1")), "f.csv:17: column 2: found an empty field"));
    CHECK(has(csv_refusal(seventeenth("0,1,")), "f.csv:17: column 3: found an empty field"));
    CHECK(has(csv_refusal(seventeenth("0,nan,1")), "f.csv:17: column 2: found 'nan', expected a finite number"));
    CHECK(has(csv_refusal(seventeenth("0,1,-inf")), "f.csv:17: column 3: found '-inf', expected a finite number"));
    CHECK(has(csv_refusal(seventeenth("0,1e400,1")), "f.csv:17: column 2: found '1e400', expected at most 3.4e38"));
    CHECK(has(csv_refusal(seventeenth("0,-1e39,1")), "f.csv:17: column 2: found '-1e39', expected at most 3.4e38"));
    CHECK(has(csv_refusal(seventeenth("0,0x1p3,1")), "f.csv:17: column 2: found '0x1p3', expected a number"));
    CHECK(
        has(csv_refusal(seventeenth("0,'1',1")), "f.csv:17: column 2: found ''1'', expected a number without quotes"));
    CHECK(has(csv_refusal(seventeenth("0,\"1,1")), "f.csv:17: a field begins with a quote"));
    CHECK(has(csv_refusal(seventeenth(std::string("0,\0,1", 5))), "f.csv:17: byte 130: found '\\x00', expected text"));
    CHECK(has(csv_refusal(seventeenth("a,b,c")), "f.csv:17: column 1: found 'a'"));
    CHECK(has(csv_refusal(seventeenth("0;1;2")), "f.csv:17: column 1: found '0;1;2'"));
    CHECK(
        has(csv_refusal("1,5;2,5\n3,5;4\n"), "f.csv:1: column 1: found '1,5', expected a decimal point, not a comma"));
    for (const char* const bad :
         {"1.2.3", "--1", "+-1", "++1", "1e", "e5", ".", "-", "1 2", "1_000", "1f", "0b1", "1e5.5", "\xc2\xbd"})
        CHECK_MESSAGE(has(csv_refusal(seventeenth("0," + std::string(bad) + ",1")), "f.csv:17: column 2"), bad);
}

TEST_CASE("gaps are values that nobody knows, where they may be") {
    const std::string text = "a,b,c\n1,nan,3\n,NaN,6\n7,8,\n";
    const rbm::Dataset data =
        rbm::parse_csv(std::as_bytes(std::span(text)), "f.csv", {.gaps = rbm::TableGaps::are_nan});
    REQUIRE(data.rows() == 3);
    for (std::size_t row = 0; row < 3; ++row)
        for (std::size_t col = 0; col < 3; ++col) {
            const bool gap = (row == 0 && col == 1) || (row == 1 && col < 2) || (row == 2 && col == 2);
            CHECK(std::isnan(data.value(row, col)) == gap);
            if (!gap) CHECK(data.value(row, col) == static_cast<float>(3 * row + col + 1));
        }
    const std::string infinite = "1,inf\n", word = "1,x\n", short_row = "1,2\nnan\n";
    for (const std::string* bad : {&infinite, &word, &short_row})
        CHECK_THROWS_AS(rbm::parse_csv(std::as_bytes(std::span(*bad)), "f.csv", {.gaps = rbm::TableGaps::are_nan}),
                        rbm::DataError);
}

TEST_CASE("no row is taken for a header, no header for a row") {
    CHECK(has(csv_refusal("1,x,3\n4,5,6\n"),
              "f.csv:1: column 2: found 'x', expected a number (a header line must not contain numbers"));
    CHECK(has(csv_refusal("nan,nan\n1,2\n"), "finite"));
    for (const char* const slip :
         {"1,5;2,5\n3;4\n", "0x1p3,0x1p4\n1,2\n", "1.2.3\n1\n", "1e5.5,1e5.5\n1,2\n", "'1','2'\n3,4\n"})
        CHECK_MESSAGE(has(csv_refusal(slip), "f.csv:1: column 1"), slip);
    CHECK(parse("label,1x1,1x2,\"28x28\",e\n1,2,3,4,5\n").rows() == 1);
    CHECK(parse("a,,c\n1,2,3\n").rows() == 1);
    for (const char* const name : {"a", "z", "A", "Z", "_", "e", "\xc3\xa4", "1a", "1z", "1A", "1Z"})
        CHECK_MESSAGE(parse(name + std::string("\n1\n")).rows() == 1, name);
    CHECK(has(csv_refusal("a,b\n1,2,3\n"), "f.csv:2: found 3 columns, expected 2 as in the header"));
    CHECK(has(csv_refusal("a,b,c\nd,e,f\n"), "f.csv:2: column 1 (a): found 'd'"));
}

TEST_CASE("tables without rows are refused") {
    for (const char* const text : {"", "\n", "\n\n\n", "# only\n", "a,b,c\n", "\xef\xbb\xbf", " \t\r\n"})
        CHECK_MESSAGE(has(csv_refusal(text), "no rows of numbers"), text);
    CHECK(has(csv_refusal(std::string_view("\xff\xfe"
                                           "1\0,\0",
                                           6)),
              "UTF-16"));
}

TEST_CASE("long lines are fine") {
    std::string line = "0";
    for (int i = 1; i < 200'000; ++i) line += ",1";
    CHECK(parse(line).cols() == 200'000);
    CHECK(has(csv_refusal(std::string(1'000'000, '1')), "found '111111111111111111111111...', expected at most"));
    CHECK(has(csv_refusal("1," + std::string(1'000'000, 'x')), "xxx...'"));
}

TEST_CASE("the locale makes no difference") {
    const std::string before = std::setlocale(LC_ALL, nullptr);
    for (const char* const locale : {"de_DE.UTF-8", "de_DE", "fr_FR.UTF-8", "C.UTF-8"})
        if (std::setlocale(LC_ALL, locale) != nullptr) {
            CHECK(same_values(parse("0,0.5,-1\n1,2e-3,4\n"), table));
            const Bytes text = rbm::encode_csv(std::vector<std::string>{"x"}, std::vector<double>{1234.5});
            CHECK(text == bytes_of("x\n1234.5\n"));
        }
    std::setlocale(LC_ALL, before.c_str());
}

TEST_CASE("tables are written in the shortest form that reads back") {
    const std::vector<std::string> columns = {"free_energy", "log_likelihood"};
    const std::vector<double> values = {-1.5, 0.1, 1, 1.0 / 3, 1e300, -0.0, 123456789, NAN};
    const Bytes text = rbm::encode_csv(columns, values);
    CHECK(text == bytes_of("free_energy,log_likelihood\n-1.5,0.1\n1,0.3333333333333333\n1e+300,-0\n123456789,nan\n"));
    CHECK(rbm::encode_csv(columns, {}) == bytes_of("free_energy,log_likelihood\n"));
    CHECK_THROWS_AS(rbm::encode_csv(columns, std::vector<double>(3)), rbm::InvalidArgument);
    CHECK_THROWS_AS(rbm::encode_csv({}, values), rbm::InvalidArgument);
    CHECK(parse("a,b\n-1.5,0.1\n").value(0, 1) == 0.1F);
}

TEST_CASE("floats are written in the shortest form that reads back as the same float") {
    const std::vector<std::string> columns = {"a", "b"};
    const std::vector<float> values = {0.1F, 1e-30F, 3, 1.0F / 3};
    const auto bytes = rbm::encode_float_csv(columns, values);
    CHECK(bytes == bytes_of("a,b\n0.1,1e-30\n3,0.33333334\n"));
    const rbm::Dataset back = rbm::parse_csv(bytes, "x.csv");
    for (std::size_t i = 0; i < values.size(); ++i) CHECK(back.value(i / 2, i % 2) == values[i]);
}

TEST_SUITE_END();
