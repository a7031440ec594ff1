// Convolution, its input gradient and its weight gradient, called by XLA.
#include <algorithm>
#include <cstring>
#include <new>

#include "call.h"
#include "geometry.h"

namespace netspec {

namespace {

// Whole cache lines, so that no vector lies in two.
constexpr std::align_val_t LINE{64};
struct Free {
  void operator()(float* p) const { operator delete(p, LINE); }
};
using Floats = std::unique_ptr<float, Free>;
Floats floats(long count) { return Floats(static_cast<float*>(operator new(4 * count, LINE))); }

void require(bool holds, const char* what) {
  if (!holds) throw Wrong{what};
}

// Images of an array of this size, which must be whole ones.
long images_of(const XLA_FFI_Buffer& buffer, int64_t rows, int64_t columns, int64_t channels) {
  require(buffer.rank == 4 && buffer.dims[1] == rows && buffer.dims[2] == columns && buffer.dims[3] == channels,
          "an array is not of the geometry's size");
  return buffer.dims[0];
}

bool empty(const Grid& g) { return g.images * g.rows * g.columns == 0; }

void depthwise_grid(const Call& call, const Set& set, const Grid& g, const float* x, const float* w, float* y) {
  const long each = (set.depthwise_floats(g) + 15) / 16 * 16;
  const Floats scratch = floats(each * call.workers(g.images));
  call.parallel(g.images, [&](long worker, long image) { set.depthwise(g, x, w, y, image, scratch.get() + worker * each); });
}

void convolve_grid(const Call& call, const Set& set, const Grid& g, const float* x, const float* w, bool transposed, float* y) {
  const Floats packed = floats(set.packed_floats(g));
  call.parallel(set.panels(g), [&](long, long panel) { set.pack(g, w, transposed, panel, packed.get()); });
  const long units = set.units(g), each = (set.unit_floats(g) + 15) / 16 * 16;
  const Floats scratch = floats(each * call.workers(units));
  call.parallel(units, [&](long worker, long unit) {
    set.convolve(g, x, packed.get(), y, unit, scratch.get() + worker * each);
  });
}

void any_grid(const Call& call, const Geometry& g, const Grid& grid, const float* x, const float* w, bool transposed, float* y) {
  if (empty(grid)) return;
  const Set& set = *chosen_set();
  if (g.depthwise()) depthwise_grid(call, set, grid, x, w, y);
  else convolve_grid(call, set, grid, x, w, transposed, y);
}

void output(const Call& call) {
  const Geometry& g = Geometry::of(call.integers(Geometry::COUNT));
  const long images = images_of(call.argument(0), g.height, g.width, g.channels);
  require(images_of(call.result(0), g.rows, g.columns, g.filters) == images, "the images are not as many");
  const Taps t = output_grid(g, images);
  any_grid(call, g, t.grid, call.input(0), call.input(1), false, call.output(0));
}

void input_gradient(const Call& call) {
  const Geometry& g = Geometry::of(call.integers(Geometry::COUNT));
  const long images = images_of(call.argument(0), g.rows, g.columns, g.filters);
  require(images_of(call.result(0), g.height, g.width, g.channels) == images, "the images are not as many");
  for (const Taps& t : input_grids(g, images)) any_grid(call, g, t.grid, call.input(0), call.input(1), true, call.output(0));
}

// How the work of a weight gradient is divided: by images into sums of their own, which are added in their order, and by
// channels where these are few. A function of the geometry alone, or the bits would depend on the machine. Each
// sum is written and read once, which takes 5 % of the time where 512 cells or so are added to each.
struct Division {
  long parts, shares;
};

Division divide(const Grid& g, long tiles) {
  const long parts = std::max(1L, std::min({16L, g.images, g.images * g.rows * g.columns / 512}));
  return {parts, std::max(1L, std::min(tiles, 16 / parts))};
}

void weight_gradient(const Call& call) {
  const Geometry& g = Geometry::of(call.integers(Geometry::COUNT));
  const long images = images_of(call.argument(0), g.height, g.width, g.channels), size = g.kernel_floats();
  require(images_of(call.argument(1), g.rows, g.columns, g.filters) == images, "the images are not as many");
  const Set& set = *chosen_set();
  const Taps t = output_grid(g, images);
  const Grid& grid = t.grid;
  float* const dw = call.output(0);
  if (empty(grid)) return void(std::memset(dw, 0, 4 * size));
  const long tiles = g.depthwise() ? 1 : set.tiles(grid);
  const Division d = divide(grid, tiles);
  const long each = ((g.depthwise() ? set.depthwise_floats(grid) : set.weights_floats(grid)) + 15) / 16 * 16;
  const long items = d.parts * d.shares;
  const Floats scratch = floats(each * call.workers(items)), sums = floats((d.parts - 1) * size);
  std::vector<const float*> parts;
  for (long p = 0; p < d.parts; p++) parts.push_back(p ? sums.get() + (p - 1) * size : dw);
  if (d.parts > 1) std::memset(sums.get(), 0, 4 * (d.parts - 1) * size);
  std::memset(dw, 0, 4 * size);
  call.parallel(items, [&](long worker, long item) {
    const long part = item / d.shares, share = item % d.shares;
    const long from = images * part / d.parts, to = images * (part + 1) / d.parts;
    float* const own = const_cast<float*>(parts[part]);
    float* const free = scratch.get() + worker * each;
    if (g.depthwise()) set.depthwise_weights(grid, call.input(0), call.input(1), own, from, to, free);
    else set.weights(grid, call.input(0), call.input(1), own, from, to, tiles * share / d.shares, tiles * (share + 1) / d.shares, free);
  });
  if (d.parts == 1) return;
  const long chunk = 16 * 1024;
  call.parallel((size + chunk - 1) / chunk, [&](long, long n) {
    set.add(parts.data(), d.parts, n * chunk, std::min(size, (n + 1) * chunk), dw);
  });
}

}  // namespace

NETSPEC_EXPORTED XLA_FFI_Error* netspec_convolution(XLA_FFI_CallFrame* frame) { return answer(frame, output); }
NETSPEC_EXPORTED XLA_FFI_Error* netspec_convolution_input(XLA_FFI_CallFrame* frame) { return answer(frame, input_gradient); }
NETSPEC_EXPORTED XLA_FFI_Error* netspec_convolution_weights(XLA_FFI_CallFrame* frame) { return answer(frame, weight_gradient); }

}  // namespace netspec
