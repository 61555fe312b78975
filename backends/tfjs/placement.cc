// Compiled into the addon of tfjs-node-gpu, whose sources stay as they are: tells which device executed each operation.
//
// The linker's --wrap turns every call of TFE_Execute and of napi_define_properties in the addon into a call of the functions
// below. The first remembers operation, device and element type of each output; the second adds one function to what the addon
// exports: takePlacements() returns ["MatMul /job:localhost/replica:0/task:0/device:GPU:0 1", ...], each different line once, and
// forgets them. The number is TensorFlow's TF_DataType.
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <node_api.h>

#include "tensorflow/c/eager/c_api.h"

static std::mutex mutex;
static std::set<std::string> placements;

extern "C" {

void __real_TFE_Execute(TFE_Op* op, TFE_TensorHandle** outputs, int* count, TF_Status* status);

void __wrap_TFE_Execute(TFE_Op* op, TFE_TensorHandle** outputs, int* count, TF_Status* status) {
  // Before it runs: execution may rename the operation to one of the device's own.
  const std::string name = TFE_OpGetName(op, status);
  __real_TFE_Execute(op, outputs, count, status);
  if (TF_GetCode(status) != TF_OK) return;
  TF_Status* asked = TF_NewStatus();
  for (int i = 0; i < *count; i++) {
    const char* device = TFE_TensorHandleDeviceName(outputs[i], asked);
    const std::string line = name + " " + (TF_GetCode(asked) == TF_OK ? device : "unknown") + " " +
                             std::to_string(TFE_TensorHandleDataType(outputs[i]));
    std::lock_guard<std::mutex> lock(mutex);
    placements.insert(line);
  }
  TF_DeleteStatus(asked);
}

static napi_value takePlacements(napi_env env, napi_callback_info) {
  std::lock_guard<std::mutex> lock(mutex);
  napi_value list;
  napi_create_array(env, &list);
  uint32_t index = 0;
  for (const std::string& line : placements) {
    napi_value text;
    napi_create_string_utf8(env, line.c_str(), line.size(), &text);
    napi_set_element(env, list, index++, text);
  }
  placements.clear();
  return list;
}

napi_status __real_napi_define_properties(napi_env env, napi_value object, size_t count, const napi_property_descriptor* given);

napi_status __wrap_napi_define_properties(napi_env env, napi_value object, size_t count,
                                          const napi_property_descriptor* given) {
  // Constants are defined one by one; only the functions come together.
  if (count == 1) return __real_napi_define_properties(env, object, count, given);
  std::vector<napi_property_descriptor> all(given, given + count);
  all.push_back({"takePlacements", nullptr, takePlacements, nullptr, nullptr, nullptr, napi_enumerable, nullptr});
  return __real_napi_define_properties(env, object, all.size(), all.data());
}

}  // extern "C"
