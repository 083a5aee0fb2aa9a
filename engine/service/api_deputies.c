/* Api of deputies: who holds a post makes another his deputy in it for a time, and ends that again. Rows of the directory
** like others (auth.h), which operators may put as well. */
#include <inttypes.h>
#include <stdlib.h>

#include "engine/service/api_deputies.h"
#include "engine/service/notice.h"

static void put_text(struct bf_buf *out, const char *before, bf_str text) {
    bf_buf_z(out, before);
    bf_json_text(text, out);
}

/* ---- what is wrong with one ---- */

void bf_deputy_told(struct bf_call *c, enum bf_deputy_end end, const struct bf_grant *g,
                    const bf_str *path, uint32_t path_count, struct bf_buf *why) {
    struct bf_buf way;
    static const enum bf_text_id text[] = {
        [BF_DEPUTY_SELF] = BF_T_ADMIN_DEPUTY_SELF,
        [BF_DEPUTY_NEVER] = BF_T_ADMIN_DEPUTY_NEVER,
        [BF_DEPUTY_NOT_HELD] = BF_T_ADMIN_DEPUTY_NOT_HELD,
        [BF_DEPUTY_CHAIN] = BF_T_ADMIN_DEPUTY_CHAIN,
        [BF_DEPUTY_CIRCLE] = BF_T_ADMIN_DEPUTY_CIRCLE,
    };
    bf_buf_in(&way, c->arena);
    bf_buf_str(&way, g->person);
    for (uint32_t i = 0; i < path_count; i++) {
        bf_buf_z(&way, " → ");
        bf_buf_str(&way, path[i]);
    }
    bf_text_render(why, c->lang, text[end],
                   BF_ARGS(bf_arg_str(g->person), bf_arg_str(g->principal), bf_arg_str(g->post),
                           bf_arg_str(bf_buf_view(&way))));
}

/* ---- all there are ---- */
struct grants {
    struct bf_call *call;
    struct bf_grant *grant;
    uint32_t count, cap;
    bool all; /* or only deputies, of the caller or of whom he is one */
};

static bool gather(void *ctx, const struct bf_grant *g) {
    struct grants *x = ctx;
    bf_str me = x->call->principal.person;
    bool his = g->principal.len && (bf_str_eq(g->person, me) || bf_str_eq(g->principal, me));
    if (!x->all && !his)
        return true;
    x->grant = bf_arena_grow(x->call->arena, x->grant, x->count, &x->cap, sizeof *x->grant);
    x->grant[x->count++] = *g;
    return true;
}

static void put_grant(const struct bf_grant *g, struct bf_buf *out) {
    bf_buf_z(out, "{\"from\":");
    bf_json_instant(g->from, out);
    put_text(out, ",\"id\":", g->id);
    put_text(out, ",\"person\":", g->person);
    if (g->policy.len)
        put_text(out, ",\"policy\":", g->policy);
    put_text(out, ",\"post\":", g->post);
    put_text(out, ",\"principal\":", g->principal);
    bf_buf_z(out, ",\"until\":");
    bf_json_instant(g->until, out);
}

static int by_id(const void *x, const void *y) {
    return bf_str_cmp(((const struct bf_grant *)x)->id, ((const struct bf_grant *)y)->id);
}

void bf_on_deputies_list(struct bf_call *c) {
    struct grants x = {.call = c};
    struct bf_buf out;
    bf_directory_grants(c->service->directory, gather, &x);
    if (x.count)
        qsort(x.grant, x.count, sizeof *x.grant, by_id);
    bf_buf_in(&out, c->arena);
    bf_buf_z(&out, "{\"deputies\":[");
    for (uint32_t i = 0; i < x.count; i++) {
        bf_buf_z(&out, i ? "," : "");
        put_grant(&x.grant[i], &out);
        bf_buf_char(&out, '}');
    }
    bf_buf_z(&out, "]}");
    bf_call_json(c, 200, &out);
}

/* ---- a new one ---- */
struct fresh {
    struct bf_grant g;
    char id[2 * 8 + 1];
};

/* The same key is the same deputy, however often it is sent. */
static void name_it(struct bf_call *c, struct fresh *f) {
    struct bf_buf all;
    uint8_t hash[BF_SHA256_LEN];
    bf_buf_in(&all, c->arena);
    bf_json_text(c->principal.person, &all);
    bf_buf_str(&all, c->key);
    bf_sha256(all.p, all.len, hash);
    bf_hex(hash, 8, f->id);
    f->g.id = bf_str_of(f->id);
}

static void tell_new(struct bf_call *c, const struct bf_answer *a) {
    const struct fresh *f = c->own;
    struct bf_buf out;
    bf_buf_in(&out, c->arena);
    put_grant(&f->g, &out);
    bf_buf_fmt(&out, ",\"seq\":%" PRIu64 "}", a->seq);
    bf_call_json(c, 201, &out);
}

static bool wrong(struct bf_call *c, enum bf_text_id text, const bf_arg *args, int nargs) {
    bf_call_problem(c, 422, "member", text, args, nargs);
    return false;
}

static bool take_text(struct bf_call *c, const char *name, bool needed, bf_str *out) {
    json_t *j = json_object_get(c->body, name);
    *out = (bf_str){json_string_value(j), (uint32_t)json_string_length(j)};
    return (json_is_string(j) && out->len) || (!j && !needed) ||
           wrong(c, BF_T_API_TEXT_NEEDED, BF_ARGS(bf_arg_str(bf_str_of(name))));
}

static bool take_instant(struct bf_call *c, const char *name, bool needed, bf_instant *out) {
    json_t *j = json_object_get(c->body, name);
    bf_str s = {json_string_value(j), (uint32_t)json_string_length(j)};
    *out = BF_INSTANT_NONE;
    return (json_is_string(j) && bf_instant_read(s, out)) || (!j && !needed) ||
           wrong(c, BF_T_ADMIN_INSTANT, BF_ARGS(bf_arg_str(bf_str_of(name))));
}

static bool is_known(struct bf_call *c, enum bf_directory_kind kind, bf_str id) {
    bf_str name, level;
    return bf_directory_called(c->service->directory, kind, id, &name, &level) ||
           wrong(c, BF_T_ADMIN_DEPUTY_NOBODY,
                 BF_ARGS(bf_arg_str(bf_str_of(bf_directory_word(kind))), bf_arg_str(id)));
}

static void no_right(struct bf_call *c) {
    bf_call_problem(c, 403, "no-right", BF_T_ADMIN_DEPUTY_NOT_YOURS, BF_NOARGS);
}

static void send_new(struct bf_call *c) {
    const struct bf_grant *g = &((const struct fresh *)c->own)->g;
    struct grants all = {.call = c, .all = true};
    struct bf_buf data, why;
    const bf_str *path;
    uint32_t path_count;
    if (!is_known(c, BF_DIR_PERSON, g->person) || !is_known(c, BF_DIR_PERSON, g->principal) ||
        !is_known(c, BF_DIR_POST, g->post))
        return;
    if (g->until <= bf_service_now(c->service)) {
        wrong(c, BF_T_ADMIN_DEPUTY_OVER, BF_NOARGS);
        return;
    }
    bf_directory_grants(c->service->directory, gather, &all);
    enum bf_deputy_end end = bf_deputy_check(c->arena, all.grant, all.count, g, &path, &path_count);
    if (end != BF_DEPUTY_FINE) {
        bf_buf_in(&why, c->arena);
        bf_deputy_told(c, end, g, path, path_count, &why);
        wrong(c, BF_T_API_DETAIL, BF_ARGS(bf_arg_str(bf_buf_view(&why))));
        return;
    }
    bf_buf_in(&data, c->arena);
    put_text(&data, "{\"rows\":[{\"id\":", g->id);
    bf_buf_z(&data, ",\"json\":{");
    if (g->from != BF_INSTANT_NONE)
        bf_buf_fmt(&data, "\"from\":%" PRId64 ",", g->from);
    put_text(&data, "\"person\":", g->person);
    if (g->policy.len)
        put_text(&data, ",\"policy\":", g->policy);
    put_text(&data, ",\"post\":", g->post);
    put_text(&data, ",\"principal\":", g->principal);
    bf_buf_fmt(&data, ",\"until\":%" PRId64 "},\"kind\":\"deputy\"}]}", g->until);
    struct bf_call_notice n = {.kind = BF_ENTRY_DIRECTORY, .data = bf_buf_view(&data)};
    bf_call_notice(c, &n, tell_new);
}

void bf_on_deputy_new(struct bf_call *c) {
    static const char *const known[] = {"from",  "person",    "policy", "post",
                                        "until", "principal", NULL};
    struct fresh *f = bf_new(c->arena, struct fresh);
    *f = (struct fresh){.g = {.from = BF_INSTANT_NONE}};
    c->own = f;
    if (bf_api_strangers(c, c->body, known) || !take_text(c, "person", true, &f->g.person) ||
        !take_text(c, "post", true, &f->g.post) || !take_text(c, "policy", false, &f->g.policy) ||
        !take_text(c, "principal", c->local, &f->g.principal) ||
        !take_instant(c, "from", false, &f->g.from) || !take_instant(c, "until", true, &f->g.until))
        return;
    if (!f->g.principal.len)
        f->g.principal = c->principal.person;
    name_it(c, f);
    if (bf_str_eq(f->g.principal, c->principal.person) || c->principal.is_operator)
        bf_call_first(c, tell_new, send_new);
    else
        bf_call_deny(c, BF_LABEL_DENIED_RIGHT, 0, no_right);
}

/* ---- its end ---- */

static void tell_end(struct bf_call *c, const struct bf_answer *a) {
    struct bf_buf out;
    bf_buf_in(&out, c->arena);
    put_text(&out, "{\"ended\":true,\"id\":", c->match.parts[0]);
    bf_buf_fmt(&out, ",\"seq\":%" PRIu64 "}", a->seq);
    bf_call_json(c, 200, &out);
}

static void send_end(struct bf_call *c) {
    struct bf_grant g;
    struct bf_buf data;
    bf_str id = c->match.parts[0], me = c->principal.person;
    bool there = bf_directory_deputy(c->service->directory, id, &g);
    /* Whom it does not concern is not told that it is there. */
    if (!there ||
        !(c->principal.is_operator || bf_str_eq(g.principal, me) || bf_str_eq(g.person, me))) {
        bf_call_problem(c, 404, "no-deputy", BF_T_ADMIN_NO_DEPUTY, BF_ARGS(bf_arg_str(id)));
        return;
    }
    bf_buf_in(&data, c->arena);
    put_text(&data, "{\"rows\":[{\"id\":", id);
    bf_buf_z(&data, ",\"json\":null,\"kind\":\"deputy\"}]}");
    struct bf_call_notice n = {.kind = BF_ENTRY_DIRECTORY, .data = bf_buf_view(&data)};
    bf_call_notice(c, &n, tell_end);
}

void bf_on_deputy_end(struct bf_call *c) { bf_call_first(c, tell_end, send_end); }
