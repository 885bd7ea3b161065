// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "rbm/io/triples.h"
#include "rbm/kernels/error.h"
#include "tests/support/io_helpers.h"

using rbm::DataError;

namespace {

using Names = std::vector<std::string>;

rbm::Triples triples(std::string_view text, const Names& columns) {
    return rbm::parse_triples(bytes_of(text), "f.csv", columns);
}
Names column_names(const rbm::Triples& found) {
    Names names;
    for (const rbm::Column& column : found.data.columns) names.push_back(column.name);
    return names;
}
std::string triples_refusal(std::string_view text, const Names& columns) {
    return thrown<DataError>([&] { triples(text, columns); });
}

}  // namespace

TEST_SUITE_BEGIN("io_triples");

TEST_CASE("rows and columns are the words, in order") {
    const Names by_name = {"user", "item", "rating"};
    for (const std::string_view text : {"user,item,rating,time\n10,b,4.5,9\n9,a,1,8\n10,a,2,7\n",
                                        "time;rating;item;user\n9;4.5;b;10\n8;1;a;9\n7;2;a;10",
                                        "# c\n\"user\"\t\"item\"\trating\n10\t\"b\"\t4.5\r\n\n9\ta\t1\n10\ta\t+2\n"}) {
        CAPTURE(text);
        const auto found = triples(text, by_name);
        CHECK(found.row_names == Names{"9", "10"});  // as numbers
        CHECK(column_names(found) == Names{"a", "b"});
        REQUIRE((found.data.rows() == 2 && found.data.cols() == 2 && found.data.sparse() != nullptr));
        CHECK((found.data.value(0, 0) == 1 && found.data.value(0, 1) == 0));
        CHECK((found.data.value(1, 0) == 2 && found.data.value(1, 1) == 4.5F));
    }
    CHECK(column_names(triples("1::10::5::9\n1::9::3::9\n2::9::1::9\n", {"1", "2", "3"})) == Names{"9", "10"});
    CHECK(column_names(triples("u i r\nx 9 5\ny x10 3\n", {"1", "2", "3"})) == Names{"9", "x10"});  // as words
    CHECK(triples("3\t1\t5\n4\t1\t3\n", {"2", "1", "3"}).data.cols() == 2);
}

TEST_CASE("without values each pair is a 1, however often it occurs") {
    const auto found = triples("user,item\na,x\nb,y\na,x\na,x\n", {"user", "item"});
    CHECK(found.repeated == 2);
    CHECK((found.data.sparse()->all_are_one() && found.data.sparse()->count() == 2));
    CHECK(triples("user,item\n1,2\n", {"1", "2"}).data.rows() == 1);
    CHECK(triples("u1,i1\nu2,i2\n", {"1", "2"}).data.rows() == 2);
    CHECK(column_names(triples("a,\"x, \"\"y\"\"\",1\nb,z,2", {"1", "2", "3"})) == Names{"x, \"y\"", "z"});
}

TEST_CASE("what is wrong is told with its line") {
    const Names three = {"1", "2", "3"};
    CHECK(has(triples_refusal("", three), "is empty"));
    CHECK(has(triples_refusal("u,i,r\n", three), "found no line of triples"));
    CHECK(has(triples_refusal("u,i,r\n1,2,3\n1,2,3\n", three), "\"1\" and \"2\" occur together twice"));
    CHECK(has(triples_refusal("u,i,r\n1,2,x\n", three), "f.csv:2: column 3: found 'x', expected a finite number"));
    CHECK(has(triples_refusal("u,i,r\n1,2\n", three), "f.csv:2: found 2 columns, expected at least 3"));
    CHECK(has(triples_refusal("u,i,r\n,2,3\n", three), "column 1: found an empty field"));
    CHECK(has(triples_refusal("u,i,r\n1,2,nan\n", three), "expected a finite number"));
    CHECK(has(triples_refusal("u,i,r\n1,\"2,3\n", three), "a quote that is not closed"));
    CHECK(has(triples_refusal("u,i,r\n1,\"2\"x,3\n", three), "found 'x' behind a closing quote"));
    CHECK(has(triples_refusal("u,i,r\n1,\xff,3\n", three), "expected UTF-8"));
    CHECK(has(triples_refusal("1,2\n", three), "found 2 columns, expected a column 3"));
    CHECK(has(triples_refusal("1,2,3\n", {"0", "1", "2"}), "expected a column 0"));
    CHECK(has(triples_refusal("u,i,r\n1,2,3\n", {"u", "item", "r"}), "found no column \"item\" in the first line"));
    CHECK(has(triples_refusal("u,i\n" + std::string(300, 'x') + ",2\n", {"u", "i"}), "a word of 300 bytes"));
    CHECK_THROWS_AS(triples("1,2\n", {"1"}), rbm::InvalidArgument);
}

TEST_CASE("mutated triples give data or a DataError") {
    const Names by_name = {"u", "i", "r"}, by_number = {"1", "2", "3"};
    const std::pair<std::string_view, Names> seeds[] = {
        {"u,i,r\n7,\"a, \"\"b\"\"\",3.5\n8,c,4\n10,c,1e-2\n", by_name},
        {"1::20::5::978300760\n1::3::0.5::978302109\n2::20::3::978301968\n", by_number},
        {"x\ty\t1\n\nx\tz\t2\r\n", by_number},
        {"u i\n1 2\n1 3\n", {"u", "i"}}};
    rbm::Random random(47);
    std::size_t accepted = 0, refused = 0;
    for (const auto& [text, columns] : seeds)
        for (std::size_t i = 0; i < 2000 + text.size(); ++i) {
            const Bytes bytes = i < text.size() ? prefix(bytes_of(text), i) : mutated(bytes_of(text), random);
            try {
                const rbm::Triples found = rbm::parse_triples(bytes, "mutated", columns);
                CHECK(found.data.rows() * found.data.cols() > 0);
                CHECK(found.data.rows() <= bytes.size());
                CHECK(found.data.cols() <= bytes.size());
                CHECK(found.row_names.size() == found.data.rows());
                CHECK(found.data.columns.size() == found.data.cols());
                ++accepted;
            } catch (const DataError& error) {
                CHECK(has(error.what(), "mutated"));
                ++refused;
            }
        }
    CHECK(accepted > 1000);
    CHECK(refused > 500);
}

TEST_SUITE_END();
