// SPDX-License-Identifier: MIT
// What libhdf5 opens, closed on every way out, and its own messages kept quiet.  Part of hdf5_module.cpp.
#pragma once

#include <hdf5.h>

#include <utility>

namespace rbm {

/// From now on libhdf5 prints nothing, and loads no filters from other files.
inline void silence_hdf5() {
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    H5PLset_loading_state(0);
}

/// A file, group, data set, type, space, attribute or list of properties; not there when its number is negative.
class Hdf5Handle {
  public:
    using Close = herr_t (*)(hid_t);
    Hdf5Handle(hid_t number, Close close) : number_(number), close_(close) {}
    Hdf5Handle(Hdf5Handle&& other) noexcept : number_(std::exchange(other.number_, -1)), close_(other.close_) {}
    Hdf5Handle& operator=(Hdf5Handle&& other) noexcept {
        std::swap(number_, other.number_);
        std::swap(close_, other.close_);
        return *this;
    }
    ~Hdf5Handle() { reset(); }

    hid_t get() const { return number_; }
    bool there() const { return number_ >= 0; }
    void reset() {
        if (there()) close_(std::exchange(number_, -1));
    }

  private:
    hid_t number_;
    Close close_;
};

}  // namespace rbm
