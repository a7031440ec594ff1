// The geometry of a convolution as netspec/lowering/convolution/compiled.py hands it over, and its grids.
#ifndef NETSPEC_GEOMETRY_H_
#define NETSPEC_GEOMETRY_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "set.h"

namespace netspec {

struct Geometry {
  int64_t height, width, channels, kernel_rows, kernel_columns, filters, row_stride, column_stride, top, left, row_dilation,
      column_dilation, groups, rows, columns;

  static constexpr std::size_t COUNT = 15;
  static const Geometry& of(const int64_t* integers) { return *reinterpret_cast<const Geometry*>(integers); }

  bool depthwise() const { return groups == channels && filters == channels; }
  long kernel_floats() const { return kernel_rows * kernel_columns * (channels / groups) * filters; }
};
static_assert(sizeof(Geometry) == Geometry::COUNT * sizeof(int64_t), "a geometry is its integers");

// A grid with the taps that it points to.
struct Taps {
  Grid grid;
  std::vector<Tap> taps;
};

Taps output_grid(const Geometry& g, long images);
// One for each remainder by the stride, in which the input cells are summed up from the same taps of the output gradient.
std::vector<Taps> input_grids(const Geometry& g, long images);

}  // namespace netspec

#endif
