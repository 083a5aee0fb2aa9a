/* fuzz_api: bodies of JSON through a whole service. An input is requests, parted by NUL: the first byte of each says
** which route it is sent to and by whom, the rest is its body. Whatever they are, each is answered, with a status that
** blames the sender or none, and with JSON; what was answered under a key is answered again.
*/
#include <jansson.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/service/site.h"
#include "tests/unit/rich_image.h"

enum { REQUESTS = 16, AT = 1767600000 /* a Monday of 2026 */ };

static const struct {
    const char *method, *path;
    int by; /* 0: by the local socket; else a person */
} routes[] = {
    {"POST", "/v1/cases", 1},
    {"POST", "/v1/cases/1/acts/approve", 2},
    {"POST", "/v1/cases/1/acts/refuse", 2},
    {"POST", "/v1/cases/1/acts/extend_answer", 2},
    {"POST", "/v1/cases/1/acts/withdraw", 1},
    {"POST", "/v1/cases/1/acts/turn_away", 2},
    {"POST", "/v1/cases/1/acts/none", 1},
    {"POST", "/v1/decide/none", 1},
    {"POST", "/v1/registers/grants", 0},
    {"POST", "/v1/directory", 0},
    {"POST", "/v1/tokens", 0},
    {"POST", "/v1/policies/rich/migration", 0},
};
enum { ROUTES = sizeof routes / sizeof *routes };

static const char calendar[] =
    "banfa calendar 1\nname drive\nweekend saturday sunday\noffset +08:00\n"
    "from 2025-01-01\nnotice X of 2024-11-12 announces 2025\n";

static const char people[] =
    "{\"rows\":["
    "{\"id\":\"d1\",\"json\":{\"name\":\"A\"},\"kind\":\"department\"},"
    "{\"id\":\"d2\",\"json\":{\"name\":\"B\"},\"kind\":\"department\"},"
    "{\"id\":\"p1\",\"json\":{\"acts\":true,\"department\":\"d1\",\"name\":\"x\"},\"kind\":"
    "\"post\"},"
    "{\"id\":\"p2\",\"json\":{\"acts\":true,\"department\":\"d2\",\"name\":\"x\"},\"kind\":"
    "\"post\"},"
    "{\"id\":\"ann\",\"json\":{\"active\":true,\"name\":\"A\",\"operator\":false},\"kind\":"
    "\"person\"},"
    "{\"id\":\"bob\",\"json\":{\"active\":true,\"name\":\"B\",\"operator\":false},\"kind\":"
    "\"person\"},"
    "{\"id\":\"h1\",\"json\":{\"person\":\"ann\",\"post\":\"p1\"},\"kind\":\"holding\"},"
    "{\"id\":\"h2\",\"json\":{\"person\":\"bob\",\"post\":\"p2\"},\"kind\":\"holding\"}]}";

static bf_str image_of(struct bf_arena *a) {
    struct mk k;
    struct bf_error e;
    const uint8_t *bytes;
    size_t size;
    rich_build(&k, a);
    k.b.policy.calendar = mk_str(&k, "drive");
    FUZZ_CHECK(bf_build_finish(&k.b, a, &bytes, &size, &e) == BF_OK);
    bf_build_fini(&k.b);
    return (bf_str){(const char *)bytes, (uint32_t)size};
}

static void check_answer(const struct site *t) {
    FUZZ_CHECK(t->status >= 200 && t->status < 500);
    json_t *j = json_loadb(t->body.p, t->body.len, JSON_REJECT_DUPLICATES, NULL);
    FUZZ_CHECK(json_is_object(j) || t->status == 204);
    FUZZ_CHECK(t->status < 400 ||
               (json_integer_value(json_object_get(j, "status")) == t->status &&
                strncmp(json_string_value(json_object_get(j, "type")), "/problems/", 10) == 0));
    json_decref(j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct site t;
    char *token[3] = {NULL, NULL, NULL};
    site_open(&t, AT);
    FUZZ_CHECK(site_ask(&t, NULL, "POST", "/v1/calendars/drive", "calendar",
                        (bf_str){calendar, sizeof calendar - 1}) < 300);
    site_load(&t, "rich", image_of(t.a));
    site_do(&t, NULL, "POST", "/v1/directory", people);
    token[1] = site_token(&t, "ann");
    token[2] = site_token(&t, "bob");
    for (int i = 0; size && i < REQUESTS; i++) {
        const uint8_t *end = memchr(data + 1, 0, size - 1);
        size_t len = end ? (size_t)(end - data) : size;
        int route = data[0] % ROUTES;
        bf_str body = {(const char *)data + 1, (uint32_t)(len - 1)};
        char key[16];
        snprintf(key, sizeof key, "k%d", i);
        int first = site_ask(&t, token[routes[route].by], routes[route].method, routes[route].path,
                             key, body);
        check_answer(&t);
        /* A token is shown once; and a directory may be put that knows nobody any more. */
        bool same = strcmp(routes[route].path, "/v1/tokens") != 0 && first != 401;
        int again = site_ask(&t, token[routes[route].by], routes[route].method, routes[route].path,
                             key, body);
        check_answer(&t);
        FUZZ_CHECK(!same || again == first || again == 401);
        data += end ? len + 1 : len;
        size -= end ? len + 1 : len;
    }
    site_rest(&t);
    FUZZ_CHECK(!t.dead);
    site_close(&t);
    return 0;
}
