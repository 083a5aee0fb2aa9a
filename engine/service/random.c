/* random: see random.h. */
#include "engine/service/random.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "lang/base/assert.h"

enum { POOL = 4096 };
static uint8_t pool[POOL];
static size_t left; /* at the end of the pool */

static void fill(void) {
    for (size_t done = 0; done < POOL;) {
        ssize_t got = getrandom(pool + done, POOL - done, 0);
        BF_ASSERT(got > 0 || errno == EINTR);
        done += got > 0 ? (size_t)got : 0;
    }
    left = POOL;
}

void bf_random(uint8_t *out, size_t n) {
    while (n) {
        if (!left)
            fill();
        size_t take = n < left ? n : left;
        uint8_t *from = pool + POOL - left;
        memcpy(out, from, take);
        explicit_bzero(from, take);
        left -= take;
        out += take;
        n -= take;
    }
}
