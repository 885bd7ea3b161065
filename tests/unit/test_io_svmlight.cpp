// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "rbm/io/data.h"
#include "rbm/io/svmlight.h"
#include "rbm/kernels/error.h"
#include "tests/support/io_helpers.h"

using rbm::DataError;
using rbm::Dataset;

namespace {

rbm::SvmlightRows svmlight(std::string_view text) { return rbm::parse_svmlight(bytes_of(text), "f.svm"); }
std::string svmlight_refusal(std::string_view text) {
    return thrown<DataError>([&] { svmlight(text); });
}

}  // namespace

TEST_SUITE_BEGIN("io_svmlight");

TEST_CASE("indices count from 1") {
    const auto rows = svmlight("+1 1:0.5 3:1 # a comment\r\n# another\n\n-1 qid:7 2:-2e1\t4:+1\n0\n");
    CHECK(!rows.from_zero);
    CHECK(rows.labels == std::vector<double>{1, -1, 0});
    const float expected[3][4] = {{0.5F, 0, 1, 0}, {0, -20, 0, 1}, {0, 0, 0, 0}};
    REQUIRE((rows.data.rows() == 3 && rows.data.cols() == 4));
    for (std::size_t row = 0; row < 3; ++row)
        for (std::size_t col = 0; col < 4; ++col) CHECK(rows.data.value(row, col) == expected[row][col]);
    CHECK(rows.data.open_width());
    CHECK(!rows.data.sparse()->all_are_one());
}

TEST_CASE("a mark of UTF-8 before the first label is skipped, and no more") {
    CHECK(svmlight("\xef\xbb\xbf"
                   "12 1:1\n3 1:1\n")
              .labels == std::vector<double>{12, 3});
}

TEST_CASE("indices count from 0 where one is 0 or scikit-learn says so") {
    CHECK(svmlight("1 3:1\n1 0:1").from_zero);
    CHECK(svmlight("1 3:1\n1 0:1").data.cols() == 4);
    const auto told = svmlight("# Column indices are zero-based\n1 1:1 3:1\n");
    CHECK(told.from_zero);
    CHECK((told.data.cols() == 4 && told.data.value(0, 1) == 1 && told.data.value(0, 0) == 0));
    CHECK(svmlight("# Column indices are one-based\n1 1:1 3:1\n").data.cols() == 3);
    CHECK(has(svmlight_refusal("# Column indices are one-based\n1 0:1 3:1\n"), "an index 0 occurs"));
}

TEST_CASE("ones take no memory for values, and entries come in any order") {
    CHECK(svmlight("1 1:1 2:1.0\n0 7:1e0").data.sparse()->all_are_one());
    const auto rows = svmlight("1 5:2 1:3 9:1\n1 2:1\n");
    CHECK((rows.data.value(0, 4) == 2 && rows.data.value(0, 0) == 3 && rows.data.value(0, 8) == 1));
    CHECK(svmlight("1 1:1 2:3\n1 2:1 1:1").data.value(1, 0) == 1);
    CHECK(svmlight("1 1:1 9:0\n").data.cols() == 9);  // a 0 says how many columns there are
}

TEST_CASE("what is wrong is told with its line and entry") {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"1 1:1\n0 2:x\n", "f.svm:2: entry 1: found '2:x', expected index:value"},
        {"1 1:1 3\n", "f.svm:1: entry 2: found '3', expected index:value"},
        {"1 1:1 -3:1\n", "entry 2: found '-3:1'"},
        {"1 1:\n", "entry 1: found '1:'"},
        {"1 1:1 1:2\n", "f.svm:1: found the index 1 twice"},
        {"1 4:1 2:1 4:1\n", "found the index 4 twice"},
        {"1 1:nan\n", "expected a finite value"},
        {"1 1:1e39\n", "expected a value of at most 3.4e38"},
        {"1 1:1x\n", "entry 1: found '1:1x'"},
        {"1 16777217:1\n", "expected an index of at most 16777216"},
        {"1 99999999999999999999999:1\n", "expected index:value"},
        {"1:1 2:1\n", "f.svm:1: found '1:1', expected a label before"},
        {"1,3 2:1\n", "found the labels '1,3', expected one label"},
        {"a 2:1\n", "found 'a', expected a label: a finite number"},
        {"nan 2:1\n", "expected a label"},
        {"1 qid:x 2:1\n", "expected qid: and a whole number"},
        {"", "found no rows"},
        {"# nothing\n", "found no rows"},
        {"1\n2\n", "found no entries"}};
    for (const auto& one : cases) {
        CAPTURE(one.first);
        CHECK(has(svmlight_refusal(one.first), one.second));
    }
}

TEST_CASE("only text that a table could not be is taken for svmlight") {
    for (const std::string_view text :
         {"1 1:1\n", "-1 qid:3 1:1\n", "0\n0\n1 2:3\n", "# c\n\n+1\t4:0.5", "1,2 3:1\n", "2:1 3:1\n", "0.5 1:2 # c"})
        CHECK(rbm::is_svmlight(bytes_of(text)));
    for (const std::string_view text :
         {"", "1\n2\n", "1 2 3\n", "a,b\n1:2,3\n", "time 12:30\n1 2\n", "1;2:3\n", "x y:z"})
        CHECK(!rbm::is_svmlight(bytes_of(text)));
    std::vector<std::string> notes;
    const Dataset data = rbm::parse_data(bytes_of("1 1:1\n-1 3:1\n"), "f", &notes);
    CHECK((data.cols() == 3 && data.sparse() != nullptr));
    REQUIRE(notes.size() == 1);
    CHECK(has(notes[0], "counted from 1 to 3; the labels, from -1 to 1"));
    CHECK(rbm::parse_data(gzipped(bytes_of("1 1:1\n-1 3:1\n")), "f.gz").cols() == 3);
}

TEST_CASE("what is written reads back, width and labels too") {
    const Dataset sparse = Dataset::from_sparse(9, {{0, 2, 2, 3}, {0, 3, 6}, {1, 0.1F, -3e-20F}});
    const std::vector<double> labels = {1, -1, 2.5};
    const auto back = rbm::parse_svmlight(rbm::encode_svmlight(sparse, labels), "f");
    CHECK(same_values(back.data, sparse));
    CHECK(back.labels == labels);
    CHECK(!back.from_zero);
    const Dataset full = Dataset::from_floats(2, 3, {0, 1, 0, 0.5F, 0, 0});
    CHECK(rbm::encode_svmlight(full) == bytes_of("0 2:1 3:0\n0 1:0.5\n"));
    CHECK(same_values(rbm::parse_svmlight(rbm::encode_svmlight(full), "f").data, full));
}

TEST_SUITE_END();
