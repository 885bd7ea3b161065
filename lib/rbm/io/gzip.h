// SPDX-License-Identifier: MIT
// gzip files (RFC 1952), strictly: checksum and length of every member, nothing missing, nothing after the last one.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "rbm/io/memory.h"

namespace rbm {

bool is_gzip(std::span<const std::byte> bytes);

/// The content; several members are one after the other.  Throws DataError naming `name` and the byte of the file
/// where it is damaged or cut, and when the content is larger than max_bytes.
std::vector<std::byte> gunzip(std::span<const std::byte> bytes, const std::string& name,
                              std::size_t max_bytes = memory_limit());

/// One member, without name and time: the same bytes for the same content.
std::vector<std::byte> encode_gzip(std::span<const std::byte> content);

}  // namespace rbm
