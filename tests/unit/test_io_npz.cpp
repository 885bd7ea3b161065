// SPDX-License-Identifier: MIT
// Archives of arrays; those that NumPy and SciPy write themselves are read in test_sparse_program.py.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "rbm/io/atomic_file.h"
#include "rbm/io/data.h"
#include "rbm/io/npy.h"
#include "rbm/io/npy_header.h"
#include "rbm/io/npz.h"
#include "rbm/io/zip.h"
#include "rbm/kernels/error.h"
#include "tests/support/io_helpers.h"

using rbm::DataError;
using rbm::Dataset;

namespace {

template <class T>
Bytes npy(const char* type, const std::vector<T>& values) {
    const std::size_t shape[] = {values.size()};
    const auto raw = std::as_bytes(std::span(values));
    return rbm::encode_npy_header(type, shape) + Bytes(raw.begin(), raw.end());
}

/// The arrays of a csr matrix of 3 x 4, each of which may be replaced or left out.
struct Archive {
    std::vector<std::pair<std::string, Bytes>> members = {
        {"indices", npy<std::int32_t>("<i4", {3, 0, 1})},
        {"indptr", npy<std::int32_t>("<i4", {0, 2, 2, 3})},
        {"format", rbm::encode_npy_header("|S3", {}) + bytes_of("csr")},
        {"shape", npy<std::int64_t>("<i8", {3, 4})},
        {"data", npy<double>("<f8", {0.5, 2, 1})}};
    Archive with(const std::string& name, Bytes content) const {
        Archive other = *this;
        for (auto& [member, bytes] : other.members)
            if (member == name) bytes = content;
        if (std::ranges::none_of(members, [&](const auto& one) { return one.first == name; }))
            other.members.emplace_back(name, content);
        return other;
    }
    Archive without(const std::string& name) const {
        Archive other = *this;
        std::erase_if(other.members, [&](const auto& member) { return member.first == name; });
        return other;
    }
    Bytes bytes() const {
        rbm::ZipWriter archive;
        for (const auto& [name, content] : members) archive.add(name + ".npy", content);
        return archive.finish();
    }
    std::string refusal() const {
        return thrown<DataError>([&] { rbm::parse_npz(bytes(), "f.npz"); });
    }
};

Archive arrays(std::initializer_list<const char*> names) {
    Archive archive;
    archive.members.clear();
    const std::size_t shape[] = {2, 3};
    float value = 0;
    for (const char* name : names) {
        const std::vector<float> values(6, ++value);
        archive.members.emplace_back(name, rbm::encode_npy(shape, std::span(values)));
    }
    return archive;
}

}  // namespace

TEST_SUITE_BEGIN("io_npz");

TEST_CASE("a sparse matrix of each format is the same rows") {
    const Dataset expected = Dataset::from_floats(3, 4, {2, 0, 0, 0.5F, 0, 0, 0, 0, 0, 1, 0, 0});
    const Archive csr;
    const Archive csc =
        csr.with("format", rbm::encode_npy_header("<U3", {}) + bytes_of(std::string_view("c\0\0\0s\0\0\0c\0\0\0", 12)))
            .with("indices", npy<std::int64_t>("<i8", {0, 2, 0}))
            .with("indptr", npy<std::int64_t>("<i8", {0, 1, 2, 2, 3}))
            .with("data", npy<float>("<f4", {2, 1, 0.5F}));
    const Archive coo = csr.without("indices")
                            .without("indptr")
                            .with("format", rbm::encode_npy_header("|S3", {}) + bytes_of("coo"))
                            .with("row", npy<std::int32_t>("<i4", {2, 0, 0}))
                            .with("col", npy<std::int32_t>("<i4", {1, 3, 0}))
                            .with("data", npy<float>("<f4", {1, 0.5F, 2}));
    for (const Archive& archive : {csr, csc, coo}) {
        const Dataset data = rbm::parse_data(archive.bytes(), "f.npz");
        CHECK(data.sparse() != nullptr);
        CHECK(!data.open_width());
        CHECK(data.name == "f.npz");
        CHECK(same_values(data, expected));
    }
    CHECK(rbm::parse_npz(csr.with("data", npy<std::uint8_t>("|u1", {1, 1, 1})).bytes(), "f").sparse()->all_are_one());
}

TEST_CASE("one array is read as a .npy file, several are asked for by name") {
    const Dataset one = rbm::parse_data(arrays({"x"}).bytes(), "f.npz");
    CHECK((one.rows() == 2 && one.cols() == 3 && one.value(1, 2) == 1 && one.name == "f.npz:x"));
    const Bytes two = arrays({"train", "test"}).bytes();
    CHECK(has(thrown<DataError>([&] { rbm::parse_data(two, "f.npz"); }),
              "found 2 arrays: train, test; name one of them, as in f.npz:train"));
    CHECK(rbm::parse_npz(two, "f.npz", {.array = "test"}).value(0, 0) == 2);
    CHECK(has(thrown<DataError>([&] { rbm::parse_npz(two, "f.npz", {.array = "tset"}); }),
              "found no array \"tset\", only train, test"));
    TemporaryFolder folder;
    rbm::write_file(folder / "a.npz", two, rbm::IfExists::refuse);
    CHECK(rbm::load_data(folder / "a.npz:test").value(0, 0) == 2);
    CHECK(!rbm::npz_array_in_path("a.npz"));
    CHECK(!rbm::npz_array_in_path("a.npz:"));
    CHECK(!rbm::npz_array_in_path("a.npy:x"));
    CHECK(rbm::npz_array_in_path("b:c/a.npz:x")->second == "x");
}

TEST_CASE("arrays that do not make a matrix are refused") {
    const Archive good;
    const std::pair<Archive, std::string_view> cases[] = {
        {good.without("shape"), "found no array \"shape\""},
        {good.without("format"), "found no array 'format'"},
        {good.without("data"), "found no array \"data\""},
        {good.with("format", rbm::encode_npy_header("|S3", {}) + bytes_of("bsr")), "of format \"bsr\", expected csr"},
        {good.with("format", Bytes(2000)), "array 'format' is too long"},
        {good.with("format", bytes_of("x")), "of format \"\""},
        {good.with("shape", npy<std::int64_t>("<i8", {3})), "found 1 lengths, expected 2"},
        {good.with("shape", npy<std::int64_t>("<i8", {-3, 4})), "found -3 at place 1"},
        {good.with("shape", npy<std::int64_t>("<i8", {3, 0})), "at least one row and one column"},
        {good.with("shape", npy<std::int64_t>("<i8", {3, std::int64_t{1} << 40})), "expected at most 16777216"},
        {good.with("shape", npy<std::int64_t>("<i8", {std::int64_t{1} << 40, 3})), "rows in a file of"},
        {good.with("shape", npy<std::int64_t>("<i8", {4, 4})), "array 'indptr': expected 5 numbers"},
        {good.with("indices", npy<std::int32_t>("<i4", {3, 0, 4})),
         "found 4 at place 3, expected a whole number from 0 to 3"},
        {good.with("indices", npy<std::int32_t>("<i4", {3, 0, -1})), "found -1 at place 3"},
        {good.with("indices", npy<double>("<f8", {3, 0, 1})), "expected whole numbers"},
        {good.with("indices", npy<std::int32_t>("<i4", {3, 3, 1})), "row 1, column 4 occurs twice"},
        {good.with("indptr", npy<std::int32_t>("<i4", {0, 3, 2, 3})), "that ascend from 0 to 3"},
        {good.with("indptr", npy<std::int32_t>("<i4", {1, 2, 2, 3})), "that ascend from 0 to 3"},
        {good.with("indptr", npy<std::int32_t>("<i4", {0, 2, 2, 2})), "that ascend from 0 to 3"},
        {good.with("data", npy<double>("<f8", {1, 2})), "expected one value for each of 3 entries"},
        {good.with("data", npy<double>("<f8", {1, 2, NAN})), "sparse data know no missing values"},
        {good.with("data", npy<double>("<f8", {1, 2, 1e300})), "expected at most 3.4e38"},
        {good.with("column_names", npy<std::int32_t>("<i4", {1, 2, 3, 4})), "expected 4 texts"},
        {good.with("column_names", npy<std::uint32_t>("<U2", {65, 66, 67})), "expected 4 texts"},
        {good.with("column_names", Bytes(3)), "expected 4 texts"},
        {arrays({}), "without .npy files"}};
    for (const auto& one : cases) {
        CAPTURE(one.second);
        CHECK(has(one.first.refusal(), one.second));
    }
}

TEST_CASE("what is written reads back, with its names") {
    Dataset sparse = Dataset::from_sparse(5, {{0, 2, 2, 3}, {0, 4, 2}, {1, 0.25F, -7}});
    sparse.columns = {{"1", {}}, {"\u00e4\u20ac", {}}, {"", {}}, {"\U0001F600x", {}}, {"5", {}}};
    const std::vector<std::string> rows = {"a", "b", "c"};
    const Dataset back = rbm::parse_npz(rbm::encode_npz(sparse, rows), "f");
    CHECK(same_values(back, sparse));
    CHECK(back.columns == sparse.columns);
    const Dataset full = Dataset::from_floats(2, 3, {0, 1, 0, 0.5F, 0, 0});
    CHECK(same_values(rbm::parse_npz(rbm::encode_npz(full), "f"), full));
}

TEST_CASE("a claim that deflate cannot keep costs no memory, and damage is seen") {
    Bytes bytes = Archive().bytes();
    const auto members = rbm::zip_members(bytes, "f");
    REQUIRE(members.size() == 5);
    rbm::ZipMember huge = members[0];
    huge.size = std::size_t{1} << 60;
    CHECK(has(thrown<DataError>([&] { rbm::unzip(huge, "f"); }), "which"));
    for (const std::size_t size : {members[0].size - 1, members[0].size + 1}) {
        rbm::ZipMember wrong = members[0];
        wrong.size = size;
        CHECK_THROWS_AS(rbm::unzip(wrong, "f"), DataError);
    }
    rbm::ZipMember other = members[0];
    ++other.checksum;
    CHECK(has(thrown<DataError>([&] { rbm::unzip(other, "f"); }), "found checksum"));
    for (std::size_t size = 4; size < bytes.size(); ++size)
        CHECK_THROWS_AS(rbm::parse_data(prefix(bytes, size), "f"), DataError);
    const Dataset expected = rbm::parse_npz(bytes, "f");
    rbm::Random random(41);
    for (int i = 0; i < 3000; ++i) {
        try {
            const Dataset data = rbm::parse_data(mutated(bytes, random), "mutated");
            CHECK(data.rows() * data.cols() > 0);
        } catch (const DataError& error) {
            CHECK(has(error.what(), "mutated"));
        }
    }
}

TEST_CASE("damaged arrays in a sound archive give data or a DataError") {
    Dataset named = rbm::parse_npz(Archive().bytes(), "f");
    named.columns.resize(named.cols());
    for (std::size_t col = 0; col < named.cols(); ++col) named.columns[col].name = "name" + std::to_string(col);
    std::vector<std::string> rows(named.rows());
    for (std::size_t row = 0; row < rows.size(); ++row) rows[row] = "r\xc3\xa9" + std::to_string(row);
    const Bytes whole = rbm::encode_npz(named, rows);
    const auto members = rbm::zip_members(whole, "f");
    REQUIRE(members.size() == 7);
    rbm::Random random(43);
    std::size_t accepted = 0, refused = 0;
    for (int i = 0; i < 4000; ++i) {
        rbm::ZipWriter archive;
        const std::size_t damaged = random() % members.size();
        for (std::size_t m = 0; m < members.size(); ++m) {
            const Bytes content = rbm::unzip(members[m], "f");
            archive.add(members[m].name, m == damaged ? mutated(content, random) : content);
        }
        const Bytes bytes = archive.finish();
        try {
            const Dataset data = rbm::parse_data(bytes, "mutated");
            CHECK(data.rows() * data.cols() > 0);
            CHECK((data.columns.empty() || data.columns.size() == data.cols()));
            CHECK_NOTHROW(data.value(data.rows() - 1, data.cols() - 1));
            ++accepted;
        } catch (const DataError& error) {
            CHECK(has(error.what(), "mutated"));
            ++refused;
        }
    }
    CHECK(accepted > 100);
    CHECK(refused > 1000);
}

TEST_SUITE_END();
