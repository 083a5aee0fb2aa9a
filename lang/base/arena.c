/* arena: a list of blocks, newest first, each larger than the one before up to BLOCK_MAX. The first is part of the arena.
**
** Arenas that were given back are kept for the next: a service makes several for each request, and pieces of this size
** come from malloc by merging and parting what is free.
**
** Under AddressSanitizer what was not handed out is poisoned, with a gap after each allocation, so
** that an overrun inside an arena is found as one on the heap would be.
*/
#include "lang/base/arena.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lang/base/mem.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#endif
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, n) ASAN_POISON_MEMORY_REGION((p), (n))
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#define REDZONE 16
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#define REDZONE 0
#endif

enum { ALIGN = 16, BLOCK_FIRST = 4096, BLOCK_MAX = 1 << 25, BLOCK_HUGE = 1 << 22 };
#ifdef ARENA_ASAN
enum { SPARE_MAX = 0 }; /* what was freed is to be found */
#else
enum { SPARE_MAX = 256 };
#endif

struct block {
    struct block *older;
    size_t cap, used;
    size_t pad; /* keeps the bytes that follow aligned */
};
_Static_assert(sizeof(struct block) % ALIGN == 0, "block data is aligned");

struct bf_arena {
    struct block *block; /* newest */
    size_t limit, used, next_cap;
    jmp_buf *exhausted;
    size_t pad;
    struct block first; /* BLOCK_FIRST bytes follow */
};
_Static_assert(sizeof(struct bf_arena) % ALIGN == 0, "the first block's data is aligned");

static char *block_data(struct block *b) { return (char *)(b + 1); }

/* ---- spare ones ---- */

static pthread_mutex_t spare_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct bf_arena *spare[SPARE_MAX + 1];
static int spare_count;

static struct bf_arena *take_spare(void) {
    if (bf_mem_hooked())
        return NULL;
    pthread_mutex_lock(&spare_mutex);
    struct bf_arena *a = spare_count ? spare[--spare_count] : NULL;
    pthread_mutex_unlock(&spare_mutex);
    return a;
}

static bool keep_spare(struct bf_arena *a) {
    pthread_mutex_lock(&spare_mutex);
    bool keep = spare_count < SPARE_MAX;
    if (keep)
        spare[spare_count++] = a;
    pthread_mutex_unlock(&spare_mutex);
    return keep;
}

/* ---- from beginning to end ---- */

struct bf_arena *bf_arena_new(size_t limit) {
    struct bf_arena *a = take_spare();
    if (!a)
        a = bf_malloc(sizeof *a + BLOCK_FIRST);
    if (!a)
        return NULL;
    *a = (struct bf_arena){
        .block = &a->first, .limit = limit, .next_cap = 2 * BLOCK_FIRST, .first.cap = BLOCK_FIRST};
    POISON(block_data(&a->first), BLOCK_FIRST);
    return a;
}

static void free_others(struct bf_arena *a) {
    for (struct block *b = a->block, *older; b != &a->first; b = older) {
        older = b->older;
        UNPOISON(block_data(b), b->cap);
        bf_free(b);
    }
}

void bf_arena_free(struct bf_arena *a) {
    if (!a)
        return;
    free_others(a);
    UNPOISON(block_data(&a->first), BLOCK_FIRST);
    if (!keep_spare(a))
        bf_free(a);
}

void bf_arena_reset(struct bf_arena *a) {
    free_others(a);
    a->block = &a->first;
    a->first.used = a->used = 0;
    a->next_cap = 2 * BLOCK_FIRST;
    POISON(block_data(&a->first), BLOCK_FIRST);
}

jmp_buf *bf_arena_on_exhausted(struct bf_arena *a, jmp_buf *jump) {
    jmp_buf *before = a->exhausted;
    a->exhausted = jump;
    return before;
}

static _Noreturn void exhausted(struct bf_arena *a) {
    if (a->exhausted)
        longjmp(*a->exhausted, 1);
    fputs("banfa: out of memory\n", stderr);
    abort();
}

/* A large block takes its pages two megabytes at a time, if the system will: touching memory for the first
** time would otherwise be a quarter of what a large compilation costs. */
static void ask_huge(struct block *b, size_t size) {
#ifdef MADV_HUGEPAGE
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uintptr_t from = ((uintptr_t)b + page - 1) & ~(uintptr_t)(page - 1);
    uintptr_t to = ((uintptr_t)b + size) & ~(uintptr_t)(page - 1);
    if (size >= BLOCK_HUGE && madvise((void *)from, to - from, MADV_HUGEPAGE) != 0)
        return; /* only a wish */
#else
    (void)b;
    (void)size;
#endif
}

static void add_block(struct bf_arena *a, size_t need) {
    size_t cap = need > a->next_cap ? need : a->next_cap;
    struct block *b = cap > SIZE_MAX - sizeof *b ? NULL : bf_malloc(sizeof *b + cap);
    if (!b)
        exhausted(a);
    ask_huge(b, sizeof *b + cap);
    *b = (struct block){.older = a->block, .cap = cap};
    POISON(block_data(b), cap);
    a->block = b;
    if (a->next_cap < BLOCK_MAX)
        a->next_cap *= 2;
}

void *bf_arena_alloc(struct bf_arena *a, size_t size) {
    if (size > SIZE_MAX / 2)
        exhausted(a);
    size_t take = ((size ? size : 1) + REDZONE + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (a->limit && (take > a->limit || a->used > a->limit - take))
        exhausted(a);
    if (a->block->cap - a->block->used < take)
        add_block(a, take);
    char *p = block_data(a->block) + a->block->used;
    a->block->used += take;
    a->used += take;
    UNPOISON(p, size);
    return p;
}

void *bf_arena_zalloc(struct bf_arena *a, size_t size) {
    return memset(bf_arena_alloc(a, size), 0, size);
}

void *bf_arena_copy(struct bf_arena *a, const void *from, size_t size) {
    void *p = bf_arena_alloc(a, size);
    return size ? memcpy(p, from, size) : p;
}

void *bf_arena_grow(struct bf_arena *a, const void *array, uint32_t count, uint32_t *cap,
                    size_t size) {
    if (count < *cap)
        return (void *)(uintptr_t)array;
    uint32_t more = *cap ? *cap * 2 : size < 128 ? 8 : 2;
    void *bigger = bf_arena_zalloc(a, more * size);
    if (count)
        memcpy(bigger, array, count * size);
    *cap = more;
    return bigger;
}

size_t bf_arena_used(const struct bf_arena *a) { return a->used; }
