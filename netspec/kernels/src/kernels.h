// All kernels for the instruction set that this is compiled for: a source file defines NETSPEC_SET, its name, and includes this.
#include "set.h"

namespace netspec {
namespace NETSPEC_SET {

#include "vectors.h"
#include "window.h"
#include "convolution.h"
#include "weights.h"
#include "depthwise.h"
#include "norm.h"

#define NETSPEC_QUOTED(name) #name
#define NETSPEC_NAME(name) NETSPEC_QUOTED(name)

extern const Set set;
const Set set = {
    NETSPEC_NAME(NETSPEC_SET), LANES,
    conv_packed_floats, conv_panels, conv_pack, conv_units, conv_floats, conv_run,
    weight_tiles, weight_floats, weight_run,
    depthwise_floats, depthwise_run, depthwise_weights_run,
    norm_moments, norm_normalize, norm_sums, norm_gradient,
    add_parts,
};

}  // namespace NETSPEC_SET
}  // namespace netspec
