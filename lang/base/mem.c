/* mem: see mem.h. The hook is process-wide and meant for single-threaded tests. */
#include "lang/base/mem.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>

static int (*may_alloc)(void *ctx, size_t size);
static void *may_ctx;

static atomic_size_t most, used; /* most 0: not counted */
static atomic_size_t denied;

/* Several threads may step over the limit together, by what each of them asks for. */
static int allowed(size_t size) {
    size_t limit = atomic_load_explicit(&most, memory_order_relaxed);
    if (limit) {
        size_t now = atomic_load_explicit(&used, memory_order_relaxed);
        if (size > limit || now > limit - size)
            return 0;
    }
    return !may_alloc || may_alloc(may_ctx, size);
}

static int counting(void) { return atomic_load_explicit(&most, memory_order_relaxed) != 0; }

static void count(void *p, size_t before) {
    if (!p)
        atomic_fetch_add_explicit(&denied, 1, memory_order_relaxed);
    else if (counting())
        atomic_fetch_add_explicit(&used, malloc_usable_size(p) - before, memory_order_relaxed);
}

void *bf_malloc(size_t size) {
    void *p = allowed(size) ? malloc(size ? size : 1) : NULL;
    count(p, 0);
    return p;
}

void *bf_realloc(void *p, size_t size) {
    size_t before = p && counting() ? malloc_usable_size(p) : 0;
    void *q = allowed(size > before ? size - before : 0) ? realloc(p, size ? size : 1) : NULL;
    count(q, before);
    return q;
}

void bf_free(void *p) {
    if (p && counting())
        atomic_fetch_sub_explicit(&used, malloc_usable_size(p), memory_order_relaxed);
    free(p);
}

void bf_mem_limit(size_t limit) { atomic_store_explicit(&most, limit, memory_order_relaxed); }

size_t bf_mem_used(void) { return atomic_load_explicit(&used, memory_order_relaxed); }

size_t bf_mem_denied(void) { return atomic_load_explicit(&denied, memory_order_relaxed); }

int bf_mem_hooked(void) { return may_alloc != NULL; }

void bf_mem_set_hook(int (*may)(void *ctx, size_t size), void *ctx) {
    may_alloc = may;
    may_ctx = ctx;
}
