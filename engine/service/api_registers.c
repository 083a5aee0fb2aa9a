/* Registers: which there are, and their rows. Any signed-in person may read them: they are what a government has
** decided and others build on (docs/API.md says so); what is confidential in a register waits for field visibility. */
#include <inttypes.h>
#include <string.h>

#include "engine/service/api.h"
#include "engine/service/derive.h"
#include "engine/sim/json_value.h"
#include "engine/sim/words.h"

/* ---- which there are ---- */

static void put_register(struct bf_call *c, const struct bf_image *m, uint32_t reg,
                         struct bf_buf *out) {
    const struct bf_i_register *r = &m->reg[reg];
    struct bf_i_range fields = m->record[r->record].fields;
    bf_buf_z(out, "{\"cites\":");
    bf_words_cites_json(m, r->src, out);
    bf_buf_z(out, ",\"fields\":[");
    for (uint32_t i = 0; i < fields.count; i++) {
        if (i)
            bf_buf_char(out, ',');
        bf_json_text(bf_i_text(m, m->field[fields.first + i].name), out);
    }
    bf_buf_z(out, "],\"keys\":[");
    for (uint32_t i = 0; i < r->keys.count; i++) {
        if (i)
            bf_buf_char(out, ',');
        bf_json_text(bf_i_text(m, m->field[fields.first + m->key[r->keys.first + i]].name), out);
    }
    bf_buf_z(out, "],\"label\":");
    bf_json_text(bf_i_label(m, r->name, r->label), out);
    bf_buf_z(out, ",\"name\":");
    bf_json_text(bf_derive_register_name(c->arena, m, reg), out);
    bf_buf_z(out, ",\"policy\":");
    bf_json_hex(m->hash, sizeof m->hash, out);
    bf_buf_char(out, '}');
}

/* Whose register it is says what it is, unless that policy is not here. */
static bool is_anothers(const struct bf_service *s, const struct bf_image *m, uint32_t reg) {
    bf_str owner = bf_i_owner(m, reg);
    if (bf_str_eq(owner, bf_i_text(m, m->policy.name)))
        return false;
    for (uint32_t i = 0; i < s->policy_count; i++) {
        const struct bf_image *o = s->policies[i].image;
        if (bf_str_eq(bf_i_text(o, o->policy.name), owner))
            return true;
    }
    return false;
}

/* The image that says what a register is: the active one of its policy, else the newest. */
static bool is_newest(const struct bf_service *s, const struct bf_policy_known *p) {
    bf_str name = bf_i_text(p->image, p->image->policy.name);
    for (uint32_t i = 0; i < s->policy_count; i++) {
        const struct bf_policy_known *q = &s->policies[i];
        bool better = q->active != p->active ? q->active : q->seq > p->seq;
        if (q != p && bf_str_eq(bf_i_text(q->image, q->image->policy.name), name) && better)
            return false;
    }
    return true;
}

void bf_on_registers_list(struct bf_call *c) {
    const struct bf_service *s = c->service;
    struct bf_buf out;
    bool first = true;
    bf_buf_in(&out, c->arena);
    bf_buf_z(&out, "{\"registers\":[");
    for (uint32_t i = 0; i < s->policy_count; i++) {
        const struct bf_image *m = s->policies[i].image;
        for (uint32_t reg = 0; is_newest(s, &s->policies[i]) && reg < m->reg_count; reg++) {
            if (is_anothers(s, m, reg))
                continue;
            if (!first)
                bf_buf_char(&out, ',');
            put_register(c, m, reg, &out);
            first = false;
        }
    }
    bf_buf_z(&out, "]}");
    bf_call_json(c, 200, &out);
}

/* Which version says what the register is: the newest that has it, for its rows outlive versions. NULL: none. */
static const struct bf_image *register_of(const struct bf_service *s, bf_str name,
                                          struct bf_arena *a, uint32_t *row) {
    const struct bf_image *found = NULL;
    for (uint32_t i = 0; i < s->policy_count; i++) {
        const struct bf_image *m = s->policies[i].image;
        for (uint32_t reg = 0; reg < m->reg_count; reg++)
            if ((!found || is_newest(s, &s->policies[i])) &&
                bf_str_eq(bf_derive_register_name(a, m, reg), name)) {
                found = m;
                *row = reg;
            }
    }
    return found;
}

/* ---- its rows ---- */

/* Rows of one journal row share its number, and a page ends after all of them, since the next begins behind it. */
struct asked {
    bf_str name;
    uint64_t after;
    uint32_t limit, count;
    bool rest; /* what is read now is the rest of the last number's rows */
    uint64_t last;
    bf_str last_key;
    struct bf_buf out;
};

static void tell(struct bf_call *c, struct asked *q, bool more) {
    bf_buf_fmt(&q->out, "],\"more\":%s,\"next\":%" PRIu64 ",\"register\":", more ? "true" : "false",
               q->last);
    bf_json_text(q->name, &q->out);
    bf_buf_char(&q->out, '}');
    bf_call_json(c, 200, &q->out);
}

struct brought {
    enum bf_err err;
    const struct bf_rows *rows;
};

static void rows_read(void *ctx, enum bf_err err, const struct bf_error *e,
                      const struct bf_rows *rows);

static void read_rest(struct bf_call *c, struct asked *q) {
    struct bf_row_register at = {.name = q->name, .seq = q->last, .key = q->last_key};
    struct bf_query query = {.table = BF_TABLE_REGISTER,
                             .order = BF_BY_SEQ,
                             .at = &at,
                             .same = 2,
                             .after = true,
                             .limit = q->limit};
    q->rest = true;
    bf_store_read(c->service->store, &query, rows_read, c);
}

/* Key and row are canonical JSON already. */
static void put_row(struct asked *q, const struct bf_row_register *row) {
    bf_buf_z(&q->out, q->count++ ? ",{\"key\":" : "{\"key\":");
    bf_buf_str(&q->out, row->key);
    bf_buf_z(&q->out, ",\"row\":");
    bf_buf_str(&q->out, row->row);
    bf_buf_fmt(&q->out, ",\"seq\":%" PRIu64 "}", row->seq);
}

static void take_rows(struct bf_call *c, void *arg) {
    const struct brought *b = arg;
    struct asked *q = c->own;
    if (b->err) {
        bf_call_header(c, "Retry-After", BF_STR("1"));
        bf_call_problem(c, 503, "unavailable", BF_T_API_NO_STORE, BF_NOARGS);
        return;
    }
    const struct bf_row_register *row = b->rows->row;
    for (uint32_t i = 0; i < b->rows->count; i++)
        put_row(q, &row[i]);
    bool full = b->rows->count == q->limit;
    if (b->rows->count) {
        q->last = row[b->rows->count - 1].seq;
        q->last_key = bf_str_dup(c->arena, row[b->rows->count - 1].key);
    }
    if (full)
        read_rest(c, q);
    else
        tell(c, q, q->rest);
}

static void rows_read(void *ctx, enum bf_err err, const struct bf_error *e,
                      const struct bf_rows *rows) {
    (void)e;
    bf_call_run(ctx, take_rows, &(struct brought){err, rows});
}

/* ?key=: the values of the key, each as the register's field takes it. False: answered. */
static bool read_key(struct bf_call *c, const struct bf_image *m, uint32_t reg, bf_str text,
                     bf_str *key) {
    struct bf_i_range keys = m->reg[reg].keys;
    struct bf_value *v = bf_new_array(c->arena, struct bf_value, keys.count + 1);
    struct bf_buf why;
    bf_buf_in(&why, c->arena);
    struct bf_json_read r = {.image = m, .arena = c->arena, .lang = c->lang, .error = &why};
    json_t *j = json_loadb(text.p, text.len, JSON_REJECT_DUPLICATES, NULL);
    bool fine = json_is_array(j) && json_array_size(j) == keys.count;
    for (uint32_t i = 0; fine && i < keys.count; i++) {
        const struct bf_i_field *f =
            &m->field[m->record[m->reg[reg].record].fields.first + m->key[keys.first + i]];
        fine = bf_json_value(&r, bf_str_z(c->arena, bf_i_text(m, f->name)), json_array_get(j, i),
                             f->type, &v[i]);
    }
    if (fine)
        *key = bf_derive_register_key(c->arena, m, v, keys.count);
    else
        bf_call_problem(c, 400, "query", BF_T_API_KEY_OF_ROW,
                        BF_ARGS(bf_arg_str(bf_buf_view(&why))));
    json_decref(j);
    return fine;
}

static void one_read(struct bf_call *c, void *arg) {
    const struct brought *b = arg;
    struct asked *q = c->own;
    if (!b->err && !b->rows->count)
        bf_call_problem(c, 404, "no-row", BF_T_API_NO_ROW_AT, BF_ARGS(bf_arg_str(q->name)));
    else
        take_rows(c, arg);
}

static void one_row_read(void *ctx, enum bf_err err, const struct bf_error *e,
                         const struct bf_rows *rows) {
    (void)e;
    bf_call_run(ctx, one_read, &(struct brought){err, rows});
}

static void read_one(struct bf_call *c, struct asked *q, bf_str key) {
    struct bf_row_register at = {.name = q->name, .key = key};
    struct bf_query query = {.table = BF_TABLE_REGISTER, .at = &at, .same = 2, .limit = 1};
    q->limit = 2; /* one row is all */
    bf_store_read(c->service->store, &query, one_row_read, c);
}

void bf_on_register_read(struct bf_call *c) {
    struct asked *q = bf_new(c->arena, struct asked);
    bf_str key = bf_http_query(c->request, "key");
    uint32_t reg = 0;
    if (!bf_call_page(c, &q->after, &q->limit))
        return;
    q->name = c->match.parts[0];
    q->last = q->after;
    const struct bf_image *m = register_of(c->service, q->name, c->arena, &reg);
    if (!m) {
        bf_call_problem(c, 404, "no-register", BF_T_API_NO_REGISTER_NAME,
                        BF_ARGS(bf_arg_str(q->name)));
        return;
    }
    bf_buf_in(&q->out, c->arena);
    bf_buf_z(&q->out, "{\"rows\":[");
    c->own = q;
    if (key.p) {
        if (read_key(c, m, reg, key, &key))
            read_one(c, q, key);
        return;
    }
    /* No key is empty: this is before all rows of the next number. */
    struct bf_row_register at = {.name = q->name, .seq = q->after + 1};
    struct bf_query query = {.table = BF_TABLE_REGISTER,
                             .order = BF_BY_SEQ,
                             .at = &at,
                             .same = 1,
                             .after = true,
                             .limit = q->limit};
    bf_store_read(c->service->store, &query, rows_read, c);
}
