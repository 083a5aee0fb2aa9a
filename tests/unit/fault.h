/* fault: fails the Nth allocation, N rising until none is left to fail.
**
** An attempt does one whole piece of work and returns whether it succeeded. For every N, the Nth
** allocation alone fails, then the Nth and all after it: each time the attempt must come back,
** having freed what it took (LeakSanitizer looks), and must not say that it succeeded. What it
** shall also hold afterwards it asserts itself.
**
**     static bool attempt(void *ctx) { … return err == BF_OK; }
**     fault_until_quiet(attempt, &ctx);
**
** Work that uses an arena sets a jump point (bf_arena_on_exhausted), as its real entry point does;
** fault_guard is for attempts that have none. jansson allocates through the hook too once
** json_set_alloc_funcs(bf_malloc, bf_free) was called.
*/
#ifndef BF_FAULT_H
#define BF_FAULT_H

#include "tests/unit/test.h"

#include "lang/base/arena.h"
#include "lang/base/mem.h"

struct fault {
    long left; /* allocations that succeed before one fails */
    bool only_one, hit;
};

static inline int fault_may(void *ctx, size_t size) {
    struct fault *f = ctx;
    (void)size;
    if (f->left-- > 0 || (f->only_one && f->hit))
        return 1;
    f->hit = true;
    return 0;
}

/* Returns how many allocations the attempt makes when none fails. */
static inline long fault_until_quiet(bool (*attempt)(void *ctx), void *ctx) {
    for (long n = 0;; n++) {
        for (int only_one = 0; only_one < 2; only_one++) {
            struct fault f = {.left = n, .only_one = only_one};
            bf_mem_set_hook(fault_may, &f);
            bool ok = attempt(ctx);
            bf_mem_set_hook(NULL, NULL);
            if (f.hit && ok)
                fail_msg("allocation %ld failed and nobody noticed", n);
            if (!f.hit && !ok)
                fail_msg("no allocation failed (of %ld), but the attempt did", n);
            if (!f.hit && only_one)
                return n;
        }
    }
}

/* Runs work(ctx) with a jump point on the arena; false when the arena was exhausted. */
static inline bool fault_guard(struct bf_arena *a, bool (*work)(void *ctx), void *ctx) {
    jmp_buf full;
    jmp_buf *before = bf_arena_on_exhausted(a, &full);
    if (setjmp(full)) {
        bf_arena_on_exhausted(a, before);
        return false;
    }
    bool ok = work(ctx);
    bf_arena_on_exhausted(a, before);
    return ok;
}

#endif
