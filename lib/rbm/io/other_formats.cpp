// SPDX-License-Identifier: MIT
#include "rbm/io/other_formats.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "rbm/io/elements.h"
#include "rbm/kernels/error.h"

namespace rbm {
namespace {

/// A mark at a place of the file, and what has it there.
struct Mark {
    std::size_t at;
    std::string_view bytes;
    const char* what;
};

using namespace std::string_view_literals;

constexpr const char* picture_text =
    "; in Python: from PIL import Image; Image.open('FILE').save('FILE.png'); or read all as one array: "
    "numpy.save('data.npy', numpy.stack([numpy.asarray(Image.open(f).convert('L')) / 255 for f in files]))";
constexpr const char* table_text = "; in Python: import pandas; pandas.";
constexpr const char* hdf5_text =
    "an HDF5 file (also .mat of MATLAB 7.3, netCDF 4 and .keras weights); in Python: import h5py, numpy; f = "
    "h5py.File('FILE'); print(list(f)); numpy.save('data.npy', f['NAME'][()])";
constexpr const char* pickle_text =
    "a pickle, which can run code when it is read; in Python, if you trust it: import pickle, numpy; "
    "numpy.save('data.npy', numpy.asarray(pickle.load(open('FILE', 'rb'))))";
constexpr const char* torch_text =
    "a file of PyTorch; in Python: import torch, numpy; numpy.save('data.npy', torch.load('FILE').numpy())";
constexpr const char* r_text = "a file of R; in R: write.csv(DATA, 'data.csv', row.names = FALSE)";

constexpr Mark marks[] = {
    // The more particular first: a .mat of MATLAB 7.3 is HDF5 too.
    {0, "MATLAB 7.3 MAT-file"sv,
     "a .mat file of MATLAB 7.3; in Python: import h5py, numpy; f = h5py.File('FILE'); print(list(f)); "
     "numpy.save('data.npy', f['NAME'][()].T)"},
    {0, "MATLAB 5.0 MAT-file"sv,
     "a .mat file of MATLAB; in Python: import scipy.io, numpy; m = scipy.io.loadmat('FILE'); print(list(m)); "
     "numpy.save('data.npy', m['NAME'])"},
    {0, "\x89HDF"sv, hdf5_text},
    {512, "\x89HDF\r\n\x1a\n"sv, hdf5_text},
    {0, "CDF\x01"sv,
     "a netCDF file; in Python: import xarray, numpy; numpy.save('data.npy', "
     "xarray.open_dataset('FILE')['NAME'].values)"},
    {0, "CDF\x02"sv,
     "a netCDF file; in Python: import xarray, numpy; numpy.save('data.npy', "
     "xarray.open_dataset('FILE')['NAME'].values)"},
    {0, "CDF\x05"sv,
     "a netCDF file; in Python: import xarray, numpy; numpy.save('data.npy', "
     "xarray.open_dataset('FILE')['NAME'].values)"},
    {0, "PAR1"sv, "a Parquet file"},
    {0, "ARROW1"sv, "an Arrow (Feather) file"},
    {0, "FEA1"sv, "a Feather file"},
    {0, "\xff\xff\xff\xff"sv,
     "an Arrow stream; in Python: import pyarrow; "
     "pyarrow.ipc.open_stream('FILE').read_pandas().to_csv('data.csv', index=False)"},
    {0, "ORC"sv, "an ORC file"},
    {0, "Obj\x01"sv, "an Avro file"},
    {0, "SQLite format 3\0"sv, "an SQLite database"},
    {0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv, "an old Excel file (.xls) or another Office document"},
    {0, "<stata_dta>"sv, "a Stata file"},
    {0, "$FL2@(#)"sv, "an SPSS file"},
    {0, "RDX2\n"sv, r_text},
    {0, "RDX3\n"sv, r_text},
    {0, "RDA2\nA\n"sv, r_text},
    {0, "RDA3\nA\n"sv, r_text},
    {0, "X\n\0\0\0"sv, r_text},
    {0, "\xff\xd8\xff"sv, "a JPEG picture"},
    {0, "GIF87a"sv, "a GIF picture"},
    {0, "GIF89a"sv, "a GIF picture"},
    {0, "II*\0"sv, "a TIFF picture"},
    {0, "MM\0*"sv, "a TIFF picture"},
    {0, "II+\0"sv, "a TIFF picture"},
    {0, "MM\0+"sv, "a TIFF picture"},
    {8, "WEBP"sv, "a WebP picture"},
    {8, "WAVE"sv,
     "a WAV sound; in Python: import scipy.io.wavfile, numpy; numpy.save('data.npy', "
     "scipy.io.wavfile.read('FILE')[1])"},
    {4, "ftypavif"sv, "an AVIF picture"},
    {4, "ftypheic"sv, "a HEIC picture"},
    {0, "\0\0\0\x0cjP  "sv, "a JPEG 2000 picture"},
    {128, "DICM"sv,
     "a DICOM picture; in Python: import pydicom, numpy; numpy.save('data.npy', "
     "pydicom.dcmread('FILE').pixel_array[None])"},
    {344, "n+1\0"sv,
     "a NIfTI picture; in Python: import nibabel, numpy; numpy.save('data.npy', nibabel.load('FILE').get_fdata())"},
    {0, "SIMPLE  ="sv,
     "a FITS file; in Python: import astropy.io.fits, numpy; numpy.save('data.npy', "
     "astropy.io.fits.getdata('FILE').astype(float))"},
    {0, "%PDF-1."sv, "a PDF document; data must be copied out of it into a table"},
    {257, "ustar"sv, "a tar archive; unpack it: tar xf FILE"},
    {0, "BZh"sv, "a bzip2 file; unpack it: bunzip2 FILE"},
    {0,
     "\xfd"
     "7zXZ"sv,
     "an xz file; unpack it: unxz FILE"},
    {0, "(\xb5/\xfd"sv, "a zstd file; unpack it: unzstd FILE"},
    {0, "7z\xbc\xaf\x27\x1c"sv, "a 7z archive; unpack it"},
    {0, "Rar!\x1a\x07"sv, "a rar archive; unpack it"},
    {0,
     "\x80\x02\x8a\x0al\xfc\x9c"
     "F\xf9 j\xa8P\x19."sv,
     torch_text},
};

/// Marks of letters also begin words of tables, which hold no such characters.
bool is_binary(std::string_view text) {
    return std::ranges::any_of(text.substr(0, 64), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t';
    });
}

bool has_mark(std::string_view text, const Mark& mark) {
    if (text.size() < mark.at + mark.bytes.size() || text.substr(mark.at, mark.bytes.size()) != mark.bytes)
        return false;
    constexpr std::size_t telling = 7;  // letters that no table begins with by chance
    const bool letters = std::ranges::all_of(mark.bytes, [](char c) { return c > 0x20 && c < 0x7f; });
    return !letters || mark.bytes.size() >= telling || is_binary(text);
}

std::string_view as_characters(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::uint32_t number_at(std::string_view text, std::size_t at, unsigned bytes) {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < bytes && at + i < text.size(); ++i)
        value |= std::uint32_t{static_cast<unsigned char>(text[at + i])} << 8 * i;
    return value;
}

/// The names in a zip archive, the first hundred at most.
std::vector<std::string> names_in_zip(std::string_view text) {
    std::vector<std::string> names;
    const std::size_t end = text.rfind("PK\x05\x06"sv);
    if (end == std::string_view::npos) return names;
    std::size_t at = number_at(text, end + 16, 4);
    for (int i = 0; i < 100 && at < text.size() && text.substr(at).starts_with("PK\x01\x02"sv); ++i) {
        const std::size_t length = number_at(text, at + 28, 2);
        names.emplace_back(text.substr(std::min(at + 46, text.size()), length));
        at += 46 + length + number_at(text, at + 30, 2) + number_at(text, at + 32, 2);
    }
    return names;
}

std::string zip_text(std::string_view text) {
    const std::vector<std::string> names = names_in_zip(text);
    const auto has = [&](auto test) { return std::ranges::any_of(names, test); };
    const auto begins = [](std::string_view start) {
        return [=](const std::string& name) { return name.starts_with(start); };
    };
    const auto ends = [](std::string_view tail) {
        return [=](const std::string& name) { return name.ends_with(tail); };
    };
    if (has(begins("xl/")))
        return fmt::format("an Excel file{}read_excel('FILE').to_csv('data.csv', index=False)", table_text);
    if (has(begins("word/"))) return "a Word document; data must be copied out of it into a table";
    if (text.find("opendocument.spreadsheet") < 200)
        return fmt::format("an OpenDocument spreadsheet{}read_excel('FILE').to_csv('data.csv', index=False)",
                           table_text);
    if (has(ends("data.pkl"))) return torch_text;
    if (has(ends(".npy")))
        return "an archive of NumPy (.npz); in Python: import numpy; f = numpy.load('FILE'); print(f.files); "
               "numpy.save('data.npy', f['NAME'])";
    return fmt::format(
        "a zip archive{}; unpack it: unzip FILE",
        names.empty() ? "" : fmt::format(" of {}{}", rbm::quoted(names[0]), names.size() > 1 ? " and more" : ""));
}

/// Beginnings of lists, tuples, dictionaries and of NumPy's and pandas' classes in protocols 0 and 1, which have no
/// mark.
bool is_old_pickle(std::string_view text) {
    constexpr std::string_view starts[] = {"(lp",
                                           "(dp",
                                           "(tp",
                                           "]q",
                                           "}q",
                                           "(lq",
                                           "(dq",
                                           "cnumpy",
                                           "ccopy_reg\n",
                                           "ccopyreg\n",
                                           "cpandas",
                                           "cscipy",
                                           "ccollections\n",
                                           "c__builtin__\n",
                                           "c__main__\n"};
    return text.size() > 4 && text.back() == '.' &&
           std::ranges::any_of(starts, [&](std::string_view start) { return text.starts_with(start); });
}

bool is_pickle(std::string_view text) {
    return (text.size() > 2 && text[0] == '\x80' && text[1] >= 1 && text[1] <= 5) || is_old_pickle(text);
}

/// The header of a bitmap: "BM" alone also begins words.
bool is_bitmap(std::string_view text) {
    constexpr std::uint32_t sizes[] = {12, 40, 52, 56, 64, 108, 124};
    return text.size() > 26 && text.starts_with("BM") && number_at(text, 6, 4) == 0 &&
           std::ranges::find(sizes, number_at(text, 14, 4)) != std::end(sizes);
}

/// Five small numbers instead of a mark: type, rows, columns, whether complex, length of the name that follows.
bool is_old_matlab(std::string_view text) {
    if (text.size() < 24) return false;
    const std::uint32_t type = number_at(text, 0, 4), length = number_at(text, 16, 4);
    return type <= 52 && type % 10 <= 2 && number_at(text, 12, 4) <= 1 && length >= 2 && length <= 64 &&
           number_at(text, 4, 4) > 0 && number_at(text, 8, 4) > 0 && 20 + length <= text.size() &&
           text[20 + length - 1] == '\0' &&
           std::ranges::all_of(text.substr(20, length - 1), [](char c) { return c > ' ' && c < 127; });
}

bool is_model(std::string_view text) {
    return text.size() > 10 && text.substr(8, 2) == "{\"" && number_at(text, 4, 4) == 0 &&
           number_at(text, 0, 4) < text.size();
}

/// The beginning of a document that is text, in small letters.
std::string beginning(std::string_view text) {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    std::string start(text.substr(0, 16));
    for (char& c : start) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return start;
}

/// What follows the name of a format that pandas reads, or that is a picture.
std::string way_out(std::string_view what) {
    if (what.find(';') != std::string_view::npos) return {};
    if (what.ends_with("picture")) return picture_text;
    constexpr std::pair<std::string_view, const char*> readers[] = {
        {"Parquet", "read_parquet('FILE')"}, {"Arrow (", "read_feather('FILE')"},
        {"Feather", "read_feather('FILE')"}, {"ORC", "read_orc('FILE')"},
        {"Excel", "read_excel('FILE')"},     {"Stata", "read_stata('FILE')"},
        {"SPSS", "read_spss('FILE')"},       {"SQLite", "read_sql('select * from TABLE', sqlite3.connect('FILE'))"}};
    for (const auto& [name, call] : readers)
        if (what.find(name) != std::string_view::npos)
            return fmt::format("; in Python: import pandas{}; pandas.{}.to_csv('data.csv', index=False)",
                               name == "SQLite" ? ", sqlite3" : "", call);
    return {};
}

}  // namespace

std::optional<std::string> other_format(std::span<const std::byte> bytes) {
    const std::string_view text = as_characters(bytes);
    for (const Mark& mark : marks)
        if (has_mark(text, mark)) return mark.what + way_out(mark.what);
    if (text.starts_with("PK\x03\x04"sv) || text.starts_with("PK\x05\x06"sv)) return zip_text(text);
    if (is_pickle(text)) return pickle_text;
    if (is_bitmap(text)) return fmt::format("a BMP picture{}", picture_text);
    if (is_old_matlab(text))
        return "a .mat file of MATLAB 4; in Python: import scipy.io, numpy; m = scipy.io.loadmat('FILE'); "
               "print(list(m)); "
               "numpy.save('data.npy', m['NAME'])";
    if (is_model(text)) return "a model (safetensors), not data";
    const std::string start = beginning(text);
    if (start.starts_with("<!doctype html") || start.starts_with("<html"))
        return "a web page, not data: the download was perhaps an error message or a page with a link";
    if (start.starts_with("<?xml") || start.starts_with("<svg")) return "an XML document, not a table";
    if (start.starts_with("{") || start.starts_with("[{") || start.starts_with("[["))
        return fmt::format("JSON{}read_json('FILE').to_csv('data.csv', index=False)", table_text);
    return std::nullopt;
}

void refuse_other_formats(std::span<const std::byte> bytes, const std::string& name) {
    std::optional<std::string> found = other_format(bytes);
    if (!found) return;
    const std::size_t slash = name.find_last_of('/');
    const std::string file = name.substr(slash == std::string::npos ? 0 : slash + 1);
    for (std::size_t at = 0; (at = found->find("FILE", at)) != std::string::npos; at += file.size())
        found->replace(at, 4, file);
    throw DataError(fmt::format("{}: this is {}", name, *found));
}

}  // namespace rbm
