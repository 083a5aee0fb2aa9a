/* sqlite: a store in one SQLite file, with write-ahead log and a sync at each commit.
**
**     caller ──submit, backup──▶ writer thread ──┐ the one connection that writes, checkpoints, backs up
**            ──read, check─────▶ reader thread ──┤ a read-only connection, opened after it and closed before
**            ◀─wake─ · poll ◀── finished ────────┘
**
** 1. Between two batches, and only there, the writer folds the log in or copies a piece of a backup.
** 2. Once a batch failed other than by a full disk, the writer does nothing more with the file.
*/
#include <pthread.h>
#include <setjmp.h>
#include <string.h>
#include <unistd.h>

#include "engine/store/sqlite.h"
#include "lang/base/assert.h"
#include "lang/base/mem.h"

enum {
    CHECKPOINT_PAGES = 1000,
    LOG_TOO_LONG = 8,  /* times as many pages: readers are asked to let go */
    LET_GO_MS = 50,    /* which is as long as batches wait for them, each time */
    BACKUP_PAGES = 64, /* a piece: a batch waits for it */
    READ_BYTES_MAX = 1 << 30
};

struct job {
    struct job *next;
    enum { JOB_BATCH, JOB_BACKUP, JOB_READ, JOB_CHECK } kind;
    const struct bf_batch *batch;
    struct bf_query *query;
    char *path;
    bf_store_done *done;
    bf_store_rows *rows;
    void *ctx;
    struct bf_arena *arena; /* of what was found */
    struct bf_rows found;
    enum bf_err err;
    struct bf_error error;
};
struct queue {
    struct job *first, **last;
};
struct worker {
    pthread_t thread;
    pthread_cond_t more;
    struct queue queue;
    struct bf_sql sql;
};
struct sqlite_store {
    struct bf_store store;
    struct bf_store_options options;
    char *path;
    int lock_fd;
    pthread_mutex_t mutex; /* over the queues and closing */
    struct worker writer, reader;
    struct queue finished;
    bool closing;
    bool submitted;       /* caller's thread only */
    struct job *of_batch; /* so that asking for one needs no memory */
    /* the writer's only */
    bool dead;
    struct job *backup; /* the one under way */
    sqlite3 *backup_db;
    sqlite3_backup *backup_step;
    int checkpointed_at; /* pages of the log when last folded in */
};

static struct sqlite_store *self(struct bf_store *s) { return (struct sqlite_store *)(void *)s; }

static void queue_init(struct queue *q) {
    q->first = NULL;
    q->last = &q->first;
}

static void queue_add(struct queue *q, struct job *job) {
    job->next = NULL;
    *q->last = job;
    q->last = &job->next;
}

static struct job *queue_take(struct queue *q) {
    struct job *job = q->first;
    if (job && !(q->first = job->next))
        q->last = &q->first;
    return job;
}

static void finish(struct sqlite_store *s, struct job *job) {
    pthread_mutex_lock(&s->mutex);
    queue_add(&s->finished, job);
    pthread_mutex_unlock(&s->mutex);
    if (s->options.wake)
        s->options.wake(s->options.wake_ctx);
}

/* ---- the writer ---- */

static void die(struct sqlite_store *s) {
    s->dead = true;
    /* What a failed sync left behind must not be folded in by closing. */
    sqlite3_db_config(s->writer.sql.db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
}

/* A checkpoint that a reader or a full disk keeps from its end is tried again after a later batch. */
static void checkpoint(struct sqlite_store *s) {
    struct bf_sql *sql = &s->writer.sql;
    int most = s->options.checkpoint_pages ? (int)s->options.checkpoint_pages : CHECKPOINT_PAGES;
    if (s->dead || sql->log_pages < most)
        return;
    if (sql->log_pages > s->checkpointed_at && sql->log_pages - s->checkpointed_at < most)
        return;
    int how = sql->log_pages > most * LOG_TOO_LONG ? SQLITE_CHECKPOINT_RESTART
                                                   : SQLITE_CHECKPOINT_PASSIVE;
    s->checkpointed_at = sql->log_pages;
    sqlite3_busy_timeout(sql->db, LET_GO_MS);
    int rc = sqlite3_wal_checkpoint_v2(sql->db, NULL, how, NULL, NULL);
    sqlite3_busy_timeout(sql->db, BF_SQL_BUSY_MS);
    int kind = rc & 0xff;
    if (kind != SQLITE_OK && kind != SQLITE_BUSY && kind != SQLITE_LOCKED && kind != SQLITE_FULL)
        die(s);
}

static void write_batch(struct sqlite_store *s, struct job *job) {
    if (s->dead)
        job->err = bf_fail(&job->error, BF_EIO, "the store is dead: an earlier batch failed");
    else
        job->err = bf_sql_commit(&s->writer.sql, job->batch, &job->error);
    if (job->err && job->err != BF_EFULL && !s->dead)
        die(s);
    s->store.log_bytes = (uint64_t)s->writer.sql.log_pages * BF_SQL_PAGE_BYTES;
    finish(s, job);
    checkpoint(s);
}

static void end_backup(struct sqlite_store *s, int rc, const char *why) {
    struct job *job = s->backup;
    int ended = s->backup_step ? sqlite3_backup_finish(s->backup_step) : SQLITE_OK;
    if (rc == SQLITE_DONE)
        rc = ended;
    if (rc)
        job->err = bf_fail(&job->error, (rc & 0xff) == SQLITE_FULL ? BF_EFULL : BF_EIO,
                           "backup %s: %s", job->path, why ? why : sqlite3_errstr(rc));
    sqlite3_close(s->backup_db);
    if (job->err)
        unlink(job->path);
    s->backup = NULL;
    s->backup_db = NULL;
    s->backup_step = NULL;
    finish(s, job);
}

static void begin_backup(struct sqlite_store *s, struct job *job) {
    int rc = SQLITE_BUSY;
    s->backup = job;
    if (access(job->path, F_OK) == 0) {
        job->err = bf_fail(&job->error, BF_EIO, "backup %s: there is a file already", job->path);
        s->backup = NULL;
        finish(s, job);
        return;
    }
    rc = sqlite3_open_v2(job->path, &s->backup_db,
                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
                             SQLITE_OPEN_EXRESCODE,
                         s->options.vfs);
    if (!rc)
        rc = sqlite3_exec(s->backup_db, "PRAGMA synchronous=FULL", NULL, NULL, NULL);
    if (!rc) {
        s->backup_step = sqlite3_backup_init(s->backup_db, "main", s->writer.sql.db, "main");
        rc = s->backup_step ? SQLITE_OK : sqlite3_extended_errcode(s->backup_db);
    }
    if (rc)
        end_backup(s, rc, NULL);
}

static void step_backup(struct sqlite_store *s) {
    int rc = s->dead ? SQLITE_ABORT : sqlite3_backup_step(s->backup_step, BACKUP_PAGES);
    if (rc != SQLITE_OK)
        end_backup(s, rc, NULL);
}

/* Another piece of work for the writer, NULL when there is none now; false: closing. */
static bool next_job(struct sqlite_store *s, struct worker *w, bool wait, struct job **job) {
    pthread_mutex_lock(&s->mutex);
    while (!w->queue.first && wait && !s->closing)
        pthread_cond_wait(&w->more, &s->mutex);
    *job = queue_take(&w->queue);
    bool go_on = *job || !s->closing;
    pthread_mutex_unlock(&s->mutex);
    return go_on;
}

static void *write_all(void *ctx) {
    struct sqlite_store *s = ctx;
    struct job *job;
    while (next_job(s, &s->writer, s->backup == NULL, &job)) {
        if (job && job->kind == JOB_BATCH)
            write_batch(s, job);
        else if (job && s->backup) {
            job->err = bf_fail(&job->error, BF_EBUSY, "backup %s: one is under way", job->path);
            finish(s, job);
        } else if (job)
            begin_backup(s, job);
        if (s->backup)
            step_backup(s);
    }
    if (s->backup)
        end_backup(s, SQLITE_ABORT, "the store was closed");
    return NULL;
}

/* ---- the reader ---- */

static void read_rows(struct sqlite_store *s, struct job *job) {
    jmp_buf exhausted;
    job->arena = bf_arena_new(READ_BYTES_MAX);
    if (!job->arena || setjmp(exhausted)) {
        job->err = bf_fail(&job->error, BF_ENOMEM, "read %s: out of memory",
                           bf_shapes[job->query->table].name);
        return;
    }
    bf_arena_on_exhausted(job->arena, &exhausted);
    job->err = bf_sql_read(&s->reader.sql, job->query, job->arena, &job->found, &job->error);
    bf_arena_on_exhausted(job->arena, NULL);
}

/* After a jump a statement may be left in the midst of its rows. */
static void reset_all(struct bf_sql *sql) {
    for (sqlite3_stmt *st = NULL; (st = sqlite3_next_stmt(sql->db, st));)
        sqlite3_reset(st);
    if (!sqlite3_get_autocommit(sql->db))
        sqlite3_exec(sql->db, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_progress_handler(sql->db, 0, NULL, NULL);
}

static void *read_all(void *ctx) {
    struct sqlite_store *s = ctx;
    struct job *job;
    while (next_job(s, &s->reader, true, &job)) {
        if (job->kind == JOB_READ)
            read_rows(s, job);
        else
            job->err = bf_sql_check(&s->reader.sql, &job->error);
        if (job->err)
            reset_all(&s->reader.sql);
        finish(s, job);
    }
    return NULL;
}

/* ---- the caller's side ---- */

static void enqueue(struct sqlite_store *s, struct worker *w, struct job *job) {
    pthread_mutex_lock(&s->mutex);
    queue_add(&w->queue, job);
    pthread_cond_signal(&w->more);
    pthread_mutex_unlock(&s->mutex);
}

static struct job *new_job(struct job with) {
    struct job *job = bf_malloc(sizeof *job);
    if (job)
        *job = with;
    return job;
}

static void free_job(struct job *job) {
    if (job->query)
        bf_free((void *)job->query->at);
    bf_free(job->query);
    bf_free(job->path);
    bf_arena_free(job->arena);
    bf_free(job);
}

static void no_memory(bf_store_done *done, void *ctx) {
    struct bf_error e;
    bf_fail(&e, BF_ENOMEM, "store: out of memory");
    done(ctx, BF_ENOMEM, &e);
}

static void sqlite_submit(struct bf_store *store, const struct bf_batch *b, bf_store_done *done,
                          void *ctx) {
    struct sqlite_store *s = self(store);
    BF_ASSERT(!s->submitted);
    struct job *job = s->of_batch;
    *job = (struct job){.kind = JOB_BATCH, .batch = b, .done = done, .ctx = ctx};
    s->submitted = true;
    enqueue(s, &s->writer, job);
}

static void sqlite_read(struct bf_store *store, const struct bf_query *q, bf_store_rows *rows,
                        void *ctx) {
    struct bf_query *query = bf_query_copy(q);
    struct job *job =
        new_job((struct job){.kind = JOB_READ, .query = query, .rows = rows, .ctx = ctx});
    if (query && job) {
        enqueue(self(store), &self(store)->reader, job);
        return;
    }
    struct bf_error e;
    bf_fail(&e, BF_ENOMEM, "read: out of memory");
    if (query)
        bf_free((void *)query->at);
    bf_free(query);
    bf_free(job);
    rows(ctx, BF_ENOMEM, &e, NULL);
}

static char *copy_z(const char *z) {
    char *copy = bf_malloc(strlen(z) + 1);
    return copy ? strcpy(copy, z) : NULL;
}

static void sqlite_backup(struct bf_store *store, const char *path, bf_store_done *done,
                          void *ctx) {
    char *copy = copy_z(path);
    struct job *job =
        new_job((struct job){.kind = JOB_BACKUP, .path = copy, .done = done, .ctx = ctx});
    if (copy && job) {
        enqueue(self(store), &self(store)->writer, job);
        return;
    }
    bf_free(copy);
    bf_free(job);
    no_memory(done, ctx);
}

static void sqlite_check(struct bf_store *store, bf_store_done *done, void *ctx) {
    struct job *job = new_job((struct job){.kind = JOB_CHECK, .done = done, .ctx = ctx});
    if (job)
        enqueue(self(store), &self(store)->reader, job);
    else
        no_memory(done, ctx);
}

static void sqlite_poll(struct bf_store *store) {
    struct sqlite_store *s = self(store);
    pthread_mutex_lock(&s->mutex);
    struct job *job = s->finished.first;
    queue_init(&s->finished);
    pthread_mutex_unlock(&s->mutex);
    while (job) {
        struct job *next = job->next;
        const struct bf_error *e = job->err ? &job->error : NULL;
        if (job->kind == JOB_BATCH) {
            struct job told = *job; /* its place is the next one's, which done may ask for */
            s->submitted = false;
            told.done(told.ctx, told.err, told.err ? &told.error : NULL);
        } else if (job->kind == JOB_READ) {
            job->rows(job->ctx, job->err, e, job->err ? NULL : &job->found);
            free_job(job);
        } else {
            job->done(job->ctx, job->err, e);
            free_job(job);
        }
        job = next;
    }
}

static void release(struct sqlite_store *s) {
    if (s->reader.sql.db)
        bf_sql_close(&s->reader.sql);
    if (s->writer.sql.db)
        bf_sql_close(&s->writer.sql);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    pthread_cond_destroy(&s->reader.more);
    pthread_cond_destroy(&s->writer.more);
    pthread_mutex_destroy(&s->mutex);
    bf_free(s->of_batch);
    bf_free(s->path);
    bf_free(s);
}

static void stop(struct sqlite_store *s, bool reader_too) {
    pthread_mutex_lock(&s->mutex);
    s->closing = true;
    pthread_cond_signal(&s->writer.more);
    pthread_cond_signal(&s->reader.more);
    pthread_mutex_unlock(&s->mutex);
    if (reader_too)
        pthread_join(s->reader.thread, NULL);
    pthread_join(s->writer.thread, NULL);
}

/* What a done asks for while closing is done too, here: both threads have ended. */
static void sqlite_close(struct bf_store *store) {
    struct sqlite_store *s = self(store);
    stop(s, true);
    for (;;) {
        sqlite_poll(store);
        if (!s->reader.queue.first && !s->writer.queue.first)
            break;
        read_all(s);
        write_all(s);
    }
    release(s);
}

static enum bf_err start(struct sqlite_store *s, struct bf_error *e) {
    if (pthread_create(&s->writer.thread, NULL, write_all, s) != 0)
        return bf_fail(e, BF_EIO, "no thread for the writer");
    if (pthread_create(&s->reader.thread, NULL, read_all, s) != 0) {
        stop(s, false);
        return bf_fail(e, BF_EIO, "no thread for the reader");
    }
    return BF_OK;
}

static enum bf_err open_all(struct sqlite_store *s, struct bf_store_opened *opened,
                            struct bf_error *e) {
    s->lock_fd = bf_store_lock(s->path, e);
    if (s->lock_fd < 0)
        return e->code;
    enum bf_err err = bf_sql_open_writer(&s->writer.sql, s->path, &s->options, opened, e);
    if (!err)
        err = bf_sql_open_reader(&s->reader.sql, s->path, &s->options, e);
    return err ? err : start(s, e);
}

enum bf_err bf_store_open_sqlite(const char *path, const struct bf_store_options *o,
                                 struct bf_store **out, struct bf_store_opened *opened,
                                 struct bf_error *e) {
    static const struct bf_maker maker = {sqlite_submit, sqlite_read, sqlite_backup,
                                          sqlite_check,  sqlite_poll, sqlite_close};
    struct sqlite_store *s = bf_malloc(sizeof *s);
    char *copy = copy_z(path);
    struct job *of_batch = bf_malloc(sizeof *of_batch);
    if (!s || !copy || !of_batch) {
        bf_free(s);
        bf_free(copy);
        bf_free(of_batch);
        return bf_fail(e, BF_ENOMEM, "open store: out of memory");
    }
    *s = (struct sqlite_store){.store = {.maker = &maker},
                               .options = *o,
                               .path = copy,
                               .of_batch = of_batch,
                               .lock_fd = -1};
    queue_init(&s->writer.queue);
    queue_init(&s->reader.queue);
    queue_init(&s->finished);
    pthread_mutex_init(&s->mutex, NULL);
    pthread_cond_init(&s->writer.more, NULL);
    pthread_cond_init(&s->reader.more, NULL);
    *opened = (struct bf_store_opened){0};
    enum bf_err err = open_all(s, opened, e);
    if (err) {
        release(s);
        return bf_error_wrap(e, "open store: %s", path);
    }
    *out = &s->store;
    return BF_OK;
}
