/* early IMAGE: acts that come before their time are kept, tried again when their case changes or their window opens, and are
** then done or refused, once; whatever batch the disk was full at, or the service killed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/service/world.h"

static const char calendar_text[] = "banfa calendar 1\n"
                                    "name cn.workdays\n"
                                    "weekend saturday sunday\n"
                                    "offset +08:00\n"
                                    "from 2025-01-01\n"
                                    "horizon 2026-12-31\n";

static bf_instant at(int month, int day) { /* 10:00 there */
    return (bf_instant)bf_day_from_civil(2025, month, day) * 86400 + 2 * 3600;
}
#define OPENS (at(12, 1) - 10 * 3600) /* the window: midnight there */

static unsigned faults;

static void survive(struct world *w) {
    if (!w->dead)
        return;
    faults++;
    world_reopen(w);
}

/* Until it is answered; a full disk and a killed service are no answer. */
static struct world_sent act(struct world *w, uint64_t number, const char *name, int arg,
                             const char *key, bool early) {
    struct world_sent x = {.act = name,
                           .actor = world_party(w->a, BF_K_DEPARTMENT, "town"),
                           .key = key,
                           .if_early = early};
    if (arg >= 0)
        x.args[x.nargs++] = bf_int(arg);
    for (;;) {
        world_send(w, &x, number);
        if (!w->dead && x.kind != BF_ANSWER_FULL)
            return x;
        faults++;
        if (w->dead)
            world_reopen(w);
    }
}

static void expect(struct world *w, const struct world_sent *x, enum bf_answer_kind kind,
                   const char *what) {
    if (x->kind != kind)
        world_broken(w, what);
}

static void scan_at(struct world *w, bf_instant now) {
    w->now = now;
    for (int i = 0; i < 3; i++) {
        world_scan(w);
        survive(w);
        w->now++; /* what a full disk took back is fired a second later */
    }
}

static void story_of(struct world *w) {
    struct world_sent open = {
        .actor = world_party(w->a, BF_K_PERSON, "ann"), .nargs = 4, .key = "o1"};
    struct world_sent x, again;
    open.args[0] = open.actor;
    open.args[1] = world_party(w->a, BF_K_DEPARTMENT, "town");
    open.args[2] = bf_int(1);
    w->now = at(11, 3);
    for (int i = 0; i < 2; i++)
        do {
            open.key = i ? "o2" : "o1";
            world_send(w, &open, 0);
            survive(w);
        } while (!open.answered || open.kind != BF_ANSWER_DONE);

    x = act(w, 1, "announce", -1, "a", true);
    expect(w, &x, BF_ANSWER_EARLY, "what comes early is not kept");
    again = act(w, 1, "announce", -1, "a", true);
    if (again.kind != BF_ANSWER_EARLY || !again.again || again.seq != x.seq)
        world_broken(w, "the same key, another answer");
    x = act(w, 1, "announce", -1, "b", false);
    if (x.kind != BF_ANSWER_REFUSED)
        world_broken(w, "nobody asked to keep it");
    x = act(w, 1, "sum_up", 5, "c", true);
    expect(w, &x, BF_ANSWER_EARLY, "sum_up is kept");
    x = act(w, 1, "sum_up", 0, "d", true);
    expect(w, &x, BF_ANSWER_EARLY, "sum_up(0) is kept");
    x = act(w, 2, "sum_up", 7, "e", true); /* done when a lapse moves the case */
    expect(w, &x, BF_ANSWER_EARLY, "the other case's is kept");
    w->now = at(11, 5);
    x = act(w, 1, "go", -1, "f", false);
    expect(w, &x, BF_ANSWER_DONE, "go");
    scan_at(w, at(11, 12)); /* case 2's limit was the 10th */
    scan_at(w, at(12, 3));  /* case 1's window opened on the 1st */
    scan_at(w, at(12, 30));
}

/* The rows that came of an EARLY row. */
static const struct bf_entry *caused(struct world *w, const struct world_rows *rows,
                                     const char *key, uint64_t number) {
    const struct bf_entry *early = NULL, *end = NULL;
    for (uint32_t i = 0; i < rows->count; i++) {
        const struct bf_entry *n = &rows->row[i];
        if (n->head.kind == BF_ENTRY_EARLY && n->head.number == number &&
            bf_str_eq(n->key, bf_str_of(key))) {
            if (early)
                world_broken(w, "an act was kept twice");
            early = n;
        }
        if (early && n->cause == early->head.seq) {
            if (end)
                world_broken(w, "a kept act was done twice");
            end = n;
        }
    }
    if (!early || !end)
        world_broken(w, "an act was not kept, or came to no end");
    return end;
}

static void check(struct world *w, struct bf_arena *a) {
    struct world_rows rows = world_rows(w, a);
    struct bf_journal_cases cases = world_cases(w, a, &rows);
    const struct bf_entry *announce = caused(w, &rows, "a", 1), *five = caused(w, &rows, "c", 1),
                          *zero = caused(w, &rows, "d", 1), *seven = caused(w, &rows, "e", 2);
    if (announce->head.kind != BF_ENTRY_STEP || announce->event.effective != OPENS ||
        announce->head.recorded - at(12, 3) > 2)
        world_broken(w, "announced otherwise than when the window opened");
    if (five->head.kind != BF_ENTRY_STEP || five->event.effective != at(11, 5) ||
        zero->head.kind != BF_ENTRY_REFUSAL)
        world_broken(w, "summed up otherwise than when the case went there");
    if (seven->head.kind != BF_ENTRY_STEP || seven->event.effective != at(11, 11) - 10 * 3600)
        world_broken(w, "summed up otherwise than when the limit had passed");
    if (!bf_str_eq(five->principal, BF_STR("somebody")) || five->key.len)
        world_broken(w, "who sent it is not told");
    if (cases.cases[0].c->data[3].u.i != 6 || cases.cases[1].c->data[3].u.i != 7)
        world_broken(w, "the totals are not 5 + 1 and 7");
    world_check_cases(w, a, &rows);
    world_verify(w);
}

int main(int argc, char **argv) {
    const struct world_story story = {.happens = story_of,
                                      .holds = check,
                                      .calendar = calendar_text,
                                      .cached_cases = 1,
                                      .unnoticed = 20,
                                      .thinner = false,
                                      .faults = &faults};
    return argc == 2 ? world_tell(&story, argv + 1) : 2;
}
