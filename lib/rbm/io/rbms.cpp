// SPDX-License-Identifier: MIT
#include "rbm/io/rbms.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "rbm/io/elements.h"
#include "rbm/io/npy.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

struct Kind {
    const char* type;
    bool has_states;  ///< an axis of them, between visible and hidden units
    Machine (*make)(std::size_t sites, std::size_t states, std::size_t hidden);
};

constexpr Kind kinds[] = {
    {"BBRBM", false,
     [](std::size_t sites, std::size_t, std::size_t hidden) { return Machine(Bernoulli(sites), Bernoulli(hidden)); }},
    {"IIRBM", false,
     [](std::size_t sites, std::size_t, std::size_t hidden) { return Machine(Spin(sites), Spin(hidden)); }},
    {"PBRBM", true, [](std::size_t sites, std::size_t states, std::size_t hidden) {
         return Machine(Potts(sites, states), Bernoulli(hidden));
     }}};

bool has_kind(const Machine& machine, const Kind& of) {
    const Machine one = of.make(1, 2, 1);
    return kind(one.visible) == kind(machine.visible) && kind(one.hidden) == kind(machine.hidden);
}

std::uint64_t last_update(const Hdf5File& file, std::size_t& updates) {
    constexpr std::string_view start = "update_";
    std::uint64_t last = 0;
    for (const std::string& name : file.names_in("")) {
        std::uint64_t number = 0;
        if (!name.starts_with(start)) continue;
        const char* const end = name.data() + name.size();
        const auto result = std::from_chars(name.data() + start.size(), end, number);
        if (result.ec != std::errc{} || result.ptr != end || name != fmt::format("{}{}", start, number)) continue;
        ++updates;
        last = std::max(last, number);
    }
    if (updates == 0)
        throw DataError(
            fmt::format("{}: found no group update_N, expected a machine of the package rbms", file.name()));
    return last;
}

class Parameters {
  public:
    Parameters(const Hdf5File& file, std::uint64_t update)
        : file_(file), group_(fmt::format("update_{}/params", update)) {
        for (const std::string& name : file.names_in(group_))
            if (name != "weight_matrix" && name != "vbias" && name != "hbias")
                throw DataError(
                    fmt::format("{}:{}/{}: this parameter is not known, expected weight_matrix, vbias and "
                                "hbias",
                                file.name(), group_, name));
    }
    NpyArray get(const std::string& name) const {
        NpyArray array = parse_npy(file_.npy(group_ + "/" + name), place(name));
        for (std::size_t i = 0; i < array.values.size(); ++i)
            if (!std::isfinite(static_cast<float>(array.values[i])))
                throw DataError(
                    fmt::format("{}: element {}: found {}, expected a finite number", place(name), i, array.values[i]));
        return array;
    }
    void fill(const std::string& name, const NpyArray& array, const std::vector<std::size_t>& shape,
              std::span<float> out) const {
        if (array.shape != shape)
            throw DataError(fmt::format("{}: found a shape of {}, expected {}", place(name), shape_text(array.shape),
                                        shape_text(shape)));
        std::ranges::transform(array.values, out.begin(), [](double value) { return static_cast<float>(value); });
    }
    std::string place(const std::string& name) const { return fmt::format("{}:{}/{}", file_.name(), group_, name); }

  private:
    const Hdf5File& file_;
    std::string group_;
};

}  // namespace

bool is_rbms(const Hdf5File& file) { return file.word("model_type").has_value(); }

RbmsMachine read_rbms(const Hdf5File& file) {
    RbmsMachine found;
    found.type = file.word("model_type").value_or("");
    const auto row = std::ranges::find(kinds, found.type, [](const Kind& one) -> std::string_view { return one.type; });
    if (row == std::end(kinds))
        throw DataError(fmt::format("{}: found a machine of type {}, expected one of rbms' BBRBM, IIRBM and PBRBM",
                                    file.name(), rbm::quoted(found.type)));
    found.update = last_update(file, found.updates);
    const Parameters parameters(file, found.update);
    const NpyArray weights = parameters.get("weight_matrix");
    const std::size_t dimensions = row->has_states ? 3 : 2;
    if (weights.shape.size() != dimensions || std::ranges::count(weights.shape, 0U) > 0)
        throw DataError(fmt::format("{}: found a shape of {}, expected [visible, {}hidden], none of length 0",
                                    parameters.place("weight_matrix"), shape_text(weights.shape),
                                    row->has_states ? "states, " : ""));
    const std::size_t sites = weights.shape[0], hidden = weights.shape.back();
    try {
        found.model.machine = row->make(sites, row->has_states ? weights.shape[1] : 1, hidden);
    } catch (const InvalidArgument& error) {
        throw DataError(fmt::format("{}: {}", parameters.place("weight_matrix"), error.what()));
    }
    const std::vector<std::size_t> before(weights.shape.begin(), weights.shape.end() - 1);
    found.model.machine.each_parameter([&](const Parameter& of, std::span<float> values) {
        if (of.name == "weights")
            parameters.fill("weight_matrix", weights, weights.shape, values);
        else if (of.name == "visible.bias")
            parameters.fill("vbias", parameters.get("vbias"), before, values);
        else
            parameters.fill("hbias", parameters.get("hbias"), {hidden}, values);
    });
    found.model.preparation = default_preparation(found.model.machine.visible);
    return found;
}

std::vector<std::byte> encode_rbms(const Machine& machine) {
    const auto found = std::ranges::find_if(kinds, [&](const Kind& one) { return has_kind(machine, one); });
    if (found == std::end(kinds))
        throw Unsupported(
            fmt::format("the package rbms has no machine with {} visible and {} hidden units; it has Bernoulli with "
                        "Bernoulli, spin with spin, and Potts with Bernoulli hidden units",
                        kind(machine.visible), kind(machine.hidden)));
    std::vector<std::size_t> sites = {site_count(machine.visible)};
    if (found->has_states) sites.push_back(site_width(machine.visible));
    std::vector<std::size_t> both = sites;
    both.push_back(machine.hidden_count());
    std::vector<Hdf5Item> items = {{"model_type", {}, {}, found->type}};
    machine.each_parameter([&](const Parameter& of, std::span<const float> values) {
        if (of.name == "weights")
            items.push_back({"update_1/params/weight_matrix", both, values, {}});
        else if (of.name == "visible.bias")
            items.push_back({"update_1/params/vbias", sites, values, {}});
        else
            items.push_back({"update_1/params/hbias", {machine.hidden_count()}, values, {}});
    });
    return encode_hdf5(items);
}

}  // namespace rbm
