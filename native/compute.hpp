// Whole-data sums, predictions and training runs on top of one instruction set's kernels.
//
// Results do not depend on the number of threads. T is float or double, the samples' type;
// theta is float64, shapes as in network.hpp.
#pragma once

#include <functional>
#include <vector>

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

// What J is: the samples' losses over total_weight, plus decay / 2 times the squared weights.
struct Mean {
  double total_weight, decay;
};

// Where a whole-data run stands: all [parameters], consistent with each other before and after.
struct DescentState {
  double *theta, *velocity;  // velocity may be null: no momentum
  double* gradient;          // of J at theta
};

struct DescentRule {
  double learning_rate, momentum;
  double tolerance;  // a gradient with no larger component ends the run
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

// J at theta over all samples, wherever they are (0 unless want_J); its gradient into `gradient`.
using CostAt = std::function<double(const double* theta, bool want_J, double* gradient)>;

// What sums over all samples (the loss, then its gradient) make of J and its gradient at theta.
double mean_cost(Shape n, const double* sums, Mean mean, const double* theta, bool want_J,
                 double* gradient);

// Steps of E35: move along the gradient, then find J and the gradient there. A gradient that is
// not finite ends the run too. Returns the number of steps.
Index gradient_descent(Shape n, DescentState state, const CostAt& cost, DescentRule rule,
                       Budget budget, Records records);

// The same on m samples in memory.
template <class T>
Index gradient_descent(Shape n, DescentState state, const Samples<T>& samples, Index m, Mean mean,
                       DescentRule rule, Budget budget, int threads, Records records);

// Where a quasi-Newton run stands, consistent before and after.
struct NewtonState {
  double *theta, *gradient;  // [parameters]; the second of J at theta
  double J;
  Index iterations, evaluations;
  std::vector<const double*> S, Y;  // the latest changes of theta and gradient, the oldest first
};

// Where new changes go, [rows][parameters] each: a row for each iteration of the run, but no more
// than history + 1.
struct NewtonRoom {
  double *S, *Y;
};

struct NewtonRule {
  Index history;     // changes kept at the most
  double tolerance;  // as in DescentRule
};

// Why a run came back: its budget is spent, the gradient is within the tolerance, no further
// decrease is possible, or `poll` said so.
enum class NewtonEnd { budget, tolerance, precision, stopped };

// L-BFGS from where `state` stands, as solvers/lbfgs.py has it; J after each iteration into
// J[budget.steps]. `poll` is asked during a search that outlasts the budget's seconds: true ends
// the run at its last whole iteration.
NewtonEnd quasi_newton(Shape n, NewtonState& state, const CostAt& cost, NewtonRule rule,
                       Budget budget, NewtonRoom room, double* J,
                       const std::function<bool()>& poll);

// The same on m samples in memory.
template <class T>
NewtonEnd quasi_newton(Shape n, NewtonState& state, const Samples<T>& samples, Index m, Mean mean,
                       NewtonRule rule, Budget budget, int threads, NewtonRoom room, double* J,
                       const std::function<bool()>& poll);

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
