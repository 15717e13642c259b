// Whole-data sums, predictions and training runs on top of one instruction set's kernels.
//
// Results do not depend on the number of threads. T is float or double, the samples' type;
// theta is float64, shapes as in network.hpp.
#pragma once

#include <functional>

#include "network.hpp"

namespace trilayer {

// Whole data are cut into blocks of block_samples. A batch smaller than that, of a network large
// enough, is cut further, so that more than one thread can have a part of it.
enum class Cut { blocks, batch };

// Sums over samples first .. first + count, cut from `first` on; the cuts depend on shape and
// count alone, and their sums are added along a fixed tree. out[1 + parameters]: the loss (0 unless
// want_loss), then the gradient.
template <class T>
void network_sums(Shape n, const double* theta, const Samples<T>& samples, Index first, Index count,
                  Cut cut, int threads, bool want_loss, double* out);

// out[m], or [2 m] for both_probabilities.
template <class T>
void network_predict(Shape n, const double* theta, const Samples<T>& samples, Index m, Output kind,
                     int threads, T* out);

// Where a whole-data run stands: all [parameters], consistent with each other before and after.
struct DescentState {
  double *theta, *velocity;  // velocity may be null: no momentum
  double* gradient;          // of J at theta
};

struct DescentRule {
  double learning_rate, momentum;
  double total_weight;  // S: J is the sum of losses over S ...
  double decay;         // ... plus decay / 2 times the squared weights
  double tolerance;     // a gradient with no larger component ends the run
};

// When to come back: after `steps`, or at the first step that ends `seconds` after the start.
struct Budget {
  Index steps;
  double seconds;
};

// J and the gradient's largest component after each step, [steps] each; J may be null.
struct Records {
  double *J, *largest;
};

// Sums over all samples at theta, wherever they are: sums[0] the loss, then the gradient.
using Pass = std::function<void(const double* theta, double* sums)>;

// Steps of E35: move along the gradient, then find J and the gradient there. A gradient that is
// not finite ends the run too. Returns the number of steps.
Index gradient_descent(Shape n, DescentState state, const Pass& pass, DescentRule rule,
                       Budget budget, Records records);

// The same on m samples in memory.
template <class T>
Index gradient_descent(Shape n, DescentState state, const Samples<T>& samples, Index m,
                       DescentRule rule, Budget budget, int threads, Records records);

// Mini-batches: batch b holds samples b * size ... of the m that samples.order lists (or of all,
// in their own order), the last one fewer.
struct Batches {
  Index m, size;
  Index first;            // batch to start with
  const double* rates;    // [all batches of the epoch] learning rates
  double average_weight;  // a batch's sums are divided by its size times this
  double decay;
  double seconds;  // when to come back
};

// Sums over the batches done, each as a share of the epoch's samples, of what it found before
// its step. gradient [parameters].
struct EpochTotals {
  double J;
  double* gradient;
};

// Both return the number of batches done.
template <class T>
Index sgd_batches(Shape n, double* theta, double* velocity, const Samples<T>& samples,
                  const Batches& batches, double momentum, int threads, EpochTotals& totals);

struct AdamRule {
  double beta1, beta2, epsilon;
  Index updates;  // before these
};

template <class T>
Index adam_batches(Shape n, double* theta, double* mean, double* square, const Samples<T>& samples,
                   const Batches& batches, AdamRule rule, int threads, EpochTotals& totals);

}  // namespace trilayer
