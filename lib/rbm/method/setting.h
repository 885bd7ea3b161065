// SPDX-License-Identifier: MIT
// One number or word that a method can be given: what command lines, help pages and bindings know of it.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rbm {

/// Numbers from low to high, with or without the ends.
struct SettingRange {
    double low = -std::numeric_limits<double>::infinity();
    double high = std::numeric_limits<double>::infinity();
    bool without_low = false;
    bool without_high = false;

    bool contains(double x) const {
        return (without_low ? x > low : x >= low) && (without_high ? x < high : x <= high);
    }
    std::string text() const;  ///< "a number from 0 to 1"
};

struct Setting {
    enum class Kind { count, real, word };

    std::string name;  ///< "noise-sigma": the option's name; in Python noise_sigma
    std::string help;
    Kind kind = Kind::count;
    std::string fallback = {};       ///< the default as text; empty: there is none
    std::string shown_default = {};  ///< what a page says instead of `fallback`: "the batch size"

    std::uint64_t least = 0;  ///< of a count
    std::uint64_t most = std::numeric_limits<std::size_t>::max();
    SettingRange range = {};              ///< of a real number
    bool precise = false;                 ///< a real number that is kept in double, not in float
    std::vector<std::string> words = {};  ///< one of these
};

/// Values of settings by name, as text in its shortest form.
class SettingValues {
  public:
    SettingValues() = default;
    /// The defaults; settings without one are left out.
    explicit SettingValues(const std::vector<Setting>& settings);

    void set(std::string_view name, std::string text) { texts_.insert_or_assign(std::string(name), std::move(text)); }
    /// Empty when there is none.
    std::string text(std::string_view name) const;

    // These throw InvalidArgument, naming the setting, unless it has a value of that type.
    std::size_t count(std::string_view name) const;
    float real(std::string_view name) const;
    double precise(std::string_view name) const;
    std::optional<std::size_t> optional_count(std::string_view name) const;

    bool operator==(const SettingValues&) const = default;

  private:
    std::map<std::string, std::string, std::less<>> texts_;
};

/// Each setting of the rows once, in the order in which they first come.
template <class Row>
std::vector<Setting> settings_of(const std::vector<Row>& rows) {
    std::vector<Setting> all;
    for (const Row& row : rows)
        for (const Setting& one : row.settings) {
            bool known = false;
            for (const Setting& other : all) known = known || other.name == one.name;
            if (!known) all.push_back(one);
        }
    return all;
}

/// Whether the row has a setting of this name.
template <class Row>
bool has_setting(const Row& row, std::string_view name) {
    for (const Setting& one : row.settings)
        if (one.name == name) return true;
    return false;
}

/// As a person lists them: "pcd, fpcd and tempering".
std::string listed(const std::vector<std::string>& names);
/// Throws InvalidArgument: "sampler 'x': expected one of gibbs and tempering".
[[noreturn]] void throw_unknown(std::string_view what, std::string_view name, const std::vector<std::string>& names);

template <class Row>
std::vector<std::string> names_of(const std::vector<Row>& rows) {
    std::vector<std::string> names;
    for (const Row& row : rows) names.push_back(row.name);
    return names;
}

/// The row of this name.  Throws InvalidArgument, which lists those there are; `what` is what rows are called.
template <class Row>
const Row& row_named(const std::vector<Row>& rows, std::string_view name, std::string_view what) {
    for (const Row& row : rows)
        if (row.name == name) return row;
    throw_unknown(what, name, names_of(rows));
}

/// The names of the rows that have this setting.
template <class Row>
std::string rows_with(const std::vector<Row>& rows, std::string_view setting) {
    std::vector<std::string> names;
    for (const Row& row : rows)
        if (has_setting(row, setting)) names.push_back(row.name);
    return listed(names);
}

}  // namespace rbm
