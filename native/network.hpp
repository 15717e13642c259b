// What the kernels of every instruction set share with the code that picks one: plain data.
//
// Shapes as in the derivation: W1 n1 x n2, b1 n2 x 1, W2 n2 x 1, b2 1 x 1, samples are columns.
// A parameter vector `theta`, float64 in every run, holds W1 (row by row), b1, W2, b2. n2 = 0 is
// the logistic unit: W2 is n1 x 1 and acts on X, theta holds W2, b2.
#pragma once

#include <cstdint>

namespace trilayer {

using Index = std::int64_t;

constexpr Index block_samples = 2048;

struct Shape {
  Index n1, n2;
  Index parameters() const { return n2 ? (n1 + 2) * n2 + 1 : n1 + 1; }
};

// Inputs of which a sample has little to add up: runs of inputs that are stairs (ones, then one
// number between 0 and 1, then zeros) or levels (zeros, but for at most a single one). The other
// inputs are plain. With the sums of W1's first rows of a run at hand, a stair's share of Z1 lies
// between two of them, and a level's is one row, however long the run is.
struct Layout {
  Index plain, stairs, levels;  // how many
  const Index* inputs;          // [plain]: which inputs the plain ones are
  const Index* runs;            // [stairs + levels][2]: first input and length of each run
  Index rows;                   // of the table: a row a plain input, length + 1 a run
  Index longest;                // length of the longest stair
  bool sparse;                  // all inputs are plain, and samples are what is not zero of them

  Index count() const { return stairs + levels; }
};

// Where a sample is in a run.
using Place = std::uint16_t;

// m samples; element k of sample i is x[i * sample_stride + k * feature_stride]. With `order`
// (m indices), sample i is sample order[i] of x, y and s instead. s may be null: all ones.
// With `padded_to` above m, x (sample_stride 1), y and s go on with zeros up to that many samples.
template <class T> struct Samples {
  const T* x;
  Index sample_stride, feature_stride;
  const T* y;
  const T* s;
  const Index* order;
  Index padded_to;
  Index listed;  // length of order, 0 without
  bool equal;    // it is known that all samples weigh 1; else each tile looks

  // With a layout, x holds the plain inputs alone, and at and part where each sample is in each
  // run: on step `at` of a stair, `part` of it; or at level `at`, which for none is the run's length
  // ([m][runs], and [m][stairs] of part).
  const Layout* layout = nullptr;
  const Place* at = nullptr;
  const T* part = nullptr;
  const double* scale = nullptr;  // [n1]: what each input is multiplied by; null: 1

  // With a sparse layout, sample i is x[starts[i]] .. x[starts[i + 1] - 1], of the inputs that are
  // named at the same places.
  const Index* starts = nullptr;  // [m + 1]
  const std::int32_t* inputs = nullptr;
};

enum class Output { logit, probability, both_probabilities };

// One instruction set's functions. `prepared` is theta rearranged for them, `work` a thread's
// scratch memory; both are aligned to 64 bytes and at least as long as the sizes say.
template <class T> struct Kernels {
  bool (*reads_columns)(Shape);  // else rows; the other layout, or gathered samples, it copies
  // The layout may be null.
  Index (*prepared_size)(Shape, const Layout*);
  Index (*work_size)(Shape, const Layout*);
  void (*prepare)(Shape, const Layout*, const double* theta, T* prepared);

  // Sums over `count` samples from `first` on: out[0] the loss, left at 0 unless want_loss;
  // out[1 .. parameters] the gradient in theta's order.
  void (*sums)(Shape, const T* prepared, const Samples<T>&, Index first, Index count,
               bool want_loss, T* work, double* out);
  // out[count], or out[2 * count] for both_probabilities.
  void (*predict)(Shape, const T* prepared, const Samples<T>&, Index first, Index count, Output,
                  T* work, T* out);

  void (*exp)(Index n, const T* x, T* out);
  void (*sigmoid)(Index n, const T* x, T* out);
  void (*softplus)(Index n, const T* x, T* out);
};

// What solvers do between two passes over the data, on vectors [parameters] of float64.
struct Updates {
  // Sum of the squares of W1 and W2: the L2 term's.
  double (*squared_weights)(Shape, const double* theta);
  // out = scale * sums + decay * theta, the second only where theta is a weight (W1, W2).
  void (*gradient)(Shape, const double* sums, double scale, double decay, const double* theta,
                   double* out);
  // Largest magnitude; NaN if any component is not finite.
  double (*largest)(Index n, const double* x);
  // total += share * x.
  void (*accumulate)(Index n, double share, const double* x, double* total);
  // v = momentum v + g; theta -= rate v. Without v (null): theta -= rate g.
  void (*descend)(Index n, const double* g, double rate, double momentum, double* v, double* theta);
  // v = momentum v - rate g; theta += momentum v - rate g (Nesterov).
  void (*sgd)(Index n, const double* g, double rate, double momentum, double* v, double* theta);
  // m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) (g g);
  // theta -= rate m / (sqrt(v) + epsilon).
  void (*adam)(Index n, const double* g, double rate, double beta1, double beta2, double epsilon,
               double* m, double* v, double* theta);
  // direction = -H g, H the BFGS inverse Hessian of `pairs` changes s, y of theta and gradient,
  // the oldest first, started from (s.y / y.y) I of the last (Nocedal and Wright, Algorithm 7.4).
  // `sy` has s.y of each pair, `alpha` room for a number a pair.
  void (*two_loop)(Index n, Index pairs, const double* const* s, const double* const* y,
                   const double* sy, const double* g, double* alpha, double* direction);
  double (*dot)(Index n, const double* a, const double* b);
};

struct InstructionSet {
  const char* name;
  const Updates* updates;
  const Kernels<float>* f32;
  const Kernels<double>* f64;
};

}  // namespace trilayer
