// What native code is handed, made of any bytes: shapes, strides, runs, places, sparse rows, numbers
// of every size. Either it is refused with a sentence, or computed inside its arrays
// (AddressSanitizer looks on: each array has its own memory, no element more), to the same bits on
// one thread and on three.
//
// libFuzzer's own main, or with -DALONE one that makes up bytes by chance: native [SECONDS] [SEED].
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

#include "compute.hpp"
#include "dispatch.hpp"
#include "held.hpp"

namespace {

using namespace trilayer;

// Numbers, from bytes as long as there are some.
class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}
  int byte() { return left_ ? (--left_, *data_++) : 0; }
  Index below(Index n) { return n > 0 ? Index(byte() | byte() << 8) % n : 0; }
  double number() {
    switch (const int kind = byte(); kind % 8) {
      case 0: return 0;
      case 1: return std::ldexp(1 + kind, byte() * 10 - 1280);
      case 2: return -std::ldexp(1 + kind, byte() * 10 - 1280);
      case 3: return std::numeric_limits<double>::denorm_min() * kind;
      case 4: return kind < 16 ? std::numeric_limits<double>::quiet_NaN() : kind / 16.0;
      case 5: return kind < 16 ? std::numeric_limits<double>::infinity() : -kind / 16.0;
      default: return (kind - 128) / 32.0;
    }
  }

 private:
  const std::uint8_t* data_;
  std::size_t left_;
};

// An array of its own, so that one element too far is seen.
template <class T> using Array = std::unique_ptr<T[]>;
template <class T, class F> Array<T> filled(Index count, F value) {
  Array<T> array(new T[std::size_t(count)]);
  for (Index i = 0; i < count; ++i) array[i] = T(value());
  return array;
}

void require_same(const void* a, const void* b, Index bytes, const char* what) {
  if (!std::memcmp(a, b, std::size_t(bytes))) return;
  std::fprintf(stderr, "%s differ on three threads\n", what);
  std::abort();
}

template <class T>
void predictions(Shape n, const double* theta, const Samples<T>& samples, Index m, int threads) {
  for (const Output kind : {Output::logit, Output::probability, Output::both_probabilities}) {
    const Index count = kind == Output::both_probabilities ? 2 * m : m;
    Array<T> one(new T[std::size_t(count)]), three(new T[std::size_t(count)]);
    network_predict(n, theta, samples, m, kind, 1, one.get());
    network_predict(n, theta, samples, m, kind, threads, three.get());
    require_same(one.get(), three.get(), count * Index(sizeof(T)), "predictions");
    for (Index i = 0; kind != Output::logit && i < count; ++i)
      if (one[i] < 0 || one[i] > 1) std::abort();
  }
}

template <class T>
void runs(Shape n, const double* start, Samples<T> samples, Index m, int threads, Bytes& bytes) {
  const Index p = n.parameters();
  const auto copy = [&] { return filled<double>(p, [start]() mutable { return *start++; }); };
  const auto zero = [&] { return filled<double>(p, [] { return 0; }); };
  const auto room = [&](Index rows) { return filled<double>(rows * p, [] { return 0; }); };
  const double rate = bytes.number(), decay = std::abs(bytes.number());

  auto theta = copy(), velocity = zero(), gradient = zero(), J = room(3), largest = room(3);
  gradient_descent(n, {theta.get(), bytes.byte() % 2 ? velocity.get() : nullptr, gradient.get()},
                   samples, m, {double(m), decay}, {rate, 0.5, 0}, {3, 0.1}, threads,
                   {J.get(), largest.get()});

  theta = copy();
  NewtonState state{theta.get(), gradient.get(), bytes.number(), 0, 1, {}, {}};
  auto S = room(3), Y = room(3), trail = room(3);
  quasi_newton(n, state, samples, m, {double(m), decay}, {2, 1e-9}, {3, 0.1}, threads,
               {S.get(), Y.get()}, trail.get(), [] { return false; });

  const Index listed = bytes.below(2 * m + 1);
  const auto order = filled<Index>(listed, [&] { return bytes.below(m); });
  if (listed) samples.order = order.get(), samples.listed = listed;
  const Index all = listed ? listed : m, size = 1 + bytes.below(all);
  const auto rates = filled<double>((all + size - 1) / size, [&] { return rate; });
  const Batches batches{all, size, 0, rates.get(), 1, decay, 1};
  auto total = zero(), mean = zero(), square = zero();
  EpochTotals totals{0, total.get()};
  theta = copy();
  sgd_batches(n, theta.get(), velocity.get(), samples, batches, 0.9, threads, totals);
  adam_batches(n, theta.get(), mean.get(), square.get(), samples, batches, {0.9, 0.999, 1e-8, 0},
               threads, totals);
}

template <class T> void compute(Bytes bytes) {
  const Index m = 1 + bytes.below(bytes.byte() % 16 ? 40 : 2 * block_samples + 9);
  const Index n1 = 1 + bytes.below(bytes.byte() % 4 ? 12 : 80), n2 = bytes.below(20);
  const bool sparse = bytes.byte() % 4 == 0;
  const Index stairs = sparse ? 0 : bytes.byte() % 4, levels = sparse ? 0 : bytes.byte() % 4;
  Index next = 0;  // runs that fit, unless a byte says otherwise
  const auto run = [&, begin = true]() mutable {
    const bool first = std::exchange(begin, !begin);
    if (bytes.byte() % 32 == 0) return Index(bytes.byte()) - 9;
    const Index length = 1 + bytes.below(6);
    return first ? next : (next += length, length);
  };
  const auto stair = filled<Index>(2 * stairs, run), level = filled<Index>(2 * levels, run);
  Held<T> held(n1, {stair.get(), stairs}, {level.get(), levels});
  const Layout& layout = held.layout();

  const Index plain = layout.plain;
  const auto x = filled<T>(m * plain, [&] { return bytes.number(); });
  const auto y = filled<T>(m, [&] { return bytes.byte() % 2; });
  const auto s = filled<T>(m, [&] { return std::abs(bytes.number()); });
  const auto part = filled<T>(m * stairs, [&] { return bytes.byte() / T(255); });
  const auto scale = filled<double>(n1, [&] { return bytes.byte() % 32 ? 0.5 : bytes.number(); });
  Array<Place> at(new Place[std::size_t(m * layout.count())]);
  for (Index i = 0; i < m; ++i)
    for (Index g = 0; g < layout.count(); ++g)
      at[i * layout.count() + g] = Place(bytes.below(layout.runs[2 * g + 1] + (g >= stairs)));
  if (bytes.byte() % 32 == 0 && layout.count() > 0) at[0] = Place(bytes.below(1 << 16));

  const int way = bytes.byte();  // rows, columns, or either backwards
  Samples<T> samples{};
  samples.x = x.get();
  samples.sample_stride = way % 2 ? plain : 1;
  samples.feature_stride = way % 2 ? 1 : m;
  if (way & 2 && plain) {
    samples.x += (m - 1) * samples.sample_stride;
    samples.sample_stride = -samples.sample_stride;
  }
  samples.y = y.get();
  samples.s = way & 4 ? s.get() : nullptr;
  samples.equal = !samples.s;
  samples.at = at.get();
  samples.part = part.get();
  samples.scale = way & 8 ? scale.get() : nullptr;
  Index entries = 0;  // of sparse rows, which fit unless a byte says otherwise
  const auto starts = filled<Index>(m + 1, [&, first = true]() mutable {
    if (!std::exchange(first, false)) entries += bytes.below(std::min<Index>(n1, 5));
    return entries;
  });
  if (sparse && bytes.byte() % 32 == 0) starts[bytes.below(m + 1)] = bytes.byte() - 9;
  const auto values = filled<T>(entries, [&] { return bytes.number(); });
  const auto inputs = filled<std::int32_t>(
      entries, [&] { return bytes.byte() % 64 ? bytes.below(n1) : Index(bytes.byte()) - 9; });
  if (sparse) {
    samples.x = values.get();
    samples.sample_stride = samples.feature_stride = 0;
    samples.starts = starts.get();
    samples.inputs = inputs.get();
  }
  held.fill(samples, m, entries);

  const Shape n{n1, n2};
  const auto theta = filled<double>(n.parameters(), [&] { return bytes.number(); });
  const Index count = n.parameters() + 1;
  const int threads = bytes.byte() % 8 ? 1 : 3;
  auto one = filled<double>(count, [] { return 0; });
  auto three = filled<double>(count, [] { return 0; });
  network_sums(n, theta.get(), held.samples(), 0, m, Cut::blocks, 1, true, one.get());
  network_sums(n, theta.get(), held.samples(), 0, m, Cut::blocks, threads, true,
               three.get());
  require_same(one.get(), three.get(), count * Index(sizeof(double)), "sums");
  predictions(n, theta.get(), held.samples(), m, threads);
  runs(n, theta.get(), held.samples(), m, threads, bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (!size) return 0;
  static const auto isas = available_isas();
  select_isa(isas[data[0] / 2 % isas.size()]);
  try {
    const Bytes bytes(data + 1, size - 1);
    data[0] % 2 ? compute<float>(bytes) : compute<double>(bytes);
  } catch (const std::invalid_argument&) {
    // refused, with a sentence
  }
  return 0;
}

#if defined(ALONE)
int main(int count, char** words) {
  const double seconds = count > 1 ? std::atof(words[1]) : 5;
  std::mt19937_64 chance(count > 2 ? std::strtoull(words[2], nullptr, 10) : 0);
  const auto begin = std::chrono::steady_clock::now();
  long runs = 0;
  const auto past = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  for (; past() < seconds; ++runs) {
    std::vector<std::uint8_t> data(chance() % 2048);
    for (auto& byte : data) byte = std::uint8_t(chance());
    LLVMFuzzerTestOneInput(data.data(), data.size());
  }
  std::printf("native: %ld executions in %.0f s\n", runs, past());
}
#endif
