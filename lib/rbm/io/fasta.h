// SPDX-License-Identifier: MIT
// FASTA: aligned sequences as codes, one for each site, and back.
//
// The letters of an alphabet stand for the codes 0, 1, ...; where "-" is one of them, a gap is a state like the others,
// else it is a missing value.  The known alphabets have the gap first and then the one-letter codes in the order of the
// alphabet, as programs for direct coupling analysis have them.
//
// Lower case and dots are read as in a2m and a3m: columns in which no sequence has a capital letter or "-" are insert
// columns and left out, and where the lengths are equal only without lower-case letters, all of these are left out.
// Elsewhere a lower-case letter is its capital and a dot is a gap.  In DNA and RNA, lower case without dots is a mask,
// not an insert.  In an alphabet that has lower-case letters itself, all letters are what they are.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rbm/data/dataset.h"

namespace rbm {

/// Whether these are letters for sequences: from 2 to 255, printable, all different, none of them blank, ">" or ";".
bool are_letters(std::string_view letters);

/// The letters of "protein", "dna" or "rna", gap included; any other text stands for itself.  Throws InvalidArgument
/// unless they are_letters().
std::string letters_of_alphabet(const std::string& alphabet);

struct SequenceReading {
    std::string letters{};         ///< empty: found by what the sequences hold
    bool gaps_are_states = true;   ///< else "-" is not among the letters that are found
    bool unknown_are_nan = false;  ///< other letters (X, N) become NaN; else they are errors
};

/// True when the first character that is not blank is ">".
bool is_fasta(std::span<const std::byte> bytes);

/// Rows are sequences, columns are sites.  Values are codes, NaN where one is missing.  Throws DataError naming the
/// record where lengths differ, and MissingValue where a letter is unknown.
Dataset parse_fasta(std::span<const std::byte> bytes, const std::string& name,
                    std::vector<std::string>* notes = nullptr, const SequenceReading& reading = {});

/// The same sequences as codes of other letters; a gap becomes NaN where these have none.  Throws DataError naming the
/// first row and site whose letter is not among them.
Dataset in_letters(const Dataset& data, const std::string& letters);

/// The text of one sequence, from codes, or from the one-hot columns of its sites: the largest column counts.
std::string sequence_of_codes(std::span<const float> codes, const std::string& letters);
std::string sequence_of_sites(std::span<const float> sites, const std::string& letters);

struct Sequence {
    std::string title, text;
};
/// Two lines for each.
std::vector<std::byte> encode_fasta(std::span<const Sequence> sequences);

}  // namespace rbm
