/* Arena: memory that is given back all at once.
**
** A compilation, a loaded image and each scratch of a step own one arena. Nothing in it is freed
** alone. An arena has a byte limit; going past it, or the machine having no memory, is told to the
** jump point set with bf_arena_on_exhausted (the only longjmp of the project), so that callers in
** between need no checks. Without a jump point the process aborts.
*/
#ifndef BF_ARENA_H
#define BF_ARENA_H

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

struct bf_arena;

/* A new arena that will hold at most limit bytes (0: no limit). NULL when out of memory. */
struct bf_arena *bf_arena_new(size_t limit);
void bf_arena_free(struct bf_arena *a);  /* NULL is fine */
void bf_arena_reset(struct bf_arena *a); /* forget all, keep the first block */

/* Where to go when the arena is exhausted; NULL removes it. Returns the jump point set before. */
jmp_buf *bf_arena_on_exhausted(struct bf_arena *a, jmp_buf *jump);

/* size bytes, aligned to 16, uninitialised / zeroed. Never NULL. */
void *bf_arena_alloc(struct bf_arena *a, size_t size);
void *bf_arena_zalloc(struct bf_arena *a, size_t size);
void *bf_arena_copy(struct bf_arena *a, const void *from, size_t size);
/* An array with room for one element more than count: itself, or a copy twice as long; *cap is how many it holds. */
void *bf_arena_grow(struct bf_arena *a, const void *array, uint32_t count, uint32_t *cap,
                    size_t size);
size_t bf_arena_used(const struct bf_arena *a);

#define bf_new(a, T) ((T *)bf_arena_zalloc((a), sizeof(T)))
#define bf_new_array(a, T, n) ((T *)bf_arena_zalloc((a), sizeof(T) * (size_t)(n)))

#endif
