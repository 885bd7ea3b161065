// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "tests/support/io_helpers.h"
#include "rbm/io/gzip.h"
#include "rbm/kernels/error.h"

using rbm::DataError;

TEST_SUITE_BEGIN("io_gzip");

namespace {
/// Bytes that compress, but not to nothing.
Bytes sample(std::size_t size) {
    rbm::Random random(3);
    Bytes bytes(size);
    for (std::byte& byte : bytes) byte = random() % 3 == 0 ? static_cast<std::byte>(random() & 255) : std::byte{0};
    return bytes;
}
}  // namespace

TEST_CASE("gzip files of any size unpack to what was packed") {
    for (const std::size_t size : {0U, 1U, 4095U, 4096U, 4097U, 300'000U}) {
        const Bytes content = sample(size);
        CHECK(rbm::gunzip(gzipped(content), "x.gz") == content);
    }
    const Bytes zeros(5'000'000);  // a ratio of about 1000
    CHECK(rbm::gunzip(gzipped(zeros), "x.gz") == zeros);
}

TEST_CASE("what encode_gzip() packs unpacks to the same, here and by any gzip") {
    for (const std::size_t size : {0U, 1U, 5000U, 300'000U}) {
        const Bytes content = sample(size);
        const Bytes packed = rbm::encode_gzip(content);
        CHECK(rbm::gunzip(packed, "x.gz") == content);
        CHECK(packed == rbm::encode_gzip(content));
        CHECK((size < 1000 || packed.size() < content.size()));
        if (packed.size() > 8) CHECK(prefix(packed, 8) == bytes_of({"\x1f\x8b\x08\0\0\0\0\0", 8}));  // no name, no time
    }
}

TEST_CASE("several members are one after the other") {
    const Bytes one = sample(1000), two = sample(77);
    CHECK(rbm::gunzip(gzipped(one) + gzipped({}) + gzipped(two, true), "x.gz") == one + two);
}

TEST_CASE("every cut is found") {
    const Bytes packed = gzipped(sample(500), true) + gzipped(sample(100));
    const std::size_t first = gzipped(sample(500), true).size();
    for (std::size_t size = 0; size < packed.size(); ++size) {
        CAPTURE(size);
        if (size == first) continue;  // a whole file of one member
        CHECK_THROWS_AS(rbm::gunzip(prefix(packed, size), "x.gz"), DataError);
    }
    CHECK(has(thrown<DataError>([&] { rbm::gunzip(prefix(packed, 100), "x.gz"); }),
              "x.gz: truncated gzip file: ends at byte 100"));
    CHECK(has(thrown<DataError>([] { rbm::gunzip({}, "x.gz"); }), "x.gz: is empty"));
}

TEST_CASE("no flipped bit changes the content unseen") {
    const Bytes content = sample(3000);
    const Bytes packed = gzipped(content, true);
    rbm::Random random(17);
    std::size_t refused = 0;
    const auto refuses = [&](std::size_t bit) {
        try {
            if (rbm::gunzip(with_bit_flipped(packed, bit), "x.gz") != content) FAIL("a silent difference at bit ", bit);
            return false;
        } catch (const DataError&) {
            return true;
        }
    };
    for (int i = 0; i < 1000; ++i) refused += refuses(random() % (8 * packed.size())) ? 1 : 0;
    CHECK(refused > 900);  // the rest hit the time and the name in the header
    for (std::size_t bit = 8 * (packed.size() - 8); bit < 8 * packed.size(); ++bit) CHECK(refuses(bit));
}

TEST_CASE("what follows the end, and what is no gzip file, is refused") {
    const Bytes packed = gzipped(sample(100));
    CHECK(has(thrown<DataError>([&] { rbm::gunzip(packed + bytes_of("garbage"), "x.gz"); }),
              "7 bytes after the end of the gzip data"));
    CHECK_THROWS_AS(rbm::gunzip(packed + Bytes(1), "x.gz"), DataError);
    CHECK(has(thrown<DataError>([&] { rbm::gunzip(bytes_of("plain text"), "x.gz"); }), "not a gzip file"));
}

TEST_CASE("unpacking stops at the limit, whatever the file claims") {
    const Bytes content(1'000'000);
    const Bytes packed = gzipped(content);
    CHECK(rbm::gunzip(packed, "x.gz", content.size()) == content);
    CHECK(has(thrown<DataError>([&] { rbm::gunzip(packed, "x.gz", content.size() - 1); }), "more than 976.6 KiB"));
    CHECK_THROWS_AS(rbm::gunzip(packed + packed, "x.gz", content.size()), DataError);
    CHECK_THROWS_AS(rbm::gunzip(packed, "x.gz", 0), DataError);
    Bytes liar = packed;  // claims 4 GiB: the claim is checked at the end and not believed before
    for (std::size_t i = 1; i <= 4; ++i) liar[liar.size() - i] = std::byte{255};
    CHECK(has(thrown<DataError>([&] { rbm::gunzip(liar, "x.gz"); }), "incorrect length check"));
}

TEST_SUITE_END();
