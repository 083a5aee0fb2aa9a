/* Routes: that every one is found by its own template, and what is refused. */
#include "engine/service/router.h"
#include "tests/unit/test.h"

static void every_route_is_found(void **state) {
    (void)state;
    for (unsigned i = 0; i < BF_ROUTES; i++) {
        char path[256] = "";
        unsigned parts = 0;
        for (const char *t = bf_route_template(i); *t; t++) {
            size_t len = strlen(path);
            if (*t == '{') { /* becomes p0, p1, … */
                snprintf(path + len, sizeof path - len, "p%u", parts++);
                t = strchr(t, '}');
            } else {
                snprintf(path + len, sizeof path - len, "%c", *t);
            }
        }
        struct bf_match m;
        bf_route_find(bf_route_method(i), bf_str_of(path), &m);
        assert_int_equal(m.status, 200);
        assert_int_equal(m.route, i);
        assert_int_equal(m.part_count, parts);
        for (unsigned k = 0; k < parts; k++) {
            char want[8];
            snprintf(want, sizeof want, "p%u", k);
            assert_true(bf_str_eq(m.parts[k], bf_str_of(want)));
        }
    }
}

static void refuses(void **state) {
    (void)state;
    static const struct {
        enum bf_http_method method;
        const char *path, *allow; /* NULL: 404 */
    } cases[] = {
        {BF_HTTP_GET, "/", NULL},
        {BF_HTTP_GET, "/v1", NULL},
        {BF_HTTP_GET, "/v1/cases/", NULL},
        {BF_HTTP_GET, "/v1/cases/7/", NULL},
        {BF_HTTP_GET, "/v1/case", NULL},
        {BF_HTTP_GET, "/v1/cases/7/acts/a/b", NULL},
        {BF_HTTP_GET, "/v1/cases/7/acts/a", "POST"},
        {BF_HTTP_DELETE, "/v1/cases", "GET, HEAD, POST"},
        {BF_HTTP_POST, "/healthz", "GET, HEAD"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bf_match m;
        bf_route_find(cases[i].method, bf_str_of(cases[i].path), &m);
        assert_int_equal(m.status, cases[i].allow ? 405 : 404);
        assert_string_equal(m.allow, cases[i].allow ? cases[i].allow : "");
    }
    struct bf_match m;
    bf_route_find(BF_HTTP_HEAD, BF_STR("/healthz"), &m);
    assert_int_equal(m.status, 200);
    assert_int_equal(m.route, BF_ROUTE_healthz);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_route_is_found),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
