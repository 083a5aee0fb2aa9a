/* Cases of banfa.h: from JSON to an event, a step, and the case as it then is.
**
** A step reads the case in `now` and works in `made`; what it leaves is copied alone into `was`, and the two change
** places. So the case never grows by what its steps needed, and what the last one told stays readable.
*/
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "engine/core/canon.h"
#include "engine/core/starts.h"
#include "engine/embed/embed.h"
#include "engine/sim/explain.h"
#include "engine/sim/json_value.h"
#include "engine/sim/tell.h"
#include "lang/base/mem.h"

static const struct bf_image *image_of(const banfa_case *c) { return c->policy->image; }

int bf_embed_complain(banfa_case *c, int status, const char *what, const char *which) {
    snprintf(c->message, sizeof c->message, "%s%s%s", what, which ? ": " : "", which ? which : "");
    return status;
}

static bool is_called(const struct bf_image *m, uint32_t name, uint32_t label, const char *z) {
    bf_str s = bf_str_of(z);
    return bf_str_eq(bf_i_text(m, name), s) ||
           (m->str[label].len && bf_str_eq(bf_i_text(m, label), s));
}

/* ---- a case's life ---- */

enum { TEXT_MAX = 64 << 20 }; /* of a case that was kept */

static banfa_case *new_case(banfa_policy *policy, banfa_calendar *calendar, uint32_t proc,
                            uint32_t number) {
    banfa_case *c = bf_malloc(sizeof *c);
    if (!c)
        return NULL;
    *c = (banfa_case){.policy = banfa_policy_retain(policy),
                      .calendar = banfa_calendar_retain(calendar),
                      .proc = proc,
                      .number = number,
                      .now = bf_arena_new(0),
                      .was = bf_arena_new(0),
                      .made = bf_arena_new(0),
                      .own = bf_arena_new(0)};
    c->work = c->made;
    if (c->now && c->was && c->made && c->own)
        return c;
    banfa_case_free(c);
    return NULL;
}

void banfa_case_free(banfa_case *c) {
    if (!c)
        return;
    json_decref(c->by);
    bf_arena_free(c->now);
    bf_arena_free(c->was);
    bf_arena_free(c->made);
    bf_arena_free(c->own);
    banfa_policy_release(c->policy);
    banfa_calendar_release(c->calendar);
    bf_free(c);
}

/* A policy's cases are counted by the calendar it names, and by no other. */
static int check_calendar(const banfa_policy *p, const banfa_calendar *k, char **message) {
    struct bf_error e;
    if (message)
        *message = NULL;
    if (bf_str_eq(bf_str_of(p->calendar), bf_calendar_name(k->calendar)))
        return BANFA_OK;
    bf_fail(&e, BF_EFORMAT, "the policy counts by the calendar %s", p->calendar);
    bf_embed_fail(&e, message);
    return BANFA_ARGUMENT;
}

int banfa_case_new(banfa_policy *policy, banfa_calendar *calendar, const char *procedure,
                   uint32_t number, banfa_case **c, char **message) {
    const struct bf_image *m = policy->image;
    struct bf_error e;
    uint32_t proc = 0;
    *c = NULL;
    int status = check_calendar(policy, calendar, message);
    if (status)
        return status;
    while (proc < m->proc_count &&
           !is_called(m, m->proc[proc].name, m->proc[proc].label, procedure))
        proc++;
    if (proc == m->proc_count || !number) {
        bf_fail(&e, BF_EFORMAT, number ? "no such procedure: %s" : "%s: a case's number is not 0",
                procedure);
        bf_embed_fail(&e, message);
        return BANFA_ARGUMENT;
    }
    *c = new_case(policy, calendar, proc, number);
    return *c ? BANFA_OK : BANFA_NOMEM;
}

int banfa_case_language(banfa_case *c, const char *lang) {
    return bf_lang_choose(lang, &c->lang) ? BANFA_OK : BANFA_ARGUMENT;
}

void banfa_case_registers(banfa_case *c, banfa_row *row, void *ctx) {
    c->row = row;
    c->row_ctx = ctx;
}

/* ---- what comes in ---- */

static json_t *json_of(const char *z) {
    json_error_t e;
    return z ? json_loads(z, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e) : json_null();
}

/* What a caller gave, and where it goes. The texts of the JSON are shared, so they stand until the step is done. */
struct deed {
    banfa_case *c;
    struct bf_event event;
    const char *name; /* act, event, assumption */
    json_t *actor, *args, *who;
    unsigned nth;             /* of the starts of that instant */
    const banfa_case *parent; /* whose assumptions it takes over */
};

static bool parse(struct deed *d, const char *actor, const char *args, const char *who) {
    d->actor = json_of(actor);
    d->args = json_of(args);
    d->who = json_of(who);
    if (d->actor && d->args && d->who)
        return true;
    bf_embed_complain(d->c, 0, "not JSON", !d->actor ? actor : !d->args ? args : who);
    return false;
}

static void forget(struct deed *d) {
    json_decref(d->actor);
    json_decref(d->args);
    json_decref(d->who);
}

static struct bf_json_read reader(banfa_case *c, struct bf_buf *error) {
    bf_buf_in(error, c->work);
    return (struct bf_json_read){
        .image = image_of(c), .arena = c->work, .lang = c->lang, .error = error, .where = ""};
}

/* What bf_json_value and its kin said of a member. */
static int bad_member(banfa_case *c, struct bf_json_read *r) {
    bf_buf_char(r->error, '\0');
    return bf_embed_complain(c, BANFA_ARGUMENT, r->error->p, NULL);
}

static int read_persons(struct deed *d) {
    struct bf_buf error;
    struct bf_json_read r = reader(d->c, &error);
    struct bf_persons *by = bf_new(d->c->made, struct bf_persons);
    static const char *const name[] = {"clerk", "person", "principal"};
    struct bf_value *const part[] = {&by->clerk, &by->person, &by->principal};
    for (int i = 0; i < 3; i++) {
        json_t *j = json_object_get(d->c->by, name[i]);
        if (j && (!bf_json_party(&r, name[i], j, part[i]) || part[i]->aux != BF_NO_OFFICE))
            return bad_member(d->c, &r);
    }
    d->event.by = bf_persons_copy(d->c->made, by);
    return BANFA_OK;
}

static int read_parties(struct deed *d) {
    struct bf_buf error;
    struct bf_json_read r = reader(d->c, &error);
    if (!bf_json_party(&r, "actor", d->actor, &d->event.actor))
        return bad_member(d->c, &r);
    if (!json_is_null(d->who) && !bf_json_party(&r, "who", d->who, &d->event.who))
        return bad_member(d->c, &r);
    return d->c->by ? read_persons(d) : BANFA_OK;
}

/* NULL: they are what they should be; else the member that is not. */
static const char *stranger_of(const json_t *persons) {
    const char *name;
    json_t *j;
    json_object_foreach((json_t *)(uintptr_t)persons, name, j) {
        const char *kind = json_string_value(json_object_get(j, "kind"));
        bool known = strcmp(name, "person") == 0 || strcmp(name, "principal") == 0 ||
                     strcmp(name, "clerk") == 0;
        if (!known || !kind || strcmp(kind, "person") != 0)
            return name;
    }
    return json_object_size(persons) ? NULL : "";
}

int banfa_case_by(banfa_case *c, const char *persons) {
    json_t *by = persons ? json_of(persons) : NULL;
    const char *wrong = by ? stranger_of(by) : NULL;
    if (wrong || !by != !persons) {
        int err = bf_embed_complain(c, BANFA_ARGUMENT, "not the persons behind an act",
                                    wrong && *wrong ? wrong : persons);
        json_decref(by);
        return err;
    }
    json_decref(c->by);
    c->by = by;
    return BANFA_OK;
}

static int read_fields(struct deed *d, struct bf_i_range fields) {
    struct bf_buf error;
    struct bf_json_read r = reader(d->c, &error);
    struct bf_value *v = bf_new_array(d->c->made, struct bf_value, fields.count + 1);
    if (!bf_json_fields(&r, "", json_is_null(d->args) ? NULL : d->args, fields, v))
        return bad_member(d->c, &r);
    d->event.args = v;
    d->event.nargs = fields.count;
    return BANFA_OK;
}

/* Data by name; what is kept is the rules' own. */
static int read_data(struct deed *d) {
    banfa_case *c = d->c;
    const struct bf_image *m = image_of(c);
    const struct bf_i_proc *p = &m->proc[c->proc];
    struct bf_value *v = bf_new_array(c->made, struct bf_value, p->data.count + 1);
    struct bf_buf error;
    struct bf_json_read r = reader(c, &error);
    const char *key;
    json_t *value;
    if (!json_is_null(d->args) && !json_is_object(d->args))
        return bf_embed_complain(c, BANFA_ARGUMENT, "data: not an object", NULL);
    json_object_foreach(d->args, key, value) {
        uint32_t i = 0;
        while (i < p->data.count && !is_called(m, m->data[p->data.first + i].name,
                                               m->data[p->data.first + i].label, key))
            i++;
        if (i == p->data.count || m->data[p->data.first + i].role == BF_DATA_KEEP)
            return bf_embed_complain(c, BANFA_ARGUMENT, "no such datum", key);
        if (!json_is_null(value) &&
            !bf_json_value(&r, key, value, m->data[p->data.first + i].type, &v[i]))
            return bad_member(c, &r);
    }
    d->event.args = v;
    d->event.nargs = p->data.count;
    return BANFA_OK;
}

static uint32_t act_named(const banfa_case *c, const char *name) {
    const struct bf_image *m = image_of(c);
    struct bf_i_range acts = m->proc[c->proc].acts;
    for (uint32_t i = acts.first; i < acts.first + acts.count; i++)
        if (is_called(m, m->act[i].name, m->act[i].label, name))
            return i;
    return BF_NONE;
}

/* The start of the case's procedure on an event of that name; *event is which. */
static uint32_t start_named(const banfa_case *c, const char *name, uint32_t *event) {
    const struct bf_image *m = image_of(c);
    for (*event = 0; *event < m->event_count; ++*event) {
        uint32_t proc, start;
        if (!is_called(m, m->event[*event].name, m->event[*event].label, name))
            continue;
        for (uint32_t i = 0; (start = bf_starts_on(m, *event, i, &proc)) != BF_NONE; i++)
            if (proc == c->proc)
                return start;
    }
    return BF_NONE;
}

/* ---- registers ---- */

static void forget_row(banfa_case *c) {
    json_decref(c->row_json);
    c->row_json = NULL;
}

static enum bf_lookup read_row(banfa_case *c, uint32_t reg, const char *text,
                               struct bf_value *row) {
    const struct bf_image *m = image_of(c);
    struct bf_i_range fields = m->record[m->reg[reg].record].fields;
    struct bf_value *v = bf_new_array(c->work, struct bf_value, fields.count + 1);
    struct bf_buf error;
    struct bf_json_read r = reader(c, &error);
    json_t *j = json_of(text);
    c->row_json = j; /* memory may run out below, and nobody comes back here */
    bool read = j && bf_json_fields(&r, "", j, fields, v);
    if (read)
        *row = bf_value_copy(c->work, bf_record_value(m->reg[reg].record, v, fields.count));
    else if (j)
        bad_member(c, &r);
    else
        bf_embed_complain(c, 0, "a register's row is not JSON", text);
    forget_row(c);
    return read ? BF_LOOKUP_FOUND : BF_LOOKUP_NEEDS;
}

/* The caller's row; one that is none of the register's ends the step, which then needs it. */
static enum bf_lookup row_of(void *ctx, uint32_t reg, const struct bf_value *keys, uint32_t n,
                             struct bf_value *row) {
    banfa_case *c = ctx;
    const struct bf_image *m = image_of(c);
    struct bf_buf key;
    bf_buf_in(&key, c->work);
    for (uint32_t i = 0; i < n; i++) {
        bf_buf_char(&key, i ? ',' : '[');
        bf_value_json(m, keys[i], &key);
    }
    bf_buf_put(&key, "]", 2);
    const char *text = c->row(c->row_ctx, bf_str_z(c->work, bf_i_text(m, m->reg[reg].name)), key.p);
    return text ? read_row(c, reg, text, row) : BF_LOOKUP_ABSENT;
}

struct bf_world bf_embed_world(banfa_case *c) {
    return (struct bf_world){.calendar = c->calendar->calendar,
                             .row = c->row ? row_of : NULL,
                             .ctx = c,
                             .assume = c->assume};
}

/* ---- steps ---- */

static void tell_refusal(banfa_case *c) {
    struct bf_words words = {c->made, image_of(c), c->calendar->calendar, c->lang};
    struct bf_world world = bf_embed_world(c);
    struct bf_tale tale = {.words = &words,
                           .world = &world,
                           .event = &c->event,
                           .proc = c->proc,
                           .number = c->number,
                           .refused = &c->out.refused,
                           .after = c->out.next};
    bf_str reason = bf_tell_reason(&tale);
    size_t n = reason.len < sizeof c->message ? reason.len : sizeof c->message - 1;
    while (n < reason.len && n && ((unsigned char)reason.p[n] & 0xC0) == 0x80)
        n--; /* no half of a character */
    memcpy(c->message, reason.p, n);
    c->message[n] = '\0';
}

/* The case that was made in `was` is the case from now on. */
static void settle(banfa_case *c, struct bf_case *next) {
    struct bf_arena *was = c->now;
    c->now = c->was;
    c->was = was;
    c->c = next;
}

static int take_step(struct deed *d) {
    banfa_case *c = d->c;
    struct bf_world world = bf_embed_world(c);
    struct bf_outcome out;
    d->event.recorded = d->event.effective;
    if (d->event.kind == BF_EVENT_OPEN)
        d->event.number = c->number;
    bf_step(image_of(c), &world, c->c, &d->event, c->made, &out);
    if (out.kind == BF_NEEDS)
        return *c->message
                   ? BANFA_ARGUMENT
                   : bf_embed_complain(c, BANFA_ARGUMENT, "a register's row is missing", NULL);
    struct bf_case *next = out.next ? bf_case_clone(c->was, image_of(c), out.next) : NULL;
    c->out = out;
    c->event = d->event;
    if (out.kind == BF_REFUSED)
        tell_refusal(c);
    if (!next)
        return BANFA_REFUSED;
    settle(c, next);
    return out.kind == BF_REFUSED ? BANFA_REFUSED : BANFA_OK;
}

/* What the last step told is over; nothing is lost but that. */
static void clear(banfa_case *c) {
    bf_arena_reset(c->was);
    bf_arena_reset(c->made);
    c->out = (struct bf_outcome){.kind = BF_DONE};
    c->message[0] = '\0';
}

static int run(struct deed *d, int (*body)(void *ctx)) {
    struct bf_arena *const arenas[] = {d->c->now, d->c->was, d->c->made, d->c->own};
    int status = bf_embed_guard(arenas, 4, body, d);
    forget_row(d->c);
    if (status == BANFA_NOMEM)
        bf_embed_complain(d->c, 0, "out of memory", NULL);
    if (status != BANFA_OK && status != BANFA_REFUSED)
        d->c->out = (struct bf_outcome){.kind = BF_DONE};
    return status;
}

static int begin(banfa_case *c, bool started) {
    if ((c->c != NULL) != started)
        return bf_embed_complain(
            c, BANFA_ARGUMENT, started ? "the case is not started" : "the case is started already",
            NULL);
    clear(c);
    return BANFA_OK;
}

/* The texts of arguments live in the JSON: the event that is kept must not. */
static int step_and_keep(struct deed *d) {
    d->event.actor = bf_value_copy(d->c->made, d->event.actor);
    d->event.who = bf_value_copy(d->c->made, d->event.who);
    d->event.args = bf_values_copy(d->c->made, d->event.args, d->event.nargs);
    return take_step(d);
}

static int open_body(void *ctx) {
    struct deed *d = ctx;
    int status = read_parties(d);
    if (!status)
        status = read_data(d);
    return status ? status : step_and_keep(d);
}

static int report_body(void *ctx) {
    struct deed *d = ctx;
    uint32_t event;
    d->event.start = start_named(d->c, d->name, &event);
    if (d->event.start == BF_NONE)
        return bf_embed_complain(d->c, BANFA_ARGUMENT, "no such event starts the procedure",
                                 d->name);
    int status = read_parties(d);
    if (!status)
        status = read_fields(d, image_of(d->c)->event[event].params);
    return status ? status : step_and_keep(d);
}

static int act_body(void *ctx) {
    struct deed *d = ctx;
    d->event.what = act_named(d->c, d->name);
    if (d->event.what == BF_NONE)
        return bf_embed_complain(d->c, BANFA_ARGUMENT, "no such act", d->name);
    int status = read_parties(d);
    if (!status && d->event.kind == BF_EVENT_ACT)
        status = read_fields(d, image_of(d->c)->act[d->event.what].params);
    return status ? status : step_and_keep(d);
}

static int deed(struct deed *d, int (*body)(void *ctx), const char *actor, const char *args,
                const char *who) {
    int status = begin(d->c, d->event.kind != BF_EVENT_OPEN);
    if (status)
        return status;
    status = parse(d, actor, args, who) ? run(d, body) : BANFA_ARGUMENT;
    forget(d);
    return status;
}

int banfa_case_open(banfa_case *c, const char *actor, const char *data, int64_t at) {
    struct deed d = {
        .c = c,
        .event = {.kind = BF_EVENT_OPEN, .effective = at, .what = c->proc, .start = BF_NONE}};
    return deed(&d, open_body, actor, data, NULL);
}

int banfa_case_report(banfa_case *c, const char *event, const char *actor, const char *args,
                      int64_t at) {
    struct deed d = {
        .c = c, .event = {.kind = BF_EVENT_OPEN, .effective = at, .what = c->proc}, .name = event};
    return deed(&d, report_body, actor, args, NULL);
}

/* What the row that a start is for fills. */
static int read_member(struct deed *d, uint32_t start) {
    const struct bf_image *m = image_of(d->c);
    uint32_t reg = m->start[start].member_reg;
    if (!reg != json_is_null(d->args))
        return bf_embed_complain(d->c, BANFA_ARGUMENT,
                                 reg ? "a register's row is missing" : "no row belongs here", NULL);
    if (!reg)
        return BANFA_OK;
    int status = read_fields(d, m->record[m->reg[reg - 1].record].fields);
    if (status)
        return status;
    struct bf_value *member = bf_new(d->c->made, struct bf_value);
    *member = bf_start_member(
        m, start, bf_record_value(m->reg[reg - 1].record, d->event.args, d->event.nargs));
    d->event.args = member;
    d->event.nargs = 1;
    return BANFA_OK;
}

static int start_body(void *ctx) {
    struct deed *d = ctx;
    banfa_case *c = d->c;
    d->event.start = bf_embed_start(image_of(c), c->calendar->calendar, d->event.effective, d->nth);
    if (d->event.start == BF_NONE || bf_start_proc(image_of(c), d->event.start) != c->proc)
        return bf_embed_complain(c, BANFA_ARGUMENT, "the calendar starts no such case then", NULL);
    int status = read_member(d, d->event.start);
    return status ? status : step_and_keep(d);
}

int banfa_case_start(banfa_case *c, unsigned i, const char *row, int64_t at) {
    struct deed d = {
        .c = c, .event = {.kind = BF_EVENT_OPEN, .effective = at, .what = c->proc}, .nth = i};
    return deed(&d, start_body, NULL, row, NULL);
}

int banfa_case_act(banfa_case *c, const char *act, const char *actor, const char *args,
                   int64_t at) {
    return banfa_case_told(c, act, actor, NULL, args, at);
}

int banfa_case_told(banfa_case *c, const char *act, const char *actor, const char *who,
                    const char *args, int64_t at) {
    struct deed d = {
        .c = c, .event = {.kind = BF_EVENT_ACT, .effective = at, .start = BF_NONE}, .name = act};
    return deed(&d, act_body, actor, args, who);
}

int banfa_case_consent(banfa_case *c, const char *act, const char *actor, int yes, int64_t at) {
    struct deed d = {.c = c,
                     .event = {.kind = yes ? BF_EVENT_CONSENT : BF_EVENT_DECLINE,
                               .effective = at,
                               .start = BF_NONE},
                     .name = act};
    return deed(&d, act_body, actor, NULL, NULL);
}

static int plain_body(void *ctx) { return take_step(ctx); }

int banfa_case_tick(banfa_case *c, int64_t at) {
    struct deed d = {.c = c, .event = {.kind = BF_EVENT_TICK, .effective = at, .start = BF_NONE}};
    int status = begin(c, true);
    return status ? status : run(&d, plain_body);
}

int banfa_case_next_lapse(const banfa_case *c, int64_t *at) {
    bf_instant due;
    if (!c->c || bf_case_next_lapse(image_of(c), c->c, &due) == BF_NONE)
        return BANFA_END;
    *at = due;
    return BANFA_OK;
}

/* ---- what a step brings about elsewhere ---- */

/* The i-th start that the last step's facts ask for, in their order. */
static bool start_of(const banfa_case *c, unsigned i, struct bf_event *e) {
    const struct bf_image *m = image_of(c);
    for (uint32_t k = 0; k < c->out.fact_count; k++) {
        const struct bf_fact *f = &c->out.facts[k];
        *e = (struct bf_event){.kind = BF_EVENT_OPEN,
                               .effective = f->at,
                               .what = f->a,
                               .start = BF_NONE,
                               .args = f->v,
                               .nargs = f->n};
        e->parent = f->kind == BF_FACT_RUN ? c->number : 0;
        if ((f->kind == BF_FACT_OPENED || f->kind == BF_FACT_RUN) && i-- == 0)
            return true;
        for (uint32_t s = 0; f->kind == BF_FACT_RAISED; s++) {
            e->start = bf_starts_on(m, f->a, s, &e->what);
            if (e->start == BF_NONE)
                break;
            if (i-- == 0)
                return true;
        }
    }
    return false;
}

static int take_over(void *ctx) {
    struct deed *d = ctx;
    if (d->parent->assume)
        d->c->assume = bf_values_copy(d->c->own, d->parent->assume, image_of(d->c)->assume_count);
    return step_and_keep(d);
}

int banfa_case_child(banfa_case *c, unsigned i, uint32_t number, banfa_case **child) {
    struct deed d = {.parent = c};
    *child = NULL;
    if (!start_of(c, i, &d.event))
        return BANFA_END;
    if (!number)
        return bf_embed_complain(c, BANFA_ARGUMENT, "a case's number is not 0", NULL);
    d.c = new_case(c->policy, c->calendar, d.event.what, number);
    if (!d.c)
        return bf_embed_complain(c, BANFA_NOMEM, "out of memory", NULL);
    d.c->lang = c->lang;
    banfa_case_registers(d.c, c->row, c->row_ctx);
    *child = d.c;
    return run(&d, take_over);
}

int banfa_case_excuse(banfa_case *c, const banfa_case *by) {
    int status = begin(c, true);
    bool any = false;
    for (uint32_t i = 0; !status && by != c && i < by->out.fact_count; i++) {
        const struct bf_fact *f = &by->out.facts[i];
        struct deed d = {.c = c,
                         .event = {.kind = BF_EVENT_EXCUSE,
                                   .effective = f->at > c->c->at ? f->at : c->c->at,
                                   .start = BF_NONE,
                                   .args = f->v,
                                   .nargs = f->n}};
        if (f->kind != BF_FACT_EXCUSED || f->v[0].n != c->number)
            continue;
        clear(c);
        any = true;
        status = run(&d, plain_body);
    }
    return status || any ? status : BANFA_END;
}

/* Has c asked for the case that `other` is to be, and not heard of it? */
static bool awaits(const struct bf_case *c, const banfa_case *other) {
    bool its = (other->c ? other->c->parent : other->event.parent) == c->number, awaited = false;
    for (uint32_t i = 0; i < c->sub_count; i++) {
        its = its && c->subs[i].number != other->number;
        awaited |= !c->subs[i].number && c->subs[i].end != BF_SUB_FAILED;
    }
    return its && awaited;
}

static bool was_left(const struct bf_case *parent, uint32_t number) {
    for (uint32_t i = 0; i < parent->sub_count; i++)
        if (parent->subs[i].number == number)
            return parent->subs[i].end == BF_SUB_CANCELLED;
    return false;
}

/* The next thing that c must hear of `other`, if there is one. */
static bool news(banfa_case *c, const banfa_case *other, struct bf_event *e) {
    bf_instant at = other->c ? other->c->at : other->event.effective;
    *e = (struct bf_event){.effective = at > c->c->at ? at : c->c->at, .start = BF_NONE};
    if (awaits(c->c, other)) {
        e->kind = BF_EVENT_BEGUN;
        e->number = other->c ? other->number : 0;
        return true;
    }
    if (other->c && c->c->parent == other->number && was_left(other->c, c->number)) {
        e->kind = BF_EVENT_CANCEL;
        return !bf_case_ended(image_of(c), c->c);
    }
    return other->c && bf_returns(image_of(c), c->c, image_of(other), other->c, c->made, e);
}

struct hearing {
    struct deed deed;
    const banfa_case *other;
    bool any;
};

static int hear(void *ctx) {
    struct hearing *h = ctx;
    h->any = news(h->deed.c, h->other, &h->deed.event);
    return h->any ? step_and_keep(&h->deed) : BANFA_OK;
}

int banfa_case_hear(banfa_case *c, const banfa_case *other) {
    struct hearing h = {.deed = {.c = c}, .other = other};
    int status = begin(c, true);
    if (status)
        return status;
    struct bf_arena *const arenas[] = {c->now, c->was, c->made, c->own};
    status = bf_embed_guard(arenas, 4, hear, &h);
    forget_row(c);
    if (status == BANFA_NOMEM)
        bf_embed_complain(c, 0, "out of memory", NULL);
    return status || h.any ? status : BANFA_END;
}

/* ---- reading ---- */

const char *banfa_case_message(const banfa_case *c) { return c->message; }

int banfa_case_ended(const banfa_case *c) { return c->c && bf_case_ended(image_of(c), c->c); }

const char *banfa_case_state(const banfa_case *c) {
    return c->c && c->c->state != BF_NONE ? c->policy->states[c->c->state] : NULL;
}

/* Tables and explanations are of a moment up to which everything has happened. */
int bf_embed_may_look(banfa_case *c, int64_t at) {
    bf_instant due;
    if (!c->c)
        return bf_embed_complain(c, BANFA_ARGUMENT, "the case is not started", NULL);
    if (at < c->c->at)
        return bf_embed_complain(c, BANFA_ARGUMENT, "the instant is before the last step", NULL);
    if (bf_case_next_lapse(image_of(c), c->c, &due) != BF_NONE && due <= at)
        return bf_embed_complain(c, BANFA_ARGUMENT, "a limit has passed: banfa_case_tick first",
                                 NULL);
    return BANFA_OK;
}

int bf_embed_apart(banfa_case *c, struct bf_arena *also, int (*body)(void *ctx), void *ctx) {
    struct bf_arena *scratch = bf_arena_new(0);
    int status = BANFA_NOMEM;
    if (scratch) {
        c->work = scratch;
        struct bf_arena *const arenas[] = {scratch, also};
        status = bf_embed_guard(arenas, also ? 2 : 1, body, ctx);
        forget_row(c);
        c->work = c->made;
        bf_arena_free(scratch);
    }
    return status == BANFA_NOMEM ? bf_embed_complain(c, status, "out of memory", NULL) : status;
}

/* What is read of a case, or into it. */
struct text {
    banfa_case *c;
    int64_t at;
    bf_str in;
    char **out;
};

static int hand_over(struct text *t, const struct bf_buf *b) {
    *t->out = bf_embed_text(bf_buf_view(b));
    return *t->out ? BANFA_OK : BANFA_NOMEM;
}

static int explain(void *ctx) {
    struct text *t = ctx;
    banfa_case *c = t->c;
    struct bf_buf out;
    struct bf_standing s = {.arena = c->work,
                            .image = image_of(c),
                            .calendar = c->calendar->calendar,
                            .world = bf_embed_world(c),
                            .now = t->at,
                            .cases = &c->c,
                            .case_count = 1};
    bf_buf_in(&out, c->work);
    bf_explain_text(&s, c->lang, &out);
    return hand_over(t, &out);
}

int banfa_case_explain(banfa_case *c, int64_t at, char **text) {
    struct text t = {.c = c, .at = at, .out = text};
    *text = NULL;
    int status = bf_embed_may_look(c, at);
    return status ? status : bf_embed_apart(c, NULL, explain, &t);
}

static int save(void *ctx) {
    struct text *t = ctx;
    struct bf_buf out;
    bf_buf_in(&out, t->c->work);
    bf_case_json(image_of(t->c), t->c->c, &out);
    return hand_over(t, &out);
}

int banfa_case_save(banfa_case *c, char **json) {
    struct text t = {.c = c, .out = json};
    *json = NULL;
    if (!c->c)
        return bf_embed_complain(c, BANFA_ARGUMENT, "the case is not started", NULL);
    return bf_embed_apart(c, NULL, save, &t);
}

/* ---- from what was kept ---- */

/* Reads in `made`, whose texts may be the caller's bytes; the case that is kept stands alone. */
static int restore(void *ctx) {
    struct text *t = ctx;
    banfa_case *c = t->c;
    struct bf_canon j;
    struct bf_case *read;
    struct bf_error e;
    enum bf_err err = bf_canon_read(c->made, t->in, &j, &e);
    if (!err)
        err = bf_case_read(image_of(c), c->made, &j, &read, &e);
    if (err)
        return bf_embed_complain(c, bf_embed_status(err), e.text, NULL);
    settle(c, bf_case_clone(c->was, image_of(c), read));
    c->proc = read->proc;
    c->number = read->number;
    clear(c);
    return BANFA_OK;
}

static int within(banfa_case *c, int (*body)(void *ctx), struct text *t) {
    struct bf_arena *const arenas[] = {c->now, c->was, c->made};
    return bf_embed_guard(arenas, 3, body, t);
}

int banfa_case_restore(banfa_policy *policy, banfa_calendar *calendar, const char *json, size_t len,
                       banfa_case **out, char **message) {
    *out = NULL;
    int status = check_calendar(policy, calendar, message);
    if (status || len > TEXT_MAX)
        return status ? status : BANFA_LIMIT;
    banfa_case *c = new_case(policy, calendar, BF_NONE, 0);
    if (!c)
        return BANFA_NOMEM;
    struct text t = {.c = c, .in = {json, (uint32_t)len}};
    status = within(c, restore, &t);
    if (status == BANFA_OK) {
        *out = c;
        return status;
    }
    if (message)
        *message = bf_embed_text(bf_str_of(c->message));
    banfa_case_free(c);
    return status;
}

static int apply(void *ctx) {
    struct text *t = ctx;
    banfa_case *c = t->c;
    struct bf_canon j;
    struct bf_fact f;
    struct bf_error e;
    enum bf_err err = bf_canon_read(c->made, t->in, &j, &e);
    if (!err)
        err = bf_fact_read(image_of(c), c->proc, c->made, &j, &f, &e);
    if (err)
        return bf_embed_complain(c, bf_embed_status(err), e.text, NULL);
    struct bf_case *next =
        c->c ? bf_case_clone(c->was, image_of(c), c->c) : bf_case_new(c->was, image_of(c), c->proc);
    f = bf_fact_copy(c->was, &f);
    if (!bf_apply(image_of(c), c->was, next, &f))
        return bf_embed_complain(c, BANFA_FORMAT, "the fact is not of this case", NULL);
    settle(c, next);
    clear(c);
    return BANFA_OK;
}

int banfa_case_apply(banfa_case *c, const char *fact, size_t len) {
    struct text t = {.c = c, .in = {fact, (uint32_t)len}};
    clear(c);
    return len > TEXT_MAX ? BANFA_LIMIT : within(c, apply, &t);
}

/* ---- assumptions ---- */

struct assumption {
    banfa_case *c;
    uint32_t row;
    json_t *j;
};

static int assume(void *ctx) {
    struct assumption *as = ctx;
    banfa_case *c = as->c;
    struct bf_value v;
    struct bf_buf error;
    struct bf_json_read r = reader(c, &error);
    const struct bf_i_assume *row = &image_of(c)->assume[as->row];
    if (!bf_json_value(&r, "value", as->j, row->type, &v))
        return bad_member(c, &r);
    if (!c->assume)
        c->assume = bf_assume_defaults(c->own, image_of(c));
    c->assume[as->row] = bf_value_copy(c->own, v);
    return BANFA_OK;
}

int banfa_case_assume(banfa_case *c, const char *name, const char *value) {
    const struct bf_image *m = image_of(c);
    struct assumption as = {.c = c};
    int status = begin(c, false);
    if (status)
        return status;
    while (as.row < m->assume_count &&
           !is_called(m, m->assume[as.row].name, m->assume[as.row].label, name))
        as.row++;
    if (as.row == m->assume_count)
        return bf_embed_complain(c, BANFA_ARGUMENT, "no such assumption", name);
    as.j = json_of(value);
    struct bf_arena *const arenas[] = {c->made, c->own};
    status = as.j ? bf_embed_guard(arenas, 2, assume, &as)
                  : bf_embed_complain(c, BANFA_ARGUMENT, "not JSON", value);
    json_decref(as.j);
    return status;
}
