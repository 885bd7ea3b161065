// SPDX-License-Identifier: MIT
// Tables as people have them: headers, words, gaps, quotes, decimal commas, and columns that a model knows by name.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "rbm/data/column_choice.h"
#include "rbm/data/column_match.h"
#include "rbm/data/standardisation.h"
#include "rbm/io/csv.h"
#include "rbm/io/npy.h"
#include "rbm/kernels/error.h"
#include "tests/support/io_helpers.h"

using namespace rbm;

TEST_SUITE_BEGIN("tables");

namespace {

const TableOptions with_words{.words = TableWords::are_categories};
const TableOptions with_gaps{.gaps = TableGaps::are_nan, .words = TableWords::are_categories};

struct Read {
    Dataset data;
    std::vector<std::string> notes;
};
Read read(std::string_view text, const TableOptions& options = with_words) {
    Read result;
    result.data = parse_csv(bytes_of(text), "t.csv", options, &result.notes);
    return result;
}

std::string names_in(const Dataset& data) {
    std::string names;
    for (const Column& column : data.columns) names += (names.empty() ? "" : "|") + column.name;
    return names;
}

template <class E = DataError>
std::string table_refusal(std::string_view text, const TableOptions& options = with_words) {
    return thrown<E>([&] { read(text, options); });
}

bool noted(const Read& found, std::string_view text) {
    return std::ranges::any_of(found.notes, [&](const std::string& note) { return has(note, std::string(text)); });
}

}  // namespace

TEST_CASE("a header of whole numbers is found by the lines below it") {
    const Read doubtful = read("0,1\n1,1\n0,0\n");  // what pandas writes for an array of bits
    CHECK(doubtful.data.rows() == 2);
    CHECK(names_in(doubtful.data) == "0|1");
    CHECK(noted(doubtful, "taken for a header, not for a sample"));
    const Read sure = read("0,1,2,3\n0,1,1,0\n1,0,0,1\n");
    CHECK(sure.data.rows() == 2);
    CHECK(sure.notes.empty());
    CHECK(read("0,1,2\n3,4,5\n6,7,8\n").data.rows() == 3);  // it goes on counting: numbers for their own sake
    CHECK(read("1,2,3\n4,5,6\n").data.rows() == 2);
    CHECK(read("1,2,3\n0.5,0.25,0.1\n0.5,0.3,0.2\n").data.rows() == 2);
    CHECK(read("5,6,7\n0,1,1\n").data.rows() == 2);
    CHECK(read("0,1\n").data.rows() == 1);
    CHECK(read("label,0,1,2\n7,0.5,0.1,0\n3,0,0,1\n").data.rows() == 2);
    CHECK(read("\"2019\",\"2020\"\n1,2\n").data.rows() == 1);
    CHECK(read("\"1\",\"2\"\n\"3\",\"4\"\n").data.rows() == 2);
}

TEST_CASE("it can be told whether there is a header") {
    TableOptions yes = with_words, no = with_words;
    yes.header = TableHeader::yes;
    no.header = TableHeader::no;
    CHECK(read("0,1\n1,1\n0,0\n", no).data.rows() == 3);
    CHECK(read("7,5\n1,1\n0,0\n", yes).data.rows() == 2);
    CHECK(names_in(read("7,5\n1,1\n0,0\n", yes).data) == "7|5");
    CHECK(has(table_refusal("a,b\n1,2\n", no), "t.csv:1: column 1: found 'a', expected a number"));
    CHECK(read("a,b\nc,d\n", no).data.rows() == 2);
}

TEST_CASE("a row of missing values is no header") {
    const Read found = read("NA,NA\n1,2\n", with_gaps);
    CHECK(found.data.rows() == 2);
    CHECK(std::isnan(found.data.value(0, 1)));
    CHECK(read("id,NA\n1,2\n", with_gaps).data.rows() == 1);
}

TEST_CASE("words for missing values are known, and named") {
    const Read found = read("a,b\n1,2\nNA,3\n2,4\nN/A,1\nNULL,1\nnull,1\n?,1\nNone,1\nnan,1\n<NA>,1\n,1\n", with_gaps);
    REQUIRE(found.data.rows() == 11);
    for (std::size_t row = 0; row < 11; ++row) CHECK(std::isnan(found.data.value(row, 0)) == (row != 0 && row != 2));
    const std::string text = table_refusal<MissingValue>("a,b\n1,2\nNA,3\n");
    CHECK(has(text, "t.csv:3: column 1 (a): found 'NA'"));
    for (const std::string_view word : missing_words()) CHECK(has(text, std::string(word)));
    CHECK(has(table_refusal<MissingValue>("a,b\n1,2\n,3\n"), "t.csv:3: column 1 (a): found an empty field"));
}

TEST_CASE("trailing separators add no column") {
    for (const char* const text : {"1,0,\n0,1,\n", "a,b,\n1,0,\n0,1,\n", "a,b\n1,0,\n0,1,\n", "1,0,,,\n0,1,,,\n"}) {
        const Read found = read(text);
        CHECK_MESSAGE(found.data.cols() == 2, text);
        CHECK(found.data.rows() == 2);
        CHECK(noted(found, "empty: left out"));
    }
    CHECK(read("a,b,c\n1,0,\n0,1,\n", with_gaps).data.cols() == 3);  // it has a name
    CHECK(has(table_refusal("1,0,\n0,1,1\n"), "t.csv:1: column 3: found an empty field"));
    const Read gaps = read("1,0,,\n0,1,,\n", with_gaps);  // without a header they are values that may be missing
    CHECK(gaps.data.cols() == 4);
    CHECK(std::isnan(gaps.data.value(1, 3)));
    CHECK(read("a,b,\n1,0,\n0,1,\n", with_gaps).data.cols() == 2);
}

TEST_CASE("decimal commas are named, and read where that is said") {
    TableOptions commas = with_words;
    commas.decimal_comma = true;
    for (const char* const text :
         {"1,5\t2,5\n3,5\t4,5\n", "1,5;2,5\n3,5;4,5\n", "1,5 2,5\n3,5 4,5\n", "x\ty\n1,5\t2,5\n3,5\t4,5\n"}) {
        CHECK_MESSAGE(has(table_refusal<DecimalComma>(text), "column 1"), text);
        const Dataset data = read(text, commas).data;
        REQUIRE(data.cols() == 2);
        CHECK(data.rows() == 2);
        CHECK(data.value(1, 0) == 3.5F);
    }
    CHECK(read("1,5\n2,5\n", commas).data.cols() == 1);
    CHECK(read("1,5\n2,5\n").data.cols() == 2);
    CHECK(read("1 ,5\n2 ,5\n").data.cols() == 2);
}

TEST_CASE("fields in quotes") {
    const Read found = read("\"a, b\",\"say \"\"c\"\"\",kind\n\"1\",2,\"x\ny\"\n 3 , \"4\" ,z\n");
    REQUIRE(found.data.rows() == 2);
    CHECK(names_in(found.data) == "a, b|say \"c\"|kind");
    CHECK(found.data.columns[2].words == std::vector<std::string>{"x y", "z"});
    CHECK(found.data.value(1, 1) == 4);
    CHECK(has(table_refusal("a,b\n1,2\n\"3,4\n5,6\n"), "t.csv:3: a field begins with a quote"));
    CHECK(has(table_refusal("a,b\n\"x\ny\",2\nz,bad,2\n"), "t.csv:4: found 3 columns"));
}

TEST_CASE("words become codes in alphabetical order") {
    const Read found = read("colour,ok,n\nred,True,1\nblue,False,2\nred,True,3\n");
    REQUIRE(found.data.rows() == 3);
    CHECK(found.data.columns[0].words == std::vector<std::string>{"blue", "red"});
    CHECK(found.data.columns[1].words == std::vector<std::string>{"False", "True"});
    CHECK(found.data.columns[2].words.empty());
    for (std::size_t row = 0; row < 3; ++row) CHECK(found.data.value(row, 0) == (row == 1 ? 0.0F : 1.0F));
    CHECK(read("red,1\nblue,2\nred,3\n").data.rows() == 3);
    const Read only_words = read("red,small\nblue,large\nred,large\n");  // red comes again: no header
    CHECK(only_words.data.rows() == 3);
    CHECK(only_words.data.value(2, 1) == 0);
    CHECK(noted(read("a,b\nred,small\nblue,large\n"), "taken for a header"));
    CHECK(std::isnan(read("c,n\nred,1\nNA,2\nblue,3\n", with_gaps).data.value(1, 0)));
    CHECK(
        has(table_refusal("a,b\n1,2\nx,3\n"), "t.csv:3: column 1 (a): found 'x', expected a number as in other lines"));
    CHECK(has(table_refusal("a,b\n1,2\nx,3\n", {}), "t.csv:3: column 1 (a): found 'x', expected a number"));
}

TEST_CASE("an index is left out") {
    for (const char* const text : {",a,b\n0,5,6\n1,7,8\n", "Unnamed: 0,a,b\n3,5,6\n1,7,8\n", ",0,1\n0,5,6\n1,7,8\n",
                                   "a b\n\"1\" 5 6\n\"2\" 7 8\n", "\"\",\"a\",\"b\"\n\"Mazda\",5,6\n\"Fiat\",7,8\n",
                                   "\ta\tb\n0\t5\t6\n1\t7\t8\n"}) {
        const Read found = read(text);
        CHECK_MESSAGE(found.data.cols() == 2, text);
        CHECK(found.data.value(1, 1) == 8);
        CHECK(noted(found, "an index, left out"));
    }
    CHECK(read(",a,b\n5,5,6\n5,7,8\n").data.cols() == 3);
    CHECK(read("id,a\n0,5\n1,7\n").data.cols() == 2);  // it has a name
}

TEST_CASE("names are told apart and are UTF-8") {
    CHECK(names_in(read("a,a,a\n1,2,3\n").data) == "a|a.1|a.2");
    CHECK(names_in(read("gr\xf6\xdf"
                        "e,b\n1,2\n")
                       .data) == "größe|b");
}

TEST_CASE("columns are chosen by name or number") {
    TableOptions options = with_words;
    options.keep = {"p*", "4"};
    options.drop = {"p2"};
    const Dataset data = read("id,p1,p2,x,name\n7,1,2,3,anna\n8,4,5,6,bert\n", options).data;
    CHECK(names_in(data) == "p1|x");
    CHECK(data.value(1, 1) == 6);
    CHECK(read("1,x\n2,y\n", {.words = TableWords::are_categories, .keep = {"1"}}).data.cols() == 1);
    CHECK(has(table_refusal("a,b\n1,2\n", {.keep = {"c"}}), "t.csv: found no column 'c', expected one of a, b"));
    CHECK(has(table_refusal("a,b\n1,2\n", {.drop = {"*"}}), "none of its 2 columns is left"));
    for (const auto& [text, pattern] :
         {std::pair{"pixel12", "pixel*"}, {"abc", "*"}, {"abc", "a*c"}, {"abcbc", "a*bc"}, {"", "*"}, {"abc", "abc"}})
        CHECK(fits_pattern(text, pattern));
    for (const auto& [text, pattern] : {std::pair{"pixel12", "pix"}, {"abc", "a*b"}, {"abc", ""}, {"ab", "a*b*c"}})
        CHECK_FALSE(fits_pattern(text, pattern));
    const Dataset all = Dataset::from_bytes(2, 3, {1, 2, 3, 4, 5, 6}, 1);
    const Dataset some = with_columns(all, std::vector<std::size_t>{2, 0});
    CHECK(some.cols() == 2);
    CHECK(some.value(1, 0) == 6);
    CHECK_THROWS_AS(with_columns(all, std::vector<std::size_t>{3}), InvalidArgument);
}

TEST_CASE("columns are found by name, whatever their order") {
    const std::vector<Column> wanted = {{"a", {}}, {"c", {"blue", "green", "red"}}};
    const MatchedColumns found = match_columns(read("c,x,a\nred,9,1\nblue,8,2\n").data, wanted);
    CHECK(found.reordered);
    CHECK(found.left_out == std::vector<std::string>{"x"});
    REQUIRE(found.data.cols() == 2);
    CHECK(found.data.columns == wanted);
    CHECK(found.data.value(0, 0) == 1);
    CHECK(found.data.value(0, 1) == 2);
    CHECK(found.data.value(1, 1) == 0);
    const auto refusal = [&](std::string_view text) {
        return thrown<DataError>([&] { match_columns(read(text).data, wanted); });
    };
    CHECK(has(refusal("a,b\n1,2\n"), "lacks 1 of the 2 columns that the model knows: c"));
    CHECK(has(refusal("a,c\n1,red\n1,pink\n"), "row 2, column 2 (c): found 'pink'"));
    CHECK(has(refusal("a,c\nx,red\ny,red\n"), "column 1 (a): found words such as x, expected numbers"));
    const std::vector<Column> numbers = {{"a", {"1", "3"}}};
    CHECK(match_columns(read("a,z\n3,0\n1,0\n").data, numbers).data.value(0, 0) == 1);
    const std::vector<Column> other = {{"a", {}}, {"b", {}}};
    CHECK(match_columns(read("v1,v2\n5,1\n6,0\n").data, other).data.value(0, 0) == 5);
    CHECK(match_columns(Dataset::from_floats(1, 2, {5, 1}), wanted).data.value(0, 0) == 5);  // without names, by place
}

TEST_CASE("what floats would round away is kept, and standardised in double") {
    const Dataset data = read("10000001,1\n10000003,2\n10000005,1\n10000009,3\n").data;
    REQUIRE(data.precise());
    const Standardisation found = standardise(data);
    CHECK(found.constant.empty());
    const double mean = 10000004.5, scale = std::sqrt((12.25 + 2.25 + 0.25 + 20.25) / 4);
    CHECK(static_cast<double>(found.mean[0]) + static_cast<double>(found.mean_rest[0]) == mean);
    const Preparation preparation{Binarize::none, 0.5F, found.mean, found.scale, found.mean_rest};
    const Dataset prepared = data.prepared(preparation, StateForm::numbers());
    Matrix rows(4, 2);
    prepared.fill(0, Stream{}, rows);
    CHECK(static_cast<double>(rows(0, 0)) == doctest::Approx((10000001 - mean) / scale).epsilon(1e-6));
    // The same row alone, read as precisely as the model needs it.
    TableOptions precise = with_words;
    precise.precise = true;
    Matrix row(1, 2);
    read("10000009,3\n", precise).data.prepared(preparation, StateForm::numbers()).fill(0, Stream{}, row);
    CHECK(row(0, 0) == rows(3, 0));
    CHECK(row(0, 1) == rows(3, 1));
    CHECK_FALSE(read("0.1,0.2\n0.3,0.7\n").data.precise());
    CHECK_FALSE(read("5,5\n5,5\n").data.precise());
}

TEST_CASE("seconds of this century, with their fractions, as arrays and after a choice of columns") {
    std::vector<double> values;
    for (int i = 0; i < 20; ++i) values.insert(values.end(), {1.7e9 + 0.125 * i, 0.5 * i});
    const std::vector<std::size_t> shape = {20, 2};
    const Dataset data = parse_npy_dataset(encode_npy(shape, std::span<const double>(values)), "t.npy");
    REQUIRE(data.precise());
    for (std::size_t row = 0; row < 20; ++row) CHECK(data.exact_value(row, 0) == values[2 * row]);
    const Dataset swapped = with_columns(data.slice(3, 5), std::vector<std::size_t>{1, 0});
    CHECK(swapped.exact_value(0, 1) == values[6]);
    CHECK(data.spread(4).exact_value(1, 0) == values[10]);
    CHECK(data.fingerprint() !=
          parse_npy_dataset(encode_npy(shape, std::span<const double>(values)), "t.npy").slice(0, 19).fingerprint());
    CHECK(standardise(data).constant.empty());
    const std::vector<double> same(40, 0.1);
    CHECK(standardise(parse_npy_dataset(encode_npy(shape, std::span<const double>(same)), "s.npy", true))
              .constant.size() == 2);
}

TEST_CASE("tables are written with names and words, and read back") {
    const std::vector<Column> columns = {{"a, b", {}}, {"colour", {"dark \"red\"", "red"}}, {"", {}}};
    const std::vector<float> values = {0.5F, 1, 2, NAN, 0, 3};
    const Bytes text = encode_table(columns, values);
    CHECK(text == bytes_of("\"a, b\",colour,v3\n0.5,red,2\nnan,\"dark \"\"red\"\"\",3\n"));
    const Dataset back = parse_csv(text, "t.csv", with_gaps);
    CHECK(back.columns[1].words == columns[1].words);
    CHECK(back.value(0, 1) == 1);
    CHECK_THROWS_AS(encode_table(columns, std::vector<float>{0, 2, 0}), InvalidArgument);
    CHECK_THROWS_AS(encode_table(columns, std::vector<float>{0, 0.5F, 0}), InvalidArgument);
}

TEST_SUITE_END();
