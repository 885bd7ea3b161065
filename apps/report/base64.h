// SPDX-License-Identifier: MIT
// Bytes in texts: base64 (RFC 4648), and what pages hold in it.
#pragma once

#include <span>
#include <string>

#include "rbm/io/picture.h"

namespace rbm::app {

std::string base64(std::span<const std::byte> bytes);
/// float32, little-endian.
std::string base64(std::span<const float> values);
/// "data:image/png;base64,..."
std::string png_address(const Picture& picture);
std::string png_address(std::span<const std::byte> png);

}  // namespace rbm::app
