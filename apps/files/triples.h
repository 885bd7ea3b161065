// SPDX-License-Identifier: MIT
// Tables of who, what and how much, as rbm-data reads them.
#pragma once

#include <string>

#include "apps/files/data_file.h"

namespace rbm::app {

/// The table in `path`, gzip or not, with what is worth telling told; its words go into `beside`.  Two or three
/// `columns`, with commas between, are names or numbers from 1.
Dataset load_triples(const std::string& path, const std::string& columns, BesideData& beside);

}  // namespace rbm::app
