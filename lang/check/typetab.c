/* typetab: types, interned: the same type is the same pointer. See checker.h. */
#include <stdio.h>

#include "lang/check/checker.h"

static uint32_t type_hash(const struct bf_type *t) {
    uint64_t h = (uint64_t)t->kind | (uint64_t)t->unit << 8 | (uint64_t)t->optional << 16 |
                 (uint64_t)t->max << 32;
    h = h * 0x9E3779B97F4A7C15u + (uintptr_t)t->sym;
    h = h * 0x9E3779B97F4A7C15u + (uintptr_t)t->elem;
    h *= 0x9E3779B97F4A7C15u;
    return (uint32_t)(h >> 32);
}

static bool type_same(const struct bf_type *x, const struct bf_type *y) {
    return x->kind == y->kind && x->unit == y->unit && x->optional == y->optional &&
           x->max == y->max && x->sym == y->sym && x->elem == y->elem;
}

static void types_grow(struct bf_checker *c) {
    struct bf_program *p = c->p;
    uint32_t size = (c->type_mask + 1) * 2;
    const struct bf_type **list = bf_new_array(c->arena, const struct bf_type *, size);
    c->type_table = bf_new_array(c->arena, struct bf_type *, size);
    c->type_mask = size - 1;
    for (uint32_t i = 0; i < p->type_count; i++) {
        struct bf_type *t = (struct bf_type *)(uintptr_t)p->types[i]; /* ours: allocated below */
        struct bf_type **bucket = &c->type_table[type_hash(t) & c->type_mask];
        list[i] = t;
        t->next = *bucket;
        *bucket = t;
    }
    p->types = list;
}

static const struct bf_type *intern(struct bf_checker *c, struct bf_type want) {
    struct bf_program *p = c->p;
    for (struct bf_type *t = c->type_table[type_hash(&want) & c->type_mask]; t; t = t->next)
        if (type_same(t, &want))
            return t;
    if (p->type_count > c->type_mask)
        types_grow(c);
    struct bf_type *t = bf_new(c->arena, struct bf_type);
    struct bf_type **bucket = &c->type_table[type_hash(&want) & c->type_mask];
    *t = want;
    t->next = *bucket;
    *bucket = t;
    if (!t->base)
        t->base = t;
    t->index = p->type_count;
    p->types[p->type_count++] = t;
    return t;
}

const struct bf_type *bf_type_simple(struct bf_checker *c, enum bf_kind kind) {
    return intern(c, (struct bf_type){.kind = (uint8_t)kind});
}

const struct bf_type *bf_type_period(struct bf_checker *c, enum bf_unit unit) {
    return intern(c, (struct bf_type){.kind = BF_K_PERIOD, .unit = (uint8_t)unit});
}

const struct bf_type *bf_type_named(struct bf_checker *c, enum bf_kind kind, struct bf_sym *sym) {
    return intern(c, (struct bf_type){.kind = (uint8_t)kind, .sym = sym});
}

const struct bf_type *bf_type_list(struct bf_checker *c, const struct bf_type *elem, uint32_t max) {
    if (bf_is_broken(elem))
        return elem;
    return intern(c, (struct bf_type){.kind = BF_K_LIST, .elem = elem, .max = max});
}

const struct bf_type *bf_type_optional(struct bf_checker *c, const struct bf_type *t) {
    if (bf_is_broken(t) || t->optional)
        return t;
    struct bf_type want = *t;
    want.optional = true;
    want.base = t;
    want.next = NULL;
    return intern(c, want);
}

void bf_types_init(struct bf_checker *c) {
    static const struct bf_type broken = {.kind = BF_K_NONE, .base = &broken};
    c->type_mask = 63;
    c->type_table = bf_new_array(c->arena, struct bf_type *, c->type_mask + 1);
    c->p->types = bf_new_array(c->arena, const struct bf_type *, c->type_mask + 1);
    c->broken = &broken;
    c->bool_ = bf_type_simple(c, BF_K_BOOL);
    c->int_ = bf_type_simple(c, BF_K_INT);
    c->decimal = bf_type_simple(c, BF_K_DECIMAL);
    c->text = bf_type_simple(c, BF_K_TEXT);
    c->date = bf_type_simple(c, BF_K_DATE);
    c->instant = bf_type_simple(c, BF_K_INSTANT);
    c->party = bf_type_simple(c, BF_K_PARTY);
    c->department = bf_type_simple(c, BF_K_DEPARTMENT);
    c->violation = bf_type_simple(c, BF_K_VIOLATION);
    for (int u = 0; u < 4; u++)
        c->period[u] = bf_type_period(c, (enum bf_unit)u);
}

/* ---- types as people write them ---- */

static uint32_t builtin_of(const struct bf_type *t) {
    static const uint8_t period[] = {BF_B_WORKING_DAYS, BF_B_DAYS, BF_B_MONTHS, BF_B_HOURS};
    switch ((enum bf_kind)t->kind) {
    case BF_K_BOOL: return BF_B_BOOL;
    case BF_K_INT: return BF_B_INT;
    case BF_K_DECIMAL: return BF_B_DECIMAL;
    case BF_K_TEXT: return BF_B_TEXT;
    case BF_K_DATE: return BF_B_DATE;
    case BF_K_INSTANT: return BF_B_INSTANT;
    case BF_K_DOCUMENT: return BF_B_DOCUMENT;
    case BF_K_CITIZEN_ID: return BF_B_CITIZEN_ID;
    case BF_K_CREDIT_CODE: return BF_B_CREDIT_CODE;
    case BF_K_PARTY: return BF_B_PARTY;
    case BF_K_PERSON: return BF_B_PERSON;
    case BF_K_ORGANISATION: return BF_B_ORGANISATION;
    case BF_K_DEPARTMENT: return BF_B_DEPARTMENT;
    case BF_K_VIOLATION: return BF_B_VIOLATION;
    case BF_K_PERIOD: return period[t->unit];
    case BF_K_NONE:
    case BF_K_ENUM:
    case BF_K_RECORD:
    case BF_K_LIST:
    case BF_K_CASE:
    case BF_KINDS: return BF_NONE;
    }
    return BF_NONE;
}

static void type_write(struct bf_buf *out, const struct bf_type *t, enum bf_lang lang) {
    uint32_t b = builtin_of(t);
    bool zh = lang == BF_LANG_ZH;
    if (t->kind == BF_K_LIST) {
        char cap[48] = "";
        if (t->max)
            snprintf(cap, sizeof cap, zh ? "至多%u个 " : "at most %u ", t->max);
        bf_buf_z(out, zh ? "若干 " : "list of ");
        bf_buf_z(out, cap);
        type_write(out, t->elem, lang);
    } else if (b != BF_NONE) {
        bf_buf_str(out, bf_builtin_text(b, lang));
    } else if (t->sym) {
        if (t->kind == BF_K_CASE)
            bf_buf_z(out, zh ? "案件 " : "case of ");
        bf_buf_str(out, t->sym->name->text);
    }
    if (t->optional)
        bf_buf_z(out, zh ? "（选填）" : "?");
}

static bf_str type_text(struct bf_checker *c, const struct bf_type *t, enum bf_lang lang) {
    struct bf_buf l;
    bf_buf_in(&l, c->arena);
    type_write(&l, t, lang);
    return bf_buf_view(&l);
}

bf_arg bf_type_arg(struct bf_checker *c, const struct bf_type *t) {
    return bf_arg_both(type_text(c, t, BF_LANG_EN), type_text(c, t, BF_LANG_ZH));
}

bf_arg bf_unit_arg(uint8_t unit) {
    static const enum bf_text_id text[] = {BF_T_UNIT_WORKING_DAYS, BF_T_UNIT_DAYS, BF_T_UNIT_MONTHS,
                                           BF_T_UNIT_HOURS};
    return bf_arg_text(text[unit]);
}

enum bf_text_id bf_unit_text(uint8_t unit) {
    static const enum bf_text_id text[] = {BF_T_LONG_WORKING_DAYS, BF_T_LONG_DAYS, BF_T_LONG_MONTHS,
                                           BF_T_LONG_HOURS};
    return text[unit];
}

/* ---- relations ---- */

bool bf_type_fits(const struct bf_type *from, const struct bf_type *to) {
    from = from->base;
    to = to->base;
    if (from == to || bf_is_broken(from) || bf_is_broken(to))
        return true;
    if (to->kind == BF_K_PARTY)
        return bf_type_is_party(from);
    return from->kind == BF_K_LIST && to->kind == BF_K_LIST && from->elem == to->elem &&
           (!to->max || (from->max && from->max <= to->max));
}

/* ---- types in the text ---- */

static const struct bf_type *read_named(struct bf_checker *c, struct bf_node *name) {
    struct bf_sym *s = bf_global(c, name->name);
    const void *owners[] = {c->unit, NULL};
    if (!s) {
        bf_undefined(c, name, BF_C_NAME, owners, BF_T_KIND_TYPE);
        return c->broken;
    }
    c->info[name->id].sym = s;
    s->uses++;
    if (s->kind == BF_SYM_TYPE)
        return s->type;
    if (s->kind == BF_SYM_ENUM)
        return bf_type_named(c, BF_K_ENUM, s);
    if (s->kind == BF_SYM_RECORD)
        return bf_type_named(c, BF_K_RECORD, s);
    struct bf_diag *d = bf_report(c, BF_E0205_WRONG_KIND, name->span,
                                  BF_ARGS(bf_arg_name(name->name), bf_arg_text(bf_sym_kind_text(s)),
                                          bf_arg_text(BF_T_KIND_TYPE)));
    bf_label(c, d, bf_sym_span(s), BF_T_DECLARED_HERE, BF_ARGS(bf_arg_text(bf_sym_kind_text(s))));
    return c->broken;
}

const struct bf_type *bf_type_read(struct bf_checker *c, struct bf_node *n) {
    const struct bf_type *t = c->broken;
    if (!n || (n->flags & BF_F_BROKEN))
        return t;
    if (n->kind == BF_N_LIST_TYPE) {
        const struct bf_type *elem = n->a ? bf_type_read(c, n->a) : c->broken;
        uint32_t max = n->num > 0 && n->num < (int64_t)BF_NONE ? (uint32_t)n->num : 0;
        t = bf_type_list(c, elem, max);
    } else if (n->kind == BF_N_TYPE && n->a && n->a->kind == BF_N_NAME) {
        t = read_named(c, n->a);
    }
    if (n->flags & BF_F_OPTIONAL)
        t = bf_type_optional(c, t);
    c->info[n->id].type = t;
    return t;
}
