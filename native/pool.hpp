// A few threads that wait for work between calls.
#pragma once

#include <functional>

namespace trilayer {

// Runs task() on `threads` threads, the caller's among them, and returns when all have. The
// task must share out its work itself (an atomic counter), so that fewer threads than asked
// for, down to the caller alone, do all of it: that happens when another call has the pool.
// The first exception of any of them is thrown again here. A fork leaves the threads behind:
// the child makes its own when it first needs them.
void run_on_threads(int threads, const std::function<void()>& task);

}  // namespace trilayer
