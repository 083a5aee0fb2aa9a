/* bench_step: a case of two approvals, each with a deadline that is armed when it is asked for and falls away when
** it is given, stepped through the engine core; against the same case by hand.
**
** Both sides run the same number of cases at once, in virtual time, out of one binary heap of what happens
** next: the next act of a case, and its deadline, which is ignored when it comes up and the approval was
** given meanwhile. Both find deadlines in the same calendar. An act is one of three a case: opening it, and
** two approvals; what comes off the heap in vain does not count. The engine keeps every fact of a case until it ends.
*/
#include <stdio.h>
#include <string.h>

#include "engine/core/step.h"
#include "tests/bench/bench.h"
#include "tests/unit/make_image.h"
#include "tests/unit/test.h"

enum { AT_ONCE = 1000, CASES = 60000, ACTS = 3 * CASES, LIMIT_1 = 5, LIMIT_2 = 3 };

static const struct bf_calendar *cn;
static struct bf_image *image;
static bf_instant epoch;

/* ---- the heap ---- */

struct node {
    bf_instant at;
    uint32_t slot, stage; /* stage: of the case; deadline: + DEADLINE */
};
enum { DEADLINE = 16 };

static struct node heap[AT_ONCE * 64];
static uint32_t heap_count;

static void heap_push(struct node n) {
    uint32_t i = heap_count++;
    for (; i > 0 && heap[(i - 1) / 2].at > n.at; i = (i - 1) / 2)
        heap[i] = heap[(i - 1) / 2];
    heap[i] = n;
}

static struct node heap_pop(void) {
    struct node top = heap[0], last = heap[--heap_count];
    uint32_t i = 0;
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child >= heap_count)
            break;
        child += child + 1 < heap_count && heap[child + 1].at < heap[child].at;
        if (heap[child].at >= last.at)
            break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = last;
    return top;
}

/* ---- both sides ---- */

struct side {
    void (*open)(uint32_t slot, bf_instant at);
    void (*approve)(uint32_t slot, uint32_t stage, bf_instant at);
    bool (*lapsed)(uint32_t slot, uint32_t stage, bf_instant at);
    uint64_t acts, lapses;
};

/* Cases one after the other in each slot; acts come one to three days apart, always in time. */
static void run(void *ctx) {
    struct side *side = ctx;
    uint64_t seed = 1;
    uint32_t begun = 0;
    heap_count = 0;
    side->acts = side->lapses = 0;
    for (uint32_t slot = 0; slot < AT_ONCE; slot++, begun++)
        heap_push((struct node){epoch + (bf_instant)(test_random(&seed) % 86400), slot, 0});
    while (heap_count) {
        struct node n = heap_pop();
        bf_instant next = n.at + 3600 + (bf_instant)(test_random(&seed) % 90000);
        if (n.stage >= DEADLINE) {
            side->lapses += side->lapsed(n.slot, n.stage - DEADLINE, n.at);
            continue;
        }
        if (n.stage == 0)
            side->open(n.slot, n.at);
        else
            side->approve(n.slot, n.stage, n.at);
        side->acts++;
        if (n.stage < 2) {
            heap_push((struct node){next, n.slot, n.stage + 1});
        } else if (begun < CASES) {
            begun++;
            heap_push((struct node){next + 2 * 86400, n.slot, 0});
        }
    }
}

/* ---- by hand ---- */

static struct {
    uint32_t stage;
    bf_instant due;
} bare[AT_ONCE];

static bf_instant bare_due(bf_instant at, int64_t days) {
    bf_day last = 0;
    bf_calendar_after(cn, bf_calendar_day_of(cn, at, 86400), days, &last);
    return bf_calendar_day_end(cn, last, 86400);
}

static void bare_open(uint32_t slot, bf_instant at) {
    bare[slot].stage = 1;
    bare[slot].due = bare_due(at, LIMIT_1);
    heap_push((struct node){bare[slot].due, slot, DEADLINE + 1});
}

static void bare_approve(uint32_t slot, uint32_t stage, bf_instant at) {
    if (bare[slot].stage != stage || at >= bare[slot].due)
        return;
    bare[slot].stage = stage + 1;
    if (stage != 1)
        return;
    bare[slot].due = bare_due(at, LIMIT_2);
    heap_push((struct node){bare[slot].due, slot, DEADLINE + 2});
}

static bool bare_lapsed(uint32_t slot, uint32_t stage, bf_instant at) {
    return bare[slot].stage == stage && bare[slot].due <= at;
}

/* ---- the engine ---- */

static struct slot {
    struct bf_arena *arena;
    const struct bf_case *c;
    bf_instant due; /* of its deadline now; BF_INSTANT_NONE */
    struct trace {
        const struct bf_fact *facts;
        uint32_t count;
    } trace[3];
} slots[AT_ONCE];
static struct bf_world world;
static struct bf_value parties[3], parts[3][BF_PARTY_PARTS];
static uint32_t number;

static void step(uint32_t slot, struct bf_event *e, uint32_t stage) {
    struct slot *s = &slots[slot];
    struct bf_outcome out;
    bf_step(image, &world, s->c, e, s->arena, &out);
    if (out.kind != BF_DONE)
        fail_msg("case %u, stage %u: %s", slot, stage, bf_why_word(out.refused.why));
    s->trace[stage] = (struct trace){out.facts, out.fact_count};
    s->c = out.next;
    s->due = BF_INSTANT_NONE;
    if (bf_case_next_lapse(image, s->c, &s->due) != BF_NONE)
        heap_push((struct node){s->due, slot, DEADLINE + stage + 1});
}

static void engine_open(uint32_t slot, bf_instant at) {
    struct bf_event e = {.kind = BF_EVENT_OPEN,
                         .recorded = at,
                         .effective = at,
                         .actor = parties[0],
                         .what = 0,
                         .start = BF_NONE,
                         .number = ++number,
                         .args = parties,
                         .nargs = 3};
    bf_arena_reset(slots[slot].arena);
    slots[slot].c = NULL;
    step(slot, &e, 0);
}

static void engine_approve(uint32_t slot, uint32_t stage, bf_instant at) {
    struct bf_event e = {.kind = BF_EVENT_ACT,
                         .recorded = at,
                         .effective = at,
                         .actor = parties[stage],
                         .what = stage - 1};
    step(slot, &e, stage);
}

static bool engine_lapsed(uint32_t slot, uint32_t stage, bf_instant at) {
    (void)stage;
    return slots[slot].due == at;
}

static void make_duty(struct mk *k, uint32_t n, const char *name, const char *bearer,
                      const char *limit) {
    struct bf_i_duty d = mk_duty(k);
    d.name = mk_str(k, name);
    d.state = n;
    d.bearer = mk_code(k, bearer);
    d.limit = BF_I_LIMIT_WITHIN;
    d.limit_code = mk_code(k, limit);
    d.otherwise = BF_OTHERWISE_STAYS;
    d.effects = mk_code(k, "DATA 0; VIOLATE 0; DONE");
    bf_build_add_duty(&k->b, d);
    struct bf_i_offer o = mk_offer(k);
    o.kind = BF_OFFER_DUTY;
    o.act = n;
    o.actors = mk_actor(k, bearer);
    o.state = n;
    o.duty = n;
    o.target = n + 1;
    bf_build_add_offer(&k->b, o);
    bf_build_add_act(&k->b, (struct bf_i_act){mk_str(k, name), 0, {0, 0}, {0, 0}, BF_NONE});
}

static void make_policy(struct bf_arena *a) {
    struct mk k;
    mk_init(&k);
    struct bf_build *b = &k.b;
    bf_build_add_violation(b, (struct bf_i_violation){mk_str(&k, "late"), 0, k.src});
    static const char *const who[] = {"applicant", "office", "council"};
    static const char *const states[] = {"first", "second", "done"};
    for (uint32_t i = 0; i < 3; i++) {
        bf_build_add_data(
            b, (struct bf_i_data){mk_str(&k, who[i]), 0, MK_DEPARTMENT, BF_DATA_PARTY, BF_NONE, 0});
        bf_build_add_state(b, (struct bf_i_state){.name = mk_str(&k, states[i]),
                                                  .is_end = i == 2,
                                                  .enter = BF_NONE,
                                                  .src = k.src});
    }
    bf_build_add_start(b, (struct bf_i_start){.event = BF_NONE,
                                              .actors = mk_actor(&k, "DATA 0; RETURN"),
                                              .src = k.src});
    make_duty(&k, 0, "approve", "DATA 1; RETURN", "CONST 5 working_days; RETURN");
    make_duty(&k, 1, "confirm", "DATA 2; RETURN", "CONST 3 working_days; RETURN");
    bf_build_add_proc(b, (struct bf_i_proc){.name = mk_str(&k, "two_approvals"),
                                            .src = k.src,
                                            .data = {0, 3},
                                            .starts = {0, 1},
                                            .states = {0, 3},
                                            .acts = {0, 2},
                                            .offers = {0, 2},
                                            .duties = {0, 2}});
    mk_link(&k, a, 0);
    image = mk_load(&k, a);
}

int main(void) {
    struct bf_arena *a = bf_arena_new(0);
    struct bf_error e;
    if (!a || bf_calendar_open(a, BF_STR("cn.workdays"), BF_DAY_MAX, &cn, &e) != BF_OK) {
        fprintf(stderr, "bench_step: %s\n", a ? e.text : "out of memory");
        return 2;
    }
    epoch = bf_calendar_instant(cn, bf_day_from_civil(2024, 3, 4), 9 * 3600);
    make_policy(a);
    world = (struct bf_world){.calendar = cn};
    static const char *const codes[] = {"a", "b", "c"};
    for (int i = 0; i < 3; i++) {
        parts[i][BF_PARTY_CODE] = bf_text_value(BF_K_TEXT, bf_str_of(codes[i]));
        parties[i] = bf_party_value(BF_K_DEPARTMENT, parts[i]);
    }
    for (int i = 0; i < AT_ONCE; i++)
        slots[i].arena = bf_arena_new(0);
    struct side engine = {engine_open, engine_approve, engine_lapsed, 0, 0};
    struct side hand = {bare_open, bare_approve, bare_lapsed, 0, 0};
    struct bench_side ours = {"bf_step", run, &engine, ACTS};
    struct bench_side bare_side = {"heap by hand", run, &hand, ACTS};
    struct bench_result r = bench_compare(&ours, &bare_side, 15);
    if (engine.acts != ACTS || hand.acts != ACTS || engine.lapses != hand.lapses) {
        fprintf(stderr, "bench_step: the two sides ran differently\n");
        return 1;
    }
    bool ok = bench_speed_at_least("step, two approvals", "act", &r, 0.25);
    for (int i = 0; i < AT_ONCE; i++)
        bf_arena_free(slots[i].arena);
    bf_arena_free(a);
    return ok ? 0 : 1;
}
