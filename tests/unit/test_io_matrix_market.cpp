// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "rbm/io/data.h"
#include "rbm/io/matrix_market.h"
#include "rbm/kernels/error.h"
#include "tests/support/io_helpers.h"

using rbm::DataError;
using rbm::Dataset;

namespace {

Dataset market(std::string_view text) { return rbm::parse_data(bytes_of(text), "f.mtx"); }
std::string market_refusal(std::string_view text) {
    return thrown<DataError>([&] { market(text); });
}

}  // namespace

TEST_SUITE_BEGIN("io_matrix_market");

TEST_CASE("coordinates stay sparse, arrays are tables") {
    const Dataset real =
        market("%%MatrixMarket matrix coordinate real general\n% a comment\n\n2 3 3\n2 1 -2e1\n1 3 +1\n\n1 1 .5\n");
    REQUIRE((real.rows() == 2 && real.cols() == 3 && real.sparse() != nullptr));
    CHECK(!real.open_width());
    CHECK((real.value(0, 0) == 0.5F && real.value(0, 2) == 1 && real.value(1, 0) == -20 && real.value(1, 1) == 0));
    const Dataset pattern = market("%%matrixmarket MATRIX Coordinate Pattern General\r\n2 2 2\r\n1 2\r\n2 1");
    CHECK((pattern.sparse()->all_are_one() && pattern.value(0, 1) == 1 && pattern.value(0, 0) == 0));
    CHECK(market("%%MatrixMarket matrix coordinate integer general\n1 5 0\n").sparse()->count() == 0);
    const Dataset array = market("%%MatrixMarket matrix array real general\n2 3\n1\n2\n3\n4\n5\n6\n");
    CHECK((array.sparse() == nullptr && array.value(0, 1) == 3 && array.value(1, 0) == 2 && array.value(1, 2) == 6));
}

TEST_CASE("what is wrong is told with its line") {
    const std::string head = "%%MatrixMarket matrix coordinate real general\n";
    const std::pair<std::string, std::string_view> cases[] = {
        {"%%MatrixMarket matrix coordinate real symmetric\n1 1 0\n", "f.mtx:1: found a matrix that is \"symmetric\""},
        {"%%MatrixMarket matrix coordinate complex general\n1 1 0\n", "found values of kind \"complex\""},
        {"%%MatrixMarket matrix array pattern general\n1 1\n", "found values of kind \"pattern\""},
        {"%%MatrixMarket vector coordinate real general\n", "expected matrix coordinate or matrix array"},
        {head, "found the end of the file, expected sizes"},
        {head + "2 2\n", "expected the number of entries"},
        {head + "2 2 1 1\n1 1 1\n", "expected the end of the line"},
        {head + "2 2 -1\n", "found '-1', expected the number of entries"},
        {head + "0 2 0\n", "expected at least one row and one column"},
        {head + "2 99999999 0\n", "expected at most 16777216"},
        {head + "999999999 2 1\n1 1 1\n", "found 999999999 rows in a file of"},
        {head + "2 2 3\n1 1 1\n", "3 entries promised"},
        {head + "2 2 9000000000000000000\n1 1 1\n", "entries promised"},
        {head + "2 2 2\n1 1 1000000000\n", "expected another entry"},
        {head + "2 2 1\n3 1 1\n", "f.mtx:3: found '3', expected a row, from 1 to 2"},
        {head + "2 2 1\n1 0 1\n", "found '0', expected a column, from 1 to 2"},
        {head + "2 2 1\n1 1 x\n", "found 'x', expected a finite number"},
        {head + "2 2 1\n1 1\n", "found '', expected a finite number"},
        {head + "2 2 1\n1 1 inf\n", "expected a finite number"},
        {head + "2 2 1\n1 1 1 1\n", "expected the end of the line"},
        {head + "2 2 1\n1 1 1\n2 2 1\n", "f.mtx:4: found '2 2 1', expected the end of the file"},
        {head + "2 2 2\n1 1 1\n1 1 1\n", "row 1, column 1 occurs twice"},
        {"%%MatrixMarket matrix array real general\n9999999999 9999999999\n1\n", "found an array of"},
        {"%%MatrixMarket matrix array real general\n2 2\n1\n2\n3\n", "found an array of 2 x 2"}};
    for (const auto& one : cases) {
        CAPTURE(one.first);
        CHECK(has(market_refusal(one.first), one.second));
    }
}

TEST_SUITE_END();
