/* scope: symbols, names and what is said about them. See checker.h. */
#include <string.h>

#include "lang/check/checker.h"
#include "lang/syntax/names.h"

enum {
    SUGGEST_MAX = 120,       /* errors that get a near name: more than are ever shown */
    SUGGEST_NAMES = 2000000, /* names they are looked for among, all together */
    SLOTS_FIRST = 1024
};

/* ---- the table of names ---- */

static uint32_t slot_hash(uintptr_t owner, const struct bf_name *name) {
    uint64_t h =
        (uint64_t)owner * 0x9E3779B97F4A7C15u ^ (uint64_t)(uintptr_t)name * 0xC2B2AE3D27D4EB4Fu;
    return (uint32_t)(h >> 32) ^ (uint32_t)(h >> 15);
}

static uintptr_t slot_owner(const void *owner, enum bf_class cls) {
    return (uintptr_t)owner | cls; /* owners are aligned to 16 */
}

static struct bf_slot *slot_of(const struct bf_checker *c, uintptr_t owner,
                               const struct bf_name *name) {
    uint32_t i = slot_hash(owner, name) & c->slot_mask;
    while (c->slots[i].sym && (c->slots[i].name != name || c->slots[i].owner != owner))
        i = (i + 1) & c->slot_mask;
    return &c->slots[i];
}

static void slots_grow(struct bf_checker *c) {
    struct bf_slot *old = c->slots;
    uint32_t old_size = old ? c->slot_mask + 1 : 0;
    uint32_t size = old ? old_size * 2 : SLOTS_FIRST;
    c->slots = bf_new_array(c->arena, struct bf_slot, size);
    c->slot_mask = size - 1;
    for (uint32_t i = 0; i < old_size; i++)
        if (old[i].sym)
            *slot_of(c, old[i].owner, old[i].name) = old[i];
}

void bf_scope_init(struct bf_checker *c) { slots_grow(c); }

struct bf_sym *bf_scope_find(const struct bf_checker *c, const void *owner, enum bf_class cls,
                             const struct bf_name *name) {
    return slot_of(c, slot_owner(owner, cls), name)->sym;
}

struct bf_sym *bf_scope_alias(struct bf_checker *c, const void *owner, enum bf_class cls,
                              const struct bf_name *name, struct bf_sym *sym) {
    struct bf_slot *s = slot_of(c, slot_owner(owner, cls), name);
    if (s->sym)
        return s->sym;
    *s = (struct bf_slot){slot_owner(owner, cls), name, sym};
    if (++c->slot_count > c->slot_mask / 2)
        slots_grow(c);
    return NULL;
}

struct bf_sym *bf_scope_add(struct bf_checker *c, const void *owner, enum bf_class cls,
                            struct bf_sym *sym) {
    return bf_scope_alias(c, owner, cls, sym->name, sym);
}

struct bf_sym *bf_sym_new(struct bf_checker *c, enum bf_sym_kind kind, struct bf_name *name,
                          struct bf_node *node) {
    struct bf_sym *s = bf_new(c->arena, struct bf_sym);
    s->kind = kind;
    s->name = name;
    s->node = node;
    s->tree = c->tree;
    if (node)
        c->info[node->id].sym = s;
    return s;
}

void bf_sym_append(struct bf_sym_list *list, struct bf_sym *sym) {
    sym->index = list->count++;
    if (list->last)
        list->last->next = sym;
    else
        list->first = sym;
    list->last = sym;
}

/* ---- built-in names ---- */

static const struct {
    const char *text[2];
    uint8_t cls;
} builtins[] = {
#define BUILTIN(id, class, en, zh) [BF_B_##id] = {{en, zh}, BF_BC_##class},
#include "lang/defs/builtins.def"
};

bf_str bf_builtin_text(uint32_t builtin, enum bf_lang lang) {
    return bf_str_of(builtins[builtin].text[lang]);
}

bf_str bf_field_text(bf_str name, enum bf_lang lang) {
    for (uint32_t b = 0; b < BF_BUILTINS; b++)
        if (builtins[b].cls == BF_BC_FIELD && (bf_str_eq(name, bf_builtin_text(b, BF_LANG_EN)) ||
                                               bf_str_eq(name, bf_builtin_text(b, BF_LANG_ZH))))
            return bf_builtin_text(b, lang);
    return name;
}

bf_str bf_module_english(bf_str name) {
    for (uint32_t b = 0; b < BF_BUILTINS; b++)
        if (builtins[b].cls == BF_BC_MODULE && bf_str_eq(name, bf_builtin_text(b, BF_LANG_ZH)))
            return bf_builtin_text(b, BF_LANG_EN);
    return name;
}

struct bf_sym *bf_builtin_find(const struct bf_name *name, unsigned classes) {
    struct bf_sym *s = name->sym;
    return s && classes >> builtins[s->builtin].cls & 1 ? s : NULL;
}

static const struct bf_type *builtin_type(struct bf_checker *c, uint32_t b) {
    switch (b) {
    case BF_B_WORKING_DAYS: return bf_type_period(c, BF_UNIT_WORKING_DAYS);
    case BF_B_DAYS: return bf_type_period(c, BF_UNIT_DAYS);
    case BF_B_MONTHS: return bf_type_period(c, BF_UNIT_MONTHS);
    case BF_B_HOURS: return bf_type_period(c, BF_UNIT_HOURS);
    case BF_B_BOOL: return bf_type_simple(c, BF_K_BOOL);
    case BF_B_INT: return bf_type_simple(c, BF_K_INT);
    case BF_B_DECIMAL: return bf_type_simple(c, BF_K_DECIMAL);
    case BF_B_TEXT: return bf_type_simple(c, BF_K_TEXT);
    case BF_B_DATE: return bf_type_simple(c, BF_K_DATE);
    case BF_B_INSTANT: return bf_type_simple(c, BF_K_INSTANT);
    case BF_B_DOCUMENT: return bf_type_simple(c, BF_K_DOCUMENT);
    case BF_B_CITIZEN_ID: return bf_type_simple(c, BF_K_CITIZEN_ID);
    case BF_B_CREDIT_CODE: return bf_type_simple(c, BF_K_CREDIT_CODE);
    case BF_B_PARTY: return bf_type_simple(c, BF_K_PARTY);
    case BF_B_PERSON: return bf_type_simple(c, BF_K_PERSON);
    case BF_B_ORGANISATION: return bf_type_simple(c, BF_K_ORGANISATION);
    case BF_B_DEPARTMENT: return bf_type_simple(c, BF_K_DEPARTMENT);
    case BF_B_VIOLATION: return bf_type_simple(c, BF_K_VIOLATION);
    default: return NULL; /* not of class TYPE */
    }
}

static void add_param(struct bf_checker *c, struct bf_sym *owner, const char *name,
                      const struct bf_type *type) {
    struct bf_sym *p =
        bf_sym_new(c, BF_SYM_PARAM, bf_name_intern(c->p->parse->names, bf_str_of(name)), NULL);
    p->owner = owner;
    p->type = type;
    p->index = owner->last ? owner->last->index + 1 : 0;
    if (owner->last)
        owner->last->next = p;
    else
        owner->first = p;
    owner->last = p;
}

void bf_builtins_init(struct bf_checker *c) {
    for (uint32_t b = 0; b < BF_BUILTINS; b++) {
        enum bf_sym_kind kind = builtins[b].cls == BF_BC_TYPE ? BF_SYM_TYPE : BF_SYM_BUILTIN;
        for (int lang = 0; lang < 2; lang++) {
            struct bf_name *name =
                bf_name_intern(c->p->parse->names, bf_str_of(builtins[b].text[lang]));
            if (lang == 0) {
                c->builtin[b] = bf_sym_new(c, kind, name, NULL);
                c->builtin[b]->builtin = b;
                c->builtin[b]->type = builtin_type(c, b);
            }
            name->sym = c->builtin[b];
        }
    }
    struct bf_sym *v = bf_sym_new(c, BF_SYM_EVENT, c->builtin[BF_B_VIOLATED]->name, NULL);
    v->builtin = BF_B_VIOLATED;
    add_param(c, v, "violation", bf_type_simple(c, BF_K_VIOLATION));
    add_param(c, v, "party", bf_type_simple(c, BF_K_PARTY));
    bf_sym_append(&c->p->events, v);
    c->violated = v;
}

struct bf_sym *bf_global(struct bf_checker *c, const struct bf_name *name) {
    struct bf_sym *s = bf_scope_find(c, c->unit, BF_C_NAME, name);
    return s ? s : bf_builtin_find(name, 1 << BF_BC_TYPE | 1 << BF_BC_VALUE | 1 << BF_BC_FUNCTION);
}

/* ---- reporting ---- */

struct bf_diag *bf_report(struct bf_checker *c, enum bf_diag_code code, bf_span span,
                          const bf_arg *args, int nargs) {
    if (c->quiet)
        return NULL;
    struct bf_diag *d = bf_diag(c->diags, code, span, args, nargs);
    if (d->sev == BF_SEV_ERROR) {
        if (c->at.proc)
            c->at.proc->broken = true;
        if (c->at.decision)
            c->at.decision->broken = true;
    }
    return d;
}

void bf_label(struct bf_checker *c, struct bf_diag *d, bf_span span, enum bf_text_id text,
              const bf_arg *args, int nargs) {
    if (d && span.file != BF_NO_FILE)
        bf_diag_label(c->diags, d, span, text, args, nargs);
}

void bf_hint(struct bf_checker *c, struct bf_diag *d, enum bf_text_id text, const bf_arg *args,
             int nargs) {
    if (d)
        bf_diag_hint(c->diags, d, text, args, nargs);
}

enum bf_text_id bf_sym_kind_text(const struct bf_sym *s) {
    switch (s->kind) {
    case BF_SYM_MODULE: return BF_T_KIND_MODULE;
    case BF_SYM_TYPE: return BF_T_KIND_TYPE;
    case BF_SYM_ENUM: return BF_T_KIND_ENUM;
    case BF_SYM_MEMBER: return BF_T_KIND_MEMBER;
    case BF_SYM_RECORD: return BF_T_KIND_RECORD;
    case BF_SYM_FIELD: return BF_T_KIND_FIELD;
    case BF_SYM_REGISTER: return BF_T_KIND_REGISTER;
    case BF_SYM_DECISION: return BF_T_KIND_DECISION;
    case BF_SYM_PARAM: return BF_T_KIND_PARAM;
    case BF_SYM_ASSUME: return BF_T_KIND_ASSUME;
    case BF_SYM_OFFICE: return BF_T_KIND_OFFICE;
    case BF_SYM_VIOLATION: return BF_T_KIND_VIOLATION;
    case BF_SYM_EVENT: return BF_T_KIND_EVENT;
    case BF_SYM_PROCEDURE: return BF_T_KIND_PROCEDURE;
    case BF_SYM_DATA: return s->node->kind == BF_N_PARTY ? BF_T_KIND_PARTY : BF_T_KIND_DATA;
    case BF_SYM_STATE: return BF_T_KIND_STATE;
    case BF_SYM_ACT: return BF_T_KIND_ACT;
    case BF_SYM_DUTY: return BF_T_KIND_DUTY;
    case BF_SYM_MEASURE: return BF_T_KIND_MEASURE;
    case BF_SYM_MODEL: return BF_T_KIND_MODEL;
    case BF_SYM_EACH: return BF_T_KIND_EACH;
    case BF_SYM_FIXTURE:
    case BF_SYM_LOCAL: return BF_T_KIND_LOCAL;
    case BF_SYM_BUILTIN: return BF_T_KIND_BUILTIN;
    }
    return BF_T_KIND_BUILTIN;
}

bf_span bf_sym_span(const struct bf_sym *s) {
    const struct bf_node *n = s->node;
    if (!n)
        return BF_NO_SPAN;
    if (n->kind == BF_N_MUST && n->b)
        n = n->b;
    if (n->kind == BF_N_MAY_EXTEND && n->b)
        return n->b->span;
    return n->a && n->a->kind == BF_N_NAME ? n->a->span : n->span;
}

/* ---- near names ---- */

struct near {
    const struct bf_sym *sym;
    bf_str text;
    uint32_t distance;
};

static uint32_t near_max(bf_str s) {
    uint32_t n = bf_utf8_count(s);
    return n <= 2 ? (s.p[0] & 0x80 ? 1 : 0) : n <= 5 ? 1 : 2;
}

static void consider(struct near *best, bf_str wanted, const struct bf_name *name,
                     const struct bf_sym *sym) {
    uint32_t d = bf_str_distance(wanted, name->text, best->distance - 1);
    if (d < best->distance && d < bf_utf8_count(wanted))
        *best = (struct near){sym, name->text, d};
}

static struct near find_near(struct bf_checker *c, bf_str wanted, enum bf_class cls,
                             const void *const *owners) {
    struct near best = {.distance = near_max(wanted) + 1};
    if (best.distance == 1 || c->compared > SUGGEST_NAMES)
        return best;
    for (uint32_t i = 0; i <= c->slot_mask; i++) {
        const struct bf_slot *s = &c->slots[i];
        for (const void *const *o = owners; s->sym && *o && best.distance > 1; o++)
            if (s->owner == slot_owner(*o, cls) && s->sym->node) {
                c->compared++;
                consider(&best, wanted, s->name, s->sym);
            }
    }
    if (cls == BF_C_NAME && best.distance > 1)
        for (uint32_t b = 0; b < BF_BUILTINS; b++)
            if (builtins[b].cls <= BF_BC_FUNCTION)
                for (int lang = 0; lang < 2; lang++)
                    consider(&best, wanted,
                             bf_name_intern(c->p->parse->names, bf_str_of(builtins[b].text[lang])),
                             c->builtin[b]);
    return best;
}

/* One-word joints of the Chinese surface: an undefined name that is made of these and of declared
** names wants spaces. */
static const char *const joints[] = {
    "由",     "将",     "向",     "对",     "在",     "自",    "于",   "如",     "为",
    "经",     "按",     "因",     "且",     "或",     "非",    "内",   "启动",   "同意",
    "报备",   "通知",   "改为",   "加入",   "移出",   "记入",  "转入", "作出",   "处于",
    "提起",   "延长",   "认定",   "构成",   "限于",   "大于",  "小于", "不超过", "不少于",
    "已提供", "未提供", "已逾期", "已按期", "已迟延", "已中止"};

static uint32_t joint_at(bf_str s) {
    uint32_t best = 0;
    for (size_t i = 0; i < sizeof joints / sizeof *joints; i++) {
        bf_str j = bf_str_of(joints[i]);
        if (j.len > best && bf_str_starts(s, j))
            best = j.len;
    }
    return best;
}

static bool declared(struct bf_checker *c, bf_str s) {
    const struct bf_name *name = bf_name_intern(c->p->parse->names, s);
    if (bf_scope_find(c, c->unit, BF_C_NAME, name))
        return true;
    for (int cls = BF_C_NAME; c->at.proc && cls <= BF_C_DUTY; cls++)
        if (bf_scope_find(c, c->at.proc, (enum bf_class)cls, name))
            return true;
    return c->scenario && bf_scope_find(c, c->scenario, BF_C_NAME, name);
}

enum { PIECES = 4 };

/* Splits s into joints and declared names, at least one of each; longest piece first. Returns the number
** of pieces; 0: it cannot be done. */
static int split(struct bf_checker *c, bf_str s, bool joint, bool name, bf_str *pieces, int used) {
    if (s.len == 0)
        return joint && name ? used : 0;
    for (uint32_t n = used < PIECES ? s.len : 0; n > 0; n--) {
        bool is_joint = n == joint_at(s);
        bool is_name = (n == s.len || (s.p[n] & 0xC0) != 0x80) && declared(c, (bf_str){s.p, n});
        if (!is_name && !is_joint)
            continue;
        pieces[used] = (bf_str){s.p, n};
        int count = split(c, (bf_str){s.p + n, s.len - n}, joint || is_joint, name || is_name,
                          pieces, used + 1);
        if (count)
            return count;
    }
    return 0;
}

static void hint_split(struct bf_checker *c, struct bf_diag *d, bf_str text) {
    bf_str pieces[PIECES];
    struct bf_buf l;
    int count = (text.p[0] & 0x80) && text.len <= 120 ? split(c, text, false, false, pieces, 0) : 0;
    if (count == 0)
        return;
    bf_buf_in(&l, c->arena);
    for (int i = 0; i < count; i++) {
        bf_buf_z(&l, i ? " " : "");
        bf_buf_str(&l, pieces[i]);
    }
    bf_hint(c, d, BF_T_HINT_SPLIT, BF_ARGS(bf_arg_str(bf_buf_view(&l))));
}

/* 三个月 is a name, 3个月 a period. */
static bool hint_period(struct bf_checker *c, struct bf_diag *d, bf_str text) {
    struct bf_buf digits;
    bf_buf_in(&digits, c->arena);
    if (!bf_zh_period(text, &digits))
        return false;
    bf_hint(c, d, BF_T_HINT_WRITE, BF_ARGS(bf_arg_str(bf_buf_view(&digits))));
    return true;
}

/* 某局经某人同意可以…: what must be consented to comes first. */
static bool hint_consent(struct bf_checker *c, struct bf_diag *d, bf_str text) {
    struct bf_swallowed w = {.apart = NULL};
    if (!bf_swallowed(text, false, &w) || !w.inside.len || !w.consent)
        return false;
    bf_hint(c, d, BF_T_CONSENT_HINT, BF_ARGS(bf_arg_str(w.inside)));
    return true;
}

void bf_hint_members(struct bf_checker *c, struct bf_diag *d, const struct bf_sym *e) {
    if (!d || c->suggested > SUGGEST_MAX)
        return;
    struct bf_buf l;
    bf_buf_in(&l, c->arena);
    uint32_t shown = 0;
    for (const struct bf_sym *m = e->first; m && shown <= 8; m = m->next) {
        bf_buf_z(&l, shown ? ", " : "");
        bf_buf_str(&l, shown++ < 8 ? m->name->text : BF_STR("..."));
    }
    bf_hint(c, d, BF_T_HINT_MEMBERS, BF_ARGS(bf_arg_name(e->name), bf_arg_str(bf_buf_view(&l))));
}

/* May it be declared in what could not be read? A near name counts for more than a guess. */
static bool may_be_lost(struct bf_checker *c, const struct bf_name *name,
                        const struct bf_sym *near) {
    if (near)
        return name->lost;
    return bf_name_may_be_lost(c->p->parse->names, name);
}

struct bf_diag *bf_undefined(struct bf_checker *c, const struct bf_node *name, enum bf_class cls,
                             const void *const *owners, enum bf_text_id what) {
    if (c->quiet || (name->flags & BF_F_BROKEN))
        return NULL;
    const struct bf_sym *field = bf_builtin_find(name->name, 1 << BF_BC_FIELD);
    bool level = field && field->builtin == BF_B_LEVEL && !c->level;
    struct near near = {0};
    if (c->suggested++ < SUGGEST_MAX && !level)
        near = find_near(c, name->name->text, cls, owners);
    if (may_be_lost(c, name->name, near.sym)) {
        if (c->at.proc)
            c->at.proc->broken = true;
        if (c->at.decision)
            c->at.decision->broken = true;
        return NULL;
    }
    struct bf_diag *d = bf_report(c, BF_E0201_UNDEFINED, name->span,
                                  BF_ARGS(bf_arg_name(name->name), bf_arg_text(what)));
    if (c->suggested > SUGGEST_MAX)
        return d;
    bf_label(c, d, name->span, BF_T_NOT_DECLARED, BF_NOARGS);
    if (level) {
        bf_hint(c, d, BF_T_HINT_LEVEL, BF_NOARGS);
    } else if (hint_period(c, d, name->name->text)) {
        return d;
    } else if (near.sym) {
        bf_label(c, d, bf_sym_span(near.sym), BF_T_CLOSEST, BF_ARGS(bf_arg_int(near.distance)));
        bf_hint(c, d, BF_T_HINT_WRITE, BF_ARGS(bf_arg_str(near.text)));
    } else if (!hint_consent(c, d, name->name->text)) {
        hint_split(c, d, name->name->text);
    }
    return d;
}

/* ---- the fields of a party, as its constructor takes them ---- */

static void add_field(struct bf_checker *c, struct bf_sym *party, uint32_t builtin,
                      const struct bf_type *type) {
    add_param(c, party, bf_builtin_text(builtin, BF_LANG_EN).p, type);
    bf_scope_add(c, party, BF_C_NAME, party->last);
    bf_scope_alias(c, party, BF_C_NAME,
                   bf_name_intern(c->p->parse->names, bf_builtin_text(builtin, BF_LANG_ZH)),
                   party->last);
}

void bf_party_fields_init(struct bf_checker *c) {
    static const uint32_t parties[] = {BF_B_PERSON, BF_B_ORGANISATION, BF_B_DEPARTMENT};
    for (size_t i = 0; i < sizeof parties / sizeof *parties; i++) {
        struct bf_sym *party = c->builtin[parties[i]];
        add_field(c, party, BF_B_CODE, c->text);
        add_field(c, party, BF_B_NAME, c->text);
        if (parties[i] == BF_B_DEPARTMENT && c->level)
            add_field(c, party, BF_B_LEVEL, bf_type_named(c, BF_K_ENUM, c->level));
    }
}
