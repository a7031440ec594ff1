#include "geometry.h"

#include <algorithm>

namespace netspec {

namespace {

// The taps of every pair of rows and columns, and what they span.
void fill(Taps& t, const std::vector<Tap>& rows, const std::vector<Tap>& columns, long kernel_columns) {
  for (const Tap& r : rows)
    for (const Tap& c : columns) t.taps.push_back({r.row, c.column, r.cell * kernel_columns + c.cell});
  Grid& g = t.grid;
  g.tap_count = static_cast<long>(t.taps.size());
  g.taps = t.taps.data();  // stays where it is when the vector is moved
  g.first_row = g.first_column = 0;
  g.row_span = g.column_span = 1;
  if (t.taps.empty()) return;
  g.first_row = rows.front().row;
  g.row_span = rows.back().row - rows.front().row + 1;
  g.first_column = columns.front().column;
  g.column_span = columns.back().column - columns.front().column + 1;
}

struct Side {
  long kernel, stride, before, dilation;
};

// The taps of one side for output cell 0, in rising order; `column` and `row` are the same.
std::vector<Tap> forwards(const Side& s) {
  std::vector<Tap> taps;
  for (long k = 0; k < s.kernel; k++) taps.push_back({k * s.dilation - s.before, k * s.dilation - s.before, k});
  return taps;
}

// Input cell stride * t + phase is read by output cell t + (phase + before - k * dilation) / stride through tap k.
std::vector<Tap> backwards(const Side& s, long phase) {
  std::vector<Tap> taps;
  for (long k = s.kernel - 1; k >= 0; k--) {
    const long from = phase + s.before - k * s.dilation;
    if (from % s.stride == 0) taps.push_back({from / s.stride, from / s.stride, k});
  }
  return taps;
}

Side row_side(const Geometry& g) { return {g.kernel_rows, g.row_stride, g.top, g.row_dilation}; }
Side column_side(const Geometry& g) { return {g.kernel_columns, g.column_stride, g.left, g.column_dilation}; }

}  // namespace

Taps output_grid(const Geometry& g, long images) {
  Taps t;
  t.grid = {images,      g.height, g.width, g.channels, g.rows, g.columns, g.row_stride, g.column_stride, g.groups,
            g.channels / g.groups, g.filters / g.groups, g.rows * g.columns * g.filters, g.columns * g.filters, g.filters,
            0, nullptr, 0, 0, 0, 0, 0};
  fill(t, forwards(row_side(g)), forwards(column_side(g)), g.kernel_columns);
  return t;
}

std::vector<Taps> input_grids(const Geometry& g, long images) {
  std::vector<Taps> all;
  for (long row = 0; row < std::min<long>(g.row_stride, g.height); row++)
    for (long column = 0; column < std::min<long>(g.column_stride, g.width); column++) {
      Taps t;
      const long rows = (g.height - row + g.row_stride - 1) / g.row_stride;
      const long columns = (g.width - column + g.column_stride - 1) / g.column_stride;
      t.grid = {images, g.rows, g.columns, g.filters, rows, columns, 1, 1, g.groups, g.filters / g.groups,
                g.channels / g.groups, g.height * g.width * g.channels, g.row_stride * g.width * g.channels,
                g.column_stride * g.channels, (row * g.width + column) * g.channels, nullptr, 0, 0, 0, 0, 0};
      fill(t, backwards(row_side(g), row), backwards(column_side(g), column), g.kernel_columns);
      all.push_back(std::move(t));
    }
  return all;
}

}  // namespace netspec
