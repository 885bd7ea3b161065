// SPDX-License-Identifier: MIT
#include "apps/dream/dream_page.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apps/files/labels.h"
#include "apps/report/assets.h"
#include "apps/report/base64.h"
#include "apps/report/words.h"
#include "rbm/io/sheet.h"
#include "rbm/kernels/error.h"
#include "rbm/model/labels.h"

namespace rbm::app {
namespace {

using Json = nlohmann::ordered_json;

std::string script_name(const Units& units) { return fmt::format("dream/page/units/{}.js", kind(units)); }

void require_script(const Units& units) {
    if (!find_asset(script_name(units)))
        throw Unsupported(fmt::format("a page cannot run chains of {} units; write .png or .gif", kind(units)));
}

Json described(const Units& units) {
    Json bank = {{"kind", kind(units)}, {"count", width(units)}, {"states", site_width(units)}};
    each_parameter(units, [&](const Parameter& parameter, std::span<const float> values) {
        bank["parameters"][std::string(parameter.name)] = base64(values);
    });
    return bank;
}

Json described(const Model& model, const DreamPage& settings) {
    const Machine& machine = model.machine;
    const StateForm form = state_form(machine.visible);
    Json page = {{"visible", described(machine.visible)},
                 {"hidden", described(machine.hidden)},
                 {"weights", base64(machine.weights.values())},
                 {"range", form.discrete ? Json{form.low, form.high} : Json(nullptr)},
                 {"labels", Json::array()},
                 {"label", settings.label ? Json(*settings.label) : Json(nullptr)},
                 {"chains", settings.chains},
                 {"beta", settings.beta},
                 {"seed", settings.seed},
                 {"show", settings.means ? "means" : "states"}};
    if (site_width(machine.visible) == 1) {
        const ImageShape shape =
            model.image == ImageShape{} ? squarest(machine.visible_count() - model.labels.size()) : model.image;
        page["image"] = {{"height", shape.height}, {"width", shape.width}, {"planes", shape.planes()}};
    }
    if (!model.labels.empty()) {
        const auto [off, on] = label_values(machine.visible, "labels");
        page["label_values"] = {off, on};
        for (const std::uint32_t label : model.labels) page["labels"].push_back(label_text(model, label));
    }
    if (!model.letters.empty()) page["letters"] = model.letters;
    if (!model.preparation.mean.empty()) {
        page["mean"] = base64(model.preparation.mean);
        page["scale"] = base64(model.preparation.scale);
    }
    if (settings.start.rows() > 0) page["start"] = base64(settings.start.values());
    return page;
}

/// JSON that cannot end the element that it stands in.
std::string script_text(const Json& object) {
    std::string text;
    for (const char c : object.dump(-1, ' ', false, Json::error_handler_t::replace)) {
        if (c == '<')
            text += "\\u003c";
        else
            text += c;
    }
    return text;
}

}  // namespace

std::string dream_page(const Model& model, const DreamPage& settings) {
    const Machine& machine = model.machine;
    require_script(machine.visible);
    require_script(machine.hidden);
    if (machine.weights.values().size() > most_page_weights)
        throw Unsupported(fmt::format("a page holds at most {} weights, this machine has {}; write .png or .gif",
                                      most_page_weights, machine.weights.values().size()));
    std::vector<std::string> names = {"dream/page/machine.js", script_name(machine.visible), "dream/page/picture.js",
                                      "dream/page/trace.js", "dream/page/dream.js"};
    if (script_name(machine.hidden) != names[1]) names.insert(names.begin() + 1, script_name(machine.hidden));
    std::string scripts;
    for (const std::string& name : names) scripts += fmt::format("<script>\n{}</script>\n", asset(name));
    const std::string title = escaped("Dreams of " + settings.title),
                      style = fmt::format("{}{}", asset("report/page/base.css"), asset("dream/page/dream.css"));
    return filled(asset("dream/page/dream.html"), {{"title", title},
                                                   {"style", style},
                                                   {"summary", escaped(machine_text(machine))},
                                                   {"machine", script_text(described(model, settings))},
                                                   {"scripts", scripts}});
}

}  // namespace rbm::app
