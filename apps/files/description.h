// SPDX-License-Identifier: MIT
// rbm-data FILE --describe: what a file holds, and how the programs would read it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/files/suggestion.h"
#include "rbm/data/dataset.h"

namespace rbm::app {

class Description {
  public:
    /// Reads the file as the programs do, and takes missing values as they come.  Throws as they do.
    explicit Description(const std::string& path);

    /// For people; lines up.
    std::string text() const;
    /// One object, stable keys; null for what there is not.
    std::string json() const;

  private:
    /// What a kind of units would make of it.
    struct Reading {
        std::string units;
        bool works = false;
        std::string how;  ///< or why not
    };
    /// An array of a file that has several.
    struct Part {
        std::string name;
        std::vector<std::size_t> shape;
        std::string type;
    };
    void read();
    std::vector<Part> parts() const;
    void take_label_out();
    void try_units();
    std::vector<std::string> commands() const;
    std::string parts_text() const;
    std::vector<std::string> parts_commands() const;

    std::string path_, format_, type_, svmlight_labels_;
    std::vector<Part> parts_;           ///< of a file of several, where none is named: then nothing else is known
    std::optional<std::string> label_;  ///< the column that is left out of data_
    Dataset data_;
    ValueFacts facts_;
    Suggestion suggestion_;
    std::vector<Reading> readings_;
};

}  // namespace rbm::app
