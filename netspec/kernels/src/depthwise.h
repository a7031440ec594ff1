// Depthwise convolution: one filter a channel, so that a vector of channels is multiplied by a vector of weights.
//
// A number that is loaded is multiplied once for each tap and no more: memory decides. A strip of rows with its margins
// is copied into the first two caches (WINDOW_FLOATS, see window.h), and the taps of CELLS neighbouring cells are added up
// in registers, all channels of these cells before the next, so that what is read again is a few KiB.

constexpr int CELLS = 8;
constexpr long DEPTHWISE_FLOATS = 16 * 1024;

static inline long depthwise_rows(const Grid& g) {
  const long a_row = window_columns(g) * g.channels;
  return most(1, least(g.rows, (DEPTHWISE_FLOATS / a_row - g.row_span) / g.row_step + 1));
}

// Floats from a cell's window to a tap's input, and to its weight.
struct Place {
  long input, weight;
};

static long depthwise_floats(const Grid& g) {
  return window_rows(g, depthwise_rows(g)) * window_columns(g) * g.channels + g.tap_count * (long)sizeof(Place) / 4;
}

// The taps' places, which lie before the window in the scratch.
static const Place* list_places(const Grid& g, float* scratch) {
  Place* const places = (Place*)scratch;
  for (long t = 0; t < g.tap_count; t++) {
    const long row = g.taps[t].row - g.first_row, column = g.taps[t].column - g.first_column;
    places[t] = {(row * window_columns(g) + column) * g.channels, g.taps[t].cell * g.channels};
  }
  return places;
}

// N neighbouring cells, all channels.
template <int N>
static void depthwise_cells(const Grid& g, const Place* places, const float* cell, const float* kernel, float* y) {
  const long step = g.column_step * g.channels, taps = g.tap_count, channels = g.channels, pitch = g.column_pitch;
  for (long c = 0; c < channels; c += LANES) {
    const long lanes = least(LANES, channels - c);
    Vector sum[N] = {};
    for (long t = 0; t < taps; t++) {
      const float* p = cell + places[t].input + c;
      const float* w = kernel + places[t].weight + c;
      if (lanes == LANES) {
        const Vector weight = load(w);
        for (int i = 0; i < N; i++) sum[i] += load(p + i * step) * weight;
      } else {
        const Vector weight = load_part(w, lanes);
        for (int i = 0; i < N; i++) sum[i] += load_part(p + i * step, lanes) * weight;
      }
    }
    for (int i = 0; i < N; i++) store_some(y + i * pitch + c, sum[i], lanes);
  }
}

static void depthwise_row(const Grid& g, const Place* places, const float* window, const float* kernel, float* y) {
  const long step = g.column_step * g.channels;
  long u = 0;
  for (; u + CELLS <= g.columns; u += CELLS)
    depthwise_cells<CELLS>(g, places, window + u * step, kernel, y + u * g.column_pitch);
  for (; u + 4 <= g.columns; u += 4) depthwise_cells<4>(g, places, window + u * step, kernel, y + u * g.column_pitch);
  for (; u + 2 <= g.columns; u += 2) depthwise_cells<2>(g, places, window + u * step, kernel, y + u * g.column_pitch);
  if (u < g.columns) depthwise_cells<1>(g, places, window + u * step, kernel, y + u * g.column_pitch);
}

static void depthwise_run(const Grid& g, const float* x, const float* kernel, float* y, long image, float* scratch) {
  const long rows = depthwise_rows(g), a_row = g.row_step * window_columns(g) * g.channels;
  const Place* const places = list_places(g, scratch);
  float* const window = (float*)(places + g.tap_count);
  for (long first = 0; first < g.rows; first += rows) {
    const long here = least(rows, g.rows - first);
    copy_window(g, x + image * g.height * g.width * g.channels, first, here, 0, g.channels, window);
    for (long r = 0; r < here; r++)
      depthwise_row(g, places, window + r * a_row, kernel, y + g.start + image * g.image_pitch + (first + r) * g.row_pitch);
  }
}

// The weight gradient: sums of N taps over some cells, each added to dw once.
constexpr int TAPS = 9;
constexpr long WEIGHT_CELLS = 16;

template <int N>
static void depthwise_taps(const Grid& g, const Place* places, const float* cell, const float* dy, long cells, float* dw) {
  const long step = g.column_step * g.channels, channels = g.channels;
  for (long c = 0; c < channels; c += LANES) {
    const long lanes = least(LANES, channels - c);
    const float* p[N];
    Vector sum[N];
    for (int t = 0; t < N; t++) {
      p[t] = cell + places[t].input + c;
      sum[t] = load_some(dw + places[t].weight + c, lanes);
    }
    for (long u = 0; u < cells; u++) {
      const Vector d = load_some(dy + u * channels + c, lanes);
      if (lanes == LANES)
        for (int t = 0; t < N; t++) sum[t] += load(p[t] + u * step) * d;
      else
        for (int t = 0; t < N; t++) sum[t] += load_part(p[t] + u * step, lanes) * d;
    }
    for (int t = 0; t < N; t++) store_some(dw + places[t].weight + c, sum[t], lanes);
  }
}

static void depthwise_some(const Grid& g, const Place* places, const float* cell, const float* dy, long cells, float* dw) {
  long t = 0;
  for (; t + TAPS <= g.tap_count; t += TAPS) depthwise_taps<TAPS>(g, places + t, cell, dy, cells, dw);
  for (; t + 3 <= g.tap_count; t += 3) depthwise_taps<3>(g, places + t, cell, dy, cells, dw);
  for (; t < g.tap_count; t++) depthwise_taps<1>(g, places + t, cell, dy, cells, dw);
}

static void depthwise_weights_run(const Grid& g, const float* x, const float* dy, float* dw, long image, long to,
                                  float* scratch) {
  const long rows = depthwise_rows(g), a_row = g.row_step * window_columns(g) * g.channels;
  const Place* const places = list_places(g, scratch);
  float* const window = (float*)(places + g.tap_count);
  for (; image < to; image++)
    for (long first = 0; first < g.rows; first += rows) {
      const long here = least(rows, g.rows - first);
      copy_window(g, x + image * g.height * g.width * g.channels, first, here, 0, g.channels, window);
      for (long r = 0; r < here; r++) {
        const float* d = dy + ((image * g.rows + first + r) * g.columns) * g.channels;
        for (long u = 0; u < g.columns; u += WEIGHT_CELLS)
          depthwise_some(g, places, window + r * a_row + u * g.column_step * g.channels, d + u * g.channels,
                         least(WEIGHT_CELLS, g.columns - u), dw);
      }
    }
}
