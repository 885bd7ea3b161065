// SPDX-License-Identifier: MIT
#include "apps/cli/model_path.h"

#include <array>
#include <filesystem>
#include <fstream>

namespace rbm::app {

namespace files = std::filesystem;

bool is_model_file(const std::string& path) {
    std::error_code ignored;
    if (!files::is_regular_file(path, ignored)) return false;
    std::array<char, 10> start{};  // the length of the header, which is an object, in eight bytes
    std::ifstream(path, std::ios::binary).read(start.data(), start.size());
    return start[7] == 0 && start[6] == 0 && start[8] == '{' && start[9] == '"';
}

std::string model_in(const std::string& path) {
    std::error_code ignored;
    const files::path inside = files::path(path) / "model.safetensors";
    return files::is_directory(path, ignored) && files::is_regular_file(inside, ignored) ? inside.string() : path;
}

}  // namespace rbm::app
