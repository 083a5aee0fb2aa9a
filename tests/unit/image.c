/* Images: what was built is what is loaded; what is damaged is refused; the verifier knows each way in
** which a program or a row can be wrong; the hash is of the policy and of nothing else. */
#include "lang/image/image.h"

#include "lang/base/arena.h"
#include "tests/unit/make_image.h"
#include "tests/unit/test.h"

static void finish(struct mk *k, struct bf_arena *a, const uint8_t **bytes, size_t *size) {
    struct bf_error e;
    assert_int_equal(bf_build_finish(&k->b, a, bytes, size, &e), BF_OK);
    bf_build_fini(&k->b);
}

static void a_small_policy_loads(void **state) {
    (void)state;
    struct bf_arena *a = bf_arena_new(0);
    struct mk k;
    mk_reply_policy(&k, a, 1);
    mk_reply_scenario(&k);
    struct bf_image *m = mk_load(&k, a);
    assert_int_equal(m->proc_count, 1);
    assert_true(bf_str_eq(bf_i_text(m, m->policy.name), BF_STR("reply")));
    /* In `waiting` stand all three offers, in the end none. */
    assert_int_equal(m->state[0].offers.count, 3);
    assert_int_equal(m->state[1].offers.count, 0);
    assert_int_equal(m->state[0].duties.count, 1);
    assert_int_equal(m->state[1].duties.count, 0);
    assert_int_equal(m->duty[0].offers.count, 1);
    assert_int_equal(m->index[m->duty[0].offers.first], 0);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(m->act[i].offers.count, 1);
        assert_int_equal(m->index[m->act[i].offers.first], i);
    }
    assert_true(bf_str_eq(bf_i_text(m, m->place[0].file), BF_STR("test.banfa")));
    bf_arena_free(a);
}

/* Written down from make_reply.c, row by row. */
static void the_dump_shows_every_row(void **state) {
    (void)state;
    static const char text[] =
        "  number \"\"\n"
        "  rank 0 \"\"\n"
        "  in force  .. \n"
        "  calendar none\n"
        "  count from next day, roll next, day ends 24:00:00\n"
        "assume open: Bool = yes because \"\" @1  # test.banfa:1\n"
        "office head per Department @1  # test.banfa:1\n"
        "violation late @1  # test.banfa:1\n"
        "event violated (violation: Violation, party: Party) @1  # test.banfa:1\n"
        "procedure request @1  # test.banfa:1\n"
        "  party applicant: Department\n"
        "  party provider: Department\n"
        "  keep note: Int\n"
        "    =: CONST 0; RETURN\n"
        "  starts by @1  # test.banfa:1\n"
        "    by: DATA applicant; RETURN\n"
        "  begins in waiting\n"
        "  act approve (reason: Text?), offered 1 times\n"
        "  act extend_answer (by: working days) extends answer, offered 1 times\n"
        "  act complain (), offered 1 times\n"
        "  offer duty's approve of answer in waiting -> done @1  # test.banfa:1\n"
        "    by: DATA provider; RETURN\n"
        "    effects: DATA applicant; ARG 0; NOTIFY; DONE\n"
        "  offer extend extend_answer of answer in waiting 1 times @1  # test.banfa:1\n"
        "    by: DATA provider; RETURN\n"
        "    at most: CONST 10 working days; RETURN\n"
        "    consent of: DATA provider; OFFICE_OF head; RETURN\n"
        "  offer may complain everywhere @1  # test.banfa:1\n"
        "    by: DATA applicant; RETURN\n"
        "    if: ASSUME open; AND +3; STATUS_IS answer, lapsed; RETURN\n"
        "  duty answer in waiting @1  # test.banfa:1\n"
        "    of: DATA provider; RETURN\n"
        "    within: CONST 5 working days; RETURN\n"
        "    from start\n"
        "    acts approve\n"
        "    otherwise stays @1  # test.banfa:1\n"
        "    effects: DATA provider; VIOLATE late; CONST 1; SET note; DONE\n"
        "  state waiting @1  # test.banfa:1\n"
        "    offers approve, extend_answer, complain\n"
        "    duties answer\n"
        "  end done @1  # test.banfa:1\n"
        "  reach waiting: waiting, done\n"
        "  reach done: waiting, done\n"
        "scenario \"one\" @1  # test.banfa:1\n"
        "  at 2025-09-29 10:00:00 @1  # test.banfa:1\n"
        "  open request local 0 @1  # test.banfa:1\n"
        "    value: CONST \"gaj\"; CONST \"police\"; CONST none; PARTY Department; RETURN\n"
        "    with: CONST none; CONST \"p\"; CONST \"\"; CONST none; PARTY Department; CONST none; "
        "TUPLE 3; RETURN\n"
        "  expect @1  # test.banfa:1\n"
        "    on: LOCAL 0; ENTER; IN_STATE waiting; LEAVE; RETURN\n";
    struct bf_arena *a = bf_arena_new(0);
    struct mk k;
    struct bf_buf out;
    mk_reply_policy(&k, a, 1);
    mk_reply_scenario(&k);
    bf_buf_init(&out);
    bf_image_dump(mk_load(&k, a), &out);
    bf_buf_char(&out, 0);
    const char *number = strstr(out.p, "\n  number");
    assert_non_null(number);
    assert_string_equal(number + 1, text);
    bf_buf_fini(&out);
    bf_arena_free(a);
}

static void bytes_are_the_same_twice_and_unaligned_bytes_load(void **state) {
    (void)state;
    struct bf_arena *a = bf_arena_new(0);
    const uint8_t *x, *y;
    size_t nx, ny;
    struct mk k;
    mk_reply_policy(&k, a, 1);
    finish(&k, a, &x, &nx);
    mk_reply_policy(&k, a, 1);
    finish(&k, a, &y, &ny);
    assert_int_equal(nx, ny);
    assert_memory_equal(x, y, nx);
    char *odd = bf_arena_alloc(a, nx + 1);
    memcpy(odd + 1, x, nx);
    struct bf_image *m;
    struct bf_error e;
    assert_int_equal(bf_image_load(a, odd + 1, nx, &m, &e), BF_OK);
    bf_arena_free(a);
}

static void the_hash_is_of_the_policy_alone(void **state) {
    (void)state;
    struct bf_arena *a = bf_arena_new(0);
    struct mk k;
    mk_reply_policy(&k, a, 1);
    struct bf_image *m = mk_load(&k, a);
    mk_reply_policy(&k, a, 1);
    mk_reply_scenario(&k);
    assert_memory_equal(mk_load(&k, a)->hash, m->hash, sizeof m->hash);
    mk_reply_policy(&k, a, 7); /* another line: a comment above */
    assert_memory_equal(mk_load(&k, a)->hash, m->hash, sizeof m->hash);
    mk_reply_policy(&k, a, 1);
    k.b.policy.day_ends = 17 * 3600;
    assert_memory_not_equal(mk_load(&k, a)->hash, m->hash, sizeof m->hash);
    mk_reply_policy(&k, a, 1);
    bf_build_at_duty(&k.b, 0)->from = BF_FROM_ENTRY;
    assert_memory_not_equal(mk_load(&k, a)->hash, m->hash, sizeof m->hash);
    bf_arena_free(a);
}

static void every_flipped_bit_and_every_cut_is_refused(void **state) {
    (void)state;
    struct bf_arena *a = bf_arena_new(0);
    struct mk k;
    const uint8_t *bytes;
    size_t size;
    mk_reply_policy(&k, a, 1);
    mk_reply_scenario(&k);
    finish(&k, a, &bytes, &size);
    uint8_t *copy = bf_arena_copy(a, bytes, size);
    struct bf_image *m;
    for (size_t i = 0; i < size; i++) {
        struct bf_error e = {0};
        copy[i] ^= (uint8_t)(1 << i % 8);
        assert_int_equal(bf_image_load(a, copy, size, &m, &e), BF_EFORMAT);
        assert_true(e.text[0]);
        copy[i] = bytes[i];
    }
    for (size_t i = 0; i < size; i++) {
        struct bf_error e;
        uint8_t *cut = malloc(i + 1); /* its own block, so that reading past it is found */
        memcpy(cut, bytes, i);
        assert_int_equal(bf_image_load(a, cut, i, &m, &e), BF_EFORMAT);
        free(cut);
    }
    bf_arena_free(a);
}

/* Words changed and the hashes put right again: whatever comes is refused or is sound. */
static void changed_words_are_verified(void **state) {
    (void)state;
    struct bf_arena *a = bf_arena_new(0);
    struct mk k;
    const uint8_t *bytes;
    size_t size;
    uint64_t seed = 1;
    unsigned accepted = 0;
    mk_reply_policy(&k, a, 1);
    mk_reply_scenario(&k);
    finish(&k, a, &bytes, &size);
    uint8_t *copy = bf_arena_alloc(a, size);
    for (unsigned i = 0; i < test_rounds(200000); i++) {
        struct bf_arena *b = bf_arena_new(0);
        struct bf_image *m;
        struct bf_error e;
        memcpy(copy, bytes, size);
        for (int n = 1 + test_random(&seed) % 2; n-- > 0;) {
            size_t at = BF_I_FIRST + test_random(&seed) % (size - BF_I_FIRST) / 4 * 4;
            uint32_t old, word;
            memcpy(&old, copy + at, 4);
            uint64_t r = test_random(&seed);
            word = r % 4 == 0   ? (uint32_t)(r >> 32)
                   : r % 4 == 1 ? old + 1
                   : r % 4 == 2 ? old - 1
                                : (uint32_t)(r >> 32) % 8;
            memcpy(copy + at, &word, 4);
        }
        bf_image_seal(copy, size);
        enum bf_err err = bf_image_load(b, copy, size, &m, &e);
        assert_true(err == BF_OK || err == BF_EFORMAT);
        accepted += err == BF_OK;
        bf_arena_free(b);
    }
    assert_true(accepted > 0);
    bf_arena_free(a);
}

/* ---- programs ---- */

enum where { GUARD, EFFECTS, LIMIT, RULE };

/* Loads the policy with one program replaced, or with a decision of the rule; the reason of a refusal,
** "" if none. */
static const char *reason(struct bf_arena *a, enum where where, const char *program) {
    struct mk k;
    struct bf_error *e = bf_new(a, struct bf_error);
    struct bf_image *m;
    const uint8_t *bytes;
    size_t size;
    mk_reply_policy(&k, a, 1);
    uint32_t code = bf_build_count_code(&k.b);
    if (where != RULE)
        code = mk_code(&k, program);
    struct bf_i_offer *complain = bf_build_at_offer(&k.b, 2);
    if (where == GUARD) {
        mk_code(&k, "DONE"); /* ends the program if it does not itself */
        complain->effects = bf_build_count_code(&k.b) - 1;
        complain->guard = code;
    } else if (where == EFFECTS) {
        complain->effects = code;
    } else if (where == LIMIT) {
        bf_build_at_duty(&k.b, 0)->limit_code = code;
    } else {
        static const char *const names[] = {"n", "flag"};
        static const uint32_t types[] = {MK_INT, MK_BOOL};
        struct bf_i_range params = mk_fields(&k, 2, names, types);
        for (uint32_t i = 0; i < 2; i++) {
            uint32_t cond = mk_code(&k, program), result = mk_code(&k, "ARG 0; RETURN");
            bf_build_add_rule(&k.b, (struct bf_i_rule){1, cond, result, k.src});
        }
        for (uint32_t i = 0; i < 2; i++)
            bf_build_add_decision(
                &k.b, (struct bf_i_decision){0,
                                             0,
                                             i ? mk_fields(&k, 2, names, types) : params,
                                             MK_INT,
                                             {i, 1},
                                             k.src,
                                             BF_NONE});
    }
    finish(&k, a, &bytes, &size);
    return bf_image_load(a, bytes, size, &m, e) ? e->text : "";
}

static void programs_are_verified(void **state) {
    (void)state;
    static const struct {
        enum where where;
        const char *program, *why; /* why NULL: sound */
    } known[] = {
        {GUARD, "CONST yes; RETURN", NULL},
        {GUARD, "RETURN", "left over, or none"},
        {GUARD, "CONST yes; CONST yes; RETURN", "left over"},
        {GUARD, "CONST 1; RETURN", "gives a value of another type"},
        {GUARD, "CONST none; RETURN", NULL},
        {GUARD, "NOT; RETURN", "a value is missing"},
        {GUARD, "CONST 1; NOT; RETURN", "another type is needed"},
        {GUARD, "CONST yes", "a program of another kind"},
        {GUARD, "DATA 3; PRESENT; RETURN", "another procedure"},
        {GUARD, "DATA 2; CONST 5; COMPARE 2; RETURN", NULL},
        {GUARD, "DATA 2; CONST 5.5; COMPARE 2; RETURN", "two types"},
        {GUARD, "CONST 5 days; CONST 5 working_days; COMPARE 0; RETURN", "two types"},
        {GUARD, "CONST 5 days; CONST 6 days; ADD; CONST 7 days; COMPARE 5; RETURN", NULL},
        {GUARD, "CONST 5 days; CONST 6 hours; ADD; PRESENT; RETURN", "two types"},
        {GUARD, "CONST \"a\"; CONST \"b\"; COMPARE 2; RETURN", "without an order"},
        {GUARD, "CONST \"a\"; CONST \"b\"; COMPARE 0; RETURN", NULL},
        {GUARD, "CONST \"a\"; CONST \"b\"; COMPARE 6; RETURN", "no such comparison"},
        {GUARD, "DATA 0; DATA 1; COMPARE 1; RETURN", NULL},
        {GUARD, "CONST 5 working_days; TODAY; AFTER; CONST 2025-09-29; COMPARE 3; RETURN", NULL},
        {GUARD, "TODAY; CONST 5 working_days; AFTER; PRESENT; RETURN", "another type is needed"},
        {GUARD, "ARG 0; PRESENT; RETURN", "no such argument"},
        {GUARD, "ACT_ARG 0,0; PRESENT; RETURN", NULL},
        {GUARD, "ACT_ARG 0,1; PRESENT; RETURN", "no such argument"},
        {GUARD, "ACT_WHO 9; PRESENT; RETURN", "another procedure"},
        {GUARD, "STATUS_IS 0,8; RETURN", "no such status"},
        {GUARD, "STATUS_IS 1,6; RETURN", "another procedure"},
        {GUARD, "IN_STATE 2; RETURN", "another procedure"},
        {GUARD, "HAS 0; RETURN", NULL},
        {GUARD, "HAS 1; RETURN", "no such violation"},
        {GUARD, "OFFICE 0; PRESENT; RETURN", "office of another kind"},
        {GUARD, "DATA 0; OFFICE_OF 0; FIELD 1; PRESENT; RETURN", NULL},
        {GUARD, "DATA 0; FIELD 2; PRESENT; RETURN", "no such field of a party"},
        {GUARD, "CONST 1; FIELD 0; PRESENT; RETURN", "a record or a party"},
        {GUARD, "LOCAL 0; RETURN", "not in this kind"},
        {GUARD, "CONST 1; TUPLE 1; PRESENT; RETURN", "not in this kind"},
        {GUARD, "CONST yes; SET 2; CONST yes; RETURN", "not in this kind"},
        {GUARD, "CONST yes; AND x; CONST no; x: RETURN", NULL},
        {GUARD, "CONST yes; AND x; CONST 1; x: RETURN", "lands with another type"},
        {GUARD, "CONST yes; AND x; x: RETURN", "another number of values"},
        {GUARD, "CONST no; CONST yes; AND x; COMPARE 0; x: RETURN", "a value is missing"},
        {GUARD, "CONST yes; AND x; CONST no; OR y; CONST yes; y: x: RETURN", NULL},
        {GUARD, "CONST yes; AND x; CONST no; OR y; CONST yes; x: NOT; y: RETURN", "across another"},
        {GUARD, "LEAVE; CONST yes; RETURN", "no case entered"},
        {EFFECTS, "DONE", NULL},
        {EFFECTS, "CONST 1; DONE", "left over"},
        {EFFECTS, "CONST yes; RETURN", "another kind"},
        {EFFECTS, "CONST 1; SET 2; DONE", NULL},
        {EFFECTS, "CONST none; SET 2; DONE", NULL},
        {EFFECTS, "CONST yes; SET 2; DONE", "another type is needed"},
        {EFFECTS, "DATA 0; SET 0; DONE", "does not change"},
        {EFFECTS, "CONST yes; ELSE x; CONST 1; SET 2; x: DONE", NULL},
        {EFFECTS, "CONST yes; ELSE x; CONST 1; x: SET 2; DONE", "another number of values"},
        {EFFECTS, "DATA 0; NOTIFY; DONE", "another type is needed"},
        {EFFECTS, "DATA 0; CONST none; NOTIFY; DONE", NULL},
        {EFFECTS, "CONST 1; EXTEND_BY 0; DONE", "a period is needed"},
        {EFFECTS, "CONST 1 days; EXTEND_BY 0; DONE", "of the unit of its duty"},
        {EFFECTS, "CONST 1 working_days; EXTEND_BY 0; DONE", NULL},
        {EFFECTS, "CONST 1; ADD_TO 2; DONE", "a list is needed"},
        {EFFECTS, "CONST none; CONST none; CONST none; TUPLE 3; OPEN 0; DONE", NULL},
        {EFFECTS, "CONST none; CONST none; TUPLE 2; OPEN 0; DONE", "data of a case"},
        {EFFECTS, "CONST none; CONST none; CONST yes; TUPLE 3; OPEN 0; DONE", "another type"},
        {EFFECTS, "DATA 0; OPEN 0; DONE", "data of a case"},
        {LIMIT, "CONST 3 working_days; RETURN", NULL},
        {LIMIT, "CONST none; RETURN", NULL},
        {LIMIT, "CONST 3 days; RETURN", "another unit"},
        {LIMIT, "TODAY; RETURN", "limit of another type"},
        {RULE, "ARG 1; RETURN", ""},
        {RULE, "ARG 2; RETURN", "no such argument"},
        {RULE, "TODAY; PRESENT; RETURN", "not in this kind"},
        {RULE, "DATA 0; PRESENT; RETURN", "there is no case"},
        {RULE, "CONST 1; CONST yes; CALL 1; PRESENT; RETURN", "in a circle"},
        {RULE, "CONST yes; CALL 0; PRESENT; RETURN", "circle"},
        {RULE, "ARG 0; CONST 1; ADD; PRESENT; RETURN", ""},
    };
    struct bf_arena *a = bf_arena_new(0);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const char *why = reason(a, known[i].where, known[i].program);
        /* Effects had no program before; of the others the old one is left over. */
        const char *rest = known[i].where == EFFECTS ? "" : "belongs to nothing";
        const char *want = known[i].why ? known[i].why : rest;
        if (*want ? !strstr(why, want) : *why != 0)
            fail_msg("%s: \"%s\", not \"%s\"", known[i].program, why, want);
    }
    bf_arena_free(a);
}

/* A chain of decisions, each calling the next twice: within the depth, but their cost doubles. */
static const char *chain(struct bf_arena *a, uint32_t length, const char *calls) {
    struct mk k;
    struct bf_error *e = bf_new(a, struct bf_error);
    struct bf_image *m;
    const uint8_t *bytes;
    size_t size;
    mk_reply_policy(&k, a, 1);
    for (uint32_t i = 0; i < length; i++) {
        char text[128];
        snprintf(text, sizeof text, calls, i + 1, i + 1);
        uint32_t result = mk_code(&k, i + 1 < length ? text : "CONST 1; RETURN");
        bf_build_add_rule(&k.b, (struct bf_i_rule){0, BF_NONE, result, k.src});
        bf_build_add_decision(&k.b,
                              (struct bf_i_decision){0, 0, {0, 0}, MK_INT, {i, 1}, k.src, BF_NONE});
    }
    finish(&k, a, &bytes, &size);
    return bf_image_load(a, bytes, size, &m, e) ? e->text : "";
}

static void calls_are_bounded(void **state) {
    (void)state;
    struct bf_arena *a = bf_arena_new(0);
    assert_string_equal(chain(a, BF_CALL_DEPTH + 1, "CALL %u; RETURN"), "");
    assert_non_null(strstr(chain(a, BF_CALL_DEPTH + 2, "CALL %u; RETURN"), "too deep"));
    assert_non_null(strstr(chain(a, 100000, "CALL %u; RETURN"), "too deep"));
    assert_string_equal(chain(a, 14, "CALL %u; CALL %u; ADD; RETURN"), "");
    assert_non_null(strstr(chain(a, 17, "CALL %u; CALL %u; ADD; RETURN"), "too many instructions"));
    bf_arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_policy_loads),
        cmocka_unit_test(the_dump_shows_every_row),
        cmocka_unit_test(bytes_are_the_same_twice_and_unaligned_bytes_load),
        cmocka_unit_test(the_hash_is_of_the_policy_alone),
        cmocka_unit_test(every_flipped_bit_and_every_cut_is_refused),
        cmocka_unit_test(changed_words_are_verified),
        cmocka_unit_test(programs_are_verified),
        cmocka_unit_test(calls_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
