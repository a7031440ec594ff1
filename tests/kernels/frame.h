// Calls of the kernels as XLA makes them, without XLA: buffers between pages that nobody may touch, threads of our own.
#ifndef FRAME_H_
#define FRAME_H_

#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "xla_ffi_c_api.h"

// Floats whose last one ends at a page that cannot be read (or whose first one begins behind one), 4 bytes aligned and
// no more.
class Guarded {
 public:
  Guarded(std::vector<int64_t> dims, bool at_end) : dims_(std::move(dims)) {
    size_ = 1;
    for (int64_t d : dims_) size_ *= d;
    const size_t page = sysconf(_SC_PAGESIZE), bytes = size_ * 4;
    inner_ = (bytes + page - 1) / page * page + (bytes == 0 ? page : 0);
    whole_ = inner_ + 2 * page;
    base_ = static_cast<char*>(mmap(nullptr, whole_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (base_ == MAP_FAILED || mprotect(base_ + page, inner_, PROT_READ | PROT_WRITE)) abort();
    data = reinterpret_cast<float*>(base_ + page + (at_end ? inner_ - bytes : 0));
  }
  Guarded(const Guarded&) = delete;
  ~Guarded() { munmap(base_, whole_); }

  // XLA gives arguments that a kernel must not write.
  void read_only() { mprotect(base_ + sysconf(_SC_PAGESIZE), inner_, PROT_READ); }
  size_t size() const { return size_; }
  XLA_FFI_Buffer buffer() {
    return {XLA_FFI_Buffer_STRUCT_SIZE, nullptr, XLA_FFI_DataType_F32, data, (int64_t)dims_.size(), dims_.data()};
  }
  float* data;

 private:
  std::vector<int64_t> dims_;
  size_t size_, inner_, whole_;
  char* base_;
};

struct Pool {
  int threads;
  std::vector<std::thread> running;
};

inline XLA_FFI_Error* schedule(XLA_FFI_ThreadPool_Schedule_Args* a) {
  auto* pool = reinterpret_cast<Pool*>(a->ctx);
  pool->running.emplace_back(a->task, a->data);
  return nullptr;
}
inline XLA_FFI_Error* count_threads(XLA_FFI_ThreadPool_NumThreads_Args* a) {
  *a->num_threads = reinterpret_cast<Pool*>(a->ctx)->threads;
  return nullptr;
}
inline XLA_FFI_Error* make_error(XLA_FFI_Error_Create_Args* a) {
  return reinterpret_cast<XLA_FFI_Error*>(new std::string(a->message));
}

using Handler = XLA_FFI_Error*(XLA_FFI_CallFrame*);

// The message of the error, or nothing.
inline std::string run(Handler* handler, std::vector<Guarded*> in, std::vector<Guarded*> out, std::vector<int64_t> integers,
                       int threads) {
  XLA_FFI_Api api{};
  api.struct_size = XLA_FFI_Api_STRUCT_SIZE;
  api.XLA_FFI_Error_Create = make_error;
  api.XLA_FFI_ThreadPool_Schedule = schedule;
  api.XLA_FFI_ThreadPool_NumThreads = count_threads;
  Pool pool{threads, {}};
  std::vector<XLA_FFI_Buffer> buffers;
  for (Guarded* g : in) buffers.push_back(g->buffer());
  for (Guarded* g : out) buffers.push_back(g->buffer());
  std::vector<void*> all;
  for (auto& b : buffers) all.push_back(&b);
  XLA_FFI_Array array{XLA_FFI_DataType_S64, integers.size(), integers.data()};
  void* attribute = &array;
  XLA_FFI_AttrType type = XLA_FFI_AttrType_ARRAY;
  XLA_FFI_CallFrame frame{};
  frame.struct_size = XLA_FFI_CallFrame_STRUCT_SIZE;
  frame.api = &api;
  frame.ctx = reinterpret_cast<XLA_FFI_ExecutionContext*>(&pool);
  frame.stage = XLA_FFI_ExecutionStage_EXECUTE;
  frame.args.size = (int64_t)in.size();
  frame.args.args = all.data();
  frame.rets.size = (int64_t)out.size();
  frame.rets.rets = all.data() + in.size();
  frame.attrs.size = 1;
  frame.attrs.types = &type;
  frame.attrs.attrs = &attribute;
  XLA_FFI_Error* error = handler(&frame);
  for (auto& thread : pool.running) thread.join();
  if (!error) return "";
  std::string* message = reinterpret_cast<std::string*>(error), copy = *message;
  delete message;
  return copy;
}

#endif
