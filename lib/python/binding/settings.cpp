// SPDX-License-Identifier: MIT
// Keyword arguments as the settings of a method's row.
#include <fmt/format.h>

#include <algorithm>

#include "binding.h"
#include "rbm/kernels/error.h"

namespace rbm::python {
namespace {

std::string keyword_of(std::string name) {
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

std::string expected(const Setting& setting) {
    switch (setting.kind) {
        case Setting::Kind::count:
            return fmt::format("a whole number of at least {}", setting.least);
        case Setting::Kind::real:
            return setting.range.text();
        case Setting::Kind::word:
            break;
    }
    return "one of " + listed(setting.words);
}

/// Nothing where the value is none of the setting's.
std::optional<std::string> text_of(const Setting& setting, const py::handle& value) {
    switch (setting.kind) {
        case Setting::Kind::count: {
            if (!PyIndex_Check(value.ptr())) return {};
            const auto whole = py::reinterpret_steal<py::object>(PyNumber_Index(value.ptr()));
            const unsigned long long count = PyLong_AsUnsignedLongLong(whole.ptr());
            if (PyErr_Occurred() != nullptr) {
                PyErr_Clear();
                return {};
            }
            return count >= setting.least && count <= setting.most ? std::optional(fmt::format("{}", count))
                                                                   : std::nullopt;
        }
        case Setting::Kind::real: {
            const double number = PyFloat_AsDouble(value.ptr());
            if (PyErr_Occurred() != nullptr) {
                PyErr_Clear();
                return {};
            }
            if (!setting.range.contains(number)) return {};
            return setting.precise ? fmt::format("{}", number) : fmt::format("{}", static_cast<float>(number));
        }
        case Setting::Kind::word:
            break;
    }
    if (!py::isinstance<py::str>(value)) return {};
    const auto word = value.cast<std::string>();
    return std::ranges::find(setting.words, word) != setting.words.end() ? std::optional(word) : std::nullopt;
}

}  // namespace

SettingValues settings_from(const py::dict& given, const std::vector<Setting>& known, const std::string& what) {
    SettingValues values(known);
    for (const auto& [key, value] : given) {
        const auto keyword = key.cast<std::string>();
        const auto found =
            std::ranges::find_if(known, [&](const Setting& one) { return keyword_of(one.name) == keyword; });
        if (found == known.end()) {
            std::vector<std::string> names;
            for (const Setting& one : known) names.push_back(keyword_of(one.name));
            throw InvalidArgument(names.empty()
                                      ? fmt::format("{} has no settings, found {}", what, keyword)
                                      : fmt::format("{} has no setting {}: it has {}", what, keyword, listed(names)));
        }
        const auto text = text_of(*found, value);
        if (!text)
            throw InvalidArgument(fmt::format("{}: {} is {}, expected {}", what, keyword,
                                              py::repr(value).cast<std::string>(), expected(*found)));
        values.set(found->name, *text);
    }
    return values;
}

}  // namespace rbm::python
