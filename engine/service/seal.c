/* seal: see seal.h. The case's rows are read once more, for the rows of registers it put; those that still stand go into
** the seal, since the rows that put them may be dropped. */
#include "engine/service/seal.h"

#include <string.h>

#include "engine/service/engine_parts.h"
#include "engine/service/rebuild.h"
#include "lang/base/mem.h"

enum { CHAIN_ROWS = 256 };

struct put {
    struct bf_row_register row;
    struct bf_reg_row *cell; /* pinned; NULL: not looked for yet */
    bool stands;
    struct put *next;
};

struct bf_sealing {
    struct bf_engine *engine;
    struct bf_arena *arena; /* it holds the sealing too */
    struct bf_seal what;
    struct bf_head *head; /* pinned */
    struct put *puts;
    uint64_t read, next, last_seal; /* rows: read up to; to be read; the newest seal */
    uint64_t seq;                   /* the row made */
    uint64_t undone;                /* the engine's, when that was made */
    bool reading;
    struct bf_sealing *later;
};

static void finish(struct bf_sealing *g, enum bf_answer_kind kind) {
    struct bf_engine *e = g->engine;
    struct bf_sealing **p = &e->sealing;
    while (*p != g)
        p = &(*p)->later;
    *p = g->later;
    for (struct put *x = g->puts; x; x = x->next)
        if (x->cell)
            x->cell->pins--;
    g->head->pins--;
    e->under_way--;
    g->what.answer(g->what.ctx, &(struct bf_answer){.kind = kind,
                                                    .seq = kind == BF_ANSWER_DONE ? g->seq : 0,
                                                    .number = g->what.number});
    bf_arena_free(g->arena);
}

void bf_seal_fini(struct bf_engine *e) {
    for (struct bf_sealing *g; (g = e->sealing) != NULL;) {
        e->sealing = g->later;
        bf_arena_free(g->arena);
    }
}

/* ---- the rows of the case ---- */

static enum bf_err keep_put(void *ctx, const struct bf_row_register *row, struct bf_error *e) {
    struct bf_sealing *g = ctx;
    (void)e;
    for (const struct put *x = g->puts; x; x = x->next)
        if (bf_str_eq(x->row.name, row->name) && bf_str_eq(x->row.key, row->key))
            return BF_OK; /* rows come newest first */
    struct put *x = bf_new(g->arena, struct put);
    *x = (struct put){.row = {.name = bf_str_dup(g->arena, row->name),
                              .key = bf_str_dup(g->arena, row->key),
                              .row = bf_str_dup(g->arena, row->row),
                              .seq = row->seq},
                      .next = g->puts};
    g->puts = x;
    return BF_OK;
}

static enum bf_err take_row(struct bf_sealing *g, const struct bf_row_journal *row,
                            struct bf_error *e) {
    const struct bf_images images = {bf_engine_image_of, g->engine};
    struct bf_entry_head head;
    struct bf_entry n;
    g->next = row->before;
    if (!row->body.len)
        return BF_OK; /* dropped: a seal says what still stands */
    enum bf_err err = bf_entry_head_read((const uint8_t *)row->head.p, &head, e);
    if (!err)
        err = bf_entry_read(&images, g->arena, &head, bf_str_dup(g->arena, row->body), &n, e);
    if (!err && head.kind == BF_ENTRY_SEAL && !g->last_seal)
        g->last_seal = head.seq;
    return err ? err : bf_entry_puts(g->arena, &n, keep_put, g, e);
}

static void rows_read(void *ctx, enum bf_err err, const struct bf_error *error,
                      const struct bf_rows *rows) {
    struct bf_sealing *g = ctx;
    struct bf_engine *e = g->engine;
    struct bf_error mine;
    jmp_buf jump;
    volatile enum bf_err end = err;
    g->reading = false;
    bf_arena_on_exhausted(g->arena, &jump);
    if (setjmp(jump)) {
        end = BF_ENOMEM;
    } else {
        for (uint32_t i = 0; !end && i < rows->count; i++)
            end = take_row(g, (const struct bf_row_journal *)rows->row + i, &mine);
        if (!end && !rows->count)
            end = bf_fail(&mine, BF_EFORMAT, "a case's rows are missing");
    }
    bf_arena_on_exhausted(g->arena, NULL);
    if (end && end != BF_ENOMEM && end != BF_ELIMIT)
        bf_engine_die(e, err ? error : &mine);
    if (e->dead)
        return;
    if (end)
        finish(g, end == BF_ENOMEM ? BF_ANSWER_MEMORY : BF_ANSWER_STORE);
    bf_seal_run(e);
}

static void read_rows(struct bf_sealing *g) {
    struct bf_row_journal at = {.seq = g->next};
    struct bf_query q = {.partition = g->engine->o.partition,
                         .table = BF_TABLE_JOURNAL,
                         .at = &at,
                         .chain = true,
                         .limit = CHAIN_ROWS,
                         .bytes = BF_PAGE_BYTES};
    g->reading = true;
    bf_store_read(g->engine->store, &q, rows_read, g);
}

/* ---- what still stands ---- */

/* False: a row of a register is being read. */
static bool look_up(struct bf_sealing *g, bool *memory) {
    for (struct put *x = g->puts; x; x = x->next) {
        struct bf_reg_row *cell = x->cell;
        if (!cell && !(cell = bf_engine_cell(g->engine, x->row.name, x->row.key, true))) {
            *memory = false;
            return false;
        }
        if (!cell->here)
            return false;
        if (!x->cell)
            cell->pins++;
        x->cell = cell;
        x->stands = cell->seq == x->row.seq;
    }
    return true;
}

/* {"register":NAME,"row":RECORD,"seq":N}; false: the case's text reads it no more. */
static bool write_put(const struct bf_image *m, struct bf_arena *a, const struct put *x,
                      struct bf_buf *out) {
    struct bf_canon j;
    struct bf_error e;
    struct bf_value row;
    const char *dot = memrchr(x->row.name.p, '.', x->row.name.len);
    bf_str name = {dot + 1, (uint32_t)(x->row.name.p + x->row.name.len - dot - 1)};
    for (uint32_t i = 0; i < m->reg_count; i++) {
        if (!bf_str_eq(bf_i_text(m, m->reg[i].name), name))
            continue;
        if (bf_canon_read(a, x->row.row, &j, &e) != BF_OK ||
            bf_value_read_record(m, a, &j, m->reg[i].record, &row))
            return false;
        bf_buf_z(out, "{\"register\":");
        bf_json_text(name, out);
        bf_buf_z(out, ",\"row\":");
        bf_buf_str(out, x->row.row);
        bf_buf_fmt(out, ",\"seq\":%llu}", (unsigned long long)x->row.seq);
        return true;
    }
    return false;
}

static bool write_data(struct bf_sealing *g, struct bf_buf *out) {
    const struct bf_image *m = g->head->policy->image;
    const char *between = "";
    bf_buf_in(out, g->arena);
    bf_buf_z(out, "{\"case\":");
    bf_case_json(m, g->head->c, out);
    bf_buf_z(out, ",\"puts\":[");
    for (const struct put *x = g->puts; x; x = x->next) {
        if (!x->stands)
            continue;
        bf_buf_z(out, between);
        between = ",";
        if (!write_put(m, g->arena, x, out))
            return false;
    }
    bf_buf_z(out, "]}");
    return true;
}

static void make_row(struct bf_sealing *g) {
    struct bf_buf data;
    jmp_buf jump;
    bf_arena_on_exhausted(g->arena, &jump);
    if (setjmp(jump)) {
        finish(g, BF_ANSWER_MEMORY);
        return;
    }
    bool fine = write_data(g, &data);
    bf_arena_on_exhausted(g->arena, NULL);
    if (!fine) {
        finish(g, BF_ANSWER_MALFORMED);
        return;
    }
    struct bf_seal_deed deed = {
        .data = bf_buf_view(&data), .principal = g->what.principal, .request = g->what.request};
    enum bf_attempt_end end =
        bf_engine_attempt(g->engine, &(struct bf_deed){.head = g->head, .seal = &deed});
    if (end != BF_ATTEMPT_DONE) {
        finish(g, BF_ANSWER_MEMORY);
        return;
    }
    g->seq = g->head->last_seq;
    g->undone = g->engine->undone;
}

/* ---- all in turn ---- */

static void go_on(struct bf_sealing *g) {
    struct bf_engine *e = g->engine;
    struct bf_head *h = g->head;
    bool memory = true;
    if (g->seq) {
        if (g->undone != e->undone)
            finish(g, BF_ANSWER_FULL);
        else if (g->seq <= e->committed)
            finish(g, BF_ANSWER_DONE);
        return;
    }
    if (h->loading || (!h->c && !h->failed && !bf_engine_load(e, h)) || h->loading)
        return;
    if (!h->c) {
        finish(g, h->failed == BF_ENOENT ? BF_ANSWER_NO_CASE : BF_ANSWER_MEMORY);
    } else if (!bf_case_ended(h->policy->image, h->c)) {
        finish(g, BF_ANSWER_MALFORMED);
    } else if (h->last_seq > e->committed) {
        return; /* its rows are read from the store */
    } else if (g->read != h->last_seq) {
        for (struct put *x = g->puts; x; x = x->next)
            if (x->cell)
                x->cell->pins--;
        g->puts = NULL;
        g->last_seal = 0;
        g->read = g->next = h->last_seq;
        read_rows(g);
    } else if (g->next) {
        read_rows(g);
    } else if (g->last_seal == h->last_seq) {
        g->seq = g->last_seal; /* nothing came after it */
        finish(g, BF_ANSWER_DONE);
    } else if (look_up(g, &memory)) {
        make_row(g);
    } else if (!memory) {
        finish(g, BF_ANSWER_MEMORY);
    }
}

void bf_seal_run(struct bf_engine *e) {
    if (e->sealing_runs)
        return;
    e->sealing_runs = true;
    for (struct bf_sealing *g = e->sealing, *later; g && !e->dead; g = later) {
        later = g->later;
        if (!g->reading)
            go_on(g); /* which may be its end */
    }
    e->sealing_runs = false;
}

void bf_engine_seal(struct bf_engine *e, const struct bf_seal *s) {
    struct bf_arena *a = bf_arena_new(0);
    struct bf_head *h = a ? bf_engine_head(e, s->number) : NULL;
    struct bf_sealing *volatile g = NULL;
    jmp_buf jump;
    if (h) {
        bf_arena_on_exhausted(a, &jump);
        if (setjmp(jump) == 0) {
            struct bf_sealing *made = bf_new(a, struct bf_sealing);
            *made = (struct bf_sealing){.engine = e, .arena = a, .what = *s, .head = h};
            made->what.principal = bf_str_dup(a, s->principal);
            made->what.request = bf_str_dup(a, s->request);
            g = made;
        }
        bf_arena_on_exhausted(a, NULL);
    }
    if (!g) {
        bf_arena_free(a);
        s->answer(s->ctx, &(struct bf_answer){.kind = BF_ANSWER_MEMORY});
        return;
    }
    h->pins++;
    e->under_way++;
    g->later = e->sealing;
    e->sealing = g;
    bf_seal_run(e);
}
