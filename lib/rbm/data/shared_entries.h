// SPDX-License-Identifier: MIT
// Rows of which only the values that are not 0 are kept (CSR).  Nobody changes them: data sets made from one another
// share them, as they share SharedRows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace rbm {

class SharedEntries {
  public:
    SharedEntries() = default;
    /// Row r has the entries offsets[r] to offsets[r + 1] - 1, columns ascending.  Without values all of them are 1.
    /// Entries of value 0 are left out.  Throws InvalidArgument for offsets and columns that do not belong together.
    SharedEntries(std::vector<std::uint64_t> offsets, std::vector<std::uint32_t> columns,
                  std::vector<float> values = {});

    std::size_t rows() const { return offsets_.empty() ? 0 : offsets_.size() - 1; }
    /// Of all rows.
    std::size_t count() const { return offsets_.empty() ? 0 : offsets_.back() - offsets_.front(); }
    bool all_are_one() const { return all_ones_; }
    /// One more than the last column of any row; 0 where there are no entries.
    std::size_t width() const;

    std::span<const std::uint32_t> columns(std::size_t row) const {
        return columns_.subspan(offsets_[row], offsets_[row + 1] - offsets_[row]);
    }
    /// Beside columns(row); empty where all are 1.
    std::span<const float> values(std::size_t row) const {
        return all_ones_ ? values_ : values_.subspan(offsets_[row], offsets_[row + 1] - offsets_[row]);
    }

    /// Calls body(column, value) for each entry of the row.
    template <class Body>
    void for_each(std::size_t row, Body body) const {
        const auto where = columns(row);
        const auto what = values(row);
        for (std::size_t i = 0; i < where.size(); ++i) body(std::size_t{where[i]}, all_ones_ ? 1.0F : what[i]);
    }

    /// The same memory.
    SharedEntries slice(std::size_t first, std::size_t count) const;
    /// A copy of these columns out of `count`, in this order.
    SharedEntries with_columns(std::span<const std::size_t> columns, std::size_t count) const;
    /// A copy of these rows, in this order.
    SharedEntries chosen(std::span<const std::uint32_t> rows) const;

  private:
    std::shared_ptr<const void> owner_;
    std::span<const std::uint64_t> offsets_;  ///< into columns_ and values_, which slices share whole
    std::span<const std::uint32_t> columns_;
    std::span<const float> values_;
    bool all_ones_ = true;
};

}  // namespace rbm
