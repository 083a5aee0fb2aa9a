/* Refusals of the rules as problem+json: which kind, by which article, why in words, and what would be lawful
** instead. All of it is in the refusal's row (core/refused.h). */
#include "engine/core/refused.h"
#include "engine/service/api_parts.h"
#include "engine/sim/tell.h"

bool bf_api_refused_stranger(const struct bf_answer *a) {
    const struct bf_fact *last = a->fact_count ? &a->facts[a->fact_count - 1] : NULL;
    return last && last->kind == BF_FACT_REFUSED && a->number &&
           (last->c == BF_WHY_ACTOR || last->c == BF_WHY_GONE);
}

static void lawful_json(const struct bf_words *w, const struct bf_refused *r, struct bf_buf *out) {
    const struct bf_image *m = w->image;
    bf_buf_z(out, ",\"lawful\":[");
    for (uint32_t i = 0; i < r->lawful_count; i++) {
        const struct bf_choice *c = &r->lawful[i];
        bf_buf_z(out, i ? ",{\"act\":" : "{\"act\":");
        bf_json_text(bf_i_text(m, m->act[c->act].name), out);
        bf_buf_z(out, ",\"label\":");
        bf_json_text(bf_words_act(w, c->act), out);
        bf_buf_fmt(out, ",\"consent\":%s,\"must\":%s,\"due\":",
                   c->kind == BF_CHOICE_CONSENT ? "true" : "false", c->must ? "true" : "false");
        bf_api_due_json(&c->until, out);
        bf_buf_z(out, ",\"cites\":");
        bf_words_cites_json(m, c->src, out);
        bf_buf_char(out, '}');
    }
    bf_buf_char(out, ']');
}

/* What was done that this must be another person's than. */
static void done_json(const struct bf_words *w, const struct bf_done *d, struct bf_buf *out) {
    const struct bf_image *m = w->image;
    bf_buf_z(out, ",\"done\":{\"act\":");
    bf_json_text(bf_i_text(m, m->act[d->act].name), out);
    if (d->by) {
        bf_buf_z(out, ",\"by\":");
        bf_persons_json(m, d->by, out);
    }
    bf_buf_z(out, ",\"day\":");
    bf_json_day(d->day, out);
    bf_buf_z(out, ",\"instead\":");
    bf_value_json(m, bf_list_value(d->instead, d->instead_count), out);
    bf_buf_z(out, ",\"party\":");
    bf_value_json(m, d->who, out);
    bf_buf_char(out, '}');
}

static void members(const struct bf_words *w, const struct bf_answer *a, const struct bf_refused *r,
                    bf_str because, struct bf_buf *out) {
    bf_buf_fmt(out, ",\"refusal\":\"%s\",\"why\":\"%s\",\"because\":", bf_refusal_word(r->kind),
               bf_why_word(r->why));
    bf_json_text(because, out);
    bf_buf_z(out, ",\"cites\":");
    bf_words_cites_json(w->image, r->src, out);
    bf_buf_z(out, ",\"articles\":");
    bf_json_text(bf_words_cites(w, r->src), out);
    if (r->window.kind == BF_DUE_DAY) {
        bf_buf_z(out, ",\"window\":");
        bf_api_due_json(&r->window, out);
    }
    if (r->done)
        done_json(w, r->done, out);
    lawful_json(w, r, out);
    bf_buf_fmt(out, ",\"seq\":%llu,\"case\":", (unsigned long long)a->seq);
    if (a->number)
        bf_buf_fmt(out, "%llu", (unsigned long long)a->number);
    else
        bf_buf_z(out, "null");
}

void bf_call_refused(struct bf_call *c, const struct bf_answer *a, const struct bf_event *e) {
    const struct bf_engine_policy *p = bf_api_policy_of(c->service, a->image);
    struct bf_words w = {c->arena, a->image, p ? p->calendar : NULL, c->lang};
    struct bf_refused r;
    struct bf_error error;
    struct bf_buf more;
    if (bf_refused_read(a->image, a->proc, c->arena, a->facts, a->fact_count, a->data, &r,
                        &error)) {
        bf_call_engine_problem(c, &(struct bf_answer){.kind = BF_ANSWER_STORE});
        return;
    }
    struct bf_event asked = *e;
    asked.actor = a->facts[a->fact_count - 1].v[0];
    struct bf_tale tale = {.words = &w,
                           .event = &asked,
                           .proc = a->proc,
                           .number = (uint32_t)a->number,
                           .refused = &r};
    bf_str because = bf_tell_reason(&tale);
    bf_buf_in(&more, c->arena);
    members(&w, a, &r, because, &more);
    bf_call_problem_with(
        c, r.kind == BF_REFUSAL_MALFORMED ? 422 : 409, "refused", BF_T_API_REFUSED_BECAUSE,
        BF_ARGS(bf_arg_str(bf_words_refusal(&w, r.kind)), bf_arg_str(because)), bf_buf_view(&more));
}
