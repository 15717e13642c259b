// Samples rearranged by a layout of their inputs (see Layout).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "network.hpp"

namespace trilayer {

// Which inputs are stairs and levels: [runs][2], first input and length.
struct Runs {
  const std::int64_t* at;
  Index count;
};

template <class T> class Places {
 public:
  // Of m samples of n1 inputs; element k of sample i is x[i * sample_stride + k * feature_stride].
  // heights [n1]: of inputs in runs; null: all are 1.
  // Throws std::invalid_argument, with a sentence, if a run does not lie within the inputs, or two
  // share one, or a height is not a positive number, or if a sample's inputs are not what its runs
  // say.
  Places(const T* x, Index m, Index n1, Index sample_stride, Index feature_stride, Runs stairs,
         Runs levels, const T* heights);
  Places(const Places&) = delete;
  Places& operator=(const Places&) = delete;

  Index samples() const { return m_; }
  Index inputs() const { return n1_; }

  // The samples with x, at and part from here; y, s and order as they are.
  Samples<T> arranged(Samples<T> samples) const {
    samples.x = x_.data();
    samples.sample_stride = stride_;
    samples.feature_stride = 1;
    samples.layout = &layout_;
    samples.at = at_.data();
    samples.part = part_.data();
    samples.visits = visits_.data();
    samples.all = m_;
    return samples;
  }

 private:
  void lay_out(Runs stairs, Runs levels);
  void sort_visits();

  Index m_, n1_, stride_ = 0;
  std::vector<Index> plain_, runs_;
  std::vector<double> heights_;
  std::vector<T> x_, part_;
  std::vector<std::int32_t> at_;
  std::vector<Visit<T>> visits_;
  Layout layout_{};
};

}  // namespace trilayer
