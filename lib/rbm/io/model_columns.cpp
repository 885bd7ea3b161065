// SPDX-License-Identifier: MIT
#include "rbm/io/model_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "rbm/kernels/error.h"

namespace rbm {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* columns_key = "data.columns";
constexpr const char* label_words_key = "labels.words";
constexpr const char* label_column_key = "labels.column";

[[noreturn]] void refuse_metadata(const Tensors& file, const char* key, const std::string& expected) {
    throw DataError(fmt::format("{}: metadata {}: expected {}", file.source, key, expected));
}

/// The metadata of this key as JSON; null where there is none.
Json parsed(const Tensors& file, const char* key) {
    const auto found = file.metadata.find(key);
    if (found == file.metadata.end()) return nullptr;
    constexpr int deepest = 3;  // of lists and objects in one another: no more is needed, and none is built
    bool too_deep = false;
    const auto not_deeper = [&](int depth, Json::parse_event_t, Json&) {
        too_deep = too_deep || depth > deepest;
        return !too_deep;
    };
    Json value = Json::parse(found->second, not_deeper, false);
    if (too_deep || value.is_discarded() || value.is_null()) refuse_metadata(file, key, "JSON");
    return value;
}

/// What messages can show in a line.
std::string word_in(const Tensors& file, const char* key, const Json& word) {
    if (!word.is_string()) refuse_metadata(file, key, "a word");
    std::string text = word.get<std::string>();
    if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
        refuse_metadata(file, key, "words without control characters");
    return text;
}

std::vector<std::string> words_in(const Tensors& file, const char* key, const Json& list) {
    std::vector<std::string> words;
    if (!list.is_array()) refuse_metadata(file, key, "a list of words");
    for (const Json& word : list) {
        words.push_back(word_in(file, key, word));
    }
    std::vector<std::string> sorted = words;
    std::ranges::sort(sorted);
    if (std::ranges::adjacent_find(sorted) != sorted.end()) refuse_metadata(file, key, "words that differ");
    return words;
}

Column column_in(const Tensors& file, const Json& object) {
    Column column;
    if (!object.is_object()) refuse_metadata(file, columns_key, "a list of objects with a name");
    for (const auto& [key, value] : object.items()) {
        if (key == "name")
            column.name = word_in(file, columns_key, value);
        else if (key == "words")
            column.words = words_in(file, columns_key, value);
    }
    return column;
}

}  // namespace

void add_columns(Tensors& file, const Model& model) {
    if (!model.columns.empty()) {
        Json list = Json::array();
        for (const Column& column : model.columns) {
            Json object = {{"name", column.name}};
            if (!column.words.empty()) object["words"] = column.words;
            list.push_back(std::move(object));
        }
        file.metadata[columns_key] = list.dump();
    }
    if (!model.label_words.empty()) file.metadata[label_words_key] = Json(model.label_words).dump();
    if (!model.label_column.empty()) file.metadata[label_column_key] = model.label_column;
}

void read_columns(const Tensors& file, Model& model) {
    const std::size_t width = site_width(model.machine.visible);
    if (const Json list = parsed(file, columns_key); !list.is_null()) {
        const std::size_t sites = site_count(model.machine.visible) - model.labels.size();
        if (!list.is_array() || list.size() != sites)
            refuse_metadata(file, columns_key, fmt::format("a list of {} columns", sites));
        for (const Json& object : list) model.columns.push_back(column_in(file, object));
        for (const Column& column : model.columns)
            if (width > 1 && column.words.size() > width)
                refuse_metadata(file, columns_key, fmt::format("at most {} words, the states of a site", width));
    }
    if (const Json list = parsed(file, label_words_key); !list.is_null()) {
        model.label_words = words_in(file, label_words_key, list);
        if (model.label_words.size() != model.labels.size())
            refuse_metadata(file, label_words_key,
                            fmt::format("a word for each of the {} labels", model.labels.size()));
    }
    if (const auto found = file.metadata.find(label_column_key); found != file.metadata.end())
        model.label_column = word_in(file, label_column_key, found->second);
}

}  // namespace rbm
