#include "places.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace trilayer {
namespace {

std::string inputs_of(Index first, Index length) {
  return "inputs " + std::to_string(first) + " to " + std::to_string(first + length - 1);
}

template <class T> struct Sample {
  const T* x;
  Index stride, number;
  const T* heights;  // null: all are 1

  T operator[](Index k) const { return x[k * stride]; }
  T height(Index k) const { return heights ? heights[k] : T(1); }
  [[noreturn]] void is_no(const char* what, Index first, Index length) const {
    throw std::invalid_argument("sample " + std::to_string(number) + ": " +
                                inputs_of(first, length) + " are no " + what);
  }
};

// The step a sample is on, at most the last one, and how much of it.
template <class T>
std::pair<Index, T> step(const Sample<T>& sample, Index first, Index length) {
  constexpr auto what = "stair: full steps, then one anywhere between, then zeros";
  Index k = 0;
  while (k < length - 1 && sample[first + k] == sample.height(first + k)) ++k;
  const T part = sample[first + k] / sample.height(first + k);
  bool fits = part >= T(0) && part <= T(1);
  for (Index rest = k + 1; rest < length; ++rest) fits &= sample[first + rest] == T(0);
  if (!fits) sample.is_no(what, first, length);
  return {k, part};
}

// Which level a sample has; `length` if none.
template <class T> Index level(const Sample<T>& sample, Index first, Index length) {
  constexpr auto what = "levels: zeros, but for at most one";
  Index found = length;
  for (Index k = 0; k < length; ++k) {
    const T x = sample[first + k];
    if (x == T(0)) continue;
    if (x != sample.height(first + k) || found != length) sample.is_no(what, first, length);
    found = k;
  }
  return found;
}

}  // namespace

template <class T> void Places<T>::lay_out(Runs stairs, Runs levels) {
  std::vector<bool> taken(std::size_t(n1_), false);
  Index rows = 0;
  for (const Runs& runs : {stairs, levels})
    for (Index g = 0; g < runs.count; ++g) {
      const Index first = runs.at[2 * g], length = runs.at[2 * g + 1];
      if (first < 0 || length < 1 || first > n1_ - length)
        throw std::invalid_argument("a run of inputs does not lie within the " +
                                    std::to_string(n1_) + " there are");
      for (Index k = first; k < first + length; ++k) {
        if (taken[std::size_t(k)])
          throw std::invalid_argument("input " + std::to_string(k) + " is in two runs");
        taken[std::size_t(k)] = true;
        if (!(heights_[std::size_t(k)] > 0) || !std::isfinite(heights_[std::size_t(k)]))
          throw std::invalid_argument("the height of input " + std::to_string(k) +
                                      " is not a positive number");
      }
      runs_.push_back(first);
      runs_.push_back(length);
      rows += length + 1;
    }
  for (Index k = 0; k < n1_; ++k)
    if (!taken[std::size_t(k)]) plain_.push_back(k);
  const Index plain = Index(plain_.size());
  layout_ = {plain, stairs.count, levels.count, plain_.data(), runs_.data(),
             heights_.data(), plain + rows};
  if (layout_.rows > std::numeric_limits<std::int32_t>::max())
    throw std::invalid_argument("there are too many inputs");
}

template <class T>
Places<T>::Places(const T* x, Index m, Index n1, Index sample_stride, Index feature_stride,
                  Runs stairs, Runs levels, const T* heights)
    : m_(m), n1_(n1), heights_(std::size_t(n1), 1.0) {
  if (heights) std::copy(heights, heights + n1, heights_.begin());
  lay_out(stairs, levels);
  const Index line = 64 / Index(sizeof(T)), count = layout_.count();
  stride_ = layout_.plain + (layout_.plain % line ? 0 : line);  // see Arranged
  x_.resize(std::size_t(m * stride_ + line));
  at_.resize(std::size_t(m * count));
  part_.resize(std::size_t(m * layout_.stairs));
  for (Index i = 0; i < m; ++i) {
    const Sample<T> sample{x + i * sample_stride, feature_stride, i, heights};
    for (Index k = 0; k < layout_.plain; ++k)
      x_[std::size_t(i * stride_ + k)] = sample[plain_[std::size_t(k)]];
    Index row = layout_.plain;
    for (Index g = 0; g < count; ++g) {
      const Index first = runs_[std::size_t(2 * g)], length = runs_[std::size_t(2 * g + 1)];
      Index place;
      if (g < layout_.stairs) {
        const auto [k, part] = step(sample, first, length);
        place = k;
        part_[std::size_t(i * layout_.stairs + g)] = part;
      } else place = level(sample, first, length);
      at_[std::size_t(i * count + g)] = std::int32_t(row + place);
      row += length + 1;
    }
  }
  sort_visits();
}

// Tiles as a pass over all samples cuts them: those that stand on one step follow each other.
template <class T> void Places<T>::sort_visits() {
  const Index stairs = layout_.stairs, count = layout_.count();
  visits_.resize(std::size_t(m_ * stairs));
  auto* next = visits_.data();
  for (Index block = 0; block < m_; block += block_samples) {
    const Index end = std::min(m_, block + block_samples);
    for (Index first = block; first < end; first += stairs_tile) {
      const Index here = std::min(stairs_tile, end - first);
      for (Index g = 0; g < stairs; ++g, next += here) {
        for (Index i = 0; i < here; ++i) {
          const auto at = at_[std::size_t((first + i) * count + g)];
          const auto part = part_[std::size_t((first + i) * stairs + g)];
          next[i] = {at, part, std::int32_t(i)};
        }
        std::stable_sort(next, next + here,
                         [](const auto& a, const auto& b) { return a.at < b.at; });
      }
    }
  }
}

template class Places<float>;
template class Places<double>;

}  // namespace trilayer
