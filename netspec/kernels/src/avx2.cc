#define NETSPEC_SET avx2
#include "kernels.h"
