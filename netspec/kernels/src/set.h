// What one instruction set offers: pure functions over a share of the work, which the handlers divide among threads.
#ifndef NETSPEC_SET_H_
#define NETSPEC_SET_H_

namespace netspec {

// One tap of a kernel: where it reads, relative to the input cell of an output cell, and which kernel cell it multiplies by.
struct Tap {
  long row, column, cell;
};

// Outputs on a grid, each a sum over taps and channels of the input: a convolution, or one phase of its input gradient
// (the output cells of one remainder by the stride, which read the same taps). Arrays are (image, row, column, channel).
struct Grid {
  long images;
  long height, width, channels;           // of the input
  long rows, columns;                     // of the grid
  long row_step, column_step;             // input cells from one grid cell to the next
  long groups, group_inputs, group_outputs;
  long image_pitch, row_pitch, column_pitch;  // floats from one output cell to the next
  long start;                             // floats to the first output cell
  const Tap* taps;                        // by rows, then by columns
  long tap_count;
  long first_row, first_column;           // the least of the taps', which may be negative: cells outside are 0
  long row_span, column_span;             // cells from the least to the largest, both included
};

struct Set {
  const char* name;
  long lanes;

  // Convolution. Weights are packed once for each grid, and read in the order in which they are multiplied.
  long (*packed_floats)(const Grid&);
  long (*panels)(const Grid&);
  // kernel is (cells, group inputs, groups * group outputs); for input gradients `transposed`, inputs and outputs exchanged.
  void (*pack)(const Grid&, const float* kernel, bool transposed, long panel, float* packed);
  long (*units)(const Grid&);
  long (*unit_floats)(const Grid&);  // of scratch
  void (*convolve)(const Grid&, const float* x, const float* packed, float* y, long unit, float* scratch);

  // Its weight gradient, over images and tiles of input channels from and to; added to dw.
  long (*tiles)(const Grid&);
  long (*weights_floats)(const Grid&);  // of scratch
  void (*weights)(const Grid&, const float* x, const float* dy, float* dw, long image, long to, long tile, long to_tile,
                  float* scratch);

  // One filter a channel.
  long (*depthwise_floats)(const Grid&);
  void (*depthwise)(const Grid&, const float* x, const float* kernel, float* y, long image, float* scratch);
  void (*depthwise_weights)(const Grid&, const float* x, const float* dy, float* dw, long image, long to, float* scratch);

  // Batch norm over rows of features, with ReLU where `relu`.
  void (*moments)(const float* x, long rows, long features, float* mean, float* squares);
  void (*normalize)(const float* x, long rows, long features, const float* mean, const float* factor, const float* shift,
                    bool relu, float* y);
  void (*norm_sums)(const float* x, const float* dy, long rows, long features, const float* mean, const float* factor,
                    const float* shift, bool relu, float* sums, float* products);
  void (*norm_gradient)(const float* x, const float* dy, long rows, long features, const float* mean, const float* factor,
                        const float* shift, const float* offset, const float* slope, bool relu, float* dx);

  void (*add)(const float* const* parts, long count, long from, long to, float* sum);
};

const Set* chosen_set();

}  // namespace netspec

#endif
