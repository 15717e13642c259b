// Samples and the layout of their inputs, checked: what the kernels follow blindly.
#pragma once

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "network.hpp"

namespace trilayer {

// Which inputs are stairs and levels: [runs][2], first input and length.
struct Runs {
  const std::int64_t* at;
  Index count;
};

template <class T> class Held {
 public:
  // Throws std::invalid_argument, with a sentence, if a run does not lie within the inputs, or two
  // share one.
  Held(Index n1, Runs stairs, Runs levels) : n1_(n1) {
    std::vector<bool> taken(std::size_t(n1 > 0 ? n1 : 0), false);
    Index rows = 0, longest = 0;
    for (const Runs& runs : {stairs, levels})
      for (Index g = 0; g < runs.count; ++g) {
        const Index first = runs.at[2 * g], length = runs.at[2 * g + 1];
        if (first < 0 || length < 1 || first > n1 - length ||
            length >= std::numeric_limits<Place>::max())
          throw std::invalid_argument("a run of inputs does not lie within the " +
                                      std::to_string(n1) + " there are");
        for (Index k = first; k < first + length; ++k) {
          if (taken[std::size_t(k)])
            throw std::invalid_argument("input " + std::to_string(k) + " is in two runs");
          taken[std::size_t(k)] = true;
        }
        runs_.push_back(first);
        runs_.push_back(length);
        rows += length + 1;
      }
    for (Index g = 0; g < stairs.count; ++g)
      longest = std::max(longest, runs_[std::size_t(2 * g + 1)]);
    for (Index k = 0; k < n1; ++k)
      if (!taken[std::size_t(k)]) plain_.push_back(k);
    const Index plain = Index(plain_.size());
    layout_ = {plain,        stairs.count, levels.count, plain_.data(),
               runs_.data(), plain + rows, longest,      false};
  }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  // Takes m samples in. Throws, too, if one of them is nowhere in a run, or a scale is not a
  // positive number; or if sparse ones do not follow each other through `entries` numbers, each of
  // an input that there is.
  void fill(Samples<T> samples, Index m, Index entries = 0) {
    const Index runs = layout_.count();
    layout_.sparse = samples.starts;
    if (layout_.sparse) check_entries(samples, m, entries);
    for (Index i = 0; i < m; ++i)
      for (Index g = 0; g < runs; ++g) {
        const Index length = runs_[std::size_t(2 * g + 1)];
        const bool stair = g < layout_.stairs;
        bool there = samples.at[i * runs + g] < length + (stair ? 0 : 1);
        if (stair) {
          const T part = samples.part[i * layout_.stairs + g];
          there = there && part >= T(0) && part <= T(1);
        }
        if (!there)
          throw std::invalid_argument("sample " + std::to_string(i) + " is nowhere in run " +
                                      std::to_string(g));
      }
    for (Index k = 0; samples.scale && k < n1_; ++k)
      if (!(samples.scale[k] > 0) || !std::isfinite(samples.scale[k]))
        throw std::invalid_argument("the scale of input " + std::to_string(k) +
                                    " is not a positive number");
    if (runs || layout_.sparse) samples.layout = &layout_;
    samples_ = samples;
  }

  Index n1() const { return n1_; }
  const Layout& layout() const { return layout_; }
  const Samples<T>& samples() const { return samples_; }

 private:
  void check_entries(const Samples<T>& samples, Index m, Index entries) const {
    const Index* starts = samples.starts;
    bool follow = starts[0] == 0 && starts[m] == entries;
    for (Index i = 0; i < m; ++i) follow = follow && starts[i] <= starts[i + 1];
    if (!follow) throw std::invalid_argument("the rows do not follow each other");
    for (Index e = 0; e < entries; ++e)
      if (samples.inputs[e] < 0 || samples.inputs[e] >= n1_)
        throw std::invalid_argument("a row names an input that is not there");
  }

  Index n1_;
  std::vector<Index> plain_, runs_;
  Layout layout_{};
  Samples<T> samples_{};
};

}  // namespace trilayer
