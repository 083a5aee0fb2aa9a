/* faults IMAGE: the API where memory fails at each allocation, where the client goes at each moment, and where time
** passes. Whatever happens, a request is answered cleanly or not at all, and what was answered is so. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/mem.h"
#include "lang/base/stdlib.h"
#include "tests/service/site.h"

#define THING \
    "{\"code\":\"T\",\"owner\":{\"code\":\"d2\",\"kind\":\"department\",\"name\":\"Works\"}," \
    "\"size\":\"small\"}"
#define LOAN \
    "{\"data\":{\"days\":3,\"thing\":" THING "},\"policy\":\"loans\",\"procedure\":\"loan\"}"

#define CHECK(t, x) \
    ((x) ? (void)0 \
         : (fprintf(stderr, "%s:%d: %s: %d %.*s\n", __FILE__, __LINE__, #x, (t)->status, \
                    (int)(t)->body.len, (t)->body.p), \
            exit(1)))

struct people {
    char *ann, *bob, *eve;
};

static struct people people(struct site *t) {
    site_do(t, NULL, "POST", "/v1/directory",
            "{\"rows\":["
            "{\"id\":\"d1\",\"json\":{\"name\":\"Roads\"},\"kind\":\"department\"},"
            "{\"id\":\"d2\",\"json\":{\"name\":\"Works\"},\"kind\":\"department\"},"
            "{\"id\":\"p1\",\"json\":{\"acts\":true,\"department\":\"d1\",\"name\":\"x\"},\"kind\":"
            "\"post\"},"
            "{\"id\":\"p2\",\"json\":{\"acts\":true,\"department\":\"d2\",\"name\":\"x\"},\"kind\":"
            "\"post\"},"
            "{\"id\":\"ann\",\"json\":{\"active\":true,\"name\":\"A\",\"operator\":false},\"kind\":"
            "\"person\"},"
            "{\"id\":\"bob\",\"json\":{\"active\":true,\"name\":\"B\",\"operator\":false},\"kind\":"
            "\"person\"},"
            "{\"id\":\"eve\",\"json\":{\"active\":true,\"name\":\"E\",\"operator\":false},\"kind\":"
            "\"person\"},"
            "{\"id\":\"h1\",\"json\":{\"person\":\"ann\",\"post\":\"p1\"},\"kind\":\"holding\"},"
            "{\"id\":\"h2\",\"json\":{\"person\":\"bob\",\"post\":\"p2\"},\"kind\":\"holding\"}]}");
    return (struct people){site_token(t, "ann"), site_token(t, "bob"), site_token(t, "eve")};
}

/* ---- time ---- */

/* 2 March 2026 is a Monday; 9:00 in China. The answer is due by the end of Monday the 9th. */
#define MONDAY INT64_C(1772413200)
#define DAY INT64_C(86400)

static void time_passes(struct site *t, const struct people *p) {
    site_do(t, p->ann, "POST", "/v1/cases", LOAN);
    CHECK(t, site_said(t, "\"last\":\"2026-03-09\""));
    site_ask(t, p->bob, "GET", "/v1/worklist?overdue=true", NULL, BF_STR(""));
    CHECK(t, site_said(t, "\"work\":[]"));
    site_ask(t, p->bob, "GET", "/v1/worklist?due_within=6", NULL, BF_STR(""));
    CHECK(t, site_said(t, "\"work\":[]")); /* seven days and fifteen hours are left */
    site_ask(t, p->bob, "GET", "/v1/worklist?due_within=8", NULL, BF_STR(""));
    CHECK(t, site_said(t, "\"overdue\":false"));
    site_pass(t, 7 * DAY + 15 * 3600 - 1); /* the last second of the 9th */
    site_ask(t, p->bob, "GET", "/v1/cases/1", NULL, BF_STR(""));
    CHECK(t, site_said(t, "\"status\":\"open\"") && site_said(t, "\"violations\":[]"));
    site_pass(t, 1);
    site_ask(t, p->bob, "GET", "/v1/cases/1", NULL, BF_STR(""));
    CHECK(t, site_said(t, "\"status\":\"lapsed\"") && site_said(t, "\"violation\":\"kept\""));
    site_ask(t, p->bob, "GET", "/v1/worklist?overdue=true", NULL, BF_STR(""));
    CHECK(t, site_said(t, "\"overdue\":true") && site_said(t, "\"act\":\"grant\""));
    site_ask(t, p->bob, "GET", "/v1/worklist?due_within=30", NULL, BF_STR(""));
    CHECK(t, site_said(t, "\"work\":[]"));
    site_ask(t, p->ann, "GET", "/v1/worklist?overdue=true", NULL, BF_STR(""));
    CHECK(t, site_said(t, "\"work\":[]"));
    /* Late, but done. */
    site_do(t, p->bob, "POST", "/v1/cases/1/acts/grant", "{}");
    CHECK(t, site_said(t, "\"status\":\"late\"") && site_said(t, "\"name\":\"lent\""));
    /* Past the announced holidays. */
    while (t->clock.now.real_us / 1000000 < MONDAY + 302 * DAY)
        site_pass(t, 7 * DAY);
    site_do(t, p->ann, "POST", "/v1/cases", LOAN);
    CHECK(t, site_said(t, "\"provisional\":true"));
    site_ask(t, p->bob, "GET", "/v1/worklist?provisional=true", NULL, BF_STR(""));
    CHECK(t, site_said(t, "\"provisional\":true") && site_said(t, "\"case\":2"));
}

/* ---- what may be sent ---- */

static const struct sent {
    const char *method, *path, *body;
    bool by_bob;
} sent[] = {
    {"POST", "/v1/cases", LOAN, false},
    {"GET", "/v1/cases/1", "", false},
    {"GET", "/v1/cases/1/acts", "", true},
    {"GET", "/v1/cases/1/timeline", "", true},
    {"GET", "/v1/cases", "", false},
    {"GET", "/v1/worklist?any=true", "", true},
    {"POST", "/v1/cases/1/acts/praise", "{}", false},
    {"POST", "/v1/cases/1/acts/grand", "{}", true},
    {"POST", "/v1/cases/2/acts/deny", "{\"args\":{\"reason\":1}}", true},
    {"POST", "/v1/cases/2/acts/deny",
     "{\"args\":{\"reason\":\"no\"},\"as\":{\"department\":\"d2\"}}", true},
    {"POST", "/v1/decide/fee", "{\"args\":{\"days\":3,\"t\":" THING "}}", false},
    {"POST", "/v1/decide/marked", "{\"args\":{\"code\":\"T\"}}", false},
    {"GET", "/v1/me", "", false},
    {"GET", "/v1/events", "", false},
    {"GET", "/v1/stream", "", true},
    {"GET", "/v1/stream?case=1", "", true},
    {"GET", "/v1/registers", "", false},
    {"GET", "/v1/registers/loans.marks", "", false},
    {"GET", "/v1/registers/loans.marks?key=%5B%22T%22%5D", "", false},
    {"GET", "/v1/nothing", "", false},
    {"POST", "/v1/cases", "{\"data\":", false},
};
enum { SENT = sizeof sent / sizeof *sent };

static const char *token_of(const struct people *p, const struct sent *x) {
    return x->by_bob ? p->bob : p->ann;
}

/* ---- the client goes ---- */

static void clients_go(struct site *t, const struct people *p) {
    for (int i = 0; i < SENT; i++)
        for (int turns = 0; turns < 8; turns++) {
            char key[32];
            snprintf(key, sizeof key, "gone-%d-%d", i, turns);
            struct bf_http_conn *c = site_send(t, token_of(p, &sent[i]), sent[i].method,
                                               sent[i].path, key, bf_str_of(sent[i].body));
            for (int k = 0; k < turns; k++)
                bf_service_turn(t->service);
            bf_http_conn_free(c);
            site_rest(t);
        }
    /* What nobody waited for was done all the same: its key says so. */
    int first = site_ask(t, p->ann, "POST", "/v1/cases", "gone-0-0", bf_str_of(LOAN));
    CHECK(t,
          first == 201 && bf_str_contains(bf_buf_view(&t->answer), BF_STR("Idempotency-Replayed")));
}

/* ---- memory fails ---- */

struct fault {
    long left;
    bool only_one, hit;
};

static int may(void *ctx, size_t size) {
    struct fault *f = ctx;
    (void)size;
    if (f->left-- > 0 || (f->only_one && f->hit))
        return 1;
    f->hit = true;
    return 0;
}

/* The Nth allocation fails from when the request comes in until it is answered. Then, with memory, the same request
** under the same key is answered as it would have been. */
static void memory_fails(struct site *t, const struct people *p, const struct sent *x, int number) {
    long step = getenv("FAULTS_ALL") ? 1 : 3;
    uint32_t deaths = 0;
    for (int only_one = 0; only_one < 2; only_one++)
        for (long n = 0;; n += step) {
            struct fault f = {.left = n, .only_one = only_one};
            char key[48];
            snprintf(key, sizeof key, "fault-%d-%d-%ld", number, only_one, n);
            bf_mem_set_hook(may, &f);
            int status = site_ask(t, token_of(p, x), x->method, x->path, key, bf_str_of(x->body));
            bf_mem_set_hook(NULL, NULL);
            char said[300];
            snprintf(said, sizeof said, "%.*s", (int)t->body.len, t->body.p);
            CHECK(t, !status || status == 503 || status < 500);
            if (t->dead) {
                deaths++;
                site_reopen(t);
            }
            site_rest(t);
            int again = site_ask(t, token_of(p, x), x->method, x->path, key, bf_str_of(x->body));
            CHECK(t, again && again != 503);
            if (status && status != 503 && again != status)
                fprintf(stderr, "%s %s at %ld: %d %s\n", x->method, x->path, n, status, said);
            CHECK(t, !status || status == 503 || again == status);
            if (!f.hit)
                break;
        }
    if (getenv("FAULTS_TELL"))
        fprintf(stderr, "%s %s: %u deaths\n", x->method, x->path, deaths);
}

/* ---- a stream ---- */

/* What a listener has been sent, all of it, after some turns. */
static bf_str listen(struct site *t, const struct people *p, struct bf_http_conn **c) {
    struct bf_http_conn *k = site_send(t, p->bob, "GET", "/v1/stream", NULL, BF_STR(""));
    *c = k;
    t->answer.len = 0;
    for (int i = 0; k && i < 40 && !t->dead && !bf_http_conn_done(k); i++) {
        bf_service_turn(t->service);
        bf_str out = bf_http_conn_output(k);
        if (out.len) {
            bf_buf_str(&t->answer, out);
            bf_http_conn_sent(k, out.len, t->now_ms);
        }
    }
    return bf_buf_view(&t->answer);
}

/* Memory fails while a listener catches up: what he gets is a beginning of what he would have got, or he is told to come
** again; never a part left out. */
static void streams_break(struct site *t, const struct people *p) {
    struct bf_http_conn *c;
    bf_str all = listen(t, p, &c);
    bf_http_conn_free(c);
    const char *events = memmem(all.p, all.len, "retry:", 6);
    CHECK(t, events && bf_str_contains(all, BF_STR("event: step")));
    bf_str whole = bf_str_dup(t->a, (bf_str){events, (uint32_t)(all.p + all.len - events)});
    for (int only_one = 0; only_one < 2; only_one++)
        for (long n = 0;; n++) {
            struct fault f = {.left = n, .only_one = only_one};
            bf_mem_set_hook(may, &f);
            listen(t, p, &c);
            bf_mem_set_hook(NULL, NULL);
            bf_str got = bf_buf_view(&t->answer);
            const char *from = got.len ? memmem(got.p, got.len, "retry:", 6) : NULL;
            bf_str told = {from, from ? (uint32_t)(got.p + got.len - from) : 0};
            /* It may break off in the middle of the last chunk that was written. */
            CHECK(t, t->answer.failed || !from || bf_str_starts(whole, told) ||
                         bf_str_starts(told, (bf_str){whole.p, told.len - 5}));
            bf_http_conn_free(c);
            bf_buf_fini(&t->answer);
            bf_buf_init(&t->answer);
            if (t->dead)
                site_reopen(t);
            site_rest(t);
            if (!f.hit)
                break;
        }
}

/* ---- a policy that was sent, while no row says so ---- */

static void no_row_no_policy(struct site *t, const struct people *p, bf_str image) {
    struct bf_arena *a = bf_arena_new(0);
    struct bf_image *m;
    struct bf_error e;
    char hex[2 * BF_SHA256_LEN + 1], open[512], decide[512];
    if (!a || bf_image_load(a, bf_arena_copy(a, image.p, image.len), image.len, &m, &e))
        exit(1);
    bf_hex(m->hash, BF_SHA256_LEN, hex);
    bf_arena_free(a);
    snprintf(open, sizeof open,
             "{\"data\":{\"days\":3,\"thing\":" THING "},\"policy\":\"%s\",\"procedure\":\"loan\"}",
             hex);
    snprintf(decide, sizeof decide, "{\"args\":{\"code\":\"T\"},\"policy\":\"%s\"}", hex);
    /* On its way. */
    struct bf_http_conn *load = site_send(t, NULL, "POST", "/v1/policies", "first", image);
    struct bf_http_conn *early =
        site_send(t, p->ann, "POST", "/v1/cases", "early", bf_str_of(open));
    CHECK(t, strstr(bf_http_conn_output(early).p, "422"));
    bf_http_conn_free(early);
    bf_memory_fail(t->disk, 0, BF_MEMORY_FULL); /* and it does not arrive */
    site_rest(t);
    CHECK(t, memcmp(bf_http_conn_output(load).p, "HTTP/1.1 507", 12) == 0);
    bf_http_conn_free(load);
    site_ask(t, p->ann, "POST", "/v1/cases", "late", bf_str_of(open));
    CHECK(t, t->status == 422);
    site_ask(t, p->ann, "POST", "/v1/decide/marked", NULL, bf_str_of(decide));
    CHECK(t, t->status == 404 || t->status == 422);
}

int main(int argc, char **argv) {
    struct site t;
    struct bf_error e;
    bf_str image;
    if (argc != 2)
        return 2;
    site_open(&t, MONDAY);
    if (bf_file_read(t.a, argv[1], 1 << 24, &image, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    struct people p = people(&t);
    no_row_no_policy(&t, &p, image);
    site_load(&t, "loans", image);
    time_passes(&t, &p);
    clients_go(&t, &p);
    for (int i = 0; i < SENT; i++)
        memory_fails(&t, &p, &sent[i], i);
    streams_break(&t, &p);
    site_close(&t);
    return 0;
}
