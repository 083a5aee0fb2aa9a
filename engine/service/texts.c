/* Texts: which text a case goes by on a day, where policies amend one another.
**
** Of each policy the active version counts. The text of a day is, from the policy that amends none, what amends it and is
** in force that day, then what amends that, and so on; a case is opened under it, whichever of them it is asked of. An open case
** keeps its text, but for an amendment of all cases: that it follows with its first event on or after the first day in
** force. A look is no event.
*/
#include "engine/service/engine_parts.h"

#include "lang/base/mem.h"

enum { TEXTS_MAX = 16 }; /* in one another; images allow fewer, but names might lead in a circle */

static bf_str name_of(const struct bf_engine_policy *p) {
    return bf_i_text(p->image, p->image->policy.name);
}

static bool amends(const struct bf_engine_policy *p, bf_str name) {
    const struct bf_image *m = p->image;
    return m->amend_count && bf_str_eq(bf_i_text(m, m->amend->policy), name);
}

static const struct bf_engine_policy *called(const struct bf_engine *e, bf_str name) {
    for (uint32_t i = 0; i < e->text_count; i++)
        if (bf_str_eq(name_of(e->texts[i]), name))
            return e->texts[i];
    return NULL;
}

static bool in_force(const struct bf_engine_policy *p, bf_instant at) {
    const struct bf_i_policy *h = &p->image->policy;
    bf_day day = bf_calendar_day_of(p->calendar, at, (int32_t)h->day_ends);
    return day >= h->force_from && day <= h->force_to;
}

/* The higher rank (1 is the highest, 0 is none), then the later. Two in force at once are not let become active, unless
** both become it at once. */
static bool wins(const struct bf_engine_policy *p, const struct bf_engine_policy *q) {
    const struct bf_i_policy *x = &p->image->policy, *y = &q->image->policy;
    return x->rank != y->rank ? x->rank - 1 < y->rank - 1 : x->force_from > y->force_from;
}

static const struct bf_engine_policy *amending(const struct bf_engine *e,
                                               const struct bf_engine_policy *p, bf_instant at) {
    const struct bf_engine_policy *best = NULL;
    for (uint32_t i = 0; i < e->text_count; i++)
        if (amends(e->texts[i], name_of(p)) && in_force(e->texts[i], at) &&
            (!best || wins(e->texts[i], best)))
            best = e->texts[i];
    return best;
}

bool bf_texts_activate(struct bf_engine *e, const struct bf_engine_policy *p) {
    for (uint32_t i = 0; i < e->text_count; i++)
        if (bf_str_eq(name_of(e->texts[i]), name_of(p))) {
            e->texts[i] = p;
            return true;
        }
    void *more = bf_realloc(e->texts, (e->text_count + 1) * sizeof *e->texts);
    if (!more)
        return false;
    e->texts = more;
    e->texts[e->text_count++] = p;
    return true;
}

void bf_texts_fini(struct bf_engine *e) { bf_free(e->texts); }

const struct bf_engine_policy *bf_engine_text(const struct bf_engine *e,
                                              const struct bf_engine_policy *p, bf_instant at) {
    const struct bf_engine_policy *asked = p, *next;
    if (called(e, name_of(p)) != p)
        return p; /* an older version is asked for, and given */
    for (int i = 0; i < TEXTS_MAX && p->image->amend_count &&
                    (next = called(e, bf_i_text(p->image, p->image->amend->policy))) != NULL;
         i++)
        p = next;
    for (int i = 0; i < TEXTS_MAX && (next = amending(e, p, at)) != NULL; i++)
        p = next;
    return in_force(p, at) ? p : asked;
}

const struct bf_engine_policy *bf_text_follows(const struct bf_engine *e,
                                               const struct bf_engine_policy *p, bf_instant at,
                                               bf_instant *from) {
    const struct bf_engine_policy *next = amending(e, p, at);
    if (!next || next->image->amend->cases != BF_CASES_ALL)
        return NULL;
    const struct bf_i_policy *h = &next->image->policy;
    *from = h->force_from == INT32_MIN
                ? BF_INSTANT_NONE
                : bf_calendar_day_end(next->calendar, h->force_from - 1, (int32_t)h->day_ends);
    return next;
}

const struct bf_engine_policy *bf_engine_follows(const struct bf_engine *e,
                                                 const struct bf_engine_policy *p, bf_instant at) {
    bf_instant from;
    return bf_text_follows(e, p, at, &from);
}

bool bf_text_starts(const struct bf_engine *e, const struct bf_engine_policy *p, bf_instant at,
                    bf_instant *again) {
    const struct bf_engine_policy *next = amending(e, p, at);
    if (!next)
        return true;
    const struct bf_i_policy *h = &next->image->policy;
    *again = h->force_to == INT32_MAX
                 ? BF_DUE_NEVER
                 : bf_calendar_day_end(next->calendar, h->force_to, (int32_t)h->day_ends) - 1;
    return false;
}
