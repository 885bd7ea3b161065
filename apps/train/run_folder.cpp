// SPDX-License-Identifier: MIT
#include "apps/train/run_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "rbm/io/atomic_file.h"
#include "rbm/io/bytes.h"
#include "rbm/io/ladder_file.h"
#include "rbm/io/sheet.h"
#include "rbm/kernels/error.h"
#include "rbm/sampler/block_gibbs.h"

namespace rbm::app {
namespace {

constexpr const char* lock_name = ".lock";
constexpr std::size_t picture_rows = 50, picture_filters = 1024, most_pixels = std::size_t{1} << 24;

[[noreturn]] void fail(const std::string& path, const std::string& what) {
    throw FileError(fmt::format("{}: {}: {}", path, what, std::strerror(errno)));
}

/// `path` and the folders around it that are not there yet, the innermost first.
std::vector<std::string> missing_folders(const std::string& path) {
    std::vector<std::string> missing;
    std::error_code error;
    for (std::filesystem::path folder = path; !folder.empty() && !std::filesystem::exists(folder, error);
         folder = folder.parent_path())
        missing.push_back(folder.string());
    return missing;
}

/// False when the file was removed, or replaced, after `descriptor` was opened.
bool is_still_there(int descriptor, const std::string& path) {
    struct stat opened {
    }, named{};
    return fstat(descriptor, &opened) == 0 && stat(path.c_str(), &named) == 0 && opened.st_dev == named.st_dev &&
           opened.st_ino == named.st_ino;
}

bool holds_something(const std::string& path) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(path, error))
        if (entry.path().filename() != lock_name) return true;
    return false;
}

/// Rows of both, by turns: original, reconstruction, original, ...
Matrix interleaved(const Matrix& first, const Matrix& second) {
    Matrix rows(2 * first.rows(), first.cols());
    for (std::size_t r = 0; r < first.rows(); ++r) {
        std::copy(first.row(r).begin(), first.row(r).end(), rows.row(2 * r).begin());
        std::copy(second.row(r).begin(), second.row(r).end(), rows.row(2 * r + 1).begin());
    }
    return rows;
}

}  // namespace

RunFolder::RunFolder(const std::string& path, Use use) : path_(path) {
    std::error_code error;
    const bool there = std::filesystem::exists(path, error);
    if (there && !std::filesystem::is_directory(path, error))
        throw FileError(fmt::format("{}: is not a folder; --output names the folder of the run", path));
    if (there && use == Use::anew && holds_something(path))
        throw FileError(
            fmt::format("{}: the folder holds something; use --force to overwrite, or --resume to go on", path));
    if (!there && use == Use::resume) throw FileError(fmt::format("{}: there is no such folder to resume from", path));
    made_.paths = missing_folders(path);
    std::filesystem::create_directories(path, error);
    if (error) {
        errno = error.value();
        fail(path, "cannot make the folder");
    }
    const std::string lock = file(lock_name);
    for (bool mine = false; !mine;) {
        lock_ = open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (lock_ < 0) fail(lock, "cannot open");
        if (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
            const int reason = errno;
            char owner[32] = {};
            const ssize_t length = read(lock_, owner, sizeof owner - 1);
            close(lock_);
            errno = reason;
            if (reason != EWOULDBLOCK) fail(lock, "cannot lock");
            throw FileError(fmt::format("{}: another run is at work in this folder{}", path,
                                        length > 0 ? fmt::format(" (process {})", owner) : ""));
        }
        // The run before may have ended, and removed the file, between the two calls: the lock of a file without a name
        // keeps nobody out.
        mine = is_still_there(lock_, lock);
        if (!mine) close(lock_);
    }
    const std::string owner = std::to_string(getpid());
    if (ftruncate(lock_, 0) != 0 || write(lock_, owner.data(), owner.size()) < 0) fail(lock, "cannot write");
}

RunFolder::MadeFolders::~MadeFolders() {
    for (const std::string& path : paths) rmdir(path.c_str());
}

RunFolder::~RunFolder() {
    unlink(file(lock_name).c_str());
    close(lock_);
}

void RunFolder::write_model(const Checkpoint& checkpoint) const {
    Model model = checkpoint.model;
    const bool averaged = checkpoint.state.update.average.visible_count() > 0;
    model.machine = averaged ? checkpoint.state.update.average : checkpoint.state.machine;
    if (averaged) model.log_partition.reset();  // that of the last weights
    save_model(model_path(), model, IfExists::replace);
    // Scripts of the time when averaged weights had a file of their own find them by its name.
    const std::string by_its_name = file("averaged.safetensors");
    std::error_code ignored;
    std::filesystem::remove(by_its_name, ignored);
    if (averaged) std::filesystem::create_symlink("model.safetensors", by_its_name, ignored);
}

void RunFolder::save_ladder(const Trajectory& trajectory) const {
    rbm::save_ladder(ladder_beside(checkpoint_path()), {trajectory.machines, trajectory.updates});
}

void RunFolder::forget_ladder() const { unlink(ladder_beside(checkpoint_path()).c_str()); }

void RunFolder::save(const Checkpoint& checkpoint) const { save_checkpoint(checkpoint_path(), checkpoint); }

void RunFolder::cut_metrics(std::uint64_t epochs) const {
    const std::string path = file("metrics.jsonl");
    std::vector<std::byte> kept;
    if (epochs > 0 && std::filesystem::exists(path)) {
        kept = read_bytes(path);
        std::size_t length = 0;
        for (std::uint64_t line = 0; line < epochs && length < kept.size(); ++line) {
            while (length < kept.size() && kept[length] != std::byte{'\n'}) ++length;
            if (length < kept.size()) ++length;
        }
        kept.resize(length);
    }
    write_file(path, kept, IfExists::replace);
}

void RunFolder::append_metrics(const std::string& line) const {
    const std::string path = file("metrics.jsonl"), text = line + "\n";
    const int out = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (out < 0) fail(path, "cannot open");
    const bool written = write(out, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    const int reason = errno;
    const bool closed = close(out) == 0;
    if (!written) errno = reason;
    if (!written || !closed) fail(path, "cannot write");
}

std::string RunFolder::last_metrics() const {
    const std::vector<std::byte> bytes = read_bytes(file("metrics.jsonl"));
    std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    while (text.ends_with('\n')) text.remove_suffix(1);
    return std::string(text.substr(text.rfind('\n') + 1));  // npos + 1 is 0
}

void RunFolder::draw(const Checkpoint& checkpoint, const Dataset& data) const {
    const Machine& machine = checkpoint.state.machine;
    const ImageShape shape = checkpoint.model.image;
    const StateForm form = state_form(machine.visible);
    const Shades shades = form.discrete && form.low == 0 ? Shades::unit : Shades::fitted;

    // A huge machine must not fail at its pictures: they show a part of it.
    const std::size_t fitting = std::max<std::size_t>(1, most_pixels / machine.visible_count());
    Matrix filters(std::min({machine.hidden_count(), picture_filters, fitting}), machine.visible_count());
    for (std::size_t i = 0; i < machine.visible_count(); ++i)
        for (std::size_t j = 0; j < filters.rows(); ++j) filters(j, i) = machine.weights(i, j);
    save_sheet(file("filters.png"), filters, shape, {.shades = Shades::diverging}, IfExists::replace);

    const Dataset some = data.spread(std::min(picture_rows, fitting));
    Matrix originals(some.rows(), some.cols());
    some.fill(0, Stream{}, originals);
    const Matrix again = machine.visible_mean(machine.hidden_mean(originals));
    save_sheet(file("reconstructions.png"), interleaved(originals, again), shape, {.columns = 10, .shades = shades},
               IfExists::replace);

    Random random(checkpoint.state.seed);
    Chains chains = checkpoint.state.chains;
    if (chains.count() == 0) {
        chains = Chains::from_noise(machine, 100, random);
        BlockGibbs{.steps = 200}.step(machine, chains, random);
    }
    Matrix fantasies(chains.count(), machine.visible_count());
    visible_means(machine, chains, fantasies.view());
    save_sheet(file("fantasies.png"),
               ConstView(fantasies).rows_from(0, std::min({std::size_t{100}, fitting, fantasies.rows()})), shape,
               {.shades = shades}, IfExists::replace);
}

}  // namespace rbm::app
