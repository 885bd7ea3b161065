// SPDX-License-Identifier: MIT
// Zip archives as far as .npz needs them: stored and deflated members, zip64.  Not installed.
//
// Errors: DataError naming `name`, the member or byte, what was found and what was expected.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rbm {

bool is_zip(std::span<const std::byte> bytes);

struct ZipMember {
    std::string name;
    bool deflated = false;
    std::uint32_t checksum = 0;
    std::span<const std::byte> packed;
    std::size_t size = 0;  ///< unpacked, as the archive claims
};

/// As the directory at the end lists them; nothing is unpacked.
std::vector<ZipMember> zip_members(std::span<const std::byte> bytes, const std::string& name);

/// The content, its length and checksum compared.  A claim that deflate cannot keep costs no memory.
std::vector<std::byte> unzip(const ZipMember& member, const std::string& name);

/// Writes members one after the other, deflated and without times: the same bytes for the same content.
class ZipWriter {
  public:
    void add(const std::string& member, std::span<const std::byte> content);
    /// The archive, complete.
    std::vector<std::byte> finish();

  private:
    std::vector<std::byte> bytes_, directory_;
    std::size_t members_ = 0;
};

}  // namespace rbm
