// SPDX-License-Identifier: MIT
#include "rbm/io/film.h"

#include <cgif.h>
#include <fmt/format.h>

#include <array>
#include <new>
#include <utility>

#include "rbm/kernels/error.h"

namespace rbm {
namespace {

int append(void* context, const std::uint8_t* from, const std::size_t count) noexcept {
    try {
        auto& bytes = *static_cast<std::vector<std::byte>*>(context);
        const auto* first = reinterpret_cast<const std::byte*>(from);
        bytes.insert(bytes.end(), first, first + count);
        return 0;
    } catch (const std::bad_alloc&) {  // must not cross cgif's C code, which then reports a failed write
        return 1;
    }
}

void check(int result, const char* what) {
    if (result == CGIF_EALLOC || result == CGIF_EWRITE) throw std::bad_alloc();
    if (result != CGIF_OK)
        throw Error(ErrorCode::failed, fmt::format("Film: {} failed with cgif's code {}", what, result));
}

/// Steps of red, green and blue: the eye tells most greens apart.  Their product fits into a byte.
constexpr std::array<unsigned, 3> steps = {6, 7, 6};
constexpr unsigned colours = steps[0] * steps[1] * steps[2];

std::uint8_t level_value(unsigned level, unsigned levels) {
    return static_cast<std::uint8_t>((level * 255 + (levels - 1) / 2) / (levels - 1));
}
unsigned nearest_level(std::uint8_t value, unsigned levels) { return (value * (levels - 1) + 127) / 255; }

std::vector<std::uint8_t> palette_of(const FilmOptions& options) {
    std::vector<std::uint8_t> palette;
    for (unsigned level = 0; !options.colour && level < options.levels; ++level)
        palette.insert(palette.end(), 3, level_value(level, options.levels));
    for (unsigned place = 0; options.colour && place < colours; ++place) {
        palette.push_back(level_value(place / steps[2] / steps[1], steps[0]));
        palette.push_back(level_value(place / steps[2] % steps[1], steps[1]));
        palette.push_back(level_value(place % steps[2], steps[2]));
    }
    return palette;
}

}  // namespace

struct Film::State {
    std::size_t height, width;
    FilmOptions options;
    std::size_t frames = 0;
    std::vector<std::uint8_t> palette, indices;
    std::vector<std::byte> bytes;
    CGIF* gif = nullptr;

    ~State() {
        if (gif != nullptr) cgif_close(gif);
    }
};

Film::Film(std::size_t height, std::size_t width, const FilmOptions& options)
    : state_(new State{height, width, options, 0, {}, {}, {}, nullptr}) {
    constexpr std::size_t longest = 65535;
    if (height == 0 || width == 0 || height > longest || width > longest)
        throw InvalidArgument(fmt::format("Film: {} x {} pixels, expected 1 to {} each way", width, height, longest));
    if (options.levels < 2 || options.levels > 256 || options.delay > longest)
        throw InvalidArgument(fmt::format("Film: {} levels, delay {}: expected 2 to 256 and up to {}", options.levels,
                                          options.delay, longest));
    state_->palette = palette_of(options);
    CGIF_Config config{};
    config.pGlobalPalette = state_->palette.data();
    config.attrFlags = CGIF_ATTR_IS_ANIMATED | (options.loop ? 0 : CGIF_ATTR_NO_LOOP);
    config.width = static_cast<std::uint16_t>(width);
    config.height = static_cast<std::uint16_t>(height);
    config.numGlobalPaletteEntries = static_cast<std::uint16_t>(state_->palette.size() / 3);
    config.numLoops = CGIF_INFINITE_LOOP;
    config.pWriteFn = append;
    config.pContext = &state_->bytes;
    state_->gif = cgif_newgif(&config);
    if (state_->gif == nullptr) throw std::bad_alloc();
}

Film::~Film() = default;

void Film::add(const Picture& frame) {
    State& state = *state_;
    if (state.gif == nullptr) throw InvalidArgument("Film::add: after finish()");
    const std::size_t channels = state.options.colour ? 3 : 1, pixels = frame.height * frame.width;
    if (frame.height != state.height || frame.width != state.width || frame.channels != channels ||
        frame.pixels.size() != pixels * channels)
        throw InvalidArgument(fmt::format("Film::add: frame of {} x {} pixels and {} channels, expected {} x {} in {}",
                                          frame.width, frame.height, frame.channels, state.width, state.height,
                                          state.options.colour ? "colour" : "grey"));
    state.indices.resize(pixels);
    for (std::size_t i = 0; i < pixels; ++i) {
        const std::uint8_t* const pixel = frame.pixels.data() + i * channels;
        unsigned place = 0;
        for (std::size_t c = 0; state.options.colour && c < channels; ++c)
            place = place * steps[c] + nearest_level(pixel[c], steps[c]);
        if (!state.options.colour) place = nearest_level(*pixel, state.options.levels);
        state.indices[i] = static_cast<std::uint8_t>(place);
    }
    CGIF_FrameConfig config{};
    config.pImageData = state.indices.data();
    config.genFlags = CGIF_FRAME_GEN_USE_DIFF_WINDOW;
    config.delay = static_cast<std::uint16_t>(state.options.delay);
    check(cgif_addframe(state.gif, &config), "adding a frame");
    ++state.frames;
}

std::vector<std::byte> Film::finish() {
    State& state = *state_;
    if (state.gif == nullptr || state.frames == 0) throw InvalidArgument("Film::finish: no frame, or a second time");
    check(cgif_close(std::exchange(state.gif, nullptr)), "the last frame");
    return std::move(state.bytes);
}

std::vector<std::byte> encode_film(std::span<const Picture> frames, const FilmOptions& options) {
    if (frames.empty()) throw InvalidArgument("encode_film: no frames");
    FilmOptions chosen = options;
    chosen.colour = frames.front().channels == 3;
    Film film(frames.front().height, frames.front().width, chosen);
    for (const Picture& frame : frames) film.add(frame);
    return film.finish();
}

}  // namespace rbm
