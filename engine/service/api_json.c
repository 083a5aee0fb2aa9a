/* Cases, duties and choices in JSON. Names are those of the image, labels beside them; citations as in journals. */
#include <string.h>

#include "engine/service/api_parts.h"
#include "engine/service/events.h"

void bf_api_fit(char *out, size_t size, bf_str text) {
    size_t n = text.len < size - 1 ? text.len : size - 1;
    while (n < text.len && n && ((unsigned char)text.p[n] & 0xC0) == 0x80)
        n--;
    if (n)
        memcpy(out, text.p, n);
    out[n] = '\0';
}

void bf_api_named(struct bf_buf *out, const struct bf_image *m, const char *key, uint32_t name,
                  uint32_t label) {
    bf_buf_quoted(out, key);
    bf_buf_char(out, ':');
    bf_json_text(bf_i_text(m, name), out);
    bf_buf_z(out, ",\"label\":");
    bf_json_text(bf_i_label(m, name, label), out);
}

static void text_member(struct bf_buf *out, const char *key, bf_str s) {
    bf_buf_fmt(out, ",\"%s\":", key);
    bf_json_text(s, out);
}

static void cites_member(struct bf_buf *out, const struct bf_image *m, uint32_t src) {
    bf_buf_z(out, ",\"cites\":");
    bf_words_cites_json(m, src, out);
}

static void party_member(struct bf_buf *out, const struct bf_words *w, const char *key,
                         struct bf_value v) {
    bf_buf_fmt(out, ",\"%s\":", key);
    bf_value_json(w->image, v, out);
    bf_buf_fmt(out, ",\"%s_name\":", key);
    if (bf_present(v))
        bf_json_text(bf_words_party(w, v), out);
    else
        bf_buf_z(out, "null");
}

void bf_api_due_json(const struct bf_due *due, struct bf_buf *out) {
    switch (due->kind) {
    case BF_DUE_NONE: bf_buf_z(out, "null"); return;
    case BF_DUE_PAUSED: bf_buf_z(out, "{\"paused\":true}"); return;
    case BF_DUE_DAY: break;
    }
    bf_buf_z(out, "{\"last\":");
    bf_json_day(due->last, out);
    bf_buf_fmt(out, ",\"provisional\":%s,\"until\":", due->provisional ? "true" : "false");
    bf_json_instant(due->at, out);
    bf_buf_char(out, '}');
}

static const char *status_word(enum bf_status status) {
    static const char *const word[BF_STATUSES] = {"none", "waiting", "open",   "paused",
                                                  "met",  "late",    "lapsed", "void"};
    return word[status];
}

/* ---- choices ---- */

static void params_json(const struct bf_image *m, struct bf_i_range params, struct bf_buf *out) {
    bf_buf_z(out, ",\"args\":[");
    for (uint32_t i = 0; i < params.count; i++) {
        const struct bf_i_field *f = &m->field[params.first + i];
        bf_buf_z(out, i ? ",{" : "{");
        bf_api_named(out, m, "name", f->name, f->label);
        bf_buf_fmt(out, ",\"optional\":%s}", m->type[f->type].optional ? "true" : "false");
    }
    bf_buf_char(out, ']');
}

/* Why it is not open. */
static void kept_json(const struct bf_words *w, const struct bf_choice *c, struct bf_buf *out) {
    const struct bf_image *m = w->image;
    bf_str part = bf_words_guard_part(w, c->part_first, c->part_end);
    bf_buf_fmt(out, ",\"why\":\"%s\"", bf_why_word(c->why));
    if (part.len)
        text_member(out, "condition", part);
    if (c->from_act != BF_NONE)
        text_member(out, c->why == BF_WHY_SAME ? "distinct_from" : "after_act",
                    bf_i_text(m, m->act[c->from_act].name));
    if (c->from_state != BF_NONE)
        text_member(out, "in_state", bf_i_text(m, m->state[c->from_state].name));
}

void bf_api_choice_json(const struct bf_words *w, const struct bf_choice *c,
                        const struct bf_role *mine, struct bf_buf *out) {
    static const char *const openness[] = {"closed", "later", "guarded", "open"};
    const struct bf_image *m = w->image;
    const struct bf_i_act *act = &m->act[c->act];
    bf_buf_z(out, "{\"act\":");
    bf_json_text(bf_i_text(m, act->name), out);
    text_member(out, "label", bf_words_act(w, c->act));
    bf_buf_fmt(out, ",\"consent\":%s,\"mine\":%s,\"must\":%s,\"open\":\"%s\"",
               c->kind == BF_CHOICE_CONSENT ? "true" : "false", mine ? "true" : "false",
               c->must ? "true" : "false", openness[c->open]);
    if (mine && mine->by && bf_present(mine->by->principal)) {
        bf_buf_z(out, ",\"deputy_of\":");
        bf_value_json(m, mine->by->principal, out);
    }
    if (c->asked)
        bf_buf_z(out, ",\"asked\":true");
    if (c->maybe)
        bf_buf_z(out, ",\"depends_on_args\":true");
    if (c->consents_left)
        bf_buf_fmt(out, ",\"consents_needed\":%u", c->consents_left);
    if (c->open != BF_OPEN)
        kept_json(w, c, out);
    bf_buf_fmt(out, ",\"%s\":", c->open == BF_LATER ? "from" : "due");
    bf_api_due_json(&c->until, out);
    if (c->kind == BF_CHOICE_ACT && c->open == BF_OPEN)
        params_json(m, act->params, out);
    if (c->kind == BF_CHOICE_CONSENT && bf_present(c->member))
        party_member(out, w, "of", c->member);
    party_member(out, w, "who", c->actor);
    cites_member(out, m, c->src);
    bf_buf_char(out, '}');
}

/* ---- a case ---- */

void bf_api_duty_json(const struct bf_shown *s, uint32_t duty, const struct bf_case_member *whose,
                      struct bf_buf *out) {
    const struct bf_image *m = s->image;
    const struct bf_i_duty *d = &m->duty[duty];
    const struct bf_case_duty *cd = whose ? &whose->d : bf_case_duty(m, s->view->c, duty);
    bf_buf_z(out, "{\"duty\":");
    bf_json_text(bf_i_text(m, d->name), out);
    text_member(out, "label", bf_words_duty(&s->words, duty));
    bf_buf_fmt(out, ",\"status\":\"%s\",\"due\":", status_word((enum bf_status)cd->status));
    bool runs = cd->status != BF_STATUS_VOID && cd->status != BF_STATUS_WAITING;
    bf_api_due_json(runs ? &cd->due : &(struct bf_due){.kind = BF_DUE_NONE}, out);
    party_member(out, &s->words, "bearer",
                 whose ? whose->who
                       : bf_duty_bearer(m, s->world, s->view->c, duty, s->words.arena));
    cites_member(out, m, d->src);
    bf_buf_char(out, '}');
}

static void put_duty(const struct bf_shown *s, uint32_t duty, const struct bf_case_member *whose,
                     struct bf_buf *out) {
    if (out->p[out->len - 1] != '[')
        bf_buf_char(out, ',');
    bf_api_duty_json(s, duty, whose, out);
}

/* One of each is told for each member who has it. */
static void duties_json(const struct bf_shown *s, struct bf_buf *out) {
    const struct bf_case *c = s->view->c;
    struct bf_i_range rows = bf_case_proc(s->image, c)->duties;
    bf_buf_z(out, ",\"duties\":[");
    for (uint32_t i = rows.first; i < rows.first + rows.count; i++) {
        uint8_t status = bf_case_duty(s->image, c, i)->status;
        bool each = s->image->duty[i].each;
        for (uint32_t k = 0; each && k < c->member_count; k++)
            if (c->members[k]->duty == i && !c->members[k]->spared &&
                bf_case_member_now(s->image, c, c->members[k]))
                put_duty(s, i, c->members[k], out);
        if (!each && status != BF_STATUS_NONE)
            put_duty(s, i, NULL, out);
    }
    bf_buf_char(out, ']');
}

static void violations_json(const struct bf_shown *s, struct bf_buf *out) {
    const struct bf_case *c = s->view->c;
    const struct bf_image *m = s->image;
    bf_buf_z(out, ",\"violations\":[");
    for (uint32_t i = 0; i < c->violation_count; i++) {
        const struct bf_case_violation *v = &c->violations[i];
        bf_buf_z(out, i ? ",{" : "{");
        bf_api_named(out, m, "violation", m->violation[v->violation].name,
                     m->violation[v->violation].label);
        party_member(out, &s->words, "by", v->by);
        bf_buf_z(out, ",\"day\":");
        bf_json_day(v->day, out);
        bf_buf_fmt(out, ",\"excused\":%s", v->excused ? "true" : "false");
        cites_member(out, m, v->src);
        bf_buf_char(out, '}');
    }
    bf_buf_char(out, ']');
}

/* Those kept from him; left out where there are none. */
static void sealed_json(const struct bf_shown *s, struct bf_i_range data, struct bf_buf *out) {
    const struct bf_image *m = s->image;
    bool any = false;
    for (uint32_t i = data.first; i < data.first + data.count; i++) {
        if (!bf_is_sealed(m, i, s->unsealed))
            continue;
        bf_buf_z(out, any ? "," : ",\"sealed\":[");
        bf_json_text(bf_i_text(m, m->data[i].name), out);
        any = true;
    }
    if (any)
        bf_buf_char(out, ']');
}

static void data_json(const struct bf_shown *s, struct bf_buf *out) {
    const struct bf_case *c = s->view->c;
    const struct bf_image *m = s->image;
    struct bf_i_range data = bf_case_proc(m, c)->data;
    bf_buf_z(out, ",\"data\":{");
    for (uint32_t i = 0; i < data.count; i++) {
        if (i)
            bf_buf_char(out, ',');
        bf_json_text(bf_i_text(m, m->data[data.first + i].name), out);
        bf_buf_char(out, ':');
        bf_value_json(m, bf_is_sealed(m, data.first + i, s->unsealed) ? BF_ABSENT : c->data[i],
                      out);
    }
    bf_buf_char(out, '}');
    sealed_json(s, data, out);
}

static void state_json(const struct bf_shown *s, struct bf_buf *out) {
    const struct bf_case *c = s->view->c;
    const struct bf_image *m = s->image;
    const struct bf_i_state *state = &m->state[c->state];
    bf_buf_z(out, ",\"state\":{");
    bf_api_named(out, m, "name", state->name, state->label);
    bf_buf_z(out, ",\"since\":");
    bf_json_day(bf_case_state(m, c, c->state)->day, out);
    bf_buf_fmt(out, ",\"ended\":%s}", bf_case_ended(m, c) ? "true" : "false");
}

void bf_api_gone_json(const struct bf_shown *s, struct bf_buf *out) {
    const struct bf_case *c = s->view->c;
    bf_buf_char(out, '[');
    for (uint32_t i = 0; i < c->gone_count; i++) {
        bf_buf_z(out, i ? ",{\"among\":" : "{\"among\":");
        bf_value_json(s->image, c->gone[i].among, out);
        party_member(out, &s->words, "department", c->gone[i].who);
        bf_buf_char(out, '}');
    }
    bf_buf_char(out, ']');
}

/* The case that runs this one, and those it runs; said only where there are such. */
static void family_json(const struct bf_shown *s, struct bf_buf *out) {
    const struct bf_case *c = s->view->c;
    const struct bf_image *m = s->image;
    if (c->parent)
        bf_buf_fmt(out, ",\"parent\":%u", c->parent);
    if (c->sub_count)
        bf_buf_z(out, ",\"runs\":[");
    for (uint32_t i = 0; i < c->sub_count; i++) {
        const struct bf_case_sub *sub = &c->subs[i];
        const struct bf_i_state *state = &m->state[sub->state];
        const struct bf_i_proc *p = &m->proc[state->runs - 1];
        bf_buf_z(out, i ? ",{" : "{");
        bf_api_named(out, m, "procedure", p->name, p->label);
        if (sub->number)
            bf_buf_fmt(out, ",\"case\":%u", sub->number);
        text_member(out, "in_state", bf_i_text(m, state->name));
        bf_buf_fmt(out, ",\"status\":\"%s\"", bf_sub_word(sub->end));
        if (sub->end < BF_SUB_FAILED)
            text_member(out, "end", bf_i_text(m, m->state[sub->end].name));
        cites_member(out, m, state->run_src);
        bf_buf_char(out, '}');
    }
    if (c->sub_count)
        bf_buf_char(out, ']');
}

/* The text that its next event is judged by, if that is another. */
static void follows_json(const struct bf_shown *s, struct bf_buf *out) {
    const struct bf_view *v = s->view;
    const struct bf_engine_policy *next =
        bf_case_ended(s->image, v->c)
            ? NULL
            : bf_engine_follows(s->call->service->engine, v->policy, v->now);
    if (!next)
        return;
    const struct bf_image *m = next->image;
    bf_buf_z(out, ",\"follows\":{\"policy\":");
    bf_json_text(bf_i_text(m, m->policy.name), out);
    bf_buf_z(out, ",\"version\":");
    bf_json_hex(m->hash, sizeof m->hash, out);
    bf_buf_char(out, '}');
}

void bf_api_case_json(const struct bf_shown *s, struct bf_buf *out) {
    const struct bf_case *c = s->view->c;
    const struct bf_image *m = s->image;
    const struct bf_i_proc *p = bf_case_proc(m, c);
    bf_buf_fmt(out, "\"case\":%llu,\"seq\":%llu,\"now\":", (unsigned long long)s->view->number,
               (unsigned long long)s->view->last_seq);
    bf_json_instant(s->view->now, out);
    text_member(out, "policy", bf_i_text(m, m->policy.name));
    bf_buf_z(out, ",\"version\":");
    bf_json_hex(m->hash, sizeof m->hash, out);
    follows_json(s, out);
    bf_buf_char(out, ',');
    bf_api_named(out, m, "procedure", p->name, p->label);
    bf_buf_z(out, ",\"started\":");
    bf_json_instant(c->start_at, out);
    party_member(out, &s->words, "starter", c->starter);
    state_json(s, out);
    data_json(s, out);
    duties_json(s, out);
    violations_json(s, out);
    family_json(s, out);
    if (c->gone_count) {
        bf_buf_z(out, ",\"gone\":");
        bf_api_gone_json(s, out);
    }
}

/* ---- what a row brought about ---- */

static const char *status_after(enum bf_fact_kind kind) {
    switch (kind) {
    case BF_FACT_ARMED:
    case BF_FACT_RESUMED:
    case BF_FACT_EXTENDED:
    case BF_FACT_RESTARTED:
    case BF_FACT_RECOMPUTED: return "open";
    case BF_FACT_WAITING: return "waiting";
    case BF_FACT_PAUSED: return "paused";
    case BF_FACT_MET: return "met";
    case BF_FACT_LATE: return "late";
    case BF_FACT_LAPSED: return "lapsed";
    case BF_FACT_GONE:
    case BF_FACT_VOIDED: return "void";
    case BF_FACT_STARTED:
    case BF_FACT_ASKED:
    case BF_FACT_ACTED:
    case BF_FACT_CONSENTED:
    case BF_FACT_DECLINED:
    case BF_FACT_REQUEST_DIED:
    case BF_FACT_SET:
    case BF_FACT_MOVED:
    case BF_FACT_SPARED:
    case BF_FACT_LEFT:
    case BF_FACT_VIOLATED:
    case BF_FACT_EXCUSED:
    case BF_FACT_NOTIFIED:
    case BF_FACT_ISSUED:
    case BF_FACT_FILED:
    case BF_FACT_PUT:
    case BF_FACT_OPENED:
    case BF_FACT_RAISED:
    case BF_FACT_ENDED:
    case BF_FACT_REFUSED:
    case BF_FACT_FAILED:
    case BF_FACT_RUN:
    case BF_FACT_BEGUN:
    case BF_FACT_RETURNED:
    case BF_FACT_CANCELLED:
    case BF_FACT_ROUND:
    case BF_FACT_SUCCEEDED:
    case BF_FACT_KINDS: break;
    }
    return NULL;
}

static bool of_one(const struct bf_fact *f, const struct bf_fact *g) {
    return f->a == g->a && !f->member == !g->member &&
           (!f->member || bf_value_equal(*f->member, *g->member));
}

/* Is it the last fact to change its duty? */
static bool is_last(const struct bf_fact *facts, uint32_t count, uint32_t i) {
    for (uint32_t k = i + 1; k < count; k++)
        if (status_after((enum bf_fact_kind)facts[k].kind) && of_one(&facts[k], &facts[i]))
            return false;
    return true;
}

static void changed_duties(const struct bf_image *m, const struct bf_fact *facts, uint32_t count,
                           struct bf_buf *out) {
    bool any = false;
    bf_buf_z(out, ",\"duties\":[");
    for (uint32_t i = 0; i < count; i++) {
        const struct bf_fact *f = &facts[i];
        const char *status = status_after((enum bf_fact_kind)f->kind);
        if (!status || !is_last(facts, count, i))
            continue;
        bf_buf_z(out, any ? ",{" : "{");
        any = true;
        bf_api_named(out, m, "duty", m->duty[f->a].name, m->duty[f->a].label);
        bf_buf_fmt(out, ",\"status\":\"%s\",\"due\":", status);
        bf_api_due_json(bf_fact_has_due((enum bf_fact_kind)f->kind)
                            ? &f->due
                            : &(struct bf_due){.kind = BF_DUE_NONE},
                        out);
        if (f->member) {
            bf_buf_z(out, ",\"member\":");
            bf_value_json(m, *f->member, out);
        }
        bf_buf_char(out, '}');
    }
    bf_buf_char(out, ']');
}

void bf_api_facts_json(const struct bf_image *m, const struct bf_fact *facts, uint32_t count,
                       struct bf_buf *out) {
    uint32_t state = BF_NONE;
    bf_buf_z(out, "\"facts\":[");
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            bf_buf_char(out, ',');
        bf_json_fact(m, &facts[i], out);
        if (facts[i].kind == BF_FACT_MOVED)
            state = facts[i].b;
    }
    bf_buf_char(out, ']');
    changed_duties(m, facts, count, out);
    if (state == BF_NONE)
        return;
    bf_buf_z(out, ",\"state\":{");
    bf_api_named(out, m, "name", m->state[state].name, m->state[state].label);
    bf_buf_fmt(out, ",\"ended\":%s}", m->state[state].is_end ? "true" : "false");
}

const struct bf_engine_policy *bf_api_policy_of(const struct bf_service *s,
                                                const struct bf_image *m) {
    for (uint32_t i = 0; i < s->policy_count; i++)
        if (s->policies[i].image == m)
            return s->policies[i].engine;
    return NULL;
}
