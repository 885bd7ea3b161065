// SPDX-License-Identifier: MIT
#include "rbm/model/units.h"

#include <fmt/format.h>

#include <array>
#include <concepts>

#include "rbm/kernels/error.h"

namespace rbm {
namespace {

template <class Bank>
constexpr bool takes_states = std::constructible_from<Bank, std::size_t, std::size_t>;

constexpr auto rows_of_kinds = [] {
    std::array<UnitRow, std::variant_size_v<Units>> rows;
    std::size_t next = 0;
    each_kind<float>([&]<class Bank>(std::type_identity<Bank>) {
        UnitRow& row = rows[next++];
        static_cast<UnitFacts&>(row) = Bank::facts;
        row.name = Bank::name;
        row.discrete = Bank::discrete;
        row.has_states = takes_states<Bank>;
        for (const Parameter& each : Bank::parameters()) row.has_log_scale |= each.role == Role::log_scale;
    });
    return rows;
}();

}  // namespace

std::span<const UnitRow> unit_rows() { return rows_of_kinds; }

const UnitRow& unit_row(std::string_view name) {
    std::string names;
    for (const UnitRow& row : rows_of_kinds) {
        if (row.name == name) return row;
        names += fmt::format("{}{}", names.empty() ? "" : &row == &rows_of_kinds.back() ? " or " : ", ", row.name);
    }
    throw InvalidArgument(fmt::format("unit kind '{}': expected {}", name, names));
}

template <class Real>
BasicUnits<Real> make_units(std::string_view name, std::size_t sites, std::size_t states) {
    const UnitRow* const wanted = &unit_row(name);
    const UnitRow* row = rows_of_kinds.data();
    BasicUnits<Real> made;
    each_kind<Real>([&]<class Bank>(std::type_identity<Bank>) {
        if (row++ != wanted) return;
        if constexpr (takes_states<Bank>)
            made = Bank(sites, states);
        else
            made = Bank(sites);
    });
    return made;
}

template <class Real>
std::string name_with_states(const BasicUnits<Real>& units) {
    if (site_width(units) == 1) return std::string(kind(units));
    return fmt::format("{} ({} states)", kind(units), site_width(units));
}

template BasicUnits<float> make_units(std::string_view, std::size_t, std::size_t);
template BasicUnits<double> make_units(std::string_view, std::size_t, std::size_t);
template std::string name_with_states(const BasicUnits<float>&);
template std::string name_with_states(const BasicUnits<double>&);

}  // namespace rbm
