// A call of XLA, by the C interface of its foreign functions: buffers, one array of integers, threads.
#ifndef NETSPEC_CALL_H_
#define NETSPEC_CALL_H_

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "xla_ffi_c_api.h"

namespace netspec {

// What Python finds in the library; everything else is hidden.
#define NETSPEC_EXPORTED extern "C" __attribute__((visibility("default")))

struct Wrong {
  const char* what;
};

// The frame of one call. Wrong where it is not of the form that a handler expects.
class Call {
 public:
  explicit Call(XLA_FFI_CallFrame* frame) : frame_(frame) {}

  const XLA_FFI_Buffer& argument(long n) const { return buffer(frame_->args.args, frame_->args.size, n); }
  const XLA_FFI_Buffer& result(long n) const { return buffer(frame_->rets.rets, frame_->rets.size, n); }
  const float* input(long n) const { return static_cast<const float*>(argument(n).data); }
  float* output(long n) const { return static_cast<float*>(result(n).data); }
  const int64_t* integers(size_t count) const;

  // f(worker, item) for all items, on XLA's own threads and the calling one; workers are counted from 0 to workers(items).
  long workers(long items) const;
  void parallel(long items, const std::function<void(long, long)>& f) const;

  XLA_FFI_Error* error(XLA_FFI_Error_Code code, const char* message) const;

 private:
  static const XLA_FFI_Buffer& buffer(void** all, int64_t size, long n) {
    if (n >= size) throw Wrong{"a buffer is missing"};
    const auto& one = *static_cast<XLA_FFI_Buffer*>(all[n]);
    if (one.dtype != XLA_FFI_DataType_F32) throw Wrong{"a buffer is not float32"};
    return one;
  }
  XLA_FFI_CallFrame* frame_;
};

// What XLA calls: answers what it asks of a handler before it runs it, and turns exceptions into XLA's errors.
XLA_FFI_Error* answer(XLA_FFI_CallFrame* frame, void (*run)(const Call&));

}  // namespace netspec

#endif
