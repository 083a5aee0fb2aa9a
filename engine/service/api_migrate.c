/* Api of moving open cases to another version of their policy (engine/core/migrate.h).
**
** {policy} is the version the cases are pinned to; the body is {"dry_run":bool,"states":{OLD:NEW},"to":NAME|HASH}. What
** became, or would become, of each case is told, of the first CASES_TOLD in full, of the rest as numbers. It can be asked
** for again: what has moved is no longer of the old version. That it was asked for is a row of its own, under the key, and
** before those of the cases; a dry run leaves none.
*/
#include <inttypes.h>
#include <string.h>

#include "engine/service/api_parts.h"
#include "engine/service/notice.h"

enum { CASES_TOLD = 1000 };

struct migration {
    struct bf_call *call;
    struct bf_buf cases;
    const struct bf_image *to;
    const struct bf_engine_policy *old, *new;
    struct bf_state_map map;
    bool dry_run, memory;
    uint64_t told, moves, stays;
    enum bf_answer_kind end;
};

static void put_text(struct bf_buf *out, const char *before, bf_str text) {
    bf_buf_z(out, before);
    bf_json_text(text, out);
}

static void put_change(const struct bf_changed *x, struct bf_buf *out) {
    if (x->after.kind != BF_DUE_NONE) {
        bf_buf_z(out, "{\"after\":");
        bf_api_due_json(&x->after, out);
        bf_buf_z(out, ",\"change\":");
    } else {
        bf_buf_z(out, "{\"change\":");
    }
    bf_buf_fmt(out, "\"%s\"", bf_change_word(x->change));
    if (x->before.kind != BF_DUE_NONE) {
        bf_buf_z(out, ",\"before\":");
        bf_api_due_json(&x->before, out);
    }
    put_text(out, ",\"label\":", x->label);
    put_text(out, ",\"name\":", x->name);
    if (x->now.len)
        put_text(out, ",\"now\":", x->now);
    bf_buf_char(out, '}');
}

static void put_case(struct bf_call *c, void *arg) {
    const struct bf_migrated_case *x = arg;
    struct bf_buf *out = &((struct migration *)c->own)->cases;
    if (out->len)
        bf_buf_char(out, ',');
    bf_buf_fmt(out, "{\"case\":%" PRIu64 ",\"changes\":[", x->number);
    for (uint32_t i = 0; i < x->changed_count; i++) {
        if (i)
            bf_buf_char(out, ',');
        put_change(&x->changed[i], out);
    }
    bf_buf_char(out, ']');
    if (x->obstacle) {
        put_text(out, ",\"name\":", x->name);
        bf_buf_fmt(out, ",\"obstacle\":\"%s\"", bf_obstacle_word(x->obstacle));
    }
    if (x->seq)
        bf_buf_fmt(out, ",\"seq\":%" PRIu64, x->seq);
    bf_buf_char(out, '}');
}

static void each(void *ctx, const struct bf_migrated_case *x) {
    struct migration *m = ctx;
    m->moves += !x->obstacle;
    m->stays += x->obstacle != BF_OBSTACLE_NONE;
    if (m->told == CASES_TOLD || m->memory)
        return;
    m->told++;
    m->memory = !bf_call_try(m->call, put_case, (void *)(uintptr_t)x);
}

static void tell(struct bf_call *c, void *arg) {
    const struct migration *m = c->own;
    struct bf_buf out;
    (void)arg;
    if (m->end != BF_ANSWER_DONE || m->memory) {
        bf_call_engine_problem(c,
                               &(struct bf_answer){.kind = m->memory ? BF_ANSWER_MEMORY : m->end});
        return;
    }
    bf_buf_in(&out, c->arena);
    bf_buf_z(&out, "{\"cases\":[");
    bf_buf_put(&out, m->cases.p, m->cases.len);
    bf_buf_fmt(&out,
               "],\"dry_run\":%s,\"more\":%s,\"moves\":%" PRIu64 ",\"stays\":%" PRIu64 ",\"to\":",
               m->dry_run ? "true" : "false", m->moves + m->stays > m->told ? "true" : "false",
               m->moves, m->stays);
    bf_json_hex(m->to->hash, BF_SHA256_LEN, &out);
    bf_buf_char(&out, '}');
    bf_call_json(c, 200, &out);
}

static void done(void *ctx, enum bf_answer_kind kind) {
    struct migration *m = ctx;
    m->end = kind;
    bf_call_run(m->call, tell, NULL);
}

static bool read_map(struct bf_call *c, struct bf_state_map *map) {
    json_t *states = json_object_get(c->body, "states"), *to;
    size_t count = json_object_size(states);
    bf_str *from = bf_new_array(c->arena, bf_str, count + 1);
    bf_str *now = bf_new_array(c->arena, bf_str, count + 1);
    const char *name;
    *map = (struct bf_state_map){from, now, 0};
    if (states && !json_is_object(states))
        return false;
    json_object_foreach(states, name, to) {
        if (!json_is_string(to))
            return false;
        from[map->count] = bf_str_of(name);
        now[map->count++] = bf_str_of(json_string_value(to));
    }
    return true;
}

static bool has_state(const struct bf_image *m, bf_str name) {
    for (uint32_t i = 0; i < m->state_count; i++)
        if (bf_str_eq(bf_i_text(m, m->state[i].name), name))
            return true;
    return false;
}

/* Each once, in written order. */
static bf_str state_names(const struct bf_image *m, struct bf_arena *a) {
    struct bf_buf out;
    bf_buf_in(&out, a);
    for (uint32_t i = 0; i < m->state_count; i++) {
        bool told = false;
        for (uint32_t k = 0; k < i && !told; k++)
            told = m->state[k].name == m->state[i].name;
        if (told)
            continue;
        bf_buf_z(&out, out.len ? ", " : "");
        bf_buf_str(&out, bf_i_text(m, m->state[i].name));
    }
    return bf_buf_view(&out);
}

/* Is each state of the map there? False: answered. */
static bool map_fits(struct bf_call *c, const struct bf_state_map *map, const struct bf_image *old,
                     const struct bf_image *new) {
    for (uint32_t i = 0; i < 2 * map->count; i++) {
        const struct bf_image *m = i % 2 ? new : old;
        bf_str name = i % 2 ? map->to[i / 2] : map->from[i / 2];
        if (has_state(m, name))
            continue;
        bf_call_problem_with(c, 422, "member",
                             i % 2 ? BF_T_ADMIN_NO_NEW_STATE : BF_T_ADMIN_NO_OLD_STATE,
                             BF_ARGS(bf_arg_str(name), bf_arg_str(state_names(m, c->arena))),
                             BF_STR(",\"member\":\"states\""));
        return false;
    }
    return true;
}

static void start(struct bf_call *c) {
    struct migration *m = c->own;
    bf_engine_migrate(c->service->engine, &(struct bf_migration){.from = m->old,
                                                                 .to = m->new,
                                                                 .map = m->map,
                                                                 .dry_run = m->dry_run,
                                                                 .principal = c->principal.person,
                                                                 .request = c->request_id,
                                                                 .each = each,
                                                                 .done = done,
                                                                 .ctx = m});
}

static void start_asked(struct bf_call *c, const struct bf_answer *a) {
    (void)a;
    start(c);
}

/* {"id":OLD,"json":{"states":{…},"to":NEW},"kind":"migration"} */
static bf_str said(struct bf_call *c, const struct migration *m) {
    json_t *states = json_object_get(c->body, "states");
    struct bf_buf data;
    bf_buf_in(&data, c->arena);
    bf_buf_z(&data, "{\"id\":");
    bf_json_hex(m->old->image->hash, BF_SHA256_LEN, &data);
    bf_buf_z(&data, ",\"json\":{\"states\":");
    if (states)
        bf_json_canonical(states, &data);
    else
        bf_buf_z(&data, "{}");
    bf_buf_z(&data, ",\"to\":");
    bf_json_hex(m->to->hash, BF_SHA256_LEN, &data);
    bf_buf_z(&data, "},\"kind\":\"migration\"}");
    return bf_buf_view(&data);
}

static struct bf_policy_known *wanted(struct bf_call *c, bf_str name) {
    struct bf_policy_known *p = bf_service_policy(c->service, name);
    if (p && p->seq && p->engine)
        return p;
    bf_call_problem(c, 404, "no-policy", BF_T_ADMIN_NO_POLICY, BF_ARGS(bf_arg_str(name)));
    return NULL;
}

void bf_on_policy_migrate(struct bf_call *c) {
    static const char *const known[] = {"dry_run", "states", "to", NULL};
    const json_t *to_name = json_object_get(c->body, "to");
    struct migration *m = bf_new(c->arena, struct migration);
    struct bf_state_map map;
    const struct bf_policy_known *from = wanted(c, c->match.parts[0]), *to;
    if (!from || bf_api_strangers(c, c->body, known))
        return;
    const struct bf_image *old = from->image;
    const struct bf_engine_policy *old_policy = from->engine;
    bf_str name = json_is_string(to_name)
                      ? (bf_str){json_string_value(to_name), (uint32_t)json_string_length(to_name)}
                      : bf_i_text(old, old->policy.name);
    if (!(to = wanted(c, name)))
        return;
    if (to->image == old || !read_map(c, &map) ||
        !bf_str_eq(bf_i_text(old, old->policy.name),
                   bf_i_text(to->image, to->image->policy.name))) {
        bf_call_problem(c, 422, "member", BF_T_ADMIN_MIGRATE, BF_NOARGS);
        return;
    }
    if (!map_fits(c, &map, old, to->image))
        return;
    *m = (struct migration){.call = c,
                            .to = to->image,
                            .old = old_policy,
                            .new = to->engine,
                            .map = map,
                            .dry_run = json_is_true(json_object_get(c->body, "dry_run"))};
    bf_buf_in(&m->cases, c->arena);
    c->own = m;
    if (m->dry_run) {
        bf_call_first(c, start_asked, start);
        return;
    }
    struct bf_call_notice n = {.kind = BF_ENTRY_SETTING, .data = said(c, m)};
    bf_call_notice(c, &n, start_asked);
}
