/* Api of moving open cases to another version of their policy (engine/core/migrate.h).
**
** {policy} is the version the cases are pinned to; the body is {"dry_run":bool,"recompute":"all"|[DUTY…],
** "states":{OLD:NEW},"to":NAME|HASH}. What became, or would become, of each case is told, of the first CASES_TOLD in full,
** of the rest as numbers. That it was asked for is a row, under the key and before those of the cases, and what came of it
** is another behind them; a dry run leaves none. Sent again it tells the latter; if it was cut off, and there is none, it
** goes on: what has moved is no longer of the old version.
*/
#include <inttypes.h>
#include <string.h>

#include "engine/core/canon.h"
#include "engine/service/api_parts.h"
#include "engine/service/notice.h"

enum { CASES_TOLD = 1000 };

struct migration {
    struct bf_call *call;
    struct bf_buf cases;
    const struct bf_image *to;
    const struct bf_engine_policy *old, *new;
    struct bf_migrate_choice choice;
    bool dry_run, memory;
    uint64_t told, moves, stays;
    enum bf_answer_kind end;
};

static void put_text(struct bf_buf *out, const char *before, bf_str text) {
    bf_buf_z(out, before);
    bf_json_text(text, out);
}

static void put_due(struct bf_buf *out, const char *key, const struct bf_due *due) {
    if (due->kind == BF_DUE_NONE)
        return;
    bf_buf_z(out, key);
    bf_api_due_json(due, out);
    bf_buf_char(out, ',');
}

/* Canonical: what came of a migration is kept in a row. */
static void put_change(const struct bf_changed *x, struct bf_buf *out) {
    bf_buf_char(out, '{');
    put_due(out, "\"after\":", &x->after);
    put_due(out, "\"before\":", &x->before);
    bf_buf_fmt(out, "\"change\":\"%s\"", bf_change_word(x->change));
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

static bf_str came_of_it(struct bf_call *c) {
    const struct migration *m = c->own;
    struct bf_buf out;
    bf_buf_in(&out, c->arena);
    bf_buf_z(&out, "{\"cases\":[");
    bf_buf_put(&out, m->cases.p, m->cases.len);
    bf_buf_fmt(&out,
               "],\"dry_run\":%s,\"more\":%s,\"moves\":%" PRIu64 ",\"stays\":%" PRIu64 ",\"to\":",
               m->dry_run ? "true" : "false", m->moves + m->stays > m->told ? "true" : "false",
               m->moves, m->stays);
    bf_json_hex(m->to->hash, BF_SHA256_LEN, &out);
    bf_buf_char(&out, '}');
    return bf_buf_view(&out);
}

static void tell_json(struct bf_call *c, bf_str json) {
    struct bf_buf out;
    bf_buf_in(&out, c->arena);
    bf_buf_str(&out, json);
    bf_call_json(c, 200, &out);
}

/* From the row, whoever made it. */
static void tell_ended(struct bf_call *c, const struct bf_answer *a) {
    struct bf_canon row;
    struct bf_error e;
    const struct bf_canon *json = bf_canon_read(c->arena, bf_str_dup(c->arena, a->data), &row, &e)
                                      ? NULL
                                      : bf_canon_member(&row, "json");
    if (json)
        tell_json(c, json->bytes);
    else
        bf_call_engine_problem(c, &(struct bf_answer){.kind = BF_ANSWER_STORE});
}

/* {"id":OLD,"json":…,"kind":"migration"} */
static bf_str setting(struct bf_call *c, bf_str json) {
    const struct migration *m = c->own;
    struct bf_buf data;
    bf_buf_in(&data, c->arena);
    bf_buf_z(&data, "{\"id\":");
    bf_json_hex(m->old->image->hash, BF_SHA256_LEN, &data);
    bf_buf_z(&data, ",\"json\":");
    bf_buf_str(&data, json);
    bf_buf_z(&data, ",\"kind\":\"migration\"}");
    return bf_buf_view(&data);
}

static void tell(struct bf_call *c, void *arg) {
    const struct migration *m = c->own;
    (void)arg;
    if (m->end != BF_ANSWER_DONE || m->memory) {
        bf_call_engine_problem(c,
                               &(struct bf_answer){.kind = m->memory ? BF_ANSWER_MEMORY : m->end});
        return;
    }
    bf_str json = came_of_it(c);
    if (m->dry_run) {
        tell_json(c, json);
        return;
    }
    struct bf_call_notice n = {
        .kind = BF_ENTRY_SETTING, .data = setting(c, json), .part = BF_NOTICE_END};
    bf_call_notice(c, &n, tell_ended);
}

static void done(void *ctx, enum bf_answer_kind kind) {
    struct migration *m = ctx;
    m->end = kind;
    bf_call_run(m->call, tell, NULL);
}

static bf_str text_of(const json_t *j) {
    return (bf_str){json_string_value(j), (uint32_t)json_string_length(j)};
}

static bool read_states(struct bf_call *c, struct bf_migrate_choice *x) {
    json_t *states = json_object_get(c->body, "states"), *to;
    size_t count = json_object_size(states);
    bf_str *from = bf_new_array(c->arena, bf_str, count + 1);
    bf_str *now = bf_new_array(c->arena, bf_str, count + 1);
    const char *name;
    x->from = from;
    x->to = now;
    if (states && !json_is_object(states))
        return false;
    json_object_foreach(states, name, to) {
        if (!json_is_string(to))
            return false;
        from[x->count] = bf_str_of(name);
        now[x->count++] = text_of(to);
    }
    return true;
}

static bool read_recompute(struct bf_call *c, struct bf_migrate_choice *x) {
    const json_t *list = json_object_get(c->body, "recompute");
    size_t count = json_array_size(list);
    bf_str *duties = bf_new_array(c->arena, bf_str, count + 1);
    x->recompute_all = json_is_string(list) && bf_str_eq(text_of(list), BF_STR("all"));
    x->recompute = duties;
    if (list && !json_is_array(list) && !x->recompute_all)
        return false;
    for (; x->recompute_count < count; x->recompute_count++) {
        const json_t *duty = json_array_get(list, x->recompute_count);
        if (!json_is_string(duty))
            return false;
        duties[x->recompute_count] = text_of(duty);
    }
    return true;
}

/* ---- is what the choice names there? ---- */
struct names {
    struct bf_call *call;
    struct bf_buf all; /* each once, in written order */
    bf_str wanted;
    bool found;
};

static void look_at(struct names *n, const struct bf_image *m, uint32_t name) {
    bf_str text = bf_i_text(m, name);
    struct bf_buf once;
    n->found |= bf_str_eq(text, n->wanted);
    bf_buf_in(&once, n->call->arena);
    bf_buf_z(&once, ", ");
    bf_buf_str(&once, text);
    bf_buf_z(&once, ", ");
    if (n->all.len && memmem(n->all.p, n->all.len, once.p, once.len))
        return;
    bf_buf_str(&n->all, n->all.len ? (bf_str){once.p + 2, once.len - 2} : bf_buf_view(&once));
}

/* False: answered. */
static bool there(struct names *n, const char *member, enum bf_text_id missing) {
    struct bf_buf members;
    if (n->found)
        return true;
    bf_buf_in(&members, n->call->arena);
    put_text(&members, ",\"member\":", bf_str_of(member));
    bf_str all = n->all.len ? (bf_str){n->all.p + 2, (uint32_t)n->all.len - 4} : BF_STR("-");
    bf_call_problem_with(n->call, 422, "member", missing,
                         BF_ARGS(bf_arg_str(n->wanted), bf_arg_str(all)), bf_buf_view(&members));
    return false;
}

static struct names names_of(struct bf_call *c, bf_str wanted) {
    struct names n = {.call = c, .wanted = wanted};
    bf_buf_in(&n.all, c->arena);
    return n;
}

static bool has_state(struct bf_call *c, const struct bf_image *m, bf_str name,
                      enum bf_text_id missing) {
    struct names n = names_of(c, name);
    for (uint32_t i = 0; i < m->state_count; i++)
        look_at(&n, m, m->state[i].name);
    return there(&n, "states", missing);
}

static bool has_duty(struct bf_call *c, const struct bf_image *m, bf_str name) {
    struct names n = names_of(c, name);
    for (uint32_t i = 0; i < m->duty_count; i++)
        look_at(&n, m, m->duty[i].name);
    return there(&n, "recompute", BF_T_ADMIN_NO_NEW_DUTY);
}

/* False: answered. */
static bool choice_fits(struct bf_call *c, const struct bf_migrate_choice *x,
                        const struct bf_image *old, const struct bf_image *new) {
    for (uint32_t i = 0; i < x->count; i++)
        if (!has_state(c, old, x->from[i], BF_T_ADMIN_NO_OLD_STATE) ||
            !has_state(c, new, x->to[i], BF_T_ADMIN_NO_NEW_STATE))
            return false;
    for (uint32_t i = 0; i < x->recompute_count; i++)
        if (!has_duty(c, new, x->recompute[i]))
            return false;
    return true;
}

/* ---- asking for it ---- */
static bool is_called(const struct bf_image *m, uint32_t name, const struct bf_image *other) {
    return bf_str_eq(bf_i_text(m, name), bf_i_text(other, other->policy.name));
}

static void start(struct bf_call *c) {
    struct migration *m = c->own;
    bf_engine_migrate(c->service->engine, &(struct bf_migration){.from = m->old,
                                                                 .to = m->new,
                                                                 .choice = m->choice,
                                                                 .dry_run = m->dry_run,
                                                                 .principal = c->principal.person,
                                                                 .request = c->request_id,
                                                                 .each = each,
                                                                 .done = done,
                                                                 .ctx = m});
}

static void start_dry(struct bf_call *c, const struct bf_answer *a) {
    (void)a;
    start(c);
}

static void begun(struct bf_call *c, const struct bf_answer *a) {
    if (a->again)
        bf_call_ended(c, tell_ended, start);
    else
        start(c);
}

/* What was asked: {"recompute":…,"states":{…},"to":NEW} */
static bf_str said(struct bf_call *c, const struct migration *m) {
    const json_t *states = json_object_get(c->body, "states");
    const json_t *recompute = json_object_get(c->body, "recompute");
    struct bf_buf out;
    bf_buf_in(&out, c->arena);
    if (recompute) {
        bf_buf_z(&out, "{\"recompute\":");
        bf_json_canonical(recompute, &out);
    }
    bf_buf_z(&out, recompute ? ",\"states\":" : "{\"states\":");
    if (states)
        bf_json_canonical(states, &out);
    else
        bf_buf_z(&out, "{}");
    bf_buf_z(&out, ",\"to\":");
    bf_json_hex(m->to->hash, BF_SHA256_LEN, &out);
    bf_buf_char(&out, '}');
    return bf_buf_view(&out);
}

static struct bf_policy_known *wanted(struct bf_call *c, bf_str name) {
    struct bf_policy_known *p = bf_api_policy_named(c, name);
    if (!p || p->engine)
        return p;
    bf_call_problem(c, 404, "no-policy", BF_T_ADMIN_NO_POLICY, BF_ARGS(bf_arg_str(name)));
    return NULL;
}

void bf_on_policy_migrate(struct bf_call *c) {
    static const char *const known[] = {"dry_run", "recompute", "states", "to", NULL};
    const json_t *to_name = json_object_get(c->body, "to");
    struct migration *m = bf_new(c->arena, struct migration);
    struct bf_migrate_choice choice = {.count = 0};
    const struct bf_policy_known *from = wanted(c, c->match.parts[0]), *to;
    if (!from || bf_api_strangers(c, c->body, known))
        return;
    const struct bf_image *old = from->image;
    const struct bf_engine_policy *old_policy = from->engine;
    bf_str name = json_is_string(to_name) ? text_of(to_name) : bf_i_text(old, old->policy.name);
    if (!(to = wanted(c, name)))
        return;
    if (to->image == old || !read_states(c, &choice) || !read_recompute(c, &choice) ||
        !(is_called(to->image, to->image->policy.name, old) ||
          (to->image->amend_count && is_called(to->image, to->image->amend->policy, old)))) {
        bf_call_problem(c, 422, "member", BF_T_ADMIN_MIGRATE, BF_NOARGS);
        return;
    }
    if (!choice_fits(c, &choice, old, to->image))
        return;
    *m = (struct migration){.call = c,
                            .to = to->image,
                            .old = old_policy,
                            .new = to->engine,
                            .choice = choice,
                            .dry_run = json_is_true(json_object_get(c->body, "dry_run"))};
    bf_buf_in(&m->cases, c->arena);
    c->own = m;
    if (m->dry_run) {
        bf_call_first(c, start_dry, start);
        return;
    }
    struct bf_call_notice n = {.kind = BF_ENTRY_SETTING, .data = setting(c, said(c, m))};
    n.part = BF_NOTICE_BEGIN;
    bf_call_notice(c, &n, begun);
}
