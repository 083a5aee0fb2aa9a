/* Duties that each member of a list has: facts that cannot be of them change nothing, a case is read as it was written, a
** long list is asked in one step, and what is open goes on under another text. */
#include <stdio.h>
#include <unistd.h>

#include "engine/core/canon.h"
#include "engine/core/migrate.h"
#include "lang/image/compile.h"
#include "tests/unit/drive.h"
#include "tests/unit/test.h"

#define HEAD "policy t \"t\" { number \"1\" rank 5 in force 2020-01-01 calendar cn.workdays }\n"
#define PARTIES \
    "  party chair : Department\n  keep team : list of Department = []\n  starts by chair\n"

/* sign: of each; answer: of one. */
static const char first_text[] =
    HEAD "procedure matter {\n" PARTIES
         "  chair may gather (them: list of Department) { set team = them }\n"
         "  state one {\n"
         "    each m in team must sign within 10 days { agree } otherwise stays\n"
         "    m may extend sign once by at most 5 days\n"
         "    chair must answer within 10 days { reply -> done } otherwise stays\n"
         "  }\n"
         "  end done\n"
         "}\n";

/* Another limit, a new state before it, and in turn. */
static const char second_text[] =
    HEAD "procedure matter {\n" PARTIES
         "  chair may gather (them: list of Department) { set team = them }\n"
         "  state zero { chair may go_on -> one }\n"
         "  state one {\n"
         "    chair must answer within 10 days { reply -> done } otherwise stays\n"
         "    each k in team in turn must sign within 3 days { agree disagree } otherwise stays\n"
         "    k may extend sign once by at most 5 days\n"
         "  }\n"
         "  end done\n"
         "}\n";

/* No longer of each. */
static const char third_text[] =
    HEAD "procedure matter {\n" PARTIES
         "  chair may gather (them: list of Department) { set team = them }\n"
         "  state one {\n"
         "    chair must sign within 7 days { agree } otherwise stays\n"
         "    chair must answer within 10 days { reply -> done } otherwise stays\n"
         "  }\n"
         "  end done\n"
         "}\n";

static struct bf_arena *arena;
static struct bf_world world;

static const struct bf_image *compile(const char *text) {
    static struct bf_sources sources[8];
    static unsigned used;
    const char *path = "each_test.banfa", *stdlib = getenv("BANFA_STDLIB");
    struct bf_sources *s = &sources[used++];
    struct bf_program *program;
    struct bf_image *image;
    struct bf_error e;
    const uint8_t *bytes;
    size_t size;
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_non_null(stdlib);
    s->arena = arena;
    struct bf_parse *p = bf_new(arena, struct bf_parse);
    *p = (struct bf_parse){arena, s, bf_diags_new(arena, s, 0), bf_names_new(arena), 1};
    assert_int_equal(bf_load_policy(p, path, stdlib, &program, &e), BF_OK);
    bf_check(program);
    assert_int_equal(bf_diags_count(p->diags, BF_SEV_ERROR), 0);
    assert_true(bf_lower(program, false, &bytes, &size));
    assert_int_equal(bf_image_load(arena, bytes, size, &image, &e), BF_OK);
    assert_int_equal(unlink(path), 0);
    return image;
}

static int setup(void **state) {
    (void)state;
    arena = bf_arena_new(0);
    world = (struct bf_world){.calendar = drive_calendar(arena)};
    return 0;
}

static int teardown(void **state) {
    (void)state;
    bf_arena_free(arena);
    return 0;
}

static struct bf_value department(const char *code) {
    struct bf_value *parts = bf_new_array(arena, struct bf_value, BF_PARTY_PARTS);
    parts[BF_PARTY_CODE] = bf_text_value(BF_K_TEXT, bf_str_of(code));
    parts[BF_PARTY_NAME] = parts[BF_PARTY_CODE];
    return bf_party_value(BF_K_DEPARTMENT, parts);
}

/* The nth day at ten o'clock there. */
static bf_instant on(int n) { return ((bf_instant)DRIVE_EPOCH + n) * 86400 + 2 * 3600; }

static struct bf_outcome step(const struct bf_image *m, const struct bf_case *c,
                              struct bf_event e) {
    struct bf_outcome out;
    bf_step(m, &world, c, &e, arena, &out);
    return out;
}

static const struct bf_case *opened(const struct bf_image *m) {
    struct bf_value *data = bf_new_array(arena, struct bf_value, m->proc[0].data.count);
    struct bf_outcome out = step(m, NULL,
                                 (struct bf_event){.kind = BF_EVENT_OPEN,
                                                   .effective = on(0),
                                                   .actor = department("chair"),
                                                   .start = BF_NONE,
                                                   .number = 1,
                                                   .args = data,
                                                   .nargs = m->proc[0].data.count});
    assert_int_equal(out.kind, BF_DONE);
    return out.next;
}

static uint32_t act_named(const struct bf_image *m, const char *name) {
    for (uint32_t i = 0; i < m->act_count; i++)
        if (bf_str_eq(bf_i_text(m, m->act[i].name), bf_str_of(name)))
            return i;
    fail();
    return 0;
}

static uint32_t duty_named(const struct bf_image *m, const char *name) {
    for (uint32_t i = 0; i < m->duty_count; i++)
        if (bf_str_eq(bf_i_text(m, m->duty[i].name), bf_str_of(name)))
            return i;
    fail();
    return 0;
}

static struct bf_outcome act(const struct bf_image *m, const struct bf_case *c, int day,
                             const char *who, const char *name, const struct bf_value *arg) {
    return step(m, c,
                (struct bf_event){.kind = BF_EVENT_ACT,
                                  .effective = on(day),
                                  .actor = department(who),
                                  .what = act_named(m, name),
                                  .args = arg,
                                  .nargs = arg != NULL});
}

static const struct bf_case *gathered(const struct bf_image *m, uint32_t n) {
    struct bf_value *team = bf_new_array(arena, struct bf_value, n);
    for (uint32_t i = 0; i < n; i++) {
        char *code = bf_arena_alloc(arena, 12);
        snprintf(code, 12, "d%u", (unsigned)i);
        team[i] = department(code);
    }
    struct bf_value list = bf_list_value(team, n);
    struct bf_outcome out = act(m, opened(m), 0, "chair", "gather", &list);
    assert_int_equal(out.kind, BF_DONE);
    return out.next;
}

static bf_str json(const struct bf_image *m, const struct bf_case *c) {
    struct bf_buf b;
    bf_buf_in(&b, arena);
    bf_case_json(m, c, &b);
    return bf_buf_view(&b);
}

/* Facts that no step makes: none of them is applied. */
static void facts_of_nobody(void **state) {
    (void)state;
    const struct bf_image *m = compile(first_text);
    const struct bf_case *c = gathered(m, 2);
    struct bf_value d0 = department("d0"), stranger = department("x"), number = bf_int(1);
    uint32_t sign = duty_named(m, "sign"), answer = duty_named(m, "answer");
    const struct {
        enum bf_fact_kind kind;
        uint32_t duty;
        const struct bf_value *member;
        bool can;
    } facts[] = {
        {BF_FACT_LAPSED, sign, NULL, false},      {BF_FACT_PAUSED, sign, NULL, false},
        {BF_FACT_SPARED, sign, NULL, false},      {BF_FACT_GONE, sign, NULL, false},
        {BF_FACT_ROUND, sign, &d0, false},        {BF_FACT_LAPSED, sign, &number, false},
        {BF_FACT_LAPSED, answer, &d0, false},     {BF_FACT_ROUND, answer, NULL, false},
        {BF_FACT_GONE, answer, &d0, false},       {BF_FACT_LAPSED, sign, &d0, true},
        {BF_FACT_WAITING, sign, &stranger, true}, {BF_FACT_LEFT, sign, NULL, true},
        {BF_FACT_ROUND, sign, NULL, true},
    };
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        struct bf_case *copy = bf_case_clone(arena, m, c);
        struct bf_fact f = {.kind = (uint16_t)facts[i].kind,
                            .src = BF_NONE,
                            .a = facts[i].duty,
                            .b = BF_NONE,
                            .c = BF_NONE,
                            .member = facts[i].member};
        assert_int_equal(bf_apply(m, arena, copy, &f), facts[i].can);
    }
}

static void read_as_written(void **state) {
    (void)state;
    const struct bf_image *m = compile(first_text);
    const struct bf_case *c = gathered(m, 3);
    struct bf_value more = bf_period_value(BF_UNIT_DAYS, 2);
    c = act(m, c, 1, "d1", "extend_sign", &more).next;
    c = act(m, c, 2, "d0", "agree", NULL).next;
    bf_str text = json(m, c), again;
    struct bf_canon j;
    struct bf_error e;
    struct bf_case *read;
    assert_int_equal(bf_canon_read(arena, text, &j, &e), BF_OK);
    assert_int_equal(bf_case_read(m, arena, &j, &read, &e), BF_OK);
    again = json(m, read);
    assert_true(bf_str_eq(text, again));
    uint32_t sign = duty_named(m, "sign");
    const struct bf_case_duty *his = bf_case_duty_of(m, read, sign, department("d1"));
    assert_int_equal(his->status, BF_STATUS_OPEN);
    assert_int_equal(his->extension_count, 1);
    assert_int_equal(bf_case_duty_of(m, read, sign, department("d0"))->status, BF_STATUS_MET);
    assert_int_equal(bf_case_duty_of(m, read, sign, department("x"))->status, BF_STATUS_NONE);
    /* once each: his is used up, another's is not */
    assert_int_equal(act(m, read, 3, "d1", "extend_sign", &more).kind, BF_REFUSED);
    assert_int_equal(act(m, read, 3, "d2", "extend_sign", &more).kind, BF_DONE);
}

/* All at once, each by himself, and all lapse in one tick; more than may be is refused whole. */
static void long_lists(void **state) {
    (void)state;
    const struct bf_image *m = compile(first_text);
    const struct bf_case *c = gathered(m, 1000);
    uint32_t sign = duty_named(m, "sign"), open = 0;
    assert_int_equal(c->member_count, 1000);
    for (uint32_t i = 0; i < c->member_count; i++)
        open += c->members[i]->d.status == BF_STATUS_OPEN;
    assert_int_equal(open, 1000);
    struct bf_outcome out = act(m, c, 1, "d999", "agree", NULL);
    assert_int_equal(out.kind, BF_DONE);
    out = step(m, out.next,
               (struct bf_event){.kind = BF_EVENT_TICK, .effective = on(30), .start = BF_NONE});
    assert_int_equal(bf_case_duty(m, out.next, sign)->status, BF_STATUS_LAPSED);
    assert_int_equal(bf_case_duty_of(m, out.next, sign, department("d999"))->status, BF_STATUS_MET);
    assert_int_equal(bf_case_duty_of(m, out.next, sign, department("d0"))->status,
                     BF_STATUS_LAPSED);
    struct bf_value *team = bf_new_array(arena, struct bf_value, BF_MEMBERS_MAX + 1);
    for (uint32_t i = 0; i <= BF_MEMBERS_MAX; i++)
        team[i] = department("same");
    struct bf_value list = bf_list_value(team, BF_MEMBERS_MAX + 1);
    out = act(m, opened(m), 0, "chair", "gather", &list);
    assert_int_equal(out.kind, BF_REFUSED);
    assert_int_equal(out.refused.why, BF_WHY_TOO_LONG);
}

static void goes_on_elsewhere(void **state) {
    (void)state;
    const struct bf_image *m = compile(first_text), *to = compile(second_text),
                          *other = compile(third_text);
    const struct bf_case *c = act(m, gathered(m, 3), 1, "d0", "agree", NULL).next;
    struct bf_value more = bf_period_value(BF_UNIT_DAYS, 2);
    c = act(m, c, 1, "d1", "extend_sign", &more).next;
    struct bf_migrate_choice choice = {.count = 0};
    struct bf_migrated moved;
    bf_migrate(m, c, to, &world, &choice, on(2), arena, &moved);
    assert_int_equal(moved.obstacle, BF_OBSTACLE_NONE);
    uint32_t sign = duty_named(to, "sign");
    const struct bf_case_duty *d1 = bf_case_duty_of(to, moved.c, sign, department("d1"));
    const struct bf_case_duty *was = bf_case_duty_of(m, c, duty_named(m, "sign"), department("d1"));
    assert_int_equal(d1->status, BF_STATUS_OPEN);
    assert_int_equal(d1->count, 10);
    assert_int_equal(d1->extension_count, 1);
    assert_int_equal(d1->due.last, was->due.last);
    assert_int_equal(bf_case_duty_of(to, moved.c, sign, department("d0"))->status, BF_STATUS_MET);
    assert_int_equal(bf_case_duty_of(to, moved.c, sign, department("d0"))->by,
                     act_named(to, "agree"));
    assert_int_equal(bf_case_duty(to, moved.c, sign)->status, BF_STATUS_OPEN);
    /* what he used up is used up there too */
    assert_int_equal(act(to, moved.c, 3, "d1", "extend_sign", &more).kind, BF_REFUSED);
    assert_int_equal(act(to, moved.c, 3, "d2", "extend_sign", &more).kind, BF_DONE);
    assert_int_equal(act(to, moved.c, 3, "d2", "disagree", NULL).kind, BF_DONE);
    /* a duty of one is another duty: theirs is gone, the chair's is new */
    bf_migrate(m, c, other, &world, &choice, on(2), arena, &moved);
    assert_int_equal(moved.obstacle, BF_OBSTACLE_NONE);
    assert_int_equal(moved.c->member_count, 0);
    assert_int_equal(moved.voided_count, 1);
    const struct bf_case_duty *chairs = bf_case_duty(other, moved.c, duty_named(other, "sign"));
    assert_int_equal(chairs->status, BF_STATUS_OPEN);
    assert_int_equal(chairs->start, DRIVE_EPOCH + 2);
}

/* ---- what runs another, under another text ---- */

#define RUNS(outcomes, ends) \
    HEAD "procedure part { party who : Department\n" \
         "  state s { who must act within 5 days { act -> good " ends "\n" \
         "procedure matter { party chair : Department\n  starts by chair\n" \
         "  state here { run part(who: chair) { good -> done " outcomes " } }\n  end done\n}\n"

static const struct bf_case *case_of(const struct bf_image *m, const char *proc,
                                     struct bf_event e) {
    struct bf_value *data = bf_new_array(arena, struct bf_value, 1);
    data[0] = department("chair");
    for (e.what = 0; !bf_str_eq(bf_i_text(m, m->proc[e.what].name), bf_str_of(proc));)
        e.what++;
    e.kind = BF_EVENT_OPEN;
    e.effective = e.recorded = on(0);
    e.start = BF_NONE;
    e.actor = e.parent ? BF_ABSENT : data[0];
    e.args = data;
    e.nargs = 1;
    struct bf_outcome out = step(m, NULL, e);
    assert_int_equal(out.kind, BF_DONE);
    return out.next;
}

static void moves(const struct bf_image *m, const struct bf_case *c, const struct bf_image *to,
                  enum bf_obstacle obstacle, const char *name) {
    struct bf_migrate_choice choice = {.count = 0};
    struct bf_migrated moved;
    bf_migrate(m, c, to, &world, &choice, on(1), arena, &moved);
    assert_int_equal(moved.obstacle, obstacle);
    if (name)
        assert_true(bf_str_eq(moved.name, bf_str_of(name)));
}

/* A sub-case under way would end where nobody hears it: whichever of the two lacks the end stays. */
static void ends_are_heard(void **state) {
    (void)state;
    const struct bf_image *two =
        compile(RUNS("bad -> done", "spoil -> bad } otherwise -> bad } end good end bad }"));
    const struct bf_image *one = compile(RUNS("", "} otherwise -> good } end good }"));
    const struct bf_case *c = case_of(two, "matter", (struct bf_event){.number = 1});
    struct bf_event begun = {.kind = BF_EVENT_BEGUN,
                             .effective = on(0),
                             .recorded = on(0),
                             .start = BF_NONE,
                             .number = 2};
    struct bf_outcome out = step(two, c, begun);
    assert_int_equal(out.kind, BF_DONE);
    moves(two, out.next, one, BF_OBSTACLE_STATE, "bad");
    moves(two, out.next, two, BF_OBSTACLE_NONE, NULL);
    struct bf_event part = {.number = 2, .parent = 1};
    moves(two, case_of(two, "part", part), one, BF_OBSTACLE_NONE, NULL);
    moves(one, case_of(one, "part", part), two, BF_OBSTACLE_STATE, "bad");
    c = step(one, case_of(one, "matter", (struct bf_event){.number = 1}), begun).next;
    moves(one, c, two, BF_OBSTACLE_NONE, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_of_nobody), cmocka_unit_test(read_as_written),
        cmocka_unit_test(long_lists),      cmocka_unit_test(goes_on_elsewhere),
        cmocka_unit_test(ends_are_heard),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
