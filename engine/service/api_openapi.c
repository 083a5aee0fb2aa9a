/* OpenAPI: the document that describes this API, docs/openapi.json, as it was when the program was built. */
#include "engine/service/api.h"

static const unsigned char document[] = {
#include "engine/service/openapi.inc"
};

void bf_on_openapi(struct bf_call *c) {
    bf_call_bytes(c, 200, "application/json", (bf_str){(const char *)document, sizeof document});
}
