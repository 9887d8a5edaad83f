#ifndef HEXI_CJANSSON_SHIM_H
#define HEXI_CJANSSON_SHIM_H

#include <jansson.h>

// json_decref and the type tests are macros or inline functions that do not import by name.
static inline void hexi_json_release(json_t *value) { json_decref(value); }
static inline int hexi_json_type(const json_t *value) { return (int)json_typeof(value); }

#endif
