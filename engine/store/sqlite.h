/* sqlite: what the parts of the SQLite maker share: a connection with its statements, used by one thread at a time. */
#ifndef BF_STORE_SQLITE_H
#define BF_STORE_SQLITE_H

#include <sqlite3.h>

#include "engine/store/maker.h"

/* How long a connection waits for another, as a rule. */
enum { BF_SQL_BUSY_MS = 2000, BF_SQL_PAGE_BYTES = 4096 };

enum { BF_SQL_QUERIES = BF_TABLES * BF_ORDERS * (BF_ORDER_COLUMNS_MAX + 1) * 4 };

struct bf_sql {
    sqlite3 *db;
    sqlite3_stmt *begin, *commit, *rollback, *fence;
    sqlite3_stmt *put[BF_TABLES], *del[BF_TABLES];
    sqlite3_stmt *query[BF_SQL_QUERIES]; /* prepared when first asked */
    int log_pages;                       /* of the write-ahead log after the last commit */
};

/* ---- sqlite_sql.c ---- */

/* CREATE statements of the tables of these classes (1 << BF_CLASS_…), indexes included; or DROP. */
void bf_sql_create(struct bf_buf *out, unsigned classes);
void bf_sql_drop(struct bf_buf *out, unsigned classes);
/* Prepares what a writer needs; a result code of SQLite. */
int bf_sql_prepare_writer(struct bf_sql *sql);
/* One transaction. BF_EFULL: rolled back, nothing changed. BF_EIO: in doubt. */
enum bf_err bf_sql_commit(struct bf_sql *sql, const struct bf_batch *b, struct bf_error *e);
/* The rows, in the arena, which must jump. BF_ELIMIT: it took too long. */
enum bf_err bf_sql_read(struct bf_sql *sql, const struct bf_query *q, struct bf_arena *a,
                        struct bf_rows *out, struct bf_error *e);
/* BF_EFORMAT: what integrity_check found. */
enum bf_err bf_sql_check(struct bf_sql *sql, struct bf_error *e);
void bf_sql_close(struct bf_sql *sql);
enum bf_err bf_sql_fail(struct bf_error *e, sqlite3 *db, int rc, const char *what);

/* ---- sqlite_open.c ---- */

enum bf_err bf_sql_open_writer(struct bf_sql *sql, const char *path,
                               const struct bf_store_options *o, struct bf_store_opened *opened,
                               struct bf_error *e);
enum bf_err bf_sql_open_reader(struct bf_sql *sql, const char *path,
                               const struct bf_store_options *o, struct bf_error *e);

#endif
