/* amends LENDING LENDING_ALL LENDING_NEW JOURNAL: a text and two that amend it, each active from the beginning. Which text a
** case goes by, and what follows for it, was worked out by hand; it comes out the same whatever batch the disk was full
** at, or the service killed, and whether somebody looks in between or nobody does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/service/world.h"

enum { LENDING, ALL, NEW };

static const char calendar_text[] = "banfa calendar 1\n"
                                    "name cn.workdays\n"
                                    "weekend saturday sunday\n"
                                    "offset +08:00\n"
                                    "from 2025-01-01\n"
                                    "horizon 2026-12-31\n";

/* Where case n + 1 stands on 28 November, and when it went over.
**
** 1  of the 3rd, a Monday: 4, 5, 6, 7, 10; on the 11th it is overdue, and nothing happens since
** 2  of the 4th: 5, 6, 7, 10, 11; its limit passes as the 12th begins, which is the 11th's affair: the same
** 3  of the 5th: 6, 7, 10, 11, 12: it passes as the 13th begins, by the new text, which has gone over with that: a
**    violation, and it stays. The period stays five days
** 4  of the 10th: urged on the 12th, which is the new text's, and reads the row that the old one put. 11, 12, 13, 14, 17
** 5  of the 11th: answered on the 14th, the first that happens: over, and done
** 6  of the 12th, asked of the old text: the new one's, ten days
** 7  of the 20th, asked of the text of the 12th: that of the 20th; one day, the 21st, then overdue
** 8  of the 28th, asked of the last: with nothing since
** Case 4 was urged again on the 20th and stays where it was: the text of that day is for new cases. */
static const struct {
    int opened, policy;
    const char *state;
    int text, moves;
} want[] = {
    {3, LENDING, "overdue", LENDING, 0}, {4, LENDING, "overdue", LENDING, 0},
    {5, LENDING, "asked", ALL, 1},       {10, LENDING, "asked", ALL, 1},
    {11, LENDING, "done", ALL, 1},       {12, LENDING, "asked", ALL, 0},
    {20, ALL, "overdue", NEW, 0},        {28, NEW, "asked", NEW, 0},
};
enum { CASES = sizeof want / sizeof *want };

static bool watched; /* somebody looks every day */
static unsigned faults;
static char **paths;

static bf_instant at(int day, int hour) {
    return (bf_instant)bf_day_from_civil(2025, 11, day) * 86400 + (hour - 8) * 3600;
}

static void activate(struct world *w) {
    for (uint32_t i = 0; i < w->policies; i++)
        bf_engine_activate(w->e, w->policy[i], 1);
}

static void survive(struct world *w) {
    if (!w->dead)
        return;
    faults++;
    world_reopen(w);
    activate(w);
}

static void send(struct world *w, struct world_sent *x, uint64_t number) {
    char key[32];
    snprintf(key, sizeof key, "%s %d %llu", x->act ? x->act : "open", (int)(w->now / 86400),
             (unsigned long long)number);
    x->key = key;
    do {
        world_send(w, x, number);
        faults += !w->dead && x->kind == BF_ANSWER_FULL;
        survive(w);
    } while (!x->answered || x->kind == BF_ANSWER_FULL);
    if (x->kind != BF_ANSWER_DONE)
        world_broken(w, x->act ? x->act : "opening");
}

static void open_case(struct world *w, int policy) {
    struct world_sent x = {
        .policy = (uint32_t)policy, .actor = world_party(w->a, BF_K_PERSON, "ann"), .nargs = 4};
    x.args[0] = x.actor;
    x.args[1] = world_party(w->a, BF_K_DEPARTMENT, "town");
    x.args[2] = bf_text_value(BF_K_TEXT, BF_STR("book"));
    send(w, &x, 0);
}

static void act(struct world *w, uint64_t number, const char *name, bool owner, int arg) {
    struct world_sent x = {.act = name,
                           .actor = owner ? world_party(w->a, BF_K_PERSON, "ann")
                                          : world_party(w->a, BF_K_DEPARTMENT, "town")};
    if (arg)
        x.args[x.nargs++] = bf_int(arg);
    send(w, &x, number);
}

static bool show(void *ctx, const struct bf_view *v, struct bf_arena *scratch) {
    (void)ctx, (void)v, (void)scratch;
    return true;
}

static void shown(void *ctx, const struct bf_answer *a) { (void)ctx, (void)a; }

static void day(struct world *w, int day) {
    w->now = at(day, 8);
    for (int i = 0; i < 3 && watched; i++) {
        world_scan(w);
        survive(w);
        for (uint64_t c = 1; c <= CASES; c++) {
            bf_engine_look(w->e, &(struct bf_look){.number = c, .look = show, .answer = shown});
            world_pump(w);
            survive(w);
        }
        w->now++;
    }
    w->now = at(day, 10);
    for (int i = 0; i < CASES; i++)
        if (want[i].opened == day)
            open_case(w, want[i].policy);
    if (day == 10)
        act(w, 4, "enter", false, 7);
    if (day == 12 || day == 20)
        act(w, 4, "urge", true, 0);
    if (day == 14)
        act(w, 5, "reply", false, 0);
}

static void story_of(struct world *w) {
    activate(w);
    for (int d = 3; d <= 28; d++)
        day(w, d);
    for (int i = 0; i < 3; i++) {
        world_scan(w);
        survive(w);
        w->now++;
    }
}

/* Duty 0, `answer`: case 3's limit is what it was; case 6 has the new one. */
static void check_days(struct world *w, const struct bf_journal_cases *cases) {
    const struct bf_case *three = cases->cases[2].c, *four = cases->cases[3].c,
                         *six = cases->cases[5].c;
    if (three->duties[0].status != BF_STATUS_LAPSED || three->duties[0].count != 5 ||
        four->duties[0].due.last != bf_day_from_civil(2025, 11, 17) ||
        six->duties[0].due.last != bf_day_from_civil(2025, 11, 26))
        world_broken(w, "a limit is not what it should be");
    if (four->data[3].u.i != 2)
        world_broken(w, "not urged twice");
}

static void check(struct world *w, struct bf_arena *a) {
    struct world_rows rows = world_rows(w, a);
    struct bf_journal_cases cases = world_cases(w, a, &rows);
    int moves[CASES] = {0};
    for (uint32_t i = 0; i < rows.count; i++)
        if (rows.row[i].head.kind == BF_ENTRY_MIGRATE)
            moves[rows.row[i].head.number - 1]++;
    if (cases.count != CASES)
        world_broken(w, "another number of cases");
    for (int i = 0; i < CASES; i++) {
        const struct bf_image *m = cases.cases[i].image;
        bf_str state = bf_i_text(m, m->state[cases.cases[i].c->state].name);
        if (m == w->image[want[i].text] && moves[i] == want[i].moves &&
            bf_str_eq(state, bf_str_of(want[i].state)))
            continue;
        fprintf(stderr, "case %d: %.*s of %.*s, moved %d times\n", i + 1, (int)state.len, state.p,
                (int)bf_i_text(m, m->policy.name).len, bf_i_text(m, m->policy.name).p, moves[i]);
        world_broken(w, "a case does not stand as it should");
    }
    check_days(w, &cases);
    world_check_cases(w, a, &rows);
    world_verify(w);
    if (!faults && watched)
        world_export(w, paths[3]);
}

int main(int argc, char **argv) {
    char *images[4] = {NULL};
    const struct world_story story = {.happens = story_of,
                                      .holds = check,
                                      .calendar = calendar_text,
                                      .cached_cases = 3,
                                      .unnoticed = 200,
                                      .thinner = true,
                                      .faults = &faults};
    if (argc != 5)
        return 2;
    paths = argv + 1;
    memcpy(images, paths, 3 * sizeof *images);
    int status = 0;
    for (int i = 1; i >= 0; i--) {
        watched = i;
        status |= world_tell(&story, images);
    }
    return status;
}
