// SPDX-License-Identifier: MIT
// The fast backend.  Products are single-threaded SGEMMs on fixed tiles inside our own parallel loop: the same bits for
// any number of threads, which OpenBLAS's own threading does not give, and twice its speed at RBM sizes.  The rest runs
// on vector_kernels.h.
#include <cblas.h>
#include <omp.h>

#include <algorithm>
#include <numeric>

#include "rbm/kernels/backend.h"
#include "rbm/kernels/row_products.h"
#include "rbm/kernels/threads.h"
#include "rbm/kernels/vector_kernels.h"

namespace rbm {
namespace {

constexpr std::size_t tile_columns = 128;
constexpr std::size_t tile_rows = 512;
constexpr std::size_t update_rows = 32;  // of weights, to a piece

blasint blas_int(std::size_t value) { return static_cast<blasint>(value); }

/// OpenBLAS on one thread for as long as this lives: its pthread flavour by its own switch, its OpenMP flavour by the
/// calling thread's OpenMP setting.  The host's settings come back afterwards.
class SingleThreaded {
  public:
    SingleThreaded() : blas_threads_(openblas_get_num_threads()), omp_threads_(omp_get_max_threads()) {
        if (blas_threads_ != 1) openblas_set_num_threads(1);
        omp_set_num_threads(1);
    }
    ~SingleThreaded() {
        if (blas_threads_ != 1) openblas_set_num_threads(blas_threads_);
        omp_set_num_threads(omp_threads_);
    }
    SingleThreaded(const SingleThreaded&) = delete;
    SingleThreaded& operator=(const SingleThreaded&) = delete;

  private:
    int blas_threads_;
    int omp_threads_;
};

/// Calls body(first row, row count, first column, column count) for each tile of a rows x cols matrix.
template <class Body>
void for_each_tile(std::size_t rows, std::size_t cols, Body body) {
    const SingleThreaded guard;
    const std::size_t row_tiles = (rows + tile_rows - 1) / tile_rows;
    const std::size_t column_tiles = (cols + tile_columns - 1) / tile_columns;
    parallel_for(row_tiles * column_tiles, [&](std::size_t tile) {
        const std::size_t row = tile / column_tiles * tile_rows, column = tile % column_tiles * tile_columns;
        body(row, std::min(tile_rows, rows - row), column, std::min(tile_columns, cols - column));
    });
}

/// Calls body(first row, row count) for blocks of rows, on several threads where that pays: starting them costs about
/// as much as 8000 elements of the cheapest kernel.
template <class Body>
void for_each_block(std::size_t rows, std::size_t cols, Body body) {
    constexpr std::size_t block_elements = 8192;
    const std::size_t block = std::max<std::size_t>(1, block_elements / std::max<std::size_t>(cols, 1));
    parallel_for((rows + block - 1) / block, [&](std::size_t i) {
        const std::size_t row = i * block;
        body(row, std::min(block, rows - row));
    });
}

void add_dense_outer(float scale, ConstView a, ConstView b, View out) {
    for_each_tile(out.rows, out.cols, [&](std::size_t row, std::size_t rows, std::size_t col, std::size_t cols) {
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, blas_int(rows), blas_int(cols), blas_int(a.rows), scale,
                    a.data + row, blas_int(a.stride), b.data + col, blas_int(b.stride), 1,
                    out.data + row * out.stride + col, blas_int(out.stride));
    });
}

Floats part(Floats per_row, std::size_t row, std::size_t rows) {
    return per_row.empty() ? per_row : per_row.subspan(row, rows);
}

class OpenBlas final : public Backend {
  public:
    std::string_view name() const override { return "openblas"; }

    void multiply(ConstView a, ConstView w, View out) const override {
        static thread_local BitMatrix bits;
        static thread_local std::vector<std::uint8_t> ones;
        const BitMatrix& nonzero = bits;  // the caller's, not those of the threads that help
        const std::vector<std::uint8_t>& only_ones = ones;
        vectorized::find_nonzero(a, bits, ones);
        // A row's bits do not depend on its piece, so pieces may be as large as the threads allow.
        const std::size_t rows_at_once = std::clamp<std::size_t>((a.rows + 2 * threads() - 1) / (2 * threads()), 6, 64);
        parallel_for((a.rows + rows_at_once - 1) / rows_at_once, [&](std::size_t piece) {
            const std::size_t row = piece * rows_at_once;
            vectorized::multiply_rows(a, nonzero, only_ones, w, row, std::min(rows_at_once, a.rows - row), out);
        });
    }

    void multiply_transposed(ConstView a, ConstView w, View out) const override {
        for_each_tile(out.rows, out.cols, [&](std::size_t row, std::size_t rows, std::size_t col, std::size_t cols) {
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, blas_int(rows), blas_int(cols), blas_int(a.cols), 1,
                        a.data + row * a.stride, blas_int(a.stride), w.data + col * w.stride, blas_int(w.stride), 0,
                        out.data + row * out.stride + col, blas_int(out.stride));
        });
    }

    void add_outer(float scale, ConstView a, ConstView b, View out) const override {
        static thread_local BitMatrix bits, transposed;
        static thread_local std::vector<std::uint8_t> ones;
        vectorized::find_nonzero(a, bits, ones);
        std::size_t nonzero = 0;
        for (std::size_t row = 0; row < a.rows; ++row) nonzero += bits.count(row);
        if (3 * nonzero > a.rows * a.cols) {
            add_dense_outer(scale, a, b, out);
            return;
        }
        bits.transpose(transposed);
        const BitMatrix& by_column = transposed;
        const bool all_ones = std::find(ones.begin(), ones.end(), 0) == ones.end();
        constexpr std::size_t rows_at_once = 32;
        parallel_for((out.rows + rows_at_once - 1) / rows_at_once, [&](std::size_t piece) {
            const std::size_t row = piece * rows_at_once;
            vectorized::add_outer_rows(scale, a, by_column, all_ones, b, row, std::min(rows_at_once, out.rows - row),
                                       out);
        });
    }

    void logistic(ConstView field, Floats bias, Floats beta, View out) const override {
        for_each_block(field.rows, field.cols, [&](std::size_t row, std::size_t rows) {
            vectorized::logistic(field.rows_from(row, rows), bias, part(beta, row, rows), out.rows_from(row, rows));
        });
    }
    void sample_logistic(ConstView field, Floats bias, Floats beta, const Stream& stream, View out) const override {
        for_each_block(field.rows, field.cols, [&](std::size_t row, std::size_t rows) {
            vectorized::sample_logistic(field.rows_from(row, rows), bias, part(beta, row, rows), stream.rows_from(row),
                                        out.rows_from(row, rows));
        });
    }
    void add_softplus_sums(ConstView field, Floats bias, Floats beta, Sums out) const override {
        for_each_block(field.rows, field.cols, [&](std::size_t row, std::size_t rows) {
            vectorized::add_softplus_sums(field.rows_from(row, rows), bias, part(beta, row, rows),
                                          out.subspan(row, rows));
        });
    }
    void sample_normal(ConstView mean, Floats deviation, Floats beta, const Stream& stream, View out) const override {
        for_each_block(mean.rows, mean.cols, [&](std::size_t row, std::size_t rows) {
            vectorized::sample_normal(mean.rows_from(row, rows), deviation, part(beta, row, rows),
                                      stream.rows_from(row), out.rows_from(row, rows));
        });
    }
    void add_dots(double scale, ConstView a, Floats vector, Sums out) const override {
        for_each_block(a.rows, a.cols, [&](std::size_t row, std::size_t rows) {
            vectorized::add_dots(scale, a.rows_from(row, rows), vector, out.subspan(row, rows));
        });
    }
    void add_row_dots(double scale, ConstView a, ConstView c, Sums out) const override {
        for_each_block(a.rows, a.cols, [&](std::size_t row, std::size_t rows) {
            vectorized::add_row_dots(scale, a.rows_from(row, rows), c.rows_from(row, rows), out.subspan(row, rows));
        });
    }
    void add_weighted_squares(double scale, ConstView a, Floats center, Floats precision, Sums out) const override {
        for_each_block(a.rows, a.cols, [&](std::size_t row, std::size_t rows) {
            vectorized::add_weighted_squares(scale, a.rows_from(row, rows), center, precision, out.subspan(row, rows));
        });
    }
    void add_column_sums(double scale, ConstView a, Floats row_weights, std::span<float> out) const override {
        vectorized::add_column_sums(scale, a, row_weights, 0, out);
    }
    void add_vector(ConstView a, Floats vector, View out) const override {
        for_each_block(a.rows, a.cols, [&](std::size_t row, std::size_t rows) {
            vectorized::add_vector(a.rows_from(row, rows), vector, out.rows_from(row, rows));
        });
    }
    void scale_columns(ConstView a, Floats factors, View out) const override {
        for_each_block(a.rows, a.cols, [&](std::size_t row, std::size_t rows) {
            vectorized::scale_columns(a.rows_from(row, rows), factors, out.rows_from(row, rows));
        });
    }
    void scale_rows(ConstView a, Floats factors, View out) const override {
        for_each_block(a.rows, a.cols, [&](std::size_t row, std::size_t rows) {
            vectorized::scale_rows(a.rows_from(row, rows), factors.subspan(row, rows), out.rows_from(row, rows));
        });
    }
    double slope_squares(ConstView slopes, const WeightUpdate& update) const override {
        static thread_local std::vector<double> parts;
        const std::size_t pieces = (slopes.rows + update_rows - 1) / update_rows;
        parts.resize(pieces);
        const std::span<double> sums(parts);
        parallel_for(pieces, [&](std::size_t piece) {
            const std::size_t row = piece * update_rows;
            sums[piece] = vectorized::slope_squares(slopes, update, row, std::min(update_rows, slopes.rows - row));
        });
        return std::accumulate(sums.begin(), sums.end(), 0.0);
    }
    WeightUpdateSums update_weights(ConstView slopes, const WeightUpdate& update, View weights, View velocity,
                                    View second, std::span<float> row_shift,
                                    std::span<float> column_shift) const override {
        static thread_local std::vector<WeightUpdateSums> parts;
        static thread_local std::vector<float> shift_parts;  // [pieces x H], added up in order
        const std::size_t pieces = (weights.rows + update_rows - 1) / update_rows;
        parts.resize(pieces);
        shift_parts.assign(pieces * weights.cols, 0.0F);
        const std::span<WeightUpdateSums> sums(parts);
        const View shifts(shift_parts.data(), pieces, weights.cols);
        parallel_for(pieces, [&](std::size_t piece) {
            const std::size_t row = piece * update_rows;
            sums[piece] =
                vectorized::update_weights(slopes, update, weights, velocity, second, row,
                                           std::min(update_rows, weights.rows - row), row_shift, shifts.row(piece));
        });
        WeightUpdateSums total;
        for (const WeightUpdateSums& part : sums) {
            total.slope_squares += part.slope_squares;
            total.step_squares += part.step_squares;
            total.weight_squares += part.weight_squares;
            total.moved_squares += part.moved_squares;
        }
        if (!update.row_center.empty())
            for (std::size_t piece = 0; piece < pieces; ++piece)
                for (std::size_t j = 0; j < weights.cols; ++j) column_shift[j] += shifts.row(piece)[j];
        return total;
    }
};

}  // namespace

const Backend& openblas_backend() {
    static const OpenBlas the_backend;
    return the_backend;
}

}  // namespace rbm
