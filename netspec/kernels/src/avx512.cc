#define NETSPEC_SET avx512
#include "kernels.h"
