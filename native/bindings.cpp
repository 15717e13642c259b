// The Python module trilayer._fused. Outputs are written into given arrays.
#include "arrays.hpp"
#include "dispatch.hpp"

namespace trilayer {
namespace {

template <class T>
void sums(const Theta& theta, Index n2, const InArrays<T>& samples, const Doubles& out,
          bool want_loss, int threads) {
  const Shape n = samples.shape(theta.size(), n2);
  require(Index(out.size()) == n.parameters() + 1, "out needs one number more than theta");
  nb::gil_scoped_release release;
  network_sums(n, theta.data(), samples.samples(), 0, samples.m(), Cut::blocks, threads, want_loss,
               out.data());
}

template <class T>
void predict_samples(Shape n, const Theta& theta, const Samples<T>& samples, Index m,
                     const State<T>& out, int kind, int threads) {
  require(kind >= 0 && kind <= 2, "kind is 0 (logit), 1 (probability) or 2 (both)");
  require(Index(out.size()) == (kind == 2 ? 2 * m : m), "out does not fit the samples");
  nb::gil_scoped_release release;
  network_predict(n, theta.data(), samples, m, Output(kind), threads, out.data());
}

// Of plain numbers: quicker to call than with samples that must be made first.
template <class T>
void predict(const Theta& theta, Index n2, const Matrix<T>& X, const State<T>& out, int kind,
             int threads) {
  const Samples<T> samples{X.data(), X.stride(1), X.stride(0), nullptr, nullptr,
                           nullptr,  0,           0,           true};
  predict_samples(shape_of(theta.size(), Index(X.shape(0)), n2), theta, samples,
                  Index(X.shape(1)), out, kind, threads);
}

template <class T>
void predict_held(const Theta& theta, Index n2, const InArrays<T>& samples, const State<T>& out,
                  int kind, int threads) {
  predict_samples(shape_of(theta.size(), samples.held.n1(), n2), theta, samples.samples(),
                  samples.m(), out, kind, threads);
}

template <class T>
Index run_gd(const Doubles& theta, Index n2, const Maybe<Doubles>& velocity,
             const Doubles& gradient, const InArrays<T>& samples, double learning_rate,
             double momentum, double total_weight, double decay, double tolerance, Index steps,
             double seconds, const Maybe<Doubles>& J, const Doubles& largest, int threads) {
  const Shape n = samples.shape(theta.size(), n2);
  require_length(velocity, n.parameters(), "velocity must be as long as theta");
  require(Index(gradient.size()) == n.parameters(), "gradient must be as long as theta");
  require(!J || Index(J->size()) >= steps, "J needs a place for every step");
  require(Index(largest.size()) >= steps, "largest needs a place for every step");
  nb::gil_scoped_release release;
  return gradient_descent(n, {theta.data(), pointer(velocity), gradient.data()}, samples.samples(),
                          samples.m(), {total_weight, decay}, {learning_rate, momentum, tolerance},
                          {steps, seconds}, threads, {pointer(J), largest.data()});
}

// `fill` fills `sums` with those over all samples at theta, which changes in place.
Index run_gd_over(const Doubles& theta, Index n1, Index n2, const Maybe<Doubles>& velocity,
                  const Doubles& gradient, const Doubles& sums, const nb::callable& fill,
                  double learning_rate, double momentum, double total_weight, double decay,
                  double tolerance, Index steps, double seconds, const Doubles& J,
                  const Doubles& largest) {
  const Shape n{n1, n2};
  require(n1 >= 1 && n2 >= 0, "n1 must be positive, n2 must not be negative");
  require(Index(theta.size()) == n.parameters(), "theta does not fit n1 and n2");
  require_length(velocity, n.parameters(), "velocity must be as long as theta");
  require(Index(gradient.size()) == n.parameters(), "gradient must be as long as theta");
  require(Index(sums.size()) == n.parameters() + 1, "sums needs one number more than theta");
  require(Index(J.size()) >= steps, "J needs a place for every step");
  require(Index(largest.size()) >= steps, "largest needs a place for every step");
  const Mean mean{total_weight, decay};
  const CostAt cost = [&](const double* at, bool want_J, double* to) {
    fill();
    return mean_cost(n, sums.data(), mean, at, want_J, to);
  };
  return gradient_descent(n, {theta.data(), pointer(velocity), gradient.data()}, cost,
                          {learning_rate, momentum, tolerance}, {steps, seconds},
                          {J.data(), largest.data()});
}

// What both mini-batch runs take. The order is checked here: the kernels follow it blindly.
template <class T> struct Epoch {
  Shape n;
  Samples<T> samples;
  Batches batches;

  Epoch(const Doubles& theta, Index n2, const InArrays<T>& held, const Maybe<Order>& order,
        Index size, Index first, const Doubles& rates, double average_weight, double decay,
        double seconds, const Doubles& total)
      : n(held.shape(theta.size(), n2)), samples(held.samples()) {
    const Index all = held.m(), m = order ? Index(order->size()) : all;
    require(size >= 1 && first >= 0, "a batch needs a sample");
    require(Index(rates.size()) >= (m + size - 1) / size, "rates needs a place for every batch");
    require(Index(total.size()) == n.parameters(), "total must be as long as theta");
    samples.order = pointer(order);
    samples.listed = order ? m : 0;
    for (Index i = 0; order && i < m; ++i)
      require(samples.order[i] >= 0 && samples.order[i] < all,
              "order names a sample that is not there");
    batches = {m, size, first, rates.data(), average_weight, decay, seconds};
  }
};

template <class T>
nb::tuple run_sgd(const Doubles& theta, Index n2, const Doubles& velocity,
                  const InArrays<T>& samples, const Maybe<Order>& order, Index size, Index first,
                  const Doubles& rates, double average_weight, double decay, double seconds,
                  const Doubles& total, double J, double momentum, int threads) {
  const Epoch<T> epoch(theta, n2, samples, order, size, first, rates, average_weight, decay,
                       seconds, total);
  require(velocity.size() == theta.size(), "velocity must be as long as theta");
  EpochTotals totals{J, total.data()};
  Index done;
  {
    nb::gil_scoped_release release;
    done = sgd_batches(epoch.n, theta.data(), velocity.data(), epoch.samples, epoch.batches,
                       momentum, threads, totals);
  }
  return nb::make_tuple(done, totals.J);
}

template <class T>
nb::tuple run_adam(const Doubles& theta, Index n2, const Doubles& mean, const Doubles& square,
                   const InArrays<T>& samples, const Maybe<Order>& order, Index size, Index first,
                   const Doubles& rates, double average_weight, double decay, double seconds,
                   const Doubles& total, double J, Index updates, double beta1, double beta2,
                   double epsilon, int threads) {
  const Epoch<T> epoch(theta, n2, samples, order, size, first, rates, average_weight, decay,
                       seconds, total);
  require(mean.size() == theta.size() && square.size() == theta.size(),
          "the moments must be as long as theta");
  EpochTotals totals{J, total.data()};
  Index done;
  {
    nb::gil_scoped_release release;
    done = adam_batches(epoch.n, theta.data(), mean.data(), square.data(), epoch.samples,
                        epoch.batches, {beta1, beta2, epsilon, updates}, threads, totals);
  }
  return nb::make_tuple(done, totals.J);
}

// The kernels' own exp, sigmoid and log(1 + e^z), for the tests.
template <class T>
void elementwise(const std::string& name, const Vector<T>& x, const State<T>& out) {
  const Kernels<T>& k = current_kernels<T>();
  require(x.size() == out.size(), "out must be as long as x");
  require(name == "exp" || name == "sigmoid" || name == "softplus", "no such function");
  const auto f = name == "exp" ? k.exp : name == "sigmoid" ? k.sigmoid : k.softplus;
  f(Index(x.size()), x.data(), out.data());
}

template <class T>
void hold(InArrays<T>* self, const Matrix<T>& X, const Maybe<Vector<T>>& Y,
          const Maybe<Vector<T>>& s, Index n1, const Ranges& stairs, const Ranges& levels,
          const Maybe<Where>& at, const Maybe<Parts<T>>& part, const Maybe<Theta>& scale) {
  new (self) InArrays<T>(X, Y, s, n1, stairs, levels, at, part, scale);
}

template <class T>
void hold_sparse(InArrays<T>* self, const Vector<T>& values, const Order& starts,
                 const Inputs& inputs, const Maybe<Vector<T>>& Y, const Maybe<Vector<T>>& s,
                 Index n1, const Maybe<Theta>& scale) {
  new (self) InArrays<T>(values, starts, inputs, Y, s, n1, scale);
}

constexpr auto samples_text =
    "Samples: X (plain inputs x m, any strides), Y and s (None: all 1); runs of the n1 inputs,\n"
    "[runs][2]: first input and length, of stairs and of levels; `at` (m x runs, the stairs first,\n"
    "uint16) and `part` (m x stairs) say where each sample is in them; `scale` [n1] multiplies\n"
    "inputs (None: 1). Or sparse ones: sample i is values[starts[i]] to values[starts[i + 1] - 1]\n"
    "(int64, m + 1), of inputs[...] (int32). Nothing is copied. ValueError says what is not as it should be.";

constexpr auto run_gd_text =
    "Up to `steps` steps of gradient descent on all samples, in place:\n"
    "  velocity = momentum * velocity + gradient;  theta -= learning_rate * velocity\n"
    "(velocity None: theta -= learning_rate * gradient), then at the new theta\n"
    "  gradient = sums / total_weight + decay * theta (W1 and W2 only)\n"
    "  J[k] = loss / total_weight + decay / 2 * (|W1|^2 + |W2|^2), unless J is None\n"
    "  largest[k] = largest |component| of gradient, NaN if one is not finite.\n"
    "`gradient` must come in as the gradient at theta. Ends when largest[k] is not above\n"
    "`tolerance`, or after about `seconds`. Returns the number of steps.";

constexpr auto run_gd_over_text =
    "run_gd over samples that are elsewhere: `fill()` fills `sums`, one number longer than\n"
    "theta, with the loss and the gradient summed over all of them at theta.";

constexpr auto run_sgd_text =
    "Batches first, first + 1, ... of an epoch, `size` samples each, in place; for batch b\n"
    "  g = sums / (samples in it * average_weight) + decay * theta (W1 and W2 only)\n"
    "  velocity = momentum * velocity - rates[b] * g\n"
    "  theta += momentum * velocity - rates[b] * g\n"
    "Samples come in `order` (int64, or None: as they lie). Adds each batch's g, times its\n"
    "share of the samples, to `total`. Comes back after about `seconds` with (batches done,\n"
    "`J` plus the likewise weighted sum of their J before the step).";

constexpr auto run_adam_text =
    "As run_sgd, but with t = updates + 1, ...\n"
    "  mean = beta1 * mean + (1 - beta1) * g;  square = beta2 * square + (1 - beta2) * g^2\n"
    "  rate = rates[b] * sqrt(1 - beta2^t) / (1 - beta1^t)\n"
    "  theta -= rate * mean / (sqrt(square) + epsilon)";

template <class T> void define(nb::module_& m, const char* name) {
  nb::class_<InArrays<T>>(m, name, samples_text)
      .def("__init__", hold<T>, plain("X"), none("Y"), none("s"), "n1"_a, plain("stairs"),
           plain("levels"), none("at"), none("part"), none("scale"))
      .def("__init__", hold_sparse<T>, plain("values"), plain("starts"), plain("inputs"), none("Y"),
           none("s"), "n1"_a, none("scale"));
  m.def("sums", sums<T>, plain("theta"), "n2"_a, "samples"_a, plain("out"), "want_loss"_a = true,
        "threads"_a = 1,
        "The loss (0 unless want_loss) and the gradient, summed over the samples, into `out`,\n"
        "one longer than theta.");
  m.def("predict", predict<T>, plain("theta"), "n2"_a, plain("X"), plain("out"), "kind"_a,
        "threads"_a = 1,
        "Logits (kind 0), probabilities (1) or both classes' (2, two a sample) into `out`.");
  m.def("predict", predict_held<T>, plain("theta"), "n2"_a, "samples"_a, plain("out"), "kind"_a,
        "threads"_a = 1);
  m.def("run_gd", run_gd<T>, plain("theta"), "n2"_a, none("velocity"), plain("gradient"),
        "samples"_a, "learning_rate"_a, "momentum"_a, "total_weight"_a, "decay"_a, "tolerance"_a,
        "steps"_a, "seconds"_a, none("J"), plain("largest"), "threads"_a, run_gd_text);
  m.def("run_sgd", run_sgd<T>, plain("theta"), "n2"_a, plain("velocity"), "samples"_a,
        none("order"), "size"_a, "first"_a, plain("rates"), "average_weight"_a, "decay"_a,
        "seconds"_a, plain("total"), "J"_a, "momentum"_a, "threads"_a, run_sgd_text);
  m.def("run_adam", run_adam<T>, plain("theta"), "n2"_a, plain("mean"), plain("square"),
        "samples"_a, none("order"), "size"_a, "first"_a, plain("rates"), "average_weight"_a,
        "decay"_a, "seconds"_a, plain("total"), "J"_a, "updates"_a, "beta1"_a, "beta2"_a,
        "epsilon"_a, "threads"_a, run_adam_text);
  m.def("elementwise", elementwise<T>, "name"_a, plain("x"), plain("out"),
        "exp, sigmoid or softplus of x into out, as the kernels compute them.");
}

NB_MODULE(_fused, m) {
  m.def("isa", [] { return std::string(current_isa().name); }, "The instruction set in use.");
  m.def("available_isas", available_isas, "Those this machine can run, best first.");
  m.def("select_isa", select_isa, "name"_a, "Use this instruction set from now on.");
  m.def("run_gd_over", run_gd_over, plain("theta"), "n1"_a, "n2"_a, none("velocity"),
        plain("gradient"), plain("sums"), "fill"_a, "learning_rate"_a, "momentum"_a,
        "total_weight"_a, "decay"_a, "tolerance"_a, "steps"_a, "seconds"_a, plain("J"),
        plain("largest"), run_gd_over_text);
  m.attr("block_samples") = block_samples;
  define<float>(m, "Samples32");
  define<double>(m, "Samples64");
  define_newton(m);
}

}  // namespace
}  // namespace trilayer
