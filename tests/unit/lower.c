/* The lowering: what each construct becomes, written down by hand from image.h and opcode.def; that nothing of
** the machine gets into an image; that what is too large is told. */
#include <locale.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lang/image/compile.h"
#include "lang/image/format.h"
#include "tests/unit/fault.h"
#include "tests/unit/test.h"

/* What the fragments below stand on. */
static const char before[] = "use std.government\n"
                             "enum Colour { red green blue }\n"
                             "record Thing { code : Text  colour : Colour  heavy : Bool  note : "
                             "Text?  owner : Department  size : Int }\n"
                             "register things of Thing by owner, code\n"
                             "assume open : Bool = yes @1 because \"r\"\n"
                             "assume limit : WorkingDays? = none @1 because \"r\"\n"
                             "office head per Department @1\n"
                             "office council @1\n"
                             "violation late @1\n";

/* A procedure with the fragment's items in its first state, `first`. */
static const char proc_before[] = "procedure p @1 {\n"
                                  "  party asker : Department\n"
                                  "  given thing : Thing\n"
                                  "  given day : Date\n"
                                  "  keep count : Int = 1\n"
                                  "  keep texts : list of Text = []\n"
                                  "  starts by asker\n"
                                  "  asker may stop -> last\n"
                                  "  asker may leave in first -> second\n"
                                  "  state first {\n";
static const char proc_after[] =
    "  }\n"
    "  state second { asker may go -> first  asker may end_it -> last }\n"
    "  end last\n"
    "}\n";

struct made {
    struct bf_arena *arena;
    struct bf_sources sources;
    struct bf_parse parse;
    struct bf_program *program;
    const uint8_t *bytes;
    size_t size;
    struct bf_buf text; /* the dump, or the mistakes */
};

static void write_file(const char *path, bf_str text) {
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text.p, 1, text.len, f), text.len);
    assert_int_equal(fclose(f), 0);
}

/* Compiles a folder or a file; false: mistakes, rendered in text. */
static bool make(struct made *m, const char *path) {
    struct bf_error e;
    const char *stdlib = getenv("BANFA_STDLIB");
    memset(m, 0, sizeof *m);
    m->arena = bf_arena_new(0);
    m->sources.arena = m->arena;
    m->parse = (struct bf_parse){m->arena, &m->sources, bf_diags_new(m->arena, &m->sources, 0),
                                 bf_names_new(m->arena), 1};
    bf_buf_init(&m->text);
    assert_non_null(stdlib);
    assert_int_equal(bf_load_policy(&m->parse, path, stdlib, &m->program, &e), BF_OK);
    bf_check(m->program);
    bool ok = !bf_diags_count(m->parse.diags, BF_SEV_ERROR) &&
              bf_lower(m->program, true, &m->bytes, &m->size);
    if (!ok) {
        struct bf_render how = {.lang = BF_LANG_EN, .ambiguous_width = 1};
        bf_diags_sort(m->parse.diags);
        bf_diags_render(m->parse.diags, &how, 1u << BF_SEV_ERROR, &m->text);
        bf_buf_char(&m->text, 0);
        return false;
    }
    struct bf_image *image;
    assert_int_equal(bf_image_load(m->arena, m->bytes, m->size, &image, &e), BF_OK);
    bf_image_dump(image, &m->text);
    bf_buf_char(&m->text, 0);
    return true;
}

static void drop(struct made *m) {
    bf_buf_fini(&m->text);
    bf_arena_free(m->arena);
}

static bool make_text(struct made *m, bf_str text) {
    write_file("lower_test.banfa", text);
    bool ok = make(m, "lower_test.banfa");
    remove("lower_test.banfa");
    return ok;
}

/* The fragment among the items of `first`, or a declaration of its own. */
static bool make_fragment(struct made *m, bool item, const char *fragment) {
    struct bf_buf b;
    bf_buf_init(&b);
    bf_buf_z(&b, before);
    if (item)
        bf_buf_z(&b, proc_before);
    bf_buf_z(&b, fragment);
    if (item)
        bf_buf_z(&b, proc_after);
    bool ok = make_text(m, bf_buf_view(&b));
    bf_buf_fini(&b);
    return ok;
}

static void constructs_become(void **state) {
    (void)state;
    static const struct {
        bool item;
        const char *fragment;
        const char *lines[4]; /* stand in the dump, each after the one before */
    } known[] = {
        /* conditions: and, or jump to what follows them; what settles nothing is left out */
        {true,
         "asker may a if open and count > 3 -> last",
         {"    if: ASSUME open; AND +4; DATA count; CONST 3; COMPARE >; RETURN"}},
        {true,
         "asker may a if open or (count = 3 and not open) -> last",
         {"    if: ASSUME open; OR +7; DATA count; CONST 3; COMPARE =; AND +3; ASSUME open; NOT; "
          "RETURN"}},
        {true,
         "asker may a if open and yes and thing.heavy -> last",
         {"    if: ASSUME open; AND +5; CONST yes; AND +3; DATA thing; FIELD 2; RETURN"}},
        {true,
         "asker may a if (open and yes) or (no or thing.heavy) -> last",
         {"    if: ASSUME open; OR +3; DATA thing; FIELD 2; RETURN"}},
        {true,
         "asker may a if thing.colour is red and thing.colour is not green -> last",
         {"    if: DATA thing; FIELD_IS 1, Colour.red; AND +5; DATA thing; FIELD_IS 1, "
          "Colour.green; NOT; RETURN"}},
        {true,
         "asker may a if thing.note is absent or thing.note = \"x\" -> last",
         {"    if: DATA thing; FIELD 3; PRESENT; NOT; OR +4; DATA thing; FIELD_IS 3, \"x\"; "
          "RETURN"}},
        /* the parts of a guard, in the author's words */
        {true, "asker may a if open and\n      count > 3 -> last", {"\"open\"", "\"count > 3\""}},
        /* names */
        {true,
         "asker.head may a if things[asker, thing.code] is present -> last",
         {"    by: DATA asker; OFFICE_OF head; RETURN",
          "    if: DATA asker; DATA thing; FIELD 0; ROW things; PRESENT; RETURN"}},
        {true,
         "council may a if 5 working days after today < 2 months before day and thing.owner.code "
         "!= \"x\" -> last",
         {"    by: OFFICE council; RETURN",
          "    if: CONST 5 working days; TODAY; AFTER; CONST 2 months; DATA day; BEFORE; COMPARE "
          "<; AND +6;"
          " DATA thing; FIELD 4; FIELD 0; CONST \"x\"; COMPARE !=; RETURN"}},
        {true,
         "any Department may a if days_between(start, next_workday(day)) > 2 -> last",
         {"    by: any Department",
          "    if: START_DAY; DATA day; NEXT_WORKDAY; DAYS_BETWEEN; CONST 2; COMPARE >; RETURN"}},
        {true,
         "asker may a (n: Int, by_day: Date?) if n > 1 -> second  asker may b if a.n is present "
         "and a.n > 2 -> last",
         {"  act a (n: Int, by_day: Date?), offered 1 times",
          "    if: ARG 0; CONST 1; COMPARE >; RETURN",
          "    if: ACT_ARG a, 0; PRESENT; AND +5; ACT_ARG a, 0; CONST 2; COMPARE >; RETURN"}},
        /* clauses */
        {true,
         "asker may a 3 times within 10 days from stop -> last",
         {"  offer may a in first -> last 3 times", "    within: CONST 10 days; RETURN",
          "    from act stop"}},
        {true, "asker may a by 12-31 -> last", {"  offer may a in first -> last", "    by 12-31"}},
        {true,
         "asker may a not before day with consent of asker.head, council -> last",
         {"    not before: DATA day; RETURN", "    consent of: DATA asker; OFFICE_OF head; RETURN",
          "    consent of: OFFICE council; RETURN"}},
        /* effects */
        {true,
         "asker may a (x: Text) { set count = count + 1 if open; add x to texts; remove \"y\" from "
         "texts }",
         {"    effects: ASSUME open; ELSE +5; DATA count; CONST 1; ADD; SET count; ARG 0; ADD_TO "
          "texts;"
          " CONST \"y\"; REMOVE_FROM texts; DONE"}},
        {true,
         "asker may a { put things thing; notify asker.head saying \"s\"; notify council; violate "
         "late by asker; violate late }",
         {"    effects: DATA thing; PUT things; DATA asker; OFFICE_OF head; CONST \"s\"; NOTIFY;"
          " OFFICE council; CONST none; NOTIFY; DATA asker; VIOLATE late; CONST none; VIOLATE "
          "late; DONE"}},
        {true,
         "asker may a { open p(asker: asker, thing: thing, day: today) }",
         {"    effects: DATA asker; DATA thing; TODAY; CONST none; CONST none; TUPLE 5; OPEN p; "
          "DONE"}},
        /* duties */
        {true,
         "asker must d if open within limit from second { x -> last  y (why: Text) -> second } "
         "otherwise stays { violate late by asker }",
         {"  duty d in first",
          "    within: ASSUME limit; RETURN\n    from state second\n    acts x, y",
          "    otherwise stays", "    effects: DATA asker; VIOLATE late; DONE"}},
        {true,
         "asker must d by day { d -> last } otherwise -> second { notify council }",
         {"    by: DATA day; RETURN", "    acts d", "    otherwise goes -> second",
          "    effects: OFFICE council"}},
        {true,
         "asker must d within 3 days from day { d -> last } asker may extend d once by at most 2 "
         "days with consent of council, reporting to asker.head",
         {"  act extend_d (by: days) extends d", "  offer extend extend_d of d in first 1 times",
          "    at most: CONST 2 days; RETURN\n    consent of: OFFICE council; RETURN\n    "
          "reporting to: DATA asker; OFFICE_OF head; RETURN",
          "    within: CONST 3 days; RETURN\n    from date DATA day; RETURN"}},
        {true,
         "lasts at most 2 months from start if open otherwise -> second",
         {"  duty limit 0 \"first\" in first", "    if: ASSUME open; RETURN",
          "    within: CONST 2 months; RETURN\n    from start", "    otherwise goes -> second"}},
        {true,
         "any Department must not a (proof: Bool) unless proof otherwise violate late",
         {"  must not a in first otherwise late", "    by: any Department",
          "    unless: ARG 0; RETURN"}},
        /* routing */
        {true,
         "when count > 1 -> second  else -> last",
         {"    when -> second", "      if: DATA count; CONST 1; COMPARE >; RETURN",
          "    else -> last"}},
        /* a decision of finite tests has columns: none | no | yes, none | red | green | blue, absent | there */
        {false,
         "decide f (t: Thing, b: Bool): Int { when t.colour is red and b then 1  when t.colour is "
         "blue and (not b) and t.note is present then 2  otherwise 3  override when t.colour is "
         "green then 4 }",
         {"  rule 2 otherwise",
          "  column t.colour: 2 | 0 2 | 2 3 | 1 2\n  column b: 1 2 3 | 1 2 3 | 0 2 3\n"
          "  column t.note: 0 2 3 | 0 1 2 3\n"}},
        {false,
         "decide f (c: Colour): Int { when (c is red or c is blue) then 1  otherwise 2 }",
         {"  column c: 1 | 0 1 | 1 | 0 1\n"}},
        {false,
         "procedure q @1 { party a : Department party b : Department starts by a\n"
         "  state s { b must d within 5 days { go -> e } otherwise -> e  a may end_it -> e } end e "
         "}\n"
         "measure m \"M\" @2 per b = count(q where q in e and (d is met or q has late)) / "
         "count(q)\n"
         "model none_of_it { open q 3 per day }\nassert q never e without go\n",
         {"measure m \"M\" @2",
          "  count q per b\n"
          "    where: IN_STATE e; AND +5; STATUS_IS d, met; OR +2; HAS late; RETURN\n"
          "  over q per b\n"}},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct made m;
        if (!make_fragment(&m, known[i].item, known[i].fragment))
            fail_msg("%s:\n%s", known[i].fragment, m.text.p);
        const char *at = m.text.p;
        for (int k = 0; k < 4 && known[i].lines[k]; k++) {
            const char *found = strstr(at, known[i].lines[k]);
            if (!found) {
                fputs(m.text.p, stderr);
                fail_msg("%s: no \"%s\"", known[i].fragment, known[i].lines[k]);
            }
            at = found;
        }
        drop(&m);
    }
}

/* A condition over two columns, or over a number, needs its program. */
static void other_decisions_have_no_columns(void **state) {
    (void)state;
    static const char *const known[] = {
        "decide f (a: Bool, b: Bool): Int { when a or b then 1  otherwise 2 }",
        "decide f (a: Bool, n: Int): Int { when a and n > 1 then 1  otherwise 2 }",
        "decide f (a: Bool): Int { when a and open then 1  otherwise 2 }",
        "decide f (a: Bool): Int { otherwise 2 }",
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct made m;
        if (!make_fragment(&m, false, known[i]))
            fail_msg("%s:\n%s", known[i], m.text.p);
        assert_null(strstr(m.text.p, "  column"));
        drop(&m);
    }
}

/* ---- the same sources, the same bytes ---- */

static const char policy_a[] =
    "policy twice \"两次\" {\n  in force 2025-01-01\n  calendar cn.workdays\n}\n";
static const char scenario_a[] = "let who = Department(code: \"a\", name: \"A\", level: city)\n"
                                 "scenario \"s\" @1 {\n  at 2025-09-29 10:00\n"
                                 "  let c = who opens p(asker: who, thing: Thing(code: \"x\", "
                                 "colour: red, heavy: no, owner: who, size: 1), day: 2025-01-01)\n"
                                 "  expect c in first\n}\n";

static void write_policy(const char *folder, const char *comment, const char *scenario) {
    char path[200];
    struct bf_buf b;
    mkdir(folder, 0777);
    snprintf(path, sizeof path, "%s/a.banfa", folder);
    write_file(path, bf_str_of(policy_a));
    bf_buf_init(&b);
    bf_buf_z(&b, comment);
    bf_buf_z(&b, before);
    bf_buf_z(&b, proc_before);
    bf_buf_z(&b, "asker must d within 5 working days { d -> last }\n");
    bf_buf_z(&b, proc_after);
    snprintf(path, sizeof path, "%s/b.banfa", folder);
    write_file(path, bf_buf_view(&b));
    bf_buf_fini(&b);
    snprintf(path, sizeof path, "%s/c.banfa", folder);
    write_file(path, bf_str_of(scenario));
}

static void remove_policy(const char *folder) {
    char path[200];
    for (char c = 'a'; c <= 'c'; c++) {
        snprintf(path, sizeof path, "%s/%c.banfa", folder, c);
        remove(path);
    }
    rmdir(folder);
}

static void sources_decide_and_nothing_else(void **state) {
    (void)state;
    struct made x, y;
    char here[4096];
    write_policy("lower_test_1", "", scenario_a);
    write_policy("lower_test_another_folder", "", scenario_a);
    assert_true(make(&x, "lower_test_1"));
    assert_non_null(getcwd(here, sizeof here));
    setenv("LANG", "zh_CN.UTF-8", 1);
    setenv("TZ", "Asia/Shanghai", 1);
    setlocale(LC_ALL, "");
    assert_int_equal(chdir("lower_test_another_folder"), 0);
    void *shift = malloc(12345); /* other addresses */
    assert_true(make(&y, "."));
    free(shift);
    assert_int_equal(chdir(here), 0);
    assert_int_equal(x.size, y.size);
    assert_memory_equal(x.bytes, y.bytes, x.size);
    drop(&y);
    /* A comment, a scenario and a measure change the image, not the version. */
    write_policy("lower_test_another_folder", "# a comment\n",
                 "measure reached \"所到\" @7 = count(p where p in last)\n");
    assert_true(make(&y, "lower_test_another_folder"));
    assert_true(x.size != y.size);
    assert_memory_equal(x.text.p, y.text.p, strlen("image ") + 64);
    drop(&y);
    drop(&x);
    remove_policy("lower_test_1");
    remove_policy("lower_test_another_folder");
}

/* ---- limits ---- */

static void too_much_is_told(void **state) {
    (void)state;
    struct made m;
    struct bf_buf b;
    bf_buf_init(&b);
    bf_buf_z(&b, "decide f (n: Int): list of Int { otherwise [");
    for (int i = 0; i < 300; i++)
        bf_buf_fmt(&b, "%s%d", i ? ", " : "", i);
    bf_buf_z(&b, "] }\n");
    bf_buf_char(&b, 0);
    assert_false(make_fragment(&m, false, b.p));
    assert_non_null(strstr(m.text.p, "more than 256 values at once"));
    assert_non_null(strstr(m.text.p, "lower_test.banfa:10:"));
    drop(&m);
    b.len = 0;
    for (int i = 0; i < 18; i++)
        bf_buf_fmt(&b,
                   i < 17 ? "decide f%d (n: Int): Int { otherwise f%d(n) }\n"
                          : "decide f%d (n: Int): Int { otherwise n }\n",
                   i, i + 1);
    bf_buf_char(&b, 0);
    assert_false(make_fragment(&m, false, b.p));
    assert_non_null(strstr(m.text.p, "more than 16 deep"));
    drop(&m);
    b.len = 0;
    for (int i = 0; i < 16; i++)
        bf_buf_fmt(&b,
                   i < 15 ? "decide f%d (n: Int): Int { otherwise f%d(n) + f%d(n) + f%d(n) }\n"
                          : "decide f%d (n: Int): Int { otherwise n }\n",
                   i, i + 1, i + 1, i + 1);
    bf_buf_char(&b, 0);
    assert_false(make_fragment(&m, false, b.p));
    assert_non_null(strstr(m.text.p, "more than 100,000 instructions"));
    drop(&m);
    bf_buf_fini(&b);
}

/* ---- memory runs out ---- */

static bool lower_again(void *ctx) {
    struct made *m = ctx;
    struct bf_error e;
    struct bf_image *image;
    if (!bf_lower(m->program, true, &m->bytes, &m->size))
        return false;
    struct bf_arena *a = bf_arena_new(0);
    enum bf_err err = a ? bf_image_load(a, m->bytes, m->size, &image, &e) : BF_ENOMEM;
    bf_arena_free(a);
    assert_true(err == BF_OK || err == BF_ENOMEM);
    return err == BF_OK;
}

static bool attempt(void *ctx) {
    struct made *m = ctx;
    return fault_guard(m->arena, lower_again, m);
}

static void memory_may_run_out_anywhere(void **state) {
    (void)state;
    struct made m;
    assert_true(make_fragment(&m, true, "asker must d within 5 days { d -> last }"));
    assert_true(fault_until_quiet(attempt, &m) > 20);
    drop(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constructs_become),
        cmocka_unit_test(other_decisions_have_no_columns),
        cmocka_unit_test(sources_decide_and_nothing_else),
        cmocka_unit_test(too_much_is_told),
        cmocka_unit_test(memory_may_run_out_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
