// Memory aligned to a cache line, and each thread's own scratch of it.
#pragma once

#include <cstddef>
#include <new>

#include "network.hpp"

namespace trilayer {

// Grows, never shrinks; content is lost when it grows.
class Scratch {
 public:
  Scratch() = default;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { release(); }

  template <class T> T* get(Index count) {
    const std::size_t bytes = std::size_t(count) * sizeof(T);
    if (bytes > bytes_) {
      release();
      memory_ = ::operator new(bytes, alignment);
      bytes_ = bytes;
    }
    return static_cast<T*>(memory_);
  }

 private:
  static constexpr std::align_val_t alignment{64};

  void release() {
    if (memory_) ::operator delete(memory_, alignment);
    memory_ = nullptr;
    bytes_ = 0;
  }

  void* memory_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace trilayer
