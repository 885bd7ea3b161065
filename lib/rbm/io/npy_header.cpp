// SPDX-License-Identifier: MIT
#include "rbm/io/npy_header.h"

#include <fmt/format.h>

#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "rbm/io/npy.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

constexpr std::size_t most_dimensions = 32;  // NumPy's own limit

/// Reads the one dictionary that NumPy writes, from left to right.
class Dictionary {
  public:
    Dictionary(std::string_view text, std::size_t offset, const std::string& name)
        : text_(text), offset_(offset), name_(name) {}

    void read(NpyHeader& header) {
        bool descr = false, order = false, shape = false;
        expect('{');
        while (!accept('}')) {
            const std::size_t at = place();
            const std::string_view key = text_in_quotes();
            expect(':');
            bool* const seen = key == "descr"           ? &descr
                               : key == "fortran_order" ? &order
                               : key == "shape"         ? &shape
                                                        : nullptr;
            if (seen == nullptr) fail(at, quoted(key), "descr, fortran_order or shape");
            if (std::exchange(*seen, true)) fail(at, "a second " + quoted(key), "each key once");
            if (seen == &descr) read_descr(header);
            if (seen == &order) header.fortran_order = truth();
            if (seen == &shape) read_shape(header.shape);
            if (!accept(',')) {
                expect('}');
                break;
            }
        }
        skip_blanks();
        if (at_ < text_.size()) fail(place(), quoted(text_.substr(at_)), "blanks up to the end of the header");
        if (!descr || !order || !shape)
            fail(place(), "the end of the header", !descr ? "descr" : !order ? "fortran_order" : "shape");
    }

  private:
    std::size_t place() const { return offset_ + at_; }
    [[noreturn]] void fail(std::size_t at, const std::string& found, const std::string& expected) const {
        throw DataError(fmt::format("{}: byte {}: found {}, expected {}", name_, at, found, expected));
    }
    std::string next() const { return at_ < text_.size() ? quoted(text_.substr(at_, 1)) : "the end of the header"; }
    void skip_blanks() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) ++at_;
    }
    bool accept(char c) {
        skip_blanks();
        const bool there = at_ < text_.size() && text_[at_] == c;
        at_ += there ? 1 : 0;
        return there;
    }
    void expect(char c) {
        if (!accept(c)) fail(place(), next(), quoted(std::string_view(&c, 1)));
    }
    bool accept_word(std::string_view word) {
        skip_blanks();
        const bool there = text_.substr(at_).starts_with(word);
        at_ += there ? word.size() : 0;
        return there;
    }
    std::string_view text_in_quotes() {
        const char quote = accept('"') ? '"' : '\'';
        if (quote == '\'') expect('\'');
        const std::size_t end = text_.find(quote, at_);
        if (end == std::string_view::npos) fail(place(), "no closing quote", "one");
        const std::string_view inside = text_.substr(at_, end - at_);
        at_ = end + 1;
        return inside;
    }
    bool truth() {
        if (accept_word("True")) return true;
        if (accept_word("False")) return false;
        fail(place(), next(), "True or False");
    }
    void read_shape(std::vector<std::size_t>& shape) {
        expect('(');
        bool comma = false;
        while (!accept(')')) {
            if (!shape.empty() && !comma) fail(place(), next(), "',' or ')'");
            std::size_t length = 0;
            const char* const end = text_.data() + text_.size();
            const auto [after, error] = std::from_chars(text_.data() + at_, end, length);
            if (error == std::errc::result_out_of_range)
                fail(place(), quoted(text_.substr(at_, 20)), "a length below 2^64");
            if (error != std::errc()) fail(place(), next(), "a length, 0 or more");
            if (shape.size() == most_dimensions) fail(place(), "another dimension", "at most 32");
            shape.push_back(length);
            at_ = static_cast<std::size_t>(after - text_.data());
            if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // a long of Python 2
            comma = accept(',');
        }
        if (shape.size() == 1 && !comma) fail(place(), "a number in brackets", "a tuple, with a comma");
    }
    void read_descr(NpyHeader& header) {
        skip_blanks();
        const std::size_t at = place();
        if (at_ < text_.size() && text_[at_] == '[')
            fail(at, "a structured type", "plain numbers: save one field, as in numpy.save(name, array['field'])");
        const std::string_view descr = text_in_quotes();
        header.order = descr.starts_with('>') ? std::endian::big : std::endian::little;
        const std::string_view type = descr.substr(descr.find_first_not_of("<>|=") == 1 ? 1 : 0);
        const std::optional<Element> element = element_of(type);
        if (!element) fail(at, "type " + quoted(descr), refusal(type));
        if (element_size(*element) > 1 && descr.starts_with('|'))
            fail(at, "type " + quoted(descr) + " without a byte order", "< or >");
        header.element = *element;
    }
    static std::optional<Element> element_of(std::string_view type) {
        constexpr std::pair<std::string_view, Element> types[] = {
            {"b1", Element::boolean}, {"u1", Element::uint8},   {"i1", Element::int8},   {"u2", Element::uint16},
            {"i2", Element::int16},   {"u4", Element::uint32},  {"i4", Element::int32},  {"u8", Element::uint64},
            {"i8", Element::int64},   {"f4", Element::float32}, {"f8", Element::float64}};
        for (const auto& [text, element] : types)
            if (text == type) return element;
        return std::nullopt;
    }
    static std::string refusal(std::string_view type) {
        const char kind = type.empty() ? ' ' : type[0];
        const char* const reason = kind == 'O'   ? "objects are pickles, which can run code; expected numbers"
                                   : kind == 'c' ? "complex numbers are not supported; expected real numbers"
                                   : kind == 'V' ? "raw records are not numbers; expected numbers"
                                   : kind == 'U' || kind == 'S' ? "text is not numbers; expected numbers"
                                   : kind == 'M' || kind == 'm' ? "dates are not numbers; expected numbers"
                                   : kind == 'f'                ? "f4 or f8: convert with array.astype('f4')"
                                                                : "b1, u1, i1 to i8, u2 to u8, f4 or f8";
        return reason;
    }

    std::string_view text_;
    std::size_t offset_;
    const std::string& name_;
    std::size_t at_ = 0;
};

}  // namespace

NpyHeader parse_npy_header(std::span<const std::byte> bytes, const std::string& name) {
    if (!is_npy(bytes))
        throw DataError(
            fmt::format("{}: byte 0: not a .npy file, expected \\x93NUMPY; file has {} bytes", name, bytes.size()));
    if (bytes.size() < 8)
        throw DataError(fmt::format("{}: truncated: .npy version expected, file has {} bytes", name, bytes.size()));
    const auto major = std::to_integer<unsigned>(bytes[6]), minor = std::to_integer<unsigned>(bytes[7]);
    if (major < 1 || major > 3 || minor != 0)
        throw DataError(
            fmt::format("{}: byte 6: found .npy version {}.{}, expected 1.0, 2.0 or 3.0", name, major, minor));
    const std::size_t start = major == 1 ? 10 : 12;
    if (bytes.size() < start)
        throw DataError(
            fmt::format("{}: truncated: .npy header length expected, file has {} bytes", name, bytes.size()));
    const std::size_t length = major == 1 ? read_value<std::uint16_t>(bytes.data() + 8, std::endian::little)
                                          : read_value<std::uint32_t>(bytes.data() + 8, std::endian::little);
    if (length > bytes.size() - start)
        throw DataError(fmt::format("{}: byte 8: found a header of {} bytes, but only {} follow: truncated or damaged",
                                    name, length, bytes.size() - start));
    NpyHeader header;
    header.size = start + length;
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + start, length);
    Dictionary(text, start, name).read(header);
    element_count(header.shape, element_size(header.element), header.size, bytes.size(), name);
    return header;
}

std::vector<std::byte> encode_npy_header(std::string_view type, std::span<const std::size_t> shape) {
    std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}", type,
                                     shape_text(shape, ", "), shape.size() == 1 ? "," : "");
    constexpr std::size_t start = 10, alignment = 64;
    const std::size_t end = (start + header.size() + 1 + alignment - 1) / alignment * alignment;
    header.resize(end - start - 1, ' ');
    header += '\n';
    std::vector<std::byte> bytes(end);
    const unsigned char head[start] = {0x93,
                                       'N',
                                       'U',
                                       'M',
                                       'P',
                                       'Y',
                                       1,
                                       0,
                                       static_cast<unsigned char>(header.size() & 255),
                                       static_cast<unsigned char>(header.size() >> 8)};
    std::memcpy(bytes.data(), head, start);
    std::memcpy(bytes.data() + start, header.data(), header.size());
    return bytes;
}

}  // namespace rbm
