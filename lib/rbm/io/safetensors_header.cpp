// SPDX-License-Identifier: MIT
#include "rbm/io/safetensors_header.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "rbm/io/utf8.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

using nlohmann::json;

/// Receives the header token by token: nothing is built but what is kept, and no nesting is deeper than the format's.
class HeaderReader final : public json::json_sax_t {
  public:
    explicit HeaderReader(const std::string& file) : file_(file) {}
    SafetensorsHeader take() { return std::move(header_); }

    bool null() override { unexpected("null"); }
    bool boolean(bool value) override { unexpected(value ? "true" : "false"); }
    bool binary(binary_t&) override { unexpected("binary data"); }
    bool number_integer(number_integer_t value) override { bad_number(fmt::format("{}", value), "a negative number"); }
    bool number_float(number_float_t, const string_t& text) override {
        const char* kind = text.find_first_of("eE") != std::string::npos ? "a number with an exponent"
                           : text.find('.') != std::string::npos         ? "a fraction"
                                                                         : "a number beyond 64 bits";
        bad_number(text, kind);
    }
    bool number_unsigned(number_unsigned_t value) override {
        if (place_ == Place::shape) {
            if (entry().shape.size() == safetensors_most_dimensions)
                fault("{}: more than {} dimensions", tensor(), safetensors_most_dimensions);
            entry().shape.push_back(value);
        } else if (place_ == Place::offsets) {
            if (offsets_ == 2) fault("{}: data_offsets has more than 2 numbers", tensor());
            (offsets_++ == 0 ? entry().begin : entry().end) = value;
        } else {
            unexpected(fmt::format("the number {}", value));
        }
        return true;
    }
    bool string(string_t& value) override {
        if (place_ == Place::metadata)
            header_.metadata[key_] = std::move(value);
        else if (place_ == Place::entry && key_ == "dtype")
            entry().dtype = std::move(value);
        else
            unexpected("the string " + in_quotes(value));
        return true;
    }

    bool start_object(std::size_t) override {
        if (place_ == Place::start)
            place_ = Place::root;
        else if (place_ == Place::root && key_ == "__metadata__")
            place_ = Place::metadata;
        else if (place_ == Place::root) {
            place_ = Place::entry;
            header_.entries.emplace_back().name = key_;
            seen_.fill(false);
        } else
            unexpected("an object");
        return true;
    }
    bool key(string_t& name) override {
        if (place_ == Place::root && !names_.insert(name).second) fault("the name {} appears twice", in_quotes(name));
        if (place_ == Place::metadata && !header_.metadata.emplace(name, "").second)
            fault("__metadata__: the key {} appears twice", in_quotes(name));
        if (place_ == Place::entry) {
            std::size_t which = 0;
            while (which < entry_keys.size() && entry_keys[which] != name) ++which;
            if (which == entry_keys.size())
                fault("{}: unknown key {}, expected dtype, shape and data_offsets", tensor(), in_quotes(name));
            if (std::exchange(seen_[which], true)) fault("{}: the key {} appears twice", tensor(), name);
        }
        key_ = std::move(name);
        return true;
    }
    bool end_object() override {
        if (place_ == Place::entry)
            for (std::size_t which = 0; which < entry_keys.size(); ++which)
                if (!seen_[which]) fault("{}: the key {} is missing", tensor(), entry_keys[which]);
        place_ = place_ == Place::root ? Place::start : Place::root;
        return true;
    }
    bool start_array(std::size_t) override {
        if (place_ == Place::entry && key_ == "shape")
            place_ = Place::shape;
        else if (place_ == Place::entry && key_ == "data_offsets")
            place_ = Place::offsets, offsets_ = 0;
        else
            unexpected("an array");
        return true;
    }
    bool end_array() override {
        if (place_ == Place::offsets && offsets_ != 2)
            fault("{}: data_offsets has {} numbers, expected 2", tensor(), offsets_);
        place_ = Place::entry;
        return true;
    }
    bool parse_error(std::size_t position, const std::string& token, const json::exception&) override {
        fault("not JSON at byte {} of the header, near {}", position, in_quotes(token));
    }

  private:
    enum class Place { start, root, metadata, entry, shape, offsets };
    static constexpr std::array<std::string_view, 3> entry_keys{"dtype", "shape", "data_offsets"};

    template <class... Args>
    [[noreturn]] void fault(fmt::format_string<Args...> text, Args&&... values) const {
        throw DataError(
            fmt::format("{}: safetensors header: {}", file_, fmt::format(text, std::forward<Args>(values)...)));
    }
    [[noreturn]] void unexpected(const std::string& found) const {
        switch (place_) {
            case Place::start:
                fault("found {}, expected an object", found);
            case Place::root:
                if (key_ == "__metadata__") fault("__metadata__ is {}, expected an object of strings", found);
                fault("tensor {} is {}, expected an object", in_quotes(key_), found);
            case Place::metadata:
                fault("__metadata__: {} is {}, expected a string", in_quotes(key_), found);
            case Place::entry:
                fault("{}: {} is {}, expected {}", tensor(), key_, found,
                      key_ == "dtype" ? "a string" : "an array of whole numbers");
            case Place::shape:
                fault("{}: shape holds {}, expected whole numbers", tensor(), found);
            case Place::offsets:
                fault("{}: data_offsets holds {}, expected whole numbers", tensor(), found);
        }
        std::abort();
    }
    [[noreturn]] void bad_number(const std::string& text, const char* kind) const {
        unexpected(fmt::format("{}, {}", text.substr(0, 40), kind));
    }
    SafetensorsEntry& entry() { return header_.entries.back(); }
    std::string tensor() const { return "tensor " + in_quotes(header_.entries.back().name); }

    const std::string& file_;
    SafetensorsHeader header_;
    std::set<std::string> names_;
    std::string key_;
    std::array<bool, 3> seen_{};
    std::size_t offsets_ = 0;
    Place place_ = Place::start;
};

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view text, const std::string& file) {
    if (text.empty() || text.front() != '{')
        throw DataError(fmt::format("{}: safetensors header begins with {}, expected an opening brace", file,
                                    in_quotes(text.substr(0, 1))));
    // The parser takes a NUL for the end of the text, and would not look behind it.
    if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos)
        throw DataError(fmt::format("{}: safetensors header has a NUL at byte {}", file, nul));
    if (const std::size_t bad = find_invalid_utf8(text); bad != std::string_view::npos)
        throw DataError(fmt::format("{}: safetensors header is not UTF-8 at byte {}", file, bad));
    HeaderReader reader(file);
    json::sax_parse(text.begin(), text.end(), &reader);
    return reader.take();
}

std::size_t safetensors_element_size(std::string_view dtype) {
    static const std::map<std::string_view, std::size_t> sizes{
        {"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I64", 8}, {"I32", 4}, {"I16", 2},
        {"I8", 1},  {"U64", 8}, {"U32", 4}, {"U16", 2},  {"U8", 1},  {"BOOL", 1}};
    const auto found = sizes.find(dtype);
    return found == sizes.end() ? 0 : found->second;
}

}  // namespace rbm
