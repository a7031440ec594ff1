// Depthwise convolution: one filter a channel, so that a vector of channels is multiplied by a vector of weights.
//
// A strip of rows with its margins is copied into the first two caches (DEPTHWISE_FLOATS, see window.h), and taken CELLS
// neighbouring cells at a time, all channels of these before the next, so that what is read again is a few KiB. Of each
// row of taps the weights are held in registers, and an input is loaded once for all taps and cells that it meets:
// 8 cells x 3 taps take 10 loads for 24 products, in 12 registers of 16. Sums are in the order of taps, or of cells.

constexpr int CELLS = 8;
constexpr long LONGEST = 5;  // taps: 8 sums, 5 weights and an input take 14 registers
constexpr long DEPTHWISE_FLOATS = 16 * 1024;

static inline long depthwise_rows(const Grid& g) {
  const long a_row = window_columns(g) * g.channels;
  return most(1, least(g.rows, (DEPTHWISE_FLOATS / a_row - g.row_span) / g.row_step + 1));
}

// Taps that are neighbours in a row: floats from a cell's window to the first one's input, to its weight, and on to the
// next one's weight.
struct Row {
  long input, weight, next_weight, length;
};

struct Rows {
  const Row *begin, *end;
};

// Of the list of rows, in whole cache lines: vectors of the window behind it lie in one line each.
static inline long row_floats(const Grid& g) { return (g.tap_count * (long)sizeof(Row) / 4 + 15) / 16 * 16; }

static long depthwise_floats(const Grid& g) {
  return row_floats(g) + window_rows(g, depthwise_rows(g)) * window_columns(g) * g.channels;
}

// The rows of taps, which lie before the window in the scratch. Where cells are more than 2 columns apart, or channels do
// not fill a vector, each tap is a row of its own.
static Rows list_rows(const Grid& g, float* scratch) {
  Row* const rows = (Row*)scratch;
  const long longest = g.column_step <= 2 && g.channels >= LANES ? LONGEST : 1;
  long count = 0;
  for (long t = 0; t < g.tap_count; count++) {
    const Tap* const first = g.taps + t++;
    while (t < g.tap_count && g.taps + t - first < longest && g.taps[t].row == first->row &&
           g.taps[t].column == g.taps[t - 1].column + 1)
      t++;
    const long row = first->row - g.first_row, column = first->column - g.first_column, length = g.taps + t - first;
    rows[count] = {(row * window_columns(g) + column) * g.channels, first->cell * g.channels,
                   length > 1 ? (first[1].cell - first->cell) * g.channels : 0, length};
  }
  return {rows, rows + count};
}

// A number that is known when this is compiled.
template <int N>
struct Constant {
  static constexpr int value = N;
};

// Calls f for each number below N. Written out before the compiler asks which arrays can be registers: in a loop that it
// unrolls later, sums that a switch stands between are kept in memory.
template <int N, int I = 0, class F>
static inline INLINE void each(F f) {
  if constexpr (I < N) {
    f(Constant<I>{});
    each<N, I + 1>(f);
  }
}

template <bool WHOLE, class F>
static inline INLINE void with_length(long length, F f) {
  if constexpr (!WHOLE) return f(Constant<1>{});
  else switch (length) {
    case 1: return f(Constant<1>{});
    case 2: return f(Constant<2>{});
    case 3: return f(Constant<3>{});
    case 4: return f(Constant<4>{});
    case 5: return f(Constant<5>{});
  }
}

// Calls f(how many, first) for the cells of a row: CELLS at a time and then fewer, or one by one.
template <bool WHOLE, class F>
static inline INLINE void over_cells(long columns, F f) {
  long u = 0;
  if constexpr (WHOLE) {
    for (; u + CELLS <= columns; u += CELLS) f(Constant<CELLS>{}, u);
    for (; u + 4 <= columns; u += 4) f(Constant<4>{}, u);
  }
  for (; u < columns; u++) f(Constant<1>{}, u);
}

// Calls f(first channel, new lanes) for a vector of channels after the other. Where they are WHOLE, the last one begins
// LANES before the end, so that only the last of its lanes are new; else there is one, not filled.
template <bool WHOLE, class F>
static inline INLINE void over_channels(long channels, F f) {
  if constexpr (!WHOLE) return f(0L, channels);
  for (long c = 0; c + LANES <= channels; c += LANES) f(c, LANES);
  if (channels % LANES) f(channels - LANES, channels % LANES);
}

template <bool WHOLE>
static inline Vector load_lanes(const Grid& g, const float* p) {
  if constexpr (WHOLE) return load(p);
  else return load_part(p, g.channels);
}

// The new lanes; the others are stored already.
template <bool WHOLE>
static inline void store_lanes(float* p, Vector v, long fresh) {
  if (WHOLE && fresh == LANES) return store(p, v);
  const Vector copy = v;  // so that the sum itself has no address
  const long from = WHOLE ? LANES - fresh : 0;
  __builtin_memcpy(p + from, (const float*)&copy + from, 4 * fresh);
}

// Calls f(tap, cell, input) where a row of L taps meets N cells that are STEP columns apart, and of 1 tap any.
template <int N, int L, int STEP, bool WHOLE, class F>
static inline INLINE void meet(const Grid& g, const float* p, F f) {
  if constexpr (L == 1) {
    each<N>([&](auto i) INLINE { f(0, i.value, load_lanes<WHOLE>(g, p + i.value * g.column_step * g.channels)); });
  } else {
    each<STEP * (N - 1) + L>([&](auto j) INLINE {
      const Vector input = load_lanes<WHOLE>(g, p + j.value * g.channels);
      each<L>([&](auto t) INLINE {
        constexpr int from = j.value - t.value;
        if constexpr (from >= 0 && from % STEP == 0 && from / STEP < N) f(t.value, from / STEP, input);
      });
    });
  }
}

// Calls f(how many, first cell, first channel, its input, new lanes) for all cells and channels of a row of the grid, whose first
// cell's taps begin at `window`.
template <bool WHOLE, class F>
static inline INLINE void over_tiles(const Grid& g, const float* window, F f) {
  over_cells<WHOLE>(g.columns, [&](auto count, long u) INLINE {
    const float* const cell = window + u * g.column_step * g.channels;
    over_channels<WHOLE>(g.channels, [&](long c, long fresh) INLINE { f(count, u, c, cell + c, fresh); });
  });
}

// One row of the grid.
template <int STEP, bool WHOLE>
static void depthwise_row(const Grid& g, const Rows& rows, const float* window, const float* kernel, float* y) {
  over_tiles<WHOLE>(g, window, [&](auto count, long u, long c, const float* cell, long fresh) INLINE {
    constexpr int N = count.value;
    Vector sum[N];
    each<N>([&](auto i) INLINE { sum[i.value] = Vector{}; });
    for (const Row* row = rows.begin; row != rows.end; row++)
      with_length<WHOLE>(row->length, [&](auto length) INLINE {
        constexpr int L = length.value;
        Vector weights[L];
        const float* const w = kernel + row->weight + c;
        each<L>([&](auto t) INLINE { weights[t.value] = load_lanes<WHOLE>(g, w + t.value * row->next_weight); });
        meet<N, L, STEP, WHOLE>(g, cell + row->input, [&](int t, int i, Vector input)
                                INLINE { sum[i] += input * weights[t]; });
      });
    float* const out = y + u * g.column_pitch + c;
    each<N>([&](auto i) INLINE { store_lanes<WHOLE>(out + i.value * g.column_pitch, sum[i.value], fresh); });
  });
}

// The same cells' part of the weight gradient, added to dw.
template <int STEP, bool WHOLE>
static void depthwise_weights_row(const Grid& g, const Rows& rows, const float* window, const float* dy, float* dw) {
  over_tiles<WHOLE>(g, window, [&](auto count, long u, long c, const float* cell, long fresh) INLINE {
    constexpr int N = count.value;
    Vector d[N];
    each<N>([&](auto i) INLINE { d[i.value] = load_lanes<WHOLE>(g, dy + (u + i.value) * g.channels + c); });
    for (const Row* row = rows.begin; row != rows.end; row++)
      with_length<WHOLE>(row->length, [&](auto length) INLINE {
        constexpr int L = length.value;
        float* const out = dw + row->weight + c;
        Vector sum[L];
        each<L>([&](auto t) INLINE { sum[t.value] = load_lanes<WHOLE>(g, out + t.value * row->next_weight); });
        meet<N, L, STEP, WHOLE>(g, cell + row->input, [&](int t, int i, Vector input)
                                INLINE { sum[t] += input * d[i]; });
        each<L>([&](auto t) INLINE { store_lanes<WHOLE>(out + t.value * row->next_weight, sum[t.value], fresh); });
      });
  });
}

// Calls f(row of the window, row of the grid) for all rows of an image, a strip at a time.
template <class F>
static inline void over_rows(const Grid& g, const float* x, long image, float* window, F f) {
  const long rows = depthwise_rows(g), a_row = g.row_step * window_columns(g) * g.channels;
  for (long first = 0; first < g.rows; first += rows) {
    const long here = least(rows, g.rows - first);
    copy_window(g, x + image * g.height * g.width * g.channels, first, here, 0, g.channels, window);
    for (long r = 0; r < here; r++) f(window + r * a_row, first + r);
  }
}

static void depthwise_run(const Grid& g, const float* x, const float* kernel, float* y, long image, float* scratch) {
  const Rows taps = list_rows(g, scratch);
  const auto whole = g.column_step == 1 ? depthwise_row<1, true> : depthwise_row<2, true>;
  const auto run = g.channels < LANES ? depthwise_row<1, false> : whole;
  over_rows(g, x, image, scratch + row_floats(g), [&](const float* window, long row) {
    run(g, taps, window, kernel, y + g.start + image * g.image_pitch + row * g.row_pitch);
  });
}

static void depthwise_weights_run(const Grid& g, const float* x, const float* dy, float* dw, long image, long to,
                                  float* scratch) {
  const Rows taps = list_rows(g, scratch);
  const auto whole = g.column_step == 1 ? depthwise_weights_row<1, true> : depthwise_weights_row<2, true>;
  const auto run = g.channels < LANES ? depthwise_weights_row<1, false> : whole;
  for (; image < to; image++)
    over_rows(g, x, image, scratch + row_floats(g), [&](const float* window, long row) {
      run(g, taps, window, dy + (image * g.rows + row) * g.columns * g.channels, dw);
    });
}
