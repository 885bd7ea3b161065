// SPDX-License-Identifier: MIT
// Tables as text: numbers, and words where these may be.
//
// Separated by commas, semicolons, tabs or blanks: the first line decides.  Fields may stand in double quotes (RFC
// 4180). Empty lines and lines that start with # are skipped.  The decimal sign is a point, or a comma where that is
// said, in every locale.  An unnamed last column that is empty in all lines and an unnamed first one that numbers the
// lines are left out, with a note. Errors: DataError "file:17: column 3: found ..., expected ..."; among them
// MissingValue, DecimalComma.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rbm/data/dataset.h"

namespace rbm {

/// What becomes of empty fields, and of words for what is missing, in tables.
enum class TableGaps { refuse, are_nan };
/// Whether the first line names the columns; `automatic` compares it with the lines below.
enum class TableHeader { automatic, yes, no };
/// What becomes of columns of words: with `are_categories` each becomes the place of its word among those of its
/// column, in alphabetical order, and Dataset::columns has the words.
enum class TableWords { refuse, are_categories };

struct TableOptions {
    TableGaps gaps = TableGaps::refuse;
    TableHeader header = TableHeader::automatic;
    TableWords words = TableWords::refuse;
    bool decimal_comma = false;
    /// Keep what floats leave out of all values (Dataset::precise()).  Otherwise that is kept only if a column's spread
    /// is so small beside its values that floats would lose some of it.
    bool precise = false;
    std::vector<std::string> keep{}, drop{};  ///< as chosen_columns() takes them
    std::string key{};  ///< the column, likewise, whose fields name the rows: Dataset::key has them letter by letter
};

/// How a note ends that tells of a first line which names the columns only if one guesses.
inline constexpr std::string_view doubtful_header = "taken for a header, not for a sample";

/// What is worth telling about the reading is appended to `notes`.
Dataset parse_csv(std::span<const std::byte> bytes, const std::string& name, const TableOptions& options = {},
                  std::vector<std::string>* notes = nullptr);

/// The words that stand for a missing value, as the empty field does.
std::span<const std::string_view> missing_words();
/// "NA, N/A, nan, ...": the same for a message.
std::string missing_words_text();

/// A header line, then values row by row: as many to a row as there are columns, each in the shortest form that reads
/// back as the same double.
std::vector<std::byte> encode_csv(std::span<const std::string> columns, std::span<const double> values);
/// The same, in the shortest form that reads back as the same float.
std::vector<std::byte> encode_float_csv(std::span<const std::string> columns, std::span<const float> values);
/// The same with names, or v1, v2, ... for those without; codes of categories become their words.  Throws
/// InvalidArgument for a code without a word.
std::vector<std::byte> encode_table(std::span<const Column> columns, std::span<const float> values);
std::vector<std::byte> encode_table(std::span<const Column> columns, std::span<const double> values);

}  // namespace rbm
