// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <array>

#include "rbm/io/film.h"
#include "rbm/kernels/error.h"
#include "tests/support/io_helpers.h"

TEST_SUITE_BEGIN("io_film");

namespace {

/// Just enough of a GIF reader to see what a viewer would show.
class GifReader {
  public:
    explicit GifReader(const Bytes& bytes) : bytes_(bytes) {
        REQUIRE(bytes.size() > 13);
        for (const char c : std::string_view("GIF89a")) REQUIRE(byte() == static_cast<unsigned char>(c));
        width = word();
        height = word();
        const std::size_t flags = byte();
        at_ += 2;  // background and aspect
        palette(flags);
        std::vector<std::uint8_t> canvas(width * height);
        for (std::size_t block = byte(); block != 0x3b; block = byte()) {
            if (block == 0x21) {
                const std::size_t label = byte();
                if (label == 0xf9) {  // graphic control
                    at_ += 2;
                    delays.push_back(word());
                    at_ += 2;
                } else if (label == 0xff) {
                    loops = true;
                    skip_blocks();
                } else {
                    skip_blocks();
                }
            } else {
                REQUIRE(block == 0x2c);
                frame(canvas);
                frames.push_back(canvas);
            }
        }
        CHECK(at_ == bytes.size());
    }

    std::size_t width = 0, height = 0;
    bool loops = false;
    std::vector<std::size_t> delays;
    std::vector<std::vector<std::uint8_t>> frames;

  private:
    std::size_t byte() { return std::to_integer<std::size_t>(bytes_.at(at_++)); }
    std::size_t word() {
        const std::size_t low = byte();
        return low + 256 * byte();
    }
    void skip_blocks() {
        for (std::size_t size = byte(); size != 0; size = byte()) at_ += size;
    }
    void palette(std::size_t flags) {
        REQUIRE((flags & 128) != 0);
        for (std::size_t i = std::size_t{2} << (flags & 7); i > 0; --i) {
            palette_.push_back(static_cast<std::uint8_t>(byte()));
            at_ += 2;  // green and blue are the same
        }
    }
    void frame(std::vector<std::uint8_t>& canvas) {
        const std::size_t left = word(), top = word(), w = word(), h = word();
        REQUIRE(left + w <= width);
        REQUIRE(top + h <= height);
        REQUIRE((byte() & 0xc0) == 0);  // neither a palette of its own nor interlaced
        const std::vector<std::uint8_t> indices = unpack();
        REQUIRE(indices.size() == w * h);
        for (std::size_t i = 0; i < indices.size(); ++i)
            canvas[(top + i / w) * width + left + i % w] = palette_.at(indices[i]);
    }
    std::vector<std::uint8_t> unpack() {
        const std::size_t code_size = byte(), clear = std::size_t{1} << code_size;
        std::vector<std::uint8_t> data, out;
        for (std::size_t size = byte(); size != 0; size = byte())
            for (std::size_t i = 0; i < size; ++i) data.push_back(static_cast<std::uint8_t>(byte()));
        std::vector<std::vector<std::uint8_t>> table;
        std::vector<std::uint8_t> previous;
        std::size_t bits = code_size + 1, at = 0;
        for (;;) {
            std::size_t code = 0;
            for (std::size_t i = 0; i < bits; ++i, ++at) code |= (std::size_t{data.at(at / 8)} >> (at % 8) & 1U) << i;
            if (code == clear) {
                table.assign(clear + 2, {});
                for (std::size_t i = 0; i < clear; ++i) table[i] = {static_cast<std::uint8_t>(i)};
                bits = code_size + 1;
                previous.clear();
                continue;
            }
            if (code == clear + 1) return out;
            REQUIRE(code <= table.size());
            std::vector<std::uint8_t> entry = code < table.size() ? table[code] : previous;
            if (code == table.size()) entry.push_back(previous.at(0));
            out.insert(out.end(), entry.begin(), entry.end());
            if (!previous.empty() && table.size() < 4096) {
                previous.push_back(entry.at(0));
                table.push_back(previous);
            }
            if (table.size() == std::size_t{1} << bits && bits < 12) ++bits;
            previous = entry;
        }
    }

    const Bytes& bytes_;
    std::size_t at_ = 0;
    std::vector<std::uint8_t> palette_;
};

std::vector<rbm::Picture> noise(std::size_t count, std::size_t height, std::size_t width) {
    rbm::Random random(5);
    std::vector<rbm::Picture> frames(count, rbm::Picture{height, width, 1, std::vector<std::uint8_t>(height * width)});
    for (rbm::Picture& frame : frames)
        for (std::uint8_t& value : frame.pixels) value = static_cast<std::uint8_t>(random() & 255);
    return frames;
}

}  // namespace

TEST_CASE("with all 256 greys a film shows exactly its frames") {
    std::vector<rbm::Picture> frames = noise(4, 30, 41);
    frames.push_back(frames.back());  // nothing moves
    frames.push_back(frames.back());
    frames.back().pixels[7] ^= 128;  // one pixel does
    const GifReader film(rbm::encode_film(frames, {.delay = 13, .levels = 256}));
    CHECK(film.width == 41);
    CHECK(film.height == 30);
    CHECK(film.loops);
    CHECK(film.delays == std::vector<std::size_t>(6, 13));
    REQUIRE(film.frames.size() == 6);
    for (std::size_t i = 0; i < 6; ++i) CHECK(film.frames[i] == frames[i].pixels);
}

TEST_CASE("with fewer greys each is the nearest, and black and white stay") {
    for (const unsigned levels : {2U, 3U, 16U, 64U, 100U, 255U}) {
        std::vector<rbm::Picture> frames = noise(2, 9, 8);
        frames[0].pixels[0] = 0;
        frames[0].pixels[1] = 255;
        const GifReader film(rbm::encode_film(frames, {.levels = levels}));
        REQUIRE(film.frames.size() == 2);
        CHECK(film.frames[0][0] == 0);
        CHECK(film.frames[0][1] == 255);
        for (std::size_t f = 0; f < 2; ++f)
            for (std::size_t i = 0; i < 72; ++i)
                CHECK(std::abs(film.frames[f][i] - frames[f].pixels[i]) <= 127.5 / (levels - 1) + 1);
    }
}

TEST_CASE("one frame, one pixel, played once") {
    const GifReader film(rbm::encode_film(noise(1, 1, 1), {.loop = false}));
    CHECK(film.frames.size() == 1);
    CHECK(!film.loops);
}

TEST_CASE("a film in colour has a palette of colours, and each pixel the nearest") {
    const rbm::Picture frame{1, 3, 3, {255, 0, 0, 0, 255, 0, 10, 10, 250}};
    const Bytes film = rbm::encode_film(std::vector{frame});
    const auto colour = [&](std::size_t place) {  // of the global palette, behind the 13 bytes of the header
        std::vector<int> found;
        for (std::size_t c = 0; c < 3; ++c) found.push_back(std::to_integer<int>(film[13 + 3 * place + c]));
        return found;
    };
    CHECK(colour(5 * 42) == std::vector<int>{255, 0, 0});
    CHECK(colour(6 * 6) == std::vector<int>{0, 255, 0});
    CHECK(colour(5) == std::vector<int>{0, 0, 255});
    CHECK(colour(251) == std::vector<int>{255, 255, 255});
    rbm::Film grey(1, 3), colours(1, 3, {.colour = true});
    CHECK_THROWS_AS(grey.add(frame), rbm::InvalidArgument);
    CHECK_NOTHROW(colours.add(frame));
    CHECK_THROWS_AS(colours.add(rbm::Picture{1, 3, 1, {0, 0, 0}}), rbm::InvalidArgument);
}

TEST_CASE("what makes no film is refused") {
    const std::vector<rbm::Picture> frames = noise(1, 3, 4);
    CHECK_THROWS_AS(rbm::encode_film({}), rbm::InvalidArgument);
    CHECK_THROWS_AS(rbm::Film(0, 4), rbm::InvalidArgument);
    CHECK_THROWS_AS(rbm::Film(3, 65536), rbm::InvalidArgument);
    CHECK_THROWS_AS(rbm::Film(3, 4, {.levels = 1}), rbm::InvalidArgument);
    CHECK_THROWS_AS(rbm::Film(3, 4, {.levels = 257}), rbm::InvalidArgument);
    CHECK_THROWS_AS(rbm::Film(3, 4, {.delay = 65536}), rbm::InvalidArgument);
    rbm::Film film(3, 4);
    CHECK_THROWS_AS(film.add(rbm::Picture{4, 3, 1, std::vector<std::uint8_t>(12)}), rbm::InvalidArgument);
    CHECK_THROWS_AS(film.add(rbm::Picture{3, 4, 3, std::vector<std::uint8_t>(36)}), rbm::InvalidArgument);
    CHECK_THROWS_AS(film.finish(), rbm::InvalidArgument);
    film.add(frames[0]);
    CHECK(!film.finish().empty());
    CHECK_THROWS_AS(film.finish(), rbm::InvalidArgument);
    CHECK_THROWS_AS(film.add(frames[0]), rbm::InvalidArgument);
    rbm::Film abandoned(3, 4);
    abandoned.add(frames[0]);
}

TEST_SUITE_END();
