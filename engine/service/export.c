/* export: see export.h. */
#include "engine/service/export.h"

#include <string.h>

struct export {
    struct bf_closed *from;
    struct bf_journal_out *out;
    struct bf_arena *arena;
    struct known {
        struct known *next;
        const struct bf_image *image;
    } * images;
    uint64_t rows;
};

static enum bf_err put_image(void *ctx, const void *p, struct bf_error *e) {
    struct export *x = ctx;
    const struct bf_row_blob *row = p;
    if (row->kind != BF_BLOB_IMAGE)
        return BF_OK;
    const struct bf_image *m = row->hash.len == BF_SHA256_LEN
                                   ? bf_closed_image(x->from, (const uint8_t *)row->hash.p)
                                   : NULL;
    if (!m)
        return bf_fail(e, BF_EFORMAT, "an image of the database is damaged");
    struct known *k = bf_new(x->arena, struct known);
    *k = (struct known){x->images, m};
    x->images = k;
    return bf_journal_out_image(x->out, m, e);
}

/* By the name under which an image counts by it; one that none counts by is named by no row. */
static enum bf_err put_calendar(void *ctx, const void *p, struct bf_error *e) {
    struct export *x = ctx;
    const struct bf_row_blob *row = p;
    const struct bf_calendar *c = NULL;
    if (row->kind != BF_BLOB_CALENDAR || row->hash.len != BF_SHA256_LEN)
        return BF_OK;
    for (const struct known *k = x->images; k && !c; k = k->next)
        c = bf_closed_calendar(x->from, bf_i_text(k->image, k->image->policy.calendar),
                               (const uint8_t *)row->hash.p);
    return c ? bf_journal_out_calendar(x->out, bf_calendar_name(c), row->bytes, e) : BF_OK;
}

static enum bf_err put_row(void *ctx, const void *p, struct bf_error *e) {
    struct export *x = ctx;
    const struct bf_row_journal *row = p;
    if (row->head.len != BF_ENTRY_HEAD || (!bf_row_gone(row) && row->salt.len != BF_MERKLE_SALT))
        return bf_fail(e, BF_EFORMAT, "row %llu: its header or salt is damaged",
                       (unsigned long long)row->seq);
    x->rows++;
    if (bf_row_gone(row))
        return bf_journal_out_gone(x->out, (const uint8_t *)row->head.p,
                                   (const uint8_t *)row->salt.p, e);
    return bf_journal_out_row(x->out, (const uint8_t *)row->head.p, (const uint8_t *)row->salt.p,
                              row->body, e);
}

enum bf_err bf_export(struct bf_closed *from, const struct bf_sink *to, uint64_t *rows,
                      struct bf_error *e) {
    struct export x = {.from = from, .arena = bf_arena_new(0)};
    struct bf_row_head head;
    enum bf_err err = x.arena ? BF_OK : bf_fail(e, BF_ENOMEM, "out of memory");
    if (!err)
        err = bf_closed_head(from, x.arena, &head, e);
    if (!err)
        err = bf_journal_out_open(to, bf_merkle_kind(head.tree.p, head.tree.len), &x.out, e);
    if (!err)
        err = bf_closed_walk(from, BF_TABLE_BLOB, put_image, &x, e);
    if (!err)
        err = bf_closed_walk(from, BF_TABLE_BLOB, put_calendar, &x, e);
    if (!err)
        err = bf_closed_walk(from, BF_TABLE_JOURNAL, put_row, &x, e);
    if (!err)
        err = bf_journal_out_end(x.out, e);
    *rows = x.rows;
    bf_journal_out_free(x.out);
    bf_arena_free(x.arena);
    return err;
}
