// SPDX-License-Identifier: MIT
#include "rbm/io/hdf5.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <sstream>
#include <string_view>

#include "rbm/io/child_process.h"
#include "rbm/io/descriptor.h"
#include "rbm/io/elements.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

constexpr std::string_view hdf5_mark = "\x89HDF\r\n\x1a\n";
constexpr std::size_t user_block = 512;  ///< where the mark stands in files that begin with something else

bool begins_as_hdf5(std::string_view head) {
    return head.starts_with(hdf5_mark) ||
           (head.size() > user_block && !head.starts_with("MATLAB") && head.substr(user_block).starts_with(hdf5_mark));
}

bool is_hdf5_file(const std::string& path) {
    struct stat status {};
    if (path.empty() || path.find('\0') != std::string::npos || ::stat(path.c_str(), &status) != 0 ||
        !S_ISREG(status.st_mode))
        return false;
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    std::array<char, user_block + hdf5_mark.size()> head{};
    const ssize_t size = file.open() ? ::pread(file.number(), head.data(), head.size(), 0) : -1;
    return size > 0 && begins_as_hdf5({head.data(), static_cast<std::size_t>(size)});
}

const Hdf5Module& module_for(const std::string& name) {
    static const Hdf5Module* const found = []() -> const Hdf5Module* {
        void* const library = ::dlopen(hdf5_module_file, RTLD_NOW | RTLD_LOCAL);
        if (library == nullptr) return nullptr;
        void* const entry = ::dlsym(library, hdf5_module_entry);
        return entry == nullptr ? nullptr : reinterpret_cast<const Hdf5Module* (*)()>(entry)();
    }();
    if (found == nullptr)
        throw DataError(
            fmt::format("{}: this is an HDF5 file, and this build cannot read and write them: install libhdf5-dev and "
                        "build it again; or in Python: import h5py, numpy; f = h5py.File('FILE'); print(list(f)); "
                        "numpy.save('data.npy', f['NAME'][()])",
                        name));
    return *found;
}

/// Each call opens the file anew, in a process of its own.
class IsolatedFile final : public Hdf5File {
  public:
    using Open = std::function<std::unique_ptr<Hdf5File>()>;
    IsolatedFile(std::string name, std::size_t bytes, Open open)
        : name_(std::move(name)), seconds_(least_seconds + bytes / bytes_a_second), open_(std::move(open)) {}

    const std::string& name() const override { return name_; }
    std::vector<std::string> names_in(const std::string& group) const override {
        return texts([&](const Hdf5File& file) { return file.names_in(group); });
    }
    std::vector<Hdf5DataSet> data_sets() const override {
        const std::vector<std::string> fields = texts([](const Hdf5File& file) {
            std::vector<std::string> all;
            for (const Hdf5DataSet& one : file.data_sets())
                all.insert(all.end(), {one.path, shape_text(one.shape, " "), one.type, one.numeric ? "numeric" : ""});
            return all;
        });
        std::vector<Hdf5DataSet> sets;
        for (std::size_t i = 0; i + 4 <= fields.size(); i += 4) {
            Hdf5DataSet one{fields[i], {}, fields[i + 2], !fields[i + 3].empty()};
            std::istringstream lengths(fields[i + 1]);
            for (std::size_t length = 0; lengths >> length;) one.shape.push_back(length);
            sets.push_back(std::move(one));
        }
        return sets;
    }
    std::vector<std::byte> npy(const std::string& data_set) const override {
        return in_child(name_, seconds_, [&] { return open_()->npy(data_set); });
    }
    std::optional<std::string> word(const std::string& name) const override {
        const std::vector<std::string> found = texts([&](const Hdf5File& file) {
            const std::optional<std::string> one = file.word(name);
            return one ? std::vector{*one} : std::vector<std::string>();
        });
        return found.empty() ? std::nullopt : std::optional(found[0]);
    }

  private:
    static constexpr std::size_t least_seconds = 20, bytes_a_second = std::size_t{4} << 20;  // gzip gives 20 times that

    /// They hold no zeros: each is sent with one behind it.
    template <class F>
    std::vector<std::string> texts(F list) const {
        const std::vector<std::byte> bytes = in_child(name_, seconds_, [&] {
            std::vector<std::byte> all;
            for (const std::string& text : list(*open_())) {
                const auto some = std::as_bytes(std::span(text.c_str(), text.size() + 1));
                all.insert(all.end(), some.begin(), some.end());
            }
            return all;
        });
        std::vector<std::string> found;
        for (const std::byte* at = bytes.data(); at < bytes.data() + bytes.size(); at += found.back().size() + 1)
            found.emplace_back(reinterpret_cast<const char*>(at));
        return found;
    }

    std::string name_;
    std::size_t seconds_;
    Open open_;
};

std::string list_of(const std::vector<Hdf5DataSet>& sets) {
    constexpr std::size_t most = 10;
    std::string text;
    for (std::size_t i = 0; i < std::min(most, sets.size()); ++i)
        text += fmt::format("{}{} ({} {})", i == 0 ? "" : ", ", sets[i].path, shape_text(sets[i].shape), sets[i].type);
    return text + (sets.size() > most ? ", ..." : "");
}

}  // namespace

bool is_hdf5(std::span<const std::byte> bytes) {
    return begins_as_hdf5({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::optional<Hdf5Path> hdf5_in_path(const std::string& path) {
    if (is_hdf5_file(path)) return Hdf5Path{path, ""};
    for (std::size_t at = path.find(':'); at != std::string::npos; at = path.find(':', at + 1))
        if (at + 1 < path.size() && is_hdf5_file(path.substr(0, at)))
            return Hdf5Path{path.substr(0, at), path.substr(at + 1)};
    return std::nullopt;
}

std::unique_ptr<Hdf5File> open_hdf5(const std::string& path) {
    struct stat status {};
    const std::size_t bytes = ::stat(path.c_str(), &status) == 0 ? static_cast<std::size_t>(status.st_size) : 0;
    return std::make_unique<IsolatedFile>(path, bytes,
                                          [path, &module = module_for(path)] { return module.open_path(path); });
}

std::unique_ptr<Hdf5File> open_hdf5(std::span<const std::byte> bytes, const std::string& name) {
    return std::make_unique<IsolatedFile>(
        name, bytes.size(), [bytes, name, &module = module_for(name)] { return module.open_bytes(bytes, name); });
}

std::vector<std::byte> hdf5_array(const Hdf5File& file, const std::string& data_set) {
    if (!data_set.empty()) return file.npy(data_set);
    const std::vector<Hdf5DataSet> all = file.data_sets();
    std::vector<Hdf5DataSet> numbers;
    std::ranges::copy_if(all, std::back_inserter(numbers), &Hdf5DataSet::numeric);
    if (numbers.size() == 1) return file.npy(numbers[0].path);
    if (numbers.empty())
        throw DataError(fmt::format("{}: found no data set of numbers{}{}", file.name(), all.empty() ? "" : ", only ",
                                    list_of(all)));
    throw DataError(fmt::format("{}: found {} data sets of numbers: {}; name one of them, as in {}:{}", file.name(),
                                numbers.size(), list_of(numbers), file.name(), numbers[0].path));
}

std::vector<std::byte> encode_hdf5(std::span<const Hdf5Item> items) {
    constexpr std::size_t long_enough = 3600;
    const Hdf5Module& module = module_for("output");
    return in_child("output", long_enough, [&] { return module.encode(items); });
}

}  // namespace rbm
