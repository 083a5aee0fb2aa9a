/* Journal: what was done, as rows that rebuild everything else.
**
** A row is a header of fixed size and a body, one line of canonical JSON (docs/STORE.md, "The journal line", has
** its members). The body holds the command, the versions read, and the facts that followed. Reading applies facts
** and runs no rule.
**
** 1. Equal entries, equal bytes; read then written gives the bytes read. Formats are released for good.
** 2. Whatever the bytes, reading ends with an entry or a BF_EFORMAT naming the member.
** 3. The leaf of a row in the tree is over its header and a hash of salt and body: body and salt can be dropped
**    later and the tree still verifies. When a row was recorded is in the header alone.
*/
#ifndef BF_JOURNAL_H
#define BF_JOURNAL_H

#include "engine/core/canon.h"
#include "engine/core/step.h"

#define BF_JOURNAL_FORMAT 1
#define BF_ENTRY_HEAD 40 /* bytes of a header */
#define BF_ENTRY_BODY_MAX (16u << 20)

enum bf_entry_kind {
#define ENTRY(name, word) BF_ENTRY_##name,
#include "engine/core/entry.def"
    BF_ENTRY_KINDS
};
const char *bf_entry_word(enum bf_entry_kind kind);
const char *bf_event_word(enum bf_event_kind kind); /* "act" */

/* Written big-endian in this order. */
struct bf_entry_head {
    uint16_t format; /* BF_JOURNAL_FORMAT */
    uint16_t kind;   /* enum bf_entry_kind */
    uint32_t partition;
    uint64_t seq; /* from 1 */
    bf_instant recorded;
    uint64_t number; /* case; 0: none */
    uint64_t epoch;  /* of the partition's owner */
};

struct bf_entry {
    struct bf_entry_head head;
    uint8_t policy[BF_SHA256_LEN], calendar[BF_SHA256_LEN]; /* all zero: none */
    const struct bf_image *image; /* of the policy; NULL: none. Readers find it, writers give it */
    uint32_t proc;                /* the case's procedure; BF_NONE */
    struct bf_event event;        /* STEP, REFUSAL, EARLY; its `recorded` is the header's */
    bf_day day;                   /* the legal day of the event's `effective` */
    bf_str principal,
        key; /* who sent it (a token's person) and its idempotency key; empty: a consequence, or time */
    uint8_t body_hash
        [BF_SHA256_LEN]; /* of the request, to tell another body under the same key; zero: none */
    uint64_t cause;      /* seq of the row that brought it about; 0: none */
    bf_str request;      /* request id; empty: none */
    const struct bf_fact *facts;
    uint32_t fact_count;
    bool gone;   /* body and salt were dropped: there is nothing but the header */
    bf_str data; /* of the other kinds: canonical JSON of their own; empty: none */
};

static inline bool bf_entry_has_event(enum bf_entry_kind kind) { return kind <= BF_ENTRY_EARLY; }

/* ---- one row ---- */
void bf_entry_head_write(const struct bf_entry_head *h, uint8_t out[BF_ENTRY_HEAD]);
enum bf_err bf_entry_head_read(const uint8_t in[BF_ENTRY_HEAD], struct bf_entry_head *h,
                               struct bf_error *e);

/* The body, without a newline. The image and the procedure must be there if the entry has an event or facts. */
void bf_entry_body(const struct bf_entry *n, struct bf_buf *out);

/* Finds images by hash for a reader; NULL: not known. */
struct bf_images {
    const struct bf_image *(*find)(void *ctx, const uint8_t hash[BF_SHA256_LEN]);
    void *ctx;
};
/* A body under its header. The entry lives in the arena (whose exhaustion goes to its jump point), shares texts
** with the body's bytes, and lives as long as both. */
enum bf_err bf_entry_read(const struct bf_images *images, struct bf_arena *a,
                          const struct bf_entry_head *head, bf_str body, struct bf_entry *n,
                          struct bf_error *e);

/* ---- cases from rows ---- */
/* Rows in their order: false at the end, or on failure (*err set). The entry and what it points to stay until the
** next call; its image longer than the cases made of it. */
struct bf_entries {
    bool (*next)(void *ctx, struct bf_entry *n, enum bf_err *err, struct bf_error *e);
    void *ctx;
};
/* Cases by number, ascending. */
struct bf_journal_case {
    uint64_t number;
    const struct bf_image *image;
    struct bf_case *c;
    uint64_t last_seq, epoch; /* of its last row */
};
struct bf_journal_cases {
    struct bf_journal_case *cases;
    uint32_t count;
};
/* Applies what one row holds to the case it is on (*c NULL: not started yet; then a new one of the entry's
** procedure). Nothing is looked at but the facts, which are copied into the arena. BF_EFORMAT names the fact that does not fit, and *c is then
** of no use. A MIGRATE or SEAL row holds the whole case: *c is that one afterwards, of the row's image. A row whose body
** was dropped leaves *c NULL: what the case was then, only a SEAL or MIGRATE row can still say. */
enum bf_err bf_entry_apply(struct bf_arena *a, const struct bf_entry *n, struct bf_case **c,
                           struct bf_error *e);
/* All cases as they are after the rows recorded by an instant (BF_INSTANT_NONE: all rows). */
enum bf_err bf_journal_rebuild(struct bf_arena *a, const struct bf_entries *rows, bf_instant until,
                               struct bf_journal_cases *out, struct bf_error *e);

#endif
