// SPDX-License-Identifier: MIT
// The sections of a report, as HTML.
#pragma once

#include <map>
#include <string>

#include "apps/report/document.h"
#include "apps/report/history.h"
#include "apps/report/measure.h"
#include "apps/report/metrics.h"
#include "rbm/io/model_file.h"

namespace rbm::app {

/// What a report is about.  References must outlive it.
struct ReportSource {
    std::string title;
    std::string summary;  ///< one line below the title
    const Model& model;   ///< how data are prepared, and what shape they have
    const Machine& machine;
    const Dataset& data;  ///< that it learned from, or that it is shown
    const Dataset* held_out = nullptr;
    const Chains& chains;  ///< to go on with, or none
    std::string data_name = "training";
    std::uint64_t seed = 1;
    Metrics metrics = {};
    std::string counted = "epoch";  ///< or "restart"
    const History* history = nullptr;
    std::uint64_t epoch = 0;
    std::string command = {};
    std::map<std::string, std::string> options = {};
    std::vector<std::vector<std::string>> facts = {};  ///< more rows, name and value
    std::vector<Sentence> sentences = {};              ///< that come first
    std::size_t reload = 0;
};

std::string learning_section(const Metrics& metrics, const std::string& counted);
std::string picture_section(const ReportSource& source, const Measured& measured);
std::string weight_section(const ReportSource& source, const Measured& measured);
std::string energy_section(const ReportSource& source, const Measured& measured);
std::string origin_section(const ReportSource& source);

/// What the numbers say, in words.
std::vector<Sentence> verdicts(const ReportSource& source, const Measured& measured);

}  // namespace rbm::app
