// Holds the kernels against sums in float64 over drawn geometries, and against themselves with other threads and
// other places in memory. driver SET SEED COUNT: prints what is wrong, and ends with the number of it.
#include <algorithm>
#include <random>

#include "frame.h"

extern "C" {
const char* netspec_choose(const char*);
Handler netspec_convolution, netspec_convolution_input, netspec_convolution_weights, netspec_norm, netspec_norm_gradient;
}

static std::mt19937 random_numbers;
static long draw(long low, long high) { return low + (long)(random_numbers() % (unsigned long)(high - low + 1)); }
static int wrong = 0;

struct Drawn {
  long n, h, w, c, kh, kw, f, sh, sw, t, l, dh, dw, groups, oh, ow;
  std::vector<int64_t> integers() const { return {h, w, c, kh, kw, f, sh, sw, t, l, dh, dw, groups, oh, ow}; }
  void print(const char* what, double off) const {
    wrong++;
    printf("%s: off by %g: %ld images %ldx%ldx%ld, kernel %ldx%ld, filters %ld, stride %ld %ld, before %ld %ld, dilation "
           "%ld %ld, groups %ld -> %ldx%ld\n", what, off, n, h, w, c, kh, kw, f, sh, sw, t, l, dh, dw, groups, oh, ow);
  }
};

static bool geometry(Drawn& g) {
  const long kind = draw(0, 4);
  g.groups = kind < 3 ? 1 : draw(2, 5);
  const long each = kind == 0 ? 40 : 9;
  g.c = g.groups * draw(1, each);
  g.f = g.groups * draw(1, kind == 1 ? 70 : each);
  if (kind == 4) g.groups = g.c = g.f = draw(1, 40);
  if (kind == 4 && draw(0, 3) == 0) g.f *= 2;
  g.n = draw(1, draw(0, 3) ? 3 : 20);
  g.h = draw(1, 12), g.w = draw(1, draw(0, 5) ? 12 : 40);
  g.kh = draw(1, 4), g.kw = draw(1, draw(0, 3) ? 4 : 7);
  g.sh = draw(1, 3), g.sw = draw(1, 3), g.dh = draw(1, 2), g.dw = draw(1, 2);
  if (draw(0, 1)) g.sh = g.sw = g.dh = g.dw = 1;
  g.t = draw(0, 3), g.l = draw(0, 3);
  g.oh = (g.h + g.t + draw(0, 3) - ((g.kh - 1) * g.dh + 1)) / g.sh + 1;
  g.ow = (g.w + g.l + draw(0, 3) - ((g.kw - 1) * g.dw + 1)) / g.sw + 1;
  return g.h + g.t >= (g.kh - 1) * g.dh + 1 && g.w + g.l >= (g.kw - 1) * g.dw + 1;
}

// Each product of the convolution: places in x, w and y.
template <class F>
static void products(const Drawn& g, F f) {
  const long ci = g.c / g.groups, co = g.f / g.groups;
  for (long n = 0; n < g.n; n++) for (long i = 0; i < g.oh; i++) for (long j = 0; j < g.ow; j++)
  for (long a = 0; a < g.kh; a++) for (long b = 0; b < g.kw; b++) {
    const long r = i * g.sh + a * g.dh - g.t, s = j * g.sw + b * g.dw - g.l;
    if (r < 0 || r >= g.h || s < 0 || s >= g.w) continue;
    for (long o = 0; o < g.f; o++) for (long k = 0; k < ci; k++)
      f(((n * g.h + r) * g.w + s) * g.c + o / co * ci + k, ((a * g.kw + b) * ci + k) * g.f + o, ((n * g.oh + i) * g.ow + j) * g.f + o);
  }
}

// The largest error, as a share of the largest number; where numbers are sums that cancel, of the largest sum of sizes.
static double off(const Guarded& found, const std::vector<double>& expected, const std::vector<double>& sizes) {
  double most = 0, far = 0;
  for (size_t i = 0; i < found.size(); i++) {
    most = std::max(most, std::fabs(sizes[i]));
    far = std::max(far, std::isfinite(found.data[i]) ? std::fabs(found.data[i] - expected[i]) : 1e30);
  }
  return far / (most + 1e-30);
}

static void fill(Guarded& g) {
  std::normal_distribution<float> normal;
  for (size_t i = 0; i < g.size(); i++) g.data[i] = normal(random_numbers);
  g.read_only();
}

// The handler's result, from 1 thread and from 3, at either end of its pages, must be the same and near `expected`.
static void check(const char* what, Handler* handler, const Drawn& g, std::vector<Guarded*> in, std::vector<int64_t> shape,
                  const std::vector<double>& expected) {
  Guarded one(shape, true), three(shape, false);
  std::memset(three.data, 0xff, 4 * three.size());
  const std::string error = run(handler, in, {&one}, g.integers(), 1) + run(handler, in, {&three}, g.integers(), 3);
  if (!error.empty()) wrong++, printf("%s: %s\n", what, error.c_str());
  if (std::memcmp(one.data, three.data, 4 * one.size())) g.print("threads", 0);
  if (const double far = off(one, expected, expected); far > 3e-6) g.print(what, far);
}

static void convolution() {
  Drawn g;
  while (!geometry(g)) {}
  const std::vector<int64_t> xs{g.n, g.h, g.w, g.c}, ws{g.kh, g.kw, g.c / g.groups, g.f}, ys{g.n, g.oh, g.ow, g.f};
  const bool end = draw(0, 1);
  Guarded x(xs, end), w(ws, !end), dy(ys, end);
  fill(x), fill(w), fill(dy);
  std::vector<double> y(dy.size()), dx(x.size()), dw(w.size());
  products(g, [&](long a, long b, long c) {
    y[c] += (double)x.data[a] * w.data[b];
    dx[a] += (double)dy.data[c] * w.data[b];
    dw[b] += (double)dy.data[c] * x.data[a];
  });
  check("output", netspec_convolution, g, {&x, &w}, ys, y);
  check("input gradient", netspec_convolution_input, g, {&dy, &w}, xs, dx);
  check("weight gradient", netspec_convolution_weights, g, {&x, &dy}, ws, dw);
}

static void compare(const char* what, Guarded& a, Guarded& b, const std::vector<double>& expected, const std::vector<double>& sizes,
                    double least, long rows, long c) {
  if (std::memcmp(a.data, b.data, 4 * a.size())) wrong++, printf("%s: threads\n", what);
  if (const double far = off(a, expected, sizes); far > least) wrong++, printf("%s: off by %g: %ld rows of %ld\n", what, far, rows, c);
}

static void norm() {
  const long rows = draw(0, 2) ? draw(8, 700) : draw(8, 9000), c = draw(0, 2) ? draw(1, 20) : draw(1, 300);
  const bool relu = draw(0, 1);
  const float epsilon = 1e-3f;
  const int64_t bits = [&] { int32_t b; std::memcpy(&b, &epsilon, 4); return (int64_t)b; }();
  const std::vector<int64_t> options{bits, relu}, all{rows, c}, one{c};
  Guarded x(all, true), dy(all, false), scale(one, true), shift(one, true);
  std::normal_distribution<float> normal;
  for (long i = 0; i < rows * c; i++) x.data[i] = normal(random_numbers) * 2 + (float)(i % c % 7) * 20;  // far from 0
  x.read_only();
  fill(dy), fill(scale), fill(shift);
  Guarded y(all, true), m(one, true), v(one, true), y3(all, false), m3(one, false), v3(one, false);
  run(netspec_norm, {&x, &scale, &shift}, {&y, &m, &v}, options, 1);
  run(netspec_norm, {&x, &scale, &shift}, {&y3, &m3, &v3}, options, 3);
  std::vector<double> mean(c), variance(c), ey(rows * c), edx(rows * c), ds(c), dh(c), sds(c), sdh(c);
  for (long i = 0; i < rows * c; i++) mean[i % c] += x.data[i] / (double)rows;
  for (long i = 0; i < rows * c; i++) variance[i % c] += std::pow(x.data[i] - mean[i % c], 2) / rows;
  const auto normed = [&](long i) { return (x.data[i] - mean[i % c]) / std::sqrt(variance[i % c] + epsilon); };
  // The side that the kernel is on decides near 0.
  const auto passed = [&](long i) { return relu && !(y.data[i] > 0) ? 0.0 : (double)dy.data[i]; };
  for (long i = 0; i < rows * c; i++) {
    const double z = normed(i) * scale.data[i % c] + shift.data[i % c];
    ey[i] = relu ? std::max(z, 0.0) : z;
    sdh[i % c] += std::fabs(passed(i)), sds[i % c] += std::fabs(passed(i) * normed(i));
    dh[i % c] += passed(i), ds[i % c] += passed(i) * normed(i);
  }
  for (long i = 0; i < rows * c; i++)
    edx[i] = scale.data[i % c] / std::sqrt(variance[i % c] + epsilon) * (passed(i) - dh[i % c] / rows - normed(i) * ds[i % c] / rows);
  compare("norm", y, y3, ey, ey, 1e-5, rows, c);
  compare("mean", m, m3, mean, std::vector<double>(c, 120), 2e-7, rows, c);
  compare("variance", v, v3, variance, variance, 2e-6, rows, c);
  Guarded dx(all, true), d1(one, true), d2(one, true), dx3(all, false), d13(one, false), d23(one, false);
  run(netspec_norm_gradient, {&x, &dy, &m, &v, &scale, &shift}, {&dx, &d1, &d2}, options, 1);
  run(netspec_norm_gradient, {&x, &dy, &m, &v, &scale, &shift}, {&dx3, &d13, &d23}, options, 3);
  compare("norm gradient", dx, dx3, edx, edx, 2e-5, rows, c);
  compare("scale gradient", d1, d13, ds, sds, 2e-6, rows, c);
  compare("shift gradient", d2, d23, dh, sdh, 2e-6, rows, c);
}

int main(int, char** argument) {
  if (!netspec_choose(argument[1])) return printf("this processor has no %s\n", argument[1]), 77;
  random_numbers.seed((unsigned)atoi(argument[2]));
  for (int n = atoi(argument[3]); n > 0; n--) n % 4 ? convolution() : norm();
  return std::min(wrong, 70);
}
