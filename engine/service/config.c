/* config: see config.h. */
#include "engine/service/config.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "lang/base/assert.h"

enum type { ADDRESS, PATH, LEVEL, COUNT, BYTES, TIME };
enum { FILE_MAX = 1 << 20, NAME_MAX_BYTES = 64 };

static const struct option {
    const char *id;
    enum type type;
    const char *value;
    int64_t min, max;
    bool live;
    const char *help[2]; /* by enum bf_lang */
} options[BF_CONFIG_COUNT] = {
#define LIVE true
#define RESTART false
#define OPTION(name, type, value, min, max, reload, en, zh) \
    {#name, type, value, min, max, reload, {en, zh}},
#include "engine/service/config.def"
#undef LIVE
#undef RESTART
};
_Static_assert(BF_CONFIG_COUNT <= 64, "struct bf_config_reload has a bit for each");

static const char *const levels[] = {"debug", "info", "warning", "error"};
/* What other parts of the project read from the environment. */
static const char *const others[] = {"BANFA_CONFIG", "BANFA_STDLIB", "BANFA_SEEDS",
                                     "BANFA_FUZZ_SECONDS"};

struct unit {
    const char *word;
    int64_t size;
};
static const struct unit byte_units[] = {
    {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}, {NULL, 0}};
static const struct unit time_units[] = {{"d", 86400000}, {"h", 3600000}, {"min", 60000},
                                         {"s", 1000},     {"ms", 1},      {NULL, 0}};
static const struct unit count_units[] = {{"", 1}, {NULL, 0}};

static const struct unit *units_of(enum type type) {
    return type == BYTES ? byte_units : type == TIME ? time_units : count_units;
}

static bool is_text(enum type type) { return type <= LEVEL; }

/* ---- names ---- */
/* The id in another dress: small letters, '-' for '_'. */
static char dressed(char c, char underscore) {
    return c == '_' ? underscore : (char)tolower((unsigned char)c);
}

static void put_name(struct bf_buf *out, enum bf_config_id id, char underscore) {
    for (const char *p = options[id].id; *p; p++)
        bf_buf_char(out, dressed(*p, underscore));
}

const char *bf_config_name(enum bf_config_id id) {
    static char names[BF_CONFIG_COUNT][NAME_MAX_BYTES];
    BF_ASSERT(id < BF_CONFIG_COUNT);
    size_t i = 0;
    for (const char *p = options[id].id; p[i]; i++)
        names[id][i] = dressed(p[i], '_');
    return names[id];
}

static bf_str name_in(struct bf_arena *a, enum bf_config_id id, enum bf_config_from from) {
    struct bf_buf b;
    bf_buf_in(&b, a);
    if (from == BF_CONFIG_ENV)
        bf_buf_fmt(&b, "BANFA_%s", options[id].id);
    else
        bf_buf_z(&b, from == BF_CONFIG_FLAG ? "--" : ""),
            put_name(&b, id, from == BF_CONFIG_FLAG ? '-' : '_');
    return bf_buf_view(&b);
}

/* BF_CONFIG_COUNT: none; then *near is the closest one, or BF_CONFIG_COUNT too. */
static enum bf_config_id find(struct bf_arena *a, bf_str name, enum bf_config_from from,
                              enum bf_config_id *nearest) {
    uint32_t best = 3;
    *nearest = BF_CONFIG_COUNT;
    for (enum bf_config_id id = 0; id < BF_CONFIG_COUNT; id++) {
        bf_str known = name_in(a, id, from);
        if (bf_str_eq(known, name))
            return id;
        uint32_t distance = name.len > NAME_MAX_BYTES ? best : bf_str_distance(known, name, best);
        if (distance < best)
            best = distance, *nearest = id;
    }
    return BF_CONFIG_COUNT;
}

/* ---- problems ---- */
struct loader {
    struct bf_arena *a;
    struct bf_config_result *r;
    const struct bf_config_problem **tail;
    struct bf_config_value
        source[BF_CONFIG_COUNT]; /* of the source being read; text.p NULL: not in it */
    enum bf_config_from from;
    bf_str file;
    uint32_t line;
    bf_str place;
};

static void problem(struct loader *l, bool warning, enum bf_text_id text, const bf_arg *args,
                    int nargs) {
    struct bf_config_problem *p = bf_new(l->a, struct bf_config_problem);
    bf_arg *copy = bf_arena_copy(l->a, args, sizeof *args * (size_t)nargs);
    for (int i = 0; i < nargs; i++)
        if (copy[i].kind == BF_ARG_STR)
            copy[i].s = bf_str_dup(l->a, copy[i].s);
    *p = (struct bf_config_problem){warning, l->place, text, copy, nargs, NULL};
    *(warning ? &l->r->warnings : &l->r->errors) += 1;
    *l->tail = p;
    l->tail = &p->next;
}

static void wrong(struct loader *l, enum bf_text_id text, const bf_arg *args, int nargs) {
    problem(l, false, text, args, nargs);
}

/* Input that is not text is shown as far as it is. */
static bf_str shown(struct bf_arena *a, bf_str s) {
    struct bf_buf b;
    bf_buf_in(&b, a);
    const char *end = s.p ? s.p + s.len : s.p;
    for (const char *p = s.p; p < end && b.len < 200;) {
        uint32_t cp;
        int n = bf_utf8_decode(p, end, &cp);
        if (n && cp >= 0x20 && (cp < 0x7F || cp > 0x9F))
            bf_buf_put(&b, p, (size_t)n);
        else
            bf_buf_char(&b, '?');
        p += n ? n : 1;
    }
    return bf_buf_view(&b);
}

/* ---- values ---- */
static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

static bf_str trimmed(bf_str s) {
    while (s.len && is_blank(*s.p))
        s.p++, s.len--;
    while (s.len && is_blank(s.p[s.len - 1]))
        s.len--;
    return s;
}

static bf_str without_comment(bf_str s) {
    for (uint32_t i = 0; i < s.len; i++)
        if (s.p[i] == '#' && (i == 0 || is_blank(s.p[i - 1])))
            s.len = i;
    return s;
}

static void put_number(struct bf_buf *out, enum type type, int64_t n) {
    const struct unit *u = units_of(type);
    while (u[1].word && (n == 0 || n % u->size)) /* the last unit fits all */
        u++;
    bf_buf_int(out, n / u->size);
    bf_buf_z(out, u->word);
}

static bool read_number(enum type type, bf_str s, int64_t *n) {
    uint32_t i = 0;
    *n = 0;
    for (; i < s.len && isdigit((unsigned char)s.p[i]); i++)
        if (__builtin_mul_overflow(*n, 10, n) || __builtin_add_overflow(*n, s.p[i] - '0', n))
            return false;
    bf_str word = {s.p + i, s.len - i};
    for (const struct unit *u = units_of(type); i && u->word; u++)
        if (bf_str_eq(word, bf_str_of(u->word)))
            return !__builtin_mul_overflow(*n, u->size, n);
    return false;
}

static bool read_address(struct bf_arena *a, bf_str s, struct bf_config_value *v) {
    uint32_t colon = s.len;
    while (colon && s.p[colon - 1] != ':')
        colon--;
    if (memchr(s.p, 0, s.len)) /* inet_pton would stop there */
        return false;
    if (!colon || !read_number(COUNT, (bf_str){s.p + colon, s.len - colon}, &v->n) || v->n < 1 ||
        v->n > 65535)
        return false;
    bf_str host = {s.p, colon - 1};
    bool six = host.len > 2 && host.p[0] == '[' && host.p[host.len - 1] == ']';
    if (six)
        host = (bf_str){host.p + 1, host.len - 2};
    unsigned char bits[16];
    v->host = bf_str_dup(a, host);
    return inet_pton(six ? AF_INET6 : AF_INET, v->host.p, bits) == 1;
}

/* One that the file can hold as well, whatever it came from. */
static bool is_path(bf_str s) {
    for (uint32_t i = 0; i < s.len; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7F)
            return false;
    return s.len < PATH_MAX && without_comment(s).len == s.len;
}

static bool read_level(bf_str s, int64_t *n) {
    for (int i = 0; i < 4; i++)
        if (bf_str_eq(s, bf_str_of(levels[i]))) {
            *n = i;
            return true;
        }
    return false;
}

static void wrong_number(struct loader *l, const struct option *o, bf_str name, bf_str value) {
    struct bf_buf low, high;
    bf_buf_in(&low, l->a), bf_buf_in(&high, l->a);
    put_number(&low, o->type, o->min), put_number(&high, o->type, o->max);
    enum bf_text_id text = o->type == COUNT   ? BF_T_CONFIG_NOT_COUNT
                           : o->type == BYTES ? BF_T_CONFIG_NOT_BYTES
                                              : BF_T_CONFIG_NOT_TIME;
    wrong(l, text,
          BF_ARGS(bf_arg_str(name), bf_arg_str(value), bf_arg_str(bf_buf_view(&low)),
                  bf_arg_str(bf_buf_view(&high))));
}

/* Reads what is in v->text; reports what is wrong with it. */
static bool read_value(struct loader *l, enum bf_config_id id, struct bf_config_value *v) {
    const struct option *o = &options[id];
    bf_str name = bf_str_of(bf_config_name(id)), value = shown(l->a, v->text);
    if (bf_utf8_check(v->text.p, v->text.len) < v->text.len) {
        wrong(l, BF_T_CONFIG_NOT_UTF8, BF_NOARGS);
        return false;
    }
    if (v->text.len == 0) {
        wrong(l, BF_T_CONFIG_NO_VALUE, BF_ARGS(bf_arg_str(name)));
        return false;
    }
    bool fine = false;
    switch (o->type) {
    case ADDRESS:
        if (!(fine = read_address(l->a, v->text, v)))
            wrong(l, BF_T_CONFIG_NOT_ADDRESS, BF_ARGS(bf_arg_str(name), bf_arg_str(value)));
        break;
    case PATH:
        if (!(fine = is_path(v->text)))
            wrong(l, BF_T_CONFIG_NOT_PATH, BF_ARGS(bf_arg_str(name), bf_arg_str(value)));
        break;
    case LEVEL:
        if (!(fine = read_level(v->text, &v->n)))
            wrong(l, BF_T_CONFIG_NOT_LEVEL, BF_ARGS(bf_arg_str(name), bf_arg_str(value)));
        break;
    case COUNT:
    case BYTES:
    case TIME:
        if (!(fine = read_number(o->type, v->text, &v->n) && v->n >= o->min && v->n <= o->max))
            wrong_number(l, o, name, value);
        break;
    }
    return fine;
}

/* ---- sources ---- */
static void unknown(struct loader *l, bf_str name, enum bf_config_id nearest) {
    bf_str word = shown(l->a, name);
    if (nearest < BF_CONFIG_COUNT)
        wrong(l, BF_T_CONFIG_NEAR,
              BF_ARGS(bf_arg_str(word), bf_arg_str(name_in(l->a, nearest, l->from))));
    else
        problem(l, l->from == BF_CONFIG_ENV, BF_T_CONFIG_UNKNOWN, BF_ARGS(bf_arg_str(word)));
}

static void set(struct loader *l, bf_str name, bf_str value) {
    enum bf_config_id nearest, id = find(l->a, name, l->from, &nearest);
    if (id == BF_CONFIG_COUNT) {
        unknown(l, name, nearest);
        return;
    }
    struct bf_config_value *v = &l->source[id];
    if (v->text.p && l->from == BF_CONFIG_FILE) {
        wrong(l, BF_T_CONFIG_TWICE, BF_ARGS(bf_arg_str(name), bf_arg_int(v->line)));
        return;
    }
    if (v->text.p) {
        wrong(l, BF_T_CONFIG_TWICE_FLAG, BF_ARGS(bf_arg_str(name)));
        return;
    }
    *v = (struct bf_config_value){
        .text = bf_str_dup(l->a, value), .from = l->from, .file = l->file, .line = l->line};
    if (read_value(l, id, v))
        l->r->config.v[id] = *v;
}

static void begin(struct loader *l, enum bf_config_from from, bf_str file) {
    memset(l->source, 0, sizeof l->source);
    l->from = from;
    l->file = file;
    l->line = 0;
}

static void load_line(struct loader *l, bf_str line) {
    struct bf_buf place;
    bf_buf_in(&place, l->a);
    bf_buf_str(&place, l->file);
    bf_buf_fmt(&place, ":%u", l->line);
    l->place = bf_buf_view(&place);
    if (bf_utf8_check(line.p, line.len) < line.len) {
        wrong(l, BF_T_CONFIG_NOT_UTF8, BF_NOARGS);
        return;
    }
    line = trimmed(without_comment(line));
    const char *equals = line.len ? memchr(line.p, '=', line.len) : NULL;
    if (!line.len)
        return;
    if (!equals) {
        wrong(l, BF_T_CONFIG_NO_EQUALS, BF_ARGS(bf_arg_str(shown(l->a, line))));
        return;
    }
    uint32_t at = (uint32_t)(equals - line.p);
    set(l, trimmed((bf_str){line.p, at}), trimmed((bf_str){equals + 1, line.len - at - 1}));
}

static void load_file(struct loader *l, bf_str name, bf_str bytes) {
    begin(l, BF_CONFIG_FILE, shown(l->a, name));
    if (bf_str_starts(bytes, BF_STR("\xEF\xBB\xBF"))) /* some editors cannot do without */
        bytes.p += 3, bytes.len -= 3;
    while (bytes.len) {
        const char *end = memchr(bytes.p, '\n', bytes.len);
        uint32_t len = end ? (uint32_t)(end - bytes.p) : bytes.len;
        l->line++;
        load_line(l, (bf_str){bytes.p, len});
        bytes.p += len + (end != NULL);
        bytes.len -= len + (end != NULL);
    }
}

static bool is_other(bf_str name) {
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (bf_str_eq(name, bf_str_of(others[i])))
            return true;
    return false;
}

static void load_env(struct loader *l, const char *const *env) {
    begin(l, BF_CONFIG_ENV, (bf_str){0});
    for (; env && *env; env++) {
        const char *equals = strchr(*env, '=');
        if (strncmp(*env, "BANFA_", 6) != 0 || !equals)
            continue;
        bf_str name = {*env, (uint32_t)(equals - *env)};
        if (is_other(name))
            continue;
        l->place = shown(l->a, name);
        set(l, name, trimmed(bf_str_of(equals + 1)));
    }
}

static void load_flags(struct loader *l, const char *const *args, int count) {
    begin(l, BF_CONFIG_FLAG, (bf_str){0});
    for (int i = 0; i < count; i++) {
        const char *equals = strchr(args[i], '=');
        bf_str name = equals ? (bf_str){args[i], (uint32_t)(equals - args[i])} : bf_str_of(args[i]);
        l->place = shown(l->a, name);
        if (!equals || !bf_str_starts(name, BF_STR("--")))
            wrong(l, BF_T_CONFIG_NOT_FLAG, BF_ARGS(bf_arg_str(shown(l->a, bf_str_of(args[i])))));
        else
            set(l, name, trimmed(bf_str_of(equals + 1)));
    }
}

/* ---- settings that must fit each other ---- */
static void must_not_be_less(struct loader *l, enum bf_config_id x, enum bf_config_id y) {
    const struct bf_config *c = &l->r->config;
    if (c->v[x].n >= c->v[y].n)
        return;
    l->place = bf_str_of(bf_config_name(x));
    if (x == BF_CONFIG_QUEUE_ROWS)
        wrong(l, BF_T_CONFIG_QUEUE_BATCH, BF_ARGS(bf_arg_int(c->v[x].n), bf_arg_int(c->v[y].n)));
    else
        wrong(l, BF_T_CONFIG_BURST_RATE,
              BF_ARGS(bf_arg_str(bf_str_of(bf_config_name(x))), bf_arg_int(c->v[x].n),
                      bf_arg_str(bf_str_of(bf_config_name(y))), bf_arg_int(c->v[y].n)));
}

void bf_config_load(struct bf_arena *a, const struct bf_config_input *in,
                    struct bf_config_result *out) {
    *out = (struct bf_config_result){0};
    struct loader l = {.a = a, .r = out, .tail = &out->problems};
    for (enum bf_config_id id = 0; id < BF_CONFIG_COUNT; id++) {
        struct bf_config_value v = {.text = bf_str_of(options[id].value)};
        BF_ASSERT(read_value(&l, id, &v));
        out->config.v[id] = v;
    }
    load_file(&l, in->file_name, in->file);
    load_env(&l, in->env);
    load_flags(&l, in->args, in->arg_count);
    must_not_be_less(&l, BF_CONFIG_QUEUE_ROWS, BF_CONFIG_BATCH_ROWS);
    must_not_be_less(&l, BF_CONFIG_TOKEN_BURST, BF_CONFIG_TOKEN_RATE);
    must_not_be_less(&l, BF_CONFIG_ADDRESS_BURST, BF_CONFIG_ADDRESS_RATE);
}

enum bf_err bf_config_read_file(struct bf_arena *a, const char *path, bf_str *bytes,
                                struct bf_error *e) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return bf_fail(e, errno == ENOENT ? BF_ENOENT : BF_EIO, "%s: %s", path, strerror(errno));
    char *p = bf_arena_alloc(a, FILE_MAX + 1);
    size_t len = 0;
    ssize_t n;
    while ((n = read(fd, p + len, FILE_MAX + 1 - len)) > 0 || (n < 0 && errno == EINTR))
        len += n > 0 ? (size_t)n : 0;
    int failed = errno;
    close(fd);
    if (n < 0)
        return bf_fail(e, BF_EIO, "%s: %s", path, strerror(failed));
    if (len > FILE_MAX)
        return bf_fail(e, BF_ELIMIT, "%s: longer than %d bytes", path, FILE_MAX);
    *bytes = (bf_str){p, (uint32_t)len};
    return BF_OK;
}

/* ---- printing ---- */
void bf_config_problems_print(const struct bf_config_result *r, enum bf_lang lang,
                              struct bf_buf *out) {
    for (const struct bf_config_problem *p = r->problems; p; p = p->next) {
        bf_buf_str(out, p->place);
        bf_buf_z(out, lang == BF_LANG_ZH ? "：" : ": ");
        bf_text_render(out, lang, p->warning ? BF_T_SEV_WARNING : BF_T_SEV_ERROR, BF_NOARGS);
        bf_buf_z(out, lang == BF_LANG_ZH ? "：" : ": ");
        bf_text_render(out, lang, p->text, p->args, p->nargs);
        bf_buf_char(out, '\n');
    }
}

static void pad(struct bf_buf *out, size_t from, size_t width) {
    do
        bf_buf_char(out, ' ');
    while (out->len < from + width);
}

static void put_origin(struct bf_buf *out, enum bf_lang lang, enum bf_config_id id,
                       const struct bf_config_value *v) {
    switch (v->from) {
    case BF_CONFIG_DEFAULT: bf_buf_z(out, bf_text_z(lang, BF_T_CONFIG_FROM_DEFAULT)); break;
    case BF_CONFIG_FILE:
        bf_buf_str(out, v->file);
        bf_buf_fmt(out, ":%u", v->line);
        break;
    case BF_CONFIG_ENV: bf_buf_fmt(out, "BANFA_%s", options[id].id); break;
    case BF_CONFIG_FLAG: bf_buf_z(out, bf_text_z(lang, BF_T_CONFIG_FROM_FLAG)); break;
    }
}

void bf_config_print(const struct bf_config *c, enum bf_lang lang, struct bf_buf *out) {
    for (enum bf_config_id id = 0; id < BF_CONFIG_COUNT; id++) {
        size_t from = out->len;
        put_name(out, id, '_');
        pad(out, from, 20);
        bf_buf_z(out, "= ");
        bf_buf_str(out, c->v[id].text);
        pad(out, from, 44);
        bf_buf_z(out, "# ");
        put_origin(out, lang, id, &c->v[id]);
        bf_buf_char(out, '\n');
    }
}

void bf_config_help(enum bf_lang lang, struct bf_buf *out) {
    for (enum bf_config_id id = 0; id < BF_CONFIG_COUNT; id++) {
        const struct option *o = &options[id];
        size_t from = out->len;
        bf_buf_z(out, "  --");
        put_name(out, id, '-');
        bf_buf_fmt(out, "=%s", o->value);
        pad(out, from, 34);
        bf_buf_z(out, o->help[lang]);
        if (!is_text(o->type)) {
            bf_buf_z(out, lang == BF_LANG_ZH ? "（" : " (");
            put_number(out, o->type, o->min);
            bf_buf_z(out, lang == BF_LANG_ZH ? "至" : " to ");
            put_number(out, o->type, o->max);
            bf_buf_z(out, lang == BF_LANG_ZH ? "）" : ")");
        }
        bf_buf_z(out, lang == BF_LANG_ZH ? "；" : "; ");
        bf_buf_z(out, bf_text_z(lang, o->live ? BF_T_CONFIG_HELP_LIVE : BF_T_CONFIG_HELP_RESTART));
        bf_buf_char(out, '\n');
    }
}

/* ---- reload ---- */
static bool same(enum bf_config_id id, const struct bf_config_value *x,
                 const struct bf_config_value *y) {
    if (options[id].type == PATH || options[id].type == ADDRESS)
        return bf_str_eq(x->text, y->text);
    return x->n == y->n;
}

struct bf_config_reload bf_config_reload(struct bf_config *now, const struct bf_config *fresh) {
    struct bf_config_reload r = {0};
    for (enum bf_config_id id = 0; id < BF_CONFIG_COUNT; id++) {
        if (!same(id, &now->v[id], &fresh->v[id])) {
            *(options[id].live ? &r.changed : &r.restart) |= UINT64_C(1) << id;
            if (!options[id].live)
                continue;
        }
        now->v[id] = fresh->v[id]; /* or the same value from another place */
    }
    return r;
}

void bf_config_reload_print(struct bf_config_reload r, const struct bf_config *before,
                            const struct bf_config *fresh, enum bf_lang lang, struct bf_buf *out) {
    for (enum bf_config_id id = 0; id < BF_CONFIG_COUNT; id++) {
        uint64_t bit = UINT64_C(1) << id;
        if (!((r.changed | r.restart) & bit))
            continue;
        bf_text_render(out, lang, r.changed & bit ? BF_T_CONFIG_CHANGED : BF_T_CONFIG_WAITS,
                       BF_ARGS(bf_arg_str(bf_str_of(bf_config_name(id))),
                               bf_arg_str(before->v[id].text), bf_arg_str(fresh->v[id].text)));
        bf_buf_char(out, '\n');
    }
}
