// Vectors of float32 in the width of the instruction set that this file is compiled for.
//
// Every set compiles the same kernels: GCC's and Clang's vector types become its registers. Included inside the set's
// namespace, and nothing of the standard library is used here, so that no inline function compiled for a newer processor
// is linked into what an older one runs.
#ifndef NETSPEC_LANES
#if defined(__AVX512F__)
#define NETSPEC_LANES 16
#elif defined(__AVX2__)
#define NETSPEC_LANES 8
#else
#define NETSPEC_LANES 4  // SSE2 and NEON
#endif
#endif

#define INLINE __attribute__((always_inline))

constexpr long LANES = NETSPEC_LANES;
typedef float Vector __attribute__((vector_size(4 * NETSPEC_LANES)));
typedef float Unaligned __attribute__((vector_size(4 * NETSPEC_LANES), aligned(4), may_alias));

// A tile of 6 pixels (or channels) x WIDE vectors is held in registers while it is added up. With 16 registers, 6x2 sums,
// 2 vectors of weights and a broadcast take 15; with 32 (AVX-512, NEON), 6x4, 4 and 1 take 29. Each step of 6x2 multiplies
// 12 times for 8 loads, and 12 independent sums are more than the 8 that two units of 4 cycles need.
#if NETSPEC_LANES == 16 || defined(__aarch64__)
constexpr int WIDE = 4;
#else
constexpr int WIDE = 2;
#endif
constexpr int TALL = 6;

static constexpr long least(long a, long b) { return a < b ? a : b; }
static inline long most(long a, long b) { return a > b ? a : b; }
static inline long parts_of(long whole, long part) { return (whole + part - 1) / part; }

static inline Vector load(const float* p) { return *(const Unaligned*)p; }
static inline void store(float* p, Vector v) { *(Unaligned*)p = v; }
static inline Vector broadcast(float s) { return s - Vector{}; }

// The first n lanes, n < LANES; the others are 0, and no memory behind them is touched.
static inline Vector load_part(const float* p, long n) {
  Vector v = {};
  __builtin_memcpy(&v, p, 4 * n);
  return v;
}
static inline void store_part(float* p, Vector v, long n) { __builtin_memcpy(p, &v, 4 * n); }

static inline Vector load_some(const float* p, long n) { return n >= LANES ? load(p) : load_part(p, n); }
static inline void store_some(float* p, Vector v, long n) {
  if (n >= LANES) store(p, v);
  else store_part(p, v, n);
}
