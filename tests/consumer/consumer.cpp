// SPDX-License-Identifier: MIT
// A stranger's program: it knows the installed headers and the library, nothing of the source tree.
#include <rbm/rbm.h>

#include <cstdio>
#include <vector>

int main() {
    rbm::Random random(2024);
    const rbm::Dataset data = rbm::Dataset::from_bytes(2, 3, {1, 0, 1, 0, 1, 1}, 1.0F);
    rbm::Matrix batch(2, 3);
    data.fill(0, random.next(), batch);
    float sum = 0;
    for (float value : batch.values()) sum += value;
    std::printf("%zu rows, %zu columns, sum %g\n", data.rows(), data.cols(), static_cast<double>(sum));
    return sum == 4.0F ? 0 : 1;
}
