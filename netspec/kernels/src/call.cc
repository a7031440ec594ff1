#include "call.h"

#include <new>

namespace netspec {

const int64_t* Call::integers(size_t count) const {
  const XLA_FFI_Attrs& attributes = frame_->attrs;
  if (attributes.size != 1 || attributes.types[0] != XLA_FFI_AttrType_ARRAY) throw Wrong{"one array is expected"};
  const auto& array = *static_cast<XLA_FFI_Array*>(attributes.attrs[0]);
  if (array.dtype != XLA_FFI_DataType_S64 || array.size != count) throw Wrong{"the array has another form"};
  return static_cast<const int64_t*>(array.data);
}

XLA_FFI_Error* Call::error(XLA_FFI_Error_Code code, const char* message) const {
  XLA_FFI_Error_Create_Args args{XLA_FFI_Error_Create_Args_STRUCT_SIZE, nullptr, message, code};
  return frame_->api->XLA_FFI_Error_Create(&args);
}

long Call::workers(long items) const {
  int64_t threads = 1;
  XLA_FFI_ThreadPool_NumThreads_Args args{XLA_FFI_ThreadPool_NumThreads_Args_STRUCT_SIZE, nullptr, frame_->ctx, &threads};
  if (XLA_FFI_Error* refused = frame_->api->XLA_FFI_ThreadPool_NumThreads(&args)) {  // no pool: the caller works alone
    XLA_FFI_Error_Destroy_Args destroy{XLA_FFI_Error_Destroy_Args_STRUCT_SIZE, nullptr, refused};
    frame_->api->XLA_FFI_Error_Destroy(&destroy);
    threads = 1;
  }
  return threads < 1 ? 1 : threads < items ? threads : items;
}

namespace {

// How this thread rounds, and what it makes of the smallest numbers: XLA sets it for the thread that calls, and a helper
// must do the same for the bits to be the same.
#if defined(__x86_64__)
using Mode = unsigned;
Mode mode() { return __builtin_ia32_stmxcsr(); }
void set_mode(Mode m) { __builtin_ia32_ldmxcsr(m); }
#elif defined(__aarch64__)
using Mode = uint64_t;
Mode mode() {
  Mode m;
  asm volatile("mrs %0, fpcr" : "=r"(m));
  return m;
}
void set_mode(Mode m) { asm volatile("msr fpcr, %0" ::"r"(m)); }
#else
using Mode = int;
Mode mode() { return 0; }
void set_mode(Mode) {}
#endif

// The caller works too, and waits for items alone, never for a helper: one that comes late finds nothing to do, so that
// a pool whose threads all wait for each other still comes to an end.
struct Job {
  std::function<void(long, long)> run;
  long items;
  Mode of_caller;
  std::atomic<long> next{0}, done{0}, worker{1};
  std::mutex lock;
  std::condition_variable finished;

  void work(long number) {
    for (long item; (item = next++) < items;) {
      run(number, item);
      if (++done == items) {
        std::lock_guard<std::mutex> held(lock);
        finished.notify_all();
      }
    }
  }
};

void help(void* data) {
  std::unique_ptr<std::shared_ptr<Job>> job(static_cast<std::shared_ptr<Job>*>(data));
  const Mode own = mode();
  set_mode((*job)->of_caller);
  (*job)->work((*job)->worker++);
  set_mode(own);
}

}  // namespace

void Call::parallel(long items, const std::function<void(long, long)>& f) const {
  const long helpers = workers(items) - 1;
  if (helpers < 1) {
    for (long item = 0; item < items; item++) f(0, item);
    return;
  }
  auto job = std::make_shared<Job>();
  job->run = f;
  job->items = items;
  job->of_caller = mode();
  for (long n = 0; n < helpers; n++) {
    auto own = std::make_unique<std::shared_ptr<Job>>(job);
    XLA_FFI_ThreadPool_Schedule_Args args{XLA_FFI_ThreadPool_Schedule_Args_STRUCT_SIZE, nullptr, frame_->ctx, help, own.get()};
    if (XLA_FFI_Error* refused = frame_->api->XLA_FFI_ThreadPool_Schedule(&args)) {
      XLA_FFI_Error_Destroy_Args destroy{XLA_FFI_Error_Destroy_Args_STRUCT_SIZE, nullptr, refused};
      frame_->api->XLA_FFI_Error_Destroy(&destroy);
      break;
    }
    own.release();
  }
  job->work(0);
  std::unique_lock<std::mutex> held(job->lock);
  job->finished.wait(held, [&] { return job->done == items; });
}

XLA_FFI_Error* answer(XLA_FFI_CallFrame* frame, void (*run)(const Call&)) {
  for (XLA_FFI_Extension_Base* e = frame->extension_start; e; e = e->next)
    if (e->type == XLA_FFI_Extension_Metadata) {
      XLA_FFI_Metadata* metadata = reinterpret_cast<XLA_FFI_Metadata_Extension*>(e)->metadata;
      metadata->api_version = {XLA_FFI_Api_Version_STRUCT_SIZE, nullptr, XLA_FFI_API_MAJOR, XLA_FFI_API_MINOR};
      metadata->traits = 0;
      return nullptr;
    }
  const Call call(frame);
  try {
    run(call);
  } catch (const Wrong& wrong) {
    return call.error(XLA_FFI_Error_Code_INVALID_ARGUMENT, wrong.what);
  } catch (const std::bad_alloc&) {
    return call.error(XLA_FFI_Error_Code_RESOURCE_EXHAUSTED, "no memory is left for a kernel's scratch");
  }
  return nullptr;
}

}  // namespace netspec
