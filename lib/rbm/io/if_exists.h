// SPDX-License-Identifier: MIT
// What becomes of a file that is there already when one is to be written under its name.
#pragma once

namespace rbm {

enum class IfExists {
    refuse,  ///< it stays: FileExists
    replace  ///< the new one takes its place, whole or not at all
};

}  // namespace rbm
