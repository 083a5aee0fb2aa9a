/* Closed: a store that nobody serves, asked from one thread that waits for each answer. For the tools that work on
** it: rebuild, verify, export, restore. It looks at one partition, the first.
**
** A store in SQLite is locked while it is open here: a daemon cannot have it meanwhile.
*/
#ifndef BF_CLOSED_H
#define BF_CLOSED_H

#include "engine/core/calendar.h"
#include "engine/core/journal.h"
#include "engine/core/merkle.h"
#include "engine/store/store.h"

#define BF_CLOSED_PARTITION 0

struct bf_closed;

/* Opens a file that must exist. BF_EBUSY: somebody serves it. */
enum bf_err bf_closed_open(const char *path, struct bf_closed **out, struct bf_error *e);
/* A file that must not exist yet. */
enum bf_err bf_closed_create(const char *path, struct bf_closed **out, struct bf_error *e);
/* Over a store in memory, which is closed with it. NULL: out of memory. */
struct bf_closed *bf_closed_over(struct bf_store *s);
void bf_closed_close(struct bf_closed *c); /* NULL is fine */

struct bf_store *bf_closed_store(struct bf_closed *c);
/* Its derived tables are empty: the file was of an older version. */
bool bf_closed_outdated(const struct bf_closed *c);

/* ---- reading ---- */
/* The row lasts until it returns, and it may ask the store itself. Other than BF_OK: no more rows, and the question
** fails with that. */
typedef enum bf_err bf_closed_each(void *ctx, const void *row, struct bf_error *e);
/* The rows of one question. */
enum bf_err bf_closed_read(struct bf_closed *c, const struct bf_query *q, bf_closed_each *each,
                           void *ctx, struct bf_error *e);
/* All rows of a table by key, a page at a time. */
enum bf_err bf_closed_walk(struct bf_closed *c, enum bf_table table, bf_closed_each *each,
                           void *ctx, struct bf_error *e);
/* The head row; all zero if there is none yet. Its tree is in the arena. */
enum bf_err bf_closed_head(struct bf_closed *c, struct bf_arena *a, struct bf_row_head *out,
                           struct bf_error *e);
/* The json of a setting, in the arena, and the row that made it so (seq may be NULL); p is NULL if there is none. */
enum bf_err bf_closed_setting(struct bf_closed *c, struct bf_arena *a, const char *kind,
                              const char *id, bf_str *json, uint64_t *seq, struct bf_error *e);

/* ---- blobs, loaded; they last as long as the closed store ---- */
/* NULL: there is none, or it is damaged; ctx is the closed store.
** Fits struct bf_images. */
const struct bf_image *bf_closed_image(void *c, const uint8_t hash[BF_SHA256_LEN]);
const struct bf_calendar *bf_closed_calendar(struct bf_closed *c, bf_str name,
                                             const uint8_t hash[BF_SHA256_LEN]);

/* Knows one of each beside the blobs. They outlive the closed store. */
void bf_closed_bring(struct bf_closed *c, const struct bf_image *m, const struct bf_calendar *cal);

/* ---- rows of the journal ---- */
/* A body that was dropped leaves no bytes, and in the place of its salt the hash of the two. */
static inline bool bf_row_gone(const struct bf_row_journal *r) {
    return r->body.len == 0 && r->salt.len == BF_HASH_LEN;
}
/* Its leaf in the tree. False: the row's header or salt has not the length it must have. */
bool bf_row_leaf(struct bf_hasher *h, const struct bf_row_journal *r, uint8_t leaf[BF_HASH_LEN]);
/* The entry, whose texts are the row's; what else it needs is in the arena, which must jump. */
enum bf_err bf_closed_entry(struct bf_closed *c, struct bf_arena *a, const struct bf_row_journal *r,
                            struct bf_entry *n, struct bf_error *e);

/* ---- writing ---- */
enum bf_err bf_closed_submit(struct bf_closed *c, const struct bf_batch *b, struct bf_error *e);
enum bf_err bf_closed_check(struct bf_closed *c, struct bf_error *e);
enum bf_err bf_closed_dump(struct bf_closed *c, int fd, struct bf_error *e);

#endif
