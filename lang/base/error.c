/* error: see error.h. A text that is too long is cut at a whole character. */
#include "lang/base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Takes a character that snprintf cut in two off the end of a full text. */
static void drop_partial(char *text, size_t size) {
    size_t n = strlen(text);
    if (n + 1 < size)
        return;
    size_t start = n;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start > 0 && (unsigned char)text[start - 1] >= 0xC0)
        text[start - 1] = 0;
}

enum bf_err bf_fail(struct bf_error *e, enum bf_err code, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(e->text, sizeof e->text, fmt, ap);
    va_end(ap);
    drop_partial(e->text, sizeof e->text);
    e->zh[0] = 0;
    return e->code = code;
}

void bf_error_in_chinese(struct bf_error *e, bf_str text) {
    snprintf(e->zh, sizeof e->zh, "%.*s", (int)text.len, text.p ? text.p : "");
    drop_partial(e->zh, sizeof e->zh);
}

enum bf_err bf_error_wrap(struct bf_error *e, const char *fmt, ...) {
    char outer[sizeof e->text], inner[sizeof e->text];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(outer, sizeof outer, fmt, ap);
    va_end(ap);
    memcpy(inner, e->text, sizeof inner);
    size_t room = sizeof e->text;
    int n = snprintf(e->text, room, "%.*s: ", (int)(room / 2), outer);
    snprintf(e->text + n, room - (size_t)n, "%s", inner);
    drop_partial(e->text, room);
    e->zh[0] = 0;
    return e->code;
}
