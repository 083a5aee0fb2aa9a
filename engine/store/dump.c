/* dump: see bf_store_dump. Page after page of each derived table, in the order of its key. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "engine/store/maker.h"
#include "lang/base/mem.h"

enum { PAGE_ROWS = 256 };

struct dump {
    struct bf_store *store;
    struct bf_query query;
    void *last; /* the page's last row, which the next begins behind */
    int fd;
    bf_store_done *done;
    void *ctx;
};

static void next_page(struct dump *d);

static void end(struct dump *d, enum bf_err err, const struct bf_error *e) {
    bf_store_done *done = d->done;
    void *ctx = d->ctx;
    bf_free(d->last);
    bf_free(d);
    done(ctx, err, e);
}

static void put_text(struct bf_buf *out, bf_str s) {
    for (uint32_t i = 0; i < s.len; i++) {
        char c = s.p[i];
        if (c == '\t' || c == '\n' || c == '\\')
            bf_buf_char(out, '\\');
        bf_buf_char(out, (char)(c == '\t' ? 't' : c == '\n' ? 'n' : c));
    }
}

static void put_bytes(struct bf_buf *out, bf_str s) {
    char hex[3];
    for (uint32_t i = 0; i < s.len; i++) {
        bf_hex((const uint8_t *)s.p + i, 1, hex);
        bf_buf_put(out, hex, 2);
    }
}

static void put_row(struct bf_buf *out, const struct bf_table_shape *t, const void *row) {
    bf_buf_z(out, t->name);
    for (uint32_t i = 0; i < t->count; i++) {
        const struct bf_column *c = &t->column[i];
        bf_buf_char(out, '\t');
        switch (c->kind) {
        case BF_KIND_NUM: bf_buf_int(out, bf_cell_number(c, row)); break;
        case BF_KIND_TIME:
            if (bf_cell_number(c, row) != BF_INSTANT_NONE)
                bf_buf_int(out, bf_cell_number(c, row));
            break;
        case BF_KIND_TEXT: put_text(out, bf_cell_bytes(c, row)); break;
        case BF_KIND_BYTES: put_bytes(out, bf_cell_bytes(c, row)); break;
        }
    }
    bf_buf_char(out, '\n');
}

static enum bf_err write_all(int fd, const struct bf_buf *buf, struct bf_error *e) {
    if (buf->failed)
        return bf_fail(e, BF_ENOMEM, "dump: out of memory");
    for (size_t at = 0; at < buf->len;) {
        ssize_t n = write(fd, buf->p + at, buf->len - at);
        if (n < 0 && errno != EINTR)
            return bf_fail(e, BF_EIO, "dump: write: %s", strerror(errno));
        at += n > 0 ? (size_t)n : 0;
    }
    return BF_OK;
}

/* Goes to the next derived table from `table` on; false if there is none. */
static bool next_table(struct dump *d, enum bf_table table) {
    while (table < BF_TABLES && bf_shapes[table].cls != BF_CLASS_DERIVED)
        table++;
    bf_free(d->last);
    d->last = NULL;
    d->query.table = table;
    return table < BF_TABLES;
}

static void page_done(void *ctx, enum bf_err err, const struct bf_error *e,
                      const struct bf_rows *rows) {
    struct dump *d = ctx;
    if (err) {
        end(d, err, e);
        return;
    }
    const struct bf_table_shape *t = &bf_shapes[rows->table];
    const char *row = rows->row;
    struct bf_error mine;
    struct bf_buf buf;
    bf_buf_init(&buf);
    for (uint32_t i = 0; i < rows->count; i++)
        put_row(&buf, t, row + t->size * i);
    err = write_all(d->fd, &buf, &mine);
    bf_buf_fini(&buf);
    bool more = (rows->count == PAGE_ROWS || rows->cut) && t->keys > 0;
    if (!err && more) {
        bf_free(d->last);
        d->last = bf_row_copy(rows->table, row + t->size * (rows->count - 1));
        if (!d->last)
            err = bf_fail(&mine, BF_ENOMEM, "dump: out of memory");
    }
    if (err)
        end(d, err, &mine);
    else if (more || next_table(d, rows->table + 1))
        next_page(d);
    else
        end(d, BF_OK, NULL);
}

static void next_page(struct dump *d) {
    d->query.at = d->last;
    d->query.after = d->last != NULL;
    bf_store_read(d->store, &d->query, page_done, d);
}

void bf_store_dump(struct bf_store *s, uint32_t partition, int fd, bf_store_done *done, void *ctx) {
    struct dump *d = bf_malloc(sizeof *d);
    if (!d) {
        struct bf_error e;
        bf_fail(&e, BF_ENOMEM, "dump: out of memory");
        done(ctx, BF_ENOMEM, &e);
        return;
    }
    *d = (struct dump){.store = s, .fd = fd, .done = done, .ctx = ctx};
    d->query =
        (struct bf_query){.partition = partition, .limit = PAGE_ROWS, .bytes = BF_PAGE_BYTES};
    next_table(d, 0);
    next_page(d);
}
