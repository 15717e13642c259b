#include "pool.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>

#if !defined(_WIN32)
#include <pthread.h>
#endif

namespace trilayer {
namespace {

// How long a helper looks for new work, and the caller for the last helper, before it lets the
// processor go: a batch or a small step takes less, and waking a sleeper takes about as much.
constexpr auto patience = std::chrono::microseconds(20);

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

// Waits until ready(), but no longer than `patience`; returns ready().
template <class F> bool spin_until(F ready) {
  const auto end = std::chrono::steady_clock::now() + patience;
  do {
    for (int i = 0; i < 32; ++i) {
      if (ready()) return true;
      pause();
    }
  } while (std::chrono::steady_clock::now() < end);
  return ready();
}

class Pool {
 public:
  void run(int helpers, const std::function<void()>& task) {
    grow(helpers);
    task_ = &task;
    error_ = nullptr;
    seats_ = helpers < size_ ? helpers : size_;
    if (sleepers_ > 0) {
      {
        std::lock_guard<std::mutex> lock(mutex_);
      }
      wake_.notify_all();
    }
    attempt(task);
    seats_ = 0;  // a helper that has not come by now has nothing left to do
    while (!spin_until([this] { return running_ == 0; })) std::this_thread::yield();
    if (error_) std::rethrow_exception(error_);
  }

  std::mutex busy;  // held by the call that uses the pool

 private:
  void grow(int helpers) {
    try {
      for (; size_ < helpers; ++size_) std::thread(&Pool::help, this).detach();
    } catch (const std::system_error&) {
      // The system has no more threads to give: the ones there are do the work.
    }
  }

  void attempt(const std::function<void()>& task) {
    try {
      task();
    } catch (...) {
      std::lock_guard<std::mutex> lock(mutex_);
      if (!error_) error_ = std::current_exception();
    }
  }

  // A helper counts as running before it takes a seat: once the seats are gone, the caller
  // that sees nobody running knows that nobody will.
  bool sit_down() {
    ++running_;
    int seats = seats_;
    while (seats > 0)
      if (seats_.compare_exchange_weak(seats, seats - 1)) return true;
    --running_;
    return false;
  }

  void help() {
    const auto called = [this] { return seats_ > 0; };
    for (;;) {
      if (!spin_until(called)) {
        std::unique_lock<std::mutex> lock(mutex_);
        ++sleepers_;
        wake_.wait(lock, called);
        --sleepers_;
      }
      if (!sit_down()) continue;
      attempt(*task_);
      --running_;
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<int> seats_{0}, running_{0}, sleepers_{0};
  const std::function<void()>* task_ = nullptr;
  std::exception_ptr error_;
  int size_ = 0;
};

// Never destroyed: its threads may outlive every static object. After a fork the child puts a
// fresh pool in the same place, since the old one's locks and threads are not there any more.
alignas(Pool) unsigned char storage[sizeof(Pool)];

void renew() { new (storage) Pool; }

// When the module is loaded, not at the first use: a fork in the middle of that would leave the
// child with a pool half made, and waiting for a thread that it has not got to finish it.
const bool made = [] {
  renew();
#if !defined(_WIN32)
  pthread_atfork(nullptr, nullptr, renew);
#endif
  return true;
}();

Pool& pool() { return *std::launder(reinterpret_cast<Pool*>(storage)); }

}  // namespace

void run_on_threads(int threads, const std::function<void()>& task) {
  if (threads > 1) {
    Pool& shared = pool();
    std::unique_lock<std::mutex> lock(shared.busy, std::try_to_lock);
    if (lock) return shared.run(threads - 1, task);
  }
  task();
}

}  // namespace trilayer
