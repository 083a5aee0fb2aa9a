/* Api of the directory: departments, posts, people, who holds which post, tokens; and who the caller is.
**
** In the API instants are written as text; the rows keep their seconds (auth.h). A token's text is shown once, when it
** is made; its hash is shown to nobody.
*/
#include <inttypes.h>
#include <string.h>
#include <sys/random.h>

#include "engine/core/canon.h"
#include "engine/service/api_deputies.h"
#include "engine/service/notice.h"

enum { ROWS_MAX = 10000, LEFT_ROWS = 200, PAGE = 100, PAGE_MAX = 1000 };

static const char *const instants[] = {"at", "expires", "from", "until"};

static void put_text(struct bf_buf *out, const char *before, bf_str text) {
    bf_buf_z(out, before);
    bf_json_text(text, out);
}

static bf_str text_of(const json_t *object, const char *name) {
    const json_t *j = json_object_get(object, name);
    return json_is_string(j) ? (bf_str){json_string_value(j), (uint32_t)json_string_length(j)}
                             : (bf_str){NULL, 0};
}

static bool kind_of(bf_str word, enum bf_directory_kind *kind) {
    for (int k = 0; k < BF_DIR_KINDS; k++)
        if (bf_str_eq(word, bf_str_of(bf_directory_word((enum bf_directory_kind)k)))) {
            *kind = (enum bf_directory_kind)k;
            return true;
        }
    return false;
}

/* ---- listing ---- */
struct listing {
    bf_str kind;
    uint32_t limit;
    const struct bf_rows *rows;
};

static void put_member(const struct bf_canon *value, bf_str key, struct bf_buf *out) {
    put_text(out, ",", key);
    bf_buf_char(out, ':');
    for (size_t i = 0; i < sizeof instants / sizeof *instants; i++)
        if (bf_str_eq(key, bf_str_of(instants[i])) && value->kind == BF_CANON_INT) {
            bf_json_instant(value->i, out);
            return;
        }
    bf_buf_str(out, value->bytes);
}

static void put_row(struct bf_call *c, const struct bf_row_setting *row, struct bf_buf *out) {
    struct bf_canon j;
    struct bf_error e;
    put_text(out, "{\"id\":", row->id);
    if (bf_canon_read(c->arena, row->json, &j, &e) == BF_OK && j.kind == BF_CANON_OBJECT)
        for (uint32_t i = 0; i < j.count; i++)
            if (!bf_str_eq(j.keys[i], BF_STR("hash")))
                put_member(&j.items[i], j.keys[i], out);
    bf_buf_fmt(out, ",\"seq\":%" PRIu64 "}", row->seq);
}

static void tell_rows(struct bf_call *c, void *arg) {
    const struct listing *l = c->own;
    const struct bf_rows *rows = l->rows;
    const struct bf_row_setting *row = rows->row;
    struct bf_buf out;
    (void)arg;
    bf_buf_in(&out, c->arena);
    put_text(&out, "{\"kind\":", l->kind);
    bf_buf_z(&out, ",\"next\":");
    if (rows->count == l->limit)
        bf_json_text(row[rows->count - 1].id, &out);
    else
        bf_buf_z(&out, "null");
    bf_buf_z(&out, ",\"rows\":[");
    for (uint32_t i = 0; i < rows->count; i++) {
        bf_buf_z(&out, i ? "," : "");
        put_row(c, &row[i], &out);
    }
    bf_buf_z(&out, "]}");
    bf_call_json(c, 200, &out);
}

static void no_store(struct bf_call *c, void *arg) {
    (void)arg;
    bf_call_engine_problem(c, &(struct bf_answer){.kind = BF_ANSWER_STORE});
}

static void rows_read(void *ctx, enum bf_err err, const struct bf_error *e,
                      const struct bf_rows *rows) {
    struct bf_call *c = ctx;
    (void)e;
    ((struct listing *)c->own)->rows = rows;
    bf_call_run(c, err ? no_store : tell_rows, NULL);
}

/* ?after=ID&limit=N */
void bf_on_directory_list(struct bf_call *c) {
    enum bf_directory_kind kind;
    struct listing *l = bf_new(c->arena, struct listing);
    bf_str after = bf_http_query(c->request, "after"), limit = bf_http_query(c->request, "limit");
    l->kind = c->match.parts[0];
    l->limit = PAGE;
    if (!kind_of(l->kind, &kind)) {
        bf_call_problem(c, 404, "no-resource", BF_T_ADMIN_NO_KIND, BF_ARGS(bf_arg_str(l->kind)));
        return;
    }
    for (uint32_t i = 0, n = 0; i < limit.len; i++) {
        n = limit.p[i] >= '0' && limit.p[i] <= '9' && i < 4 ? n * 10 + (uint32_t)(limit.p[i] - '0')
                                                            : PAGE_MAX + 1;
        l->limit = n;
    }
    if (l->limit < 1 || l->limit > PAGE_MAX) {
        bf_call_problem(c, 400, "query", BF_T_API_QUERY_NUMBER,
                        BF_ARGS(bf_arg_str(BF_STR("limit")), bf_arg_int(1), bf_arg_int(PAGE_MAX)));
        return;
    }
    struct bf_row_setting at = {.kind = l->kind, .id = after};
    struct bf_query q = {
        .table = BF_TABLE_SETTING, .at = &at, .same = 1, .after = after.len > 0, .limit = l->limit};
    c->own = l;
    bf_store_read(c->service->store, &q, rows_read, c);
}

/* ---- putting ---- */
/* Instants of a row from text to seconds, in place. False: one is none. */
static bool take_instants(json_t *row) {
    for (size_t i = 0; i < sizeof instants / sizeof *instants; i++) {
        json_t *j = json_object_get(row, instants[i]);
        bf_instant at;
        if (!j || json_is_integer(j))
            continue;
        if (json_is_null(j)) {
            json_object_del(row, instants[i]);
            continue;
        }
        if (!json_is_string(j) || !bf_instant_read(text_of(row, instants[i]), &at) ||
            json_object_set_new(row, instants[i], json_integer(at)) != 0)
            return false;
    }
    return true;
}

/* Rows that are put, as a directory of their own; rows that are removed, by "kind id". */
struct change {
    struct bf_call *call;
    struct bf_directory *put;
    json_t *gone;
    struct bf_buf why; /* empty: it is fine */
};

static bool wrong(struct change *x, enum bf_text_id text, const bf_arg *args, int nargs) {
    bf_text_render(&x->why, x->call->lang, text, args, nargs);
    return false;
}

static const char *name_of(const struct change *x, enum bf_directory_kind kind, bf_str id) {
    struct bf_buf b;
    bf_buf_in(&b, x->call->arena);
    bf_buf_z(&b, bf_directory_word(kind));
    bf_buf_char(&b, ' ');
    bf_buf_str(&b, id);
    return bf_str_z(x->call->arena, bf_buf_view(&b));
}

static bool take_json(struct change *x, enum bf_directory_kind kind, bf_str id, json_t *json) {
    struct bf_buf text;
    struct bf_error e;
    if (!take_instants(json))
        return wrong(x, BF_T_ADMIN_ROW_INSTANT, BF_NOARGS);
    bf_buf_in(&text, x->call->arena);
    if (!bf_json_canonical(json, &text))
        return wrong(x, BF_T_ADMIN_ROW_WHOLE, BF_NOARGS);
    json_object_del(x->gone, name_of(x, kind, id));
    return !bf_directory_put(x->put, kind, id, bf_buf_view(&text), &e) ||
           wrong(x, BF_T_API_SYSTEM_SAYS, BF_ARGS(bf_arg_str(bf_str_of(e.text))));
}

/* Makes a row what the notice has of it. False: `why` says what is wrong. */
static bool take_row(struct change *x, json_t *row) {
    enum bf_directory_kind kind;
    bf_str id = text_of(row, "id");
    json_t *json = json_object_get(row, "json");
    if (!json_is_object(row) || json_object_size(row) != 3 || !id.len)
        return wrong(x, BF_T_ADMIN_ROW_FORM, BF_NOARGS);
    if (!kind_of(text_of(row, "kind"), &kind))
        return wrong(x, BF_T_ADMIN_ROW_KIND, BF_NOARGS);
    if (kind == BF_DIR_TOKEN)
        return wrong(x, BF_T_ADMIN_ROW_TOKEN, BF_NOARGS);
    if (kind == BF_DIR_PERSON &&
        id.p[0] == '@') /* he would pass for "@local", and see what it did */
        return wrong(x, BF_T_ADMIN_ROW_AT, BF_NOARGS);
    if (kind == BF_DIR_SUCCESSION &&
        !(json_is_object(json) ? bf_api_succession(x->call, x->put, id, json, &x->why)
                               : bf_api_succession_removed(x->call, id, &x->why)))
        return false;
    if (json_is_object(json))
        return take_json(x, kind, id, json);
    if (!json_is_null(json))
        return wrong(x, BF_T_ADMIN_ROW_JSON, BF_NOARGS);
    bf_directory_remove(x->put, kind, id);
    json_object_set_new(x->gone, name_of(x, kind, id), json_true());
    return true;
}

static bool has(const struct bf_directory *d, enum bf_directory_kind kind, bf_str id) {
    bf_str name, level;
    return bf_directory_called(d, kind, id, &name, &level);
}

static bool is_gone(const struct change *x, enum bf_directory_kind kind, bf_str id) {
    return json_object_get(x->gone, name_of(x, kind, id)) != NULL;
}

/* What is put names what is put with it, or was there and stays. */
static bool names_known(void *ctx, enum bf_directory_kind kind, bf_str id,
                        enum bf_directory_kind of, bf_str named) {
    struct change *x = ctx;
    return has(x->put, of, named) ||
           (has(x->call->service->directory, of, named) && !is_gone(x, of, named)) ||
           wrong(x, BF_T_ADMIN_ROW_NAMES,
                 BF_ARGS(bf_arg_str(bf_str_of(name_of(x, kind, id))),
                         bf_arg_str(bf_str_of(name_of(x, of, named)))));
}

/* What was there, and stays as it was, names nothing that goes. */
static bool names_staying(void *ctx, enum bf_directory_kind kind, bf_str id,
                          enum bf_directory_kind of, bf_str named) {
    struct change *x = ctx;
    return !is_gone(x, of, named) || is_gone(x, kind, id) || has(x->put, kind, id) ||
           wrong(x, BF_T_ADMIN_ROW_NAMED,
                 BF_ARGS(bf_arg_str(bf_str_of(name_of(x, of, named))),
                         bf_arg_str(bf_str_of(name_of(x, kind, id)))));
}

/* ---- deputies ---- */

/* What there will be of holdings and deputies: what is put, and of what was there all that is neither removed nor put anew. */
struct overlay {
    struct change *change;
    bool put; /* those that are put are told now */
    struct bf_grant *grant;
    uint32_t count, cap;
};

static bool overlay_add(void *ctx, const struct bf_grant *g) {
    struct overlay *o = ctx;
    enum bf_directory_kind kind = g->principal.len ? BF_DIR_DEPUTY : BF_DIR_HOLDING;
    if (!o->put && (is_gone(o->change, kind, g->id) || has(o->change->put, kind, g->id)))
        return true;
    o->grant = bf_arena_grow(o->change->call->arena, o->grant, o->count, &o->cap, sizeof *o->grant);
    o->grant[o->count++] = *g;
    return true;
}

/* No deputy is put who could not be one. */
static void check_deputies(struct change *x) {
    struct overlay o = {.change = x, .put = true};
    bf_directory_grants(x->put, overlay_add, &o);
    uint32_t count = o.count;
    o.put = false;
    bf_directory_grants(x->call->service->directory, overlay_add, &o);
    for (uint32_t i = 0; i < count && !x->why.len; i++) {
        const bf_str *path;
        uint32_t path_count;
        if (!o.grant[i].principal.len)
            continue;
        enum bf_deputy_end end =
            bf_deputy_check(x->call->arena, o.grant, o.count, &o.grant[i], &path, &path_count);
        if (end != BF_DEPUTY_FINE)
            bf_deputy_told(x->call, end, &o.grant[i], path, path_count, &x->why);
    }
}

static void take_rows(struct bf_call *c, void *arg) {
    struct change *x = arg;
    json_t *rows = json_object_get(c->body, "rows");
    size_t at = 0, count = json_array_size(rows);
    bf_buf_in(&x->why, c->arena);
    while (at < count && take_row(x, json_array_get(rows, at)))
        at++;
    if (at == count)
        bf_directory_references(x->put, names_known, x);
    if (at == count && !x->why.len)
        bf_directory_references(c->service->directory, names_staying, x);
    if (at == count && !x->why.len)
        check_deputies(x);
    if (!x->why.len)
        return;
    bf_str why = bf_str_dup(c->arena, bf_buf_view(&x->why));
    x->why.len = 0;
    wrong(x, at < count ? BF_T_ADMIN_DIRECTORY : BF_T_ADMIN_DIRECTORY_WHOLE,
          BF_ARGS(bf_arg_int((int64_t)at + 1), bf_arg_str(why)));
}

/* ---- cases of a department that is gone ---- */

/* Cases in which a removed department must or may do something, which nobody can now. */
struct left {
    struct bf_buf told;
    size_t row;   /* of the body's, from which to look on */
    bf_str who;   /* a department that was removed */
    uint64_t seq; /* of the answer */
    const struct bf_rows *rows;
    enum bf_err err;
};

static void tell_put(struct bf_call *c) {
    struct left *l = c->own;
    struct bf_buf out;
    bf_buf_in(&out, c->arena);
    bf_buf_z(&out, l->told.len ? "{\"left\":[" : "{");
    bf_buf_put(&out, l->told.p, l->told.len);
    bf_buf_fmt(&out, "%s\"rows\":%zu,\"seq\":%" PRIu64 "}", l->told.len ? "]," : "",
               json_array_size(json_object_get(c->body, "rows")), l->seq);
    bf_call_json(c, 200, &out);
}

static void look_for_left(struct bf_call *c);

static void take_left(struct bf_call *c, void *arg) {
    struct left *l = c->own;
    const struct bf_row_work *row = l->err ? NULL : l->rows->row;
    uint32_t count = l->err ? 0 : l->rows->count;
    uint64_t last = 0;
    (void)arg;
    for (uint32_t i = 0; i < count; i++) {
        if (row[i].number == last)
            continue;
        if (!last) {
            put_text(&l->told, l->told.len ? ",{\"department\":" : "{\"department\":", l->who);
            bf_buf_z(&l->told, ",\"cases\":[");
        }
        bf_buf_fmt(&l->told, last ? ",%" PRIu64 : "%" PRIu64, row[i].number);
        last = row[i].number;
    }
    if (last)
        bf_buf_fmt(&l->told, "],\"more\":%s}", count == LEFT_ROWS ? "true" : "false");
    look_for_left(c);
}

static void left_read(void *ctx, enum bf_err err, const struct bf_error *e,
                      const struct bf_rows *rows) {
    struct bf_call *c = ctx;
    struct left *l = c->own;
    (void)e;
    l->err = err;
    l->rows = rows;
    bf_call_run(c, take_left, NULL);
}

static void look_for_left(struct bf_call *c) {
    struct left *l = c->own;
    const json_t *rows = json_object_get(c->body, "rows");
    while (l->row < json_array_size(rows)) {
        const json_t *row = json_array_get(rows, l->row++);
        l->who = text_of(row, "id");
        if (!json_is_null(json_object_get(row, "json")) ||
            !bf_str_eq(text_of(row, "kind"), BF_STR("department")) ||
            has(c->service->directory, BF_DIR_DEPARTMENT, l->who))
            continue;
        struct bf_row_work at = {.who = l->who};
        struct bf_query q = {.table = BF_TABLE_WORK, .at = &at, .same = 1, .limit = LEFT_ROWS};
        bf_store_read(c->service->store, &q, left_read, c);
        return;
    }
    tell_put(c);
}

static void rows_put(struct bf_call *c, const struct bf_answer *a) {
    struct left *l = bf_new(c->arena, struct left);
    l->seq = a->seq;
    bf_buf_in(&l->told, c->arena);
    c->own = l;
    look_for_left(c);
}

/* All of them or none. */
static void put_rows(struct bf_call *c) {
    struct change x = {.call = c, .put = bf_directory_new(), .gone = json_object()};
    struct bf_buf data;
    bool looked = x.put && x.gone && bf_call_try(c, take_rows, &x);
    bf_directory_free(x.put);
    json_decref(x.gone);
    if (!looked) {
        bf_call_engine_problem(c, &(struct bf_answer){.kind = BF_ANSWER_MEMORY});
    } else if (x.why.len) {
        bf_call_problem(c, 422, "member", BF_T_API_DETAIL,
                        BF_ARGS(bf_arg_str(bf_buf_view(&x.why))));
    } else {
        bf_buf_in(&data, c->arena);
        bf_json_canonical(c->body, &data);
        struct bf_call_notice n = {.kind = BF_ENTRY_DIRECTORY, .data = bf_buf_view(&data)};
        bf_call_notice(c, &n, rows_put);
    }
}

void bf_on_directory_put(struct bf_call *c) {
    size_t count = json_array_size(json_object_get(c->body, "rows"));
    if (!count || count > ROWS_MAX || json_object_size(c->body) != 1)
        bf_call_problem(c, 422, "member", BF_T_ADMIN_ROWS, BF_ARGS(bf_arg_int(ROWS_MAX)));
    else
        bf_call_first(c, rows_put, put_rows);
}

/* ---- tokens ---- */
struct fresh_token {
    char text[BF_TOKEN_LEN + 1], id[2 * 8 + 1];
    bf_str person;
    bf_instant expires;
};

static void tell_token(struct bf_call *c, const struct bf_answer *a) {
    struct fresh_token *t = c->own;
    struct bf_buf out;
    bf_call_header(c, "Cache-Control", BF_STR("no-store"));
    if (a->again) { /* only its hash is kept */
        bf_call_problem(c, 409, "token-shown", BF_T_ADMIN_TOKEN_SHOWN, BF_NOARGS);
    } else {
        bf_buf_in(&out, c->arena);
        bf_buf_z(&out, "{\"expires\":");
        bf_json_instant(t->expires, &out);
        bf_buf_fmt(&out, ",\"id\":\"%s\"", t->id);
        put_text(&out, ",\"person\":", t->person);
        bf_buf_fmt(&out, ",\"seq\":%" PRIu64 ",\"token\":\"%s\"}", a->seq, t->text);
        bf_call_json(c, 201, &out);
    }
    explicit_bzero(t->text, sizeof t->text);
}

static bool read_token_body(struct bf_call *c, struct fresh_token *t) {
    bf_str expires = text_of(c->body, "expires");
    t->person = text_of(c->body, "person");
    t->expires = BF_INSTANT_NONE;
    if (!t->person.len) {
        bf_call_problem(c, 422, "member", BF_T_ADMIN_TOKEN_PERSON, BF_NOARGS);
        return false;
    }
    if (json_object_get(c->body, "expires") && !bf_instant_read(expires, &t->expires)) {
        bf_call_problem(c, 422, "member", BF_T_ADMIN_INSTANT,
                        BF_ARGS(bf_arg_str(BF_STR("expires"))));
        return false;
    }
    if (t->expires != BF_INSTANT_NONE && t->expires <= bf_service_now(c->service)) {
        bf_call_problem(c, 422, "member", BF_T_API_EXPIRED, BF_NOARGS);
        return false;
    }
    return true;
}

static void send_token(struct bf_call *c) {
    struct fresh_token *t = c->own;
    bf_str name = text_of(c->body, "name");
    uint8_t id[8];
    struct bf_token_hash hash;
    struct bf_error e;
    struct bf_buf data;
    if (bf_token_make(t->text, &hash, &e) || getrandom(id, sizeof id, 0) != sizeof id) {
        bf_call_engine_problem(c, &(struct bf_answer){.kind = BF_ANSWER_STORE});
        return;
    }
    bf_hex(id, sizeof id, t->id);
    bf_buf_in(&data, c->arena);
    bf_buf_fmt(&data, "{\"rows\":[{\"id\":\"%s\",\"json\":{", t->id);
    if (t->expires != BF_INSTANT_NONE)
        bf_buf_fmt(&data, "\"expires\":%" PRId64 ",", t->expires);
    bf_buf_z(&data, "\"hash\":");
    bf_json_hex(hash.p, sizeof hash.p, &data);
    put_text(&data, ",\"name\":", name.len ? name : t->person);
    put_text(&data, ",\"person\":", t->person);
    bf_buf_z(&data, ",\"revoked\":false},\"kind\":\"token\"}]}");
    struct bf_call_notice n = {.kind = BF_ENTRY_DIRECTORY, .data = bf_buf_view(&data)};
    bf_call_notice(c, &n, tell_token);
}

struct found {
    const struct bf_rows *rows;
    void (*then)(struct bf_call *c, const struct bf_row_setting *row);
};

static void go_on(struct bf_call *c, void *arg) {
    struct found *f = arg;
    f->then(c, f->rows->count ? f->rows->row : NULL);
}

struct look_up {
    struct bf_call *call;
    struct found found;
};

static void found_row(void *ctx, enum bf_err err, const struct bf_error *e,
                      const struct bf_rows *rows) {
    struct look_up *l = ctx;
    (void)e;
    l->found.rows = rows;
    bf_call_run(l->call, err ? no_store : go_on, &l->found);
}

/* A row of the directory as it is durable; then(c, NULL): there is none. */
static void find_row(struct bf_call *c, enum bf_directory_kind kind, bf_str id,
                     void (*then)(struct bf_call *c, const struct bf_row_setting *row)) {
    struct look_up *l = bf_new(c->arena, struct look_up);
    struct bf_row_setting at = {.kind = bf_str_of(bf_directory_word(kind)), .id = id};
    struct bf_query q = {.table = BF_TABLE_SETTING, .at = &at, .same = 2, .limit = 1};
    *l = (struct look_up){c, {.then = then}};
    bf_store_read(c->service->store, &q, found_row, l);
}

static void token_for(struct bf_call *c, const struct bf_row_setting *person) {
    struct fresh_token *t = c->own;
    if (person)
        send_token(c);
    else
        bf_call_problem(c, 422, "member", BF_T_ADMIN_NO_PERSON, BF_ARGS(bf_arg_str(t->person)));
}

static void find_token_person(struct bf_call *c) {
    find_row(c, BF_DIR_PERSON, ((const struct fresh_token *)c->own)->person, token_for);
}

void bf_on_token_new(struct bf_call *c) {
    struct fresh_token *t = bf_new(c->arena, struct fresh_token);
    c->own = t;
    if (read_token_body(c, t))
        bf_call_first(c, tell_token, find_token_person);
}

static void tell_revoked(struct bf_call *c, const struct bf_answer *a) {
    struct bf_buf out;
    bf_buf_in(&out, c->arena);
    put_text(&out, "{\"id\":", c->match.parts[0]);
    bf_buf_fmt(&out, ",\"revoked\":true,\"seq\":%" PRIu64 "}", a->seq);
    bf_call_json(c, 200, &out);
}

static void revoke(struct bf_call *c, const struct bf_row_setting *row) {
    struct bf_canon j;
    struct bf_error e;
    struct bf_buf data;
    bf_str id = c->match.parts[0];
    if (!row || bf_canon_read(c->arena, row->json, &j, &e)) {
        bf_call_problem(c, 404, "no-token", BF_T_ADMIN_NO_TOKEN, BF_ARGS(bf_arg_str(id)));
        return;
    }
    bf_buf_in(&data, c->arena);
    put_text(&data, "{\"rows\":[{\"id\":", id);
    bf_buf_z(&data, ",\"json\":{");
    for (uint32_t i = 0; i < j.count; i++) {
        put_text(&data, i ? "," : "", j.keys[i]);
        bf_buf_char(&data, ':');
        bf_buf_str(&data,
                   bf_str_eq(j.keys[i], BF_STR("revoked")) ? BF_STR("true") : j.items[i].bytes);
    }
    bf_buf_z(&data, "},\"kind\":\"token\"}]}");
    struct bf_call_notice n = {.kind = BF_ENTRY_DIRECTORY, .data = bf_buf_view(&data)};
    bf_call_notice(c, &n, tell_revoked);
}

void bf_on_token_revoke(struct bf_call *c) { find_row(c, BF_DIR_TOKEN, c->match.parts[0], revoke); }

/* ---- who am I ---- */
struct capacities {
    const struct bf_service *service;
    struct bf_buf *out;
    bool more;
};

static bool put_capacity(void *ctx, const struct bf_capacity *k) {
    struct capacities *x = ctx;
    bf_str name, none;
    put_text(x->out, x->more ? ",{\"department\":" : "{\"department\":", k->department);
    struct bf_level level = bf_api_level(x->service, k->level);
    if (level.code.len)
        put_text(x->out, ",\"level\":", level.code);
    if (level.label.len)
        put_text(x->out, ",\"level_label\":", level.label);
    put_text(x->out, ",\"name\":", k->name);
    if (k->office.len)
        put_text(x->out, ",\"office\":", k->office);
    put_text(x->out, ",\"post\":", k->post);
    if (k->principal.len) {
        put_text(x->out, ",\"deputy_of\":", k->principal);
        if (bf_directory_called(x->service->directory, BF_DIR_PERSON, k->principal, &name, &none))
            put_text(x->out, ",\"deputy_of_name\":", name);
        bf_buf_z(x->out, ",\"until\":");
        bf_json_instant(k->until, x->out);
    }
    if (k->policy.len)
        put_text(x->out, ",\"policy\":", k->policy);
    bf_buf_char(x->out, '}');
    x->more = true;
    return true;
}

static void tell_me(struct bf_call *c, const struct bf_row_setting *row) {
    struct bf_canon j;
    struct bf_error e;
    struct bf_buf out;
    const struct bf_canon *name = NULL;
    struct capacities x = {c->service, &out, false};
    if (row && bf_canon_read(c->arena, row->json, &j, &e) == BF_OK)
        name = bf_canon_member(&j, "name");
    bf_buf_in(&out, c->arena);
    bf_buf_z(&out, "{\"capacities\":[");
    bf_directory_capacities(c->service->directory, c->principal.person, bf_service_now(c->service),
                            put_capacity, &x);
    bf_buf_z(&out, "]");
    if (name && name->kind == BF_CANON_TEXT)
        put_text(&out, ",\"name\":", name->text);
    bf_buf_z(&out, c->principal.is_operator ? ",\"operator\":true" : ",\"operator\":false");
    put_text(&out, ",\"person\":", c->principal.person);
    if (c->principal.token.len)
        put_text(&out, ",\"token\":", c->principal.token);
    bf_buf_char(&out, '}');
    bf_call_json(c, 200, &out);
}

void bf_on_me(struct bf_call *c) { find_row(c, BF_DIR_PERSON, c->principal.person, tell_me); }
