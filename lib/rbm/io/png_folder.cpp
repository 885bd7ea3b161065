// SPDX-License-Identifier: MIT
#include "rbm/io/png_folder.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>

#include "rbm/io/bytes.h"
#include "rbm/io/descriptor.h"
#include "rbm/io/memory.h"
#include "rbm/io/png.h"

namespace rbm {
namespace {

std::vector<std::string> names_in(const std::string& path) {
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), ::closedir);
    if (!folder) throw file_error(path, "cannot be opened", errno);
    std::vector<std::string> names;
    for (;;) {
        errno = 0;
        const dirent* const entry = ::readdir(folder.get());
        if (entry == nullptr) break;
        if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
    }
    if (errno != 0) throw file_error(path, "cannot be listed", errno);
    std::sort(names.begin(), names.end());
    return names;
}

/// Looks at eight bytes, so that a large file that is no picture costs nothing.
bool has_png_signature(const std::string& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!file.open()) throw file_error(path, "cannot be opened", errno);
    std::array<std::byte, 8> head;
    ssize_t count = 0;
    do count = ::read(file.number(), head.data(), head.size());
    while (count < 0 && errno == EINTR);
    if (count < 0) throw file_error(path, "cannot be read", errno);
    return is_png(std::span(head).first(static_cast<std::size_t>(count)));
}

bool is_called_png(const std::string& name) {
    const std::string end = name.size() < 4 ? "" : name.substr(name.size() - 4);
    return std::equal(end.begin(), end.end(), std::string_view(".png").begin(),
                      [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b; }) &&
           !end.empty();
}

}  // namespace

Dataset load_png_folder(const std::string& path, std::vector<std::string>* notes) {
    std::vector<std::uint8_t> pixels;
    std::string first;
    ImageShape shape;
    std::size_t rows = 0, skipped = 0;
    const std::vector<std::string> names = names_in(path);
    for (std::size_t i = 0; i < names.size(); ++i) {
        const std::string file = path + "/" + names[i];
        struct stat status {};
        if (::stat(file.c_str(), &status) != 0) throw file_error(file, "cannot be opened", errno);
        if (!S_ISREG(status.st_mode) || !has_png_signature(file)) {  // a FIFO would wait for its writer
            if (S_ISREG(status.st_mode) && is_called_png(names[i])) throw DataError(file + ": byte 0: not a PNG file");
            ++skipped;
            continue;
        }
        const Picture picture = decode_png(read_bytes(file), file);
        if (rows == 0) {
            first = file;
            shape = {picture.height, picture.width};
            const std::size_t needed = picture.pixels.size() * (names.size() - i);
            if (needed / picture.pixels.size() != names.size() - i || needed > memory_limit())
                throw DataError(fmt::format("{}: {} pictures of {} x {} pixels do not fit into {} of memory", path,
                                            names.size() - i, shape.width, shape.height,
                                            readable_size(memory_limit())));
            pixels.reserve(needed);
        }
        if (picture.height != shape.height || picture.width != shape.width)
            throw DataError(fmt::format("{}: found {} x {} pixels, expected {} x {} as in {}", file, picture.width,
                                        picture.height, shape.width, shape.height, first));
        pixels.insert(pixels.end(), picture.pixels.begin(), picture.pixels.end());
        ++rows;
    }
    if (rows == 0) throw DataError(fmt::format("{}: no PNG files among the {} in this folder", path, names.size()));
    if (skipped > 0 && notes != nullptr)
        notes->push_back(fmt::format("{}: {} skipped that {} no PNG file{}", path, skipped, skipped == 1 ? "is" : "are",
                                     skipped == 1 ? "" : "s"));
    Dataset data = Dataset::from_bytes(rows, shape.height * shape.width, std::move(pixels), 255);
    data.image = shape;
    data.name = path;
    return data;
}

}  // namespace rbm
