// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "rbm/io/data.h"
#include "rbm/io/fasta.h"
#include "rbm/io/gzip.h"
#include "rbm/io/model_file.h"
#include "rbm/kernels/error.h"
#include "tests/support/io_helpers.h"

using rbm::DataError, rbm::Dataset, rbm::MissingValue, rbm::SequenceReading;

TEST_SUITE_BEGIN("io_fasta");

namespace {

Dataset read_sequences(std::string_view text, const SequenceReading& reading = {},
                       std::vector<std::string>* notes = nullptr) {
    return rbm::parse_fasta(bytes_of(text), "f.fa", notes, reading);
}
std::string fasta_refusal(std::string_view text, const SequenceReading& reading = {}) {
    std::string text_of_error = thrown<DataError>([&] { read_sequences(text, reading); });
    if (!text_of_error.empty()) text_of_error.pop_back();
    return text_of_error;
}
std::vector<float> codes_in_row(const Dataset& data, std::size_t row) {
    std::vector<float> found;
    for (std::size_t col = 0; col < data.cols(); ++col) found.push_back(data.value(row, col));
    return found;
}
std::string sequence_in_row(const Dataset& data, std::size_t row) {
    return rbm::sequence_of_codes(codes_in_row(data, row), data.letters);
}

}  // namespace

TEST_CASE("codes follow the order of the letters, the gap first") {
    const Dataset data = read_sequences(">a first\n-ACDEFGHIKLM\nNPQRSTVWY\n>b\nYWVTSRQPNMLKIHGFEDCA-\n");
    CHECK(data.letters == "-ACDEFGHIKLMNPQRSTVWY");
    REQUIRE(data.rows() == 2);
    REQUIRE(data.cols() == 21);
    for (std::size_t col = 0; col < 21; ++col) {
        CHECK(data.value(0, col) == static_cast<float>(col));
        CHECK(data.value(1, col) == static_cast<float>(20 - col));
    }
}

TEST_CASE("ends of lines, blanks, comments and gzip do not matter") {
    for (const std::string text : {">a\nAC-T\n>b\nGGTA\n", ">a\r\nAC-T\r\n>b\r\nGGTA\r\n", "\n>a\nAC\n-T\n\n>b\nGG TA",
                                   ">a\n;old\nAC-T\n>b\nGGTA"}) {
        CHECK(codes_in_row(read_sequences(text), 0) == std::vector<float>{1, 2, 0, 4});
        CHECK(codes_in_row(read_sequences(text), 1) == std::vector<float>{3, 3, 4, 1});
    }
    const auto packed = rbm::encode_gzip(bytes_of(">a\nACGT\n"));
    CHECK(codes_in_row(rbm::parse_data(packed, "f.fa.gz"), 0) == std::vector<float>{1, 2, 3, 4});
}

TEST_CASE("the alphabet is found, or given") {
    CHECK(read_sequences(">a\nACGTACGTAC\n").letters == "-ACGT");
    CHECK(read_sequences(">a\nACGUACGUAC\n").letters == "-ACGU");
    CHECK(read_sequences(">a\nMKACGTACGT\n").letters == "-ACDEFGHIKLMNPQRSTVWY");
    CHECK(read_sequences(">a\n0110\n").letters == "01");
    CHECK(read_sequences(">a\nHHPP\n", {"HP"}).letters == "HP");
    CHECK(codes_in_row(read_sequences(">a\nabAB\n", {"aAbB"}), 0) == std::vector<float>{0, 2, 1, 3});
    CHECK(rbm::letters_of_alphabet("dna") == "-ACGT");
    CHECK(rbm::letters_of_alphabet("XY") == "XY");
    CHECK_THROWS_AS(rbm::letters_of_alphabet("X"), rbm::InvalidArgument);
    CHECK_THROWS_AS(rbm::letters_of_alphabet("AA"), rbm::InvalidArgument);
    CHECK_THROWS_AS(rbm::letters_of_alphabet("A B"), rbm::InvalidArgument);
}

TEST_CASE("gaps are a state or missing") {
    CHECK(read_sequences(">a\nAC-T\n").letters == "-ACGT");
    const Dataset data = read_sequences(">a\nAC-T\n", {.gaps_are_states = false});
    CHECK(data.letters == "ACGT");
    CHECK(data.value(0, 0) == 0);
    CHECK(std::isnan(data.value(0, 2)));
    CHECK(data.value(0, 3) == 3);
}

TEST_CASE("insert columns of a2m and a3m are left out, and told") {
    std::vector<std::string> notes;
    const Dataset a2m = read_sequences(">a\nMK..LV\n>b\nM-hiLV\n", {}, &notes);
    CHECK(sequence_in_row(a2m, 0) == "MKLV");
    CHECK(sequence_in_row(a2m, 1) == "M-LV");
    CHECK(notes.at(0) == "f.fa: insert columns are left out: 4 lower-case letters and dots");
    const Dataset a3m = read_sequences(">a\nMKLV\n>b\nM-hiLV\n");
    CHECK(sequence_in_row(a3m, 1) == "M-LV");
    // A dot in a column that has capitals is a gap.
    CHECK(sequence_in_row(read_sequences(">a\nMK..LV\n>b\nM.hiLV\n"), 1) == "M-LV");
    // Lower case alone is just small print, and in genes it masks repeats.
    CHECK(sequence_in_row(read_sequences(">a\nmk-v\n>b\nmklv\n"), 0) == "MK-V");
    CHECK(sequence_in_row(read_sequences(">a\nACgt\n>b\nACgt\n"), 0) == "ACGT");
    CHECK(sequence_in_row(read_sequences(">a\nMKlV\n>b\nMKLV\n"), 0) == "MKLV");
}

TEST_CASE("refusals name the record and the place") {
    CHECK(fasta_refusal(">one x\nMKLV\n>two y\nMKL\n") ==
          "f.fa:3: sequence 2 ('two'): found 3 letters, expected 4 as in the first: sequences must be aligned, with - "
          "for gaps");
    CHECK(fasta_refusal(">one\nMKLV\n>two\nMKLVhi\n>three\nMKhi\n").find("f.fa:5: sequence 3 ('three'): found 2") == 0);
    CHECK(fasta_refusal(">one\nMKLV\n>two\nMKXV\n") ==
          "f.fa:3: sequence 2 ('two'), site 3: found 'X', expected one of the letters -ACDEFGHIKLMNPQRSTVWY");
    CHECK(fasta_refusal(">one\nMKLV\n>two\n>three\nMKLV\n") ==
          "f.fa:3: sequence 2 ('two'): found no letters below the title");
    CHECK(fasta_refusal(">one\nmk.v\n>b\nMKLV*\n").find("found 5 letters without those in lower case, expected 0") !=
          std::string::npos);
    CHECK(fasta_refusal(">one\n....\n").find("expected some of") != std::string::npos);
    CHECK(fasta_refusal(">").find("found no letters") != std::string::npos);
    CHECK(fasta_refusal(">a\nAC-T\n", {"ACGU"}).find("found 'T'") != std::string::npos);
    CHECK_THROWS_AS(read_sequences(">one\nMKLV\n>two\nMKXV\n"), MissingValue);
    const Dataset unknown = read_sequences(">one\nMKLV\n>two\nMKXV\n", {.unknown_are_nan = true});
    CHECK(std::isnan(unknown.value(1, 2)));
    CHECK(unknown.value(1, 3) == 18);
}

TEST_CASE("no file is taken for another, whatever bytes change in it") {
    CHECK(rbm::is_fasta(bytes_of("\n >a\nAC")));
    CHECK_FALSE(rbm::is_fasta(bytes_of("1,2\n")));
    CHECK_FALSE(rbm::is_fasta(bytes_of("")));
    const std::string good = ">a x\nMK..LV\n>b\nM-hiLV\n;c\n>d\nMKhiLV\n";
    for (std::size_t at = 0; at < good.size(); ++at)
        for (const char other : {'\0', '\n', '>', '.', '-', 'a', 'A', '\xff'}) {
            std::string text = good;
            text[at] = other;
            for (const std::string& one : {text, text.substr(0, at)}) {
                if (!rbm::is_fasta(bytes_of(one))) continue;
                try {
                    const Dataset data = read_sequences(one, {.unknown_are_nan = true});
                    for (const float code : codes_in_row(data, data.rows() - 1))
                        CHECK((std::isnan(code) || code < static_cast<float>(data.letters.size())));
                } catch (const DataError& error) {
                    CHECK(std::string(error.what()).starts_with("f.fa"));
                }
            }
        }
}

TEST_CASE("other letters, and back to text") {
    const Dataset data = read_sequences(">a\nAC-T\n");
    CHECK(codes_in_row(rbm::in_letters(data, "TCA-"), 0) == std::vector<float>{2, 1, 3, 0});
    const Dataset without = rbm::in_letters(data, "ACGT");
    CHECK(std::isnan(without.value(0, 2)));
    CHECK_FALSE(without.has_missing());
    Dataset allowing = data;
    allowing.allow_missing();
    CHECK(rbm::in_letters(allowing, "ACGT").has_missing());
    CHECK(has(thrown<DataError>([&] { rbm::in_letters(data, "-ACGU"); }),
              "f.fa: sequence 1, site 4: found T, expected one of the letters -ACGU"));
    const std::vector<float> sites = {0, 1, 0, 0, 0, 1};
    CHECK(rbm::sequence_of_sites(sites, "xyz") == "yz");
    const std::vector<rbm::Sequence> written = {{"a", "AC-T"}, {"b", "GGTA"}};
    const auto bytes = rbm::encode_fasta(written);
    CHECK(codes_in_row(rbm::parse_fasta(bytes, "f.fa"), 1) == std::vector<float>{3, 3, 4, 1});
}

TEST_CASE("a model keeps the letters of its states") {
    rbm::Model model;
    model.machine = rbm::Machine(rbm::make_units<float>("potts", 2, 5), rbm::make_units<float>("bernoulli", 3));
    model.letters = "-ACGT";
    rbm::Tensors file = rbm::model_tensors(model);
    CHECK(rbm::model_from(file).letters == "-ACGT");
    for (const char* wrong : {"-ACG", "-ACGG", "-AC T", ""}) {
        file.metadata["data.letters"] = wrong;
        CHECK_THROWS_AS(rbm::model_from(file), DataError);
    }
}

TEST_SUITE_END();
