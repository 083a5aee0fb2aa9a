/* sqlite_open: see sqlite.h. Who may open a file, whether it is ours, and bringing an older one up to date. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/store/sqlite.h"
#include "lang/base/mem.h"
#include "lang/base/stdlib.h"

/* What is left of a log that had grown, once it begins anew. */
enum { LOG_BYTES_KEPT = 16 << 20 };

/* What brings the tables of truth from a version to the next. The others are dropped and made anew. */
static const struct {
    int from;
    const char *sql;
} migrations[] = {
    {BF_STORE_VERSION, NULL}, /* the end: nothing to do */
};

int bf_store_lock(const char *path, struct bf_error *e) {
    char name[BF_PATH_MAX];
    if (strlen(path) + sizeof ".lock" > sizeof name) {
        bf_fail(e, BF_ELIMIT, "lock: the path is longer than %d bytes", BF_PATH_MAX);
        return -1;
    }
    strcpy(name, path);
    strcat(name, ".lock");
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        bf_fail(e, errno == ENOENT ? BF_ENOENT : BF_EIO, "lock %s: %s", name, strerror(errno));
        return -1;
    }
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(fd, F_OFD_SETLK, &whole) == 0)
        return fd;
    if (errno == EAGAIN || errno == EACCES)
        bf_fail(e, BF_EBUSY, "%s is locked: another process has the store open", name);
    else
        bf_fail(e, BF_EIO, "lock %s: %s", name, strerror(errno));
    close(fd);
    return -1;
}

static int get_number(sqlite3 *db, const char *pragma, int64_t *out) {
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db, pragma, -1, &st, NULL);
    if (!rc && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        *out = sqlite3_column_int64(st, 0);
        rc = SQLITE_OK;
    }
    int ended = sqlite3_finalize(st);
    return rc == SQLITE_DONE ? SQLITE_ERROR : rc ? rc : ended;
}

static int exec(struct bf_sql *sql, const struct bf_buf *text) {
    return text->failed ? SQLITE_NOMEM : sqlite3_exec(sql->db, text->p, NULL, NULL, NULL);
}

/* In one transaction, so that a file is of a version or not at all. */
static int run_transaction(struct bf_sql *sql, struct bf_buf *body) {
    bf_buf_fmt(body, "PRAGMA user_version = %d;COMMIT;", BF_STORE_VERSION);
    bf_buf_char(body, 0);
    int rc = exec(sql, body);
    if (rc && !sqlite3_get_autocommit(sql->db))
        sqlite3_exec(sql->db, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}

static int create_all(struct bf_sql *sql) {
    struct bf_buf text;
    bf_buf_init(&text);
    bf_buf_z(&text, "BEGIN IMMEDIATE;");
    bf_sql_create(&text,
                  1u << BF_CLASS_TRUTH | 1u << BF_CLASS_DERIVED | 1u << BF_CLASS_OPERATIONAL);
    bf_buf_fmt(&text, "PRAGMA application_id = %d;", BF_STORE_APPLICATION);
    int rc = run_transaction(sql, &text);
    bf_buf_fini(&text);
    return rc;
}

static int migrate(struct bf_sql *sql, int64_t version) {
    const unsigned others = 1u << BF_CLASS_DERIVED | 1u << BF_CLASS_OPERATIONAL;
    struct bf_buf text;
    bf_buf_init(&text);
    bf_buf_z(&text, "BEGIN IMMEDIATE;");
    for (size_t i = 0; i < sizeof migrations / sizeof migrations[0]; i++)
        if (migrations[i].from >= version && migrations[i].sql)
            bf_buf_z(&text, migrations[i].sql);
    bf_sql_drop(&text, others);
    bf_sql_create(&text, others);
    int rc = run_transaction(sql, &text);
    bf_buf_fini(&text);
    return rc;
}

static enum bf_err bring_up_to_date(struct bf_sql *sql, struct bf_store_opened *opened,
                                    struct bf_error *e) {
    int64_t application = 0, version = 0, pages = 0;
    int rc = get_number(sql->db, "PRAGMA application_id", &application);
    if (!rc)
        rc = get_number(sql->db, "PRAGMA user_version", &version);
    if (!rc)
        rc = get_number(sql->db, "SELECT count(*) FROM sqlite_schema", &pages);
    if (rc)
        return bf_sql_fail(e, sql->db, rc, "read the file's header");
    if (application == 0 && version == 0 && pages == 0) {
        opened->fresh = true;
        rc = create_all(sql);
        return rc ? bf_sql_fail(e, sql->db, rc, "make the tables") : BF_OK;
    }
    if (application != BF_STORE_APPLICATION)
        return bf_fail(e, BF_EFORMAT, "a database of another program, not a store of Banfa");
    if (version > BF_STORE_VERSION)
        return bf_fail(e, BF_EFORMAT,
                       "written by a newer banfad (tables of version %lld; this one knows %d): "
                       "use that one, or restore a backup made before",
                       (long long)version, BF_STORE_VERSION);
    if (version == BF_STORE_VERSION)
        return BF_OK;
    opened->rebuild = true;
    rc = migrate(sql, version);
    return rc ? bf_sql_fail(e, sql->db, rc, "bring the tables up to date") : BF_OK;
}

static int log_grew(void *ctx, sqlite3 *db, const char *name, int pages) {
    struct bf_sql *sql = ctx;
    (void)db;
    (void)name;
    sql->log_pages = pages;
    return SQLITE_OK;
}

enum bf_err bf_sql_open_writer(struct bf_sql *sql, const char *path,
                               const struct bf_store_options *o, struct bf_store_opened *opened,
                               struct bf_error *e) {
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    if (o->must_exist && access(path, F_OK) != 0)
        return bf_fail(e, errno == ENOENT ? BF_ENOENT : BF_EIO, "%s", strerror(errno));
    int rc =
        sqlite3_open_v2(path, &sql->db, flags | (o->must_exist ? 0 : SQLITE_OPEN_CREATE), o->vfs);
    char pragmas[256];
    sqlite3_snprintf(sizeof pragmas, pragmas,
                     "PRAGMA page_size=%d; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                     "PRAGMA wal_autocheckpoint=0; PRAGMA temp_store=MEMORY;"
                     "PRAGMA journal_size_limit=%d;",
                     BF_SQL_PAGE_BYTES, LOG_BYTES_KEPT);
    if (!rc)
        rc = sqlite3_busy_timeout(sql->db, BF_SQL_BUSY_MS);
    int64_t known = 0;
    if (!rc) /* a database of others is not even put into WAL */
        rc = get_number(sql->db, "PRAGMA application_id", &known);
    if (!rc && (known == 0 || known == BF_STORE_APPLICATION))
        rc = sqlite3_exec(sql->db, pragmas, NULL, NULL, NULL);
    if (rc)
        return bf_sql_fail(e, sql->db, rc, "open");
    enum bf_err err = bring_up_to_date(sql, opened, e);
    if (err)
        return err;
    sqlite3_wal_hook(sql->db, log_grew, sql);
    rc = bf_sql_prepare_writer(sql);
    return rc ? bf_sql_fail(e, sql->db, rc, "prepare") : BF_OK;
}

enum bf_err bf_sql_open_reader(struct bf_sql *sql, const char *path,
                               const struct bf_store_options *o, struct bf_error *e) {
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int rc = sqlite3_open_v2(path, &sql->db, flags, o->vfs);
    if (!rc)
        rc = sqlite3_busy_timeout(sql->db, BF_SQL_BUSY_MS);
    return rc ? bf_sql_fail(e, sql->db, rc, "open for reading") : BF_OK;
}

void bf_store_sqlite_limit(int64_t bytes) { sqlite3_soft_heap_limit64(bytes); }
