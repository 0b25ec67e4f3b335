/* An addon that runs the loop of its environment, as deasync and others do: runLoop(wait) makes one round. */

#include <node_api.h>
#include <uv.h>

static napi_value run_loop(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  bool wait = false;
  uv_loop_t *loop;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  napi_get_value_bool(env, argument, &wait);
  napi_get_uv_event_loop(env, &loop);
  uv_run(loop, wait ? UV_RUN_ONCE : UV_RUN_NOWAIT);
  return NULL;
}

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "runLoop", NAPI_AUTO_LENGTH, run_loop, NULL, &function);
  return function;
}
