#include "dispatch.hpp"

#include <atomic>
#include <cstdlib>
#include <stdexcept>

namespace trilayer {

extern const InstructionSet generic;
#if defined(TRILAYER_X86)
extern const InstructionSet avx2;
extern const InstructionSet avx512;
#endif

namespace {

// Asked here and not in the kernels' own files, which may hold no instruction for everyone.
struct Candidate {
  const InstructionSet* isa;
  bool (*runs)();
};

const Candidate all[] = {
#if defined(TRILAYER_X86)
    {&avx512,
     [] {
       return bool(__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                   __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"));
     }},
    {&avx2, [] { return bool(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")); }},
#endif
    {&generic, [] { return true; }},
};

std::atomic<const InstructionSet*> current{nullptr};

const InstructionSet& find(const std::string& name) {
  std::string names;
  for (const Candidate& candidate : all) {
    if (!candidate.runs()) continue;
    if (name == candidate.isa->name) return *candidate.isa;
    names += (names.empty() ? "" : ", ") + std::string(candidate.isa->name);
  }
  throw std::invalid_argument("no instruction set '" + name + "' here; this machine has " + names);
}

const InstructionSet& best() {
  const char* name = std::getenv("TRILAYER_ISA");
  if (name && *name) return find(name);
  for (const Candidate& candidate : all)
    if (candidate.runs()) return *candidate.isa;
  return generic;
}

}  // namespace

std::vector<std::string> available_isas() {
  std::vector<std::string> names;
  for (const Candidate& candidate : all)
    if (candidate.runs()) names.emplace_back(candidate.isa->name);
  return names;
}

const InstructionSet& current_isa() {
  const InstructionSet* isa = current.load();
  if (!isa) current.store(isa = &best());
  return *isa;
}

void select_isa(const std::string& name) { current.store(&find(name)); }

template <> const Kernels<float>& current_kernels<float>() { return *current_isa().f32; }
template <> const Kernels<double>& current_kernels<double>() { return *current_isa().f64; }

}  // namespace trilayer
