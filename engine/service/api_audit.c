/* Api of what can be proved: the signed head of the tree, receipts of rows; and backups.
**
** A receipt takes the head, the row, the right to see its case, and then tile after tile until the proof has all it
** needs: a tile that is not here yet is read, and the proof is begun again.
*/
#include <inttypes.h>
#include <string.h>

#include "engine/core/journal.h"
#include "engine/service/api.h"
#include "engine/service/audit.h"
#include "engine/service/closed.h"
#include "engine/service/hand.h"
#include "engine/service/rights.h"

struct proof {
    uint64_t seq;
    struct bf_receipt receipt;
    struct bf_row_head head; /* its tree is in the call's arena */
    struct bf_hand hand;
    struct bf_sights sights;
    struct bf_sight sight;
};

/* A read's answer, handed into bf_call_run. */
struct read {
    const struct bf_rows *rows;
    void (*then)(struct bf_call *c, const struct bf_rows *rows);
};
struct question {
    struct bf_call *call;
    struct read read;
};

static void no_store(struct bf_call *c, void *arg) {
    (void)arg;
    bf_call_engine_problem(c, &(struct bf_answer){.kind = BF_ANSWER_STORE});
}

static void go_on(struct bf_call *c, void *arg) {
    const struct read *r = arg;
    r->then(c, r->rows);
}

static void answered(void *ctx, enum bf_err err, const struct bf_error *e,
                     const struct bf_rows *rows) {
    struct question *q = ctx;
    (void)e;
    q->read.rows = rows;
    bf_call_run(q->call, err ? no_store : go_on, &q->read);
}

static void ask(struct bf_call *c, enum bf_table table, const void *at, uint32_t same,
                void (*then)(struct bf_call *c, const struct bf_rows *rows)) {
    struct question *q = bf_new(c->arena, struct question);
    struct bf_query query = {.table = table, .at = at, .same = same, .limit = 1};
    *q = (struct question){c, {NULL, then}};
    bf_store_read(c->service->store, &query, answered, q);
}

static void no_key(struct bf_call *c) {
    bf_call_problem(c, 503, "no-key", BF_T_AUDIT_NO_KEY, BF_NOARGS);
}

/* ---- checkpoint ---- */
static void tell_checkpoint(struct bf_call *c, const struct bf_rows *rows) {
    struct bf_buf note;
    struct bf_error e;
    bf_buf_in(&note, c->arena);
    if (!rows->count || bf_audit_note(c->service, rows->row, &note, &e))
        no_key(c);
    else
        bf_call_bytes(c, 200, "text/plain; charset=utf-8", bf_buf_view(&note));
}

/* What is signed must go on from what was signed last: who was given that could show the two against each other. */
struct sure {
    struct bf_audit_wait wait;
    struct bf_call *call;
    void (*go)(struct bf_call *c);
};

static void go_if_sure(struct bf_call *c, void *arg) {
    const struct sure *x = arg;
    switch (c->service->looked) {
    case BF_LOOKED_NOT: /* there is no key, or no row */
    case BF_LOOKED_GOES_ON: x->go(c); break;
    case BF_LOOKED_CONFLICT:
        bf_call_problem(c, 503, "checkpoint-conflict", BF_T_AUDIT_CONFLICT_HOW, BF_NOARGS);
        break;
    case BF_LOOKED_UNKNOWN:
        bf_call_engine_problem(c, &(struct bf_answer){.kind = BF_ANSWER_MEMORY});
        break;
    }
}

static void looked(void *ctx) {
    struct sure *x = ctx;
    bf_call_run(x->call, go_if_sure, x);
}

static void when_sure(struct bf_call *c, void (*go)(struct bf_call *c)) {
    struct sure *x = bf_new(c->arena, struct sure);
    *x = (struct sure){.wait = {.then = looked, .ctx = x}, .call = c, .go = go};
    bf_audit_when_looked(c->service, &x->wait);
}

static void sign_head(struct bf_call *c) { ask(c, BF_TABLE_HEAD, NULL, 0, tell_checkpoint); }

void bf_on_audit_checkpoint(struct bf_call *c) { when_sure(c, sign_head); }

/* ---- receipt ---- */
static void damaged(struct bf_call *c) {
    bf_call_problem(c, 500, "damaged", BF_T_AUDIT_DAMAGED, BF_NOARGS);
}

static void prove(struct bf_call *c);

static void take_tile(struct bf_call *c, const struct bf_rows *rows) {
    struct proof *p = c->own;
    if (bf_hand_take(&p->hand, rows))
        prove(c);
    else
        damaged(c);
}

static void tell_receipt(struct bf_call *c) {
    struct proof *p = c->own;
    struct bf_buf note, out;
    struct bf_error e;
    bf_buf_in(&note, c->arena);
    bf_buf_in(&out, c->arena);
    if (bf_audit_note(c->service, &p->head, &note, &e)) {
        no_key(c);
        return;
    }
    p->receipt.note = bf_buf_view(&note);
    bf_receipt_write(&p->receipt, &out);
    bf_call_bytes(c, 200, "text/plain; charset=utf-8", bf_buf_view(&out));
}

static void prove(struct bf_call *c) {
    struct proof *p = c->own;
    const struct bf_tiles tiles = bf_hand_open(&p->hand);
    struct bf_hasher *h = bf_hasher_new(p->receipt.hash);
    struct bf_error e = {.code = BF_ENOMEM};
    enum bf_err err = BF_ENOMEM;
    struct bf_row_tile at;
    if (h)
        err = bf_merkle_inclusion(h, &tiles, p->seq - 1, p->head.size, &p->receipt.proof, &e);
    bf_hasher_free(h);
    if (!err) {
        tell_receipt(c);
    } else if (bf_hand_wants(&p->hand, &at)) {
        ask(c, BF_TABLE_TILE, &at, 2, take_tile);
    } else {
        bf_call_engine_problem(c, &(struct bf_answer){.kind = BF_ANSWER_MEMORY});
    }
}

static void no_row(struct bf_call *c) {
    bf_call_problem(c, 404, "no-resource", BF_T_AUDIT_NO_ROW,
                    BF_ARGS(bf_arg_str(c->match.parts[0])));
}

/* As if there were none; an operator is told of who asked. */
static void hide_row(struct bf_call *c) {
    bf_call_deny(c, BF_LABEL_DENIED_UNSEEN, ((struct proof *)c->own)->seq, no_row);
}

static void sights_known(struct bf_call *c, void *arg) {
    const struct proof *p = c->own;
    if (p->sights.failed)
        no_store(c, arg);
    else if (!p->sight.sees)
        hide_row(c);
    else
        prove(c);
}

static void sights_done(struct bf_sights *q) { bf_call_run(q->ctx, sights_known, NULL); }

/* Of rows that are no case's, only operators get receipts. */
static void ask_right(struct bf_call *c, uint64_t number) {
    struct proof *p = c->own;
    if (c->principal.is_operator) {
        prove(c);
        return;
    }
    if (!number) {
        hide_row(c);
        return;
    }
    p->sight = (struct bf_sight){.number = number, .of = &p->sights};
    p->sights = (struct bf_sights){.service = c->service,
                                   .person = c->principal.person,
                                   .sight = &p->sight,
                                   .count = 1,
                                   .done = sights_done,
                                   .ctx = c};
    bf_rights_ask(&p->sights);
}

static bool read_receipt(struct bf_receipt *r, const struct bf_row_journal *row) {
    struct bf_hasher *h = bf_hasher_new(r->hash);
    if (!h)
        return false;
    memcpy(r->head, row->head.p, BF_ENTRY_HEAD);
    r->head_len = BF_ENTRY_HEAD;
    r->index = row->seq - 1;
    r->has_salt = !bf_row_gone(row);
    if (r->has_salt) {
        memcpy(r->salt, row->salt.p, BF_MERKLE_SALT);
        bf_merkle_body(h, r->salt, row->body.p, row->body.len, r->body_hash);
    } else {
        memcpy(r->body_hash, row->salt.p, BF_HASH_LEN);
    }
    bf_hasher_free(h);
    return true;
}

static void take_row(struct bf_call *c, const struct bf_rows *rows) {
    struct proof *p = c->own;
    const struct bf_row_journal *row = rows->row;
    struct bf_entry_head head;
    struct bf_error e;
    if (!rows->count || row->head.len != BF_ENTRY_HEAD ||
        bf_entry_head_read((const uint8_t *)row->head.p, &head, &e) ||
        (!bf_row_gone(row) && row->salt.len != BF_MERKLE_SALT))
        damaged(c);
    else if (!read_receipt(&p->receipt, row))
        bf_call_engine_problem(c, &(struct bf_answer){.kind = BF_ANSWER_MEMORY});
    else
        ask_right(c, head.number);
}

static void take_head(struct bf_call *c, const struct bf_rows *rows) {
    struct proof *p = c->own;
    struct bf_row_journal at = {.seq = p->seq};
    if (!rows->count || p->seq < 1 || ((const struct bf_row_head *)rows->row)->size < p->seq) {
        no_row(c);
        return;
    }
    p->head = *(const struct bf_row_head *)rows->row;
    p->head.tree = bf_str_dup(c->arena, p->head.tree);
    p->receipt.hash = bf_merkle_kind(p->head.tree.p, p->head.tree.len);
    ask(c, BF_TABLE_JOURNAL, &at, 1, take_row);
}

static void begin_receipt(struct bf_call *c) { ask(c, BF_TABLE_HEAD, NULL, 0, take_head); }

void bf_on_audit_receipt(struct bf_call *c) {
    struct proof *p = bf_new(c->arena, struct proof);
    p->hand.arena = c->arena;
    if (!bf_call_number(c, c->match.parts[0], &p->seq))
        return;
    c->own = p;
    when_sure(c, begin_receipt);
}

/* ---- backup ---- */
struct backup {
    const char *path;
    enum bf_err err;
    const struct bf_error *e;
};

static void tell_backup(struct bf_call *c, void *arg) {
    const struct backup *b = c->own;
    struct bf_buf out;
    (void)arg;
    if (b->err) {
        bool full = b->err == BF_EFULL;
        bf_call_problem(c, full ? 507 : 422, full ? "disk-full" : "backup", BF_T_ADMIN_BACKUP,
                        BF_ARGS(bf_arg_str(bf_str_of(b->e->text))));
        return;
    }
    bf_buf_in(&out, c->arena);
    bf_buf_z(&out, "{\"path\":");
    bf_json_text(bf_str_of(b->path), &out);
    bf_buf_char(&out, '}');
    bf_call_json(c, 201, &out);
}

static void backup_done(void *ctx, enum bf_err err, const struct bf_error *e) {
    struct bf_call *c = ctx;
    struct backup *b = c->own;
    b->err = err;
    b->e = e;
    bf_call_run(c, tell_backup, NULL);
}

/* The path is one of this machine, whose owner the local socket has. */
void bf_on_backup(struct bf_call *c) {
    const json_t *path = json_object_get(c->body, "path");
    struct backup *b = bf_new(c->arena, struct backup);
    bf_str text = {json_string_value(path), (uint32_t)json_string_length(path)};
    if (!text.len || text.p[0] != '/') {
        bf_call_problem(c, 422, "member", BF_T_ADMIN_BACKUP_PATH, BF_NOARGS);
        return;
    }
    b->path = bf_str_z(c->arena, text);
    c->own = b;
    bf_store_backup(c->service->store, b->path, backup_done, c);
}
