/* Tests of the diagnostics' collector and renderers, with the messages of tests/unit/sample. The
** whole examples are the design's, drawn by hand; the columns of random lines are summed from a
** table of widths written from UAX #11. */
#include "tests/unit/test.h"

#include <jansson.h>

#include "lang/base/diag.h"
#include "lang/base/mem.h"
#include "tests/unit/fault.h"

struct world {
    struct bf_arena *arena;
    struct bf_sources sources;
    struct bf_diags *ds;
};

static int setup(void **state) {
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->arena = bf_arena_new(0);
    w->sources.arena = w->arena;
    w->ds = bf_diags_new(w->arena, &w->sources, 0);
    *state = w;
    return 0;
}

static int teardown(void **state) {
    struct world *w = *state;
    bf_arena_free(w->arena);
    free(w);
    return 0;
}

struct line {
    int number;
    const char *text;
};

/* A file in which the lines of the list stand and the others are empty. */
static uint32_t add_file(struct world *w, const char *name, const struct line *lines) {
    struct bf_buf buf;
    bf_buf_init(&buf);
    int at = 1;
    for (; lines->text; lines++) {
        for (; at < lines->number; at++)
            bf_buf_char(&buf, '\n');
        bf_buf_z(&buf, lines->text);
    }
    bf_buf_char(&buf, '\n');
    uint32_t file = bf_source_add(&w->sources, bf_str_of(name), bf_buf_view(&buf));
    bf_buf_fini(&buf);
    return file;
}

/* The first place of the words in a line. */
static bf_span find(struct world *w, uint32_t file, uint32_t line, const char *words) {
    bf_str s = bf_source_line(&w->sources, file, line);
    const char *at = memmem(s.p, s.len, words, strlen(words));
    assert_non_null(at);
    uint32_t start = (uint32_t)(at - w->sources.file[file].text.p);
    return (bf_span){file, start, start + (uint32_t)strlen(words)};
}

/* The last character of a found span. */
static bf_span last(bf_span s, uint32_t bytes) { return (bf_span){s.file, s.end - bytes, s.end}; }

static char *render(struct world *w, struct bf_render how, unsigned mask) {
    static char text[1 << 16];
    struct bf_buf out;
    bf_buf_init(&out);
    bf_diags_sort(w->ds);
    bf_diags_render(w->ds, &how, mask, &out);
    assert_false(out.failed);
    assert_true(out.len < sizeof text);
    if (out.len)
        memcpy(text, out.p, out.len);
    text[out.len] = 0;
    bf_buf_fini(&out);
    return text;
}

#define ALL ~0u
#define ZH ((struct bf_render){.lang = BF_LANG_ZH, .ambiguous_width = 1})
#define EN ((struct bf_render){.lang = BF_LANG_EN, .ambiguous_width = 1})
#define NAME(z) BF_ARGS(bf_arg_str(BF_STR(z)))

static void test_undefined_zh(void **state) {
    struct world *w = *state;
    uint32_t f = add_file(w, "share.zh.banfa",
                          (struct line[]){{63, "  当事人 提供部门：部门 ＝ 资源的提供部门"},
                                          {81, "    提供部们应当自启动之日起5个工作日内答复 ｛"},
                                          {0, NULL}});
    bf_span bad = find(w, f, 81, "提供部们");
    struct bf_diag *d = bf_diag(w->ds, BF_E0201_UNDEFINED, bad, NAME("提供部们"));
    bf_diag_label(w->ds, d, bad, BF_T_NOT_DECLARED, BF_NOARGS);
    bf_diag_label(w->ds, d, find(w, f, 63, "提供部门"), BF_T_NEAREST, BF_NOARGS);
    bf_diag_hint(w->ds, d, BF_T_WRITE, NAME("提供部门"));
    assert_string_equal(render(w, ZH, ALL),
                        "share.zh.banfa:81:5: 错误[E0201] 没有叫“提供部们”的名称\n"
                        "    |\n"
                        " 63 |   当事人 提供部门：部门 ＝ 资源的提供部门\n"
                        "    |          -------- 最接近的名称，只差一个字\n"
                        " 81 |     提供部们应当自启动之日起5个工作日内答复 ｛\n"
                        "    |     ^^^^^^^^ 没有声明过\n"
                        "    |\n"
                        "    = 改成：提供部门\n");
}

static void test_undefined_en(void **state) {
    struct world *w = *state;
    uint32_t f = add_file(
        w, "share.banfa",
        (struct line[]){{67, "  party provider  : Department \"提供部门\" = resource.provider"},
                        {85, "    provder must answer \"答复\" within 5 working days"},
                        {0, NULL}});
    bf_span bad = find(w, f, 85, "provder");
    struct bf_diag *d = bf_diag(w->ds, BF_E0201_UNDEFINED, bad, NAME("provder"));
    bf_diag_label(w->ds, d, bad, BF_T_NOT_DECLARED, BF_NOARGS);
    bf_diag_label(w->ds, d, find(w, f, 67, "provider"), BF_T_NEAREST, BF_NOARGS);
    bf_diag_hint(w->ds, d, BF_T_WRITE, NAME("provider"));
    assert_string_equal(render(w, EN, ALL),
                        "share.banfa:85:5: error[E0201]: nothing is called \"provder\"\n"
                        "    |\n"
                        " 67 |   party provider  : Department \"提供部门\" = resource.provider\n"
                        "    |         -------- closest name, one letter off\n"
                        " 85 |     provder must answer \"答复\" within 5 working days\n"
                        "    |     ^^^^^^^ not declared\n"
                        "    |\n"
                        "    = write: provider\n");
}

static void test_gap_zh(void **state) {
    struct world *w = *state;
    uint32_t f =
        add_file(w, "share.zh.banfa",
                 (struct line[]){{151, "    本部门的政务数据主管部门应当在5个工作日内审核更新 ｛"},
                                 {154, "    ｝"},
                                 {0, NULL}});
    bf_span limit = find(w, f, 151, "应当在5个工作日内审核更新");
    struct bf_diag *d = bf_diag(w->ds, BF_G0102_LATE, limit, NAME("审核更新"));
    bf_diag_label(w->ds, d, limit, BF_T_NO_OTHERWISE, BF_NOARGS);
    bf_diag_label(w->ds, d, find(w, f, 154, "｝"), BF_T_WOULD_STAND_HERE, BF_NOARGS);
    /* The column counts characters: 4 spaces and 12 Chinese ones before; the caret stands under
    ** terminal column 4 + 12*2, and is as wide as 12 Chinese characters and one digit. */
    assert_string_equal(
        render(w, ZH, ALL),
        "share.zh.banfa:151:17: 空白[G0102] “审核更新”逾期了会怎样，条文没有说\n"
        "     |\n"
        " 151 |     本部门的政务数据主管部门应当在5个工作日内审核更新 ｛\n"
        "     |                             ^^^^^^^^^^^^^^^^^^^^^^^^^ 有期限，没有“逾期的，……”\n"
        " 154 |     ｝\n"
        "     |     -- 可以在这里接着写\n");
    assert_string_equal(render(w, ZH, 1u << BF_SEV_ERROR), "");
}

static void test_other_file(void **state) {
    struct world *w = *state;
    uint32_t outline =
        add_file(w, "hebi.outline", (struct line[]){{21, "第十五条   4款"}, {0, NULL}});
    uint32_t f =
        add_file(w, "share.zh.banfa",
                 (struct line[]){
                     {81, "    提供部门应当自启动之日起5个工作日内答复 ｛        @第十五条第五款"},
                     {0, NULL}});
    bf_span cite = find(w, f, 81, "@第十五条第五款");
    struct bf_diag *d = bf_diag(w->ds, BF_E0110_OUTLINE, cite, BF_NOARGS);
    bf_diag_label(w->ds, d, cite, BF_T_NOT_IN_OUTLINE, BF_NOARGS);
    bf_diag_label(w->ds, d, find(w, outline, 21, "4款"), BF_T_OUTLINE_SAYS, BF_NOARGS);
    bf_diag_hint(w->ds, d, BF_T_WRITE, NAME("@第十五条第一款"));
    assert_string_equal(
        render(w, ZH, ALL),
        "share.zh.banfa:81:35: 错误[E0110] 第十五条只有四款，没有第五款\n"
        "    |\n"
        " 81 |     提供部门应当自启动之日起5个工作日内答复 ｛        @第十五条第五款\n"
        "    |                                                       ^^^^^^^^^^^^^^^ "
        "纲目里没有这一款\n"
        "  --> hebi.outline\n"
        " 21 | 第十五条   4款\n"
        "    |            --- 纲目在这里登记\n"
        "    |\n"
        "    = 改成：@第十五条第一款\n");
}

static void test_two_on_one_line(void **state) {
    struct world *w = *state;
    uint32_t f = add_file(
        w, "share.zh.banfa",
        (struct line[]){
            {86,
             "    如 答复 已逾期或者理由 未提供并且允许补正的，使用部门可以提请协商，转入 协商"},
            {213, "备注 @第四条 “原则性规定，无可执行的行为“"},
            {0, NULL}});
    bf_span and = find(w, f, 86, "并且");
    struct bf_diag *d = bf_diag(w->ds, BF_E0031_MIXED, and, BF_NOARGS);
    bf_diag_label(w->ds, d, and, BF_T_THIS_FIRST, BF_NOARGS);
    bf_diag_label(w->ds, d, find(w, f, 86, "或者"), BF_T_OR_THIS, BF_NOARGS);
    bf_span open = find(w, f, 213, "“");
    d = bf_diag(w->ds, BF_E0012_QUOTE, open, BF_NOARGS);
    bf_diag_label(w->ds, d, open, BF_T_TEXT_BEGINS, BF_NOARGS);
    bf_diag_label(w->ds, d, last(find(w, f, 213, "行为“"), 3), BF_T_SECOND_OPENING, BF_NOARGS);
    assert_string_equal(
        render(w, ZH, ALL),
        "share.zh.banfa:86:21: 错误[E0031] “并且”和“或者”连用，要加括号分清先后\n"
        "    |\n"
        " 86 |     如 答复 已逾期或者理由 未提供并且允许补正的，使用部门可以提请协商，转入 协商\n"
        "    |                                  ^^^^ 先算这个，还是……\n"
        "    |                   ---- ……先算这个？\n"
        "\n"
        "share.zh.banfa:213:9: 错误[E0012] 引号没有闭合\n"
        "     |\n"
        " 213 | 备注 @第四条 “原则性规定，无可执行的行为“\n"
        "     |                                         - 这里又是一个开引号“，应为闭引号”\n"
        "     |              ^ 文字从这里开始\n");
}

static void test_no_place(void **state) {
    struct world *w = *state;
    struct bf_diag *d = bf_diag(w->ds, BF_W0601_HORIZON, BF_NO_SPAN, BF_NOARGS);
    bf_diag_hint(w->ds, d, BF_T_WRITE, NAME("x"));
    assert_string_equal(render(w, EN, ALL), "warning[W0601]: provisional\n"
                                            "  = write: x\n");
    assert_string_equal(render(w, ZH, ALL), "警告[W0601] 只能暂定\n"
                                            "  = 改成：x\n");
}

/* "{N}" is an argument only where there is one. */
static void test_templates(void **state) {
    struct world *w = *state;
    bf_diag(w->ds, BF_N0001_NOTE, BF_NO_SPAN,
            BF_ARGS(bf_arg_int(INT64_MIN), bf_arg_text(BF_T_NOT_DECLARED)));
    assert_string_equal(render(w, EN, ALL),
                        "note[N0001]: {2}{x}-9223372036854775808not declared{\n");
    assert_string_equal(render(w, ZH, ALL), "备注[N0001] 没有声明过-9223372036854775808\n");
}

static void test_odd_places(void **state) {
    struct world *w = *state;
    uint32_t f = bf_source_add(&w->sources, BF_STR("a"),
                               BF_STR("\xEF\xBB\xBF"
                                      "ab\r\nc"));
    uint32_t empty = bf_source_add(&w->sources, BF_STR("empty"), BF_STR(""));
    bf_diag(w->ds, BF_E0012_QUOTE, (bf_span){f, 4, 8}, BF_NOARGS); /* two lines: first is marked */
    bf_diag(w->ds, BF_E0012_QUOTE, (bf_span){f, 8, 8}, BF_NOARGS); /* nothing, at the end */
    bf_diag(w->ds, BF_E0012_QUOTE, (bf_span){empty, 0, 0}, BF_NOARGS);
    assert_string_equal(render(w, EN, ALL),
                        "a:1:2: error[E0012]: this quotation mark is not closed\n"
                        "   |\n"
                        " 1 | ab\n"
                        "   |  ^\n"
                        "\n"
                        "a:2:2: error[E0012]: this quotation mark is not closed\n"
                        "   |\n"
                        " 2 | c\n"
                        "   |  ^\n"
                        "\n"
                        "empty:1:1: error[E0012]: this quotation mark is not "
                        "closed\n"
                        "   |\n"
                        " 1 |\n"
                        "   | ^\n");
}

/* What a source may hold to fool a terminal is shown as "?", one column each. */
static void test_unprintable(void **state) {
    struct world *w = *state;
    uint32_t f = add_file(w, "a", (struct line[]){{1, "\x1b[2J\xE2\x80\xAE\xFF中x"}, {0, NULL}});
    bf_diag(w->ds, BF_E0201_UNDEFINED, find(w, f, 1, "x"), NAME("\x1b\n\xFF中"));
    assert_string_equal(render(w, EN, ALL), "a:1:8: error[E0201]: nothing is called \"???中\"\n"
                                            "   |\n"
                                            " 1 | ?[2J??中x\n"
                                            "   |         ^\n");
}

/* Widths by UAX #11, by hand: narrow, wide and ambiguous characters and combining ones. */
static const struct {
    const char *text;
    int narrow, wide; /* columns where ambiguous is 1, 2 */
} sample[] = {
    {"a", 1, 1},  {"办", 2, 2}, {"，", 2, 2}, {"“", 1, 2},      {"①", 1, 2},  {"…", 1, 2},
    {"é", 1, 2},  {"α", 1, 2},  {"ｶ", 1, 1},  {"\u0301", 0, 0}, {"가", 2, 2}, {"😀", 2, 2},
    {"𠀀", 2, 2}, {"｛", 2, 2}, {"5", 1, 1},  {" ", 1, 1},      {"ü", 1, 2},  {"ñ", 1, 1},
};
enum { SAMPLES = sizeof sample / sizeof *sample };

/* A random line of the sample; the span covers the pieces [from, to). */
static void one_random_caret(uint64_t seed, int ambiguous) {
    void *state;
    setup(&state);
    struct world *w = state;
    struct bf_buf line;
    bf_buf_init(&line);
    uint64_t s = seed;
    int n = 1 + (int)(test_random(&s) % 40), from = (int)(test_random(&s) % (unsigned)n);
    int to = from + 1 + (int)(test_random(&s) % (unsigned)(n - from));
    int before = 0, inside = 0, characters = 0;
    bf_span span = {0, 0, 0};
    for (int i = 0; i < n; i++) {
        unsigned k = (unsigned)(test_random(&s) % SAMPLES);
        int width = ambiguous == 2 ? sample[k].wide : sample[k].narrow;
        span.start = i == from ? (uint32_t)line.len : span.start;
        before += i < from ? width : 0;
        characters += i < from;
        inside += i >= from && i < to ? width : 0;
        bf_buf_z(&line, sample[k].text);
        span.end = i == to - 1 ? (uint32_t)line.len : span.end;
    }
    bf_source_add(&w->sources, BF_STR("f"), bf_buf_view(&line));
    bf_diag(w->ds, BF_E0012_QUOTE, span, BF_NOARGS);
    char *out =
        render(w, (struct bf_render){.lang = BF_LANG_ZH, .ambiguous_width = ambiguous}, ALL);
    char expect[4096];
    int len = snprintf(expect, sizeof expect,
                       "f:1:%d: 错误[E0012] 引号没有闭合\n   |\n 1 | %.*s\n   | %*s",
                       characters + 1, (int)line.len, line.p, before, "");
    for (int i = 0; i < (inside ? inside : 1); i++)
        expect[len++] = '^';
    strcpy(expect + len, "\n");
    if (strcmp(out, expect) != 0)
        fail_msg("seed %llu:\n%sexpected:\n%s", (unsigned long long)seed, out, expect);
    bf_buf_fini(&line);
    teardown(&state);
}

static void test_random_carets(void **state) {
    (void)state;
    for (unsigned i = 0; i < test_rounds(20000); i++)
        one_random_caret(i, 1 + (int)(i & 1));
}

static void test_tabs(void **state) {
    struct world *w = *state;
    uint32_t f = add_file(w, "a", (struct line[]){{1, "\ta\t办\tx"}, {0, NULL}});
    bf_diag(w->ds, BF_E0012_QUOTE, find(w, f, 1, "x"), BF_NOARGS);
    assert_string_equal(render(w, EN, ALL),
                        "a:1:6: error[E0012]: this quotation mark is not closed\n"
                        "   |\n"
                        " 1 |     a   办  x\n"
                        "   |             ^\n");
}

/* Of a line of 1 MB only the part around each mark is shown. */
static void test_long_line(void **state) {
    struct world *w = *state;
    struct bf_buf line;
    bf_buf_init(&line);
    for (int i = 0; i < 300000; i++)
        bf_buf_z(&line, "办");
    bf_buf_z(&line, "x");
    for (int i = 0; i < 100000; i++)
        bf_buf_char(&line, 'b');
    uint32_t f = bf_source_add(&w->sources, BF_STR("a"), bf_buf_view(&line));
    bf_buf_fini(&line);
    struct bf_diag *d = bf_diag(w->ds, BF_E0201_UNDEFINED, (bf_span){f, 900000, 900001}, NAME("x"));
    bf_diag_label(w->ds, d, (bf_span){f, 900000, 900001}, BF_T_NOT_DECLARED, BF_NOARGS);
    bf_diag_label(w->ds, d, (bf_span){f, 0, 3}, BF_T_NEAREST, BF_NOARGS);
    bf_diag_label(w->ds, d, (bf_span){f, 900001, 1000001}, BF_T_OR_THIS, BF_NOARGS);
    char *out = render(w, EN, ALL);
    assert_true(strlen(out) < 1500);
    assert_memory_equal(out, "a:1:300001: error[E0201]", 24);
    /* Two parts of the line: around x, and the beginning. */
    assert_non_null(strstr(out, " 1 | ...办办"));
    assert_non_null(strstr(out, "办办xbbbb"));
    assert_non_null(strstr(out, " 1 | 办办"));
    assert_non_null(strstr(out, "| -- closest name"));
    /* The caret is under the x: as many columns after the gutter in both lines. */
    char *line_start = strstr(out, " 1 | ...办"), *x = strstr(line_start, "x");
    uint32_t column = bf_str_width((bf_str){line_start, (uint32_t)(x - line_start)}, 1);
    char *caret_line = strstr(out, " ^ not declared");
    assert_non_null(caret_line);
    char *caret = caret_line + 1;
    while (caret_line[-1] != '\n')
        caret_line--;
    assert_int_equal(caret - caret_line, column);
}

static void test_json(void **state) {
    struct world *w = *state;
    uint32_t f = add_file(w, "a\xFF.banfa", (struct line[]){{2, "办法 x"}, {0, NULL}});
    bf_span span = find(w, f, 2, "法 x");
    struct bf_diag *d = bf_diag(w->ds, BF_E0201_UNDEFINED, span, NAME("法\x01"));
    bf_diag_label(w->ds, d, span, BF_T_NOT_DECLARED, BF_NOARGS);
    bf_diag_hint(w->ds, d, BF_T_WRITE, NAME("y"));
    bf_diag(w->ds, BF_G0102_LATE, BF_NO_SPAN, NAME("z"));
    struct bf_render how = {.lang = BF_LANG_ZH, .ambiguous_width = 1, .json = true};
    char *out = render(w, how, ALL), *newline = strchr(out, '\n');
    assert_non_null(newline);
    assert_string_equal(newline + 1,
                        "{\"code\":\"G0102\",\"severity\":\"gap\",\"message\":"
                        "\"“z”逾期了会怎样，条文没有说\",\"labels\":[],\"hints\":[]}\n");
    json_t *object = json_loadb(out, (size_t)(newline - out), 0, NULL);
    json_t *expect =
        json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:s,"
                  " s:[{s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:b, s:s}], s:[s]}",
                  "code", "E0201", "severity", "error", "file", "a\xEF\xBF\xBD.banfa", "line", 2,
                  "column", 2, "end_line", 2, "end_column", 5, "start", 4, "end", 9, "message",
                  "没有叫“法?”的名称", "labels", "file", "a\xEF\xBF\xBD.banfa", "line", 2, "column",
                  2, "end_line", 2, "end_column", 5, "start", 4, "end", 9, "primary", 1, "message",
                  "没有声明过", "hints", "改成：y");
    assert_non_null(expect);
    assert_true(json_equal(object, expect));
    json_decref(object);
    json_decref(expect);
}

static void test_sort_and_repeats(void **state) {
    struct world *w = *state;
    uint32_t f = add_file(w, "a", (struct line[]){{1, "abc"}, {0, NULL}});
    uint32_t g = add_file(w, "b", (struct line[]){{1, "abc"}, {0, NULL}});
    bf_diag(w->ds, BF_E0201_UNDEFINED, (bf_span){g, 0, 1}, NAME("a"));
    bf_diag(w->ds, BF_E0201_UNDEFINED, (bf_span){f, 1, 2}, NAME("b"));
    bf_diag(w->ds, BF_E0201_UNDEFINED, (bf_span){f, 0, 1}, NAME("a"));
    bf_diag(w->ds, BF_E0201_UNDEFINED, (bf_span){f, 1, 2}, NAME("b")); /* a repeat */
    bf_diag(w->ds, BF_E0201_UNDEFINED, (bf_span){f, 1, 2}, NAME("c")); /* is not */
    assert_int_equal(bf_diags_count(w->ds, BF_SEV_ERROR), 5);
    bf_diags_sort(w->ds);
    assert_int_equal(bf_diags_count(w->ds, BF_SEV_ERROR), 4);
    assert_int_equal(bf_diags_shown(w->ds), 4);
    static const struct {
        uint32_t file, start;
        char name;
    } expect[] = {{0, 0, 'a'}, {0, 1, 'b'}, {0, 1, 'c'}, {1, 0, 'a'}};
    for (uint32_t i = 0; i < 4; i++) {
        const struct bf_diag *d = bf_diags_get(w->ds, i);
        assert_int_equal(d->span.file, expect[i].file);
        assert_int_equal(d->span.start, expect[i].start);
        assert_int_equal(d->args[0].s.p[0], expect[i].name);
    }
}

/* A million of mistakes: bounded memory, all counted, and an error is not hidden by gaps. */
static void test_limit(void **state) {
    struct world *w = *state;
    w->ds = bf_diags_new(w->arena, &w->sources, 3);
    for (int i = 0; i < 10; i++)
        bf_diag(w->ds, BF_G0102_LATE, BF_NO_SPAN, BF_ARGS(bf_arg_int(i)));
    size_t used = 0;
    for (int i = 0; i < 1000000; i++) {
        struct bf_diag *d = bf_diag(w->ds, BF_E0201_UNDEFINED, BF_NO_SPAN, BF_ARGS(bf_arg_int(i)));
        bf_diag_hint(w->ds, d, BF_T_WRITE, NAME("x"));
        if (i == 10)
            used = bf_arena_used(w->arena);
    }
    assert_int_equal(bf_arena_used(w->arena), used);
    assert_int_equal(bf_diags_count(w->ds, BF_SEV_ERROR), 1000000);
    assert_int_equal(bf_diags_count(w->ds, BF_SEV_GAP), 10);
    assert_int_equal(bf_diags_shown(w->ds), 6);
    char *out = render(w, EN, 1u << BF_SEV_ERROR);
    assert_non_null(strstr(out, "nothing is called \"2\""));
    assert_null(strstr(out, "nothing is called \"3\""));
    assert_non_null(strstr(out, "\n999997 more were found; a list is cut after 3\n"));
    out = render(w, (struct bf_render){.lang = BF_LANG_EN, .ambiguous_width = 1, .json = true},
                 1u << BF_SEV_GAP);
    assert_non_null(strstr(out,
                           "\n{\"severity\":\"note\",\"hidden\":7,\"limit\":3,\"message\":\"7 more "
                           "were found; a list is cut after 3\"}\n"));
}

static void test_long_argument(void **state) {
    struct world *w = *state;
    static char name[1 << 20];
    memset(name, 'n', sizeof name);
    bf_diag(w->ds, BF_E0201_UNDEFINED, BF_NO_SPAN,
            BF_ARGS(bf_arg_str((bf_str){name, sizeof name})));
    char *out = render(w, EN, ALL);
    assert_true(strlen(out) < 1100);
    assert_non_null(strstr(out, "nnn...\"\n"));
}

struct shown {
    struct bf_arena *arena;
    struct bf_buf out;
};

/* Four diagnostics of two files, a repeat and one past the limit, in both forms. */
static bool show_some(void *ctx) {
    struct shown *s = ctx;
    struct bf_sources sources = {.arena = s->arena};
    struct bf_diags *ds = bf_diags_new(s->arena, &sources, 3);
    for (uint32_t i = 0; i < 5; i++) {
        uint32_t f = bf_source_add(&sources, BF_STR("a"), BF_STR("ab\n办法\n"));
        bf_span span = {f, 3, 3 + i / 2};
        struct bf_diag *d = bf_diag(ds, BF_E0201_UNDEFINED, span, NAME("办"));
        bf_diag_label(ds, d, span, BF_T_NOT_DECLARED, BF_NOARGS);
        bf_diag_label(ds, d, (bf_span){0, 0, 1}, BF_T_WRITE, NAME("x"));
        bf_diag_hint(ds, d, BF_T_WRITE, NAME("x"));
    }
    bf_diags_sort(ds);
    bf_diags_render(ds, &ZH, ALL, &s->out);
    struct bf_render json = {.lang = BF_LANG_EN, .ambiguous_width = 1, .json = true};
    bf_diags_render(ds, &json, ALL, &s->out);
    return !s->out.failed;
}

static bool show_in_new_arena(void *ctx) {
    (void)ctx;
    struct shown s = {.arena = bf_arena_new(0)};
    if (!s.arena)
        return false;
    bf_buf_init(&s.out);
    bool ok = fault_guard(s.arena, show_some, &s);
    bf_buf_fini(&s.out);
    bf_arena_free(s.arena);
    return ok;
}

static void test_no_memory(void **state) {
    (void)state;
    json_set_alloc_funcs(bf_malloc, bf_free);
    assert_true(fault_until_quiet(show_in_new_arena, NULL) > 50);
    json_set_alloc_funcs(malloc, free);
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_undefined_zh),
        CASE(test_undefined_en),
        CASE(test_gap_zh),
        CASE(test_other_file),
        CASE(test_two_on_one_line),
        CASE(test_no_place),
        CASE(test_templates),
        CASE(test_odd_places),
        CASE(test_unprintable),
        CASE(test_random_carets),
        CASE(test_tabs),
        CASE(test_long_line),
        CASE(test_json),
        CASE(test_sort_and_repeats),
        CASE(test_limit),
        CASE(test_long_argument),
        CASE(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
