// SPDX-License-Identifier: MIT
// What the tests of files share.
#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "rbm/data/dataset.h"
#include "rbm/kernels/random.h"

using Bytes = std::vector<std::byte>;

inline Bytes bytes_of(std::string_view text) {
    const auto* first = reinterpret_cast<const std::byte*>(text.data());
    return {first, first + text.size()};
}

inline Bytes operator+(Bytes a, const Bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

inline Bytes prefix(const Bytes& bytes, std::size_t size) {
    return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)};
}

inline Bytes with_bit_flipped(Bytes bytes, std::size_t bit) {
    bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    return bytes;
}

/// The message of the Error that `f` throws, "" when it throws nothing; other exceptions go on.
template <class Error, class F>
std::string thrown(F&& f) {
    try {
        f();
    } catch (const Error& error) {
        return std::string(error.what()) + " ";
    }
    return "";
}

inline bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

inline Bytes gzipped(const Bytes& bytes, bool with_name = false) {
    z_stream stream{};
    if (deflateInit2(&stream, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::runtime_error("deflateInit2");
    gz_header header{};
    char name[] = "name";
    header.name = reinterpret_cast<Bytef*>(name);
    header.time = 1234567;
    if (with_name) deflateSetHeader(&stream, &header);
    Bytes out(bytes.size() + bytes.size() / 100 + 100);
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END) throw std::runtime_error("deflate");
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

inline bool same_values(const rbm::Dataset& a, const rbm::Dataset& b) {
    if (a.rows() != b.rows() || a.cols() != b.cols() || a.image != b.image) return false;
    for (std::size_t row = 0; row < a.rows(); ++row)
        for (std::size_t col = 0; col < a.cols(); ++col)
            if (a.value(row, col) != b.value(row, col)) return false;
    return true;
}

/// Some bytes changed, inserted, removed or the end cut off, as drawn from `random`.
inline Bytes mutated(Bytes bytes, rbm::Random& random) {
    for (unsigned changes = 1 + random() % 4; changes > 0 && !bytes.empty(); --changes) {
        const std::size_t at = random() % bytes.size();
        const auto place = bytes.begin() + static_cast<std::ptrdiff_t>(at);
        const auto byte = static_cast<std::byte>(random() & 255);
        switch (random() % 6) {
            case 0:
                bytes = with_bit_flipped(std::move(bytes), 8 * at + random() % 8);
                break;
            case 1:
                *place = byte;
                break;
            case 2:
                bytes.insert(place, byte);
                break;
            case 3:
                bytes.erase(place);
                break;
            case 4:
                *place = random() % 2 == 0 ? std::byte{0} : std::byte{255};
                break;
            default:
                bytes.resize(at);
                break;
        }
    }
    return bytes;
}

class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string path = (std::filesystem::temp_directory_path() / "rbm-test-XXXXXX").string();
        if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("mkdtemp");
        path_ = path;
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }

    std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }
    const std::string& path() const { return path_; }
    /// Files in it, hidden ones too.
    std::size_t count() const {
        return static_cast<std::size_t>(
            std::distance(std::filesystem::directory_iterator(path_), std::filesystem::directory_iterator()));
    }

  private:
    std::string path_;
};

/// Puts another file in the place of descriptor 0 or 1 for a while.
class Redirected {
  public:
    Redirected(int number, int by) : number_(number), kept_(::dup(number)) { ::dup2(by, number); }
    Redirected(const Redirected&) = delete;
    Redirected& operator=(const Redirected&) = delete;
    ~Redirected() {
        ::dup2(kept_, number_);
        ::close(kept_);
    }

  private:
    int number_, kept_;
};
