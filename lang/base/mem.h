/* The one hook that every heap allocation of the project passes, so that tests can fail the Nth. */
#ifndef BF_MEM_H
#define BF_MEM_H

#include <stddef.h>

void *bf_malloc(size_t size);           /* NULL when out of memory */
void *bf_realloc(void *p, size_t size); /* NULL when out of memory; p stays valid */
void bf_free(void *p);

/* From now on counts what is taken, and refuses what would go beyond `limit` bytes in all; may be set anew. Whoever wants
** it begins with it, before anything was taken. Threads may allocate at the same time. */
void bf_mem_limit(size_t limit);
/* How often there was no memory: what a library calls malformed may be that. */
size_t bf_mem_denied(void);
size_t bf_mem_used(void); /* 0 where nothing is counted */

/* Test hook: called before each allocation; returning 0 makes it fail. NULL restores the default. */
void bf_mem_set_hook(int (*may)(void *ctx, size_t size), void *ctx);
/* While there is one, nothing may be handed out that was taken before. */
int bf_mem_hooked(void);

#endif
