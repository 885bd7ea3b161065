// SPDX-License-Identifier: MIT
#include "rbm/io/hdf5_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "rbm/io/hdf5_types.h"
#include "rbm/io/memory.h"
#include "rbm/io/npy_header.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

class ModuleFile final : public Hdf5File {
  public:
    ModuleFile(Hdf5Handle file, std::string name) : file_(std::move(file)), name_(std::move(name)) {
        if (!file_.there())
            throw DataError(fmt::format(
                "{}: an HDF5 file that cannot be opened: truncated, damaged, or being written by another program",
                name_));
    }

    const std::string& name() const override { return name_; }
    std::vector<std::string> names_in(const std::string& group) const override;
    std::vector<Hdf5DataSet> data_sets() const override;
    std::vector<std::byte> npy(const std::string& data_set) const override;
    std::optional<std::string> word(const std::string& name) const override;

  private:
    [[noreturn]] void fail(const std::string& path, const std::string& what) const {
        throw DataError(fmt::format("{}{}{}: {}", name_, path.empty() ? "" : ":", path, what));
    }
    [[noreturn]] void damaged(const std::string& path) const { fail(path, "damaged or truncated HDF5 file"); }
    Hdf5Handle object(const std::string& path) const;
    Hdf5DataSet described(hid_t data, const std::string& path) const;
    void check_storage(hid_t data, const std::string& path, std::size_t count, std::size_t element) const;
    void check_filters(hid_t properties, const std::string& path) const;
    std::size_t bytes_of_chunk(hid_t properties, std::size_t element) const;

    Hdf5Handle file_;
    std::string name_;
};

/// By links that stay in the file, and do not lead elsewhere in it either: so no path is endless.
Hdf5Handle ModuleFile::object(const std::string& path) const {
    if (path.empty()) return {H5Oopen(file_.get(), "/", H5P_DEFAULT), H5Oclose};
    for (std::size_t end = 0; end < path.size();) {
        const std::size_t first = end == 0 ? 0 : end + 1;
        end = std::min(path.find('/', first), path.size());
        const std::string so_far = path.substr(0, end), group = path.substr(0, first == 0 ? 0 : first - 1);
        if (end == first || H5Lexists(file_.get(), so_far.c_str(), H5P_DEFAULT) <= 0) {
            std::string others;
            constexpr std::size_t most = 10;
            const std::vector<std::string> names = names_in(group);
            for (std::size_t i = 0; i < std::min(most, names.size()); ++i)
                others += fmt::format("{}{}", i == 0 ? "" : ", ", names[i]);
            fail("", fmt::format("found no {} in {}, only {}{}", quoted(path.substr(first, end - first)),
                                 group.empty() ? "the file" : "the group " + group, others.empty() ? "nothing" : others,
                                 names.size() > most ? ", ..." : ""));
        }
        H5L_info_t link{};
        if (H5Lget_info(file_.get(), so_far.c_str(), &link, H5P_DEFAULT) < 0) damaged(so_far);
        if (link.type != H5L_TYPE_HARD)
            fail(so_far, "is a link to elsewhere, which is not followed; name the file and the data set themselves");
    }
    Hdf5Handle found(H5Oopen(file_.get(), path.c_str(), H5P_DEFAULT), H5Oclose);
    if (!found.there()) damaged(path);
    return found;
}

std::vector<std::string> ModuleFile::names_in(const std::string& group) const {
    const Hdf5Handle opened = object(group);
    if (H5Iget_type(opened.get()) != H5I_GROUP) return {};
    std::vector<std::string> names;
    const auto add = [](hid_t, const char* name, const H5L_info_t* link, void* list) -> herr_t {
        if (link->type == H5L_TYPE_HARD) static_cast<std::vector<std::string>*>(list)->emplace_back(name);
        return 0;
    };
    if (H5Literate(opened.get(), H5_INDEX_NAME, H5_ITER_INC, nullptr, add, &names) < 0) damaged(group);
    return names;
}

Hdf5DataSet ModuleFile::described(hid_t data, const std::string& path) const {
    const Hdf5Handle type(H5Dget_type(data), H5Tclose), space(H5Dget_space(data), H5Sclose);
    hsize_t lengths[H5S_MAX_RANK];
    const int dimensions = space.there() ? H5Sget_simple_extent_dims(space.get(), lengths, nullptr) : -1;
    if (!type.there() || dimensions < 0) damaged(path);
    const Hdf5Type found = hdf5_type_of(type.get());
    const bool none = H5Sget_simple_extent_type(space.get()) == H5S_NULL;
    return {path, {lengths, lengths + dimensions}, found.text, found.element.has_value() && !none && dimensions > 0};
}

std::vector<Hdf5DataSet> ModuleFile::data_sets() const {
    constexpr std::size_t most = 1000, deepest = 32;  // groups may lie in themselves
    std::vector<Hdf5DataSet> found;
    std::vector<std::pair<std::string, std::size_t>> groups = {{"", 0}};
    for (std::size_t i = 0, seen = 0; i < groups.size(); ++i) {
        const auto [group, depth] = groups[i];
        for (const std::string& name : names_in(group)) {
            if (++seen > most) return found;
            const std::string path = group.empty() ? name : group + "/" + name;
            const Hdf5Handle one = object(path);
            const H5I_type_t kind = H5Iget_type(one.get());
            if (kind == H5I_DATASET) found.push_back(described(one.get(), path));
            if (kind == H5I_GROUP && depth < deepest) groups.emplace_back(path, depth + 1);
        }
    }
    return found;
}

void ModuleFile::check_filters(hid_t properties, const std::string& path) const {
    const int filters = H5Pget_nfilters(properties);
    if (filters < 0) damaged(path);
    int deflated = 0;
    for (unsigned i = 0; i < static_cast<unsigned>(filters); ++i) {
        unsigned flags = 0, config = 0;
        std::size_t count = 0;
        char name[64] = "";
        const H5Z_filter_t filter =
            H5Pget_filter2(properties, i, &flags, &count, nullptr, sizeof name - 1, name, &config);
        deflated += filter == H5Z_FILTER_DEFLATE ? 1 : 0;
        if (filter < 0) damaged(path);
        if (H5Zfilter_avail(filter) <= 0)
            fail(path,
                 fmt::format("is compressed with {} (filter {}), which libhdf5 does not have; write it again with "
                             "compression='gzip'",
                             name[0] == '\0' ? "another program's filter" : quoted(name), filter));
    }
    if (deflated > 1) fail(path, "is packed twice, expected one compression");
}

std::size_t ModuleFile::bytes_of_chunk(hid_t properties, std::size_t element) const {
    hsize_t lengths[H5S_MAX_RANK];
    const int dimensions = H5Pget_chunk(properties, H5S_MAX_RANK, lengths);
    std::size_t bytes = element;
    for (int d = 0; d < dimensions; ++d)
        if (__builtin_mul_overflow(bytes, static_cast<std::size_t>(lengths[d]), &bytes)) return SIZE_MAX;
    return bytes;
}

/// Files of a few bytes can promise any size: what was never written counts as zeros.
void ModuleFile::check_storage(hid_t data, const std::string& path, std::size_t count, std::size_t element) const {
    const Hdf5Handle type(H5Dget_type(data), H5Tclose);
    const std::size_t bytes = count * element;
    const Hdf5Handle properties(H5Dget_create_plist(data), H5Pclose);
    if (!properties.there()) damaged(path);
    const H5D_layout_t layout = H5Pget_layout(properties.get());
    if (layout == H5D_VIRTUAL || H5Pget_external_count(properties.get()) != 0)
        fail(path, "has its values in other files, which are not opened; copy the data set into one file");
    if (layout != H5D_CHUNKED && layout != H5D_CONTIGUOUS && layout != H5D_COMPACT) damaged(path);
    check_filters(properties.get(), path);
    hsize_t file_bytes = 0;
    if (H5Fget_filesize(file_.get(), &file_bytes) < 0) damaged(path);
    const std::size_t stored = std::min<std::size_t>(H5Dget_storage_size(data), file_bytes);
    if (stored == 0 && bytes > 0) fail(path, "has no values: none were written");
    constexpr std::size_t most_packed = 1100, always = std::size_t{64} << 20;  // deflate packs 1032 to 1
    const std::size_t largest =
        layout == H5D_CHUNKED ? std::max(bytes, bytes_of_chunk(properties.get(), element)) : bytes;
    if (layout == H5D_CHUNKED ? largest > always && largest / most_packed > stored
                              : stored / H5Tget_size(type.get()) < count)
        fail(path,
             fmt::format("promises {}, of which the file has only {}", readable_size(largest), readable_size(stored)));
    if (!fits_in_memory(2 * largest))  // here and in the process that asked for it
        fail(path, fmt::format("needs {} of memory, the limit is {}", readable_size(2 * largest),
                               readable_size(memory_limit())));
}

std::vector<std::byte> ModuleFile::npy(const std::string& path) const {
    const Hdf5Handle data = object(path);
    if (H5Iget_type(data.get()) != H5I_DATASET) {
        std::string others;
        for (const std::string& one : names_in(path)) others += fmt::format("{}{}", others.empty() ? "" : ", ", one);
        fail(path, fmt::format("is a group, not a data set; it holds {}", others.empty() ? "nothing" : others));
    }
    const Hdf5DataSet what = described(data.get(), path);
    const Hdf5Handle type(H5Dget_type(data.get()), H5Tclose);
    const std::optional<Element> element = hdf5_type_of(type.get()).element;
    if (!element || !what.numeric)
        fail(path, fmt::format("found {}, expected an array of numbers", element ? "no array" : what.type));
    std::size_t bytes = element_size(*element);
    for (const std::size_t length : what.shape)
        if (__builtin_mul_overflow(bytes, length, &bytes))
            fail(path, fmt::format("promises an array of {}, more than any file has", shape_text(what.shape)));
    check_storage(data.get(), path, bytes / element_size(*element), element_size(*element));
    const Hdf5Memory memory = hdf5_memory_of(*element);
    std::vector<std::byte> content = encode_npy_header(memory.npy, what.shape);
    const std::size_t head = content.size();
    content.resize(head + bytes);
    if (bytes > 0 && H5Dread(data.get(), memory.type, H5S_ALL, H5S_ALL, H5P_DEFAULT, content.data() + head) < 0)
        damaged(path);
    return content;
}

std::optional<std::string> ModuleFile::word(const std::string& name) const {
    const bool attribute = H5Aexists(file_.get(), name.c_str()) > 0;
    if (!attribute && H5Lexists(file_.get(), name.c_str(), H5P_DEFAULT) <= 0) return std::nullopt;
    const Hdf5Handle holder =
        attribute ? Hdf5Handle(H5Aopen(file_.get(), name.c_str(), H5P_DEFAULT), H5Aclose) : object(name);
    if (!attribute && H5Iget_type(holder.get()) != H5I_DATASET) return std::nullopt;
    const Hdf5Handle type(attribute ? H5Aget_type(holder.get()) : H5Dget_type(holder.get()), H5Tclose);
    const Hdf5Handle space(attribute ? H5Aget_space(holder.get()) : H5Dget_space(holder.get()), H5Sclose);
    if (!type.there() || !space.there()) damaged(name);
    constexpr std::size_t longest = 1024;
    const std::size_t size = H5Tget_size(type.get());
    if (H5Tget_class(type.get()) != H5T_STRING || H5Sget_simple_extent_npoints(space.get()) != 1 || size > longest)
        fail(name, "expected one word");
    const auto read = [&](void* out) {
        return attribute ? H5Aread(holder.get(), type.get(), out)
                         : H5Dread(holder.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, out);
    };
    if (H5Tis_variable_str(type.get()) > 0) {
        char* text = nullptr;
        if (read(&text) < 0 || text == nullptr) damaged(name);
        std::string found(text);
        H5free_memory(text);
        return found;
    }
    std::string found(size, '\0');
    if (read(found.data()) < 0) damaged(name);
    found.resize(std::min(found.find('\0'), found.size()));
    return found;
}

}  // namespace

std::unique_ptr<Hdf5File> hdf5_reader(Hdf5Handle file, const std::string& name) {
    return std::make_unique<ModuleFile>(std::move(file), name);
}

}  // namespace rbm
