// SPDX-License-Identifier: MIT
#include "rbm/io/fasta.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include "rbm/io/elements.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

constexpr std::pair<std::string_view, std::string_view> known_alphabets[] = {
    {"protein", "-ACDEFGHIKLMNPQRSTVWY"}, {"dna", "-ACGT"}, {"rna", "-ACGU"}};

constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f'; }
constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
constexpr char capital(char c) { return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; }
constexpr std::size_t place(char c) { return static_cast<unsigned char>(c); }

using Counts = std::array<std::size_t, 256>;

struct Record {
    std::string_view title;  ///< its first word
    std::size_t line = 0;    ///< of the title
    std::size_t begin = 0, end = 0;
    std::size_t size() const { return end - begin; }
};

/// All records, their letters one behind the other.
struct FastaRecords {
    std::string name;  ///< of the file
    std::string letters;
    std::vector<Record> records;

    std::size_t size() const { return records.size(); }
    std::string_view of(const Record& record) const {
        return std::string_view(letters).substr(record.begin, record.size());
    }
    std::string place_of(std::size_t number) const {
        const Record& record = records[number];
        return fmt::format("{}:{}: sequence {} ({})", name, record.line, number + 1, rbm::quoted(record.title));
    }
    bool equally_long() const {
        return std::ranges::all_of(records, [&](const Record& one) { return one.size() == records[0].size(); });
    }
    /// Keeps the letters that keep(column, letter) wants.
    template <class Keep>
    void filter(const Keep& keep) {
        std::size_t to = 0;
        for (Record& record : records) {
            const std::size_t begin = to;
            for (std::size_t at = record.begin; at < record.end; ++at)
                if (keep(at - record.begin, letters[at])) letters[to++] = letters[at];
            record.begin = begin;
            record.end = to;
        }
        letters.resize(to);
    }
};

/// The next line of `text`, without its end.
std::string_view take_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

std::string_view first_word(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    return text.substr(0, static_cast<std::size_t>(std::ranges::find_if(text, is_blank) - text.begin()));
}

FastaRecords read_records(std::string_view text, const std::string& name) {
    FastaRecords found{name, {}, {}};
    found.letters.reserve(text.size());
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::string_view line = take_line(text);
        if (line.starts_with('>')) {
            if (!found.records.empty()) found.records.back().end = found.letters.size();
            found.records.push_back({first_word(line.substr(1)), number, found.letters.size(), 0});
        } else if (!line.starts_with(';')) {  // a comment, in old files
            std::ranges::copy_if(line, std::back_inserter(found.letters), [](char c) { return !is_blank(c); });
        }
    }
    found.records.back().end = found.letters.size();
    return found;
}

Counts counts_of(std::string_view letters) {
    Counts counts{};
    for (const char c : letters) ++counts[place(c)];
    return counts;
}

/// Of these letters, in either case.
std::size_t sum_of(const Counts& counts, std::string_view letters) {
    std::size_t sum = 0;
    for (const char c : letters) {
        sum += counts[place(c)];
        if (is_capital(c)) sum += counts[place(static_cast<char>(c - 'A' + 'a'))];
    }
    return sum;
}

constexpr std::string_view all_capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The alphabet that fits; nothing but signs and digits stand for themselves.
std::string found_letters(const Counts& counts, const std::string& name) {
    const std::size_t letters = sum_of(counts, all_capitals), bases = sum_of(counts, "ACGTU");
    if (letters == 0) {
        std::string own;
        for (std::size_t c = 0; c < counts.size(); ++c)
            if (counts[c] > 0 && c != place('.')) own += static_cast<char>(c);
        if (!are_letters(own))
            throw DataError(fmt::format("{}: found {} as the letters of its sequences, expected some of {}", name,
                                        rbm::quoted(own), known_alphabets[0].second));
        return own;
    }
    // These five are all but a few letters of genes, and about a quarter of those of proteins.
    if (bases * 10 < letters * 9) return std::string(known_alphabets[0].second);
    return std::string(known_alphabets[sum_of(counts, "U") > sum_of(counts, "T") ? 2 : 1].second);
}

bool are_bases(std::string_view letters) {
    return std::ranges::all_of(letters, [](char c) { return std::string_view("-ACGTU").find(c) != std::string::npos; });
}

[[noreturn]] void refuse_lengths(const FastaRecords& records, const char* what) {
    const std::size_t expected = records.records[0].size();
    const auto other = std::ranges::find_if(records.records, [&](const Record& r) { return r.size() != expected; });
    throw DataError(fmt::format(
        "{}: found {} {}, expected {} as in the first: sequences must be aligned, with - for "
        "gaps",
        records.place_of(static_cast<std::size_t>(other - records.records.begin())), other->size(), what, expected));
}

/// Insert columns leave; what stays is in capitals, with - for gaps.  Tells what it did.
void keep_matches(FastaRecords& records, bool bases, std::vector<std::string>& notes) {
    const Counts counts = counts_of(records.letters);
    const bool dots = counts[place('.')] > 0, lower = std::ranges::any_of(records.letters, is_lower);
    const bool capitals = std::ranges::any_of(records.letters, is_capital);
    const std::size_t before = records.letters.size();
    const bool aligned = records.equally_long();
    const char* what = "letters";
    if (capitals && lower && !aligned) {
        records.filter([](std::size_t, char c) { return !is_lower(c) && c != '.'; });
        what = "letters without those in lower case";
    } else if (capitals && aligned && (dots || (lower && !bases))) {
        std::vector<char> match(records.records[0].size());
        for (const Record& record : records.records)
            for (std::size_t col = 0; col < record.size(); ++col) {
                const char c = records.letters[record.begin + col];
                if (!is_lower(c) && c != '.') match[col] = 1;
            }
        records.filter([&](std::size_t col, char) { return match[col] != 0; });
    }
    if (!records.equally_long()) refuse_lengths(records, what);
    if (const std::size_t left = before - records.letters.size(); left > 0)
        notes.push_back(
            fmt::format("{}: insert columns are left out: {} lower-case letters and dots", records.name, left));
    if (const auto count = std::ranges::count_if(records.letters, is_lower); count > 0)
        notes.push_back(fmt::format("{}: {} lower-case letters are read as capitals", records.name, count));
    for (char& c : records.letters) c = c == '.' ? '-' : capital(c);
}

/// What is not among the letters is a gap without a state, or unknown.
[[noreturn]] void refuse_letter(const FastaRecords& records, std::size_t number, std::size_t site, char found,
                                const std::string& letters) {
    throw MissingValue(fmt::format("{}, site {}: found {}, expected one of the letters {}", records.place_of(number),
                                   site + 1, rbm::quoted(std::string_view(&found, 1)), letters));
}

Dataset codes_of(const FastaRecords& records, const SequenceReading& reading, const std::string& letters) {
    constexpr std::uint8_t unknown = 255;
    std::array<std::uint8_t, 256> codes;
    codes.fill(unknown);
    for (std::size_t k = 0; k < letters.size(); ++k) codes[place(letters[k])] = static_cast<std::uint8_t>(k);
    const bool gap_is_nan = codes[place('-')] == unknown;
    const std::size_t rows = records.size(), cols = records.records[0].size();
    std::vector<std::uint8_t> bytes(rows * cols);
    bool nan = false;
    for (std::size_t row = 0; row < rows; ++row) {
        const std::string_view text = records.of(records.records[row]);
        for (std::size_t col = 0; col < cols; ++col) {
            const std::uint8_t code = codes[place(text[col])];
            bytes[row * cols + col] = code;
            if (code != unknown) continue;
            nan = true;
            if (!reading.unknown_are_nan && !(gap_is_nan && text[col] == '-'))
                refuse_letter(records, row, col, text[col], letters);
        }
    }
    if (!nan) return Dataset::from_bytes(rows, cols, std::move(bytes), 1);
    std::vector<float> values(bytes.size());
    std::ranges::transform(bytes, values.begin(), [](std::uint8_t code) {
        return code == unknown ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(code);
    });
    return Dataset::from_floats(rows, cols, std::move(values));
}

std::string alphabet_text(const std::string& letters) {
    for (const auto& [name, known] : known_alphabets)
        if (letters == known || letters == known.substr(1))
            return fmt::format("{}, {} letters: {}", name, letters.size(), letters);
    return fmt::format("{} letters: {}", letters.size(), letters);
}

}  // namespace

bool are_letters(std::string_view letters) {
    const Counts counts = counts_of(letters);
    return letters.size() >= 2 && letters.size() <= 255 && std::ranges::all_of(letters, [&](char c) {
               return c > ' ' && c < '\x7f' && c != '>' && c != ';' && counts[place(c)] == 1;
           });
}

std::string letters_of_alphabet(const std::string& alphabet) {
    for (const auto& [name, letters] : known_alphabets)
        if (alphabet == name) return std::string(letters);
    if (!are_letters(alphabet))
        throw InvalidArgument(
            fmt::format("found the alphabet {}, expected protein, dna, rna or at least two different letters",
                        rbm::quoted(alphabet)));
    return alphabet;
}

bool is_fasta(std::span<const std::byte> bytes) {
    const auto first =
        std::ranges::find_if(bytes, [](std::byte b) { return !is_blank(static_cast<char>(std::to_integer<int>(b))); });
    return first != bytes.end() && *first == std::byte{'>'};
}

Dataset parse_fasta(std::span<const std::byte> bytes, const std::string& name, std::vector<std::string>* notes,
                    const SequenceReading& reading) {
    FastaRecords records = read_records({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, name);
    for (std::size_t number = 0; number < records.size(); ++number)
        if (records.records[number].size() == 0)
            throw DataError(fmt::format("{}: found no letters below the title", records.place_of(number)));
    std::string letters = reading.letters;
    if (letters.empty()) letters = found_letters(counts_of(records.letters), name);
    if (!reading.gaps_are_states) std::erase(letters, '-');
    std::vector<std::string> told;
    if (std::ranges::none_of(letters, is_lower)) keep_matches(records, are_bases(letters), told);
    if (!records.equally_long()) refuse_lengths(records, "letters");
    if (records.records[0].size() == 0)
        throw DataError(fmt::format("{}: found insert columns only, expected capital letters", name));
    Dataset data = codes_of(records, reading, letters);
    data.name = name;
    data.letters = letters;
    told.push_back(
        fmt::format("{}: {} sequences of {} sites; {}", name, data.rows(), data.cols(), alphabet_text(letters)));
    if (notes != nullptr) notes->insert(notes->end(), told.begin(), told.end());
    return data;
}

Dataset in_letters(const Dataset& data, const std::string& letters) {
    if (data.letters == letters) return data;
    std::vector<float> values(data.rows() * data.cols());
    for (std::size_t row = 0; row < data.rows(); ++row)
        for (std::size_t col = 0; col < data.cols(); ++col) {
            const float code = data.value(row, col);
            float& value = values[row * data.cols() + col];
            value = code;
            if (std::isnan(code)) continue;
            const char letter = data.letters.at(static_cast<std::size_t>(code));
            const std::size_t at = letters.find(letter);
            if (at == std::string::npos && letter != '-')
                throw DataError(fmt::format("{}: sequence {}, site {}: found {}, expected one of the letters {}",
                                            data.name, row + 1, col + 1, letter, letters));
            value = at == std::string::npos ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(at);
        }
    Dataset result = Dataset::from_floats(data.rows(), data.cols(), std::move(values));
    result.name = data.name;
    result.letters = letters;
    if (data.allows_missing()) result.allow_missing();
    return result;
}

std::string sequence_of_codes(std::span<const float> codes, const std::string& letters) {
    std::string text;
    for (const float code : codes) {
        if (!std::isnan(code) && !(code >= 0 && code < static_cast<float>(letters.size()) && code == std::floor(code)))
            throw InvalidArgument(
                fmt::format("sequence_of_codes: found {}, expected a code from 0 to {}", code, letters.size() - 1));
        text += std::isnan(code) ? '-' : letters[static_cast<std::size_t>(code)];
    }
    return text;
}

std::string sequence_of_sites(std::span<const float> sites, const std::string& letters) {
    std::string text;
    for (std::size_t first = 0; first + letters.size() <= sites.size(); first += letters.size()) {
        const auto site = sites.subspan(first, letters.size());
        text += letters[static_cast<std::size_t>(std::ranges::max_element(site) - site.begin())];
    }
    return text;
}

std::vector<std::byte> encode_fasta(std::span<const Sequence> sequences) {
    std::string text;
    for (const Sequence& one : sequences) text += fmt::format(">{}\n{}\n", one.title, one.text);
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

}  // namespace rbm
