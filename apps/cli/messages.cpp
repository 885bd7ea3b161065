// SPDX-License-Identifier: MIT
#include "apps/cli/messages.h"

#include <cstdio>

#include "apps/cli/progress.h"

namespace rbm::app {

Console& console() {
    static Console instance;
    return instance;
}

void say(const std::string& text) {
    std::string line = console().program.empty() ? "" : console().program + ": ";
    for (const char letter : text) {
        const auto byte = static_cast<unsigned char>(letter);
        if ((byte < 0x20 && letter != '\n') || byte == 0x7F)
            line += fmt::format("\\x{:02x}", byte);
        else
            line += letter;
    }
    line += '\n';
    Progress::clear_line();
    // Nobody is left to tell when standard error itself fails.
    (void)std::fwrite(line.data(), 1, line.size(), stderr);
    (void)std::fflush(stderr);
}

}  // namespace rbm::app
