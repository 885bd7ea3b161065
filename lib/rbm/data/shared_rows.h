// SPDX-License-Identifier: MIT
// Rows of values, one behind the other, that nobody changes: data sets made from one another share them.  They lie in
// memory of their own or in somebody else's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace rbm {

template <class T>
class SharedRows {
  public:
    SharedRows() = default;
    SharedRows(std::vector<T> values, std::size_t per_row) : per_row_(per_row) {
        const auto owned = std::make_shared<const std::vector<T>>(std::move(values));
        values_ = *owned;
        owner_ = owned;
    }
    /// Looks at `values`.  They must stay where they are for as long as any of these rows are in use; `owner`, where
    /// there is one, is held until then.
    SharedRows(std::span<const T> values, std::size_t per_row, std::shared_ptr<const void> owner)
        : owner_(std::move(owner)), values_(values), per_row_(per_row) {}

    std::span<const T> values() const { return values_; }
    std::span<const T> row(std::size_t r) const { return values_.subspan(r * per_row_, per_row_); }

    /// The same memory.
    SharedRows slice(std::size_t first, std::size_t count) const {
        return {values_.subspan(first * per_row_, count * per_row_), per_row_, owner_};
    }
    /// A copy of these rows, in this order.
    SharedRows chosen(std::span<const std::uint32_t> rows) const {
        std::vector<T> copy;
        copy.reserve(rows.size() * per_row_);
        for (const std::uint32_t r : rows) copy.insert(copy.end(), row(r).begin(), row(r).end());
        return {std::move(copy), per_row_};
    }

  private:
    std::shared_ptr<const void> owner_;
    std::span<const T> values_;
    std::size_t per_row_ = 0;
};

}  // namespace rbm
