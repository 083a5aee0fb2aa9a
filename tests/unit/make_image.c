/* make_image: see make_image.h. */
#include "tests/unit/make_image.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/date.h"

static _Noreturn void stop(const char *what, const char *at) {
    fprintf(stderr, "make_image: %s: %s\n", what, at);
    abort();
}

struct bf_i_range mk_range(uint32_t first, uint32_t count) {
    return (struct bf_i_range){first, count};
}

uint32_t mk_str(struct mk *k, const char *text) { return bf_build_text(&k->b, bf_str_of(text)); }

uint32_t mk_type(struct mk *k, enum bf_kind kind, uint32_t ref, bool optional) {
    return bf_build_add_type(&k->b, (struct bf_i_type){kind, ref, optional, 0});
}

struct bf_i_range mk_fields(struct mk *k, int n, const char *const *names, const uint32_t *types) {
    struct bf_i_range r = {bf_build_count_field(&k->b), (uint32_t)n};
    for (int i = 0; i < n; i++)
        bf_build_add_field(&k->b, (struct bf_i_field){mk_str(k, names[i]), 0, types[i]});
    return r;
}

void mk_init(struct mk *k) {
    static const struct bf_i_type types[MK_TYPES] = {
        [MK_BOOL] = {BF_K_BOOL, BF_NONE, 0, 0},
        [MK_INT] = {BF_K_INT, BF_NONE, 0, 0},
        [MK_DECIMAL] = {BF_K_DECIMAL, BF_NONE, 0, 0},
        [MK_TEXT] = {BF_K_TEXT, BF_NONE, 0, 0},
        [MK_DATE] = {BF_K_DATE, BF_NONE, 0, 0},
        [MK_PARTY] = {BF_K_PARTY, BF_NONE, 0, 0},
        [MK_DEPARTMENT] = {BF_K_DEPARTMENT, BF_NONE, 0, 0},
        [MK_VIOLATION] = {BF_K_VIOLATION, BF_NONE, 0, 0},
        [MK_WORKING_DAYS] = {BF_K_PERIOD, BF_UNIT_WORKING_DAYS, 0, 0},
        [MK_DAYS] = {BF_K_PERIOD, BF_UNIT_DAYS, 0, 0},
        [MK_MONTHS] = {BF_K_PERIOD, BF_UNIT_MONTHS, 0, 0},
        [MK_HOURS] = {BF_K_PERIOD, BF_UNIT_HOURS, 0, 0},
        [MK_INT_OR_NONE] = {BF_K_INT, BF_NONE, 1, 0},
        [MK_TEXT_OR_NONE] = {BF_K_TEXT, BF_NONE, 1, 0},
    };
    bf_build_init(&k->b);
    for (int i = 0; i < MK_TYPES; i++)
        bf_build_add_type(&k->b, types[i]);
    uint32_t cite = bf_build_add_cite(&k->b, (struct bf_i_cite){BF_NONE, 1, 0, 0, 0});
    k->src = bf_build_src(&k->b, mk_range(cite, 1), BF_STR("test.banfa"), 1);
    static const char *const names[] = {"violation", "party"};
    static const uint32_t of[] = {MK_VIOLATION, MK_PARTY};
    struct bf_i_range params = mk_fields(k, 2, names, of);
    bf_build_add_event(&k->b, (struct bf_i_event){mk_str(k, "violated"), 0, params, k->src});
}

/* ---- the assembler ---- */

struct label {
    char name[16];
    uint32_t jump[32];
    int jumps;
};

struct as {
    struct mk *k;
    const char *at;
    struct label label[8];
    int labels;
};

static void blanks(struct as *s) {
    while (*s->at == ' ' || *s->at == '\n')
        s->at++;
}

static bool skip(struct as *s, char c) {
    blanks(s);
    if (*s->at != c)
        return false;
    s->at++;
    return true;
}

static int word(struct as *s, char out[32]) {
    int n = 0;
    blanks(s);
    while (n < 31 && (isalnum((unsigned char)*s->at) || *s->at == '_'))
        out[n++] = *s->at++;
    out[n] = 0;
    return n;
}

static uint32_t number(struct as *s) {
    char *end;
    blanks(s);
    unsigned long n = strtoul(s->at, &end, 10);
    if (end == s->at)
        stop("a number is needed", s->at);
    s->at = end;
    return (uint32_t)n;
}

static uint32_t literal_number(struct as *s) {
    static const char *const units[] = {"working_days", "days", "months", "hours"};
    bf_day day;
    char *end, unit[32];
    if (strlen(s->at) >= 10 && bf_day_parse((bf_str){s->at, 10}, &day)) {
        s->at += 10;
        return bf_build_const(&s->k->b, BF_K_DATE, 0, day);
    }
    long long n = strtoll(s->at, &end, 10);
    if (end == s->at)
        stop("a constant is needed", s->at);
    s->at = end;
    if (*s->at == '.')
        return s->at++, bf_build_const(&s->k->b, BF_K_DECIMAL, 0, n * 1000000 + number(s) * 100000);
    if (*s->at == ':')
        return s->at++, bf_build_const(&s->k->b, BF_K_ENUM, (uint32_t)n, number(s));
    if (!word(s, unit))
        return bf_build_const(&s->k->b, BF_K_INT, 0, n);
    for (uint32_t u = 0; u < 4; u++)
        if (strcmp(unit, units[u]) == 0)
            return bf_build_const(&s->k->b, BF_K_PERIOD, u, n);
    stop("no such unit", unit);
}

static uint32_t literal(struct as *s) {
    struct bf_build *b = &s->k->b;
    if (skip(s, '"')) {
        const char *end = strchr(s->at, '"');
        if (!end)
            stop("an open text", s->at);
        uint32_t text = bf_build_text(b, (bf_str){s->at, (uint32_t)(end - s->at)});
        s->at = end + 1;
        return bf_build_const(b, BF_K_TEXT, 0, text);
    }
    if (isdigit((unsigned char)*s->at) || *s->at == '-')
        return literal_number(s);
    char w[32];
    word(s, w);
    if (strcmp(w, "yes") == 0 || strcmp(w, "no") == 0)
        return bf_build_const(b, BF_K_BOOL, 0, w[0] == 'y');
    if (strcmp(w, "none") == 0)
        return bf_build_const(b, BF_K_NONE, 0, 0);
    stop("a constant is needed", w);
}

static struct label *label_of(struct as *s, const char *name) {
    for (int i = 0; i < s->labels; i++)
        if (strcmp(s->label[i].name, name) == 0)
            return &s->label[i];
    if (s->labels == 8 || strlen(name) > 15)
        stop("too many labels, or too long", name);
    struct label *l = &s->label[s->labels++];
    memset(l, 0, sizeof *l);
    memcpy(l->name, name, strlen(name));
    return l;
}

static void instruction(struct as *s, const char *name) {
    static const char *const operands[] = {
#define OP(op_name, pops, pushes, ops) ops,
#include "lang/image/opcode.def"
    };
    enum bf_opcode op = 0;
    while (op < BF_OPCODES && strcmp(bf_opcode_z(op), name) != 0)
        op++;
    if (op == BF_OPCODES)
        stop("no such instruction", name);
    const char *kinds = operands[op];
    if (!*kinds) {
        bf_build_op(&s->k->b, op, 0);
    } else if (*kinds == 'J') {
        char w[32];
        word(s, w);
        struct label *l = label_of(s, w);
        if (l->jumps == 32)
            stop("too many jumps to one label", w);
        l->jump[l->jumps++] = bf_build_jump(&s->k->b, op);
    } else {
        uint32_t first = *kinds == 'K' ? literal(s) : number(s);
        if (!kinds[1]) {
            bf_build_op(&s->k->b, op, first);
            return;
        }
        if (!skip(s, ','))
            stop("a second operand is needed", s->at);
        bf_build_op2(&s->k->b, op, first, kinds[2] == 'K' ? literal(s) : number(s));
    }
}

uint32_t mk_code(struct mk *k, const char *text) {
    struct as s = {.k = k, .at = text};
    uint32_t start = bf_build_count_code(&k->b);
    char w[32];
    while (word(&s, w)) {
        if (skip(&s, ':')) {
            struct label *l = label_of(&s, w);
            for (int i = 0; i < l->jumps; i++)
                bf_build_land(&k->b, l->jump[i]);
            continue;
        }
        instruction(&s, w);
        skip(&s, ';');
    }
    if (*s.at)
        stop("not an instruction", s.at);
    return start;
}

/* ---- rows ---- */

struct bf_i_range mk_actor(struct mk *k, const char *text) {
    uint32_t code = mk_code(k, text);
    return mk_range(bf_build_add_actor(&k->b, (struct bf_i_actor){0, code}), 1);
}

struct bf_i_offer mk_offer(struct mk *k) {
    return (struct bf_i_offer){.kind = BF_OFFER_MAY,
                               .state = BF_NONE,
                               .guard = BF_NONE,
                               .window_code = BF_NONE,
                               .from_ref = BF_NONE,
                               .report = BF_NONE,
                               .target = BF_NONE,
                               .effects = BF_NONE,
                               .duty = BF_NONE,
                               .at_most = BF_NONE,
                               .src = k->src};
}

struct bf_i_duty mk_duty(struct mk *k) {
    return (struct bf_i_duty){.state = BF_NONE,
                              .bearer = BF_NONE,
                              .guard = BF_NONE,
                              .limit_code = BF_NONE,
                              .from_ref = BF_NONE,
                              .target = BF_NONE,
                              .effects = BF_NONE,
                              .src = k->src,
                              .otherwise_src = k->src};
}

void mk_link(struct mk *k, struct bf_arena *a, uint32_t proc) {
    struct bf_i_proc *p = bf_build_at_proc(&k->b, proc);
    uint32_t words = (p->states.count + 31) / 32, rows = p->states.count;
    p->reach = bf_build_count_reach(&k->b);
    p->reach_words = words;
    for (uint32_t i = 0; i < rows * words; i++)
        bf_build_add_reach(&k->b, UINT32_MAX);
    bf_build_link(&k->b, a, proc);
}

struct bf_image *mk_load(struct mk *k, struct bf_arena *a) {
    const uint8_t *bytes;
    size_t size;
    struct bf_image *m;
    struct bf_error e;
    if (bf_build_finish(&k->b, a, &bytes, &size, &e) || bf_image_load(a, bytes, size, &m, &e))
        stop("refused", e.text);
    bf_build_fini(&k->b);
    return m;
}

void mk_edit(uint8_t *bytes, const uint8_t e[MK_EDIT]) {
    const struct bf_i_header *h = (void *)bytes;
    uint32_t table = e[0] % (BF_I_TABLES + 1), word = (uint32_t)e[1] << 8 | e[2];
    uint32_t operand = (uint32_t)e[4] << 8 | e[5], value, other;
    uint8_t *from = bytes + offsetof(struct bf_i_header, policy);
    uint32_t words = sizeof(struct bf_i_policy) / 4;
    if (table < BF_I_TABLES) {
        from = bytes + h->dir[table].off;
        words = (uint32_t)(h->dir[table].count * bf_i_row_size(table) / 4);
    }
    if (!words)
        return;
    memcpy(&value, from + word % words * 4, 4);
    memcpy(&other, from + operand % words * 4, 4);
    switch (e[3] % 6) {
    case 0: value = operand; break;
    case 1: value += operand % 16; break;
    case 2: value -= operand % 16; break;
    case 3: value = BF_NONE - operand % 3; break;
    case 4: value = other; break;
    case 5: value ^= 1u << operand % 32; break;
    }
    memcpy(from + word % words * 4, &value, 4);
}
