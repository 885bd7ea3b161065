// SPDX-License-Identifier: MIT
// MatrixMarket files (.mtx): coordinates stay sparse, arrays are read as tables; real, integer and pattern, general.
// Symmetric ones, of which only a half is written, are not rows of samples and are refused, and so are complex ones.
//
// Errors: DataError "file:17: found ..., expected ...".
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "rbm/data/dataset.h"

namespace rbm {

bool is_matrix_market(std::span<const std::byte> bytes);

Dataset parse_matrix_market(std::span<const std::byte> bytes, const std::string& name);

}  // namespace rbm
