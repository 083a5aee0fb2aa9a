/* Lexer and parser: both surfaces make one tree, words are cut by the word rule, bad input is told. */
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/syntax/ast.h"

struct reading {
    struct bf_arena *arena;
    struct bf_sources sources;
    struct bf_parse p;
    struct bf_tree *tree;
};

static void open_reading(struct reading *r) {
    *r = (struct reading){.arena = bf_arena_new(0)};
    assert_non_null(r->arena);
    r->sources.arena = r->arena;
    r->p = (struct bf_parse){.arena = r->arena, .sources = &r->sources, .next_id = 1};
    r->p.names = bf_names_new(r->arena);
    r->p.diags = bf_diags_new(r->arena, &r->sources, 100);
}

static void read_as(struct reading *r, const char *name, const char *text, size_t len) {
    open_reading(r);
    uint32_t file = bf_source_add(&r->sources, bf_str_of(name), (bf_str){text, (uint32_t)len});
    r->tree = bf_parse_file(&r->p, file);
    bf_diags_sort(r->p.diags);
}

static void read_z(struct reading *r, const char *text) {
    read_as(r, "t.banfa", text, strlen(text));
}
static void close_reading(struct reading *r) { bf_arena_free(r->arena); }

static void assert_dump(const struct bf_node *n, const char *expected) {
    struct bf_buf b;
    bf_buf_init(&b);
    bf_node_dump(n, &b);
    bf_buf_char(&b, 0);
    assert_string_equal(b.p, expected);
    bf_buf_fini(&b);
}

/* Codes of all diagnostics in order, "E0001@12 E0012@40": code and byte offset. */
static const char *codes(const struct reading *r) {
    static char text[4096];
    size_t at = 0;
    text[0] = 0;
    for (uint32_t i = 0; i < bf_diags_shown(r->p.diags) && at < sizeof text - 64; i++) {
        const struct bf_diag *d = bf_diags_get(r->p.diags, i);
        at += (size_t)sprintf(text + at, "%s%s@%u", at ? " " : "", bf_diag_code_z(d->code),
                              d->span.start);
    }
    return text;
}

static void assert_codes(const char *text, const char *expected) {
    struct reading r;
    read_z(&r, text);
    assert_string_equal(codes(&r), expected);
    close_reading(&r);
}

/* ---- one tree ---- */

static void one_tree(const char *const names[2]) {
    struct reading r;
    struct bf_tree *tree[2];
    const char *srcdir = getenv("srcdir");
    open_reading(&r);
    for (int i = 0; i < 2; i++) {
        char path[4096];
        struct bf_error e;
        uint32_t file;
        snprintf(path, sizeof path, "%s/tests/golden/syntax/%s", srcdir ? srcdir : ".", names[i]);
        assert_int_equal(bf_source_read(&r.sources, path, bf_str_of(names[i]), &file, &e), BF_OK);
        tree[i] = bf_parse_file(&r.p, file);
    }
    bf_diags_sort(r.p.diags);
    assert_string_equal(codes(&r), "");
    const struct bf_node *where;
    if (!bf_node_same(tree[0]->root, tree[1]->root, false, &where))
        fail_msg("a %s at offset %u of %s differs", bf_node_kind_z((enum bf_node_kind)where->kind),
                 where->span.start, names[0]);
    assert_false(bf_node_same(tree[0]->root, tree[1]->root, true, NULL));
    assert_true(tree[1]->module_zh);
    assert_false(tree[0]->module_zh);
    close_reading(&r);
}

static void both_samples_make_one_tree(void **state) {
    (void)state;
    one_tree((const char *const[]){"venue.banfa", "venue.zh.banfa"});
    one_tree((const char *const[]){"figures.banfa", "figures.zh.banfa"});
    one_tree((const char *const[]){"panel.banfa", "panel.zh.banfa"});
}

/* A pair of statements, either surface, that must mean the same. */
static void pairs_make_one_tree(void **state) {
    (void)state;
    static const struct {
        const char *en, *zh;
    } pairs[] = {
        {"violation v @15a.1", "违规情形 v ＠第十五条之一第一款"},
        {"violation v @5, @6.4", "违规情形 v @第五条、@第六条第四款"},
        {"violation v @27.1.1", "违规情形 v @第27条第（一）项"},
        {"violation v @other:12.1", "违规情形 v @other：第十二条第一款"},
        {"let a = 5 working days", "设 a ＝ ５个工作日"},
        {"let a = 12 working days", "设 a ＝ 十二个工作日"},
        {"let a = 2 years", "设 a ＝ 2年"},
        {"let a = 2024-02-29", "设 a ＝ ２０２４年２月２９日"},
        {"let a = b.c.d", "设 a ＝ b的c．d"},
        {"let a = b is c", "设 a ＝ b属于c"},
        {"let a = b is not c", "设 a ＝ b 不是 c"},
        {"let a = b <= 3 and c", "设 a ＝ b 不超过 3并且c"},
        {"let a = not (b or c)", "设 a ＝ 非（b或者c）"},
        {"let a = 3 days after b", "设 a ＝ b 之后3日"},
        {"let a = 3 days before 2024-01-05", "设 a ＝ 2024年1月5日之前3日"},
        {"let a = b >= 60", "设 a ＝ b 为 60以上"},
        {"let a = [1, 2]", "设 a ＝ 【1、2】"},
        {"let a = b", "设 a ＝ ‘b’"},
        {"use m: a, b as c", "引用 m：a、b 称为 c"},
        {"procedure p { a must b within 5 working days from start { c } }",
         "程序 p ｛ a应当自启动之日起5个工作日内b ｛c｝ ｝"},
        {"procedure p { a must b within 10 days from start { c } }",
         "程序 p ｛ a应当于启动之日起十日内b ｛c｝ ｝"},
        {"procedure p { a must b by o.limit { c } }", "程序 p ｛ a应当在o的limit届满前b ｛c｝ ｝"},
        {"procedure p { a may b not before 3 months from d }",
         "程序 p ｛ a可以自d之日起3个月届满后b ｝"},
        {"procedure p { a may b not before x }", "程序 p ｛ a可以b，不早于 x ｝"},
        {"procedure p { a must b by 12-31 { c } otherwise -> s }",
         "程序 p ｛ a必须在12月31日以前b ｛c｝逾期的，转入 s ｝"},
        {"procedure p { a may b(x: Date) if x > y -> s @3.1 }",
         "程序 p ｛ a可以b（x：日期），限于 x 大于 y，转入 s @第三条第一款 ｝"},
        {"procedure p { a may b if x is lapsed and y -> back }",
         "程序 p ｛ 如 x 已逾期并且y的，a可以b，转入 原状态 ｝"},
        {"procedure p { a must not b unless c otherwise violate v }",
         "程序 p ｛ a不得b，但 c的除外；违反的，认定 构成 v ｝"},
        {"procedure p { a may extend b once by at most 5 days with consent of c, d, reporting to e "
         "}",
         "程序 p ｛ a可以延长 b 一次，不超过5日，须经 c、d 同意，并向 e 报备 ｝"},
        {"procedure p { when a -> s else -> t }", "程序 p ｛ 如 a的，转入 s 否则，转入 t ｝"},
        {"procedure p { lasts at most 5 days otherwise -> s }",
         "程序 p ｛ 本状态最长5日，逾期的，转入 s ｝"},
        {"scenario \"s\" { wait 6 working days }", "情景 “s” ｛ 6个工作日后 ｝"},
        {"scenario \"s\" { at 2024-01-02 17:30 }", "情景 “s” ｛ 于2024年1月2日17时30分 ｝"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct reading en, zh;
        const struct bf_node *where;
        read_z(&en, pairs[i].en);
        read_z(&zh, pairs[i].zh);
        if (*codes(&en))
            fail_msg("%s: %s", pairs[i].en, codes(&en));
        if (*codes(&zh))
            fail_msg("%s: %s", pairs[i].zh, codes(&zh));
        if (!bf_node_same(en.tree->root, zh.tree->root, false, &where))
            fail_msg("%s\n%s\ndiffer at a %s", pairs[i].en, pairs[i].zh,
                     bf_node_kind_z((enum bf_node_kind)where->kind));
        close_reading(&en);
        close_reading(&zh);
    }
}

static void trees_that_differ_are_told(void **state) {
    (void)state;
    static const struct {
        const char *x, *y;
        bool names_too;
    } pairs[] = {
        {"let a = b and c", "let a = b or c", false},
        {"let a = 3 days", "let a = 4 days", false},
        {"let a = 3 days", "let a = 3 working days", false},
        {"let a = b is c", "let a = b is not c", false},
        {"violation v @5", "violation v @6", false},
        {"violation v @5", "violation v", false},
        {"violation v", "violation v violation w", false},
        {"let a = b", "let a = c", true},
        {"violation v \"x\"", "violation v \"y\"", true},
        {"procedure p { a may b once }", "procedure p { a may b }", false},
        {"procedure p { given a : Text sealed }", "procedure p { given a : Text }", false},
        {"procedure p { a may b -> c }", "procedure p { a may b -> back }", false},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct reading x, y;
        read_z(&x, pairs[i].x);
        read_z(&y, pairs[i].y);
        assert_string_equal(codes(&x), "");
        assert_string_equal(codes(&y), "");
        if (bf_node_same(x.tree->root, y.tree->root, pairs[i].names_too, NULL))
            fail_msg("%s\n%s", pairs[i].x, pairs[i].y);
        close_reading(&x);
        close_reading(&y);
    }
}

/* A clause said twice is a mistake, and the tree still holds both. */
static void clauses_said_twice_are_compared_in_order(void **state) {
    (void)state;
    static const struct {
        const char *x, *y;
        bool same;
    } pairs[] = {
        {"once 3 times", "once 3 times", true},
        {"once 3 times", "3 times once", false},
        {"once 3 times", "3 times", false},
        {"3 times", "3 times once", false},
        {"once 3 times once", "once 3 times 3 times", false},
        {"if c if d once", "if c once if d", true},
        {"if c once if d", "once if d if c", false},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct reading r[2];
        for (int k = 0; k < 2; k++) {
            char text[128];
            snprintf(text, sizeof text, "procedure p { a may b %s }", k ? pairs[i].y : pairs[i].x);
            read_z(&r[k], text);
            assert_true(bf_node_same(r[k].tree->root, r[k].tree->root, true, NULL));
        }
        if (bf_node_same(r[0].tree->root, r[1].tree->root, true, NULL) != pairs[i].same)
            fail_msg("%s | %s", pairs[i].x, pairs[i].y);
        close_reading(&r[0]);
        close_reading(&r[1]);
    }
}

/* ---- the word rule ---- */

static void words_are_cut_by_the_word_rule(void **state) {
    (void)state;
    struct reading r;
    /* digits go on a word after ASCII, and end a Chinese one; 的 and 属于 stand alone */
    read_z(&r, "设 r1 ＝ hebi_2021_39的目录属于资源甲");
    assert_string_equal(codes(&r), "");
    assert_dump(r.tree->root->a, "LET\n  a NAME r1\n  b IS\n    a DOT\n      a NAME hebi_2021_39\n"
                                 "      b NAME 目录\n    b NAME 资源甲\n");
    close_reading(&r);
    /* hinges cut nothing of 理由, 同意书, 所有权, 一次性, 三年规划 */
    read_z(&r,
           "表单 x ｛ "
           "理由：文本、同意书：文本、所有权：文本、一次性：文本、三年规划：文本、行为：文本 ｝");
    assert_string_equal(codes(&r), "");
    close_reading(&r);
    /* 工作日 without 个 is counted only before 内: 下一工作日 is a name, 十工作日内 a limit */
    read_z(&r, "设 x ＝ 下一工作日（甲）");
    assert_string_equal(codes(&r), "");
    assert_dump(r.tree->root->a,
                "LET\n  a NAME x\n  b CALL\n    a NAME 下一工作日\n    b ARG\n      b NAME 甲\n");
    close_reading(&r);
    read_z(&r, "程序 p ｛ a应当在十工作日内b ｛c｝ ｝");
    assert_string_equal(codes(&r), "");
    close_reading(&r);
    /* an opener is freed by its closer only: 自然人 stays whole, 自启动之日起 does not */
    read_z(&r, "程序 p ｛ 自然人可以自变化之日起3日内在岗补正 ｝");
    assert_string_equal(codes(&r), "");
    const struct bf_node *may = r.tree->root->a->c;
    assert_dump(may, "MAY\n  a SUBJECT\n    a NAME 自然人\n  b ACT\n    a NAME 在岗补正\n  c "
                     "C_WITHIN\n    a PERIOD op=1 3\n"
                     "  c C_FROM\n    a NAME 变化\n");
    close_reading(&r);
    /* quotes make a name of a hinge */
    read_z(&r, "设 x ＝ '目的'的'应当'");
    assert_string_equal(codes(&r), "");
    assert_dump(r.tree->root->a->b, "DOT\n  a NAME 目的\n  b NAME 应当\n");
    close_reading(&r);
    /* soft words are names */
    read_z(&r, "procedure p { consent may notify(count: Int) }\nrecord register { note: Text }\n"
               "表单 分类 ｛ 通知：文本、启动：文本、备注：文本 ｝");
    assert_string_equal(codes(&r), "");
    close_reading(&r);
}

static void citations_stand_where_they_belong(void **state) {
    (void)state;
    struct reading r;
    read_z(&r, "procedure p @1 { @2\n  state s { @3\n    a must b { @4\n      c -> d @5\n    } "
               "otherwise stays { violate v @6 } @7\n"
               "    a may e @8 -> d @9 { @10 notify a @11 } @12\n  }\n}\n");
    assert_string_equal(codes(&r), "");
    assert_dump(r.tree->root->a,
                "PROCEDURE @1 @2\n  a NAME p\n  c STATE @3\n    a NAME s\n    c MUST @4\n      a "
                "SUBJECT\n        a NAME a\n"
                "      b ACT\n        a NAME b\n      d ALT @5\n        b ACT\n          a NAME "
                "c\n        d GOAL\n"
                "          a NAME d\n      e OTHERWISE op=1 @7\n        e E_VIOLATE @6\n          "
                "a NAME v\n"
                "    c MAY @8 @9 @10 @12\n      a SUBJECT\n        a NAME a\n      b ACT\n        "
                "a NAME e\n"
                "      d GOAL\n        a NAME d\n      e E_NOTIFY @11\n        a NAME a\n");
    close_reading(&r);
}

/* ---- mistakes ---- */

/* One run tells every independent mistake, and nothing that only follows from one. */
static void mistakes_are_told_once_each(void **state) {
    (void)state;
    assert_codes("", "");
    assert_codes("\xef\xbb\xbf# only a comment\r\n", "");
    assert_codes("use\nprocedure w {}\nfoo bar\nviolation x", "E0001@4 E0001@19");
    assert_codes("violation state\nviolation x", "E0003@10");
    /* `a may b` goes on below; d( wants an argument; frob frob is no sentence */
    assert_codes("procedure p {\n  a may\n  b may c\n  state s { a may d( }\n  end e\n  frob "
                 "frob\n  end f\n}\nviolation v",
                 "E0001@26 E0001@53 E0001@70");
    assert_codes("let a = b and c or d\nlet e = not f and g\nlet h = i and not j",
                 "E0031@16 E0031@35");
    /* an unclosed string ends with its line */
    assert_codes("note \"abc\nnote \"def\"\n备注 “甲乙“\n备注 “丙”", "E0012@5 E0012@28");
    /* a missing brace is told at its opener, and the next declaration is read */
    assert_codes("procedure p {\n  state s {\n    a may b\n  }\n\nprocedure q {\n}\n", "E0013@12");
    assert_codes("procedure p {\n  state s {\n    a may b\n", "E0013@24");
    assert_codes("violation v }\nviolation w", "E0005@12");
    /* a broken head keeps its block */
    assert_codes("procedure p oops {\n  a may b -> \n}\n", "E0001@12 E0001@33");
    assert_codes("procedure p { a must b once { c } }", "E0021@23");
    assert_codes("procedure p { a may b once once }", "E0022@27");
    assert_codes("procedure p { a or b must c { d } }", "E0023@14");
    assert_codes("model n { a must b }\nviolation v\nmeasure m = 1 / 2", "E0001@10 E0001@45");
    assert_codes("model n { open p 3 per week }\nassert p", "E0026@23 E0002@38");
}

static void a_broken_statement_spares_its_neighbours(void **state) {
    (void)state;
    struct reading r;
    read_z(&r, "procedure p {\n  state s {\n    a may b -> c\n    a frob d\n    a may e -> f\n  "
               "}\n  end g\n}\n");
    assert_string_equal(codes(&r), "E0001@49");
    const struct bf_node *s = r.tree->root->a->c;
    assert_string_equal(bf_node_kind_z((enum bf_node_kind)s->kind), "STATE");
    assert_true(s->flags & BF_F_BROKEN);
    assert_int_equal(s->c->next->kind, BF_N_MAY);
    assert_null(s->c->next->next);
    assert_int_equal(s->next->kind, BF_N_END);
    close_reading(&r);
}

static void signs_of_input_methods_are_explained(void **state) {
    (void)state;
    assert_codes("违规情形 ａｂｃ", "E0007@13");
    assert_codes("违规情形 \xef\xa4\x80", "E0008@13");         /* 豈, a compatibility ideograph */
    assert_codes("违规情形 逾\xe2\x80\x8b期未报", "E0009@13"); /* a zero-width space inside */
    assert_codes("备注 《甲》\n违规情形 《乙》", "E0010@7 E0010@30");
    /* a sign is told once, not again by what stands behind it; what stands elsewhere is told */
    assert_codes("let x = a * 2.0\nlet y = a 3", "E0006@10 E0001@26");
    assert_codes("let x = a 3 * 2", "E0001@10 E0006@12");
    assert_codes("let x = a *\nfoo", "E0006@10 E0001@12");
    assert_codes("《x》 ——\nviolation a …… b — –", "E0010@0 E0011@8 E0011@27 E0011@36 E0011@40");
    assert_codes("let a = 99999999999999999999", "E0014@8");
    assert_codes("violation v @第条\nviolation w @0", "E0015@12 E0015@32");
    assert_codes("let a = 2023-02-29", "E0016@8");
    assert_codes("scenario \"s\" { at 2023-02-28 25:00 }", "E0017@29");
    assert_codes("let a = 1.1234567", "E0018@8");
    assert_codes("let a = 'b c'", "E0019@8");
}

static void bad_bytes_are_told_with_their_offset(void **state) {
    (void)state;
    struct reading r;
    static const struct {
        const char *text;
        size_t len;
        const char *codes;
    } bad[] = {
        {"violation \xff", 11, "E0000@10"},
        {"note \"\xe4\xb8", 8, "E0000@6"},            /* truncated at the end of the text */
        {"note \"\xe4\xb8\"", 9, "E0000@6"},          /* truncated inside */
        {"note \"\xc0\xaf\"", 9, "E0000@6"},          /* overlong */
        {"note \"\xed\xa0\x80\"", 10, "E0000@6"},     /* a surrogate */
        {"note \0 \"a\"\nnote \"b\"", 19, "E0020@5"}, /* told once, read as a space */
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        read_as(&r, "t.banfa", bad[i].text, bad[i].len);
        assert_string_equal(codes(&r), bad[i].codes);
        close_reading(&r);
    }
}

static char *repeated(const char *head, const char *part, size_t times, const char *tail) {
    size_t h = strlen(head), n = strlen(part), t = strlen(tail);
    char *s = malloc(h + n * times + t + 1), *p = s;
    assert_non_null(s);
    memcpy(p, head, h), p += h;
    for (size_t i = 0; i < times; i++, p += n)
        memcpy(p, part, n);
    memcpy(p, tail, t + 1);
    return s;
}

static void limits_are_named_and_nothing_grows(void **state) {
    (void)state;
    static const struct {
        const char *head, *part, *tail, *code;
    } deep[] = {
        {"let a = ", "(", "b", "E0004"},
        {"let a = ", "[", "", "E0004"},
        {"", "procedure p {", "", "E0013"},
        {"let a = ", "not ", "b", "E0004"},
        {"let a = b", ".c", "", "E0004"},
        {"let a = b", " + c", "", "E0004"},
        {"let a = ", "f(", "b", "E0004"},
        {"record r { a: ", "list of ", "Text }", "E0004"},
        {"let a = ", "5 days after (", "b", "E0004"},
    };
    for (size_t i = 0; i < sizeof deep / sizeof *deep; i++) {
        struct reading r;
        char *s = repeated(deep[i].head, deep[i].part, 100000, deep[i].tail);
        read_z(&r, s);
        if (!strstr(codes(&r), deep[i].code))
            fail_msg("%s%s: %s", deep[i].head, deep[i].part, codes(&r));
        assert_true(bf_arena_used(r.arena) < 100 * strlen(s) + (1 << 20));
        close_reading(&r);
        free(s);
    }
    /* flat things have no limit */
    static const struct {
        const char *head, *part, *tail;
    } flat[] = {
        {"let a = b", " and c", "\n"},
        {"let a = [1", ", 2", "]"},
        {"note \"", "很长的一行", "\""},
        {"# ", "x", "\n"},
        {"let a = ", "长", "\n"},
        {"violation v", " @15.2", "\n"},
        {"procedure p {\n", "a may b\n", "}"},
        {"", "\n", ""},
    };
    for (size_t i = 0; i < sizeof flat / sizeof *flat; i++) {
        struct reading r;
        char *s = repeated(flat[i].head, flat[i].part, 200000, flat[i].tail);
        read_z(&r, s);
        if (*codes(&r))
            fail_msg("%s%s: %s", flat[i].head, flat[i].part, codes(&r));
        close_reading(&r);
        free(s);
    }
}

static void a_million_mistakes_are_bounded(void **state) {
    (void)state;
    static const char *const parts[] = {"violation )\n", "@\n", "“\n", "》", "} ", "的",
                                        "state {\n",     "'"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct reading r;
        char *s = repeated("", parts[i], 1000000, "");
        read_z(&r, s);
        assert_true(bf_diags_count(r.p.diags, BF_SEV_ERROR) > 0);
        assert_true(bf_diags_shown(r.p.diags) <= 101);
        close_reading(&r);
        free(s);
    }
}

/* ---- literate files and outlines ---- */

static void only_marked_fences_are_source(void **state) {
    (void)state;
    static const char md[] = "# 第十五条 甲\n\nviolation no\n```banfa\nviolation v\n```\n## "
                             "小节\n```c\nviolation no2 (\n```\n"
                             "~~~~ banfa\nviolation w\n~~~\n~~~~\n# 说明\n```banfa\nviolation "
                             "x\n```\n## Article 16a gist\n"
                             "```banfa\nviolation y";
    struct reading r;
    struct bf_cite cite;
    read_as(&r, "t.banfa.md", md, sizeof md - 1);
    /* ~~~ does not close ~~~~, so it is source, and a mistake */
    assert_true(r.tree->literate);
    assert_int_equal(r.tree->fence_count, 4);
    const struct bf_node *v = r.tree->root->a;
    assert_int_equal(v->span.start, strstr(md, "violation v") - md);
    assert_true(bf_tree_heading(r.tree, v->span.start, &cite));
    assert_int_equal(cite.article, 15);
    const struct bf_node *w = v->next;
    assert_int_equal(w->span.start, strstr(md, "violation w") - md);
    assert_true(bf_tree_heading(r.tree, w->span.start, &cite)); /* a deeper heading ends nothing */
    const struct bf_node *x = w->next;
    assert_false(bf_tree_heading(r.tree, x->span.start, &cite));
    const struct bf_node *y = x->next;
    assert_int_equal(y->span.start, strstr(md, "violation y") - md);
    assert_true(bf_tree_heading(r.tree, y->span.start, &cite));
    assert_int_equal(cite.article, 16);
    assert_int_equal(cite.suffix, 1);
    assert_null(y->next);
    close_reading(&r);
}

static void outlines_are_read_in_both_surfaces(void **state) {
    (void)state;
    static const char *const texts[] = {
        "第一章 总则\n第一条 甲\n第二条 乙\n  第一款 丙\n  第二款 丁\n    第一项 戊\n    "
        "第（二）项 己\n第二条之一 庚\n    第一项 辛\n",
        "# made up\nChapter 1 x\nArticle 1 a\nArticle 2 b\n  Paragraph 1 c\n  Paragraph 2 d\n    "
        "Item 1 e\n    Item 2 f\n"
        "Article 2a g\n    Item 1 h\n"};
    for (int i = 0; i < 2; i++) {
        struct reading r;
        open_reading(&r);
        uint32_t file = bf_source_add(&r.sources, BF_STR("outline"), bf_str_of(texts[i]));
        struct bf_outline *o = bf_outline_read(&r.p, file);
        bf_diags_sort(r.p.diags);
        assert_string_equal(codes(&r), "");
        assert_int_equal(o->count, 9);
        assert_int_equal(bf_outline_find(o, (struct bf_cite){1, 0, 0, 0})->paragraphs, 1);
        assert_int_equal(bf_outline_find(o, (struct bf_cite){2, 0, 0, 0})->paragraphs, 2);
        assert_int_equal(bf_outline_find(o, (struct bf_cite){2, 0, 2, 0})->items, 2);
        assert_non_null(bf_outline_find(o, (struct bf_cite){2, 0, 2, 2}));
        assert_null(bf_outline_find(o, (struct bf_cite){2, 0, 2, 3}));
        assert_null(bf_outline_find(o, (struct bf_cite){3, 0, 0, 0}));
        assert_int_equal(bf_outline_find(o, (struct bf_cite){2, 1, 1, 0})->items, 1);
        close_reading(&r);
    }
    static const char *const wrong[] = {"第二条 a\n第一条 b\n", "Article 1 a\n  Paragraph 2 b\n",
                                        "    Item 1 a\n", "条\n", "Article 1 a\n\xff"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct reading r;
        open_reading(&r);
        bf_outline_read(&r.p, bf_source_add(&r.sources, BF_STR("outline"), bf_str_of(wrong[i])));
        assert_int_equal(bf_diags_count(r.p.diags, BF_SEV_ERROR), 1);
        close_reading(&r);
    }
    /* a malformed byte hides no other mistake and is told once; what stands before it is read */
    struct reading r;
    open_reading(&r);
    struct bf_outline *o = bf_outline_read(
        &r.p, bf_source_add(&r.sources, BF_STR("outline"),
                            BF_STR("Article 1 a\nfoo\n\xff\nArticle 2 \xff\nbar\n")));
    bf_diags_sort(r.p.diags);
    assert_string_equal(codes(&r), "E0040@12 E0000@16 E0040@30");
    assert_int_equal(o->count, 2);
    assert_true(o->broken);
    close_reading(&r);
}

static void an_exhausted_arena_is_told_to_the_caller(void **state) {
    (void)state;
    char *s = repeated("procedure p {\n",
                       "a may b(c: Text) if d and e -> f { notify a saying g }\n", 2000, "}");
    for (size_t limit = 1 << 18; limit < (1 << 22); limit += 77777) {
        struct bf_arena *a = bf_arena_new(limit);
        jmp_buf jump;
        assert_non_null(a);
        if (!setjmp(jump)) {
            bf_arena_on_exhausted(a, &jump);
            struct bf_sources sources = {.arena = a};
            struct bf_parse p = {.arena = a, .sources = &sources, .next_id = 1};
            p.names = bf_names_new(a);
            p.diags = bf_diags_new(a, &sources, 10);
            bf_parse_file(&p, bf_source_add(&sources, BF_STR("t.banfa"), bf_str_of(s)));
        }
        bf_arena_free(a);
    }
    free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_samples_make_one_tree),
        cmocka_unit_test(pairs_make_one_tree),
        cmocka_unit_test(trees_that_differ_are_told),
        cmocka_unit_test(clauses_said_twice_are_compared_in_order),
        cmocka_unit_test(words_are_cut_by_the_word_rule),
        cmocka_unit_test(citations_stand_where_they_belong),
        cmocka_unit_test(mistakes_are_told_once_each),
        cmocka_unit_test(a_broken_statement_spares_its_neighbours),
        cmocka_unit_test(signs_of_input_methods_are_explained),
        cmocka_unit_test(bad_bytes_are_told_with_their_offset),
        cmocka_unit_test(limits_are_named_and_nothing_grows),
        cmocka_unit_test(a_million_mistakes_are_bounded),
        cmocka_unit_test(only_marked_fences_are_source),
        cmocka_unit_test(outlines_are_read_in_both_surfaces),
        cmocka_unit_test(an_exhausted_arena_is_told_to_the_caller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
