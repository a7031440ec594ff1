// Batch norm with ReLU in training, both directions, called by XLA.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "call.h"
#include "set.h"

namespace netspec {

namespace {

// Rows in blocks that are summed up in float32 in the cache, and blocks in at most 16 parts that are summed up in
// float64: as many on every machine, added in their order.
struct Rows {
  long count, features, block, blocks, parts;

  explicit Rows(const XLA_FFI_Buffer& x) {
    if (x.rank < 2) throw Wrong{"rows of features are expected"};
    features = x.dims[x.rank - 1];
    count = 1;
    for (long n = 0; n + 1 < x.rank; n++) count *= x.dims[n];
    if (count < 1 || features < 1) throw Wrong{"there is nothing to normalize"};
    block = std::clamp(8192 / features, 32L, 256L);
    blocks = (count + block - 1) / block;
    parts = std::min(16L, blocks);
  }
  long first(long part) const { return blocks * part / parts; }
  long rows(long number) const { return std::min(block, count - number * block); }
  long start(long number) const { return number * block * features; }
};

// f(block, where its two sums a feature go): float32, for each block of each part; then g(part, block).
template <class F, class G>
void over_blocks(const Call& call, const Rows& r, F f, G g) {
  std::vector<float> sums(2 * r.features * call.workers(r.parts));
  call.parallel(r.parts, [&](long worker, long part) {
    float* const own = &sums[2 * r.features * worker];
    for (long b = r.first(part); b < r.first(part + 1); b++) {
      f(b, own, own + r.features);
      g(part, b, own, own + r.features);
    }
  });
}

struct Moments {
  std::vector<double> count, mean, squares;  // of each part, of each of its features
};

// Takes in the moments of `rows` more numbers (Chan, Golub and LeVeque, 1983).
template <class T>
void merge(double& count, double* mean, double* squares, double rows, const T* more, const T* more_squares, long features) {
  const double all = count + rows, share = rows / all, both = count * share;
  for (long c = 0; c < features; c++) {
    const double off = more[c] - mean[c];
    mean[c] += off * share;
    squares[c] += more_squares[c] + off * off * both;
  }
  count = all;
}

// The means and biased variances of all rows.
void moments(const Call& call, const Set& set, const Rows& r, const float* x, float* mean, float* variance) {
  const long n = r.features;
  Moments m{std::vector<double>(r.parts), std::vector<double>(r.parts * n), std::vector<double>(r.parts * n)};
  over_blocks(
      call, r, [&](long b, float* means, float* squares) { set.moments(x + r.start(b), r.rows(b), n, means, squares); },
      [&](long part, long b, const float* means, const float* squares) {
        merge(m.count[part], &m.mean[part * n], &m.squares[part * n], static_cast<double>(r.rows(b)), means, squares, n);
      });
  for (long p = 1; p < r.parts; p++)
    merge(m.count[0], m.mean.data(), m.squares.data(), m.count[p], &m.mean[p * n], &m.squares[p * n], n);
  for (long c = 0; c < n; c++) {
    mean[c] = static_cast<float>(m.mean[c]);
    variance[c] = static_cast<float>(m.squares[c] / static_cast<double>(r.count));
  }
}

// scale / sqrt(variance + epsilon)
std::vector<float> factors(const float* scale, const float* variance, float epsilon, long features) {
  std::vector<float> f(features);
  for (long c = 0; c < features; c++) f[c] = scale[c] / std::sqrt(variance[c] + epsilon);
  return f;
}

struct Options {
  float epsilon;
  bool relu;

  // epsilon's bits, and whether ReLU follows.
  explicit Options(const int64_t* integers) : relu(integers[1] != 0) {
    const int32_t bits = static_cast<int32_t>(integers[0]);
    std::memcpy(&epsilon, &bits, sizeof epsilon);
  }
};

void norm(const Call& call) {
  const Options o(call.integers(2));
  const Rows r(call.argument(0));
  const Set& set = *chosen_set();
  const float *x = call.input(0), *scale = call.input(1), *shift = call.input(2);
  float *const y = call.output(0), *const mean = call.output(1), *const variance = call.output(2);
  moments(call, set, r, x, mean, variance);
  const std::vector<float> factor = factors(scale, variance, o.epsilon, r.features);
  call.parallel(r.blocks, [&](long, long b) {
    set.normalize(x + r.start(b), r.rows(b), r.features, mean, factor.data(), shift, o.relu, y + r.start(b));
  });
}

void norm_gradient(const Call& call) {
  const Options o(call.integers(2));
  const Rows r(call.argument(0));
  const Set& set = *chosen_set();
  const long n = r.features;
  const float *x = call.input(0), *dy = call.input(1), *mean = call.input(2), *variance = call.input(3);
  const float *scale = call.input(4), *shift = call.input(5);
  float *const dx = call.output(0), *const d_scale = call.output(1), *const d_shift = call.output(2);
  const std::vector<float> factor = factors(scale, variance, o.epsilon, n);
  std::vector<double> sums(r.parts * n), products(r.parts * n);
  over_blocks(
      call, r,
      [&](long b, float* sum, float* product) {
        set.norm_sums(x + r.start(b), dy + r.start(b), r.rows(b), n, mean, factor.data(), shift, o.relu, sum, product);
      },
      [&](long part, long, const float* sum, const float* product) {
        for (long c = 0; c < n; c++) sums[part * n + c] += sum[c];
        for (long c = 0; c < n; c++) products[part * n + c] += product[c];
      });
  std::vector<float> offset(n), slope(n);
  const double rows = static_cast<double>(r.count);
  for (long c = 0; c < n; c++) {
    for (long p = 1; p < r.parts; p++) sums[c] += sums[p * n + c];
    for (long p = 1; p < r.parts; p++) products[c] += products[p * n + c];
    const double reciprocal = 1 / std::sqrt(static_cast<double>(variance[c]) + o.epsilon);
    d_shift[c] = static_cast<float>(sums[c]);
    d_scale[c] = static_cast<float>(products[c] * reciprocal);
    offset[c] = static_cast<float>(factor[c] * sums[c] / rows);
    slope[c] = static_cast<float>(factor[c] * reciprocal * reciprocal * products[c] / rows);
  }
  call.parallel(r.blocks, [&](long, long b) {
    set.norm_gradient(x + r.start(b), dy + r.start(b), r.rows(b), n, mean, factor.data(), shift, offset.data(), slope.data(),
                      o.relu, dx + r.start(b));
  });
}

}  // namespace

NETSPEC_EXPORTED XLA_FFI_Error* netspec_norm(XLA_FFI_CallFrame* frame) { return answer(frame, norm); }
NETSPEC_EXPORTED XLA_FFI_Error* netspec_norm_gradient(XLA_FFI_CallFrame* frame) { return answer(frame, norm_gradient); }

}  // namespace netspec
