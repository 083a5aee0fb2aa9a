/* Timeline; see timeline.h. A head line an entry, then a line a fact. */
#include "engine/sim/timeline.h"

#include "engine/sim/words.h"
#include "lang/base/cite.h"

#define TEXT0(w, id) bf_words_text((w), (id), BF_NOARGS)
#define TEXT1(w, id, x) bf_words_text((w), (id), BF_ARGS(bf_arg_str(x)))
#define TEXT2(w, id, x, y) bf_words_text((w), (id), BF_ARGS(bf_arg_str(x), bf_arg_str(y)))
#define TEXT3(w, id, x, y, z) \
    bf_words_text((w), (id), BF_ARGS(bf_arg_str(x), bf_arg_str(y), bf_arg_str(z)))

static struct bf_words words_of(const struct bf_sim *s, enum bf_lang lang) {
    return (struct bf_words){s->arena, s->image, s->calendar, lang};
}

static bf_str number_of(const struct bf_words *w, uint32_t n) {
    return bf_words_value(w, bf_int(n));
}

/* ---- heads ---- */

/* "ACT(label: value, …)", without arguments that were not given. */
static bf_str act_with_args(const struct bf_words *w, const struct bf_event *e) {
    const struct bf_i_act *a = &w->image->act[e->what];
    bool zh = w->lang == BF_LANG_ZH;
    bf_str list = {"", 0};
    for (uint32_t i = 0; i < e->nargs && i < a->params.count; i++) {
        if (!bf_present(e->args[i]))
            continue;
        const struct bf_i_field *f = &w->image->field[a->params.first + i];
        bf_str value = bf_words_value(w, e->args[i]);
        if (a->extends == BF_NONE)
            value =
                bf_words_join(w, bf_i_label(w->image, f->name, f->label), zh ? "：" : ": ", value);
        list = bf_words_join(w, list, zh ? "，" : ", ", value);
    }
    bf_str name = bf_words_act(w, e->what);
    if (!list.len)
        return name;
    return bf_words_join(w, bf_words_join(w, name, zh ? "（" : " (", list), "",
                         bf_str_of(zh ? "）" : ")"));
}

static bf_str event_name(const struct bf_words *w, const struct bf_event *e) {
    if (e->start == BF_NONE)
        return TEXT0(w, BF_T_SIM_AN_EVENT);
    const struct bf_i_event *ev = &w->image->event[w->image->start[e->start].event];
    return bf_i_label(w->image, ev->name, ev->label);
}

static bf_str head(const struct bf_words *w, const struct bf_sim_entry *e) {
    const struct bf_event *ev = &e->event;
    bf_str actor = bf_words_party(w, ev->actor), proc = bf_words_proc(w, e->proc);
    bf_str number = number_of(w, e->number);
    switch (ev->kind) {
    case BF_EVENT_OPEN: {
        bool by_event = ev->start != BF_NONE || !bf_present(ev->actor);
        if (by_event)
            actor = event_name(w, ev);
        if (e->outcome == BF_REFUSED)
            return TEXT2(w, by_event ? BF_T_SIM_WOULD_START : BF_T_SIM_WOULD_OPEN, actor, proc);
        return TEXT3(w, by_event ? BF_T_SIM_STARTS : BF_T_SIM_OPENS, actor, proc, number);
    }
    case BF_EVENT_ACT: return TEXT3(w, BF_T_SIM_DOES, number, actor, act_with_args(w, ev));
    case BF_EVENT_CONSENT:
        return TEXT3(w, BF_T_SIM_CONSENTS, number, actor, bf_words_act(w, ev->what));
    case BF_EVENT_DECLINE:
        return TEXT3(w, BF_T_SIM_DECLINES, number, actor, bf_words_act(w, ev->what));
    case BF_EVENT_TICK:
    case BF_EVENT_EXCUSE:
    case BF_EVENT_CALENDAR: break;
    }
    return TEXT1(w, BF_T_SIM_TIME, number);
}

/* ---- facts ---- */

static bf_str bearer_of(const struct bf_sim *s, const struct bf_words *w, const struct bf_case *c,
                        uint32_t duty) {
    return bf_words_party(w, bf_duty_bearer(s->image, &s->world, c, duty, s->arena));
}

static bf_str armed(const struct bf_sim *s, const struct bf_words *w, const struct bf_sim_entry *e,
                    const struct bf_fact *f) {
    bf_str due = bf_words_due(w, &f->due), duty = bf_words_duty(w, f->a);
    if (s->image->duty[f->a].bearer == BF_NONE)
        return TEXT2(w, BF_T_SIM_F_ARMED_STATE, duty, due);
    return TEXT3(w, BF_T_SIM_F_ARMED, bearer_of(s, w, e->after, f->a), duty, due);
}

static bf_str violated(const struct bf_words *w, const struct bf_fact *f) {
    bf_str v = bf_words_violation(w, f->a);
    if (f->n && bf_present(f->v[0]))
        return TEXT2(w, BF_T_SIM_F_VIOLATED, v, bf_words_party(w, f->v[0]));
    return TEXT1(w, BF_T_SIM_F_VIOLATED_ONLY, v);
}

static bf_str notified(const struct bf_words *w, const struct bf_fact *f) {
    bf_str to = bf_words_party(w, f->v[0]);
    if (f->n > 1 && bf_present(f->v[1]))
        return TEXT2(w, BF_T_SIM_F_NOTIFIED_SAYING, to, bf_words_value(w, f->v[1]));
    return TEXT1(w, BF_T_SIM_F_NOTIFIED, to);
}

static bf_str name_row(const struct bf_words *w, uint32_t name, uint32_t label) {
    return bf_i_label(w->image, name, label);
}

/* What a fact says in one line; empty if the head has said it. */
static bf_str fact_line(const struct bf_sim *s, const struct bf_words *w,
                        const struct bf_sim_entry *e, const struct bf_fact *f) {
    const struct bf_image *m = s->image;
    switch ((enum bf_fact_kind)f->kind) {
    case BF_FACT_STARTED:
    case BF_FACT_CONSENTED:
    case BF_FACT_DECLINED:
    case BF_FACT_RAISED:
    case BF_FACT_REFUSED:
    case BF_FACT_KINDS: break;
    case BF_FACT_ASKED: return TEXT0(w, BF_T_SIM_F_ASKED);
    case BF_FACT_ACTED:
        if (f->how == 1)
            return TEXT1(w, BF_T_SIM_F_DEEMED, bf_words_act(w, f->b));
        if (e->event.kind != BF_EVENT_ACT)
            return TEXT1(w, BF_T_SIM_F_ACTED, bf_words_act(w, f->b));
        break;
    case BF_FACT_REQUEST_DIED: return TEXT1(w, BF_T_SIM_F_DIED, bf_words_act(w, f->b));
    case BF_FACT_SET:
        return TEXT2(w, BF_T_SIM_F_SET, name_row(w, m->data[f->a].name, m->data[f->a].label),
                     bf_words_value(w, f->v[0]));
    case BF_FACT_MOVED:
        return TEXT1(w, f->how == 1 ? BF_T_SIM_F_BACK : BF_T_SIM_F_MOVED, bf_words_state(w, f->b));
    case BF_FACT_WAITING: return TEXT1(w, BF_T_SIM_F_WAITING, bf_words_duty(w, f->a));
    case BF_FACT_SPARED: return TEXT1(w, BF_T_SIM_F_SPARED, bf_words_duty(w, f->a));
    case BF_FACT_ARMED: return armed(s, w, e, f);
    case BF_FACT_MET: return TEXT1(w, BF_T_SIM_F_MET, bf_words_duty(w, f->a));
    case BF_FACT_LATE: return TEXT1(w, BF_T_SIM_F_LATE, bf_words_duty(w, f->a));
    case BF_FACT_LAPSED:
        return TEXT2(w, BF_T_SIM_F_LAPSED, bf_words_duty(w, f->a), bf_words_day(w, f->day));
    case BF_FACT_VOIDED: return TEXT1(w, BF_T_SIM_F_VOIDED, bf_words_duty(w, f->a));
    case BF_FACT_LEFT: return TEXT1(w, BF_T_SIM_F_LEFT, bf_words_duty(w, f->a));
    case BF_FACT_PAUSED: return TEXT1(w, BF_T_SIM_F_PAUSED, bf_words_duty(w, f->a));
    case BF_FACT_RESUMED:
        return TEXT2(w, BF_T_SIM_F_RESUMED, bf_words_duty(w, f->a), bf_words_due(w, &f->due));
    case BF_FACT_EXTENDED:
        return TEXT3(w, BF_T_SIM_F_EXTENDED, bf_words_duty(w, f->a), bf_words_value(w, f->v[0]),
                     bf_words_due(w, &f->due));
    case BF_FACT_RESTARTED:
        return TEXT2(w, BF_T_SIM_F_RESTARTED, bf_words_duty(w, f->a), bf_words_due(w, &f->due));
    case BF_FACT_RECOMPUTED:
        return TEXT2(w, BF_T_SIM_F_RECOMPUTED, bf_words_duty(w, f->a), bf_words_due(w, &f->due));
    case BF_FACT_VIOLATED: return violated(w, f);
    case BF_FACT_EXCUSED: return TEXT1(w, BF_T_SIM_F_EXCUSED, bf_words_violation(w, f->a));
    case BF_FACT_NOTIFIED: return notified(w, f);
    case BF_FACT_FILED: return TEXT1(w, BF_T_SIM_F_FILED, bf_words_party(w, f->v[0]));
    case BF_FACT_PUT:
        return TEXT2(w, BF_T_SIM_F_PUT, name_row(w, m->reg[f->a].name, m->reg[f->a].label),
                     bf_words_value(w, f->v[0]));
    case BF_FACT_OPENED: return TEXT1(w, BF_T_SIM_F_OPENED, bf_words_proc(w, f->a));
    case BF_FACT_ENDED: return TEXT1(w, BF_T_SIM_F_ENDED, bf_words_state(w, f->a));
    case BF_FACT_FAILED:
        return TEXT1(w, BF_T_SIM_F_FAILED, bf_str_of(bf_why_word((enum bf_why)f->c)));
    }
    return (bf_str){"", 0};
}

static void cited(const struct bf_words *w, uint32_t src, struct bf_buf *out) {
    bf_str cites = bf_words_cites(w, src);
    if (cites.len)
        bf_buf_str(out, TEXT1(w, BF_T_SIM_CITED, cites));
}

static void indented(struct bf_buf *out, const char *indent, bf_str line) {
    if (!line.len)
        return;
    bf_buf_z(out, indent);
    bf_buf_str(out, line);
    bf_buf_char(out, '\n');
}

/* The days counted under a fact that set or moved a duty's end. */
static void days_of(const struct bf_sim *s, const struct bf_words *w, const struct bf_case *c,
                    const struct bf_fact *f, struct bf_buf *out) {
    bool counts = f->kind == BF_FACT_ARMED || f->kind == BF_FACT_RESUMED ||
                  f->kind == BF_FACT_EXTENDED || f->kind == BF_FACT_RESTARTED ||
                  f->kind == BF_FACT_RECOMPUTED;
    if (!counts || !c)
        return;
    const struct bf_case_duty *d = bf_case_duty(s->image, c, f->a);
    struct bf_term term = bf_case_term(d);
    bf_str counted, left_out;
    if (d->status != BF_STATUS_OPEN) /* the same step closed it again */
        return;
    bf_words_days(w, &term, &d->due, &counted, &left_out);
    if (counted.len)
        indented(out, "        ", TEXT1(w, BF_T_SIM_COUNTED, counted));
    if (left_out.len)
        indented(out, "        ", TEXT1(w, BF_T_SIM_LEFT_OUT, left_out));
}

/* ---- refusals ---- */

static bf_str window_reason(const struct bf_words *w, const struct bf_refused *r) {
    if (r->window.kind != BF_DUE_DAY)
        return TEXT0(w, BF_T_SIM_R_WINDOW);
    return TEXT1(w,
                 r->kind == BF_REFUSAL_TOO_LATE ? BF_T_SIM_R_WINDOW_OVER : BF_T_SIM_R_WINDOW_OPENS,
                 bf_words_day(w, r->window.last));
}

/* Which argument it was that is missing or of another type; empty if their number is wrong. */
static bf_str bad_argument(const struct bf_words *w, const struct bf_sim_entry *e) {
    const struct bf_image *m = w->image;
    const struct bf_event *ev = &e->event;
    uint32_t arg = e->refused.arg;
    if (arg == BF_NONE)
        return (bf_str){"", 0};
    if (ev->kind == BF_EVENT_OPEN && ev->start == BF_NONE) {
        const struct bf_i_data *d = &m->data[m->proc[e->proc].data.first + arg];
        return name_row(w, d->name, d->label);
    }
    struct bf_i_range params = ev->kind == BF_EVENT_OPEN
                                   ? m->event[m->start[ev->start].event].params
                                   : m->act[ev->what].params;
    const struct bf_i_field *f = &m->field[params.first + (arg < params.count ? arg : 0)];
    return arg < params.count ? name_row(w, f->name, f->label) : (bf_str){"", 0};
}

static bf_str reason(const struct bf_words *w, const struct bf_sim_entry *e) {
    const struct bf_refused *r = &e->refused;
    static const enum bf_text_id plain[BF_WHYS] = {
        [BF_WHY_UNKNOWN] = BF_T_SIM_R_UNKNOWN,   [BF_WHY_ARGUMENTS] = BF_T_SIM_R_ARGUMENTS,
        [BF_WHY_STAMP] = BF_T_SIM_R_STAMP,       [BF_WHY_LIMIT] = BF_T_SIM_R_LIMIT,
        [BF_WHY_OVERFLOW] = BF_T_SIM_R_OVERFLOW, [BF_WHY_ABSENT] = BF_T_SIM_R_ABSENT,
        [BF_WHY_CALENDAR] = BF_T_SIM_R_CALENDAR, [BF_WHY_BUDGET] = BF_T_SIM_R_BUDGET,
        [BF_WHY_TOO_LONG] = BF_T_SIM_R_TOO_LONG, [BF_WHY_GAP] = BF_T_SIM_R_GAP,
        [BF_WHY_BAN] = BF_T_SIM_R_BAN,           [BF_WHY_USED] = BF_T_SIM_R_USED,
        [BF_WHY_AT_MOST] = BF_T_SIM_R_AT_MOST,   [BF_WHY_NO_REQUEST] = BF_T_SIM_R_NO_REQUEST,
        [BF_WHY_FORCE] = BF_T_SIM_R_FORCE};
    bf_str arg = r->why == BF_WHY_ARGUMENTS ? bad_argument(w, e) : (bf_str){"", 0};
    if (arg.len)
        return TEXT1(w, BF_T_SIM_R_ARGUMENT, arg);
    if (plain[r->why])
        return TEXT0(w, plain[r->why]);
    if (r->why == BF_WHY_ACTOR)
        return TEXT1(w, BF_T_SIM_R_ACTOR, bf_words_party(w, e->event.actor));
    if (r->why == BF_WHY_WINDOW)
        return window_reason(w, r);
    if (r->why == BF_WHY_STATE || r->why == BF_WHY_ENDED)
        return TEXT1(w, r->why == BF_WHY_STATE ? BF_T_SIM_R_STATE : BF_T_SIM_R_ENDED,
                     bf_words_state(w, e->after->state));
    if (r->why == BF_WHY_DUTY && r->duty != BF_NONE)
        return TEXT2(w, BF_T_SIM_R_DUTY, bf_words_duty(w, r->duty),
                     bf_words_status(w, bf_case_duty(w->image, e->after, r->duty)->status));
    if (r->why == BF_WHY_REQUIRE && r->require != BF_NONE)
        return bf_i_text(w->image, w->image->require[r->require].text);
    bf_str part = bf_words_guard_part(w, r->part_first, r->part_end);
    if (r->why == BF_WHY_GUARD && part.len)
        return TEXT1(w, BF_T_SIM_R_GUARD, part);
    return r->why == BF_WHY_GUARD ? TEXT0(w, BF_T_SIM_R_GUARD_ONLY)
                                  : bf_str_of(bf_why_word(r->why));
}

bf_str bf_refusal_reason(const struct bf_sim *s, enum bf_lang lang, const struct bf_sim_entry *e) {
    struct bf_words w = words_of(s, lang);
    return reason(&w, e);
}

static void refusal_lines(const struct bf_words *w, const struct bf_sim_entry *e,
                          struct bf_buf *out) {
    const struct bf_refused *r = &e->refused;
    bf_buf_z(out, "      ");
    bf_buf_str(out, TEXT2(w, BF_T_SIM_R_HEAD, bf_words_refusal(w, r->kind), reason(w, e)));
    cited(w, r->src, out);
    bf_buf_char(out, '\n');
    bf_str acts = {"", 0};
    for (uint32_t i = 0; i < r->lawful_count; i++)
        acts = bf_words_join(w, acts, w->lang == BF_LANG_ZH ? "、" : ", ",
                             bf_words_act(w, r->lawful[i].act));
    if (acts.len)
        indented(out, "      ", TEXT2(w, BF_T_SIM_LAWFUL, bf_words_party(w, e->event.actor), acts));
}

/* ---- text ---- */

static void head_line(const struct bf_words *w, const struct bf_sim_entry *e, struct bf_buf *out) {
    uint32_t src = BF_NONE; /* of the act itself */
    for (uint32_t i = 0; i < e->fact_count; i++)
        if (e->facts[i].kind == BF_FACT_STARTED || e->facts[i].kind == BF_FACT_ACTED ||
            e->facts[i].kind == BF_FACT_ASKED || e->facts[i].kind == BF_FACT_CONSENTED ||
            e->facts[i].kind == BF_FACT_DECLINED) {
            src = e->facts[i].src;
            break;
        }
    bf_buf_str(out, bf_words_instant(w, e->event.effective));
    bf_buf_z(out, "  ");
    bf_buf_str(out, head(w, e));
    cited(w, src, out);
    bf_buf_char(out, '\n');
}

static void title_lines(const struct bf_sim *s, uint32_t scenario, const struct bf_words *w,
                        struct bf_buf *out) {
    const struct bf_image *m = s->image;
    char hash[2 * BF_SHA256_LEN + 1], day[BF_DAY_TEXT];
    bf_hex(m->hash, BF_SHA256_LEN, hash);
    bf_day horizon = bf_calendar_horizon(s->calendar);
    bf_str calendar = bf_calendar_name(s->calendar);
    if (horizon != BF_DAY_MAX)
        calendar = TEXT2(w, BF_T_SIM_HORIZON, calendar, bf_str_of(bf_day_print(horizon, day)));
    indented(out, "", TEXT1(w, BF_T_SIM_HEAD, bf_i_text(m, m->scenario[scenario].title)));
    indented(out, "",
             TEXT2(w, BF_T_SIM_HEAD_POLICY, bf_i_text(m, m->policy.title),
                   bf_i_text(m, m->policy.number)));
    indented(out, "", TEXT2(w, BF_T_SIM_HEAD_VERSION, ((bf_str){hash, 12}), calendar));
    bf_buf_char(out, '\n');
}

void bf_timeline_text(const struct bf_sim *s, uint32_t scenario, enum bf_lang lang,
                      struct bf_buf *out) {
    struct bf_words w = words_of(s, lang);
    title_lines(s, scenario, &w, out);
    for (uint32_t i = 0; i < s->entry_count; i++) {
        const struct bf_sim_entry *e = &s->entries[i];
        head_line(&w, e, out);
        for (uint32_t k = 0; k < e->fact_count; k++) {
            const struct bf_fact *f = &e->facts[k];
            bf_str line = fact_line(s, &w, e, f);
            if (!line.len)
                continue;
            bf_buf_z(out, "      ");
            bf_buf_str(out, line);
            cited(&w, f->src, out);
            bf_buf_char(out, '\n');
            days_of(s, &w, e->after, f, out);
        }
        if (e->outcome == BF_REFUSED)
            refusal_lines(&w, e, out);
    }
}

/* ---- JSON ---- */

static void json_cites(const struct bf_image *m, uint32_t src, struct bf_buf *out) {
    bf_buf_char(out, '[');
    struct bf_i_range r = src == BF_NONE ? (struct bf_i_range){0, 0} : m->src[src].cites;
    for (uint32_t i = 0; i < r.count; i++) {
        bf_buf_z(out, i ? ",\"" : "\"");
        bf_words_cite_code(m, &m->cite[r.first + i], out);
        bf_buf_char(out, '"');
    }
    bf_buf_char(out, ']');
}

static void json_instant(const struct bf_sim *s, bf_instant at, struct bf_buf *out) {
    char text[BF_INSTANT_TEXT];
    bf_buf_fmt(out, "\"%s\"", bf_instant_print(at, bf_calendar_offset(s->calendar, at), text));
}

static void json_entry(const struct bf_sim *s, const struct bf_sim_entry *e, struct bf_buf *out) {
    static const char *const kind[] = {"open", "act",    "consent", "decline",
                                       "tick", "excuse", "calendar"};
    static const char *const refusal[] = {"",         "malformed", "not_permitted", "forbidden",
                                          "too_late", "not_yet",   "refused"};
    const struct bf_image *m = s->image;
    bf_buf_z(out, "{\"at\":");
    json_instant(s, e->event.effective, out);
    bf_buf_fmt(out, ",\"case\":%u,\"event\":\"%s\",\"facts\":[", e->number, kind[e->event.kind]);
    for (uint32_t i = 0; i < e->fact_count; i++) {
        if (i)
            bf_buf_char(out, ',');
        bf_buf_z(out, "{\"cites\":");
        json_cites(m, e->facts[i].src, out);
        bf_buf_z(out, ",\"fact\":");
        bf_fact_json(m, &e->facts[i], out);
        bf_buf_char(out, '}');
    }
    bf_buf_z(out, "],\"procedure\":");
    bf_json_text(bf_i_text(m, m->proc[e->proc].name), out);
    if (e->outcome == BF_REFUSED) {
        bf_buf_fmt(out, ",\"refused\":{\"cites\":");
        json_cites(m, e->refused.src, out);
        bf_buf_fmt(out, ",\"kind\":\"%s\",\"why\":\"%s\"}", refusal[e->refused.kind],
                   bf_why_word(e->refused.why));
    }
    if (bf_present(e->event.actor)) {
        bf_buf_z(out, ",\"who\":");
        bf_value_json(m, e->event.actor, out);
    }
    bool acts = e->event.kind == BF_EVENT_ACT || e->event.kind == BF_EVENT_CONSENT ||
                e->event.kind == BF_EVENT_DECLINE;
    if (acts) {
        bf_buf_z(out, ",\"what\":");
        bf_json_text(bf_i_text(m, m->act[e->event.what].name), out);
    }
    bf_buf_z(out, "}\n");
}

void bf_timeline_json(const struct bf_sim *s, uint32_t scenario, struct bf_buf *out) {
    (void)scenario;
    for (uint32_t i = 0; i < s->entry_count; i++)
        json_entry(s, &s->entries[i], out);
    for (uint32_t i = 0; i < s->case_count; i++) {
        bf_buf_z(out, "{\"standing\":");
        bf_case_json(s->image, s->cases[i], out);
        bf_buf_z(out, "}\n");
    }
}

/* ---- verdicts ---- */

void bf_sim_place(const struct bf_sim *s, uint32_t scenario, bf_str *file, uint32_t *line) {
    uint32_t src =
        s->stmt == BF_NONE ? s->image->scenario[scenario].src : s->image->stmt[s->stmt].src;
    *file = bf_i_text(s->image, s->image->place[src].file);
    *line = s->image->place[src].line;
}

static bf_str verdict(const struct bf_sim *s, const struct bf_words *w) {
    switch (s->verdict) {
    case BF_SIM_PASSED: return TEXT0(w, BF_T_SIM_V_PASSED);
    case BF_SIM_EXPECTED:
        if (s->image->stmt[s->stmt].e == BF_NONE)
            return TEXT0(w, BF_T_SIM_V_EXPECTED);
        return TEXT1(w, BF_T_SIM_V_EXPECTED_ACTUAL, bf_words_value(w, s->actual));
    case BF_SIM_REFUSED:
        return TEXT1(w, BF_T_SIM_V_REFUSED,
                     bf_words_join(w, bf_words_refusal(w, s->refusal->refused.kind), ": ",
                                   reason(w, s->refusal)));
    case BF_SIM_NOT_REFUSED: return TEXT0(w, BF_T_SIM_V_NOT_REFUSED);
    case BF_SIM_OTHER_REFUSAL:
        return TEXT1(w, BF_T_SIM_V_OTHER_REFUSAL,
                     bf_words_join(w, bf_words_refusal(w, s->refusal->refused.kind), ": ",
                                   reason(w, s->refusal)));
    case BF_SIM_OTHER_CITE: {
        bf_str cites = bf_words_cites(w, s->refusal->refused.src);
        return cites.len ? TEXT1(w, BF_T_SIM_V_OTHER_CITE, cites)
                         : TEXT0(w, BF_T_SIM_V_OTHER_CITE_NONE);
    }
    case BF_SIM_BACKWARDS: return TEXT0(w, BF_T_SIM_V_BACKWARDS);
    case BF_SIM_NO_TIME: return TEXT0(w, BF_T_SIM_V_NO_TIME);
    case BF_SIM_NO_DATE: return TEXT0(w, BF_T_SIM_V_NO_DATE);
    case BF_SIM_NO_CASE: return TEXT0(w, BF_T_SIM_V_NO_CASE);
    case BF_SIM_FAULT: return TEXT1(w, BF_T_SIM_V_FAULT, bf_str_of(bf_why_word(s->why)));
    case BF_SIM_CHAIN: return TEXT1(w, BF_T_SIM_V_CHAIN, number_of(w, BF_SIM_CHAIN_MAX));
    case BF_SIM_MEMORY: break;
    }
    return TEXT0(w, BF_T_SIM_V_MEMORY);
}

void bf_sim_verdict_text(const struct bf_sim *s, uint32_t scenario, enum bf_lang lang,
                         struct bf_buf *out) {
    struct bf_words w = words_of(s, lang);
    bf_str file;
    uint32_t line;
    bf_sim_place(s, scenario, &file, &line);
    bf_buf_str(out, file);
    bf_buf_fmt(out, ":%u: ", line);
    bf_buf_str(out, verdict(s, &w));
}
