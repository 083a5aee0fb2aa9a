/* Timeline; see timeline.h. A head line an entry, then a line a fact. */
#include "engine/sim/timeline.h"

#include "engine/core/journal.h"
#include "engine/core/sealed.h"
#include "engine/sim/tell.h"
#include "lang/base/cite.h"

#define TEXT0(w, id) bf_words_text((w), (id), BF_NOARGS)
#define TEXT1(w, id, x) bf_words_text((w), (id), BF_ARGS(bf_arg_str(x)))
#define TEXT2(w, id, x, y) bf_words_text((w), (id), BF_ARGS(bf_arg_str(x), bf_arg_str(y)))
#define TEXT3(w, id, x, y, z) \
    bf_words_text((w), (id), BF_ARGS(bf_arg_str(x), bf_arg_str(y), bf_arg_str(z)))

static struct bf_words words_of(const struct bf_sim *s, enum bf_lang lang) {
    return (struct bf_words){s->arena, s->image, s->calendar, lang};
}

/* In the words of the text by which an entry's case went. */
static struct bf_words words_then(const struct bf_sim *s, const struct bf_words *w,
                                  const struct bf_sim_entry *e) {
    struct bf_words then = *w;
    then.image = s->text[e->text].image;
    return then;
}

static struct bf_unsealed unsealed(const struct bf_sim *s, const struct bf_case *c) {
    return s->reader ? bf_unsealed_to(c, *s->reader) : BF_UNSEALED_ALL;
}

static struct bf_tale tale_of(const struct bf_sim *s, const struct bf_words *w,
                              const struct bf_sim_entry *e) {
    return (struct bf_tale){.words = w,
                            .world = &s->text[e->text].world,
                            .event = &e->event,
                            .proc = e->proc,
                            .number = e->number,
                            .refused = e->outcome == BF_REFUSED ? &e->refused : NULL,
                            .after = e->after,
                            .hides = !unsealed(s, e->after).kept};
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
static void days_of(const struct bf_tale *t, const struct bf_fact *f, struct bf_buf *out) {
    bf_str counted, left_out;
    bf_tell_days(t, f, &counted, &left_out);
    if (counted.len)
        indented(out, "        ", TEXT1(t->words, BF_T_SIM_COUNTED, counted));
    if (left_out.len)
        indented(out, "        ", TEXT1(t->words, BF_T_SIM_LEFT_OUT, left_out));
}

/* ---- refusals ---- */

static bf_str reason(const struct bf_sim *s, const struct bf_words *w,
                     const struct bf_sim_entry *e) {
    struct bf_words then = words_then(s, w, e);
    struct bf_tale t = tale_of(s, &then, e);
    return bf_tell_reason(&t);
}

static void refusal_lines(const struct bf_tale *t, struct bf_buf *out) {
    const struct bf_words *w = t->words;
    const struct bf_refused *r = t->refused;
    bf_buf_z(out, "      ");
    bf_buf_str(out, TEXT2(w, BF_T_SIM_R_HEAD, bf_words_refusal(w, r->kind), bf_tell_reason(t)));
    cited(w, r->src, out);
    bf_buf_char(out, '\n');
    bf_str acts = {"", 0};
    for (uint32_t i = 0; i < r->lawful_count; i++)
        if (r->kind != BF_REFUSAL_TOO_LATE || t->event->kind != BF_EVENT_ACT ||
            r->lawful[i].act != t->event->what) /* with another day perhaps, but not now */
            acts = bf_words_join(w, acts, w->lang == BF_LANG_ZH ? "、" : ", ",
                                 bf_words_act(w, r->lawful[i].act));
    if (acts.len)
        indented(out, "      ",
                 TEXT2(w, BF_T_SIM_LAWFUL, bf_words_party(w, t->event->actor), acts));
}

/* ---- text ---- */

static void head_line(const struct bf_tale *t, const struct bf_sim_entry *e, struct bf_buf *out) {
    bf_buf_str(out, bf_words_instant(t->words, e->event.effective));
    bf_buf_z(out, "  ");
    bf_buf_str(out, bf_tell_head(t));
    uint32_t src = e->over ? t->words->image->amend->src : bf_tell_src(e->facts, e->fact_count);
    cited(t->words, src, out);
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
        struct bf_words then = words_then(s, &w, e);
        struct bf_tale t = tale_of(s, &then, e);
        head_line(&t, e, out);
        for (uint32_t k = 0; k < e->fact_count; k++) {
            const struct bf_fact *f = &e->facts[k];
            bf_str line = bf_tell_fact(&t, f);
            if (!line.len)
                continue;
            bf_buf_z(out, "      ");
            bf_buf_str(out, line);
            cited(&then, f->src, out);
            bf_buf_char(out, '\n');
            days_of(&t, f, out);
        }
        if (e->outcome == BF_REFUSED)
            refusal_lines(&t, out);
    }
}

/* ---- JSON ---- */

static void json_instant(const struct bf_sim *s, bf_instant at, struct bf_buf *out) {
    char text[BF_INSTANT_TEXT];
    bf_buf_fmt(out, "\"%s\"", bf_instant_print(at, bf_calendar_offset(s->calendar, at), text));
}

static void json_entry(const struct bf_sim *s, const struct bf_sim_entry *e, struct bf_buf *out) {
    const struct bf_image *m = s->text[e->text].image;
    struct bf_unsealed to = unsealed(s, e->after);
    bf_buf_z(out, "{\"at\":");
    json_instant(s, e->event.effective, out);
    bf_buf_fmt(out, ",\"case\":%u,\"event\":\"%s\",\"facts\":[", e->number,
               e->over ? "migrate" : bf_event_word(e->event.kind));
    for (uint32_t i = 0; i < e->fact_count; i++) {
        if (i)
            bf_buf_char(out, ',');
        bf_buf_z(out, "{\"cites\":");
        bf_words_cites_json(m, e->facts[i].src, out);
        bf_buf_z(out, ",\"fact\":");
        struct bf_fact told = bf_fact_unsealed(s->arena, m, e->proc, &e->facts[i], to);
        bf_fact_json(m, &told, out);
        bf_buf_char(out, '}');
    }
    bf_buf_z(out, "],\"procedure\":");
    bf_json_text(bf_i_text(m, m->proc[e->proc].name), out);
    if (e->outcome == BF_REFUSED) {
        bf_buf_fmt(out, ",\"refused\":{\"cites\":");
        bf_words_cites_json(m, e->refused.src, out);
        bf_buf_fmt(out, ",\"kind\":\"%s\",\"why\":\"%s\"}", bf_refusal_word(e->refused.kind),
                   bf_why_word(e->refused.why));
    }
    if (bf_present(e->event.actor)) {
        bf_buf_z(out, ",\"who\":");
        bf_value_json(m, e->event.actor, out);
    }
    bool acts = e->event.kind == BF_EVENT_ACT || e->event.kind == BF_EVENT_CONSENT ||
                e->event.kind == BF_EVENT_DECLINE;
    if (acts && e->event.what != BF_NONE) {
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
        const struct bf_image *m = bf_sim_text_of(s, i + 1)->image;
        bf_case_json(m, bf_case_unsealed(s->arena, m, s->cases[i], unsealed(s, s->cases[i])), out);
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
                     bf_words_join(w, bf_words_refusal(w, s->refusal->refused.kind),
                                   w->lang == BF_LANG_ZH ? "，" : ": ", reason(s, w, s->refusal)));
    case BF_SIM_NOT_REFUSED: return TEXT0(w, BF_T_SIM_V_NOT_REFUSED);
    case BF_SIM_OTHER_REFUSAL:
        return TEXT1(w, BF_T_SIM_V_OTHER_REFUSAL,
                     bf_words_join(w, bf_words_refusal(w, s->refusal->refused.kind),
                                   w->lang == BF_LANG_ZH ? "，" : ": ", reason(s, w, s->refusal)));
    case BF_SIM_OTHER_CITE: {
        struct bf_words then = words_then(s, w, s->refusal);
        bf_str cites = bf_words_cites(&then, s->refusal->refused.src);
        return cites.len ? TEXT1(w, BF_T_SIM_V_OTHER_CITE, cites)
                         : TEXT0(w, BF_T_SIM_V_OTHER_CITE_NONE);
    }
    case BF_SIM_BACKWARDS: return TEXT0(w, BF_T_SIM_V_BACKWARDS);
    case BF_SIM_NO_TIME: return TEXT0(w, BF_T_SIM_V_NO_TIME);
    case BF_SIM_NO_DATE: return TEXT0(w, BF_T_SIM_V_NO_DATE);
    case BF_SIM_NO_CASE: return TEXT0(w, BF_T_SIM_V_NO_CASE);
    case BF_SIM_FAULT: return TEXT1(w, BF_T_SIM_V_FAULT, bf_str_of(bf_why_word(s->why)));
    case BF_SIM_SUCCESSION: return TEXT0(w, BF_T_SIM_V_SUCCESSION);
    case BF_SIM_CHAIN:
        return TEXT1(w, BF_T_SIM_V_CHAIN, bf_words_value(w, bf_int(BF_SIM_CHAIN_MAX)));
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
