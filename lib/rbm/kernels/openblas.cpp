// SPDX-License-Identifier: MIT
// The fast backend.  Products run on panel_products.h, which skips zeros and reads packed weights; what is left to
// OpenBLAS, h W^T by weights that are not worth packing, is SGEMMs on one thread on fixed tiles inside our own parallel
// loop: the same bits for any number of threads, which OpenBLAS's own threading does not give, and twice its speed at
// RBM sizes.  The rest runs on vector_kernels.h, tempered_logistic.h,
// categorical.h, elementwise.h and weight_update.h.
#include <cblas.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "rbm/kernels/backend.h"
#include "rbm/kernels/elementwise.h"
#include "rbm/kernels/packed_weights.h"
#include "rbm/kernels/panel_products.h"
#include "rbm/kernels/single_threaded_blas.h"
#include "rbm/kernels/tempered_logistic.h"
#include "rbm/kernels/threads.h"
#include "rbm/kernels/vector_kernels.h"

namespace rbm {
namespace {

constexpr std::size_t tile_columns = 128;
constexpr std::size_t tile_rows = 512;

blasint blas_int(std::size_t value) { return static_cast<blasint>(value); }

/// Calls body(first row, row count, first column, column count) for each tile of a rows x cols matrix.
template <class Body>
void for_each_tile(std::size_t rows, std::size_t cols, Body body) {
    const SingleThreadedBlas guard;
    const std::size_t row_tiles = (rows + tile_rows - 1) / tile_rows;
    const std::size_t column_tiles = (cols + tile_columns - 1) / tile_columns;
    parallel_for(row_tiles * column_tiles, [&](std::size_t tile) {
        const std::size_t row = tile / column_tiles * tile_rows, column = tile % column_tiles * tile_columns;
        body(row, std::min(tile_rows, rows - row), column, std::min(tile_columns, cols - column));
    });
}

constexpr std::size_t listed_rows = 32;  // to a piece

/// The lists of all rows of a, in the calling thread's memory.
const RowLists& list_all_rows(ConstView a) {
    static thread_local RowLists memory;
    RowLists& lists = memory;  // the caller's, not those of the threads that help
    lists.resize(a.rows, a.cols);
    parallel_blocks(a.rows, listed_rows,
                    [&](std::size_t row, std::size_t rows) { vectorized::list_rows(a, row, rows, lists); });
    return lists;
}

void multiply_panels(ConstView a, const Panels& w, View out) {
    constexpr std::size_t rows_at_once = 256;  // their lists stay near while one panel after the other passes by
    const RowLists& lists = list_all_rows(a);
    const std::size_t blocks = (a.rows + rows_at_once - 1) / rows_at_once;
    parallel_for(blocks * w.count(), [&](std::size_t piece) {
        const std::size_t row = piece / w.count() * rows_at_once;
        vectorized::multiply_panel(a, lists, w, piece % w.count(), row, std::min(rows_at_once, a.rows - row), out);
    });
}

/// Asks for a part of a matrix that will be written: what lies in the third-level cache takes as long as a tile's sums.
void prefetch(View a, std::size_t row, std::size_t rows, std::size_t column, std::size_t cols) {
    for (std::size_t r = row; r < row + rows; ++r) {
        const float* from = a.data + r * a.stride + column;
        for (std::size_t c = 0; c < cols; c += 16) __builtin_prefetch(from + c, 1, 2);
        __builtin_prefetch(from + cols - 1, 1, 2);
    }
}

/// Calls body(first row, slopes, first column) for all tiles of the product, 32 rows of it to a piece, and after(first
/// row) when a piece is done.  A tile of `target` is fetched while the slopes are summed.
template <class Body, class After>
void for_each_outer_tile(const OuterProduct& product, View target, Body body, After after) {
    constexpr std::size_t width = outer_panel_width;
    static thread_local Panels packed(width);
    Panels& right = packed;
    right.resize(product.right.rows, product.right.cols);
    parallel_blocks(product.right.rows, listed_rows, [&](std::size_t row, std::size_t rows) {
        vectorized::pack(product.right, product.row_weights, product.scale, row, rows, right);
    });
    const std::size_t cols = product.right.cols;
    parallel_blocks(product.left.cols, panel_width, [&](std::size_t row, std::size_t count) {
        static thread_local RowLists columns;
        alignas(64) std::array<float, panel_width * width> values;
        columns.resize(panel_width, product.left.rows);
        vectorized::list_columns(product.left, row, count, columns);
        for (std::size_t p = 0; p < right.count(); ++p) {
            const std::size_t column = p * width;
            prefetch(target, row, count, column, std::min(width, cols - column));
            vectorized::multiply_outer(product.left, columns, row, count, right, p, View(values.data(), count, width));
            body(row, ConstView(values.data(), count, std::min(width, cols - column), width), column);
        }
        after(row);
    });
}

Floats part(Floats per_row, std::size_t row, std::size_t rows) {
    return per_row.empty() ? per_row : per_row.subspan(row, rows);
}

/// What prepare() made.
PackedWeights* packed(const PreparedWeights* prepared) {
    return prepared == nullptr ? nullptr : static_cast<PackedWeights*>(prepared->form());
}

/// What the pieces of 32 rows of one update add up, each for itself, so that the total does not depend on their order.
class PieceSums {
  public:
    explicit PieceSums(const WeightMemory& memory)
        : memory_(memory),
          packed_(packed(memory.prepared)),
          count_((memory.weights.rows + panel_width - 1) / panel_width) {
        static thread_local std::vector<WeightUpdateSums> sums;
        static thread_local std::vector<float> shifts;
        couplings_ = memory.row_coupling.empty() ? 0 : row_lanes;
        stride_ = row_lanes + couplings_ + memory.weights.cols;
        sums.assign(count_ + 1, {});
        shifts.assign(count_ * stride_, 0.0F);
        sums_ = sums;
        shifts_ = shifts;
    }
    /// Of the piece that `row` is in.
    vectorized::ShiftSums shifts(std::size_t row) const {
        const std::span<float> own = shifts_.subspan(row / panel_width * stride_, stride_);
        return {own.first(row_lanes), own.subspan(row_lanes, couplings_), own.subspan(row_lanes + couplings_)};
    }
    /// Updates the weights of these slopes, whose first is of this row and column.
    void step(ConstView slopes, const WeightUpdate& update, std::size_t row, std::size_t column) const {
        add(sums_[row / panel_width],
            vectorized::update_weights(slopes, update, memory_, packed_, row, column, shifts(row)));
    }
    /// When the piece that begins with this row is done: what belongs to its rows alone.
    void finish(std::size_t row, const WeightUpdate& update) const {
        const vectorized::ShiftSums own = shifts(row);
        for (std::size_t i = 0; i < std::min(panel_width, memory_.weights.rows - row); ++i) {
            if (!update.row_center.empty()) memory_.row_shift[row + i] += sum_of_lanes(own.rows, i);
            if (couplings_ != 0) memory_.row_coupling[row + i] += static_cast<double>(sum_of_lanes(own.couplings, i));
        }
        if (packed_ != nullptr) packed_->transpose_rows(row / panel_width);
    }
    WeightUpdateSums total(const WeightUpdate& update) const {
        for (std::size_t piece = 0; piece < count_; ++piece) add(sums_[count_], sums_[piece]);
        if (!update.row_center.empty())
            for (std::size_t piece = 0; piece < count_; ++piece) {
                const auto columns = shifts(piece * panel_width).columns;
                for (std::size_t j = 0; j < columns.size(); ++j) memory_.column_shift[j] += columns[j];
            }
        return sums_[count_];
    }

  private:
    static constexpr std::size_t row_lanes = panel_width * vectorized::ShiftSums::row_lanes;
    static float sum_of_lanes(std::span<const float> lanes, std::size_t row) {
        const auto own = lanes.subspan(row * vectorized::ShiftSums::row_lanes, vectorized::ShiftSums::row_lanes);
        return std::accumulate(own.begin(), own.end(), 0.0F);
    }
    static void add(WeightUpdateSums& sums, const WeightUpdateSums& more) {
        sums.slope_squares += more.slope_squares;
        sums.step_squares += more.step_squares;
        sums.moved_squares += more.moved_squares;
    }

    const WeightMemory& memory_;
    PackedWeights* const packed_;
    std::size_t count_, couplings_ = 0, stride_ = 0;
    std::span<WeightUpdateSums> sums_;  ///< of the pieces, and the total
    std::span<float> shifts_;           ///< [pieces x stride]: each piece's rows, couplings and columns
};

class OpenBlas final : public Backend {
  public:
    std::string_view name() const override { return "openblas"; }

    void multiply(ConstView a, ConstView w, View out) const override {
        const RowLists& lists = list_all_rows(a);
        // A row's bits do not depend on its piece, so pieces may be as large as the threads allow.
        const std::size_t rows_at_once = std::clamp<std::size_t>((a.rows + 2 * threads() - 1) / (2 * threads()), 8, 64);
        parallel_blocks(a.rows, rows_at_once, [&](std::size_t row, std::size_t rows) {
            vectorized::multiply_rows(a, lists, w, row, rows, out);
        });
    }

    bool prepares(std::size_t rows) const override { return rows >= 64; }
    std::unique_ptr<WeightForm> prepare(ConstView weights, std::unique_ptr<WeightForm> before) const override {
        if (before == nullptr) before = std::make_unique<PackedWeights>();
        static_cast<PackedWeights&>(*before).pack(weights);
        return before;
    }
    void multiply_prepared(ConstView a, const PreparedWeights& w, View out) const override {
        multiply_panels(a, packed(&w)->by_hidden(), out);
    }
    void multiply_prepared_transposed(ConstView a, const PreparedWeights& w, View out) const override {
        multiply_panels(a, packed(&w)->by_visible(), out);
    }

    void multiply_transposed(ConstView a, ConstView w, View out) const override {
        for_each_tile(out.rows, out.cols, [&](std::size_t row, std::size_t rows, std::size_t col, std::size_t cols) {
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, blas_int(rows), blas_int(cols), blas_int(a.cols), 1,
                        a.data + row * a.stride, blas_int(a.stride), w.data + col * w.stride, blas_int(w.stride), 0,
                        out.data + row * out.stride + col, blas_int(out.stride));
        });
    }

    void add_outer(const OuterProduct& product, View out) const override {
        for_each_outer_tile(
            product, out,
            [&](std::size_t row, ConstView tile, std::size_t column) {
                vectorized::add(tile, View(out.data + row * out.stride + column, tile.rows, tile.cols, out.stride));
            },
            [](std::size_t) {});
    }

    void logistic(ConstView field, Floats bias, Floats beta, View out) const override {
        parallel_rows(field.rows, field.cols, [&](std::size_t row, std::size_t rows) {
            vectorized::logistic(field.rows_from(row, rows), bias, part(beta, row, rows), out.rows_from(row, rows));
        });
    }
    void sample_logistic(ConstView field, Floats bias, Floats beta, const Stream& stream, View out) const override {
        parallel_rows(field.rows, field.cols, [&](std::size_t row, std::size_t rows) {
            vectorized::sample_logistic(field.rows_from(row, rows), bias, part(beta, row, rows), stream.rows_from(row),
                                        out.rows_from(row, rows));
        });
    }
    void add_softplus_sums(ConstView field, Floats bias, Floats beta, Sums out) const override {
        parallel_rows(field.rows, field.cols, [&](std::size_t row, std::size_t rows) {
            vectorized::add_softplus_sums(field.rows_from(row, rows), bias, part(beta, row, rows),
                                          out.subspan(row, rows));
        });
    }
    void sample_tempered_logistic(ConstView field, Floats base, Floats change, Floats beta, const Stream& stream,
                                  View out) const override {
        parallel_rows(field.rows, field.cols, [&](std::size_t row, std::size_t rows) {
            vectorized::sample_tempered_logistic(field.rows_from(row, rows), base, change, beta.subspan(row, rows),
                                                 stream.rows_from(row), out.rows_from(row, rows));
        });
    }
    void add_softplus_changes(ConstView field, Floats base, Floats change, Floats from, Floats to,
                              Sums out) const override {
        parallel_rows(field.rows, field.cols, [&](std::size_t row, std::size_t rows) {
            vectorized::add_softplus_changes(field.rows_from(row, rows), base, change, from.subspan(row, rows),
                                             to.subspan(row, rows), out.subspan(row, rows));
        });
    }
    void softmax(const CategoricalField<float>& input, View out) const override { threaded::softmax(input, out); }
    void sample_softmax(const CategoricalField<float>& input, const Stream& stream, View out) const override {
        threaded::sample_softmax(input, stream, out);
    }
    void add_log_sum_exps(double scale, const CategoricalField<float>& input, Sums out) const override {
        threaded::add_log_sum_exps(scale, input, out);
    }
    void sample_normal(ConstView mean, Floats deviation, Floats beta, const Stream& stream, View out) const override {
        parallel_rows(mean.rows, mean.cols, [&](std::size_t row, std::size_t rows) {
            vectorized::sample_normal(mean.rows_from(row, rows), deviation, part(beta, row, rows),
                                      stream.rows_from(row), out.rows_from(row, rows));
        });
    }
    void add_dots(double scale, ConstView a, Floats vector, Sums out) const override {
        parallel_rows(a.rows, a.cols, [&](std::size_t row, std::size_t rows) {
            vectorized::add_dots(scale, a.rows_from(row, rows), vector, out.subspan(row, rows));
        });
    }
    void add_row_dots(double scale, ConstView a, ConstView c, Sums out) const override {
        parallel_rows(a.rows, a.cols, [&](std::size_t row, std::size_t rows) {
            vectorized::add_row_dots(scale, a.rows_from(row, rows), c.rows_from(row, rows), out.subspan(row, rows));
        });
    }
    void add_weighted_squares(double scale, ConstView a, Floats center, Floats precision, Sums out) const override {
        parallel_rows(a.rows, a.cols, [&](std::size_t row, std::size_t rows) {
            vectorized::add_weighted_squares(scale, a.rows_from(row, rows), center, precision, out.subspan(row, rows));
        });
    }
    void add_column_sums(double scale, ConstView a, Floats row_weights, std::span<float> out) const override {
        parallel_blocks(a.cols, 128, [&](std::size_t first, std::size_t count) {
            vectorized::add_column_sums(scale, a, row_weights, first, out.subspan(first, count));
        });
    }
    void add_column_moments(ConstView a, Floats center, Floats row_weights, Sums first, Sums second) const override {
        parallel_blocks(a.cols, 64, [&](std::size_t begin, std::size_t count) {
            vectorized::add_column_moments(a, center, row_weights, begin, count, first, second);
        });
    }
    void add_vector(ConstView a, Floats vector, View out) const override {
        parallel_rows(a.rows, a.cols, [&](std::size_t row, std::size_t rows) {
            vectorized::add_vector(a.rows_from(row, rows), vector, out.rows_from(row, rows));
        });
    }
    void scale_columns(ConstView a, Floats factors, View out) const override {
        parallel_rows(a.rows, a.cols, [&](std::size_t row, std::size_t rows) {
            vectorized::scale_columns(a.rows_from(row, rows), factors, out.rows_from(row, rows));
        });
    }
    void add(ConstView a, ConstView b, View out) const override { threaded::add(a, b, out); }
    void approach(float rate, ConstView goal, View out) const override { threaded::approach(rate, goal, out); }
    void scale_rows(float scale, Floats factors, View out) const override { threaded::scale_rows(scale, factors, out); }
    void add_group_sums(ConstView a, Floats row_weights, View out) const override {
        threaded::add_group_sums(a, row_weights, out);
    }
    double slope_squares(ConstView slopes, const WeightUpdate& update) const override {
        static thread_local std::vector<double> parts;
        parts.resize((slopes.rows + panel_width - 1) / panel_width);
        const std::span<double> sums(parts);
        parallel_blocks(slopes.rows, panel_width, [&](std::size_t row, std::size_t rows) {
            sums[row / panel_width] = vectorized::slope_squares(slopes, update, row, rows);
        });
        return std::accumulate(sums.begin(), sums.end(), 0.0);
    }
    WeightUpdateSums update_weights(ConstView slopes, const WeightUpdate& update,
                                    const WeightMemory& memory) const override {
        const PieceSums pieces(memory);
        parallel_blocks(slopes.rows, panel_width, [&](std::size_t row, std::size_t rows) {
            pieces.step(slopes.rows_from(row, rows), update, row, 0);
            pieces.finish(row, update);
        });
        return pieces.total(update);
    }
    WeightUpdateSums update_weights_by_outer(const OuterProduct& slopes, const WeightUpdate& update,
                                             const WeightMemory& memory) const override {
        const PieceSums pieces(memory);
        for_each_outer_tile(
            slopes, memory.weights,
            [&](std::size_t row, ConstView tile, std::size_t column) { pieces.step(tile, update, row, column); },
            [&](std::size_t row) { pieces.finish(row, update); });
        return pieces.total(update);
    }
};

}  // namespace

const Backend& openblas_backend() {
    static const OpenBlas the_backend;
    return the_backend;
}

}  // namespace rbm
