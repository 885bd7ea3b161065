// SPDX-License-Identifier: MIT
#include "apps/files/sequences.h"

#include <fmt/format.h>

#include "apps/cli/messages.h"
#include "apps/files/read_data.h"
#include "rbm/io/bytes.h"
#include "rbm/io/gzip.h"
#include "rbm/kernels/error.h"

namespace rbm::app {

void SequenceOptions::declare(Program& program) {
    program
        .option("alphabet", path(&alphabet).named("protein|dna|rna|LETTERS").shown_default("what the letters fit"),
                "FASTA: the letters of the states, in their order; protein is -ACDEFGHIKLMNPQRSTVWY")
        .option("gaps", choice(&gaps, {"state", "missing"}),
                "FASTA: whether a gap (-) is one more state or a missing value");
}

Dataset load_sequences(const std::string& path, const SequenceOptions& options, const TableOptions& table,
                       const PictureReading& pictures, bool labels_are_given) {
    if (options.alphabet.empty() && !options.gaps_are_missing())
        return load_raw(path, table, pictures, labels_are_given);
    const std::string name = path == "-" ? "standard input" : path;
    std::vector<std::byte> bytes = read_bytes(path);
    if (is_gzip(bytes)) bytes = gunzip(bytes, name);
    if (!is_fasta(bytes))
        throw UsageError(fmt::format("option --{}: is for sequences, but {} is not FASTA; leave it out",
                                     options.alphabet.empty() ? "gaps" : "alphabet", name));
    SequenceReading reading;
    try {
        if (!options.alphabet.empty()) reading.letters = letters_of_alphabet(options.alphabet);
    } catch (const InvalidArgument& error) {
        throw UsageError(fmt::format("option --alphabet: {}", error.what()));
    }
    reading.gaps_are_states = !options.gaps_are_missing();
    reading.unknown_are_nan = table.gaps == TableGaps::are_nan;
    std::vector<std::string> notes;
    Dataset data = parse_fasta(bytes, name, &notes, reading);
    for (const std::string& text : notes) note("{}", text);
    if (options.gaps_are_missing()) data.allow_missing();
    return data;
}

Dataset in_letters_of(const Model& model, Dataset raw) {
    if (raw.letters.empty() || raw.letters == model.letters) return raw;
    if (!model.letters.empty()) return in_letters(raw, model.letters);
    const std::size_t states = site_width(model.machine.visible);
    if (states == raw.letters.size()) return raw;
    throw DataError(fmt::format(
        "{}: holds sequences of {} letters, but the model knows no letters, and its {} visible units have {}", raw.name,
        raw.letters.size(), kind(model.machine.visible),
        states > 1 ? fmt::format("{} states", states) : "no such states"));
}

std::string units_of_letters() {
    for (const UnitRow& row : unit_rows())
        if (row.has_states) return std::string(row.name);
    return "";
}

void add_sequences(ConstView rows, const std::string& letters, std::size_t step, std::vector<Sequence>& out) {
    for (std::size_t chain = 0; chain < rows.rows; ++chain)
        out.push_back({fmt::format("chain{}_step{}", chain + 1, step), sequence_of_sites(rows.row(chain), letters)});
}

std::vector<Sequence> reconstructed_sequences(ConstView rows, const std::string& letters) {
    std::vector<Sequence> all;
    for (std::size_t r = 0; r < rows.rows; ++r)
        all.push_back({fmt::format("sequence{}", r + 1), sequence_of_sites(rows.row(r), letters)});
    return all;
}

}  // namespace rbm::app
