/* auth: tokens, the directory against a list that is searched, rates against plain arithmetic. */
#include "tests/unit/test.h"

#include <jansson.h>

#include "engine/service/auth.h"
#include "engine/service/deputy.h"
#include "tests/unit/fault.h"

static void test_tokens(void **state) {
    (void)state;
    /* CRC-32 of 32 zero bytes is 0x190A55AD = 420107693 = 0 28 26 45 12 33 in base 62. */
    char text[BF_TOKEN_LEN + 1];
    uint8_t bits[32] = {0};
    bf_token_print(bits, text);
    assert_string_equal(text, "bfd_0000000000000000000000000000000000000000000"
                              "0SQjCX");
    uint64_t seed = 1;
    for (unsigned round = 0; round < test_rounds(2000); round++) {
        for (int i = 0; i < 32; i++)
            bits[i] = (uint8_t)test_random(&seed);
        bf_token_print(bits, text);
        assert_int_equal(strlen(text), BF_TOKEN_LEN);
        struct bf_token_hash hash, expected;
        bf_sha256(bits, 32, expected.p);
        assert_int_equal(bf_token_read(bf_str_of(text), &hash), BF_TOKEN_OK);
        assert_memory_equal(hash.p, expected.p, 32);
        /* one character typed wrongly: always told */
        size_t at = 4 + test_random(&seed) % (BF_TOKEN_LEN - 4);
        char was = text[at];
        text[at] = was == 'a' ? 'b' : 'a';
        assert_int_equal(bf_token_read(bf_str_of(text), &hash), BF_TOKEN_MISTYPED);
        text[at] = '-';
        assert_int_equal(bf_token_read(bf_str_of(text), &hash), BF_TOKEN_FOREIGN);
        text[at] = 0;
        assert_int_equal(bf_token_read((bf_str){text, BF_TOKEN_LEN}, &hash), BF_TOKEN_FOREIGN);
    }
    struct bf_token_hash hash, other;
    struct bf_error e;
    char second[BF_TOKEN_LEN + 1];
    assert_int_equal(bf_token_read((bf_str){0}, &hash), BF_TOKEN_FOREIGN);
    assert_int_equal(
        bf_token_read(BF_STR("bfd_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"), &hash),
        BF_TOKEN_MISTYPED); /* more than 256 bits */
    assert_int_equal(bf_token_make(text, &hash, &e), BF_OK);
    assert_int_equal(bf_token_make(second, &other, &e), BF_OK);
    assert_string_not_equal(text, second);
    assert_int_equal(bf_token_read(bf_str_of(text), &other), BF_TOKEN_OK);
    assert_true(bf_bytes_equal(&hash, &other, sizeof hash));
}

static void put(struct bf_directory *d, enum bf_directory_kind kind, const char *id,
                const char *json) {
    struct bf_error e;
    if (bf_directory_put(d, kind, bf_str_of(id), bf_str_of(json), &e) != BF_OK)
        fail_msg("%s", e.text);
}

static void test_bad_rows(void **state) {
    (void)state;
    static const struct {
        enum bf_directory_kind kind;
        const char *json, *wrong;
    } rows[] = {
        {BF_DIR_PERSON, "{}", "person: name: this member is needed"},
        {BF_DIR_PERSON, "[]", "person: an object is needed"},
        {BF_DIR_PERSON, "{\"active\":1,\"name\":\"a\",\"operator\":false}",
         "person: active: true or false is needed"},
        {BF_DIR_PERSON, "{\"active\":true,\"name\":\"\",\"operator\":false}",
         "person: name: a text is needed"},
        {BF_DIR_PERSON, "{\"active\":true,\"name\":\"a\",\"operator\":false,\"root\":true}",
         "person: root: there is no such member"},
        {BF_DIR_HOLDING, "{\"person\":\"a\",\"post\":\"b\",\"until\":\"2026\"}",
         "holding: until: an instant is needed"},
        {BF_DIR_DEPUTY, "{\"person\":\"a\",\"post\":\"b\",\"principal\":\"c\"}",
         "deputy: until: this member is needed"},
        {BF_DIR_TOKEN, "{\"hash\":\"00\",\"name\":\"a\",\"person\":\"b\",\"revoked\":false}",
         "token: hash: 64 hexadecimal digits are needed"},
    };
    struct bf_directory *d = bf_directory_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bf_error e;
        assert_int_equal(
            bf_directory_put(d, rows[i].kind, BF_STR("x"), bf_str_of(rows[i].json), &e),
            BF_EFORMAT);
        assert_string_equal(e.text, rows[i].wrong);
        assert_false(bf_directory_remove(d, rows[i].kind, BF_STR("x")));
    }
    struct bf_error e;
    assert_int_equal(
        bf_directory_put(d, BF_DIR_PERSON, BF_STR("x"), BF_STR("{\"a\":1,\"a\":1}"), &e),
        BF_EFORMAT);
    assert_int_equal(bf_directory_put(d, BF_DIR_PERSON, (bf_str){0}, BF_STR("{}"), &e), BF_EFORMAT);
    bf_directory_free(d);
}

/* The model: small numbers in arrays. People, posts, departments 0-4, holdings, deputies and tokens 0-9. */
enum { N = 5, M = 10 };
struct model {
    bool department[N];
    struct {
        bool there, acts;
        int department, office; /* 0: none */
    } post[N];
    struct {
        bool there, active, is_operator;
    } person[N];
    struct {
        bool there;
        int person, post, from, until; /* -1: not limited */
    } holding[M];
    struct {
        bool there;
        int person, principal, post, from, until; /* from -1: not limited */
    } deputy[M];
    struct {
        bool there, revoked;
        int person, expires;
    } token[M];
};

static int pick(uint64_t *seed, int n) { return (int)(test_random(seed) % (unsigned)n); }

static struct bf_token_hash hash_of(int token) {
    struct bf_token_hash h = {{0}}; /* all in one chain of the table */
    h.p[31] = (uint8_t)token;
    return h;
}

static void change(struct bf_directory *d, struct model *m, uint64_t *seed) {
    enum bf_directory_kind kind = (enum bf_directory_kind)pick(seed, BF_DIR_SUCCESSION);
    int id = pick(seed, kind >= BF_DIR_HOLDING ? M : N), a = pick(seed, N), b = pick(seed, N);
    char name[8], json[256], until[40] = "", from[40] = "", hex[65];
    snprintf(name, sizeof name, "%d", id);
    bool there = pick(seed, 4), yes = pick(seed, 3), also = pick(seed, 2);
    switch (kind) {
    case BF_DIR_DEPARTMENT:
        m->department[id] = there;
        snprintf(json, sizeof json, "{\"name\":\"数据局\"}");
        break;
    case BF_DIR_POST:
        b = pick(seed, 3);
        m->post[id].there = there, m->post[id].acts = yes, m->post[id].department = a,
        m->post[id].office = b;
        if (b)
            snprintf(from, sizeof from, ",\"office\":\"o%d\"", b);
        snprintf(json, sizeof json, "{\"acts\":%s,\"department\":\"%d\",\"name\":\"p\"%s}",
                 yes ? "true" : "false", a, from);
        break;
    case BF_DIR_PERSON:
        m->person[id].there = there, m->person[id].active = yes, m->person[id].is_operator = also;
        snprintf(json, sizeof json, "{\"active\":%s,\"name\":\"n\",\"operator\":%s}",
                 yes ? "true" : "false", also ? "true" : "false");
        break;
    case BF_DIR_HOLDING:
        m->holding[id].there = there, m->holding[id].person = a, m->holding[id].post = b;
        m->holding[id].from = yes ? -1 : pick(seed, 10),
        m->holding[id].until = also ? -1 : pick(seed, 10);
        if (!yes)
            snprintf(from, sizeof from, "\"from\":%d,", m->holding[id].from);
        if (!also)
            snprintf(until, sizeof until, ",\"until\":%d", m->holding[id].until);
        snprintf(json, sizeof json, "{%s\"person\":\"%d\",\"post\":\"%d\"%s}", from, a, b, until);
        break;
    case BF_DIR_DEPUTY:
        m->deputy[id].there = there, m->deputy[id].person = a, m->deputy[id].post = b;
        m->deputy[id].principal = pick(seed, N);
        m->deputy[id].from = yes ? -1 : pick(seed, 10), m->deputy[id].until = pick(seed, 10);
        if (!yes)
            snprintf(from, sizeof from, "\"from\":%d,", m->deputy[id].from);
        snprintf(json, sizeof json,
                 "{%s\"person\":\"%d\",\"post\":\"%d\",\"principal\":\"%d\",\"until\":%d}", from, a,
                 b, m->deputy[id].principal, m->deputy[id].until);
        break;
    case BF_DIR_TOKEN:
    default:
        m->token[id].there = there, m->token[id].person = a, m->token[id].revoked = !yes;
        m->token[id].expires = also ? -1 : pick(seed, 10);
        if (!also)
            snprintf(until, sizeof until, "\"expires\":%d,", m->token[id].expires);
        struct bf_token_hash h = hash_of(id);
        bf_hex(h.p, 32, hex);
        snprintf(json, sizeof json,
                 "{%s\"hash\":\"%s\",\"name\":\"t\",\"person\":\"%d\",\"revoked\":%s}", until, hex,
                 a, yes ? "false" : "true");
        break;
    }
    if (there)
        put(d, kind, name, json);
    else
        bf_directory_remove(d, kind, bf_str_of(name));
}

static bool model_holds(const struct model *m, int person, int post, int now) {
    for (int h = 0; h < M; h++)
        if (m->holding[h].there && m->holding[h].person == person && m->holding[h].post == post &&
            m->holding[h].from <= now && (m->holding[h].until < 0 || now < m->holding[h].until))
            return m->person[person].there && m->person[person].active;
    return false;
}

static bool model_may(const struct model *m, int person, int department, int office, int now) {
    if (!m->person[person].there || !m->person[person].active || !m->department[department])
        return false;
    for (int post = 0; post < N; post++) {
        bool his = model_holds(m, person, post, now);
        for (int d = 0; d < M && !his; d++)
            his = m->deputy[d].there && m->deputy[d].person == person &&
                  m->deputy[d].post == post && m->deputy[d].from <= now &&
                  now < m->deputy[d].until && model_holds(m, m->deputy[d].principal, post, now);
        if (his && m->post[post].there && m->post[post].department == department &&
            (office ? m->post[post].office == office : m->post[post].acts))
            return true;
    }
    return false;
}

static enum bf_sign_in model_sign_in(const struct model *m, int token, int now) {
    if (!m->token[token].there)
        return BF_SIGN_IN_UNKNOWN;
    if (m->token[token].revoked)
        return BF_SIGN_IN_REVOKED;
    if (m->token[token].expires >= 0 && now >= m->token[token].expires)
        return BF_SIGN_IN_EXPIRED;
    int p = m->token[token].person;
    return m->person[p].there && m->person[p].active ? BF_SIGN_IN_OK : BF_SIGN_IN_INACTIVE;
}

static void test_directory_as_the_model(void **state) {
    (void)state;
    int granted = 0, signed_in = 0;
    for (unsigned round = 0; round < test_rounds(300); round++) {
        uint64_t seed = round;
        struct model m = {0};
        struct bf_directory *d = bf_directory_new();
        for (int i = 0; i < 150; i++) {
            change(d, &m, &seed);
            for (int k = 0; k < 30; k++) {
                int person = pick(&seed, N), department = pick(&seed, N), office = pick(&seed, 3),
                    now = pick(&seed, 10);
                char who[8], of[8], through[8] = "";
                snprintf(who, sizeof who, "%d", person), snprintf(of, sizeof of, "%d", department);
                if (office)
                    snprintf(through, sizeof through, "o%d", office);
                bool may = model_may(&m, person, department, office, now);
                granted += may;
                if (bf_directory_may(d, bf_str_of(who), bf_str_of(of), bf_str_of(through), now) !=
                    may)
                    fail_msg("round %u, change %d: %s for %s through '%s' at %d", round, i, who, of,
                             through, now);
                int token = pick(&seed, M);
                struct bf_token_hash h = hash_of(token);
                struct bf_principal p;
                enum bf_sign_in in = bf_directory_sign_in(d, &h, now, &p);
                assert_int_equal(in, model_sign_in(&m, token, now));
                if (in == BF_SIGN_IN_OK) {
                    assert_int_equal(p.person.p[0] - '0', m.token[token].person);
                    assert_int_equal(p.is_operator, m.person[m.token[token].person].is_operator);
                    signed_in++;
                }
            }
        }
        bf_directory_free(d);
    }
    assert_true(granted > 0 && signed_in > 0);
}

/* Grants of one post among few people, in time slots 0-3, held against the closure of who is whose deputy in a slot. */
static void test_deputies_against_the_closure(void **state) {
    (void)state;
    static char name[N][2] = {"0", "1", "2", "3", "4"};
    int ends[BF_DEPUTY_CIRCLE + 1] = {0};
    for (unsigned round = 0; round < test_rounds(3000); round++) {
        uint64_t seed = round;
        struct bf_arena *a = bf_arena_new(1 << 20);
        struct bf_grant all[8];
        int n = 1 + pick(&seed, 8);
        for (int i = 0; i < n; i++) {
            int from = pick(&seed, 4);
            all[i] = (struct bf_grant){.id = bf_str_of(name[i % N]),
                                       .person = bf_str_of(name[pick(&seed, N)]),
                                       .post = BF_STR("p"),
                                       .from = pick(&seed, 3) ? from : BF_INSTANT_NONE,
                                       .until = pick(&seed, 3) ? from + 1 : BF_INSTANT_NONE};
            if (pick(&seed, 3) || i == 0)
                all[i].principal = bf_str_of(name[pick(&seed, N)]);
        }
        all[0].id = BF_STR("g");
        const struct bf_grant *g = &all[0];
        bool deputy[N][N] = {{false}}, held = false;
        for (int i = 1; i < n; i++) {
            bool beside = (g->from == BF_INSTANT_NONE || all[i].until == BF_INSTANT_NONE ||
                           g->from < all[i].until) &&
                          (all[i].from == BF_INSTANT_NONE || g->until == BF_INSTANT_NONE ||
                           all[i].from < g->until);
            int person = all[i].person.p[0] - '0';
            if (beside && all[i].principal.len)
                deputy[person][all[i].principal.p[0] - '0'] = true;
            else if (beside)
                held |= bf_str_eq(all[i].person, g->principal);
        }
        int who = g->principal.p[0] - '0', person = g->person.p[0] - '0';
        bool of_another = false;
        for (int i = 0; i < N; i++)
            of_another |= i != who && deputy[who][i];
        for (int k = 0; k < N; k++)
            for (int i = 0; i < N; i++)
                for (int j = 0; j < N; j++)
                    deputy[i][j] |= deputy[i][k] && deputy[k][j];
        enum bf_deputy_end end =
            person == who ? BF_DEPUTY_SELF
            : g->from != BF_INSTANT_NONE && g->until != BF_INSTANT_NONE && g->from >= g->until
                ? BF_DEPUTY_NEVER
            : deputy[who][person] ? BF_DEPUTY_CIRCLE
            : held                ? BF_DEPUTY_FINE
            : of_another          ? BF_DEPUTY_CHAIN
                                  : BF_DEPUTY_NOT_HELD;
        const bf_str *path;
        uint32_t count;
        enum bf_deputy_end got = bf_deputy_check(a, all, (uint32_t)n, g, &path, &count);
        if (got != end)
            fail_msg("round %u: %d, and not %d", round, (int)got, (int)end);
        if (got == BF_DEPUTY_CIRCLE) {
            assert_true(count > 1 && bf_str_eq(path[0], g->principal));
            assert_true(bf_str_eq(path[count - 1], g->person));
        }
        ends[end]++;
        bf_arena_free(a);
    }
    for (int i = 0; i <= BF_DEPUTY_CIRCLE; i++)
        assert_true(ends[i] > 0 || i == BF_DEPUTY_NEVER);
}

static void test_many_rows(void **state) {
    (void)state;
    struct bf_directory *d = bf_directory_new();
    char id[16];
    for (int i = 0; i < 5000; i++) {
        snprintf(id, sizeof id, "%d", i);
        put(d, BF_DIR_DEPARTMENT, id, "{\"level\":\"市级\",\"name\":\"数据局\"}");
    }
    for (int i = 0; i < 5000; i++) {
        snprintf(id, sizeof id, "%d", i);
        assert_true(bf_directory_remove(d, BF_DIR_DEPARTMENT, bf_str_of(id)));
        assert_false(bf_directory_remove(d, BF_DIR_DEPARTMENT, bf_str_of(id)));
    }
    bf_directory_free(d);
}

/* Memory runs out while a row is replaced: then the old one still counts. */
static bool replace_a_row(void *ctx) {
    (void)ctx;
    struct bf_directory *d = bf_directory_new();
    if (!d)
        return false;
    struct bf_error e;
    enum bf_err err = BF_OK;
    bool put_first = false;
    for (int i = 0; i < 70 && err == BF_OK; i++) { /* past the first size of the table */
        char id[16];
        snprintf(id, sizeof id, "%d", i);
        err = bf_directory_put(d, BF_DIR_POST, bf_str_of(id),
                               BF_STR("{\"acts\":true,\"department\":\"d\",\"name\":\"n\"}"), &e);
        put_first = put_first || err == BF_OK;
    }
    if (err == BF_OK)
        err = bf_directory_put(d, BF_DIR_POST, BF_STR("0"),
                               BF_STR("{\"acts\":false,\"department\":\"d\",\"name\":\"n\"}"), &e);
    assert_true(err == BF_OK || err == BF_ENOMEM ||
                err == BF_EFORMAT); /* jansson's lexer tells no lack of memory */
    assert_int_equal(bf_directory_remove(d, BF_DIR_POST, BF_STR("0")), put_first);
    bf_directory_free(d);
    return err == BF_OK;
}

static void test_out_of_memory(void **state) {
    (void)state;
    json_set_alloc_funcs(bf_malloc, bf_free);
    assert_true(fault_until_quiet(replace_a_row, NULL) > 70);
}

static const uint8_t seed16[16] = {7};

static void test_rates_are_exact_for_few_keys(void **state) {
    (void)state;
    for (unsigned round = 0; round < test_rounds(300); round++) {
        uint64_t seed = round;
        int64_t rate = 1 + pick(&seed, 50), burst = 1 + pick(&seed, 20), now = 0;
        struct bf_rates *r = bf_rates_new(1, seed16);
        bf_rates_set(r, rate, burst);
        double level[BF_RATE_WAYS];
        for (int k = 0; k < BF_RATE_WAYS; k++)
            level[k] = (double)burst;
        for (int i = 0; i < 500; i++) {
            int64_t passed = pick(&seed, 3) ? pick(&seed, 1000) : pick(&seed, 1000000);
            now += passed;
            int key = pick(&seed, BF_RATE_WAYS);
            for (int k = 0; k < BF_RATE_WAYS; k++) {
                level[k] += (double)passed * (double)rate / 1e6;
                level[k] = level[k] > (double)burst ? (double)burst : level[k];
            }
            char name = (char)('a' + key);
            int64_t retry = 0;
            bool may = bf_rates_take(r, (bf_str){&name, 1}, now, &retry);
            if (level[key] > 1 + 1e-6 ||
                level[key] < 1 - 1e-6) /* the model's fractions are not exact */
                assert_int_equal(may, level[key] >= 1);
            if (may)
                level[key] -= 1;
            else
                assert_true((double)retry >= (1 - level[key]) / (double)rate * 1e6 - 1 &&
                            retry <= 1000000);
        }
        bf_rates_free(r);
    }
}

static void test_no_flood_refills_a_bucket(void **state) {
    (void)state;
    for (unsigned round = 0; round < test_rounds(200); round++) {
        uint64_t seed = round;
        struct bf_rates *r = bf_rates_new(1, seed16);
        bf_rates_set(r, 10, 5);
        int64_t now = 0, through = 0;
        for (int i = 0; i < 3000; i++) {
            now += pick(&seed, 500);
            uint64_t key = test_random(&seed) % (1u << pick(&seed, 20));
            through += bf_rates_take(r, (bf_str){(const char *)&key, sizeof key}, now, NULL);
        }
        assert_true(through <= BF_RATE_WAYS * (5 + 10 * now / 1000000 + 1));
        bf_rates_free(r);
    }
}

static void test_addresses(void **state) {
    (void)state;
    uint8_t four[4] = {10, 0, 0, 1}, mapped[16] = {[10] = 255, [11] = 255, 10, 0, 0, 1},
            six[16] = {32, 1, 13, 184};
    uint8_t a[8], b[8];
    assert_true(bf_str_eq(bf_rates_address(four, 4, a), bf_rates_address(mapped, 16, b)));
    bf_str one = bf_rates_address(six, 16, a);
    six[15] = 9;
    assert_true(bf_str_eq(one, bf_rates_address(six, 16, b)));
    six[7] = 9;
    assert_false(bf_str_eq(one, bf_rates_address(six, 16, b)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_bad_rows),
        cmocka_unit_test(test_directory_as_the_model),
        cmocka_unit_test(test_deputies_against_the_closure),
        cmocka_unit_test(test_many_rows),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_rates_are_exact_for_few_keys),
        cmocka_unit_test(test_no_flood_refills_a_bucket),
        cmocka_unit_test(test_addresses),
    };
    return cmocka_run_group_tests_name("auth", tests, NULL, NULL);
}
