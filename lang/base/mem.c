/* mem: see mem.h. The hook is process-wide and meant for single-threaded tests. */
#include "lang/base/mem.h"

#include <stdlib.h>

static int (*may_alloc)(void *ctx, size_t size);
static void *may_ctx;

static int allowed(size_t size) { return !may_alloc || may_alloc(may_ctx, size); }

void *bf_malloc(size_t size) { return allowed(size) ? malloc(size ? size : 1) : NULL; }

void *bf_realloc(void *p, size_t size) {
    return allowed(size) ? realloc(p, size ? size : 1) : NULL;
}

void bf_free(void *p) { free(p); }

void bf_mem_set_hook(int (*may)(void *ctx, size_t size), void *ctx) {
    may_alloc = may;
    may_ctx = ctx;
}
