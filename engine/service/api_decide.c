/* Decide: is this department entitled to this resource now? A decision of a policy, asked outside any case; what it
** reads of registers is seen when it is durable, as a case is. */
#include "engine/service/api_parts.h"
#include "engine/sim/decide.h"

enum { WORDS = 600 };

struct asking {
    struct bf_api_look look;
    const struct bf_policy_known *policy;
    uint32_t decision;
    json_t *args;
    enum bf_decide_end end;
    enum bf_why why;
    char error[WORDS], where[WORDS];
};

static void versions_json(const struct bf_shown *s, struct bf_buf *out) {
    bf_buf_z(out, ",\"policy\":");
    bf_json_text(bf_i_text(s->image, s->image->policy.name), out);
    bf_buf_z(out, ",\"version\":");
    bf_json_hex(s->image->hash, BF_SHA256_LEN, out);
    bf_buf_z(out, ",\"calendar\":");
    bf_json_hex(bf_calendar_hash(s->view->policy->calendar), BF_SHA256_LEN, out);
    bf_buf_z(out, ",\"at\":");
    bf_json_instant(s->view->now, out);
}

static void show(struct bf_api_look *l, const struct bf_shown *s, struct bf_buf *out) {
    struct asking *d = l->own;
    struct bf_buf error;
    bf_buf_in(&error, s->words.arena);
    struct bf_json_read reader = bf_api_reader(l->call, s->image, s->words.arena, &error);
    struct bf_question q = {.image = s->image,
                            .world = s->world,
                            .arena = s->words.arena,
                            .decision = d->decision,
                            .today = bf_calendar_day_of(s->world->calendar, s->view->now,
                                                        (int32_t)s->image->policy.day_ends),
                            .args = d->args,
                            .know = reader.know,
                            .ctx = reader.ctx,
                            .lang = l->call->lang,
                            .error = &error};
    bf_buf_char(out, '{');
    d->end = bf_decide_answer(&q, &d->why, out);
    bf_api_fit(d->error, sizeof d->error, bf_buf_view(&error));
    bf_api_fit(d->where, sizeof d->where, bf_str_of(q.where ? q.where : ""));
    versions_json(s, out);
    bf_buf_char(out, '}');
}

static void then(struct bf_api_look *l) {
    struct asking *d = l->own;
    bf_str detail = bf_str_of(d->error);
    struct bf_buf members, where;
    bf_buf_in(&members, l->call->arena);
    bf_buf_in(&where, l->call->arena);
    switch (d->end) {
    case BF_DECIDED: bf_call_bytes(l->call, 200, "application/json", l->text); break;
    case BF_DECIDE_ARGS:
        bf_buf_z(&members, ",\"member\":");
        bf_buf_z(&where, *d->where ? "args." : "args");
        bf_buf_z(&where, d->where);
        bf_json_text(bf_buf_view(&where), &members);
        bf_call_problem_with(l->call, 422, "member", BF_T_API_DETAIL, BF_ARGS(bf_arg_str(detail)),
                             bf_buf_view(&members));
        break;
    case BF_DECIDE_FAULT:
        bf_buf_fmt(&members, ",\"why\":\"%s\"", bf_why_word(d->why));
        bf_call_problem_with(l->call, 422, "undecided", BF_T_API_DETAIL,
                             BF_ARGS(bf_arg_str(detail)), bf_buf_view(&members));
        break;
    }
}

/* The policy named; where none is, the only one that is active and has such a decision. */
static bool find(struct bf_call *c, struct asking *d) {
    struct bf_service *s = c->service;
    json_t *named = json_object_get(c->body, "policy");
    bf_str name = {json_string_value(named), (uint32_t)json_string_length(named)};
    bf_str query = c->match.parts[0];
    uint32_t found = 0;
    if (named) {
        d->policy = json_is_string(named) ? bf_service_text(c->service, name) : NULL;
        d->decision = d->policy ? bf_decide_find(d->policy->image, query) : BF_NONE;
        found = d->decision != BF_NONE;
    }
    for (uint32_t i = 0; !named && i < s->policy_count; i++) {
        const struct bf_image *m = s->policies[i].image;
        uint32_t decision = s->policies[i].active ? bf_decide_find(m, query) : BF_NONE;
        if (decision == BF_NONE ||
            bf_service_text(s, bf_i_text(m, m->policy.name)) != &s->policies[i])
            continue; /* amended, or not amending yet */
        found++;
        d->policy = &s->policies[i];
        d->decision = decision;
    }
    if (named && !d->policy)
        bf_call_problem_with(c, 422, "no-policy", BF_T_API_NO_POLICY_NAMED,
                             BF_ARGS(bf_arg_str(name.p ? name : BF_STR("?"))),
                             BF_STR(",\"member\":\"policy\""));
    else if (found != 1)
        bf_call_problem(c, found ? 422 : 404, "no-decision",
                        found ? BF_T_API_DECISION_WHICH : BF_T_API_NO_DECISION_NAMED,
                        BF_ARGS(bf_arg_str(query)));
    return found == 1;
}

void bf_on_decide(struct bf_call *c) {
    static const char *const known[] = {"args", "policy", NULL};
    struct asking *d = bf_new(c->arena, struct asking);
    json_t *args = json_object_get(c->body, "args");
    if (bf_api_strangers(c, c->body, known) || !find(c, d))
        return;
    if (!args)
        json_object_clear(c->body); /* an empty object: no arguments */
    d->args = args ? args : c->body;
    d->look = (struct bf_api_look){
        .call = c, .policy = d->policy->engine, .show = show, .then = then, .own = d};
    bf_api_look(&d->look);
}
