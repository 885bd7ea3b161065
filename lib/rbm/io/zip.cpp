// SPDX-License-Identifier: MIT
#include "rbm/io/zip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

#include "rbm/io/deflate.h"
#include "rbm/io/elements.h"
#include "rbm/io/memory.h"
#include "rbm/io/utf8.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

constexpr std::size_t zlib_piece = std::size_t{1} << 30;  // zlib counts in 32 bits
constexpr std::size_t local_header = 30, central_header = 46, end_record = 22, locator = 20, end_record_64 = 56;
constexpr std::uint32_t local_mark = 0x04034b50, central_mark = 0x02014b50, end_mark = 0x06054b50,
                        locator_mark = 0x07064b50, end_mark_64 = 0x06064b50;

/// Little-endian numbers of a file, each asked to lie inside.
class ZipBytes {
  public:
    ZipBytes(std::span<const std::byte> bytes, const std::string& name) : bytes_(bytes), name_(name) {}

    [[noreturn]] void fail(std::size_t at, const std::string& what) const {
        throw DataError(fmt::format("{}: byte {}: {}", name_, at, what));
    }
    void require(std::size_t at, std::size_t size, const char* what) const {
        if (at > bytes_.size() || size > bytes_.size() - at)
            fail(std::min(at, bytes_.size()),
                 fmt::format("damaged or truncated zip archive: {} lies beyond the end of the file", what));
    }
    template <class T>
    T number(std::size_t at) const {
        require(at, sizeof(T), "a number");
        return read_value<T>(bytes_.data() + at, std::endian::little);
    }
    std::uint16_t two(std::size_t at) const { return number<std::uint16_t>(at); }
    std::uint32_t four(std::size_t at) const { return number<std::uint32_t>(at); }
    std::size_t eight(std::size_t at) const { return number<std::uint64_t>(at); }
    void require_mark(std::size_t at, std::uint32_t mark, const char* what) const {
        if (four(at) != mark) fail(at, fmt::format("damaged zip archive: expected {}", what));
    }
    std::string text(std::size_t at, std::size_t size) const {
        require(at, size, "a name");
        return {reinterpret_cast<const char*>(bytes_.data()) + at, size};
    }
    std::span<const std::byte> part(std::size_t at, std::size_t size, const char* what) const {
        require(at, size, what);
        return bytes_.subspan(at, size);
    }
    std::size_t size() const { return bytes_.size(); }

  private:
    std::span<const std::byte> bytes_;
    const std::string& name_;
};

struct Directory {
    std::size_t members = 0, at = 0, size = 0;
};

std::size_t find_end_record(const ZipBytes& file) {
    constexpr std::size_t longest_comment = 65535;
    for (std::size_t comment = 0; comment <= longest_comment && end_record + comment <= file.size(); ++comment) {
        const std::size_t at = file.size() - end_record - comment;
        if (file.four(at) == end_mark && file.two(at + 20) == comment) return at;
    }
    file.fail(file.size(), "damaged or truncated zip archive: its directory, at the end of the file, is missing");
}

Directory find_directory(const ZipBytes& file) {
    const std::size_t at = find_end_record(file);
    Directory found{file.two(at + 10), file.four(at + 16), file.four(at + 12)};
    if (file.two(at + 4) != 0 && file.two(at + 4) != 0xffff) file.fail(at, "a part of a zip archive in several files");
    if (at >= locator && file.four(at - locator) == locator_mark) {
        const std::size_t large = file.eight(at - locator + 8);
        file.require(large, end_record_64, "its directory");
        file.require_mark(large, end_mark_64, "a zip64 directory");
        found = {file.eight(large + 32), file.eight(large + 48), file.eight(large + 40)};
    }
    file.require(found.at, found.size, "its directory");
    if (found.members > found.size / central_header)
        file.fail(at, fmt::format("damaged zip archive: found {} members in a directory of {} bytes", found.members,
                                  found.size));
    return found;
}

/// Sizes and place that do not fit into 32 bits stand in a field behind the name.
struct Places {
    std::size_t size = 0, packed = 0, header = 0;
    void read_large(const ZipBytes& file, std::size_t at, std::size_t length) {
        constexpr std::size_t elsewhere = 0xffffffff;
        for (const std::size_t end = at + length; at + 4 <= end; at += 4 + file.two(at + 2)) {
            if (file.two(at) != 1) continue;
            std::size_t next = at + 4;
            for (std::size_t* place : {&size, &packed, &header})
                if (*place == elsewhere) {
                    *place = file.eight(next);
                    next += 8;
                }
            return;
        }
    }
};

struct RawInflater {
    z_stream stream{};
    RawInflater() {
        if (inflateInit2(&stream, -15) != Z_OK) throw std::bad_alloc();  // no header
    }
    RawInflater(const RawInflater&) = delete;
    RawInflater& operator=(const RawInflater&) = delete;
    ~RawInflater() { inflateEnd(&stream); }
};

struct RawDeflater {
    z_stream stream{};
    RawDeflater() {
        // The fastest level: what is mostly 0 is small anyway.
        if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
    }
    RawDeflater(const RawDeflater&) = delete;
    RawDeflater& operator=(const RawDeflater&) = delete;
    ~RawDeflater() { deflateEnd(&stream); }
};

std::uint32_t zip_checksum(std::span<const std::byte> bytes) {
    return static_cast<std::uint32_t>(
        crc32_z(crc32_z(0, nullptr, 0), reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::vector<std::byte> inflated(std::span<const std::byte> packed, std::size_t size, const std::string& where) {
    std::vector<std::byte> content(size);
    RawInflater inflater;
    z_stream& stream = inflater.stream;
    std::byte beyond{};  // where more than was claimed shows
    std::size_t taken = 0, given = 0;
    for (;;) {
        const bool full = given == content.size();
        const std::size_t offer = std::min(packed.size() - taken, zlib_piece);
        const std::size_t room = full ? 1 : std::min(content.size() - given, zlib_piece);
        stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(packed.data() + taken));
        stream.avail_in = static_cast<uInt>(offer);
        stream.next_out = reinterpret_cast<Bytef*>(full ? &beyond : content.data() + given);
        stream.avail_out = static_cast<uInt>(room);
        const int result = inflate(&stream, Z_NO_FLUSH);
        taken += offer - stream.avail_in;
        const std::size_t more = room - stream.avail_out;
        if (full && more > 0)
            throw DataError(fmt::format("{}: unpacks to more than the {} bytes promised", where, size));
        given += more;
        if (result == Z_STREAM_END) break;
        if (result == Z_MEM_ERROR) throw std::bad_alloc();
        if (result != Z_OK || (offer == 0 && more == 0))
            throw DataError(
                fmt::format("{}: damaged or truncated at byte {} of {} packed ones", where, taken, packed.size()));
    }
    if (given != size || taken != packed.size())
        throw DataError(
            fmt::format("{}: unpacks {} of {} bytes to {}, expected {}", where, taken, packed.size(), given, size));
    return content;
}

void append(std::vector<std::byte>& bytes, std::size_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i)
        bytes.push_back(static_cast<std::byte>(i < sizeof value ? value >> (8 * i) & 255 : 0));
}

}  // namespace

bool is_zip(std::span<const std::byte> bytes) {
    return bytes.size() >= 4 && read_value<std::uint32_t>(bytes.data(), std::endian::little) == local_mark;
}

std::vector<ZipMember> zip_members(std::span<const std::byte> bytes, const std::string& name) {
    const ZipBytes file(bytes, name);
    const Directory directory = find_directory(file);
    std::vector<ZipMember> members;
    std::size_t at = directory.at;
    for (std::size_t i = 0; i < directory.members; ++i) {
        file.require(at, central_header, "its directory");
        file.require_mark(at, central_mark, "an entry of its directory");
        const std::size_t flags = file.two(at + 8), method = file.two(at + 10);
        const std::size_t name_size = file.two(at + 28), extra = file.two(at + 30), comment = file.two(at + 32);
        ZipMember member{file.text(at + central_header, name_size), method == 8, file.four(at + 16), {}, 0};
        if ((flags & 1U) != 0) file.fail(at, fmt::format("{} is encrypted", in_quotes(member.name)));
        if (method != 0 && method != 8)
            file.fail(at, fmt::format("{} is packed by method {}, expected 0 (stored) or 8 (deflate)",
                                      in_quotes(member.name), method));
        Places places{file.four(at + 24), file.four(at + 20), file.four(at + 42)};
        places.read_large(file, at + central_header + name_size, extra);
        file.require(places.header, local_header, "a member");
        file.require_mark(places.header, local_mark, "a member");
        const std::size_t start =
            places.header + local_header + file.two(places.header + 26) + file.two(places.header + 28);
        member.packed = file.part(start, places.packed, "a member");
        member.size = places.size;
        members.push_back(std::move(member));
        at += central_header + name_size + extra + comment;
    }
    return members;
}

std::vector<std::byte> unzip(const ZipMember& member, const std::string& name) {
    const std::string where = fmt::format("{}: {}", name, in_quotes(member.name));
    constexpr std::size_t most_ratio = 1032;  // of deflate
    const bool possible =
        member.deflated ? member.size / most_ratio <= member.packed.size() : member.size == member.packed.size();
    if (!possible)
        throw DataError(fmt::format("{}: promises {} bytes, which {} packed ones cannot hold", where, member.size,
                                    member.packed.size()));
    if (!fits_in_memory(member.size))
        throw DataError(fmt::format("{}: needs {} of memory, the limit is {}", where, readable_size(member.size),
                                    readable_size(memory_limit())));
    std::vector<std::byte> content = member.deflated
                                         ? inflated(member.packed, member.size, where)
                                         : std::vector<std::byte>(member.packed.begin(), member.packed.end());
    if (const std::uint32_t found = zip_checksum(content); found != member.checksum)
        throw DataError(
            fmt::format("{}: damaged: found checksum {:08x}, expected {:08x}", where, found, member.checksum));
    return content;
}

void ZipWriter::add(const std::string& member, std::span<const std::byte> content) {
    RawDeflater deflater;
    const std::vector<std::byte> packed = deflate_all(deflater.stream, content);
    constexpr std::size_t most = std::numeric_limits<std::uint32_t>::max() - 1;
    const std::size_t start = bytes_.size();
    if (content.size() > most || packed.size() > most || start > most)
        throw DataError(fmt::format("{}: {} do not fit into a zip archive without zip64, which is not written", member,
                                    readable_size(content.size())));
    // Version 2.0, no flags, deflate, no time, the 1st of January 1980.
    const auto describe = [&](std::vector<std::byte>& out) {
        append(out, 20, 2);
        append(out, 0, 2);
        append(out, 8, 2);
        append(out, 0, 2);
        append(out, 0x21, 2);
        append(out, zip_checksum(content), 4);
        append(out, packed.size(), 4);
        append(out, content.size(), 4);
        append(out, member.size(), 2);
        append(out, 0, 2);
    };
    const auto* letters = reinterpret_cast<const std::byte*>(member.data());
    append(bytes_, local_mark, 4);
    describe(bytes_);
    bytes_.insert(bytes_.end(), letters, letters + member.size());
    bytes_.insert(bytes_.end(), packed.begin(), packed.end());
    append(directory_, central_mark, 4);
    append(directory_, 20, 2);
    describe(directory_);
    append(directory_, 0, 10);  // no comment, first disk, no attributes
    append(directory_, start, 4);
    directory_.insert(directory_.end(), letters, letters + member.size());
    ++members_;
}

std::vector<std::byte> ZipWriter::finish() {
    const std::size_t start = bytes_.size();
    bytes_.insert(bytes_.end(), directory_.begin(), directory_.end());
    append(bytes_, end_mark, 4);
    append(bytes_, 0, 4);
    append(bytes_, members_, 2);
    append(bytes_, members_, 2);
    append(bytes_, directory_.size(), 4);
    append(bytes_, start, 4);
    append(bytes_, 0, 2);
    return std::move(bytes_);
}

}  // namespace rbm
