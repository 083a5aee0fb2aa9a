/* kit: what the tests of the store share: a store whose calls wait, and batches of made-up rows. */
#ifndef BF_STORE_KIT_H
#define BF_STORE_KIT_H

#include "engine/store/store.h"

struct kit {
    struct bf_store *store;
    void *sem;      /* posted by wake */
    char dir[64];   /* a folder of its own; empty in memory */
    char path[128]; /* the database in it */
    struct bf_memory *memory;
    const char *vfs;
    uint32_t checkpoint_pages;
    struct bf_store_opened opened;
    struct bf_error error; /* of the last call that failed */
};

struct kit_maker {
    const char *name;
    bool durable;
    void (*init)(struct kit *k);
    enum bf_err (*open)(struct kit *k);
    void (*fini)(struct kit *k); /* the store and what it wrote */
};
enum { KIT_SQLITE, KIT_MEMORY, KIT_MAKERS };
extern const struct kit_maker kit_makers[KIT_MAKERS];

void kit_close(struct kit *k);

/* Submit, read, …, then wait. */
enum bf_err kit_submit(struct kit *k, const struct bf_batch *b);
/* The rows are copied into the arena. */
enum bf_err kit_read(struct kit *k, const struct bf_query *q, struct bf_arena *a,
                     struct bf_rows *out);
enum bf_err kit_check(struct kit *k);
enum bf_err kit_backup(struct kit *k, const char *path);
enum bf_err kit_dump(struct kit *k, uint32_t partition, const char *path);
uint64_t kit_head(struct kit *k,
                  uint32_t partition); /* its seq; fails the test if there is trouble */

/* For who asks several things at once: the end of one call, and waiting for it. */
struct kit_end {
    bool ended;
    enum bf_err err;
    struct bf_error error;
};
void kit_done(void *ctx, enum bf_err err, const struct bf_error *e); /* ctx: struct kit_end */
enum bf_err kit_wait(struct kit *k, struct kit_end *end);

/* Batch number n (from 1) of partition 0: rows 2n-1 and 2n of case 1 + n % 5, whose chain goes on; the case, due
** after 100 n; a key; a worklist row, and that of its batch before removed; a register row. */
void kit_batch(struct bf_batch *b, struct bf_arena *a, uint64_t n);
/* Does the store hold batches 1 to n, each whole and once, and nothing else? Fails the test if not. */
void kit_holds(struct kit *k, uint64_t n);

#endif
