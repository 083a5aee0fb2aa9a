/* banfad policy, calendar, directory, token, clock, activate: what operators set, asked of the service. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/banfad/client.h"
#include "cli/policy.h"
#include "lang/base/mem.h"
#include "lang/base/stdlib.h"

enum { FILE_MAX = 64 << 20 };

struct verb {
    const char *name;
    int min, max; /* operands behind it */
    int (*run)(struct bf_client *c, int argc, char **argv);
};

/* Runs the verb that argv[1] names. */
static int run_verb(struct bf_cli *cli, int argc, char **argv, const struct verb *verbs) {
    struct bf_client c = {.cli = cli};
    for (const struct verb *v = verbs; argc > 1 && v->name; v++) {
        if (strcmp(argv[1], v->name) != 0)
            continue;
        argc--;
        argv++;
        int status = BF_EXIT_USAGE;
        if (v->max < 0 || bf_client_take(&c, cli, &argc, argv, v->min, v->max))
            status = v->run(&c, argc, argv);
        bf_client_fini(&c);
        return status;
    }
    return bf_cli_usage(cli, argc > 1 ? BF_T_ADMIN_NO_VERB : BF_T_ADMIN_WHICH_VERB,
                        BF_ARGS(bf_arg_str(bf_str_of(argc > 1 ? argv[1] : ""))));
}

static bool read_file(struct bf_client *c, const char *path, bf_str *bytes) {
    struct bf_error e;
    if (!bf_file_read(c->settings.arena, path, FILE_MAX, bytes, &e))
        return true;
    bf_cli_fail(c->cli, &e);
    return false;
}

/* Sends, and if the answer is to be told in text: tell(c, json). */
static int ask(struct bf_client *c, const char *method, const char *path, const char *type,
               bf_str body, void (*tell)(struct bf_client *c, const json_t *j)) {
    struct bf_reply r;
    int status;
    if (!bf_client_send(c, method, path, type, body, &r))
        return BF_EXIT_USAGE;
    if (bf_client_answer(c, &r, &status))
        tell(c, r.json);
    json_decref(r.json);
    return status;
}

static const bf_str nothing = {"", 0};

/* ---- policy ---- */
static void tell_policies(struct bf_client *c, const json_t *j) {
    static const struct bf_column columns[] = {
        {"name", BF_T_ADMIN_NAME},  {"active", BF_T_ADMIN_ACTIVE},
        {"seq", BF_T_ADMIN_ROW_NO}, {"calendar", BF_T_ADMIN_COUNTS_BY},
        {"hash", BF_T_ADMIN_HASH},  {"title", BF_T_ADMIN_TITLE}};
    bf_client_table(c, json_object_get(j, "policies"), columns, 6);
}

static void tell_loaded(struct bf_client *c, const json_t *j) {
    bool active = json_is_true(json_object_get(j, "active"));
    bf_client_say(
        c, false, active ? BF_T_ADMIN_POLICY_ACTIVE : BF_T_ADMIN_POLICY_LOADED,
        BF_ARGS(bf_arg_str(bf_json_member(j, "name")), bf_arg_str(bf_json_member(j, "hash"))));
}

static int policy_list(struct bf_client *c, int argc, char **argv) {
    (void)argc;
    (void)argv;
    return ask(c, "GET", "/v1/policies", NULL, nothing, tell_policies);
}

/* A folder, or a source, is compiled first. */
static int image_of(struct bf_client *c, const char *path, bf_str *bytes) {
    struct bf_cli_policy p;
    struct stat st;
    bool folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    if (!folder && !strstr(path, ".banfa"))
        return read_file(c, path, bytes) ? BF_EXIT_FINE : BF_EXIT_USAGE;
    int status = bf_cli_policy_open(c->cli, path, BF_CLI_IMAGE, &p);
    if (status == BF_EXIT_FINE)
        *bytes = (bf_str){bf_arena_copy(c->settings.arena, p.bytes, p.size), (uint32_t)p.size};
    bf_cli_policy_close(&p);
    return status;
}

static int policy_load(struct bf_client *c, int argc, char **argv) {
    bf_str bytes;
    (void)argc;
    int status = image_of(c, argv[1], &bytes);
    if (status != BF_EXIT_FINE)
        return status;
    return ask(c, "POST", "/v1/policies", "application/octet-stream", bytes, tell_loaded);
}

static int policy_activate(struct bf_client *c, int argc, char **argv) {
    (void)argc;
    return ask(c, "POST", bf_client_path(c, "/v1/policies/", argv[1], "/activation"), NULL, nothing,
               tell_loaded);
}

static void tell_change(struct bf_client *c, const json_t *x) {
    static const struct {
        const char *word;
        enum bf_text_id text;
    } known[] = {{"state", BF_T_ADMIN_CH_STATE},
                 {"datum_dropped", BF_T_ADMIN_CH_DATUM_DROPPED},
                 {"act_dropped", BF_T_ADMIN_CH_ACT_DROPPED},
                 {"request_dropped", BF_T_ADMIN_CH_REQUEST_DROPPED},
                 {"datum_new", BF_T_ADMIN_CH_DATUM_NEW},
                 {"assumption_new", BF_T_ADMIN_CH_ASSUMPTION_NEW},
                 {"duty_kept", BF_T_ADMIN_CH_DUTY_KEPT},
                 {"duty_recomputed", BF_T_ADMIN_CH_DUTY_RECOMPUTED},
                 {"duty_voided", BF_T_ADMIN_CH_DUTY_VOIDED},
                 {"duty_new", BF_T_ADMIN_CH_DUTY_NEW}};
    bf_str word = bf_json_member(x, "change"), label = bf_json_member(x, "label");
    bf_str before = bf_json_member(json_object_get(x, "before"), "last");
    bf_str after = bf_json_member(json_object_get(x, "after"), "last");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (bf_str_eq(word, bf_str_of(known[i].word)))
            bf_client_say(c, false, known[i].text,
                          BF_ARGS(bf_arg_str(label.len ? label : bf_json_member(x, "name")),
                                  bf_arg_str(bf_json_member(x, "now")), bf_arg_str(before),
                                  bf_arg_str(after)));
}

static void tell_migrated(struct bf_client *c, const json_t *j) {
    bool dry = json_is_true(json_object_get(j, "dry_run"));
    const json_t *cases = json_object_get(j, "cases");
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *x = json_array_get(cases, i), *changes = json_object_get(x, "changes");
        bf_str obstacle = bf_json_member(x, "obstacle");
        bf_client_say(c, false, obstacle.len ? BF_T_ADMIN_CASE_STAYS : BF_T_ADMIN_CASE_MOVES,
                      BF_ARGS(bf_arg_int(json_integer_value(json_object_get(x, "case"))),
                              bf_arg_str(obstacle), bf_arg_str(bf_json_member(x, "name"))));
        for (size_t k = 0; k < json_array_size(changes); k++)
            tell_change(c, json_array_get(changes, k));
    }
    bf_client_say(c, false, dry ? BF_T_ADMIN_WOULD_MIGRATE : BF_T_ADMIN_MIGRATED,
                  BF_ARGS(bf_arg_int(json_integer_value(json_object_get(j, "moves"))),
                          bf_arg_int(json_integer_value(json_object_get(j, "stays")))));
}

/* --state OLD=NEW into {"OLD":"NEW",…}. */
static bool put_states(int *argc, char **argv, json_t *body) {
    json_t *states = json_object();
    bool fine = true;
    for (const char *v; (v = bf_cli_value(argc, argv, "--state")) != NULL;) {
        const char *equals = strchr(v, '=');
        char name[256];
        fine = fine && equals && equals > v && (size_t)(equals - v) < sizeof name;
        if (!fine)
            continue;
        memcpy(name, v, (size_t)(equals - v));
        name[equals - v] = 0;
        json_object_set_new(states, name, json_string(equals + 1));
    }
    json_object_set_new(body, "states", states);
    return fine;
}

/* --recompute DUTY, or all, into ["DUTY",…] or "all". */
static void put_recompute(int *argc, char **argv, json_t *body) {
    json_t *duties = json_array();
    bool all = false;
    for (const char *v; (v = bf_cli_value(argc, argv, "--recompute")) != NULL;) {
        all |= strcmp(v, "all") == 0;
        json_array_append_new(duties, json_string(v));
    }
    if (all)
        json_object_set_new(body, "recompute", json_string("all"));
    else if (json_array_size(duties))
        json_object_set(body, "recompute", duties);
    json_decref(duties);
}

static int policy_migrate(struct bf_client *c, int argc, char **argv) {
    json_t *body = json_object();
    const char *to = bf_cli_value(&argc, argv, "--to");
    int status = BF_EXIT_USAGE;
    json_object_set_new(body, "dry_run", json_boolean(bf_cli_flag(&argc, argv, "--dry-run")));
    if (to)
        json_object_set_new(body, "to", json_string(to));
    bool fine = put_states(&argc, argv, body);
    put_recompute(&argc, argv, body);
    char *text = json_dumps(body, JSON_COMPACT);
    if (!fine)
        bf_cli_usage(c->cli, BF_T_ADMIN_STATE_MAP, BF_NOARGS);
    else if (text && bf_client_take(c, c->cli, &argc, argv, 1, 1))
        status = ask(c, "POST", bf_client_path(c, "/v1/policies/", argv[1], "/migration"),
                     "application/json", bf_str_of(text), tell_migrated);
    bf_free(text);
    json_decref(body);
    return status;
}

int bf_daemon_policy(struct bf_cli *cli, int argc, char **argv) {
    static const struct verb verbs[] = {{"list", 0, 0, policy_list},
                                        {"load", 1, 1, policy_load},
                                        {"activate", 1, 1, policy_activate},
                                        {"migrate", 0, -1, policy_migrate},
                                        {0}};
    return run_verb(cli, argc, argv, verbs);
}

/* ---- calendar ---- */
static void tell_calendars(struct bf_client *c, const json_t *j) {
    static const struct bf_column columns[] = {
        {"name", BF_T_ADMIN_NAME},         {"seq", BF_T_ADMIN_ROW_NO},
        {"first", BF_T_ADMIN_FIRST_DAY},   {"horizon", BF_T_ADMIN_HORIZON},
        {"known_on", BF_T_ADMIN_KNOWN_ON}, {"hash", BF_T_ADMIN_HASH}};
    bf_client_table(c, json_object_get(j, "calendars"), columns, 6);
}

static void tell_adopted(struct bf_client *c, const json_t *j) {
    bf_str horizon = bf_json_member(j, "horizon");
    bf_client_say(c, false, horizon.len ? BF_T_ADMIN_CALENDAR_ADOPTED : BF_T_ADMIN_CALENDAR_WHOLE,
                  BF_ARGS(bf_arg_str(bf_json_member(j, "name")), bf_arg_str(horizon)));
}

static int calendar_list(struct bf_client *c, int argc, char **argv) {
    (void)argc;
    (void)argv;
    return ask(c, "GET", "/v1/calendars", NULL, nothing, tell_calendars);
}

/* The name in the file: of its line "name NAME". The service looks at all of it. */
static const char *name_in(struct bf_client *c, bf_str bytes) {
    const char *p = bytes.p ? bytes.p : "", *end = p + bytes.len;
    for (const char *eol; p < end; p = eol + 1) {
        eol = memchr(p, '\n', (size_t)(end - p));
        eol = eol ? eol : end;
        if (eol - p < 6 || memcmp(p, "name", 4) != 0 || (p[4] != ' ' && p[4] != '\t'))
            continue;
        for (p += 5; p < eol && (*p == ' ' || *p == '\t'); p++)
            ;
        const char *stop = p;
        while (stop < eol && !strchr(" \t\r#", *stop))
            stop++;
        return bf_str_z(c->settings.arena, (bf_str){p, (uint32_t)(stop - p)});
    }
    return "-";
}

static int calendar_adopt(struct bf_client *c, int argc, char **argv) {
    bf_str bytes;
    (void)argc;
    if (!read_file(c, argv[1], &bytes))
        return BF_EXIT_USAGE;
    return ask(c, "POST", bf_client_path(c, "/v1/calendars/", name_in(c, bytes), ""), "text/plain",
               bytes, tell_adopted);
}

int bf_daemon_calendar(struct bf_cli *cli, int argc, char **argv) {
    static const struct verb verbs[] = {
        {"list", 0, 0, calendar_list}, {"adopt", 1, 1, calendar_adopt}, {0}};
    return run_verb(cli, argc, argv, verbs);
}

/* ---- directory ---- */
/* A department that is gone, and its open cases. */
static void tell_left(struct bf_client *c, const json_t *left) {
    const json_t *cases = json_object_get(left, "cases");
    struct bf_buf b;
    bf_buf_init(&b);
    for (size_t i = 0; i < json_array_size(cases); i++)
        bf_buf_fmt(&b, i ? ", %lld" : "%lld",
                   (long long)json_integer_value(json_array_get(cases, i)));
    bf_buf_z(&b, json_is_true(json_object_get(left, "more")) ? ", …" : "");
    bf_client_say(
        c, false, BF_T_ADMIN_LEFT,
        BF_ARGS(bf_arg_str(bf_json_member(left, "department")), bf_arg_str(bf_buf_view(&b))));
    bf_buf_fini(&b);
}

static void tell_rows_put(struct bf_client *c, const json_t *j) {
    bf_client_say(c, false, BF_T_ADMIN_ROWS_PUT,
                  BF_ARGS(bf_arg_int(json_integer_value(json_object_get(j, "rows"))),
                          bf_arg_int(json_integer_value(json_object_get(j, "seq")))));
    const json_t *left = json_object_get(j, "left");
    for (size_t i = 0; i < json_array_size(left); i++)
        tell_left(c, json_array_get(left, i));
}

static int directory_load(struct bf_client *c, int argc, char **argv) {
    bf_str bytes;
    (void)argc;
    if (!read_file(c, argv[1], &bytes))
        return BF_EXIT_USAGE;
    return ask(c, "POST", "/v1/directory", "application/json", bytes, tell_rows_put);
}

static const struct kind {
    const char *name;
    struct bf_column columns[7];
    int count;
} kinds[] = {
    {"department",
     {{"id", BF_T_ADMIN_CODE}, {"name", BF_T_ADMIN_NAME}, {"level", BF_T_ADMIN_LEVEL}},
     3},
    {"post",
     {{"id", BF_T_ADMIN_ID},
      {"name", BF_T_ADMIN_NAME},
      {"department", BF_T_ADMIN_DEPARTMENT},
      {"office", BF_T_ADMIN_OFFICE},
      {"acts", BF_T_ADMIN_ACTS}},
     5},
    {"person",
     {{"id", BF_T_ADMIN_ID},
      {"name", BF_T_ADMIN_NAME},
      {"active", BF_T_ADMIN_ACTIVE},
      {"operator", BF_T_ADMIN_OPERATOR}},
     4},
    {"holding",
     {{"id", BF_T_ADMIN_ID},
      {"person", BF_T_ADMIN_PERSON},
      {"post", BF_T_ADMIN_POST},
      {"from", BF_T_ADMIN_FROM},
      {"until", BF_T_ADMIN_UNTIL}},
     5},
    {"token",
     {{"id", BF_T_ADMIN_ID},
      {"person", BF_T_ADMIN_PERSON},
      {"name", BF_T_ADMIN_NAME},
      {"expires", BF_T_ADMIN_EXPIRES},
      {"revoked", BF_T_ADMIN_REVOKED}},
     5},
};

/* Page after page; with --json each page is a line. */
static int list_kind(struct bf_client *c, const struct kind *k) {
    const char *after = "";
    json_t *all = json_array();
    int status = BF_EXIT_FINE;
    bool text = true;
    while (after) {
        struct bf_reply r;
        const char *before = bf_client_path(c, "/v1/directory/", k->name, "?limit=1000");
        const char *path =
            *after
                ? bf_client_path(c, bf_str_z(c->settings.arena, bf_str_of(before)), "", "&after=")
                : before;
        if (*after)
            path = bf_client_path(c, path, after, "");
        if (!bf_client_send(c, "GET", path, NULL, nothing, &r)) {
            json_decref(all);
            return BF_EXIT_USAGE;
        }
        text = bf_client_answer(c, &r, &status);
        json_array_extend(all, json_object_get(r.json, "rows"));
        bf_str next = bf_json_member(r.json, "next");
        after = next.len ? bf_str_z(c->settings.arena, next) : NULL;
        json_decref(r.json);
    }
    if (text)
        bf_client_table(c, all, k->columns, k->count);
    json_decref(all);
    return status;
}

static int directory_list(struct bf_client *c, int argc, char **argv) {
    int status = BF_EXIT_FINE;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (argc > 1 && strcmp(argv[1], kinds[i].name) != 0)
            continue;
        if (argc < 2 && !c->cli->json)
            printf("%s%s:\n", i ? "\n" : "", kinds[i].name);
        int one = list_kind(c, &kinds[i]);
        status = one > status ? one : status;
        if (argc > 1)
            return status;
    }
    return argc > 1
               ? bf_cli_usage(c->cli, BF_T_ADMIN_NO_KIND, BF_ARGS(bf_arg_str(bf_str_of(argv[1]))))
               : status;
}

int bf_daemon_directory(struct bf_cli *cli, int argc, char **argv) {
    static const struct verb verbs[] = {
        {"list", 0, 1, directory_list}, {"load", 1, 1, directory_load}, {0}};
    return run_verb(cli, argc, argv, verbs);
}

/* ---- token ---- */
static void tell_token(struct bf_client *c, const json_t *j) {
    bf_client_say(c, false, BF_T_ADMIN_TOKEN_NEW,
                  BF_ARGS(bf_arg_str(bf_json_member(j, "id")),
                          bf_arg_str(bf_json_member(j, "person")),
                          bf_arg_str(bf_json_member(j, "token"))));
}

static void tell_revoked(struct bf_client *c, const json_t *j) {
    bf_client_say(c, false, BF_T_ADMIN_TOKEN_REVOKED, BF_ARGS(bf_arg_str(bf_json_member(j, "id"))));
}

static int token_new(struct bf_client *c, int argc, char **argv) {
    const char *name = bf_cli_value(&argc, argv, "--name");
    const char *expires = bf_cli_value(&argc, argv, "--expires");
    struct bf_buf body;
    if (!bf_client_take(c, c->cli, &argc, argv, 1, 1))
        return BF_EXIT_USAGE;
    bf_buf_in(&body, c->settings.arena);
    bf_buf_z(&body, "{\"person\":");
    bf_json_text(bf_str_of(argv[1]), &body);
    if (name) {
        bf_buf_z(&body, ",\"name\":");
        bf_json_text(bf_str_of(name), &body);
    }
    if (expires) {
        bf_buf_z(&body, ",\"expires\":");
        bf_json_text(bf_str_of(expires), &body);
    }
    bf_buf_char(&body, '}');
    return ask(c, "POST", "/v1/tokens", "application/json", bf_buf_view(&body), tell_token);
}

static int token_revoke(struct bf_client *c, int argc, char **argv) {
    (void)argc;
    return ask(c, "DELETE", bf_client_path(c, "/v1/tokens/", argv[1], ""), NULL, nothing,
               tell_revoked);
}

static int token_list(struct bf_client *c, int argc, char **argv) {
    (void)argc;
    (void)argv;
    return list_kind(c, &kinds[4]);
}

int bf_daemon_token(struct bf_cli *cli, int argc, char **argv) {
    static const struct verb verbs[] = {
        {"list", 0, 0, token_list}, {"new", 0, -1, token_new}, {"revoke", 1, 1, token_revoke}, {0}};
    return run_verb(cli, argc, argv, verbs);
}

/* ---- clock ---- */
static void tell_clock(struct bf_client *c, const json_t *j) {
    bf_str state = bf_json_member(j, "state");
    bool fine = bf_str_eq(state, BF_STR("running"));
    bf_client_say(c, false, fine ? BF_T_ADMIN_CLOCK : BF_T_ADMIN_CLOCK_HELD,
                  BF_ARGS(bf_arg_str(bf_json_member(j, "engine")),
                          bf_arg_str(bf_json_member(j, "real")), bf_arg_str(state),
                          bf_arg_str(bf_json_member(j, "reason"))));
}

static int clock_show(struct bf_client *c, int argc, char **argv) {
    (void)argc;
    (void)argv;
    return ask(c, "GET", "/v1/clock", NULL, nothing, tell_clock);
}

static int clock_accept(struct bf_client *c, int argc, char **argv) {
    (void)argc;
    (void)argv;
    return ask(c, "POST", "/v1/clock/acceptance", NULL, nothing, tell_clock);
}

int bf_daemon_clock(struct bf_cli *cli, int argc, char **argv) {
    static const struct verb verbs[] = {
        {"show", 0, 0, clock_show}, {"accept", 0, 0, clock_accept}, {0}};
    return run_verb(cli, argc, argv, verbs);
}

/* ---- activate ---- */
static void tell_activated(struct bf_client *c, const json_t *j) {
    (void)j;
    bf_client_say(c, false, BF_T_ADMIN_ACTIVATED, BF_NOARGS);
}

int bf_daemon_activate(struct bf_cli *cli, int argc, char **argv) {
    struct bf_client c;
    int status = BF_EXIT_USAGE;
    if (bf_client_take(&c, cli, &argc, argv, 0, 0))
        status = ask(&c, "POST", "/v1/activation", NULL, nothing, tell_activated);
    bf_client_fini(&c);
    return status;
}
