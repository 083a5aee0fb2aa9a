/* Store: where rows are kept. The journal of a partition is the truth; what stands beside it is derived from it
** and written in the same transaction. The store knows rows of bytes, no policy and no case. Two makers: SQLite
** (one file), memory (tests, simulation). docs/STORE.md draws tables, batch and recovery.
**
** 1. bf_store_submit is the only write. A batch is one transaction: durable as a whole when its done says BF_OK,
**    or not there. One batch is at the writer at a time; a second one before done is our bug.
** 2. A batch moves its partition's head from the seq it expects. If the head is elsewhere, somebody else wrote:
**    the batch fails.
** 3. A failed batch is told once and never tried again. BF_EFULL: nothing changed and the store lives on; the
**    batch may be refused. Anything else: whether it is there is known only after opening again; the store is
**    dead and fails all that follows.
** 4. Reads see committed rows only.
** 5. Every done is called once, in bf_store_poll or bf_store_close, on the caller's thread: those of batches in
**    their order, those of reads in theirs (a read or dump for which there is no memory at all ends at once). `wake` may come from any thread, when there is something to poll.
** 6. All else here is called on one thread. The store knows no event loop.
*/
#ifndef BF_STORE_H
#define BF_STORE_H

#include "lang/base/date.h"
#include "lang/base/error.h"
#include "lang/base/hash.h"

struct bf_store;

#define BF_PARTITIONS 65536u                 /* a partition's number is below */
#define BF_SEQ_MAX ((UINT64_C(1) << 47) - 1) /* of a journal row */
#define BF_DUE_NEVER INT64_MAX               /* sorts behind every due instant */

/* ---- rows ---- */

enum bf_table {
#define TABLE(id, name, cls, keys) BF_TABLE_##id,
#define COLUMN(table, kind, name)
#define END(name)
#include "engine/store/tables.def"
    BF_TABLES
};

/* struct bf_row_journal, bf_row_cases, … as tables.def lists their columns. */
#define BF_C_NUM uint64_t
#define BF_C_TIME bf_instant
#define BF_C_TEXT bf_str
#define BF_C_BYTES bf_str
#define TABLE(id, name, cls, keys) struct bf_row_##name {
#define COLUMN(table, kind, name) BF_C_##kind name;
#define END(name) \
    } \
    ;
#include "engine/store/tables.def"

/* A copy in one piece of the heap: the row, then its bytes. NULL when out of memory. */
void *bf_row_copy(enum bf_table table, const void *row);

enum bf_blob_kind { BF_BLOB_IMAGE = 1, BF_BLOB_CALENDAR };

/* ---- a batch ---- */

struct bf_batch_op {
    enum bf_table table;
    bool del;
    const void *row;
};

/* Lives in the caller's arena, which jumps when exhausted. From submit to done both are the store's. */
struct bf_batch {
    struct bf_arena *arena;
    struct bf_batch_op *op;
    uint32_t count, cap;
    uint32_t partition;
    uint64_t expected;       /* the head's seq before; 0: the partition's first batch */
    struct bf_row_head head; /* after */
};

void bf_batch_init(struct bf_batch *b, struct bf_arena *a, uint32_t partition, uint64_t expected);
/* Adds a row (struct bf_row_… of the table), or replaces the one of its key; rows are done in the order given.
** Journal rows ascend from expected to the new head's seq. The row is copied, its texts are not: they must stay until done. */
void bf_batch_put(struct bf_batch *b, enum bf_table table, const void *row);
/* Removes the row of that key, if there is one; only the key's columns are read. */
void bf_batch_del(struct bf_batch *b, enum bf_table table, const void *row);

/* What a batch costs, for the benchmark: rows put or removed (the head too), entries of indexes beside them, bytes in rows. */
struct bf_batch_cost {
    uint64_t rows, index_entries, bytes;
};
void bf_batch_cost(const struct bf_batch *b, struct bf_batch_cost *cost);

/* ---- what can be asked ---- */

typedef void bf_store_done(void *ctx, enum bf_err err,
                           const struct bf_error *e); /* e: NULL with BF_OK */

/* The batch's end. */
void bf_store_submit(struct bf_store *s, const struct bf_batch *b, bf_store_done *done, void *ctx);

enum bf_order {
    BF_BY_KEY,
    BF_BY_DUE, /* CASES that have a due: due, due_seq, number */
    BF_BY_SEQ, /* REGISTER: name, seq, key */
    BF_ORDERS
};

/* Rows of one table in one order. */
struct bf_query {
    uint32_t partition;
    enum bf_table table;
    enum bf_order order;
    const void *
        at; /* a row of the table; read during the call only; may be NULL if no column of it is asked for */
    uint32_t same; /* the order's first `same` columns are those of `at` */
    bool after;    /* only rows behind `at` in the order (so pages follow one another) */
    bool
        bounded; /* only rows whose next column (after the `same` ones; a number) is at most `until` */
    int64_t until;
    bool
        chain; /* JOURNAL: the row at->seq, then the one it names as before, and so on: newest first */
    uint32_t limit; /* rows at most; > 0 */
    uint32_t
        bytes; /* … and none behind the one that brings their bytes to so many; 0: no such bound */
};
#define BF_PAGE_BYTES (8u << 20) /* a bound for pages of rows that may be large */
struct bf_rows {
    enum bf_table table;
    const void *row; /* an array of the table's struct bf_row_…; valid until done returns */
    uint32_t count;
    bool cut; /* there may be more: they came to `bytes` */
};
typedef void bf_store_rows(void *ctx, enum bf_err err, const struct bf_error *e,
                           const struct bf_rows *rows);
/* BF_ELIMIT: it took longer than a read may (5 s). BF_ENOMEM: the store lives on. */
void bf_store_read(struct bf_store *s, const struct bf_query *q, bf_store_rows *rows, void *ctx);

/* Copies the whole store, as of one instant, to a file that must not exist yet; batches go on meanwhile. Synced
** before done. Memory has no file to copy: BF_EIO. */
void bf_store_backup(struct bf_store *s, const char *path, bf_store_done *done, void *ctx);
/* Is the file sound? BF_EFORMAT says what is not. */
void bf_store_check(struct bf_store *s, bf_store_done *done, void *ctx);

/* Writes the derived tables of a partition to fd, in one form and order whoever made the store: a line a row, the table's
** name and its columns, separated by tabs (bytes in hexadecimal; \t \n \\ in texts). By pages: while it runs, no batch. */
void bf_store_dump(struct bf_store *s, uint32_t partition, int fd, bf_store_done *done, void *ctx);

/* Of the write-ahead log: how much of it is in use since the last batch. It grows while a reader of another program keeps
** it from being folded in. Nothing in memory. */
uint64_t bf_store_log_bytes(const struct bf_store *s);

/* Calls what is done. */
void bf_store_poll(struct bf_store *s);
/* Ends what was asked (a backup is given up), calls every done, closes. NULL is fine. */
void bf_store_close(struct bf_store *s);

/* ---- makers ---- */

struct bf_store_options {
    void (*wake)(void *ctx); /* any thread; may be NULL for who polls anyway */
    void *wake_ctx;
    const char *vfs;           /* SQLite: a file system to use (tests); NULL: its own */
    uint32_t checkpoint_pages; /* SQLite: of the log, before it is folded in; 0: 1,000 */
    bool must_exist;           /* SQLite: do not make the file */
};
struct bf_store_opened {
    bool fresh;   /* made now */
    bool rebuild; /* of an older version: derived tables are empty, the caller rebuilds them */
};

#define BF_STORE_APPLICATION 0x424E4641 /* "BNFA", in the file's header */
#define BF_STORE_VERSION 1

/* Opens (and waits for the disk). A lock on PATH.lock is held until close. BF_EBUSY: another process or store has it.
** BF_EFORMAT: no store of ours, or a newer one. BF_ENOENT, BF_EIO, BF_ENOMEM. */
enum bf_err bf_store_open_sqlite(const char *path, const struct bf_store_options *o,
                                 struct bf_store **out, struct bf_store_opened *opened,
                                 struct bf_error *e);

/* Holds the lock on PATH.lock while the descriptor it returns is open: nobody opens the store at PATH. -1: failed. */
int bf_store_lock(const char *path, struct bf_error *e);

/* What SQLite may take for all its stores in one process; it gives up cached pages before it takes more. */
void bf_store_sqlite_limit(int64_t bytes);

/* What stands for the disk of a store in memory: it outlives the store, as a file would. */
struct bf_memory;
struct bf_memory *bf_memory_new(void); /* NULL when out of memory */
void bf_memory_free(struct bf_memory *m);
enum bf_memory_fault {
    BF_MEMORY_FULL,    /* the batch is told as full */
    BF_MEMORY_LOST,    /* it fails and is not there */
    BF_MEMORY_DOUBTFUL /* it fails and is there */
};
/* The batch after `batches` more ends with that fault. Nothing is random in a store in memory: work is done in poll. */
void bf_memory_fail(struct bf_memory *m, uint64_t batches, enum bf_memory_fault fault);
enum bf_err bf_store_open_memory(struct bf_memory *m, const struct bf_store_options *o,
                                 struct bf_store **out, struct bf_error *e);

#endif
