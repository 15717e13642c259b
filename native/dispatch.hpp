// Which instruction set's kernels run: the best the CPU has, or the one TRILAYER_ISA names.
#pragma once

#include <string>
#include <vector>

#include "network.hpp"

namespace trilayer {

// Best first.
std::vector<std::string> available_isas();

// The one in use. Throws std::invalid_argument if TRILAYER_ISA names none that runs here.
const InstructionSet& current_isa();

// Changes it for the process; the same exception.
void select_isa(const std::string& name);

template <class T> const Kernels<T>& current_kernels();

}  // namespace trilayer
