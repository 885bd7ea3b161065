// SPDX-License-Identifier: MIT
// The fast backend.  Products are single-threaded SGEMMs on fixed tiles inside our own parallel loop: the same bits for any
// number of threads, which OpenBLAS's own threading does not give, and twice its speed at RBM sizes.  The rest runs on
// vector_kernels.h.
#include <cblas.h>
#include <omp.h>

#include "rbm/kernels/backend.h"
#include "rbm/kernels/threads.h"
#include "rbm/kernels/vector_kernels.h"

namespace rbm {
namespace {

constexpr std::size_t tile_columns = 128;
constexpr std::size_t tile_rows = 512;

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

Floats part(Floats per_row, std::size_t row, std::size_t rows) {
    return per_row.empty() ? per_row : per_row.subspan(row, rows);
}

class OpenBlas final : public Backend {
  public:
    std::string_view name() const override { return "openblas"; }

    void multiply(ConstView a, ConstView w, View out) const override {
        for_each_tile(out.rows, out.cols, [&](std::size_t row, std::size_t rows, std::size_t col, std::size_t cols) {
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, blas_int(rows), blas_int(cols), blas_int(a.cols), 1,
                        a.data + row * a.stride, blas_int(a.stride), w.data + col, blas_int(w.stride), 0,
                        out.data + row * out.stride + col, blas_int(out.stride));
        });
    }

    // OpenBLAS sums a row in another order for each place that it may have in a tile (Haswell and Zen, by six).
    void multiply_each_row(ConstView a, ConstView w, View out) const override {
        constexpr std::size_t block = 32;
        parallel_for((a.rows + block - 1) / block, [&](std::size_t i) {
            const std::size_t row = i * block, rows = std::min(block, a.rows - row);
            vectorized::multiply_each_row(a.rows_from(row, rows), w, out.rows_from(row, rows));
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
        for_each_tile(out.rows, out.cols, [&](std::size_t row, std::size_t rows, std::size_t col, std::size_t cols) {
            cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, blas_int(rows), blas_int(cols), blas_int(a.rows),
                        scale, a.data + row, blas_int(a.stride), b.data + col, blas_int(b.stride), 1,
                        out.data + row * out.stride + col, blas_int(out.stride));
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
};

}  // namespace

const Backend& openblas_backend() {
    static const OpenBlas the_backend;
    return the_backend;
}

}  // namespace rbm
