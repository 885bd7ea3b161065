// SPDX-License-Identifier: MIT
// Machines whose parameters lie in memory of the caller's: arrays of another language, files mapped into memory.
//
// The memory must be writable (of a file: mapped privately) and stay where it is until the machine is gone; any
// alignment will do.  Training and other writers of the machine write there.  So does an assignment to the machine, of
// one with the same shapes; a copy of the machine has memory of its own, and one moved from it takes the caller's
// along.
#pragma once

#include <functional>

#include "rbm/model/machine.h"

namespace rbm {

/// Where the `count` values of the parameter of that name lie ("weights" [V x H], "visible.bias" and so on, as in model
/// files), or an empty span for what stays the machine's own.
template <class Real>
using ParameterPlace = std::function<std::span<Real>(std::string_view name, std::size_t count)>;

/// From here on the parameters are what lies in these places.  Throws InvalidArgument, before any of them is, for
/// a place of another size.
template <class Real>
void borrow_parameters(BasicMachine<Real>& machine, const std::type_identity_t<ParameterPlace<Real>>& place);

}  // namespace rbm
