// Lets the Nth allocation of a library fail: to be preloaded.

#include <cstdint>
#include <cstdlib>
#include <new>

namespace {

std::uintptr_t first = 0, last = 0;
long left = 0;

// Whether this call, of the library that is watched, is the one.
bool fails(void* caller) {
  const auto at = reinterpret_cast<std::uintptr_t>(caller);
  return at >= first && at < last && __atomic_sub_fetch(&left, 1, __ATOMIC_SEQ_CST) == 0;
}

void* allocate(std::size_t size, std::size_t alignment, void* caller) {
  void* memory = nullptr;
  if (fails(caller) || posix_memalign(&memory, alignment, size ? size : 1)) throw std::bad_alloc();
  return memory;
}

}  // namespace

extern "C" void let_fail(std::uintptr_t from, std::uintptr_t to, long number) {
  first = from, last = to, left = number;
}
extern "C" long calls_left() { return left; }

void* operator new(std::size_t size) { return allocate(size, 16, __builtin_return_address(0)); }
void* operator new[](std::size_t size) { return allocate(size, 16, __builtin_return_address(0)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate(size, std::size_t(alignment), __builtin_return_address(0));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
