/* runs IMAGE1 IMAGE2: cases that run others. What is run begins with the state, is heard of when it ends, and ends when it is
** left, in one batch each time; what its lapses bring about does not hang on when somebody looks; a case that moved to
** another text hears of one that stayed. Whatever batch the disk was full at, or the service killed. */
#include <stdio.h>
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
static bf_instant midnight(int month, int day) { return at(month, day) - 10 * 3600; }

static unsigned faults;

/* Until it is answered; a full disk and a killed service are no answer. */
static struct world_sent send(struct world *w, uint64_t number, struct world_sent x) {
    struct world_sent asked = x;
    for (;;) {
        x = asked;
        world_send(w, &x, number);
        if (!w->dead && x.answered && x.kind != BF_ANSWER_FULL)
            return x;
        faults++;
        if (w->dead)
            world_reopen(w);
    }
}

static void act(struct world *w, uint64_t number, const char *name, const char *arg,
                const char *key, enum bf_answer_kind want) {
    bool owner = !arg && number == 1;
    owner |= strcmp(name, "give_up") == 0;
    struct world_sent x = {
        .act = name,
        .actor = owner ? world_party(w->a, BF_K_PERSON, "ann")
                       : world_party(w->a, BF_K_DEPARTMENT, "town"),
        .key = key,
    };
    if (arg)
        x.args[x.nargs++] = bf_text_value(BF_K_TEXT, bf_str_of(arg));
    if (send(w, number, x).kind != want)
        world_broken(w, key);
}

static void open(struct world *w, const char *key) {
    struct world_sent x = {.actor = world_party(w->a, BF_K_PERSON, "ann"), .nargs = 2, .key = key};
    x.args[0] = x.actor;
    x.args[1] = world_party(w->a, BF_K_DEPARTMENT, "town");
    if (send(w, 0, x).kind != BF_ANSWER_DONE)
        world_broken(w, key);
}

/* ---- migration ---- */

static bool over;
static void each(void *ctx, const struct bf_migrated_case *c) {
    struct world *w = ctx;
    bool stays =
        c->number == 7 || c->number == 8; /* talks in a state that the other text has not, and … */
    if (c->number == 7 && c->obstacle != BF_OBSTACLE_STATE)
        world_broken(w, "talks moved though their state is gone");
    if (!stays && c->obstacle)
        world_broken(w, "a case did not move");
}
static void done(void *ctx, enum bf_answer_kind kind) {
    over = kind == BF_ANSWER_DONE;
    (void)ctx;
}

static void migrate(struct world *w) {
    for (over = false; !over;) {
        struct bf_migration m = {.from = w->policy[0],
                                 .to = w->policy[1],
                                 .principal = BF_STR("operator"),
                                 .each = each,
                                 .done = done,
                                 .ctx = w};
        bf_engine_migrate(w->e, &m);
        world_pump(w);
        if (w->dead || !over)
            faults++;
        if (w->dead)
            world_reopen(w);
    }
}

static void story_of(struct world *w) {
    w->now = at(11, 3);
    open(w, "o1"); /* 1 runs 2 */
    act(w, 2, "settle", "half each", "a", BF_ANSWER_DONE);
    open(w, "o2"); /* 3 runs 4, which runs 5 */
    act(w, 4, "deepen", NULL, "b", BF_ANSWER_DONE);
    act(w, 5, "report", NULL, "c", BF_ANSWER_DONE); /* talking anew: until the 10th */
    w->now = at(11, 20);                            /* nobody has looked since */
    act(w, 3, "give_up", NULL, "d", BF_ANSWER_REFUSED);
    act(w, 4, "settle", "late", "e", BF_ANSWER_REFUSED);
    open(w, "o3"); /* 6 runs 7, which runs 8 */
    act(w, 7, "deepen", NULL, "f", BF_ANSWER_DONE);
    open(w, "o4");                                   /* 9 runs 10 */
    act(w, 10, "deepen", NULL, "g", BF_ANSWER_DONE); /* … which runs 11 */
    act(w, 9, "give_up", NULL, "h", BF_ANSWER_DONE);
    act(w, 11, "report", NULL, "i", BF_ANSWER_REFUSED);
    migrate(w); /* 6 and 8 move, 7 stays */
    w->now = at(11, 30);
    for (int i = 0; i < 4; i++) {
        world_scan(w); /* the survey was due on the 23rd, a Sunday: the 24th */
        if (w->dead)
            world_reopen(w);
        w->now++;
    }
}

/* ---- what must have come of it ---- */

static void stands(struct world *w, const struct bf_journal_cases *cases, uint32_t number,
                   const char *state, uint32_t parent, bf_instant since) {
    const struct bf_journal_case *x = &cases->cases[number - 1];
    bf_str is = bf_i_text(x->image, x->image->state[x->c->state].name);
    if (x->number != number || !bf_str_eq(is, bf_str_of(state)) || x->c->parent != parent ||
        bf_case_state(x->image, x->c, x->c->state)->at != since) {
        fprintf(stderr, "case %u is %.*s\n", (unsigned)number, (int)is.len, is.p);
        world_broken(w, state);
    }
}

static void ran(struct world *w, const struct bf_journal_cases *cases, uint32_t number,
                uint32_t child, const char *end) {
    const struct bf_journal_case *x = &cases->cases[number - 1];
    const struct bf_case_sub *s = x->c->subs;
    bf_str is = x->c->sub_count == 1 && s->end < BF_SUB_FAILED
                    ? bf_i_text(x->image, x->image->state[s->end].name)
                    : bf_str_of(x->c->sub_count == 1 ? bf_sub_word(s->end) : "");
    if (x->c->sub_count != 1 || s->number != child || !bf_str_eq(is, bf_str_of(end)))
        world_broken(w, end);
}

static void check(struct world *w, struct bf_arena *a) {
    struct world_rows rows = world_rows(w, a);
    struct bf_journal_cases cases = world_cases(w, a, &rows);
    if (cases.count != 11)
        world_broken(w, "another number of cases");
    stands(w, &cases, 1, "granted", 0, at(11, 3));
    stands(w, &cases, 2, "agreed", 1, at(11, 3));
    stands(w, &cases, 3, "closed", 0, midnight(11, 11));
    stands(w, &cases, 4, "failed", 3, midnight(11, 11));
    stands(w, &cases, 5, "fine", 4, at(11, 3));
    stands(w, &cases, 6, "closed", 0, midnight(11, 25));
    stands(w, &cases, 7, "failed", 6, midnight(11, 25));
    stands(w, &cases, 8, "bad", 7, midnight(11, 25));
    stands(w, &cases, 9, "closed", 0, at(11, 20));
    stands(w, &cases, 10, "cancelled", 9, at(11, 20));
    stands(w, &cases, 11, "cancelled", 10, at(11, 20));
    ran(w, &cases, 1, 2, "agreed");
    ran(w, &cases, 3, 4, "failed");
    ran(w, &cases, 4, 5, "fine");
    ran(w, &cases, 6, 7, "failed");
    ran(w, &cases, 7, 8, "bad");
    ran(w, &cases, 9, 10, "cancelled");
    ran(w, &cases, 10, 11, "cancelled");
    if (cases.cases[5].image != w->image[1] || cases.cases[6].image != w->image[0])
        world_broken(w, "the two are not of two texts");
    const struct bf_value *kept = cases.cases[0].c->acts[0].args;
    for (uint32_t i = 0; i < w->image[0]->proc[0].acts.count; i++)
        if (bf_str_eq(bf_i_text(w->image[0], w->image[0]->act[i].name), BF_STR("talks")))
            kept = cases.cases[0].c->acts[i].args;
    if (!kept || !bf_str_eq(bf_value_text(kept[0]), BF_STR("half each")))
        world_broken(w, "what was kept is not read");
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
    return argc == 3 ? world_tell(&story, argv + 1) : 2;
}
