// Batch norm with ReLU: two passes over memory forwards (moments, then the normalized numbers) and two backwards (sums,
// then the gradient), where XLA makes one for each sum and each product. Rows of features, channels last.
//
// ReLU's mask is computed again from the same numbers by the same operations, so that no cell near zero changes sides.

// Calls f(vector number, lanes) for all features.
template <class F>
static inline void over_features(long features, F f) {
  long c = 0;
  for (; c + LANES <= features; c += LANES) f(c, LANES);
  if (c < features) f(c, features - c);
}

// Mean, and sum of squares about it, of each feature: exact in one block that is in the cache, whose second reading is cheap.
static void norm_moments(const float* x, long rows, long features, float* mean, float* squares) {
  const float share = 1.0f / (float)rows;
  over_features(features, [&](long c, long lanes) INLINE {
    Vector sum = {}, more = {};
    long r = 0;
    for (; r + 2 <= rows; r += 2) {
      sum += load_some(x + r * features + c, lanes);
      more += load_some(x + (r + 1) * features + c, lanes);
    }
    if (r < rows) sum += load_some(x + r * features + c, lanes);
    const Vector centre = (sum + more) * share;
    Vector off = {}, square = {};
    for (r = 0; r < rows; r++) {
      const Vector d = load_some(x + r * features + c, lanes) - centre;
      off += d;
      square += d * d;
    }
    store_some(mean + c, centre + off * share, lanes);
    store_some(squares + c, square - off * off * share, lanes);
  });
}

// factor * (x - mean) + shift, and whether ReLU lets it pass. NaN passes, as a maximum of it and 0 does.
static inline Vector normed(Vector x, const float* mean, const float* factor, const float* shift, long lanes) {
  return (x - load_some(mean, lanes)) * load_some(factor, lanes) + load_some(shift, lanes);
}

template <bool RELU>
static void norm_rows(const float* x, long rows, long features, const float* mean, const float* factor, const float* shift,
                      float* y) {
  for (long r = 0; r < rows; r++, x += features, y += features)
    over_features(features, [&](long c, long lanes) INLINE {
      const Vector z = normed(load_some(x + c, lanes), mean + c, factor + c, shift + c, lanes);
      store_some(y + c, RELU ? (z <= 0 ? Vector{} : z) : z, lanes);
    });
}

static void norm_normalize(const float* x, long rows, long features, const float* mean, const float* factor,
                           const float* shift, bool relu, float* y) {
  (relu ? norm_rows<true> : norm_rows<false>)(x, rows, features, mean, factor, shift, y);
}

// The gradient behind ReLU: nothing where it gave 0.
template <bool RELU>
static inline Vector passed(Vector dy, Vector x, const float* mean, const float* factor, const float* shift, long lanes) {
  if (!RELU) return dy;
  return normed(x, mean, factor, shift, lanes) > 0 ? dy : Vector{};
}

// Sums of dy and of dy * (x - mean) of each feature.
template <bool RELU>
static void sums_of(const float* x, const float* dy, long rows, long features, const float* mean, const float* factor,
                    const float* shift, float* sums, float* products) {
  over_features(features, [&](long c, long lanes) INLINE {
    const Vector centre = load_some(mean + c, lanes);
    Vector sum = {}, product = {};
    for (long r = 0; r < rows; r++) {
      const Vector v = load_some(x + r * features + c, lanes), g = load_some(dy + r * features + c, lanes);
      const Vector d = passed<RELU>(g, v, mean + c, factor + c, shift + c, lanes);
      sum += d;
      product += d * (v - centre);
    }
    store_some(sums + c, sum, lanes);
    store_some(products + c, product, lanes);
  });
}

static void norm_sums(const float* x, const float* dy, long rows, long features, const float* mean, const float* factor,
                      const float* shift, bool relu, float* sums, float* products) {
  (relu ? sums_of<true> : sums_of<false>)(x, dy, rows, features, mean, factor, shift, sums, products);
}

// factor * dy - offset - slope * (x - mean)
template <bool RELU>
static void gradient_rows(const float* x, const float* dy, long rows, long features, const float* mean, const float* factor,
                          const float* shift, const float* offset, const float* slope, float* dx) {
  for (long r = 0; r < rows; r++, x += features, dy += features, dx += features)
    over_features(features, [&](long c, long lanes) INLINE {
      const Vector v = load_some(x + c, lanes);
      const Vector d = passed<RELU>(load_some(dy + c, lanes), v, mean + c, factor + c, shift + c, lanes);
      const Vector centred = v - load_some(mean + c, lanes);
      store_some(dx + c, load_some(factor + c, lanes) * d - load_some(offset + c, lanes) - load_some(slope + c, lanes) * centred,
                 lanes);
    });
}

static void norm_gradient(const float* x, const float* dy, long rows, long features, const float* mean, const float* factor,
                          const float* shift, const float* offset, const float* slope, bool relu, float* dx) {
  (relu ? gradient_rows<true> : gradient_rows<false>)(x, dy, rows, features, mean, factor, shift, offset, slope, dx);
}

// The sum of several arrays, number by number, always in the same order.
static void add_parts(const float* const* parts, long count, long from, long to, float* sum) {
  for (long i = from; i < to; i += LANES) {
    const long lanes = least(LANES, to - i);
    Vector s = {};
    for (long p = 0; p < count; p++) s += load_some(parts[p] + i, lanes);
    store_some(sum + i, s, lanes);
  }
}
