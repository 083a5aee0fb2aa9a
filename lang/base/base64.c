/* base64: see base64.h. */
#include "lang/base/base64.h"

#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void bf_base64_put(struct bf_buf *b, const void *p, size_t len) {
    const uint8_t *in = p;
    for (size_t i = 0; i < len; i += 3) {
        size_t n = len - i < 3 ? len - i : 3;
        uint32_t bits = 0;
        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (k < n ? in[i + k] : 0);
        char four[4] = {digits[bits >> 18], digits[bits >> 12 & 63], digits[bits >> 6 & 63],
                        digits[bits & 63]};
        memset(four + n + 1, '=', 3 - n);
        bf_buf_put(b, four, sizeof four);
    }
}

bool bf_base64_read(bf_str text, uint8_t *out, size_t max, size_t *len) {
    size_t pad = 0;
    *len = 0;
    if (text.len % 4)
        return false;
    while (pad < 2 && pad < text.len && text.p[text.len - 1 - pad] == '=')
        pad++;
    if (text.len / 4 * 3 - pad > max)
        return false;
    uint32_t bits = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool padding = i >= text.len - pad;
        const char *d = padding ? digits : text.p[i] ? strchr(digits, text.p[i]) : NULL;
        if (!d)
            return false;
        bits = bits << 6 | (uint32_t)(d - digits);
        if (i % 4 < 3)
            continue;
        size_t n = i + 1 == text.len ? 3 - pad : 3;
        if (n < 3 && bits & (n == 2 ? 0xFF : 0xFFFF))
            return false;
        for (size_t k = 0; k < n; k++)
            out[(*len)++] = (uint8_t)(bits >> (16 - 8 * k));
        bits = 0;
    }
    return true;
}
