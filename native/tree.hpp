// Block sums added along a fixed binary tree over the block index.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "network.hpp"

namespace trilayer {

// Blocks may arrive in any order and from any thread; the tree is that of a binary counter:
// neighbours of equal size merge as soon as both are there, what remains merges from the
// smallest to the largest. So the bits do not depend on who adds, or when.
class SumTree {
 public:
  using Sums = std::vector<double>;

  // Starts over, with sums of this length. Memory is kept, for a tree is soon used again.
  void start(Index length) {
    waiting_.clear();
    if (std::size_t(length) != length_) spare_.clear();
    length_ = std::size_t(length);
  }

  // A vector to fill for one block; its content is arbitrary.
  Sums take() {
    std::lock_guard<std::mutex> lock(mutex_);
    if (spare_.empty()) return Sums(length_);
    Sums sums = std::move(spare_.back());
    spare_.pop_back();
    return sums;
  }

  void add(Index block, Sums sums) {
    for (int level = 0;; ++level, block /= 2) {
      Sums sibling;
      {
        std::lock_guard<std::mutex> lock(mutex_);
        auto found = waiting_.find({level, block ^ 1});
        if (found == waiting_.end()) {
          waiting_.emplace(std::make_pair(level, block), std::move(sums));
          return;
        }
        sibling = std::move(found->second);
        waiting_.erase(found);
      }
      merge(sums, std::move(sibling));
    }
  }

  // out[length]: the sum of all; zeros if there was none.
  void total(double* out) {
    if (waiting_.empty()) {
      std::fill(out, out + length_, 0.0);
      return;
    }
    Sums sums;
    for (auto& node : waiting_) {  // in the order of the levels
      if (sums.empty()) sums = std::move(node.second);
      else merge(sums, std::move(node.second));
    }
    std::copy(sums.begin(), sums.end(), out);
    spare_.push_back(std::move(sums));
  }

 private:
  void merge(Sums& into, Sums&& other) {
    for (std::size_t i = 0; i < length_; ++i) into[i] += other[i];
    std::lock_guard<std::mutex> lock(mutex_);
    spare_.push_back(std::move(other));
  }

  std::size_t length_ = 0;
  std::mutex mutex_;
  std::map<std::pair<int, Index>, Sums> waiting_;
  std::vector<Sums> spare_;
};

}  // namespace trilayer
