// SPDX-License-Identifier: MIT
// Values one behind the other, in memory of their own or in somebody else's.
//
// A buffer that borrows (borrow()) reads and writes the caller's memory, which must stay where it is until the buffer
// is gone. A copy of it has memory of its own.  Assigning to it writes into the memory, so that what is trained or
// loaded ends where the caller looks; the number of values must be the same.  Moving from it hands the memory on.
#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <new>
#include <span>
#include <utility>
#include <vector>

#include "rbm/kernels/error.h"

namespace rbm {

/// Memory on 64-byte boundaries: one cache line, one AVX-512 register.
template <class T>
struct CacheLineAllocator {
    using value_type = T;
    CacheLineAllocator() = default;
    template <class U>
    CacheLineAllocator(const CacheLineAllocator<U>&) {}
    T* allocate(std::size_t count) { return static_cast<T*>(::operator new(count * sizeof(T), std::align_val_t(64))); }
    void deallocate(T* memory, std::size_t) { ::operator delete(memory, std::align_val_t(64)); }
    bool operator==(const CacheLineAllocator&) const { return true; }
};

template <class T>
class Buffer {
  public:
    Buffer() = default;
    /// Zeros.
    explicit Buffer(std::size_t count) : own_(count) { look_at_own(); }
    Buffer(std::initializer_list<T> values) : own_(values) { look_at_own(); }
    Buffer(const std::vector<T>& values) : own_(values.begin(), values.end()) { look_at_own(); }
    Buffer(const Buffer& other) : own_(other.begin(), other.end()) { look_at_own(); }
    Buffer(Buffer&& other) noexcept
        : own_(std::move(other.own_)),
          values_(std::exchange(other.values_, {})),
          borrows_(std::exchange(other.borrows_, false)) {}
    Buffer& operator=(const Buffer& other) {
        if (this != &other) assign(other.begin(), other.end());
        return *this;
    }
    Buffer& operator=(Buffer&& other) {
        if (borrows_) return *this = std::as_const(other);
        own_ = std::move(other.own_);
        values_ = std::exchange(other.values_, {});
        borrows_ = std::exchange(other.borrows_, false);
        return *this;
    }
    ~Buffer() = default;

    /// From here on the values are those in `memory`; any alignment will do.
    void borrow(std::span<T> memory) {
        own_ = {};
        values_ = memory;
        borrows_ = true;
    }

    std::size_t size() const { return values_.size(); }
    bool empty() const { return values_.empty(); }
    T* data() { return values_.data(); }
    const T* data() const { return values_.data(); }
    T* begin() { return data(); }
    T* end() { return data() + size(); }
    const T* begin() const { return data(); }
    const T* end() const { return data() + size(); }
    T& operator[](std::size_t i) { return values_[i]; }
    const T& operator[](std::size_t i) const { return values_[i]; }

    /// Values within both sizes are kept, new ones are 0.  Throws InvalidArgument when the memory is borrowed and
    /// of another size.
    void resize(std::size_t count) {
        if (count == size()) return;
        if (borrows_) throw InvalidArgument("Buffer: borrowed memory cannot change its size");
        own_.resize(count);
        look_at_own();
    }
    void assign(std::size_t count, T value) {
        resize(count);
        std::fill(begin(), end(), value);
    }
    template <std::forward_iterator From>
    void assign(From first, From last) {
        resize(static_cast<std::size_t>(std::distance(first, last)));
        std::copy(first, last, begin());
    }

    bool operator==(const Buffer& other) const { return std::equal(begin(), end(), other.begin(), other.end()); }

  private:
    void look_at_own() { values_ = own_; }

    std::vector<T, CacheLineAllocator<T>> own_;
    std::span<T> values_;
    bool borrows_ = false;
};

}  // namespace rbm
