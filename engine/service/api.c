/* Api; see api.h. A request goes: route ▸ who ▸ rate ▸ right ▸ key ▸ body ▸ handler. What is refused on the way is
** answered at once; the body is not looked at before its sender is known. */
#include "engine/service/api.h"

#include <inttypes.h>
#include <string.h>

#include "engine/service/json_read.h"
#include "engine/service/random.h"
#include "lang/base/assert.h"
#include "lang/base/mem.h"

enum { CALL_BYTES = 32 << 20, KEY_MAX = 200, METHOD_MAX = 16, PAGE = 100, PAGE_MAX = 1000 };

/* A call and what only this file knows of it. It ends when it is answered, and goes when nobody is in it. */
struct call {
    struct bf_call pub; /* first */
    size_t denied;      /* bf_mem_denied when it began */
    uint32_t within;
    bool ended;
    struct call *next, **here; /* of the service's calls */
};

enum who { ANYONE, PERSON, OPERATOR, LOCAL };
enum flag { JSON = 1, BYTES = 2, KEY = 4 };
static const struct {
    const char *name;
    bf_api_handler *handler;
    enum who who;
    unsigned flags;
} routes[] = {
#define ROUTE(name, method, template, who, flags) {#name, bf_on_##name, who, flags},
#include "engine/service/routes.def"
};

/* What may be asked of each, parted by blanks. NULL: nothing. */
static const char *const queries[BF_ROUTES] = {
#define QUERY(name, words) [BF_ROUTE_##name] = words,
#include "engine/service/routes.def"
};

/* ---- the end of a call ---- */

static void go(struct call *k) {
    struct bf_call *c = &k->pub;
    if (!k->ended || k->within)
        return;
    *k->here = k->next;
    if (k->next)
        k->next->here = k->here;
    json_decref(c->body);
    for (int i = 0; i < 2; i++)
        bf_arena_free(c->scratch[i]);
    bf_arena_free(c->arena);
    bf_free(k);
}

static int64_t now_us(const struct bf_service *s) {
    return s->clock_source.read(s->clock_source.ctx).boot_us;
}

static void told(struct bf_call *c, int status) {
    struct bf_service *s = c->service;
    int64_t us = now_us(s) - c->started_us;
    struct bf_log_about about = {c->request_id, &c->trace};
    if (status >= 200 && status < 600)
        bf_metric_add(s->metrics, BF_METRIC_REQUESTS,
                      (enum bf_label_word)(BF_LABEL_CODE_2XX + status / 100 - 2), 1);
    bf_metric_observe(s->metrics, BF_METRIC_REQUEST_TIME, us > 0 ? (uint64_t)us : 0);
    bf_log(s->log, status >= 500 ? BF_LOG_WARNING : BF_LOG_INFO, "request_done", &about,
           BF_LOG_FIELDS(BF_LOG_STR("route", bf_str_of(bf_call_route(c))),
                         BF_LOG_INT("status", status), BF_LOG_INT("us", us),
                         BF_LOG_STR("person", c->principal.person),
                         BF_LOG_INT("client_gone", !c->request)));
}

static void end(struct bf_call *c, int status) {
    struct call *k = (struct call *)c;
    BF_ASSERT(!k->ended);
    told(c, status);
    c->request = NULL;
    k->ended = true;
    go(k);
}

void bf_call_close(struct bf_call *c, int status) {
    if (c->request)
        c->request->user = NULL;
    end(c, status);
}

static void answer(struct bf_call *c, int status, const char *type, bf_str bytes) {
    struct bf_http_request *r = c->request;
    if (r) {
        r->user = NULL;
        bf_http_answer(r, status, type, bytes);
    }
    end(c, status);
}

/* Said where there is no memory to say more. */
static void no_memory(struct bf_call *c) {
    bf_metric_add(c->service->metrics, BF_METRIC_LIMITS, BF_LABEL_LIMIT_HEAP, 1);
    bf_call_header(c, "Retry-After", BF_STR("1"));
    answer(c, 503, "application/problem+json",
           BF_STR("{\"status\":503,\"title\":\"Not now\",\"type\":\"/problems/unavailable\"}"));
}

void bf_call_header(struct bf_call *c, const char *name, bf_str value) {
    if (c->request)
        bf_http_add_header(c->request, name, value);
}

void bf_call_bytes(struct bf_call *c, int status, const char *type, bf_str bytes) {
    answer(c, status, type, bytes);
}

void bf_call_json(struct bf_call *c, int status, const struct bf_buf *json) {
    if (json->failed)
        no_memory(c);
    else
        answer(c, status, "application/json", bf_buf_view(json));
}

/* ---- problems ---- */

static void put_title(struct bf_buf *out, enum bf_lang lang, int status, const char *name) {
    static const struct {
        const char *word;
        enum bf_text_id title;
    } known[] = {
#define PROBLEM(word, title) {word, BF_T_##title},
#include "engine/service/problems.def"
    };
    const char *title = bf_http_reason(status);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].word, name) == 0)
            title = bf_text_z(lang, known[i].title);
    bf_json_text(bf_str_of(title), out);
}

/* Where memory was short meanwhile, what seems to be wrong with the request may be that: jansson, for one, then finds
** mistakes in a text that has none. */
void bf_call_problem_with(struct bf_call *c, int status, const char *name, enum bf_text_id detail,
                          const bf_arg *args, int nargs, bf_str members) {
    struct bf_buf text, out;
    if ((status == 400 || status == 422) && bf_mem_denied() != ((struct call *)c)->denied) {
        no_memory(c);
        return;
    }
    bf_buf_init(&text);
    bf_buf_init(&out);
    bf_text_render(&text, c->lang, detail, args, nargs);
    bf_buf_z(&out, "{\"detail\":");
    bf_json_text(bf_buf_view(&text), &out);
    bf_buf_fmt(&out, ",\"request_id\":\"%.*s\",\"status\":%d,\"title\":", (int)c->request_id.len,
               c->request_id.p, status);
    put_title(&out, c->lang, status, name);
    bf_buf_fmt(&out, ",\"type\":\"/problems/%s\"", name);
    bf_buf_str(&out, members);
    bf_buf_char(&out, '}');
    bf_call_header(c, "Content-Language", bf_str_of(c->lang == BF_LANG_ZH ? "zh" : "en"));
    if (text.failed || out.failed)
        no_memory(c);
    else
        answer(c, status, "application/problem+json", bf_buf_view(&out));
    bf_buf_fini(&text);
    bf_buf_fini(&out);
}

void bf_call_problem(struct bf_call *c, int status, const char *name, enum bf_text_id detail,
                     const bf_arg *args, int nargs) {
    bf_call_problem_with(c, status, name, detail, args, nargs, (bf_str){"", 0});
}

static void not_now(struct bf_call *c, enum bf_text_id detail) {
    bf_call_header(c, "Retry-After", BF_STR("1"));
    bf_call_problem(c, 503, "unavailable", detail, BF_NOARGS);
}

static void no_case(struct bf_call *c) {
    bf_call_problem(c, 404, "no-case", BF_T_API_NO_CASE_NUMBER,
                    BF_ARGS(bf_arg_str(c->match.parts[0])));
}

/* The same to all that he can see, its row included, whether there is no such case or it is none of his. */
static void unseen(struct bf_call *c) {
    uint64_t number = 0;
    bf_read_number(c->match.parts[0], INT64_MAX, &number);
    if (c->principal.is_operator)
        no_case(c);
    else
        bf_call_deny(c, BF_LABEL_DENIED_UNSEEN, number, no_case);
}

bool bf_call_engine_problem(struct bf_call *c, const struct bf_answer *a) {
    switch (a->kind) {
    case BF_ANSWER_DONE:
    case BF_ANSWER_EARLY:
    case BF_ANSWER_REFUSED: return false;
    case BF_ANSWER_MALFORMED:
        bf_call_problem(c, 422, "member", BF_T_API_MALFORMED, BF_NOARGS);
        return true;
    case BF_ANSWER_NO_CASE: unseen(c); return true;
    case BF_ANSWER_OTHER_BODY:
        bf_call_problem(c, 422, "key-used", BF_T_API_KEY_OTHER, BF_NOARGS);
        return true;
    case BF_ANSWER_CHAIN:
        bf_call_problem(c, 422, "chain", BF_T_API_CHAIN_MAX, BF_ARGS(bf_arg_int(BF_ENGINE_CHAIN)));
        return true;
    case BF_ANSWER_FULL:
        bf_call_problem(c, 507, "disk-full", BF_T_API_DISK_FULL_UNDONE, BF_NOARGS);
        return true;
    case BF_ANSWER_MEMORY: not_now(c, BF_T_API_NO_MEMORY); return true;
    case BF_ANSWER_STORE: not_now(c, BF_T_API_NO_STORE); return true;
    }
    return true;
}

/* ---- memory ---- */

/* Where all its arenas go when they are exhausted; what was there before. */
static jmp_buf *on_exhausted(struct bf_call *c, jmp_buf *jump) {
    for (int i = 0; i < 2; i++)
        if (c->scratch[i])
            bf_arena_on_exhausted(c->scratch[i], jump);
    return bf_arena_on_exhausted(c->arena, jump);
}

bool bf_call_scratch(struct bf_call *c) {
    for (int i = 0; i < 2; i++)
        if (!c->scratch[i] && !(c->scratch[i] = bf_arena_new(CALL_BYTES)))
            return false;
    on_exhausted(c, bf_arena_on_exhausted(c->arena, NULL));
    return true;
}

/* The call cannot go while f runs, even if f answers it. */
static bool within(struct bf_call *c, void (*f)(struct bf_call *c, void *arg), void *arg) {
    struct call *k = (struct call *)c;
    jmp_buf jump;
    volatile bool fine = false;
    k->within++;
    jmp_buf *before = on_exhausted(c, &jump);
    if (setjmp(jump) == 0) {
        f(c, arg);
        fine = true;
    }
    on_exhausted(c, before);
    return fine;
}

static void leave(struct call *k) {
    k->within--;
    go(k);
}

bool bf_call_try(struct bf_call *c, void (*f)(struct bf_call *c, void *arg), void *arg) {
    bool fine = within(c, f, arg);
    leave((struct call *)c);
    return fine;
}

void bf_call_run(struct bf_call *c, void (*f)(struct bf_call *c, void *arg), void *arg) {
    struct call *k = (struct call *)c;
    if (!within(c, f, arg) && !k->ended)
        no_memory(c);
    leave(k);
}

/* ---- who ---- */

/* The language: of the tags that name one of ours, that with the highest weight; the first of equals. */
static enum bf_lang language(bf_str header) {
    enum bf_lang lang = BF_LANG_EN;
    int best = 0;
    const char *p = header.p, *end = p ? p + header.len : p;
    while (p < end) {
        const char *comma = memchr(p, ',', (size_t)(end - p));
        const char *stop = comma ? comma : end;
        while (p < stop && *p == ' ')
            p++;
        bf_str tag = {p, (uint32_t)(stop - p)};
        int weight = 1000;
        const char *q = memmem(p, tag.len, "q=", 2);
        if (q && q + 2 < stop)
            weight = q[2] == '1' ? 1000 : 0;
        for (int unit = 100, i = 4; q && weight < 1000 && unit && q + i < stop; i++, unit /= 10)
            weight += q[i] >= '0' && q[i] <= '9' ? unit * (q[i] - '0') : 0;
        bool zh = tag.len >= 2 && strncasecmp(p, "zh", 2) == 0;
        bool en = tag.len >= 2 && strncasecmp(p, "en", 2) == 0;
        if ((zh || en) && weight > best) {
            best = weight;
            lang = zh ? BF_LANG_ZH : BF_LANG_EN;
        }
        p = comma ? comma + 1 : end;
    }
    return lang;
}

static bool rate(struct bf_call *c, struct bf_rates *rates, bf_str key, enum bf_text_id why) {
    int64_t retry_us = 0;
    char seconds[24];
    if (bf_rates_take(rates, key, c->started_us, &retry_us))
        return true;
    int64_t wait = (retry_us + 999999) / 1000000;
    int n = snprintf(seconds, sizeof seconds, "%" PRId64, wait);
    bf_metric_add(c->service->metrics, BF_METRIC_DENIED, BF_LABEL_DENIED_RATE, 1);
    bf_call_header(c, "Retry-After", (bf_str){seconds, (uint32_t)n});
    bf_call_problem(c, 429, "too-many", why, BF_ARGS(bf_arg_int(wait)));
    return false;
}

static bf_str address_of(const struct bf_call *c, uint8_t out[8]) {
    const struct bf_http_peer *from = c->request->peer;
    return bf_rates_address(from->address, from->address_len ? from->address_len : 4, out);
}

/* Who fails too often from one address is told only that. */
static void turn_away(struct bf_call *c, enum bf_label_word reason, enum bf_text_id detail,
                      bool sent) {
    struct bf_log_about about = {c->request_id, &c->trace};
    uint8_t network[8];
    bf_metric_add(c->service->metrics, BF_METRIC_DENIED, reason, 1);
    bf_log(c->service->log, BF_LOG_WARNING, "sign_in_denied", &about,
           BF_LOG_FIELDS(BF_LOG_INT("reason", (int64_t)(reason - BF_LABEL_DENIED_FIRST)),
                         BF_LOG_STR("person", c->principal.person)));
    c->principal = (struct bf_principal){0};
    if (!rate(c, c->service->by_address, address_of(c, network), BF_T_API_RATE_ADDRESS))
        return;
    bf_call_header(c, "WWW-Authenticate",
                   sent ? BF_STR("Bearer realm=\"banfad\", error=\"invalid_token\"")
                        : BF_STR("Bearer realm=\"banfad\""));
    bf_call_problem(c, 401, "sign-in", detail, BF_NOARGS);
}

static bool read_token(struct bf_call *c, bf_str header, struct bf_token_hash *hash) {
    static const char scheme[] = "Bearer ";
    uint32_t n = sizeof scheme - 1;
    if (header.len < n || strncasecmp(header.p, scheme, n) != 0) {
        turn_away(c, BF_LABEL_DENIED_MALFORMED, BF_T_API_TOKEN_SCHEME, true);
        return false;
    }
    for (; n < header.len && header.p[n] == ' '; n++)
        ;
    switch (bf_token_read((bf_str){header.p + n, header.len - n}, hash)) {
    case BF_TOKEN_OK: return true;
    case BF_TOKEN_FOREIGN:
        turn_away(c, BF_LABEL_DENIED_MALFORMED, BF_T_API_TOKEN_SCHEME, true);
        return false;
    case BF_TOKEN_MISTYPED:
        turn_away(c, BF_LABEL_DENIED_MALFORMED, BF_T_API_TOKEN_MISTYPED, true);
        return false;
    }
    return false;
}

/* What is kept of the directory's row is copied: it may change while the call is under way. */
static void keep_principal(struct bf_call *c) {
    c->principal.person = bf_str_dup(c->arena, c->principal.person);
    c->principal.token = bf_str_dup(c->arena, c->principal.token);
}

static bool sign_in(struct bf_call *c) {
    bf_str header = bf_http_header(c->request, "authorization");
    struct bf_token_hash hash;
    if (c->local && !header.p) {
        c->principal = (struct bf_principal){.person = BF_STR("@local"), .is_operator = true};
        return true;
    }
    if (!header.p) {
        turn_away(c, BF_LABEL_DENIED_MISSING, BF_T_API_TOKEN_MISSING, false);
        return false;
    }
    if (!read_token(c, header, &hash))
        return false;
    enum bf_sign_in end = bf_directory_sign_in(c->service->directory, &hash,
                                               bf_service_now(c->service), &c->principal);
    keep_principal(c);
    switch (end) {
    case BF_SIGN_IN_OK:
        return rate(c, c->service->by_person, c->principal.person, BF_T_API_RATE_PERSON);
    case BF_SIGN_IN_UNKNOWN:
        turn_away(c, BF_LABEL_DENIED_UNKNOWN, BF_T_API_TOKEN_UNKNOWN, true);
        break;
    case BF_SIGN_IN_REVOKED:
        turn_away(c, BF_LABEL_DENIED_REVOKED, BF_T_API_TOKEN_REVOKED, true);
        break;
    case BF_SIGN_IN_EXPIRED:
        turn_away(c, BF_LABEL_DENIED_EXPIRED, BF_T_API_TOKEN_EXPIRED, true);
        break;
    case BF_SIGN_IN_INACTIVE:
        turn_away(c, BF_LABEL_DENIED_INACTIVE, BF_T_API_TOKEN_INACTIVE, true);
        break;
    }
    return false;
}

const char *bf_call_route(const struct bf_call *c) {
    return c->match.status == 200 ? routes[c->match.route].name : "";
}

static void no_right(struct bf_call *c) {
    bf_call_problem(c, 403, "no-right",
                    routes[c->match.route].who == LOCAL ? BF_T_API_ONLY_LOCAL
                                                        : BF_T_API_ONLY_OPERATOR,
                    BF_NOARGS);
}

static bool may(struct bf_call *c, enum who who) {
    bool yes = who < OPERATOR || (who == OPERATOR && c->principal.is_operator) || c->local;
    if (!yes)
        bf_call_deny(c, BF_LABEL_DENIED_RIGHT, 0, no_right);
    return yes;
}

/* ---- what was sent ---- */

/* Idempotency-Key, bare or as the string of a structured field. */
static bool read_key(struct bf_call *c) {
    bf_str key = bf_http_header(c->request, "idempotency-key");
    if (!key.p) {
        bf_call_problem(c, 400, "key-missing", BF_T_API_KEY_HOW, BF_NOARGS);
        return false;
    }
    if (key.len >= 2 && key.p[0] == '"' && key.p[key.len - 1] == '"')
        key = (bf_str){key.p + 1, key.len - 2};
    bool fine = key.len > 0 && key.len <= KEY_MAX;
    for (uint32_t i = 0; fine && i < key.len; i++)
        fine = key.p[i] > ' ' && key.p[i] < 0x7f;
    if (!fine) {
        bf_call_problem(c, 400, "key-malformed", BF_T_API_KEY_FORM, BF_NOARGS);
        return false;
    }
    c->key = bf_str_dup(c->arena, key);
    struct bf_buf all;
    bf_buf_in(&all, c->arena);
    bf_buf_reserve(&all, METHOD_MAX + c->request->path.len + (size_t)c->request->body.len);
    bf_buf_z(&all, bf_http_method_name(c->request->method));
    bf_buf_char(&all, ' ');
    bf_buf_str(&all, c->request->path);
    bf_buf_char(&all, '\0');
    bf_buf_str(&all, c->request->body);
    bf_sha256(all.p, all.len, c->body_hash);
    return true;
}

static bool is_json(bf_str type) {
    static const char json[] = "application/json";
    uint32_t n = sizeof json - 1;
    return !type.p || (type.len >= n && strncasecmp(type.p, json, n) == 0 &&
                       (type.len == n || type.p[n] == ';' || type.p[n] == ' '));
}

static bool read_json(struct bf_call *c) {
    bf_str body = c->request->body;
    json_error_t why = {0};
    char members[96];
    if (!is_json(bf_http_header(c->request, "content-type"))) {
        bf_call_problem(c, 415, "media-type", BF_T_API_WANTS_JSON, BF_NOARGS);
        return false;
    }
    c->body = body.len ? bf_json_read(body, &why) : json_object();
    if (json_is_object(c->body))
        return true;
    if (!c->body && !body.len) {
        no_memory(c);
    } else if (!c->body) {
        int n = snprintf(members, sizeof members, ",\"at\":{\"byte\":%d,\"column\":%d,\"line\":%d}",
                         why.position, why.column, why.line);
        bf_call_problem_with(
            c, 400, "not-json", BF_T_API_JSON_PLACE,
            BF_ARGS(bf_arg_int(why.line), bf_arg_int(why.column), bf_arg_str(bf_str_of(why.text))),
            (bf_str){members, (uint32_t)n});
    } else {
        bf_call_problem(c, 400, "not-json", BF_T_API_JSON_OBJECT, BF_NOARGS);
    }
    return false;
}

static bool is_word(const char *words, bf_str name) {
    for (const char *w = words; w && *w; w += strcspn(w, " "), w += *w == ' ')
        if (strcspn(w, " ") == name.len && memcmp(w, name.p, name.len) == 0)
            return true;
    return false;
}

/* A parameter that is misspelt would else ask for more than was meant. */
static bool read_query(struct bf_call *c) {
    const char *words = queries[c->match.route];
    bf_str name, value;
    for (uint32_t i = 0; i < bf_http_query_count(c->request); i++) {
        bf_http_query_at(c->request, i, &name, &value);
        if (is_word(words, name))
            continue;
        bf_call_problem(c, 400, "query", words ? BF_T_API_QUERY_UNKNOWN : BF_T_API_QUERY_NONE,
                        BF_ARGS(bf_arg_str(name), bf_arg_str(bf_str_of(words ? words : ""))));
        return false;
    }
    return true;
}

/* ---- a request ---- */

static void trace(struct bf_call *c) {
    uint8_t random[24];
    uint8_t id[8];
    char hex[17];
    bf_random(random, sizeof random);
    if (bf_trace_read(bf_http_header(c->request, "traceparent"), &c->trace))
        bf_trace_child(&c->trace, random);
    else
        bf_trace_start(&c->trace, random);
    for (int i = 0; i < 8; i++)
        id[i] = (uint8_t)(c->request->id >> (56 - 8 * i));
    bf_hex(id, sizeof id, hex);
    c->request_id = bf_str_dup(c->arena, (bf_str){hex, 16});
    c->lang = language(bf_http_header(c->request, "accept-language"));
}

static bool find_route(struct bf_call *c) {
    bf_str path = bf_str_dup(c->arena, c->request->path);
    bf_route_find(c->request->method, path, &c->match);
    if (c->match.status == 405) {
        bf_call_header(c, "Allow", bf_str_of(c->match.allow));
        bf_call_problem(c, 405, "no-method", BF_T_API_METHODS,
                        BF_ARGS(bf_arg_str(bf_str_of(c->match.allow))));
    } else if (c->match.status == 404) {
        bf_call_problem(c, 404, "no-resource", BF_T_API_NO_RESOURCE_AT, BF_ARGS(bf_arg_str(path)));
    }
    return c->match.status == 200;
}

/* What would have to wait too long for the writer is better asked again. */
static bool has_room(struct bf_call *c) {
    const struct bf_service *s = c->service;
    struct bf_engine_counts n = bf_engine_count(s->engine);
    uint64_t most = (uint64_t)bf_config_int(s->config, BF_CONFIG_QUEUE_ROWS);
    if (n.queue_rows < most && n.under_way < most)
        return true;
    bf_metric_add(s->metrics, BF_METRIC_LIMITS, BF_LABEL_LIMIT_QUEUE, 1);
    not_now(c, BF_T_API_QUEUE_FULL);
    return false;
}

static void run(struct bf_call *c, void *arg) {
    (void)arg;
    const struct bf_service *s = c->service;
    trace(c);
    if (!find_route(c))
        return;
    enum who who = routes[c->match.route].who;
    unsigned flags = routes[c->match.route].flags;
    if (who != ANYONE && (!s->ready || s->dead)) {
        not_now(c, BF_T_API_STARTING);
        return;
    }
    if (who != ANYONE && (!sign_in(c) || !may(c, who)))
        return;
    if ((who != ANYONE && !read_query(c)) || (flags & KEY && !has_room(c)))
        return;
    if ((flags & KEY && !read_key(c)) || (flags & JSON && !read_json(c)))
        return;
    routes[c->match.route].handler(c);
}

/* Of a service that died: nobody will answer them. */
static void forget_calls(struct bf_service *s) {
    while (s->calls) {
        s->calls->ended = true;
        if (s->calls->pub.request)
            s->calls->pub.request->user = NULL;
        go(s->calls);
    }
}

void bf_api_request(void *ctx, struct bf_http_request *r) {
    struct bf_service *s = ctx;
    struct call *k = bf_malloc(sizeof *k);
    struct bf_arena *a = k ? bf_arena_new(CALL_BYTES) : NULL;
    r->user = NULL;
    if (!a) {
        bf_free(k);
        bf_http_problem(r, 503, BF_STR("memory is short; try again"));
        return;
    }
    *k = (struct call){.pub = {.service = s,
                               .request = r,
                               .arena = a,
                               .match = {.status = 404},
                               .local = r->peer->local,
                               .started_us = now_us(s)},
                       .denied = bf_mem_denied()};
    r->user = k;
    k->next = s->calls;
    k->here = &s->calls;
    if (k->next)
        k->next->here = &k->next;
    s->calls = k;
    s->forget_calls = forget_calls;
    bf_call_run(&k->pub, run, NULL);
}

void bf_api_gone(void *ctx, struct bf_http_request *r) {
    (void)ctx;
    struct bf_call *c = r->user;
    if (!c)
        return;
    c->request = NULL;
    if (c->gone)
        c->gone(c);
}

uint32_t bf_call_count(const struct bf_service *s, bf_api_handler *handler) {
    uint32_t n = 0;
    for (const struct call *k = s->calls; k; k = k->next)
        n += !k->ended && k->pub.match.status == 200 &&
             routes[k->pub.match.route].handler == handler;
    return n;
}

/* ---- of the request ---- */

bool bf_read_number(bf_str s, uint64_t max, uint64_t *n) {
    *n = 0;
    if (!s.len || s.len > 19 || (s.p[0] == '0' && s.len > 1))
        return false;
    for (uint32_t i = 0; i < s.len; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        *n = *n * 10 + (uint64_t)(s.p[i] - '0');
    }
    return *n <= max;
}

bool bf_call_number(struct bf_call *c, bf_str text, uint64_t *n) {
    if (bf_read_number(text, INT64_MAX, n))
        return true;
    bf_call_problem(c, 404, "no-resource", BF_T_API_NUMBER, BF_ARGS(bf_arg_str(text)));
    return false;
}

static bool query_number(struct bf_call *c, const char *name, uint64_t min, uint64_t max,
                         uint64_t *n) {
    uint64_t given;
    bf_str text = bf_http_query(c->request, name);
    if (!text.p)
        return true;
    if (bf_read_number(text, max, &given) && given >= min) {
        *n = given;
        return true;
    }
    bf_call_problem(
        c, 400, "query", BF_T_API_QUERY_NUMBER,
        BF_ARGS(bf_arg_str(bf_str_of(name)), bf_arg_int((int64_t)min), bf_arg_int((int64_t)max)));
    return false;
}

bool bf_call_page(struct bf_call *c, uint64_t *after, uint32_t *limit) {
    *after = 0;
    return query_number(c, "after", 0, BF_SEQ_MAX, after) && bf_call_limit(c, limit);
}

bool bf_call_limit(struct bf_call *c, uint32_t *limit) {
    uint64_t n = PAGE;
    bool fine = query_number(c, "limit", 1, PAGE_MAX, &n);
    *limit = (uint32_t)n;
    return fine;
}

/* ---- how things are written in JSON ---- */

void bf_json_instant(bf_instant at, struct bf_buf *out) {
    char text[BF_INSTANT_TEXT];
    if (at == BF_INSTANT_NONE) {
        bf_buf_z(out, "null");
        return;
    }
    bf_instant_print(at, 0, text);
    memcpy(text + 19, "Z", 2); /* in the place of the offset */
    bf_buf_quoted(out, text);
}

void bf_json_day(bf_day day, struct bf_buf *out) {
    char text[BF_DAY_TEXT];
    if (day == BF_DAY_NONE)
        bf_buf_z(out, "null");
    else
        bf_buf_quoted(out, bf_day_print(day, text));
}

void bf_json_hex(const void *p, size_t n, struct bf_buf *out) {
    const uint8_t *byte = p;
    char text[2 * BF_SHA256_LEN + 1];
    bf_buf_char(out, '"');
    for (size_t some; n; byte += some, n -= some) {
        some = n < BF_SHA256_LEN ? n : BF_SHA256_LEN;
        bf_hex(byte, some, text);
        bf_buf_put(out, text, 2 * some);
    }
    bf_buf_char(out, '"');
}
