/* Tests of lang/base below the diagnostics: memory, text, buffers, errors, sources, hashes, the
** choice of a language, and that the two languages of the message tables agree. */
#include "tests/unit/test.h"

#include <inttypes.h>
#include <unistd.h>

#include "lang/base/diag_parts.h"
#include "lang/base/hash.h"
#include "lang/base/mem.h"
#include "lang/base/source.h"

/* ---- arena ---- */

static void test_arena_aligns_and_keeps(void **state) {
    (void)state;
    struct bf_arena *a = bf_arena_new(0);
    enum { N = 3000 };
    static unsigned char *p[N];
    uint64_t seed = 1;
    size_t total = 0;
    for (unsigned i = 0; i < N; i++) {
        size_t size = i % 500 == 7 ? 3u << 20 : i % 97;
        p[i] = bf_arena_alloc(a, size);
        assert_int_equal((uintptr_t)p[i] % 16, 0);
        memset(p[i], (int)(i & 255), size);
        total += size;
    }
    assert_true(bf_arena_used(a) >= total);
    for (unsigned i = 0; i < N; i++)
        for (size_t k = 0, size = i % 500 == 7 ? 3u << 20 : i % 97; k < size; k++)
            if (p[i][k] != (i & 255))
                fail_msg("allocation %u was written over", i);
    bf_arena_reset(a);
    assert_int_equal(bf_arena_used(a), 0);
    for (int i = 0; i < 100; i++) { /* what was used before comes back zeroed */
        unsigned char *z = bf_arena_zalloc(a, 100);
        for (int k = 0; k < 100; k++)
            assert_int_equal(z[k], 0);
        memset(z, 0xFF, test_random(&seed) % 101);
    }
    bf_arena_free(a);
    bf_arena_free(NULL);
}

/* What one arena gave back another takes; bytes of two that live are never the same. */
static void test_arenas_take_blocks_anew(void **state) {
    (void)state;
    enum { N = 600 };
    static struct bf_arena *a[N];
    static unsigned char *p[N];
    uint64_t seed = 3;
    for (unsigned round = 0; round < 20 * N; round++) {
        unsigned i = test_random(&seed) % N;
        if (a[i]) {
            for (int k = 0; k < 100; k++)
                assert_int_equal(p[i][k], (unsigned char)i);
            bf_arena_free(a[i]);
        }
        a[i] = bf_arena_new(0);
        p[i] = memset(bf_arena_alloc(a[i], 100), (int)i & 255, 100);
    }
    for (unsigned i = 0; i < N; i++)
        bf_arena_free(a[i]);
}

static void test_arena_limit(void **state) {
    (void)state;
    struct bf_arena *a = bf_arena_new(10000);
    jmp_buf full;
    assert_null(bf_arena_on_exhausted(a, &full));
    volatile int taken = 0;
    if (setjmp(full) == 0)
        for (;;) {
            bf_arena_alloc(a, 1000);
            taken++;
        }
    assert_in_range(taken, 8, 10);
    assert_true(bf_arena_used(a) <= 10000);
    volatile int refused = 0;
    if (setjmp(full) == 0)
        bf_arena_alloc(a, SIZE_MAX - 8);
    else
        refused = 1;
    assert_int_equal(refused, 1);
    assert_ptr_equal(bf_arena_on_exhausted(a, NULL), &full);
    bf_arena_free(a);
}

static int never(void *ctx, size_t size) {
    (void)size;
    ++*(int *)ctx;
    return 0;
}

static void test_no_memory(void **state) {
    (void)state;
    struct bf_arena *a = bf_arena_new(0);
    struct bf_buf buf;
    bf_buf_init(&buf);
    bf_buf_z(&buf, "kept");
    int asked = 0;
    jmp_buf full;
    bf_arena_on_exhausted(a, &full);
    bf_mem_set_hook(never, &asked);
    assert_null(bf_malloc(1));
    assert_null(bf_realloc(NULL, 1));
    assert_null(bf_arena_new(0));
    volatile int jumped = 0;
    if (setjmp(full) == 0)
        bf_arena_alloc(a, 10000); /* more than it begins with */
    else
        jumped = 1;
    for (int i = 0; i < 1000; i++)
        bf_buf_char(&buf, 'x');
    bf_mem_set_hook(NULL, NULL);
    assert_int_equal(jumped, 1);
    assert_int_equal(asked, 5);
    assert_true(buf.failed);
    bf_buf_z(&buf, "dropped");
    assert_memory_equal(buf.p, "kept", 4);
    bf_buf_fini(&buf);
    bf_arena_free(a);
}

/* ---- text ---- */

/* UTF-8 as RFC 3629's grammar has it, slowly. Returns the length of the sequence or 0. */
static int rfc3629(const unsigned char *s, size_t n) {
#define TAIL(i) (s[i] >= 0x80 && s[i] <= 0xBF)
#define BETWEEN(i, low, high) (s[i] >= (low) && s[i] <= (high))
    if (n >= 1 && s[0] <= 0x7F)
        return 1;
    if (n >= 2 && BETWEEN(0, 0xC2, 0xDF) && TAIL(1))
        return 2;
    if (n >= 3 && TAIL(2) &&
        ((s[0] == 0xE0 && BETWEEN(1, 0xA0, 0xBF)) || (BETWEEN(0, 0xE1, 0xEC) && TAIL(1)) ||
         (s[0] == 0xED && BETWEEN(1, 0x80, 0x9F)) || (BETWEEN(0, 0xEE, 0xEF) && TAIL(1))))
        return 3;
    if (n >= 4 && TAIL(2) && TAIL(3) &&
        ((s[0] == 0xF0 && BETWEEN(1, 0x90, 0xBF)) || (BETWEEN(0, 0xF1, 0xF3) && TAIL(1)) ||
         (s[0] == 0xF4 && BETWEEN(1, 0x80, 0x8F))))
        return 4;
    return 0;
}

static void test_utf8_decode(void **state) {
    (void)state;
    static const unsigned char edge[] = {0,    0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF,
                                         0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE,
                                         0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF};
    enum { N = sizeof edge };
    for (unsigned i = 0; i < N * N * N * N; i++) {
        unsigned char s[4] = {edge[i % N], edge[i / N % N], edge[i / N / N % N],
                              edge[i / N / N / N]};
        for (size_t n = 1; n <= 4; n++) {
            uint32_t cp;
            int got = bf_utf8_decode((char *)s, (char *)s + n, &cp);
            if (got != rfc3629(s, n))
                fail_msg("%02x %02x %02x %02x, %zu bytes: %d", s[0], s[1], s[2], s[3], n, got);
        }
    }
    uint32_t cp;
    const char *text = "办\u00e9\U00020000";
    assert_int_equal(bf_utf8_decode(text, text + 9, &cp), 3);
    assert_int_equal(cp, 0x529E);
    assert_int_equal(bf_utf8_decode(text + 3, text + 9, &cp), 2);
    assert_int_equal(cp, 0xE9);
    assert_int_equal(bf_utf8_decode(text + 5, text + 9, &cp), 4);
    assert_int_equal(cp, 0x20000);
}

static void test_utf8_check(void **state) {
    (void)state;
    char text[64];
    for (uint64_t seed = 0; seed < 50000; seed++) {
        uint64_t s = seed;
        size_t len = test_random(&s) % sizeof text, at = 0;
        for (size_t i = 0; i < len; i++) {
            static const char common[] = "aaaaaaaaaaaaaaaaaaaa\xE5\x8A\x9E";
            text[i] = test_random(&s) % 40 ? common[(i + seed) % 23] : (char)test_random(&s);
        }
        while (at < len) {
            int n = rfc3629((unsigned char *)text + at, len - at);
            if (n == 0)
                break;
            at += (size_t)n;
        }
        if (bf_utf8_check(text, len) != at)
            fail_msg("seed %llu", (unsigned long long)seed);
    }
}

/* Byte by byte; each byte there is comes at each place of a word, among plain ones. */
static void test_json_plain(void **state) {
    (void)state;
    char text[40];
    for (uint64_t seed = 0; seed < 50000; seed++) {
        uint64_t s = seed;
        size_t len = test_random(&s) % sizeof text, at = 0;
        memset(text, "a !#[]~\x7F"[test_random(&s) % 8], sizeof text);
        for (int i = test_random(&s) % 3; len && i >= 0; i--)
            text[test_random(&s) % len] = (char)test_random(&s);
        while (at < len && (unsigned char)text[at] > 0x1F && !strchr("\"\\", text[at]))
            at++;
        if (bf_json_plain(text, len) != at)
            fail_msg("seed %llu", (unsigned long long)seed);
    }
    assert_int_equal(bf_json_plain(NULL, 0), 0);
}

static void test_width(void **state) {
    (void)state;
    assert_int_equal(bf_str_width(BF_STR("提供部门 ab，“"), 1), 8 + 1 + 2 + 2 + 1);
    assert_int_equal(bf_str_width(BF_STR("提供部门 ab，“"), 2), 8 + 1 + 2 + 2 + 2);
    assert_int_equal(bf_utf8_count(BF_STR("提供\xFF"
                                          "a\xE5\x8A")),
                     6);
    assert_int_equal(bf_utf8_width(0x2502, 2), 2);   /* │ */
    assert_int_equal(bf_utf8_width(0x0301, 2), 0);   /* combining, also where it is ambiguous */
    assert_int_equal(bf_utf8_width(0xFF76, 2), 1);   /* half-width katakana */
    assert_int_equal(bf_utf8_width(0x10FFFD, 2), 2); /* private use is ambiguous */
}

/* Every insertion, deletion and replacement tried: the distance by its definition. */
static uint32_t slow_distance(const char *x, const char *y) {
    if (!*x || !*y)
        return (uint32_t)(strlen(x) + strlen(y));
    uint32_t replace = slow_distance(x + 1, y + 1) + (*x != *y);
    uint32_t drop = slow_distance(x + 1, y) + 1, add = slow_distance(x, y + 1) + 1;
    uint32_t least = drop < add ? drop : add;
    return replace < least ? replace : least;
}

static void test_distance(void **state) {
    (void)state;
    assert_int_equal(bf_str_distance(BF_STR("提供部们"), BF_STR("提供部门"), 2), 1);
    assert_int_equal(bf_str_distance(BF_STR(""), BF_STR("提供"), 2), 2);
    assert_int_equal(bf_str_distance(BF_STR(""), BF_STR(""), 0), 0);
    for (uint64_t seed = 0; seed < 2000; seed++) {
        uint64_t s = seed;
        char x[7] = "", y[7] = "";
        for (uint64_t i = 0, n = test_random(&s) % 7; i < n; i++)
            x[i] = (char)('a' + test_random(&s) % 3);
        for (uint64_t i = 0, n = test_random(&s) % 7; i < n; i++)
            y[i] = (char)('a' + test_random(&s) % 3);
        uint32_t max = (uint32_t)(test_random(&s) % 7), expect = slow_distance(x, y);
        expect = expect > max ? max + 1 : expect;
        assert_int_equal(bf_str_distance(bf_str_of(x), bf_str_of(y), max), expect);
    }
    char longer[200];
    memset(longer, 'a', sizeof longer);
    assert_int_equal(bf_str_distance((bf_str){longer, 200}, (bf_str){longer, 199}, 3), 4);
    assert_int_equal(bf_str_distance((bf_str){longer, 200}, (bf_str){longer, 200}, 3), 0);
}

static void test_str(void **state) {
    (void)state;
    assert_true(bf_str_cmp(BF_STR("ab"), BF_STR("abc")) < 0);
    assert_true(bf_str_cmp(BF_STR("b"), BF_STR("abc")) > 0);
    assert_true(bf_str_cmp(BF_STR("\xE5"), BF_STR("z")) > 0);
    assert_true(bf_str_eq(BF_STR(""), (bf_str){NULL, 0}));
    assert_true(bf_str_starts(BF_STR("abc"), BF_STR("ab")));
    assert_false(bf_str_starts(BF_STR("a"), BF_STR("ab")));
    assert_int_equal(bf_str_hash(BF_STR("")), 0x811c9dc5); /* FNV-1a's published values */
    assert_int_equal(bf_str_hash(BF_STR("a")), 0xe40c292c);
    assert_int_equal(bf_str_hash(BF_STR("foobar")), 0xbf9cf968);
}

/* Whatever the format, what vsnprintf would have written. */
static void test_buf_fmt(void **state) {
    (void)state;
#define SAME(...) \
    do { \
        struct bf_buf b; \
        char expect[256]; \
        bf_buf_init(&b); \
        bf_buf_z(&b, "before"); \
        bf_buf_fmt(&b, __VA_ARGS__); \
        snprintf(expect, sizeof expect, __VA_ARGS__); \
        assert_string_equal(b.p + 6, expect); \
        assert_int_equal(b.len, 6 + strlen(expect)); \
        bf_buf_fini(&b); \
    } while (0)
    SAME("plain");
    SAME("%s", "");
    SAME("%s and %s", "one", "two");
    SAME("[%c]%%%c", 'x', '%');
    SAME("%d %d %d", 0, INT32_MIN, INT32_MAX);
    SAME("%u %u", 0u, UINT32_MAX);
    SAME("%lld|%lld|%llu", (long long)INT64_MIN, (long long)INT64_MAX,
         (unsigned long long)UINT64_MAX);
    SAME("%ld,%lu,%zu", -5L, 7UL, (size_t)9);
    SAME("%" PRId64 "%" PRIu64, (int64_t)-1, UINT64_MAX);
    SAME("%.*s|%.*s|%.*s", 2, "abc", 9, "abc", 0, "abc");
    SAME("%.*s", -1, "all of it");
    SAME("%5d|%-5s|%04x|%.3s|%02u", 42, "ab", 255u, "abcdef", 7u);
    SAME("%s%04x%d", "mixed", 3u, -3);
    SAME("%hhu %x", (unsigned char)200, 0xabcu);
#undef SAME
}

static void test_buf(void **state) {
    (void)state;
    struct bf_buf b;
    bf_buf_init(&b);
    assert_int_equal(bf_buf_view(&b).len, 0);
    for (int i = 0; i < 1000; i++) {
        bf_buf_int(&b, i % 2 ? i : -i);
        bf_buf_fmt(&b, "%s%c", "", ' ');
    }
    bf_buf_int(&b, INT64_MIN);
    bf_buf_int(&b, INT64_MAX);
    char expect[16384];
    int n = 0;
    for (int i = 0; i < 1000; i++)
        n += snprintf(expect + n, sizeof expect - (size_t)n, "%d ", i % 2 ? i : -i);
    n += snprintf(expect + n, sizeof expect - (size_t)n, "%lld%lld", (long long)INT64_MIN,
                  (long long)INT64_MAX);
    assert_int_equal(b.len, n);
    assert_memory_equal(b.p, expect, (size_t)n);
    assert_false(b.failed);
    bf_buf_fini(&b);
}

static void test_error(void **state) {
    (void)state;
    struct bf_error e;
    assert_int_equal(bf_fail(&e, BF_ENOENT, "%s: %d", "a.banfa", 3), BF_ENOENT);
    assert_int_equal(bf_error_wrap(&e, "open %s", "policy"), BF_ENOENT);
    assert_string_equal(e.text, "open policy: a.banfa: 3");
    char chinese[3 * 400 + 1] = "";
    for (int i = 0; i < 400; i++)
        strcat(chinese, "办");
    bf_fail(&e, BF_EIO, "a%s", chinese);
    assert_int_equal(bf_utf8_check(e.text, strlen(e.text)), strlen(e.text));
    assert_int_equal(bf_utf8_check(NULL, 0), 0);
    assert_in_range(strlen(e.text), 500, 511);
    bf_error_wrap(&e, "b%s", chinese);
    assert_int_equal(strlen(e.text) < sizeof e.text, 1);
}

/* ---- hash ---- */

static void test_sha256(void **state) { /* the examples of FIPS 180-4 */
    (void)state;
    uint8_t digest[BF_SHA256_LEN];
    char hex[2 * BF_SHA256_LEN + 1];
    bf_sha256("abc", 3, digest);
    bf_hex(digest, sizeof digest, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    bf_sha256("", 0, digest);
    bf_hex(digest, sizeof digest, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* ---- source ---- */

/* Line and column of an offset by walking from the start. */
static struct bf_place slow_place(const char *text, uint32_t len, uint32_t offset) {
    struct bf_place at = {1, 1};
    uint32_t i = len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    while (i < offset) {
        int n = rfc3629((const unsigned char *)text + i, len - i);
        n = n ? n : 1;
        if (i + (uint32_t)n > offset)
            n = 1; /* offset is inside a character: its bytes count */
        at.column++;
        if (text[i] == '\n')
            at = (struct bf_place){at.line + 1, 1};
        i += (uint32_t)n;
    }
    return at;
}

static void test_places(void **state) {
    (void)state;
    struct bf_arena *a = bf_arena_new(0);
    struct bf_sources sources = {.arena = a};
    static const char *const piece[] = {"a", "\n", "办", "\r\n", "\xEF\xBB\xBF", "\xFF", "\t"};
    for (uint64_t seed = 0; seed < 3000; seed++) {
        uint64_t s = seed;
        char text[128] = "";
        for (uint64_t i = 0, n = test_random(&s) % 30; i < n; i++)
            strcat(text, piece[test_random(&s) % 7]);
        uint32_t len = (uint32_t)strlen(text);
        uint32_t f = bf_source_add(&sources, BF_STR("f"), bf_str_of(text));
        assert_int_equal(sources.file[f].text.p[len], 0);
        for (uint32_t offset = 0; offset <= len; offset++) {
            struct bf_place got = bf_source_place(&sources, f, offset);
            struct bf_place expect = slow_place(text, len, offset);
            if (got.line != expect.line || got.column != expect.column)
                fail_msg("seed %d offset %u: %u:%u for %u:%u", (int)seed, offset, got.line,
                         got.column, expect.line, expect.column);
        }
    }
    uint32_t f = bf_source_add(&sources, BF_STR("f"),
                               BF_STR("\xEF\xBB\xBF"
                                      "ab\r\n\r\nc"));
    assert_true(bf_str_eq(bf_source_line(&sources, f, 1), BF_STR("ab")));
    assert_true(bf_str_eq(bf_source_line(&sources, f, 2), BF_STR("")));
    assert_true(bf_str_eq(bf_source_line(&sources, f, 3), BF_STR("c")));
    bf_arena_free(a);
}

static void test_read(void **state) {
    (void)state;
    struct bf_arena *a = bf_arena_new(0);
    struct bf_sources sources = {.arena = a};
    struct bf_error e;
    char path[] = "/tmp/banfa-base-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    static char text[200001];
    memset(text, 'x', sizeof text);
    text[100] = 0; /* a NUL in the middle is the lexer's business */
    assert_int_equal(write(fd, text, sizeof text), sizeof text);
    close(fd);
    uint32_t f = 99;
    assert_int_equal(bf_source_read(&sources, path, BF_STR("shown"), &f, &e), BF_OK);
    assert_int_equal(f, 0);
    assert_int_equal(sources.file[0].text.len, sizeof text);
    assert_memory_equal(sources.file[0].text.p, text, sizeof text);
    assert_true(bf_str_eq(sources.file[0].name, BF_STR("shown")));

    struct bf_arena *small = bf_arena_new(1000);
    struct bf_sources few = {.arena = small};
    assert_int_equal(bf_source_read(&few, path, BF_STR("f"), &f, &e), BF_ENOMEM);
    bf_arena_free(small);
    unlink(path);

    assert_int_equal(bf_source_read(&sources, path, BF_STR("f"), &f, &e), BF_ENOENT);
    assert_non_null(strstr(e.text, path));
    assert_int_equal(bf_source_read(&sources, "/", BF_STR("f"), &f, &e), BF_EIO);

    int in[2], keep = dup(STDIN_FILENO);
    assert_int_equal(pipe(in), 0);
    assert_int_equal(write(in[1], "piped", 5), 5);
    close(in[1]);
    dup2(in[0], STDIN_FILENO);
    assert_int_equal(bf_source_read(&sources, "-", BF_STR("-"), &f, &e), BF_OK);
    dup2(keep, STDIN_FILENO);
    close(keep);
    close(in[0]);
    assert_true(bf_str_eq(sources.file[f].text, BF_STR("piped")));
    bf_arena_free(a);
}

/* ---- language ---- */

static void test_lang(void **state) {
    (void)state;
    static const struct {
        const char *flag, *language, *lc_all, *lc_messages, *lang;
        int expect; /* -1: refused */
    } row[] = {
        {"zh", NULL, NULL, NULL, NULL, BF_LANG_ZH},
        {"zh_CN.UTF-8", NULL, "en_US", NULL, NULL, BF_LANG_ZH},
        {"zh-Hans", NULL, NULL, NULL, NULL, BF_LANG_ZH},
        {"EN", "zh", NULL, NULL, NULL, BF_LANG_EN},
        {"fr", NULL, NULL, NULL, NULL, -1},
        {"", NULL, NULL, NULL, NULL, -1},
        {"zhx", NULL, NULL, NULL, NULL, -1},
        {NULL, NULL, NULL, NULL, NULL, BF_LANG_EN},
        {NULL, "fr:zh_CN:en", "en_US", NULL, NULL, BF_LANG_ZH},
        {NULL, "fr", NULL, NULL, "zh_CN.UTF-8", BF_LANG_ZH},
        {NULL, "", "", "zh_TW", "en", BF_LANG_ZH},
        {NULL, NULL, "C", NULL, "zh_CN", BF_LANG_EN},
        {NULL, NULL, "zh_CN@pinyin", "en", "en", BF_LANG_ZH},
        {NULL, NULL, NULL, NULL, "zh", BF_LANG_ZH},
        {NULL, NULL, NULL, NULL, "zhuang", BF_LANG_EN},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const char *const name[] = {"LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"};
        const char *const value[] = {row[i].language, row[i].lc_all, row[i].lc_messages,
                                     row[i].lang};
        for (int k = 0; k < 4; k++)
            value[k] ? setenv(name[k], value[k], 1) : unsetenv(name[k]);
        enum bf_lang lang = BF_LANG_EN;
        bool ok = bf_lang_choose(row[i].flag, &lang);
        if ((ok ? (int)lang : -1) != row[i].expect)
            fail_msg("row %zu", i);
    }
}

/* ---- the message tables ---- */

static unsigned arguments_of(const char *text) {
    unsigned set = 0;
    for (; *text; text++)
        if (text[0] == '{' && text[1] >= '0' && text[1] <= '9' && text[2] == '}')
            set |= 1u << (text[1] - '0');
    return set;
}

/* {0?s}: what follows the mark is said unless the argument is 1. */
static void test_plurals(void **state) {
    static const struct {
        int64_t n;
        const char *said;
    } row[] = {{0, "0 rows in 0 files"},
               {1, "1 row in 1 file"},
               {2, "2 rows in 2 files"},
               {-1, "-1 rows in -1 files"}};
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct bf_buf b;
        bf_buf_init(&b);
        bf_template_render(&b, BF_LANG_EN, "{0} row{0?s} in {0} file{0?s}",
                           BF_ARGS(bf_arg_int(row[i].n)));
        assert_true(bf_str_eq(bf_buf_view(&b), bf_str_of(row[i].said)));
        bf_buf_fini(&b);
    }
}

static void check_message(const char *id, const char *en, const char *zh) {
    if (!*en || !*zh || arguments_of(en) != arguments_of(zh))
        fail_msg("%s: the two languages take different arguments:\n  %s\n  %s", id, en, zh);
    if (strstr(zh, "非法") || strstr(zh, "无效") || strstr(zh, "致命"))
        fail_msg("%s: say what the text needs: %s", id, zh);
}

/* A code may stand for several wordings of one thing, but its letter is its severity. */
static void check_code(const char *id, const char *severity) {
    if (id[0] != severity[0] || strspn(id + 1, "0123456789") != 4 || id[5] != '_')
        fail_msg("%s is not four digits after the first letter of %s", id, severity);
}

static void test_messages(void **state) {
    (void)state;
#define DIAG(id, sev, en, zh) check_message(#id, en, zh);
#define TEXT(id, en, zh) check_message(#id, en, zh);
#include "lang/defs/messages.def"
#define DIAG(id, sev, en, zh) check_code(#id, #sev);
#include "lang/defs/messages.def"
}

static void test_an_array_grows_by_doubling(void **state) {
    (void)state;
    struct bf_arena *a = bf_arena_new(0);
    uint32_t *n = NULL, cap = 0, copies = 0;
    for (uint32_t count = 0; count < 1000; count++) {
        uint32_t *before = n;
        n = bf_arena_grow(a, n, count, &cap, sizeof *n);
        assert_true(count < cap);
        copies += n != before;
        n[count] = count * 7;
    }
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(n[i], i * 7);
    assert_int_equal(cap, 1024);
    assert_int_equal(copies, 8); /* 8, 16, …, 1024 */
    bf_arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_array_grows_by_doubling),
        cmocka_unit_test(test_arena_aligns_and_keeps),
        cmocka_unit_test(test_arenas_take_blocks_anew),
        cmocka_unit_test(test_arena_limit),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_utf8_decode),
        cmocka_unit_test(test_utf8_check),
        cmocka_unit_test(test_json_plain),
        cmocka_unit_test(test_width),
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_str),
        cmocka_unit_test(test_buf),
        cmocka_unit_test(test_buf_fmt),
        cmocka_unit_test(test_error),
        cmocka_unit_test(test_sha256),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_lang),
        cmocka_unit_test(test_plurals),
        cmocka_unit_test(test_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
