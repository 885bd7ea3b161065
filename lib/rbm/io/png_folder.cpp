// SPDX-License-Identifier: MIT
#include "rbm/io/png_folder.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <span>

#include "rbm/io/bytes.h"
#include "rbm/io/descriptor.h"
#include "rbm/io/png.h"
#include "rbm/io/png_rows.h"

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

/// The PNG files of a folder, and what else is in it.
struct Listing {
    std::vector<std::string> pictures, folders;  ///< whole paths
    std::size_t others = 0;
};

Listing list(const std::string& path) {
    Listing found;
    for (const std::string& name : names_in(path)) {
        std::string file = path + "/" + name;
        struct stat status {};
        if (::stat(file.c_str(), &status) != 0) throw file_error(file, "cannot be opened", errno);
        if (S_ISDIR(status.st_mode)) {
            found.folders.push_back(std::move(file));
        } else if (S_ISREG(status.st_mode) && has_png_signature(file)) {  // a FIFO would wait for its writer
            found.pictures.push_back(std::move(file));
        } else {
            if (S_ISREG(status.st_mode) && is_called_png(name)) throw DataError(file + ": byte 0: not a PNG file");
            ++found.others;
        }
    }
    return found;
}

/// All PNG files, in the order of the rows, with what is skipped.
struct Gallery {
    std::vector<std::string> pictures;
    FolderClasses folders;  ///< none when the pictures lie in the folder itself
    std::size_t skipped = 0;
};

Gallery open_gallery(const std::string& path) {
    Listing top = list(path);
    Gallery gallery{std::move(top.pictures), {}, top.others};
    if (!gallery.pictures.empty()) {
        gallery.skipped += top.folders.size();
        return gallery;
    }
    for (const std::string& folder : top.folders) {
        Listing inner = list(folder);
        gallery.skipped += inner.others + inner.folders.size() + (inner.pictures.empty() ? 1 : 0);
        if (inner.pictures.empty()) continue;
        const auto place = static_cast<std::uint32_t>(gallery.folders.names.size());
        gallery.folders.names.push_back(folder.substr(path.size() + 1));
        gallery.folders.classes.insert(gallery.folders.classes.end(), inner.pictures.size(), place);
        std::ranges::move(inner.pictures, std::back_inserter(gallery.pictures));
    }
    if (gallery.pictures.empty())
        throw DataError(fmt::format("{}: no PNG files among the {} in this folder{}", path,
                                    top.others + top.folders.size(),
                                    top.folders.empty() ? "" : ", nor in the folders in it"));
    return gallery;
}

/// "cats (12), dogs (9)"; the first few of many.
std::string class_counts(const FolderClasses& folders) {
    constexpr std::size_t most = 12;
    std::string text;
    for (std::size_t i = 0; i < std::min(most, folders.names.size()); ++i)
        text += fmt::format("{}{} ({})", i == 0 ? "" : ", ", folders.names[i],
                            std::ranges::count(folders.classes, static_cast<std::uint32_t>(i)));
    return folders.names.size() > most ? text + ", ..." : text;
}

}  // namespace

Dataset load_png_folder(const std::string& path, std::vector<std::string>* notes, const PictureReading& reading) {
    const Gallery gallery = open_gallery(path);
    PngRows rows(path, reading);
    for (std::size_t i = 0; i < gallery.pictures.size(); ++i)
        rows.add(read_bytes(gallery.pictures[i]), gallery.pictures[i], gallery.pictures.size() - i);
    const std::size_t skipped = gallery.skipped;
    if (skipped > 0 && notes != nullptr)
        notes->push_back(fmt::format("{}: {} skipped that {} no PNG file{}", path, skipped, skipped == 1 ? "is" : "are",
                                     skipped == 1 ? "" : "s"));
    Dataset data = rows.finish();
    const FolderClasses& folders = gallery.folders;
    if (reading.facts != nullptr) reading.facts->classes = folders.names.size();
    if (!folders.names.empty() && notes != nullptr)
        notes->push_back(fmt::format("{}: pictures of {} folder{}, one after the other: {}", path, folders.names.size(),
                                     folders.names.size() == 1 ? "" : "s", class_counts(folders)));
    return data;
}

FolderClasses load_folder_classes(const std::string& path) {
    Gallery gallery = open_gallery(path);
    if (gallery.folders.names.empty())
        throw DataError(path + ": found pictures in this folder, expected folders of pictures, one for each class");
    return std::move(gallery.folders);
}

}  // namespace rbm
