/* The one hook that every heap allocation of the project passes, so that tests can fail the Nth. */
#ifndef BF_MEM_H
#define BF_MEM_H

#include <stddef.h>

void *bf_malloc(size_t size);           /* NULL when out of memory */
void *bf_realloc(void *p, size_t size); /* NULL when out of memory; p stays valid */
void bf_free(void *p);

/* Test hook: called before each allocation; returning 0 makes it fail. NULL restores the default. */
void bf_mem_set_hook(int (*may)(void *ctx, size_t size), void *ctx);

#endif
