// Convolution and its input gradient: tiles of 6 output cells x WIDE vectors of output channels.
//
// Blocking. A unit is a strip of grid rows, or several small images, whose input fits half a second-level cache
// (WINDOW_FLOATS) and is read from there for all output channels. Within it, a panel of weights of DEPTH steps for
// WIDE vectors (DEPTH * WIDE * LANES * 4 bytes: 16 KiB with AVX2) stays in the first-level cache while all cells of the
// unit pass by; without this bound a kernel of 3x3x128 would come from the second cache for every tile, at all the
// bandwidth that this has. The sums of one output are added in the same order whatever tile and unit they are in.

constexpr long WINDOW_FLOATS = 40 * 1024;
constexpr long DEPTH = 256;
constexpr long UNIT_CELLS = 768;

// Numbers that lie one after the other in the input of every output cell.
struct Run {
  long offset, length;
};

struct Strip {
  long images, rows;  // of a unit
};

static inline Strip strip(const Grid& g) {
  const long a_row = window_columns(g) * g.channels, whole = window_rows(g, g.rows) * a_row;
  if (whole <= WINDOW_FLOATS && g.rows * g.columns <= UNIT_CELLS) {
    const long fit = least(WINDOW_FLOATS / most(whole, 1), UNIT_CELLS / 2 / most(g.rows * g.columns, 1));
    return {most(1, least(g.images, fit)), g.rows};
  }
  const long held = (WINDOW_FLOATS / a_row - g.row_span) / g.row_step + 1;
  return {1, most(1, least(g.rows, least(held, UNIT_CELLS / g.columns)))};
}

static long conv_units(const Grid& g) {
  const Strip s = strip(g);
  return parts_of(g.images, s.images) * parts_of(g.rows, s.rows);
}

static inline long unit_cells(const Grid& g) {
  const Strip s = strip(g);
  return s.images * s.rows * g.columns;
}

static inline long padded_cells(const Grid& g) { return unit_cells(g) + TALL; }

// A window, a pointer to the input and one to the output for each cell (the tile's last cells repeat), and the runs.
static long conv_floats(const Grid& g) {
  const Strip s = strip(g);
  const long window = inside(g) ? 0 : s.images * window_rows(g, s.rows) * window_columns(g) * g.channels;
  const long runs = g.tap_count * (1 + parts_of(g.group_inputs, DEPTH)) * (long)sizeof(Run) / 4;
  return window + 4 * padded_cells(g) + runs + 64;
}

// The runs of the taps in the order of the weights, none longer than DEPTH. Neighbouring taps of a row are one run where
// all channels are read.
static long list_runs(const Grid& g, long columns, Run* runs) {
  long count = 0;
  for (long t = 0; t < g.tap_count;) {
    const long first = t++;
    if (g.groups == 1)
      while (t < g.tap_count && g.taps[t].row == g.taps[t - 1].row && g.taps[t].column == g.taps[t - 1].column + 1) t++;
    const long length = (t - first) * g.group_inputs;
    const long row = g.taps[first].row - g.first_row, column = g.taps[first].column - g.first_column;
    for (long k = 0; k < length; k += DEPTH)
      runs[count++] = {(row * columns + column) * g.channels + k, least(DEPTH, length - k)};
  }
  return count;
}

// Panels: for each group, its outputs in blocks of WIDE vectors, the last block narrower.
static inline long blocks(const Grid& g) { return parts_of(g.group_outputs, WIDE * LANES); }
static inline long block_outputs(const Grid& g, long block) {
  return least(WIDE * LANES, g.group_outputs - block * WIDE * LANES);
}
static inline long group_floats(const Grid& g) {
  return parts_of(g.group_outputs, LANES) * LANES * g.tap_count * g.group_inputs;
}
static inline long block_start(const Grid& g, long block) { return block * WIDE * LANES * g.tap_count * g.group_inputs; }
static long conv_panels(const Grid& g) { return g.groups * blocks(g); }
static long conv_packed_floats(const Grid& g) { return g.groups * group_floats(g); }

static void conv_pack(const Grid& g, const float* kernel, bool transposed, long panel, float* packed) {
  const long group = panel / blocks(g), block = panel % blocks(g);
  const long count = block_outputs(g, block), wide = parts_of(count, LANES) * LANES, first = block * WIDE * LANES;
  const long filters = g.groups * (transposed ? g.group_inputs : g.group_outputs);
  const long cell = filters * (transposed ? g.group_outputs : g.group_inputs);
  float* out = packed + group * group_floats(g) + block_start(g, block);
  for (long t = 0; t < g.tap_count; t++) {
    const float* w = kernel + g.taps[t].cell * cell;
    for (long i = 0; i < g.group_inputs; i++, out += wide) {
      if (transposed)
        for (long o = 0; o < count; o++) out[o] = w[(first + o) * filters + group * g.group_inputs + i];
      else
        __builtin_memcpy(out, w + i * filters + group * g.group_outputs + first, 4 * count);
      for (long o = count; o < wide; o++) out[o] = 0;
    }
  }
}

// Adds runs of the inputs of TALL cells times a panel of weights to their sums.
template <int N>
static inline void multiply(Vector (&sum)[TALL][N], const float* const* cells, const Run* runs, const Run* end,
                            const float* w) {
  for (; runs != end; runs++) {
    const float* p[TALL];
    for (int i = 0; i < TALL; i++) p[i] = cells[i] + runs->offset;
    for (long k = 0; k < runs->length; k++, w += N * LANES) {
      Vector weights[N];
      for (int v = 0; v < N; v++) weights[v] = load(w + v * LANES);
      for (int i = 0; i < TALL; i++) {
        const Vector input = broadcast(p[i][k]);
        for (int v = 0; v < N; v++) sum[i][v] += input * weights[v];
      }
    }
  }
}

struct Block {
  const Run *runs, *end;
  const float* weights;
  long cells, outputs, start;  // start: the block's first output channel
  bool first;                  // nothing has been added before
};

template <int N>
static void run_block(const Block& b, const float* const* in, float* const* out) {
  const long tail = b.outputs - (N - 1) * LANES;  // numbers of the last vector
  for (long at = 0; at < b.cells; at += TALL) {
    Vector sum[TALL][N];
    const int count = (int)least(TALL, b.cells - at);
    for (int i = 0; i < TALL; i++)
      for (int v = 0; v < N; v++) {
        const float* y = out[at + (i < count ? i : 0)] + b.start + v * LANES;
        sum[i][v] = b.first ? Vector{} : v < N - 1 ? load(y) : load_some(y, tail);
      }
    multiply<N>(sum, in + at, b.runs, b.end, b.weights);
    for (int i = 0; i < count; i++) {
      float* y = out[at + i] + b.start;
      for (int v = 0; v < N - 1; v++) store(y + v * LANES, sum[i][v]);
      store_some(y + (N - 1) * LANES, sum[i][N - 1], tail);
    }
  }
}

static void run_any(const Block& b, const float* const* in, float* const* out) {
  switch (parts_of(b.outputs, LANES)) {
    case 1: return run_block<1>(b, in, out);
    case 2: return run_block<2>(b, in, out);
#if NETSPEC_LANES == 16 || defined(__aarch64__)
    case 3: return run_block<3>(b, in, out);
    case 4: return run_block<4>(b, in, out);
#endif
  }
}

struct Cells {
  const float** in;
  float** out;
  long count;
};

// The cells of a unit: copies its window where there are margins.
static Cells gather(const Grid& g, const float* x, float* y, long unit, float* window, float* pointers) {
  const Strip s = strip(g);
  const long by_rows = parts_of(g.rows, s.rows);
  const long image = unit / by_rows * s.images, first = unit % by_rows * s.rows;
  const long rows = least(s.rows, g.rows - first), images = least(s.images, g.images - image);
  const long columns = inside(g) ? g.width : window_columns(g);
  Cells c = {(const float**)pointers, (float**)(pointers + 2 * padded_cells(g)), 0};
  for (long n = image; n < image + images; n++) {
    const float* source = x + n * g.height * g.width * g.channels;
    if (inside(g)) {
      source += ((g.first_row + first * g.row_step) * g.width + g.first_column) * g.channels;
    } else {
      copy_window(g, source, first, rows, 0, g.channels, window);
      source = window;
      window += window_rows(g, rows) * columns * g.channels;
    }
    float* target = y + g.start + n * g.image_pitch + first * g.row_pitch;
    for (long r = 0; r < rows; r++)
      for (long u = 0; u < g.columns; u++, c.count++) {
        c.in[c.count] = source + (r * g.row_step * columns + u * g.column_step) * g.channels;
        c.out[c.count] = target + r * g.row_pitch + u * g.column_pitch;
      }
  }
  for (int i = 0; i < TALL; i++) c.in[c.count + i] = c.in[c.count - 1];
  return c;
}

// One block of output channels, DEPTH steps at a time.
static void run_panels(const Grid& g, const Cells& c, const Run* runs, long count, long group, long block,
                       const float* packed) {
  const long outputs = block_outputs(g, block), wide = parts_of(outputs, LANES) * LANES;
  const long start = group * g.group_outputs + block * WIDE * LANES;
  const float* w = packed + group * group_floats(g) + block_start(g, block);
  long from = 0;
  do {  // once where no tap reads: the sums are 0
    long to = from, depth = 0;
    for (; to < count && (to == from || depth + runs[to].length <= DEPTH); to++) depth += runs[to].length;
    run_any({runs + from, runs + to, w, c.count, outputs, start, from == 0}, c.in, c.out);
    w += depth * wide;
    from = to;
  } while (from < count);
}

static void conv_run(const Grid& g, const float* x, const float* packed, float* y, long unit, float* scratch) {
  float* const pointers = scratch;
  Run* const runs = (Run*)(pointers + 4 * padded_cells(g));
  const long count = list_runs(g, inside(g) ? g.width : window_columns(g), runs);
  float* const window = (float*)(runs + count);
  const Cells c = gather(g, x, y, unit, window, pointers);
  for (long group = 0; group < g.groups; group++) {
    for (long block = 0; block < blocks(g); block++) run_panels(g, c, runs, count, group, block, packed);
    for (long r = 0; r < count; r++) runs[r].offset += g.group_inputs;
  }
}
