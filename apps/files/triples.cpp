// SPDX-License-Identifier: MIT
#include "apps/files/triples.h"

#include <algorithm>
#include <vector>

#include "apps/cli/messages.h"
#include "apps/cli/program.h"
#include "apps/files/table.h"
#include "rbm/io/bytes.h"
#include "rbm/io/gzip.h"
#include "rbm/io/triples.h"

namespace rbm::app {

Dataset load_triples(const std::string& path, const std::string& columns_text, BesideData& beside) {
    std::vector<std::string> columns;
    for (std::size_t first = 0; first <= columns_text.size();) {
        const std::size_t comma = std::min(columns_text.find(',', first), columns_text.size());
        columns.push_back(columns_text.substr(first, comma - first));
        first = comma + 1;
    }
    if (columns.size() != 2 && columns.size() != 3)
        throw UsageError(
            fmt::format("--triples: found {} columns, expected two or three: those of rows, of columns and of values",
                        columns.size()));
    const std::string name = path == "-" ? "standard input" : path;
    std::vector<std::byte> bytes = read_bytes(path);
    if (is_gzip(bytes)) bytes = gunzip(bytes, name);
    Triples triples = parse_triples(bytes, name, columns);
    const Dataset& data = triples.data;
    note("{}: each '{}' is a row, from {} to {}, each '{}' a column, from {} to {}; pairs that do not occur are 0",
         name, columns[0], triples.row_names.front(), triples.row_names.back(), columns[1], data.columns.front().name,
         data.columns.back().name);
    if (triples.repeated > 0)
        note("{}: {} lines repeat a pair that had occurred; it stays a 1", name, grouped(triples.repeated));
    beside.row_names = std::move(triples.row_names);
    return data;
}

}  // namespace rbm::app
