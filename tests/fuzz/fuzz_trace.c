/* fuzz_trace: whatever a traceparent header holds, what is taken is printed as a version 00 that reads the same, and a
** token's text is taken only as it is printed. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "engine/service/auth.h"
#include "engine/service/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bf_str text = {(const char *)data, (uint32_t)size};
    struct bf_trace t, again;
    if (bf_trace_read(text, &t)) {
        char out[BF_TRACE_TEXT];
        bf_trace_print(&t, out);
        FUZZ_CHECK(bf_trace_read(bf_str_of(out), &again));
        FUZZ_CHECK(memcmp(&t, &again, sizeof t) == 0);
        FUZZ_CHECK(size >= 55 && memcmp(out + 2, data + 2, 51) == 0);
    }
    struct bf_token_hash hash;
    if (bf_token_read(text, &hash) != BF_TOKEN_FOREIGN)
        FUZZ_CHECK(size == BF_TOKEN_LEN);
    return 0;
}
