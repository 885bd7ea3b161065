// SPDX-License-Identifier: MIT
// Sparse rows as svmlight and libsvm write them: "label index:value index:value ...", # and what follows is a comment.
//
// Indices count columns from 1; from 0 where an index 0 occurs or a comment of scikit-learn's says so.  "qid:7" is read
// over.  Errors: DataError "file:17: entry 3: found ..., expected ...".
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "rbm/data/dataset.h"

namespace rbm {

/// Whether the first line with an entry looks like these.
bool is_svmlight(std::span<const std::byte> bytes);

struct SvmlightRows {
    Dataset data;  ///< sparse; as many columns as the largest index says, and maybe more: open_width()
    std::vector<double> labels;
    bool from_zero = false;  ///< how the indices count
};
SvmlightRows parse_svmlight(std::span<const std::byte> bytes, const std::string& name);

/// Indices from 1.  Where no row has an entry in the last column, the first one gets a 0 there, so that readers see how
/// many columns there are.  Without labels all of them are 0.
std::vector<std::byte> encode_svmlight(const Dataset& data, std::span<const double> labels = {});

}  // namespace rbm
