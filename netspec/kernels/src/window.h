// The input of a strip of the grid with its margins of zeros, so that no kernel asks whether a cell is inside.
//
// Copying costs one pass in the first two caches, where each copied number is multiplied taps x outputs times.

// Whether every tap of every grid cell reads inside: then there is nothing to copy.
static inline bool inside(const Grid& g) {
  return g.first_row >= 0 && g.first_column >= 0 &&
         g.first_row + (g.rows - 1) * g.row_step + g.row_span <= g.height &&
         g.first_column + (g.columns - 1) * g.column_step + g.column_span <= g.width;
}

static inline long window_rows(const Grid& g, long rows) { return (rows - 1) * g.row_step + g.row_span; }
static inline long window_columns(const Grid& g) { return (g.columns - 1) * g.column_step + g.column_span; }

// Channels from..to of one image, for grid rows first..first+rows: (window rows, window columns, to - from).
static void copy_window(const Grid& g, const float* image, long first, long rows, long from, long to, float* window) {
  const long columns = window_columns(g), share = to - from;
  const long before = least(columns, most(0, -g.first_column));
  const long last = least(columns, g.width - g.first_column);  // the first window column that is behind the image
  const long top = first * g.row_step + g.first_row;
  for (long r = 0; r < window_rows(g, rows); r++, window += columns * share) {
    const long row = top + r;
    if (row < 0 || row >= g.height || last <= before) {
      __builtin_memset(window, 0, 4 * columns * share);
      continue;
    }
    __builtin_memset(window, 0, 4 * before * share);
    const float* cells = image + (row * g.width + g.first_column + before) * g.channels;
    if (share == g.channels) {
      __builtin_memcpy(window + before * share, cells, 4 * (last - before) * share);
    } else {
      for (long c = before; c < last; c++, cells += g.channels)
        __builtin_memcpy(window + c * share, cells + from, 4 * share);
    }
    __builtin_memset(window + last * share, 0, 4 * (columns - last) * share);
  }
}
