/* assert: see assert.h. */
#include "lang/base/assert.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void bf_assert_failed(const char *what, const char *file, int line) {
    fprintf(stderr, "banfa: internal error: %s:%d: %s\n", file, line, what);
    abort();
}
