// SPDX-License-Identifier: MIT
#include "rbm/io/npz.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>

#include "rbm/io/npy.h"
#include "rbm/io/npy_header.h"
#include "rbm/io/sparse_rows.h"
#include "rbm/io/utf8.h"
#include "rbm/io/zip.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

constexpr std::string_view npy_ending = ".npy";

class NpzReader {
  public:
    NpzReader(std::span<const std::byte> bytes, const std::string& name, const NpzReading& reading)
        : name_(name), bytes_(bytes.size()), members_(zip_members(bytes, name)), reading_(reading) {}

    std::vector<std::byte> content(const std::string& array) const {
        const ZipMember* const member = find(array);
        if (member == nullptr) fail(fmt::format("found no array {}, only {}", in_quotes(array), listed(arrays())));
        return unzip(*member, name_);
    }

    std::vector<std::string> arrays() const {
        std::vector<std::string> names;
        for (const ZipMember& member : members_)
            if (member.name.ends_with(npy_ending))
                names.push_back(member.name.substr(0, member.name.size() - npy_ending.size()));
        return names;
    }

    Dataset read() const {
        if (!reading_.array.empty()) return read_array(reading_.array);
        if (find("indices") != nullptr || find("format") != nullptr) return read_matrix();
        const std::vector<std::string> names = arrays();
        if (names.empty())
            throw DataError(
                fmt::format("{}: a zip archive without .npy files, expected arrays as numpy.savez writes them", name_));
        if (names.size() > 1)
            throw DataError(fmt::format("{}: found {} arrays: {}; name one of them, as in {}:{}", name_, names.size(),
                                        listed(names), name_, names[0]));
        return read_array(names[0]);
    }

  private:
    [[noreturn]] void fail(const std::string& what) const { throw DataError(fmt::format("{}: {}", name_, what)); }

    static std::string listed(const std::vector<std::string>& names) {
        constexpr std::size_t most = 10;
        std::string text;
        for (std::size_t i = 0; i < std::min(most, names.size()); ++i)
            text += fmt::format("{}{}", i == 0 ? "" : ", ", names[i]);
        return text + (names.size() > most ? ", ..." : "");
    }
    const ZipMember* find(const std::string& array) const {
        const std::string wanted = array + std::string(npy_ending);
        const auto found = std::ranges::find(members_, wanted, &ZipMember::name);
        return found == members_.end() ? nullptr : &*found;
    }
    std::string name_of(const std::string& array) const { return fmt::format("{}:{}", name_, array); }
    Dataset read_array(const std::string& array) const {
        return parse_npy_dataset(content(array), name_of(array), reading_.precise, reading_.notes, reading_.columns);
    }

    /// "csr": an array of no dimensions, of bytes or of text.
    std::string format() const {
        constexpr std::size_t longest = 1024;
        const ZipMember* const member = find("format");
        if (member == nullptr) fail("found no array 'format', expected a matrix that scipy.sparse.save_npz wrote");
        std::string text;
        if (member->size > longest) fail("array 'format' is too long, expected the name of a sparse format");
        const std::vector<std::byte> bytes = unzip(*member, name_);
        const std::size_t start =
            bytes.size() < 10 ? bytes.size() : 10 + read_value<std::uint16_t>(&bytes[8], std::endian::little);
        for (std::size_t i = start; i < bytes.size(); ++i)  // text has 4 bytes to a letter
            if (bytes[i] != std::byte{0}) text += static_cast<char>(bytes[i]);
        return text;
    }

    /// Whole numbers of one dimension, each at least 0 and at most `most`.
    template <class Out>
    std::vector<Out> counts(const std::string& array, std::size_t most) const {
        const std::vector<std::byte> bytes = content(array);
        const NpyHeader header = parse_npy_header(bytes, name_of(array));
        if (header.shape.size() != 1)
            fail(fmt::format("array {}: found {} dimensions, expected 1", in_quotes(array), header.shape.size()));
        if (header.element != Element::int32 && header.element != Element::int64 && header.element != Element::uint32 &&
            header.element != Element::uint64)
            fail(fmt::format("array {}: expected whole numbers of 32 or 64 bits", in_quotes(array)));
        std::vector<Out> values(header.shape[0]);
        with_type_of(header.element, [&](auto zero) {
            using T = decltype(zero);
            for (std::size_t i = 0; i < values.size(); ++i) {
                const T value = read_value<T>(bytes.data() + header.size + i * sizeof(T), header.order);
                const bool good = value >= T{0} && static_cast<double>(value) <= static_cast<double>(most);
                if (!good)
                    fail(fmt::format("array {}: found {} at place {}, expected a whole number from 0 to {}",
                                     in_quotes(array), value, i + 1, most));
                values[i] = static_cast<Out>(value);
            }
        });
        return values;
    }

    /// Values that are not all 1, else nothing.
    std::vector<float> values(std::size_t count) const {
        const std::vector<std::byte> bytes = content("data");
        const NpyHeader header = parse_npy_header(bytes, name_of("data"));
        if (header.shape.size() != 1 || header.shape[0] != count)
            fail(fmt::format("array 'data': found a shape of {}, expected one value for each of {} entries",
                             shape_text(header.shape), count));
        std::vector<float> values =
            to_floats(std::span(bytes).subspan(header.size), header.element, header.order, 1, name_of("data"));
        for (std::size_t i = 0; i < values.size(); ++i)
            if (!std::isfinite(values[i]))
                fail(
                    fmt::format("array 'data': found {} at place {}, expected a finite number: sparse data know no "
                                "missing values",
                                values[i], i + 1));
        return std::ranges::all_of(values, [](float value) { return value == 1; }) ? std::vector<float>() : values;
    }

    Dataset read_matrix() const {
        const std::string kind = format();
        const auto shape = counts<std::size_t>("shape", std::size_t{1} << 53);
        if (shape.size() != 2)
            fail(fmt::format("array 'shape': found {} lengths, expected 2: rows and columns", shape.size()));
        const std::size_t rows = shape[0], cols = shape[1];
        require_sparse_shape(rows, cols, bytes_, name_);
        if (kind != "csr" && kind != "csc" && kind != "coo")
            fail(fmt::format("found a sparse matrix of format {}, expected csr, csc or coo: save matrix.tocsr()",
                             in_quotes(kind)));
        SharedEntries entries =
            kind == "coo" ? read_coordinates(rows, cols) : read_compressed(rows, cols, kind == "csr");
        Dataset data = Dataset::from_sparse(cols, std::move(entries));
        data.name = name_;
        if (find("column_names") != nullptr)
            for (std::string& one : texts("column_names", cols)) data.columns.push_back({std::move(one), {}});
        return data;
    }

    /// An array of so many texts as NumPy writes them: letters of 4 bytes, as many to each as the longest has.
    std::vector<std::string> texts(const std::string& array, std::size_t count) const {
        const std::vector<std::byte> bytes = content(array);
        const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        constexpr std::size_t dictionary = 10, letter = 4;
        constexpr std::string_view start = "{'descr': '<U";
        std::size_t length = 0;
        bool good = text.substr(std::min(dictionary, text.size())).starts_with(start);
        if (good) {
            const char* const from = text.data() + dictionary + start.size();
            const auto [end, error] = std::from_chars(from, text.data() + text.size(), length);
            const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
            good = error == std::errc() && length > 0 && length <= bytes.size() &&
                   rest.starts_with(fmt::format("', 'fortran_order': False, 'shape': ({},)", count));
        }
        const std::size_t head = good ? dictionary + read_value<std::uint16_t>(&bytes[8], std::endian::little) : 0;
        if (!good || head > bytes.size() || (bytes.size() - head) / letter / length != count ||
            (bytes.size() - head) % (letter * length) != 0)
            fail(fmt::format("array {}: expected {} texts, one for each column", in_quotes(array), count));
        std::vector<std::string> texts(count);
        for (std::size_t i = 0; i < count * length; ++i)
            if (const auto point = read_value<std::uint32_t>(&bytes[head + letter * i], std::endian::little);
                point != 0)
                append_utf8(texts[i / length], static_cast<char32_t>(point));
        return texts;
    }

    SharedEntries read_coordinates(std::size_t rows, std::size_t cols) const {
        Coordinates all{counts<std::uint32_t>("row", rows - 1), counts<std::uint32_t>("col", cols - 1), {}};
        if (all.rows.size() != all.columns.size())
            fail(fmt::format("arrays 'row' and 'col': found {} and {} numbers, expected as many in both",
                             all.rows.size(), all.columns.size()));
        all.values = values(all.rows.size());
        return in_rows(rows, all, refuse_again(name_));
    }

    SharedEntries read_compressed(std::size_t rows, std::size_t cols, bool by_rows) const {
        auto indices = counts<std::uint32_t>("indices", (by_rows ? cols : rows) - 1);
        auto offsets = counts<std::uint64_t>("indptr", indices.size());
        const std::size_t lines = by_rows ? rows : cols;
        if (offsets.size() != lines + 1 || offsets.front() != 0 || offsets.back() != indices.size() ||
            !std::is_sorted(offsets.begin(), offsets.end()))
            fail(fmt::format("array 'indptr': expected {} numbers that ascend from 0 to {}, the number of entries",
                             lines + 1, indices.size()));
        std::vector<float> own = values(indices.size());
        if (by_rows)
            return with_sorted_rows(std::move(offsets), std::move(indices), std::move(own), refuse_again(name_));
        Coordinates all{std::move(indices), {}, std::move(own)};
        all.columns.reserve(all.rows.size());
        for (std::size_t col = 0; col < cols; ++col)
            all.columns.insert(all.columns.end(), offsets[col + 1] - offsets[col], static_cast<std::uint32_t>(col));
        return in_rows(rows, all, refuse_again(name_));
    }

    const std::string& name_;
    std::size_t bytes_;  ///< of the file
    std::vector<ZipMember> members_;
    const NpzReading& reading_;
};

template <class T>
void add_array(ZipWriter& archive, const std::string& array, std::string_view type, std::span<const T> values) {
    const std::size_t shape[] = {values.size()};
    std::vector<std::byte> bytes = encode_npy_header(type, shape);
    const auto more = std::as_bytes(values);
    bytes.insert(bytes.end(), more.begin(), more.end());
    archive.add(array + std::string(npy_ending), bytes);
}

/// Letters of 4 bytes, as many to each text as the longest has.
void add_texts(ZipWriter& archive, const std::string& array, std::span<const std::string> texts) {
    std::vector<std::u32string> letters;
    std::size_t longest = 1;
    for (const std::string& text : texts) {
        letters.push_back(code_points(text));
        longest = std::max(longest, letters.back().size());
    }
    std::vector<char32_t> values(texts.size() * longest);
    for (std::size_t i = 0; i < letters.size(); ++i)
        std::ranges::copy(letters[i], values.begin() + static_cast<std::ptrdiff_t>(i * longest));
    const std::size_t shape[] = {texts.size()};
    std::vector<std::byte> bytes = encode_npy_header(fmt::format("<U{}", longest), shape);
    const auto more = std::as_bytes(std::span(values));
    bytes.insert(bytes.end(), more.begin(), more.end());
    archive.add(array + std::string(npy_ending), bytes);
}

struct Compressed {
    std::vector<std::uint32_t> columns, offsets = {0};
    std::vector<float> values;
    void add(std::size_t col, float value) {
        columns.push_back(static_cast<std::uint32_t>(col));
        values.push_back(value);
    }
};

Compressed compressed(const Dataset& data) {
    Compressed all;
    std::vector<float> row(data.sparse() == nullptr ? data.cols() : 0);
    for (std::size_t r = 0; r < data.rows(); ++r) {
        if (data.sparse() != nullptr) {
            data.sparse()->for_each(r, [&](std::size_t col, float value) { all.add(col, value); });
        } else {
            expand_row(data.storage(), r, row);
            for (std::size_t col = 0; col < row.size(); ++col)
                if (row[col] != 0) all.add(col, row[col]);
        }
        if (all.columns.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
            throw DataError(
                fmt::format("{}: more than 2147483647 values are not 0, the most that is written", data.name));
        all.offsets.push_back(static_cast<std::uint32_t>(all.columns.size()));
    }
    return all;
}

}  // namespace

std::optional<std::pair<std::string, std::string>> npz_array_in_path(const std::string& path) {
    constexpr std::string_view ending = ".npz:";
    const std::size_t at = path.rfind(ending);
    struct stat status {};
    if (at == std::string::npos || at + ending.size() == path.size() || ::stat(path.c_str(), &status) == 0)
        return std::nullopt;
    return std::pair{path.substr(0, at + ending.size() - 1), path.substr(at + ending.size())};
}

bool is_npz(std::span<const std::byte> bytes) {
    constexpr std::size_t head = 30;
    if (!is_zip(bytes) || bytes.size() < head) return false;
    const std::size_t length = read_value<std::uint16_t>(&bytes[26], std::endian::little);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return text.substr(head, length).ends_with(npy_ending);
}

Dataset parse_npz(std::span<const std::byte> bytes, const std::string& name, const NpzReading& reading) {
    return NpzReader(bytes, name, reading).read();
}

std::vector<NpzEntry> npz_arrays(std::span<const std::byte> bytes, const std::string& name) {
    const NpzReader reader(bytes, name, {});
    std::vector<NpzEntry> found;
    for (const std::string& array : reader.arrays()) {
        try {
            const NpyHeader header = parse_npy_header(reader.content(array), name);
            found.push_back({array, header.shape, std::string(element_name(header.element))});
        } catch (const DataError&) {
            found.push_back({array, {}, "other"});
        }
    }
    return found;
}

std::vector<std::byte> npz_array(std::span<const std::byte> bytes, const std::string& name, const std::string& array) {
    return NpzReader(bytes, name, {}).content(array);
}

std::vector<std::byte> encode_npz(const Dataset& data, std::span<const std::string> row_names) {
    const Compressed all = compressed(data);
    ZipWriter archive;
    add_array<std::uint32_t>(archive, "indices", "<i4", all.columns);
    add_array<std::uint32_t>(archive, "indptr", "<i4", all.offsets);
    std::vector<std::byte> format = encode_npy_header("|S3", {});
    for (const char letter : {'c', 's', 'r'}) format.push_back(static_cast<std::byte>(letter));
    archive.add("format.npy", format);
    const std::uint64_t shape[] = {data.rows(), data.cols()};
    add_array<std::uint64_t>(archive, "shape", "<i8", shape);
    add_array<float>(archive, "data", "<f4", all.values);
    if (!row_names.empty()) add_texts(archive, "row_names", row_names);
    std::vector<std::string> column_names;
    for (const Column& column : data.columns) column_names.push_back(column.name);
    if (std::ranges::any_of(column_names, [](const std::string& one) { return !one.empty(); }))
        add_texts(archive, "column_names", column_names);
    return archive.finish();
}

}  // namespace rbm
