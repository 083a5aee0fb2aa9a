/* fuzz_json: the quick reader of bodies gives what jansson's gives, or nothing; and jansson's verdict is the reader's. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "engine/service/json_read.h"

static void same(const json_t *x, const json_t *y) {
    size_t flags = JSON_SORT_KEYS | JSON_ENCODE_ANY;
    char *a = json_dumps(x, flags), *b = json_dumps(y, flags);
    FUZZ_CHECK(a && b && strcmp(a, b) == 0 && json_equal((json_t *)x, (json_t *)y));
    free(a);
    free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bf_str s = {(const char *)data, (uint32_t)size};
    json_error_t why;
    json_t *slow = json_loadb(s.p, s.len, JSON_REJECT_DUPLICATES, &why);
    json_t *quick = bf_json_quick(s), *read = bf_json_read(s, &why);
    FUZZ_CHECK(!quick || slow);
    FUZZ_CHECK(!read == !slow);
    if (quick)
        same(quick, slow);
    if (read)
        same(read, slow);
    json_decref(slow);
    json_decref(quick);
    json_decref(read);
    return 0;
}
