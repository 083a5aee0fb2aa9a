/* Cases: open one, act in it, read it, what may be done in it, which there are. */
#include <inttypes.h>
#include <string.h>

#include "engine/core/carry.h"
#include "engine/service/api_parts.h"
#include "engine/service/rights.h"

enum {
    DETAIL = 600,
    CASES_LOOKED_AT = 500,
    FACT_USUAL = 224
}; /* FACT_USUAL: bytes that are told of one */

/* ---- commands ---- */

/* A command under way: what was wrong with it is found where the engine reads it, and told with the answer. */
struct deed {
    struct bf_call *call;
    const struct bf_engine_policy *policy; /* of an opening */
    uint32_t proc;                         /* of an opening */
    uint32_t start;                        /* of one that an event brings about; BF_NONE */
    bool as_is;                            /* the policy of a hash was asked for */
    bf_str act;
    enum bf_event_kind kind;
    enum { FINE, NO_ACT, NO_CAPACITY, BAD_MEMBER, STRANGER } wrong;
    enum bf_actor_end capacity;
    char detail[DETAIL], where[DETAIL];
    /* kept of the answer while the caller's right to see the case is looked up */
    struct bf_answer answer;
    struct bf_api_look look;
    bool keep_early;
};

static bool is_called(const struct bf_image *m, uint32_t name, uint32_t label, bf_str s) {
    return bf_str_eq(bf_i_text(m, name), s) ||
           (m->str[label].len && bf_str_eq(bf_i_text(m, label), s));
}

static bool bad_member(struct deed *d, const struct bf_json_read *r) {
    d->wrong = BAD_MEMBER;
    bf_api_fit(d->detail, sizeof d->detail, bf_buf_view(r->error));
    bf_api_fit(d->where, sizeof d->where, bf_str_of(r->where));
    return false;
}

static uint32_t find_act(const struct bf_image *m, uint32_t proc, bf_str name) {
    struct bf_i_range acts = m->proc[proc].acts;
    for (uint32_t i = acts.first; i < acts.first + acts.count; i++)
        if (is_called(m, m->act[i].name, m->act[i].label, name))
            return i;
    return BF_NONE;
}

/* The acts whose names are near, or all if none is. */
static bool unknown_act(struct deed *d, const struct bf_image *m, uint32_t proc,
                        struct bf_arena *a) {
    struct bf_i_range acts = m->proc[proc].acts;
    struct bf_buf near, all;
    bf_buf_in(&near, a);
    bf_buf_in(&all, a);
    for (uint32_t i = acts.first; i < acts.first + acts.count; i++) {
        bf_str name = bf_i_text(m, m->act[i].name), label = bf_i_text(m, m->act[i].label);
        bool close = bf_str_distance(name, d->act, 2) <= 2 ||
                     (label.len && bf_str_distance(label, d->act, 1) <= 1);
        for (int k = close ? 0 : 1; k < 2; k++) {
            struct bf_buf *b = k ? &all : &near;
            bf_buf_z(b, b->len ? ", " : "");
            bf_buf_str(b, name);
        }
    }
    d->wrong = NO_ACT;
    bf_api_fit(d->detail, sizeof d->detail, bf_buf_view(near.len ? &near : &all));
    return false;
}

static bool read_actor(struct deed *d, const struct bf_image *m, struct bf_arena *a,
                       struct bf_event *e) {
    d->capacity = bf_call_actor_find(d->call, m, a, e);
    if (d->capacity != BF_ACTOR_FOUND)
        d->wrong = NO_CAPACITY;
    return d->capacity == BF_ACTOR_FOUND;
}

/* A clerk enters papers only in cases that name his department. */
static bool may_enter(struct deed *d, const struct bf_event *e, const struct bf_value *data,
                      uint32_t count) {
    if (bf_call_may_enter(d->call, e, data, count))
        return true;
    d->wrong = NO_CAPACITY;
    d->capacity = BF_ACTOR_NOT_HIS;
    return false;
}

/* bf_engine_reader of an act, consent or refusal of consent. */
static bool read_act(void *ctx, const struct bf_image *m, const struct bf_case *c,
                     struct bf_arena *a, struct bf_event *e) {
    struct deed *d = ctx;
    struct bf_buf error;
    bf_buf_in(&error, a);
    struct bf_json_read r = bf_api_reader(d->call, m, a, &error);
    json_t *args = json_object_get(d->call->body, "args"),
           *who = json_object_get(d->call->body, "who");
    d->wrong = FINE;
    e->what = find_act(m, c->proc, d->act);
    if (e->what == BF_NONE)
        return unknown_act(d, m, c->proc, a);
    if (!read_actor(d, m, a, e) || !may_enter(d, e, c->data, m->proc[c->proc].data.count))
        return false;
    if (who && !bf_json_party(&r, "who", who, &e->who))
        return bad_member(d, &r);
    if (d->kind != BF_EVENT_ACT)
        return true;
    struct bf_i_range params = m->act[e->what].params;
    struct bf_value *v = bf_new_array(a, struct bf_value, params.count + 1);
    e->args = v;
    e->nargs = params.count;
    return bf_json_fields(&r, "args", args, params, v) || bad_member(d, &r);
}

/* Data by name: what a party or a given datum is; what is kept or not given is left to the rules. */
static bool read_data(struct bf_json_read *r, const struct bf_i_proc *p, json_t *j,
                      struct bf_value *v) {
    const struct bf_image *m = r->image;
    const char *key;
    json_t *value;
    json_object_foreach(j, key, value) {
        uint32_t i = 0;
        struct bf_buf path;
        while (i < p->data.count && !is_called(m, m->data[p->data.first + i].name,
                                               m->data[p->data.first + i].label, bf_str_of(key)))
            i++;
        bf_buf_in(&path, r->arena);
        bf_buf_z(&path, "data.");
        bf_buf_z(&path, key);
        r->where = bf_str_z(r->arena, bf_buf_view(&path));
        if (i == p->data.count || m->data[p->data.first + i].role == BF_DATA_KEEP) {
            bf_text_render(r->error, r->lang, BF_T_API_NO_DATUM,
                           BF_ARGS(bf_arg_str(bf_str_of(key))));
            return false;
        }
        if (!bf_json_value(r, r->where, value, m->data[p->data.first + i].type, &v[i]))
            return false;
    }
    return true;
}

/* Of an act that the rules refuse him: does the case concern him? */
static bool sees_case(void *ctx, const struct bf_view *v, struct bf_arena *scratch, bool *sees) {
    struct deed *d = ctx;
    *sees = d->call->principal.is_operator;
    bool done = *sees || bf_rights_sees(d->call->service->directory, d->call->principal.person, v,
                                        scratch, sees);
    d->wrong = *sees ? FINE : STRANGER;
    return done;
}

/* What is to be opened, in the text of the day: since it was asked for, midnight may have brought another into force. */
static bool same_opening(const struct deed *d, const struct bf_image *m, struct bf_arena *a,
                         struct bf_event *e) {
    const struct bf_image *asked = d->policy->image;
    const struct bf_carry k = {asked, m, a};
    uint32_t event = d->start == BF_NONE ? BF_NONE : asked->start[d->start].event, proc;
    struct bf_event none = {.kind = BF_EVENT_OPEN};
    if (m == asked)
        return true;
    e->what = bf_carry_proc(&k, d->proc);
    if (event == BF_NONE)
        return e->what != BF_NONE;
    if (e->what == BF_NONE || !bf_carry_raised(&k, &event, &none))
        return false;
    for (uint32_t i = 0; (e->start = bf_starts_on(m, event, i, &proc)) != BF_NONE; i++)
        if (proc == e->what)
            return true;
    return false;
}

/* bf_engine_reader of an opening. */
static bool read_open(void *ctx, const struct bf_image *m, const struct bf_case *c,
                      struct bf_arena *a, struct bf_event *e) {
    struct deed *d = ctx;
    struct bf_buf error;
    (void)c;
    bf_buf_in(&error, a);
    struct bf_json_read r = bf_api_reader(d->call, m, a, &error);
    d->wrong = FINE;
    e->what = d->proc;
    e->start = d->start;
    if (!same_opening(d, m, a, e))
        return false;
    const struct bf_i_proc *p = &m->proc[e->what];
    if (!read_actor(d, m, a, e))
        return false;
    json_t *data = json_object_get(d->call->body, "data");
    if (e->start != BF_NONE) {
        struct bf_i_range fields = m->event[m->start[e->start].event].params;
        struct bf_value *said = bf_new_array(a, struct bf_value, fields.count + 1);
        e->args = said;
        e->nargs = fields.count;
        return (bf_json_fields(&r, "data", data, fields, said) || bad_member(d, &r)) &&
               may_enter(d, e, said, fields.count);
    }
    struct bf_value *v = bf_new_array(a, struct bf_value, p->data.count + 1);
    if (!read_data(&r, p, data, v))
        return bad_member(d, &r);
    e->args = v;
    e->nargs = p->data.count;
    return may_enter(d, e, v, p->data.count);
}

/* ---- their answers ---- */

static void tell_wrong(struct bf_call *c, struct deed *d) {
    bf_str detail = bf_str_of(d->detail);
    struct bf_buf members;
    switch (d->wrong) {
    case FINE: bf_call_engine_problem(c, &(struct bf_answer){.kind = BF_ANSWER_MALFORMED}); break;
    case NO_ACT:
        bf_call_problem(c, 404, "no-act", BF_T_API_NO_ACT_NEAR,
                        BF_ARGS(bf_arg_str(d->act), bf_arg_str(detail)));
        break;
    case NO_CAPACITY: bf_call_actor_problem(c, d->capacity, d->look.number); break;
    case STRANGER: bf_call_engine_problem(c, &(struct bf_answer){.kind = BF_ANSWER_NO_CASE}); break;
    case BAD_MEMBER:
        bf_buf_in(&members, c->arena);
        bf_buf_z(&members, ",\"member\":");
        bf_json_text(bf_str_of(d->where), &members);
        bf_call_problem_with(c, 422, "member", BF_T_API_DETAIL, BF_ARGS(bf_arg_str(detail)),
                             bf_buf_view(&members));
        break;
    }
}

static void tell_done(struct bf_call *c, const struct deed *d, const struct bf_answer *a) {
    struct bf_buf out;
    char location[40];
    bf_buf_in(&out, c->arena);
    bf_buf_reserve(&out, FACT_USUAL * (a->fact_count + (size_t)1));
    bf_buf_fmt(&out, "{\"case\":%llu,\"seq\":%llu,", (unsigned long long)a->number,
               (unsigned long long)a->seq);
    bf_api_facts_json(a->image, a->facts, a->fact_count, &out);
    bf_buf_char(&out, '}');
    if (d->kind == BF_EVENT_OPEN) {
        snprintf(location, sizeof location, "/v1/cases/%llu", (unsigned long long)a->number);
        bf_call_header(c, "Location", bf_str_of(location));
    }
    bf_call_json(c, d->kind == BF_EVENT_OPEN ? 201 : 200, &out);
}

/* It came before its time. */
static void tell_kept(struct bf_call *c, const struct bf_answer *a) {
    struct bf_buf out;
    bf_buf_in(&out, c->arena);
    bf_buf_fmt(&out, "{\"case\":%llu,\"seq\":%llu,\"kept\":true}", (unsigned long long)a->number,
               (unsigned long long)a->seq);
    bf_call_json(c, 202, &out);
}

static void tell(struct bf_call *c, struct deed *d, const struct bf_answer *a) {
    if (a->again)
        bf_call_header(c, "Idempotency-Replayed", BF_STR("true"));
    if (a->kind == BF_ANSWER_MALFORMED) {
        tell_wrong(c, d);
    } else if (a->kind == BF_ANSWER_REFUSED) {
        uint32_t what = d->kind == BF_EVENT_OPEN ? a->proc : find_act(a->image, a->proc, d->act);
        bf_call_refused(c, a, &(struct bf_event){.kind = d->kind, .what = what, .start = d->start});
    } else if (a->kind == BF_ANSWER_EARLY) {
        tell_kept(c, a);
    } else if (!bf_call_engine_problem(c, a)) {
        tell_done(c, d, a);
    }
}

static void count(struct bf_call *c, const struct bf_answer *a) {
    if (a->kind != BF_ANSWER_DONE && a->kind != BF_ANSWER_REFUSED && a->kind != BF_ANSWER_EARLY)
        return;
    bf_metric_add(c->service->metrics, BF_METRIC_STEPS,
                  a->again                       ? BF_LABEL_OUTCOME_REPEATED
                  : a->kind == BF_ANSWER_REFUSED ? BF_LABEL_OUTCOME_REFUSED
                                                 : BF_LABEL_OUTCOME_DONE,
                  1);
}

/* Whom a case does not know is not told of it by what is wrong with his act. */
static void show_nothing(struct bf_api_look *l, const struct bf_shown *s, struct bf_buf *out) {
    (void)l;
    (void)s;
    (void)out;
}

static void tell_known(struct bf_api_look *l) {
    struct deed *d = l->own;
    tell(l->call, d, &d->answer);
}

/* The answer outlives its callback. */
static void keep_answer(struct deed *d, const struct bf_answer *a, struct bf_arena *arena) {
    struct bf_fact *facts = bf_new_array(arena, struct bf_fact, a->fact_count + 1);
    for (uint32_t i = 0; i < a->fact_count; i++)
        facts[i] = bf_fact_copy(arena, &a->facts[i]);
    d->answer = *a;
    d->answer.facts = facts;
    d->answer.refused = NULL;
    d->answer.settings = NULL;
    d->answer.data = a->data.len ? bf_str_dup(arena, a->data) : (bf_str){"", 0};
}

struct told {
    struct deed *deed;
    const struct bf_answer *answer;
};

static void tell_or_look(struct bf_call *c, void *arg) {
    const struct told *t = arg;
    struct deed *d = t->deed;
    /* Told again: he may have been refused as one who could see the case then. */
    bool stranger = t->answer->kind == BF_ANSWER_REFUSED && bf_api_refused_stranger(t->answer);
    bool denied = t->answer->kind == BF_ANSWER_MALFORMED && d->wrong == STRANGER;
    count(c, t->answer);
    if (d->kind == BF_EVENT_OPEN || denied ||
        (t->answer->kind != BF_ANSWER_MALFORMED && !stranger)) {
        tell(c, d, t->answer);
        return;
    }
    keep_answer(d, t->answer, c->arena);
    d->look = (struct bf_api_look){
        .call = c, .number = d->look.number, .show = show_nothing, .then = tell_known, .own = d};
    bf_api_look(&d->look);
}

static void answered(void *ctx, const struct bf_answer *a) {
    struct deed *d = ctx;
    bf_call_run(d->call, tell_or_look, &(struct told){d, a});
}

static void command(struct deed *d, uint64_t number, bf_engine_reader *read) {
    struct bf_call *c = d->call;
    struct bf_command command = {.kind = d->kind,
                                 .number = number,
                                 .policy = d->policy,
                                 .as_is = d->as_is,
                                 .effective = BF_INSTANT_NONE,
                                 .keep_early = d->keep_early,
                                 .principal = c->principal.person,
                                 .key = c->key,
                                 .request = c->request_id,
                                 .read = read,
                                 .sees = number ? sees_case : NULL,
                                 .answer = answered,
                                 .ctx = d};
    memcpy(command.body_hash, c->body_hash, sizeof command.body_hash);
    d->look.number = number;
    bf_engine_command(c->service->engine, &command);
}

/* ---- POST /v1/cases/{number}/acts/{act} ---- */

static bool read_kind(struct bf_call *c, enum bf_event_kind *kind) {
    json_t *consent = json_object_get(c->body, "consent");
    *kind = !consent ? BF_EVENT_ACT : json_is_true(consent) ? BF_EVENT_CONSENT : BF_EVENT_DECLINE;
    if (!consent || json_is_boolean(consent))
        return true;
    bf_call_problem_with(c, 422, "member", BF_T_API_CONSENT_IS, BF_NOARGS,
                         BF_STR(",\"member\":\"consent\""));
    return false;
}

static bool read_early(struct bf_call *c, bool *keep) {
    json_t *early = json_object_get(c->body, "if_early");
    const char *word = json_string_value(early);
    *keep = word && strcmp(word, "keep") == 0;
    if (*keep || !early || (word && strcmp(word, "refuse") == 0))
        return true;
    bf_call_problem_with(c, 422, "member", BF_T_API_IF_EARLY_IS, BF_NOARGS,
                         BF_STR(",\"member\":\"if_early\""));
    return false;
}

void bf_on_case_act(struct bf_call *c) {
    static const char *const known[] = {"args", "as", "consent", "if_early", "who", NULL};
    struct deed *d = bf_new(c->arena, struct deed);
    uint64_t number;
    d->call = c;
    d->start = BF_NONE;
    d->act = c->match.parts[1];
    if (!bf_call_number(c, c->match.parts[0], &number) || bf_api_strangers(c, c->body, known) ||
        !read_kind(c, &d->kind) || !read_early(c, &d->keep_early))
        return;
    command(d, number, read_act);
}

/* ---- POST /v1/cases/{number}/succession ---- */

static bool text_member(struct bf_call *c, const char *name, bf_str *out) {
    json_t *j = json_object_get(c->body, name);
    struct bf_buf members;
    *out = (bf_str){json_string_value(j), (uint32_t)json_string_length(j)};
    if (json_is_string(j) && out->len)
        return true;
    bf_buf_in(&members, c->arena);
    bf_buf_fmt(&members, ",\"member\":\"%s\"", name);
    bf_call_problem_with(c, 422, "member", BF_T_API_TEXT_NEEDED,
                         BF_ARGS(bf_arg_str(bf_str_of(name))), bf_buf_view(&members));
    return false;
}

/* A department as the directory has it; absent: it has none of that code. */
static struct bf_value department(struct bf_call *c, const struct bf_image *m, struct bf_arena *a,
                                  const char *member) {
    json_t *j = json_object_get(c->body, member);
    struct bf_capacity k = {.department = {json_string_value(j), (uint32_t)json_string_length(j)}};
    struct bf_value v = BF_ABSENT;
    if (json_is_string(j) && bf_directory_called(c->service->directory, BF_DIR_DEPARTMENT,
                                                 k.department, &k.name, &k.level))
        bf_capacity_party(m, &k, a, &v);
    return v;
}

/* Who takes the place of a department that is no more, in one case. */
static bool read_assignment(void *ctx, const struct bf_image *m, const struct bf_case *c,
                            struct bf_arena *a, struct bf_event *e) {
    struct deed *d = ctx;
    json_t *by = json_object_get(d->call->body, "instrument");
    struct bf_value *v = bf_new_array(a, struct bf_value, 3);
    (void)c;
    v[0] = department(d->call, m, a, "department");
    v[1] = department(d->call, m, a, "successor");
    if (by)
        v[2] =
            bf_value_copy(a, bf_text_value(BF_K_TEXT, (bf_str){json_string_value(by),
                                                               (uint32_t)json_string_length(by)}));
    e->what = BF_NONE;
    e->args = v;
    e->nargs = 3;
    d->wrong = FINE;
    return true;
}

static bool is_department(struct bf_call *c, const char *member) {
    struct bf_buf members;
    bf_str code, name, level;
    if (!text_member(c, member, &code))
        return false;
    if (bf_directory_called(c->service->directory, BF_DIR_DEPARTMENT, code, &name, &level))
        return true;
    bf_buf_in(&members, c->arena);
    bf_buf_fmt(&members, ",\"member\":\"%s\"", member);
    bf_call_problem_with(c, 422, "member", BF_T_API_PARTY_UNKNOWN, BF_ARGS(bf_arg_str(code)),
                         bf_buf_view(&members));
    return false;
}

void bf_on_case_assign(struct bf_call *c) {
    static const char *const known[] = {"department", "instrument", "successor", NULL};
    struct deed *d = bf_new(c->arena, struct deed);
    uint64_t number;
    bf_str by;
    *d = (struct deed){.call = c, .kind = BF_EVENT_ASSIGN, .start = BF_NONE, .act = BF_STR("")};
    if (!bf_call_number(c, c->match.parts[0], &number) || bf_api_strangers(c, c->body, known) ||
        !is_department(c, "department") || !is_department(c, "successor") ||
        (json_object_get(c->body, "instrument") && !text_member(c, "instrument", &by)))
        return;
    command(d, number, read_assignment);
}

/* ---- POST /v1/cases ---- */

static bool find_procedure(struct deed *d, const struct bf_image *m) {
    bf_str name;
    struct bf_buf names;
    if (!text_member(d->call, "procedure", &name))
        return false;
    bf_buf_in(&names, d->call->arena);
    for (d->proc = 0; d->proc < m->proc_count; d->proc++) {
        const struct bf_i_proc *p = &m->proc[d->proc];
        if (is_called(m, p->name, p->label, name))
            return true;
        bf_buf_z(&names, d->proc ? ", " : "");
        bf_buf_str(&names, bf_i_text(m, p->name));
    }
    bf_call_problem_with(d->call, 422, "member", BF_T_API_NO_PROCEDURE,
                         BF_ARGS(bf_arg_str(name), bf_arg_str(bf_buf_view(&names))),
                         BF_STR(",\"member\":\"procedure\""));
    return false;
}

static void put_name(struct bf_buf *out, bf_str name) {
    bf_buf_z(out, out->len ? ", " : "");
    bf_buf_str(out, name);
}

static bool bad_name(struct bf_call *c, enum bf_text_id text, bf_str name,
                     const struct bf_buf *names, bf_str member) {
    bf_call_problem_with(c, 422, "member", text,
                         BF_ARGS(bf_arg_str(name), bf_arg_str(bf_buf_view(names))), member);
    return false;
}

/* The start of a procedure by an event that is reported; which procedure has to be said where several start on it. */
static bool find_start(struct deed *d, const struct bf_image *m) {
    bool chosen = json_object_get(d->call->body, "procedure") != NULL;
    uint32_t event = 0, proc, at, found = 0;
    struct bf_buf names;
    bf_str name;
    if (!text_member(d->call, "event", &name) || (chosen && !find_procedure(d, m)))
        return false;
    bf_buf_in(&names, d->call->arena);
    for (;
         event < m->event_count && !is_called(m, m->event[event].name, m->event[event].label, name);
         event++)
        put_name(&names, bf_i_text(m, m->event[event].name));
    if (event == m->event_count)
        return bad_name(d->call, BF_T_API_NO_EVENT, name, &names, BF_STR(",\"member\":\"event\""));
    names.len = 0;
    for (uint32_t i = 0; (at = bf_starts_on(m, event, i, &proc)) != BF_NONE; i++) {
        put_name(&names, bf_i_text(m, m->proc[proc].name));
        if (chosen && proc != d->proc)
            continue;
        d->start = at;
        d->proc = proc;
        found++;
    }
    return found == 1 || bad_name(d->call,
                                  !names.len ? BF_T_API_EVENT_STARTS_NOTHING
                                  : chosen   ? BF_T_API_NOT_STARTED_BY
                                             : BF_T_API_EVENT_STARTS_SEVERAL,
                                  name, &names, BF_STR(",\"member\":\"procedure\""));
}

static bool data_is_object(struct bf_call *c) {
    json_t *data = json_object_get(c->body, "data");
    if (!data || json_is_object(data))
        return true;
    bf_call_problem_with(c, 422, "member", BF_T_API_DATA_IS, BF_NOARGS,
                         BF_STR(",\"member\":\"data\""));
    return false;
}

void bf_on_cases_open(struct bf_call *c) {
    static const char *const known[] = {"as", "data", "event", "policy", "procedure", NULL};
    struct deed *d = bf_new(c->arena, struct deed);
    bf_str name;
    d->call = c;
    d->kind = BF_EVENT_OPEN;
    d->start = BF_NONE;
    if (bf_api_strangers(c, c->body, known) || !text_member(c, "policy", &name))
        return;
    struct bf_policy_known *p = bf_service_text(c->service, name);
    if (!p) {
        bf_call_problem_with(c, 422, "no-policy", BF_T_API_NO_POLICY_NAMED,
                             BF_ARGS(bf_arg_str(name)), BF_STR(",\"member\":\"policy\""));
        return;
    }
    d->policy = p->engine;
    d->as_is = p == bf_service_policy(c->service, name) &&
               !bf_str_eq(name, bf_i_text(p->image, p->image->policy.name));
    bool reported = json_object_get(c->body, "event") != NULL;
    if ((reported ? find_start : find_procedure)(d, p->image) && data_is_object(c))
        command(d, 0, read_open);
}

/* ---- GET /v1/cases/{number}, …/acts ---- */

static void answer_text(struct bf_api_look *l) {
    bf_call_bytes(l->call, 200, "application/json", l->text);
}

static void choices_json(const struct bf_shown *s, bool mine_only, struct bf_buf *out) {
    struct bf_arena *a = s->words.arena;
    const struct bf_case *c = s->view->c;
    struct bf_mine mine = bf_api_mine(s->call, s->image, a);
    struct bf_choices all = {0};
    bool any = false;
    if (!bf_case_ended(s->image, c))
        bf_offers(s->image, s->world, c, s->view->now, false, a, &all);
    bf_buf_char(out, '[');
    for (uint32_t i = 0; i < all.count; i++) {
        struct bf_choice choice = all.choice[i];
        const struct bf_role *his = bf_api_is_mine(s->image, c, &mine, &choice);
        if (mine_only && !his)
            continue;
        if (any)
            bf_buf_char(out, ',');
        any = true;
        bf_api_choice_json(&s->words, &choice, his, out);
    }
    bf_buf_char(out, ']');
}

/* Acts that came early and wait for their time. */
static void early_json(const struct bf_shown *s, struct bf_buf *out) {
    const struct bf_earlies *early = s->view->early;
    for (uint32_t i = 0; early && i < early->count; i++) {
        struct bf_canon row;
        struct bf_error e;
        bf_buf_fmt(out, "%s{\"seq\":%llu", i ? "," : ",\"early\":[",
                   (unsigned long long)early->list[i].seq);
        if (bf_canon_read(s->words.arena, early->list[i].body, &row, &e) == BF_OK) {
            const struct bf_canon *event = bf_canon_member(&row, "event");
            const struct bf_canon *act = event ? bf_canon_member(event, "act") : NULL;
            bf_buf_z(out, ",\"act\":");
            bf_json_text(act && act->kind == BF_CANON_TEXT ? act->text : (bf_str){"", 0}, out);
        }
        bf_buf_z(out, ",\"again\":");
        bf_json_instant(early->list[i].again, out);
        bf_buf_char(out, '}');
    }
    if (early && early->count)
        bf_buf_char(out, ']');
}

static void show_case(struct bf_api_look *l, const struct bf_shown *s, struct bf_buf *out) {
    (void)l;
    bf_buf_char(out, '{');
    bf_api_case_json(s, out);
    early_json(s, out);
    bf_buf_z(out, ",\"choices\":");
    choices_json(s, false, out);
    bf_buf_char(out, '}');
}

static void show_acts(struct bf_api_look *l, const struct bf_shown *s, struct bf_buf *out) {
    const bool *mine_only = l->own;
    bf_buf_fmt(out, "{\"case\":%llu,\"seq\":%llu,\"now\":", (unsigned long long)s->view->number,
               (unsigned long long)s->view->last_seq);
    bf_json_instant(s->view->now, out);
    bf_buf_z(out, ",\"acts\":");
    choices_json(s, *mine_only, out);
    bf_buf_char(out, '}');
}

static void look_at(struct bf_call *c,
                    void (*show)(struct bf_api_look *l, const struct bf_shown *s,
                                 struct bf_buf *out),
                    void *own) {
    struct bf_api_look *l = bf_new(c->arena, struct bf_api_look);
    uint64_t number;
    if (!bf_call_number(c, c->match.parts[0], &number))
        return;
    *l = (struct bf_api_look){
        .call = c, .number = number, .show = show, .then = answer_text, .own = own};
    bf_api_look(l);
}

void bf_on_case_read(struct bf_call *c) { look_at(c, show_case, NULL); }

void bf_on_case_acts(struct bf_call *c) {
    bool *mine_only = bf_new(c->arena, bool);
    bf_str mine = bf_http_query(c->request, "mine");
    *mine_only = bf_str_eq(mine, BF_STR("true"));
    if (mine.p && !*mine_only && !bf_str_eq(mine, BF_STR("false")))
        bf_call_problem(c, 400, "query", BF_T_API_YES_NO, BF_ARGS(bf_arg_str(BF_STR("mine"))));
    else
        look_at(c, show_acts, mine_only);
}

/* ---- GET /v1/cases ---- */

/* All cases in the order of their numbers, those that the caller may not see left out. Of a page so many are looked at, told or
** not: who sees few is told from where to go on. */
struct list {
    struct bf_call *call;
    uint64_t after;
    uint32_t limit;
    struct bf_sights sights; /* those looked at */
    bool more;               /* there are cases behind them */
    const struct bf_rows *rows;
    enum bf_err err;
};

static void list_json(struct bf_call *c, void *arg) {
    const struct list *l = arg;
    uint64_t last = 0;
    uint32_t told = 0, i = 0;
    struct bf_buf out;
    if (l->sights.failed) {
        bf_call_engine_problem(c, &(struct bf_answer){.kind = BF_ANSWER_STORE});
        return;
    }
    bf_buf_in(&out, c->arena);
    bf_buf_z(&out, "{\"cases\":[");
    for (; i < l->sights.count; i++) {
        const struct bf_sight *s = &l->sights.sight[i];
        if (s->sees && told == l->limit)
            break;
        if (s->sees)
            bf_buf_fmt(&out, told++ ? ",%" PRIu64 : "%" PRIu64, s->number);
        last = s->number;
    }
    bf_buf_z(&out, "],\"next\":");
    if (l->more || i < l->sights.count)
        bf_buf_fmt(&out, "%" PRIu64 "}", last);
    else
        bf_buf_z(&out, "null}");
    bf_call_json(c, 200, &out);
}

static void sights_known(struct bf_sights *q) {
    struct list *l = q->ctx;
    bf_call_run(l->call, list_json, l);
}

static void take_rows(struct bf_call *c, void *arg) {
    struct list *l = arg;
    if (l->err) {
        bool memory = l->err == BF_ENOMEM;
        bf_call_engine_problem(
            c, &(struct bf_answer){.kind = memory ? BF_ANSWER_MEMORY : BF_ANSWER_STORE});
        return;
    }
    const struct bf_row_cases *row = l->rows->row;
    uint32_t page = c->principal.is_operator ? l->limit : CASES_LOOKED_AT;
    uint32_t count = l->rows->count < page ? l->rows->count : page;
    l->more = l->rows->count > count;
    l->sights = (struct bf_sights){.service = c->service,
                                   .person = c->principal.person,
                                   .sight = bf_new_array(c->arena, struct bf_sight, count + 1),
                                   .count = count,
                                   .done = sights_known,
                                   .ctx = l};
    for (uint32_t i = 0; i < count; i++)
        l->sights.sight[i] =
            (struct bf_sight){.number = row[i].number, .sees = c->principal.is_operator};
    if (c->principal.is_operator)
        list_json(c, l);
    else
        bf_rights_ask(&l->sights);
}

static void rows_read(void *ctx, enum bf_err err, const struct bf_error *e,
                      const struct bf_rows *rows) {
    struct list *l = ctx;
    (void)e;
    l->err = err;
    l->rows = rows;
    bf_call_run(l->call, take_rows, l);
}

void bf_on_cases_list(struct bf_call *c) {
    struct list *l = bf_new(c->arena, struct list);
    l->call = c;
    if (!bf_call_page(c, &l->after, &l->limit))
        return;
    struct bf_row_cases at = {.number = l->after};
    uint32_t page = c->principal.is_operator ? l->limit : CASES_LOOKED_AT;
    struct bf_query q = {.table = BF_TABLE_CASES, .at = &at, .after = true, .limit = page + 1};
    bf_store_read(c->service->store, &q, rows_read, l);
}
