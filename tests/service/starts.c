/* starts IMAGE: what the calendar starts is started at its instant, once and in order, for each row of its register, after
** what lapsed by then and before what lapses later; also after the service stood still for months, and whatever batch the
** disk was full at, or the service killed. What falls when is asked of starts.h, whose own test counts the days. */
#include <stdio.h>

#include "engine/core/starts.h"
#include "tests/service/world.h"

static const char calendar_text[] = "banfa calendar 1\n"
                                    "name cn.workdays\n"
                                    "weekend saturday sunday\n"
                                    "offset +08:00\n"
                                    "from 2024-01-01\n"
                                    "horizon 2026-12-31\n";

static bf_instant at(int year, int month, int day) { /* 10:00 there */
    return (bf_instant)bf_day_from_civil(year, month, day) * 86400 + 2 * 3600;
}
#define ACTIVE at(2024, 3, 5)

static unsigned faults;
static uint64_t activation; /* the row that counts as one */

static void revive(struct world *w) {
    while (w->dead) {
        faults++;
        world_reopen(w);
        if (activation)
            bf_engine_activate(w->e, w->policy[0], activation);
        world_pump(w);
    }
}

struct put {
    bool done;
    uint64_t seq;
};
static void put_told(void *ctx, const struct bf_answer *a) {
    struct put *p = ctx;
    p->done = a->kind == BF_ANSWER_DONE;
    p->seq = a->seq;
}

static uint64_t put(struct world *w, const char *code, bool asked) {
    struct bf_value fields[] = {world_party(w->a, BF_K_DEPARTMENT, code), bf_bool(asked)};
    struct put p = {0};
    while (!p.done) {
        bf_engine_put(w->e, w->policy[0], 0,
                      bf_record_value(w->policy[0]->image->reg[0].record, fields, 2), put_told, &p);
        world_pump(w);
        faults += !p.done && !w->dead;
        revive(w);
    }
    return p.seq;
}

static void pass_to(struct world *w, bf_instant now) {
    w->now = now;
    for (int i = 0; i < 4; i++) {
        world_scan(w);
        revive(w);
        w->now++; /* what a full disk took back is fired a second later */
    }
}

static void story_of(struct world *w) {
    w->now = ACTIVE;
    activation = 0;
    put(w, "b", true);
    put(w, "t", false);
    activation = put(w, "a", true);
    bf_engine_activate(w->e, w->policy[0], activation);
    world_pump(w);
    revive(w);
    pass_to(w, at(2024, 3, 20));
    pass_to(w, at(2024, 12, 31));
    pass_to(w, at(2025, 10, 8));
    bf_engine_activate(w->e, w->policy[0], activation); /* again: nothing is started twice */
    pass_to(w, at(2026, 1, 2));
}

static bool opens(const struct bf_entry *n) {
    return bf_entry_has_event(n->head.kind) && n->event.kind == BF_EVENT_OPEN;
}

/* Is the row the opening of this start, at this instant, for this body? */
static bool is_opening(const struct bf_image *m, const struct bf_entry *n, uint32_t start,
                       bf_instant when, const char *code) {
    if (!opens(n) || n->event.start != start || n->event.effective != when ||
        n->event.nargs != (code ? 1 : 0))
        return false;
    if (!code)
        return true;
    struct bf_value v = n->event.args[0];
    if (!m->start[start].member_field)
        v = v.u.items[0];
    v = v.u.items[BF_PARTY_CODE];
    return v.n == 1 && *v.u.text == *code;
}

/* The openings that there must be from an instant on, held against the rows that are openings, in order. */
struct expected {
    struct world *w;
    const struct world_rows *rows;
    uint32_t next;
};

static void opening(struct expected *x, uint32_t start, bf_instant when, const char *code) {
    const struct bf_image *m = x->w->image[0];
    while (x->next < x->rows->count && !opens(&x->rows->row[x->next]))
        x->next++;
    const struct bf_entry *n = &x->rows->row[x->next++];
    if (x->next > x->rows->count || !is_opening(m, n, start, when, code))
        world_broken(x->w, "a start is missing, or comes twice, or out of order");
    bool asked = !code || *code != 't' || m->start[start].member_field;
    if (n->head.kind != (asked ? BF_ENTRY_STEP : BF_ENTRY_REFUSAL))
        world_broken(x->w, "who was not asked reports, or others do not");
}

static uint32_t all_openings(struct world *w, const struct world_rows *rows) {
    const struct bf_image *m = w->image[0];
    const struct bf_calendar *c = w->calendar[0];
    struct expected x = {w, rows, 0};
    uint32_t count = 0;
    bf_instant when = ACTIVE;
    while (bf_starts_next(m, c, when, &when) && when <= w->now)
        for (uint32_t i = 0; i < m->start_count; i++) {
            if (!bf_start_falls(m, c, i, when))
                continue;
            count++;
            if (!m->start[i].member_reg)
                opening(&x, i, when, NULL);
            for (const char *code = "abt"; m->start[i].member_reg && *code; code++)
                opening(&x, i, when, code);
        }
    for (; x.next < rows->count; x.next++)
        if (opens(&rows->row[x.next]))
            world_broken(w, "a case that nothing starts");
    return count;
}

static void check(struct world *w, struct bf_arena *a) {
    struct world_rows rows = world_rows(w, a);
    struct bf_journal_cases cases = world_cases(w, a, &rows);
    bf_instant last = BF_INSTANT_NONE;
    bool opened = false;
    for (uint32_t i = 0; i < rows.count; i++) {
        const struct bf_entry *n = &rows.row[i];
        if (!bf_entry_has_event(n->head.kind))
            continue;
        if (n->event.effective < last || (n->event.effective == last && opened && !opens(n)))
            world_broken(w, "a start before what lapsed by then, or behind what lapses later");
        last = n->event.effective;
        opened = opens(n);
    }
    if (all_openings(w, &rows) < 50 || cases.count < 150)
        world_broken(w, "so few starts show nothing");
    world_check_cases(w, a, &rows);
    world_verify(w);
}

int main(int argc, char **argv) {
    const struct world_story story = {.happens = story_of,
                                      .holds = check,
                                      .calendar = calendar_text,
                                      .cached_cases = 4,
                                      .unnoticed = 600,
                                      .thinner = true,
                                      .faults = &faults};
    return argc == 2 ? world_tell(&story, argv + 1) : 2;
}
