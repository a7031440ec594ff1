#define NETSPEC_SET baseline
#include "kernels.h"
