// Which instruction set runs: chosen once by the processor, or pinned before the first call.
#include <cstring>

#include "set.h"

namespace netspec {

namespace baseline {
extern const Set set;
}
#if defined(__x86_64__)
namespace avx2 {
extern const Set set;
}
namespace avx512 {
extern const Set set;
}
#endif

namespace {

struct Candidate {
  const Set* set;
  bool here;
};

// The best one last.
long candidates(Candidate* found) {
  long count = 0;
  found[count++] = {&baseline::set, true};
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  found[count++] = {&avx2::set, avx2};
  found[count++] = {&avx512::set, avx2 && __builtin_cpu_supports("avx512f")};
#endif
  return count;
}

const Set* chosen = nullptr;

}  // namespace

const Set* chosen_set() { return chosen; }

// Chooses the set of this name, or the best one without a name; null where the processor has not got it, else its name.
extern "C" __attribute__((visibility("default"))) const char* netspec_choose(const char* name) {
  Candidate all[3];
  const Set* best = nullptr;
  for (long n = 0, count = candidates(all); n < count; n++)
    if (all[n].here && (!name || !std::strcmp(name, all[n].set->name))) best = all[n].set;
  if (best) chosen = best;
  return best ? best->name : nullptr;
}

}  // namespace netspec
