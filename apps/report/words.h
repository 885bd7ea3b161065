// SPDX-License-Identifier: MIT
// What pages say of machines in words.
#pragma once

#include <string>

#include "rbm/model/machine.h"

namespace rbm::app {

/// "784 bernoulli visible units and 500 bernoulli hidden units"
std::string machine_text(const Machine& machine);

}  // namespace rbm::app
