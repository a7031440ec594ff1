// The weight gradient of a convolution: for each tap, tiles of up to 6 input channels x WIDE vectors of output channels,
// added up over the cells of a strip. Nothing is transposed: both factors are read as they lie, channels last.
//
// Blocking. A strip is strip_cells output cells or so. Its output gradient is copied into panels of WIDE vectors
// (16 KiB), its input with the margins into panels of one tile of channels (7 to 10 KiB): a pair of panels stays in the
// first-level cache while all taps run over it, and neither is read in strides of a power of two, which fall on few sets
// of the cache. A tile is loaded from dw and stored again once a strip, 24 moves for some 12 * strip_cells products.
// A small image is a strip with others of the batch.

static inline long strip_cells(const Grid& g) {
  return least(256, 4096 / least(WIDE * LANES, parts_of(g.group_outputs, LANES) * LANES));
}

// Rows of one image, or several whole images.
static inline long strip_rows(const Grid& g) { return most(1, least(g.rows, strip_cells(g) / g.columns)); }
static inline long strip_images(const Grid& g) {
  return strip_rows(g) < g.rows ? 1 : most(1, least(g.images, strip_cells(g) / (g.rows * g.columns)));
}

// Input channels in tiles as equal as can be: 16 are 6, 5 and 5.
static inline long group_tiles(const Grid& g) { return parts_of(g.group_inputs, TALL); }
static inline long tile_start(const Grid& g, long tile) { return tile * g.group_inputs / group_tiles(g); }
static long weight_tiles(const Grid& g) { return g.groups * group_tiles(g); }

static long weight_floats(const Grid& g) {
  const long rows = strip_rows(g), wide = parts_of(g.group_outputs, LANES) * LANES;
  return strip_images(g) * (rows * g.columns * wide * g.groups + window_rows(g, rows) * window_columns(g) * TALL);
}

struct Span {
  long images, rows, columns;      // of cells
  long image_step, row_step, column_step;  // floats between their inputs
  long pitch;                      // floats from one input channel of dw to the next
  long outputs;                    // in dw
};

template <int M, int N>
static void weight_tile(const Span& s, const float* x, const float* dy, float* dw) {
  const long tail = s.outputs - (N - 1) * LANES;
  Vector sum[M][N];
  for (int i = 0; i < M; i++) {
    for (int v = 0; v < N - 1; v++) sum[i][v] = load(dw + i * s.pitch + v * LANES);
    sum[i][N - 1] = load_some(dw + i * s.pitch + (N - 1) * LANES, tail);
  }
  for (long r = 0; r < s.images * s.rows; r++) {
    const float* p = x + r / s.rows * s.image_step + r % s.rows * s.row_step;
    for (long u = 0; u < s.columns; u++, p += s.column_step, dy += N * LANES) {
      Vector d[N];
      for (int v = 0; v < N; v++) d[v] = load(dy + v * LANES);
      for (int i = 0; i < M; i++) {
        const Vector input = broadcast(p[i]);
        for (int v = 0; v < N; v++) sum[i][v] += input * d[v];
      }
    }
  }
  for (int i = 0; i < M; i++) {
    for (int v = 0; v < N - 1; v++) store(dw + i * s.pitch + v * LANES, sum[i][v]);
    store_some(dw + i * s.pitch + (N - 1) * LANES, sum[i][N - 1], tail);
  }
}

template <int N>
static void weight_tall(long m, const Span& s, const float* x, const float* dy, float* dw) {
  switch (m) {
    case 1: return weight_tile<1, N>(s, x, dy, dw);
    case 2: return weight_tile<2, N>(s, x, dy, dw);
    case 3: return weight_tile<3, N>(s, x, dy, dw);
    case 4: return weight_tile<4, N>(s, x, dy, dw);
    case 5: return weight_tile<5, N>(s, x, dy, dw);
    case 6: return weight_tile<6, N>(s, x, dy, dw);
  }
}

static void weight_any(long m, const Span& s, const float* x, const float* dy, float* dw) {
  switch (parts_of(s.outputs, LANES)) {
    case 1: return weight_tall<1>(m, s, x, dy, dw);
    case 2: return weight_tall<2>(m, s, x, dy, dw);
#if NETSPEC_LANES == 16 || defined(__aarch64__)
    case 3: return weight_tall<3>(m, s, x, dy, dw);
    case 4: return weight_tall<4>(m, s, x, dy, dw);
#endif
  }
}

// The output gradient of a strip in panels: (groups, blocks, cells, the block's vectors), filled up with zeros.
static void pack_gradient(const Grid& g, const float* dy, long cells, float* panels) {
  const long filters = g.groups * g.group_outputs;
  for (long group = 0; group < g.groups; group++)
    for (long block = 0; block < blocks(g); block++) {
      const long count = block_outputs(g, block), wide = parts_of(count, LANES) * LANES;
      const float* from = dy + group * g.group_outputs + block * WIDE * LANES;
      for (long c = 0; c < cells; c++, from += filters, panels += wide) {
        long o = 0;
        for (; o + LANES <= count; o += LANES) store(panels + o, load(from + o));
        if (o < count) store(panels + o, load_part(from + o, count - o));
      }
    }
}

struct Share {
  long images, first, rows;  // of a strip: its images, its first row, its rows
  long tile, to_tile;
};

static void weight_strip(const Grid& g, const float* x, const float* dy, float* dw, const Share& p, float* scratch) {
  const long cells = p.images * p.rows * g.columns, columns = window_columns(g), filters = g.groups * g.group_outputs;
  const long wide_all = parts_of(g.group_outputs, LANES) * LANES, image_cells = window_rows(g, p.rows) * columns;
  float* const window = scratch + cells * wide_all * g.groups;
  pack_gradient(g, dy, cells, scratch);
  for (long tile = p.tile; tile < p.to_tile; tile++) {
    const long group = tile / group_tiles(g), number = tile % group_tiles(g);
    const long start = tile_start(g, number), m = tile_start(g, number + 1) - start, from = group * g.group_inputs + start;
    for (long n = 0; n < p.images; n++)
      copy_window(g, x + n * g.height * g.width * g.channels, p.first, p.rows, from, from + m, window + n * image_cells * m);
    const float* panel = scratch + group * cells * wide_all;
    for (long block = 0; block < blocks(g); block++) {
      const long outputs = block_outputs(g, block), at = group * g.group_outputs + block * WIDE * LANES;
      const Span s = {p.images, p.rows,  g.columns, image_cells * m, g.row_step * columns * m, g.column_step * m,
                      filters,  outputs};
      for (long t = 0; t < g.tap_count; t++) {
        const long row = g.taps[t].row - g.first_row, column = g.taps[t].column - g.first_column;
        float* out = dw + (g.taps[t].cell * g.group_inputs + start) * filters + at;
        weight_any(m, s, window + (row * columns + column) * m, panel, out);
      }
      panel += cells * parts_of(outputs, LANES) * LANES;
    }
  }
}

static void weight_run(const Grid& g, const float* x, const float* dy, float* dw, long image, long to, long tile,
                       long to_tile, float* scratch) {
  const long rows = strip_rows(g), several = strip_images(g);
  for (; image < to; image += several)
    for (long first = 0; first < g.rows; first += rows) {
      const Share p = {least(several, to - image), first, least(rows, g.rows - first), tile, to_tile};
      weight_strip(g, x + image * g.height * g.width * g.channels,
                   dy + (image * g.rows + first) * g.columns * g.groups * g.group_outputs, dw, p, scratch);
    }
}
