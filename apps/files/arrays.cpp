// SPDX-License-Identifier: MIT
#include "apps/files/arrays.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "apps/cli/program.h"
#include "rbm/io/atomic_file.h"

namespace rbm::app {

std::string ending_of(const std::string& path) {
    const std::size_t name = path.find_last_of('/') + 1;  // npos + 1 is 0
    const std::size_t dot = path.find_last_of('.');
    if (dot == std::string::npos || dot <= name) return "";
    std::string ending = path.substr(dot + 1);
    for (char& letter : ending)
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    return ending;
}

void check_output(const std::string& path, std::initializer_list<const char*> known, IfExists if_exists) {
    const std::string ending = ending_of(path);
    if (path != "-" && std::find(known.begin(), known.end(), ending) == known.end()) {
        std::string list;
        for (const char* one : known) list += fmt::format("{}.{}", list.empty() ? "" : ", ", one);
        throw UsageError(fmt::format("option --output: found '{}', expected a name that ends in {}", path, list));
    }
    check_writable(path, if_exists);
}

void refuse_terminal(const std::string& path) {
    if ((path == "-" || path == "/dev/stdout") && isatty(STDOUT_FILENO) == 1)
        throw UsageError(
            fmt::format("option --output: found {}, but standard output is a terminal and .npy is binary; name a file, "
                        "or redirect the output with > or |",
                        path));
}

}  // namespace rbm::app
